"""Measures one sample: its files, its picture, its objects. Runs in worker processes.

Every file is read once. A file that is missing or differs from its hash is told as such and not
measured further: a damaged mask is one fault, not one and five that follow from it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import OTHER_LABEL, Sample
from components.validation.agreement import Export, Pairing, pair_records, without_seams
from components.validation.exports import UNREADABLE, CocoPicture, coco_export, read_yolo
from components.validation.objects import Described, Pixels, annotation_rows, read_truth
from components.validation.rows import AnnotationRow, FileRow, ImageRow

SATURATED_GREY = 254
THUMBNAIL_PX = 32
SHARPNESS_SIDE_PX = 320
"""Longer side of a picture at which its sharpness is judged."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The rows of one sample."""

    image: ImageRow
    annotations: tuple[AnnotationRow, ...]
    files: tuple[FileRow, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker needs to measure one sample.

    Attributes:
        sample: As the manifest has it.
        root: The home folder, to which all paths are relative.
        numbers: Number of each label in the semantic masks.
        coco: What COCO with run lengths says of the picture; None if it cannot be read.
        polygons: What COCO with polygons says of it; None if it cannot be read.
        yolo_file: The picture's YOLO labels.
        yolo_names: Names of YOLO's classes; None if they cannot be read.
    """

    sample: Sample
    root: Path
    numbers: Mapping[str, int]
    coco: CocoPicture | None
    polygons: CocoPicture | None
    yolo_file: Path
    yolo_names: tuple[str, ...] | None


def measure_jobs(jobs: Sequence[Job]) -> list[Measured]:
    """Measure several samples: a chunk of work for one process."""
    return [measure_sample(job) for job in jobs]


def measure_sample(job: Job) -> Measured:
    """Measure one sample."""
    sample, root = job.sample, job.root
    yolo_file, yolo = _yolo(job)
    coco, polygons = _coco(job, job.coco), _coco(job, job.polygons)
    described = Described(
        coco=pair_records(sample, coco),
        polygons=pair_records(sample, polygons),
        yolo=_seamless(sample, pair_records(sample, yolo)),
    )
    image_file, grey = _read(sample, root, sample.image, "image")
    semantic_file, semantic = _read(sample, root, sample.semantic_mask, "semantic mask")
    instance_file, instances = _read(sample, root, sample.instance_mask, "instance mask")
    truth = read_truth(sample, semantic, instances)
    parts = sum(annotation.label != OTHER_LABEL for annotation in sample.annotations)
    image = ImageRow(
        index=sample.index,
        image=str(sample.image),
        split=sample.split,
        group=sample.group or None,
        ground=sample.ground or None,
        width_px=sample.width_px,
        height_px=sample.height_px,
        sizes_agree=_sizes_agree(sample, grey, semantic, instances),
        parts=parts,
        others=len(sample.annotations) - parts,
        **picture_figures(grey),
        layout=None if truth.instances is None else _thumbnail(np.where(truth.instances, 255, 0)),
        stray_instance_px=truth.stray_instance_px(),
        stray_semantic_px=truth.stray_semantic_px(),
        coco_lists_image=_list_image(coco, polygons),
        extra_coco=_extra(described.coco, described.polygons),
        extra_yolo=_extra(described.yolo),
    )
    annotations = annotation_rows(truth, job.numbers, described)
    return Measured(image, annotations, (image_file, semantic_file, instance_file, yolo_file))


def _coco(job: Job, picture: CocoPicture | None) -> Export | None:
    """Return what COCO says of the picture; an empty answer if its records cannot be read."""
    if picture is None:
        return None
    try:
        return coco_export(picture, job.sample.height_px, job.sample.width_px)
    except UNREADABLE:
        return Export(False, ())


def _seamless(sample: Sample, yolo: Pairing | None) -> Pairing | None:
    """Return the pairing of a YOLO file without the seams of its polygons."""
    masks = [annotation.visible for annotation in sample.annotations]
    return None if yolo is None else without_seams(masks, yolo)


def _list_image(*exports: Export | None) -> bool | None:
    """Return whether all files that can be read list the picture; None without any."""
    readable = [export.lists_image for export in exports if export is not None]
    return all(readable) if readable else None


def _extra(*pairings: Pairing | None) -> int | None:
    """Return how many records describe no object; None without any file to tell."""
    known = [pairing.extra for pairing in pairings if pairing is not None]
    return sum(known) if known else None


def _yolo(job: Job) -> tuple[FileRow, Export | None]:
    """Return the row of the picture's YOLO file, and what it says."""
    row, data = _opened(job.sample, job.root, job.yolo_file, "yolo")
    if data is None or job.yolo_names is None:
        return row, None
    export = read_yolo(data, job.yolo_names, job.sample.height_px, job.sample.width_px)
    return replace(row, readable=export is not None), export


def picture_figures(grey: Pixels | None) -> dict[str, Any]:
    """Return the columns of `ImageRow` that describe the picture itself.

    Args:
        grey: Shape (H, W), uint8; None if it cannot be read: then every figure is None.

    References:
        Variance of the Laplacian as a measure of focus: Pech-Pacheco et al., "Diatom
        autofocusing in brightfield microscopy", ICPR 2000.
    """
    if grey is None:
        names = ("brightness", "contrast", "grey_range", "sharpness", "saturated_share")
        return dict.fromkeys((*names, "pixels_sha256", "thumbnail"))
    mean, deviation = cv2.meanStdDev(grey)
    darkest, brightest, _, _ = cv2.minMaxLoc(grey)
    _, edges = cv2.meanStdDev(cv2.Laplacian(_reduced(grey), cv2.CV_16S))
    return {
        "brightness": float(mean[0, 0]),
        "contrast": float(deviation[0, 0]),
        "grey_range": brightest - darkest,
        "sharpness": float(edges[0, 0] ** 2),
        "saturated_share": float(np.mean(grey >= SATURATED_GREY)),
        "pixels_sha256": hashlib.sha256(repr(grey.shape).encode() + grey.tobytes()).hexdigest(),
        "thumbnail": _thumbnail(grey),
    }


def _reduced(grey: Pixels) -> NDArray[Any]:
    """Return a picture at the size at which sharpness is judged; smaller ones stay as they are.

    An edge of a large picture runs over more pixels: its Laplacian would be the smaller for it.
    """
    scale = SHARPNESS_SIDE_PX / max(grey.shape)
    if scale >= 1.0:
        return grey
    height, width = (max(1, round(side * scale)) for side in grey.shape)
    return np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA))


