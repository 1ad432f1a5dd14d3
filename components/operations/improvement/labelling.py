"""Frames of the user's camera -> labels to be reviewed -> a dataset beside the generated one.

1. `label_frames` answers every picture below `data/raw/images`. Frames in which all parts fit
   tightly are written down with their labels (`labels.jsonl`), with a review sheet and the list
   `review.csv` beside them in `reports/autolabel`.
2. `apply_review` makes `data/labelled` of the frames that the list accepts. Training shows them
   beside the generated scenes (`frames_share` in `train_config.yaml`).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from components.data_preprocessing.photos import PHOTO_SUFFIXES
from components.dataset.annotations import label_numbers
from components.dataset.card import DatasetCard
from components.dataset.frame_groups import Stamp, groups_of, split_of_frames, stamp_of
from components.dataset.frames import LabelledFrame, write_frames
from components.dataset.manifest import read_manifest, sample_line
from components.domain import AMBIGUOUS, OTHER_LABEL, Annotation, Part, Sample
from components.errors import DatasetError, ImageError
from components.files import file_sha256, write_json, write_text
from components.geometry.masks import mask_from_rle
from components.home import Home
from components.inspection.inspector import Inspector
from components.inspection.labelling import frame_faults, labels_of, with_others
from components.modeling.pictures import TRUSTED_MAX_PIXELS, read_picture
from components.operations.improvement.review import Decisions, write_review
from components.progress import Progress, stage
from components.settings.labelling import LabellingSettings
from components.visualization.label_review import write_review_sheet

LABELS_NAME = "labels.jsonl"
SETTINGS_NAME = "settings.json"
REVIEW_NAME = "review.csv"


@dataclass(frozen=True, slots=True)
class Refused:
    """A frame that is not labelled.

    Attributes:
        frame: Its file.
        reasons: One sentence each.
    """

    frame: Path
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Labelling:
    """What became of the frames.

    Attributes:
        tight: Those with labels, in the manifest's form; `image` is the frame's own file.
        refused: The others.
    """

    tight: tuple[Sample, ...]
    refused: tuple[Refused, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Labelled:
    frame: Path
    sha256: str
    stamp: Stamp
    hw: tuple[int, int]
    annotations: tuple[Annotation, ...]


def frames_in(folder: Path) -> list[Path]:
    """Return the pictures of a folder and those inside it, by path; hidden ones are left out.

    Raises:
        DatasetError: If there are none.
    """
    found = sorted(
        path
        for path in folder.resolve().rglob("*")
        if path.suffix.lower() in PHOTO_SUFFIXES and not path.name.startswith(".")
    )
    if not found:
        raise DatasetError(
            f"{folder}: there are no pictures to label; put frames of your camera there, or name "
            "another folder with --frames"
        )
    return found


def label_frames(
    home: Home,
    inspector: Inspector,
    settings: LabellingSettings,
    frames: Path,
    progress: Progress,
) -> Labelling:
    """Label the frames of a folder and write the labels down for review.

    Frames in which parts were found stop being backgrounds of generated pictures.

    Args:
        home: Its `reports/autolabel` gets the labels.
        inspector: Who answers.
        settings: The limits.
        frames: Folder of the pictures.
        progress: Told after each frame.

    Raises:
        DatasetError: If there are no pictures.
    """
    tight: list[_Labelled] = []
    refused: list[Refused] = []
    shown: dict[str, Path] = {}
    parts = {part.name: part for part in inspector.registrar.parts}
    paths = frames_in(frames)
    with stage(progress, "Labelling frames", len(paths), "frames") as bar:
        for path in paths:
            digest = file_sha256(path)
            found = _answered(path, digest, inspector, parts, settings, shown)
            if isinstance(found, Refused):
                refused.append(found)
            else:
                tight.append(found)
            bar.advance(1, f"{len(tight)} tight")
    labelling = Labelling(tuple(_samples(tight, settings)), tuple(refused))
    _write(home, labelling, settings, sorted(shown))
    return labelling


def _answered(
    path: Path,
    digest: str,
    inspector: Inspector,
    parts: Mapping[str, Part],
    settings: LabellingSettings,
    shown: dict[str, Path],
) -> _Labelled | Refused:
    """Return the labels of one frame, or why there are none; note whether it shows parts."""
    if digest in shown:
        return Refused(path, (f"the same picture as {shown[digest].name}",))
    try:
        image = read_picture(path, TRUSTED_MAX_PIXELS)
    except ImageError as error:
        return Refused(path, (str(error),))
    network = inspector.predictor.predict(image, settings.doubt_score).detections
    answer = inspector.predict(image, settings.doubt_score).detections
    detections = with_others(answer, network, settings)
    sure = inspector.card.prediction.score_threshold
    if any(
        each.score >= sure and (each.label in parts or each.label.startswith(AMBIGUOUS))
        for each in detections
    ):
        shown[digest] = path
    if faults := frame_faults(detections, settings):
        return Refused(path, tuple(faults))
    hw = image.shape[0], image.shape[1]
    return _Labelled(path, digest, stamp_of(path, image), hw, labels_of(detections, parts)[1])


def _samples(tight: Sequence[_Labelled], settings: LabellingSettings) -> Iterator[Sample]:
    """Yield the labelled frames in the manifest's form, each group in one split."""
    groups = groups_of([each.stamp for each in tight], settings.group_gap_s, settings.alike_levels)
    for index, (each, group) in enumerate(zip(tight, groups, strict=True)):
        yield Sample(
            index=index,
            split=split_of_frames(group, settings.val_share),
            group=f"frames-{group:06d}",
            image=each.frame,
            semantic_mask=Path(),
            instance_mask=Path(),
            width_px=each.hw[1],
            height_px=each.hw[0],
            annotations=each.annotations,
            sha256={str(each.frame): each.sha256},
            ground=f"frame-{each.sha256[:16]}",
            real=True,
        )


