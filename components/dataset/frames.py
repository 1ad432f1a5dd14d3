"""Frames of a camera that a model labelled -> a dataset in the very form of a generated one.

It lies in a home folder of its own, `Home.labelled`, with pictures, masks, manifest, COCO, YOLO and
card: what reads, checks or measures on a generated dataset does so with this one. Every sample is
marked as real, and none stands in `test`: a model must not be judged on labels that a model gave.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from components.dataset.annotations import coco_polygons, semantic_mask, windows, yolo_line
from components.dataset.card import DatasetCard, write_card
from components.dataset.exports import Exported, write_dataset_files
from components.dataset.generate import remove_dataset
from components.dataset.packing import encoded_mask
from components.dataset.shards import Entry, FileBatch
from components.domain import SPLITS, Annotation, Sample, Split
from components.errors import DatasetError
from components.files import file_sha256, fingerprint, sync_folder
from components.home import Home

DESCRIPTION = "dxfvision, frames of a camera labelled by a model"
EXECUTOR = "autolabel"
"""Stands in the card for what made the dataset."""

BATCH_FRAMES = 64
"""Files of so many frames are flushed to the disk together."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelledFrame:
    """A frame with its labels.

    Attributes:
        image: RGB, shape (H, W, 3), uint8.
        instances: Shape (H, W), uint8: 0 the ground, else `Annotation.instance_id`.
        annotations: Of all parts.
        split: `train` or `val`.
        group: Frames of one group stand in one split.
        source: SHA-256 of the frame's file.
    """

    image: NDArray[np.uint8]
    instances: NDArray[np.uint8]
    annotations: tuple[Annotation, ...]
    split: Split
    group: str
    source: str


def write_frames(
    home: Home,
    numbers: Mapping[str, int],
    frames: Iterable[LabelledFrame],
    settings: Mapping[str, Any],
) -> DatasetCard:
    """Write frames as a dataset in place of the one that is there; whole or absent.

    Args:
        home: `Home.labelled` of the home folder.
        numbers: Number of each part's name, from 1.
        frames: In the order of their numbers; one is held in memory at a time.
        settings: What decided the labels, for the card.

    Returns:
        The card.

    Raises:
        DatasetError: If there are no frames, or one would stand in `test`.
    """
    # The card goes first: from here on there is no dataset until the next one is whole.
    if home.processed.is_dir():
        remove_dataset(home)
    for split in SPLITS:
        for folder in (home.images(split), home.masks(split), home.yolo / "labels" / split):
            folder.mkdir(parents=True, exist_ok=True)
    entries = list(_written(home, numbers, frames))
    if not entries:
        raise DatasetError(f"{home.root}: no frame was accepted; accept some and apply the list")
    exported = write_dataset_files(home, numbers, entries, DESCRIPTION)
    card = _card(home, tuple(numbers), entries, exported, settings)
    write_card(home, card)
    sync_folder(home.processed)
    return card


def _written(
    home: Home, numbers: Mapping[str, int], frames: Iterable[LabelledFrame]
) -> Iterator[Entry]:
    """Write the files of each frame; yield what the manifest and the exports say of it."""
    batch = FileBatch()
    for index, frame in enumerate(frames):
        if frame.split == "test":
            raise DatasetError(f"frame {frame.source[:12]}: labelled frames never stand in test")
        contents, entry = _packed(home, numbers, index, frame)
        for path, content in contents.items():
            batch.add(str(home.root / path), content)
        yield entry
        if (index + 1) % BATCH_FRAMES == 0:
            batch.commit()
            batch = FileBatch()
    batch.commit()


def _packed(
    home: Home, numbers: Mapping[str, int], index: int, frame: LabelledFrame
) -> tuple[dict[str, bytes], Entry]:
    """Return the files of a frame by path below the home folder, and its entry."""
    height, width = frame.instances.shape
    polygons, lines = {}, []
    for place, window in windows(frame.annotations, frame.instances):
        polygons[place] = [ring.tolist() for ring in coco_polygons(window)]
        lines.append(yolo_line(numbers[frame.annotations[place].label], window, height, width))
    name, split = f"{index:06d}", frame.split
    folders = (home.images(split), home.masks(split), home.yolo / "labels" / split)
    images, masks, labels = (folder.relative_to(home.root) for folder in folders)
    image, semantic = images / f"{name}.png", masks / f"{name}.png"
    instances = masks / f"{name}.instances.png"
    # Without loss: the network learns from the very pixels that were labelled.
    bgr = cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR)
    contents = {
        str(image): cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes(),
        str(semantic): encoded_mask(semantic_mask(frame.instances, frame.annotations, numbers)),
        str(instances): encoded_mask(frame.instances),
        str(labels / f"{name}.txt"): "".join(f"{line}\n" for line in lines if line).encode(),
    }
    sample = Sample(
        index=index,
        split=split,
        group=frame.group,
        image=Path(image),
        semantic_mask=Path(semantic),
        instance_mask=Path(instances),
        width_px=width,
        height_px=height,
        annotations=frame.annotations,
        sha256={path: hashlib.sha256(content).hexdigest() for path, content in contents.items()},
        ground=f"frame-{frame.source[:16]}",
        real=True,
    )
    return contents, Entry(sample, polygons)


def _card(
    home: Home,
    labels: tuple[str, ...],
    entries: list[Entry],
    exported: Exported,
    settings: Mapping[str, Any],
) -> DatasetCard:
    samples = [entry.sample for entry in entries]
    return DatasetCard(
        fingerprint=fingerprint(labels, [sample.sha256 for sample in samples], dict(settings)),
        seed=0,
        labels=labels,
        width_px=max(sample.width_px for sample in samples),
        height_px=max(sample.height_px for sample in samples),
        images=exported.images,
        instances=exported.instances,
        files={str(path.relative_to(home.root)): file_sha256(path) for path in exported.files},
        settings=dict(settings),
        executor=EXECUTOR,
        workers=1,
        rendered=0,
        seconds=0.0,
    )