def _thumbnail(grey: NDArray[Any]) -> bytes:
    """Return levels 0 to 255, shape (H, W), as `THUMBNAIL_PX` squared bytes."""
    side = (THUMBNAIL_PX, THUMBNAIL_PX)
    return cv2.resize(grey.astype(np.uint8), side, interpolation=cv2.INTER_AREA).tobytes()


def _read(sample: Sample, root: Path, path: Path, kind: str) -> tuple[FileRow, Pixels | None]:
    """Read one picture of a sample; pixels only if it is what the manifest says it is."""
    row, data = _opened(sample, root, path, kind)
    if data is None:
        return row, None
    pixels = _decode(data, cv2.IMREAD_GRAYSCALE if kind == "image" else cv2.IMREAD_UNCHANGED)
    return replace(row, readable=pixels is not None), pixels


def _opened(sample: Sample, root: Path, path: Path, kind: str) -> tuple[FileRow, bytes | None]:
    """Read one file of a sample; its bytes only if they have the manifest's hash."""
    try:
        data = (root / path).read_bytes()
    except OSError:
        return FileRow(str(path), kind, False, None, None, True), None
    unchanged = hashlib.sha256(data).hexdigest() == sample.sha256.get(str(path))
    row = FileRow(str(path), kind, True, unchanged, None, True)
    return row, data if unchanged else None


def _decode(data: bytes, flag: int) -> Pixels | None:
    """Return the pixels of an encoded picture, None if it cannot be decoded."""
    buffer: NDArray[np.uint8] = np.frombuffer(data, dtype=np.uint8)
    if not buffer.size:
        return None
    pixels = cv2.imdecode(buffer, flag)
    if pixels is None or pixels.dtype not in (np.uint8, np.uint16):
        return None
    if pixels.dtype == np.uint16:
        return np.asarray(pixels, dtype=np.uint16)
    return np.asarray(pixels, dtype=np.uint8)


def _sizes_agree(sample: Sample, *pictures: Pixels | None) -> bool | None:
    """Return whether the pictures that can be read have the sample's size; None without any."""
    shapes = {picture.shape for picture in pictures if picture is not None}
    return shapes == {(sample.height_px, sample.width_px)} if shapes else None