def _write(
    home: Home, labelling: Labelling, settings: LabellingSettings, shown: Sequence[str]
) -> None:
    """Write down the labels, and which photographs are no backgrounds any more."""
    before = _listed(home.shown_frames)
    write_json(home.shown_frames, sorted(before.union(shown)))
    lines = "".join(f"{sample_line(sample)}\n" for sample in labelling.tight)
    write_text(home.autolabel / LABELS_NAME, lines)
    write_json(home.autolabel / SETTINGS_NAME, settings)
    decisions = write_review(home.autolabel / REVIEW_NAME, labelling.tight)
    refused = [(each.frame, each.reasons) for each in labelling.refused]
    write_review_sheet(home.autolabel, labelling.tight, refused, decisions.rejected)


def _listed(path: Path) -> set[str]:
    try:
        return set(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return set()


def waiting(home: Home) -> list[Sample]:
    """Return the labelled frames that wait for review or were reviewed last.

    Raises:
        DatasetError: If no frames were labelled, or the file is damaged.
    """
    path = home.autolabel / LABELS_NAME
    if not path.is_file():
        raise DatasetError(f"{path}: no frames were labelled yet; run `dxfvision autolabel`")
    return list(read_manifest(path))


def apply_review(home: Home, parts: Sequence[Part], decisions: Decisions | None) -> DatasetCard:
    """Make the dataset of the labelled frames that were accepted, in place of the last one.

    Args:
        home: Its `data/labelled` gets the dataset.
        parts: The drawings: they decide the numbers of the labels.
        decisions: By the frames' hashes; None accepts every frame.

    Raises:
        DatasetError: If no frames were labelled, none was accepted, a frame changed since, or the
            drawings did.
    """
    samples = waiting(home)
    if decisions is not None:
        samples = [sample for sample in samples if decisions.accepts(sample)]
    numbers = label_numbers([part.name for part in parts])
    foreign = {a.label for sample in samples for a in sample.annotations}
    foreign -= {*numbers, OTHER_LABEL}
    if foreign:
        raise DatasetError(
            f"{home.autolabel / LABELS_NAME}: labels {', '.join(sorted(foreign))}, which are no "
            "drawings any more; run `dxfvision autolabel` again"
        )
    settings = {
        "limits": json.loads((home.autolabel / SETTINGS_NAME).read_text("utf-8")),
        "reviewed": decisions is not None,
    }
    return write_frames(home.labelled, numbers, map(_frame, samples), settings)


def _frame(sample: Sample) -> LabelledFrame:
    """Return a labelled frame with its pixels.

    Raises:
        DatasetError: If its file is gone or was changed since it was labelled.
    """
    digest = sample.sha256[str(sample.image)]
    try:
        if file_sha256(sample.image) != digest:
            raise DatasetError(
                f"{sample.image}: changed since it was labelled; run `dxfvision autolabel` again"
            )
        image = read_picture(sample.image, TRUSTED_MAX_PIXELS)
    except (OSError, ImageError) as error:
        raise DatasetError(
            f"{sample.image}: cannot be read any more ({error}); run `dxfvision autolabel` again"
        ) from error
    instances = np.zeros(image.shape[:2], np.uint8)
    for annotation in sample.annotations:
        instances[mask_from_rle(annotation.visible)] = annotation.instance_id
    return LabelledFrame(image, instances, sample.annotations, sample.split, sample.group, digest)
