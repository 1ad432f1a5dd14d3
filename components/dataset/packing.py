"""A rendered sample -> the bytes of its files, and the line of the record that tells of them."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.backgrounds import Ground
from components.dataset.annotations import coco_polygons, semantic_mask, windows, yolo_line
from components.dataset.jobs import Job
from components.dataset.manifest import json_line, sample_line
from components.dataset.samples import RenderedSample
from components.domain import SPLITS, Sample, Split
from components.files import file_sha256
from components.home import Home

_MASK_OPTIONS = [
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE),
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
    *(cv2.IMWRITE_PNG_COMPRESSION, 1),
]
"""For flat masks: two thirds of the time and of the bytes that OpenCV's own choice takes."""


@dataclass(frozen=True, slots=True)
class PackedSample:
    """The files of one sample, not yet written.

    Attributes:
        contents: Bytes of each file by its path below the home folder.
        line: The record's line.
    """

    contents: dict[str, bytes]
    line: str


@dataclass(frozen=True, slots=True)
class Outlines:
    """The parts of a sample as polygons.

    Attributes:
        coco: COCO's polygons by the object's place in the sample.
        yolo: The text of its YOLO file.
    """

    coco: dict[int, list[NDArray[np.int32]]]
    yolo: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """Picture and masks of a sample, encoded."""

    image: bytes
    semantic: bytes
    instances: bytes


def pack(job: Job, rendered: RenderedSample) -> PackedSample:
    """Return picture, masks and label of a sample as bytes, and what the record says of them."""
    return recorded(job, rendered, encoded(job, rendered), outlines(job, rendered))


def outlines(job: Job, rendered: RenderedSample) -> Outlines:
    """Return the polygons of a sample's parts in both formats."""
    height, width = rendered.instances.shape
    coco, yolo, numbers = {}, [], job.numbers
    for place, window in windows(rendered.annotations, rendered.instances):
        number = numbers[rendered.annotations[place].label]
        coco[place] = coco_polygons(window)
        yolo.append(yolo_line(number, window, height, width))
    return Outlines(coco, "".join(f"{line}\n" for line in yolo if line))


def encoded(job: Job, rendered: RenderedSample) -> Pictures:
    """Return the picture and both masks as the bytes of their files."""
    labels = semantic_mask(rendered.instances, rendered.annotations, job.numbers)
    return Pictures(
        image=encoded_image(rendered.image, job),
        semantic=encoded_mask(labels),
        instances=encoded_mask(rendered.instances),
    )


def encoded_image(image: NDArray[np.uint8], job: Job) -> bytes:
    """Return an RGB picture, shape (H, W, 3), as the bytes of its file."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    if job.settings.image_format == "png":
        return cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
    options = [cv2.IMWRITE_JPEG_QUALITY, job.settings.image_quality]
    return cv2.imencode(".jpg", bgr, options)[1].tobytes()


def encoded_mask(mask: NDArray[np.uint8] | NDArray[np.uint16]) -> bytes:
    """Return a mask, shape (H, W), as the bytes of its PNG."""
    return cv2.imencode(".png", mask, _MASK_OPTIONS)[1].tobytes()


def ground_name(ground: Ground) -> str:
    """Return what tells a ground from others: its tile, or the content of its photograph."""
    if ground.photo is not None:
        return f"photo-{_photo_sha256(ground.photo)[:16]}"
    return f"{ground.pattern}-{ground.variant}"


@lru_cache(maxsize=4096)
def _photo_sha256(path: Path) -> str:
    return file_sha256(path)


def recorded(
    job: Job, rendered: RenderedSample, pictures: Pictures, polygons: Outlines
) -> PackedSample:
    """Return the files of a sample with their hashes in the record's line."""
    split, name = rendered.split, f"{rendered.index:06d}"
    images, masks, labels = _folders(split)
    image = f"{images}/{name}.{job.settings.image_format}"
    semantic, instances = f"{masks}/{name}.png", f"{masks}/{name}.instances.png"
    contents = {
        image: pictures.image,
        semantic: pictures.semantic,
        instances: pictures.instances,
        f"{labels}/{name}.txt": polygons.yolo.encode(),
    }
    height, width = rendered.instances.shape
    sample = Sample(
        index=rendered.index,
        split=split,
        group=rendered.group,
        ground=ground_name(rendered.scene.ground),
        image=Path(image),
        semantic_mask=Path(semantic),
        instance_mask=Path(instances),
        width_px=width,
        height_px=height,
        annotations=rendered.annotations,
        sha256={path: hashlib.sha256(content).hexdigest() for path, content in contents.items()},
    )
    line = f'{{"sample":{sample_line(sample)},"polygons":{json_line(polygons.coco)}}}'
    return PackedSample(contents, line)


@lru_cache(maxsize=len(SPLITS))
def _folders(split: Split) -> tuple[str, str, str]:
    """Return the folders of a split's pictures, masks and YOLO labels below the home folder.

    Once for all samples: joining paths costs more than hashing the files.
    """
    home = Home(Path())
    labels = home.yolo / "labels" / split
    return home.images(split).as_posix(), home.masks(split).as_posix(), labels.as_posix()
