"""The manifest: one JSON line per sample with its truth, its files and their hashes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from components.domain import Annotation, Pose, Rle, Sample
from components.errors import DatasetError

_PLAIN = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def sample_line(sample: Sample) -> str:
    """Return a sample as one line of JSON, without the line's end."""
    record = {
        "index": sample.index,
        "split": sample.split,
        "group": sample.group,
        "ground": sample.ground,
        "image": str(sample.image),
        "semantic_mask": str(sample.semantic_mask),
        "instance_mask": str(sample.instance_mask),
        "width_px": sample.width_px,
        "height_px": sample.height_px,
        "annotations": [_annotation_record(annotation) for annotation in sample.annotations],
        "sha256": sample.sha256,
    }
    if sample.real:
        record["real"] = True
    return json_line(record)


def json_line(value: object) -> str:
    """Return a value of plain types, arrays and integer keys as JSON without spaces or line ends.

    Raises:
        TypeError: If something in it has no JSON form.
    """
    return orjson.dumps(value, option=_PLAIN).decode()


def _annotation_record(annotation: Annotation) -> dict[str, Any]:
    return {
        "instance_id": annotation.instance_id,
        "label": annotation.label,
        "xyxy_px": annotation.xyxy_px,
        "area_px": annotation.area_px,
        "visible": annotation.visible,
        "whole": annotation.whole,
        "visible_fraction": annotation.visible_fraction,
        "pose": None if annotation.pose is None else _pose_record(annotation.pose),
    }


def _pose_record(pose: Pose) -> dict[str, Any]:
    return {
        "x_px": pose.x_px,
        "y_px": pose.y_px,
        "angle_rad": pose.angle_rad,
        "px_per_mm": pose.px_per_mm,
        "mirrored": pose.mirrored,
        "mm_to_px": pose.mm_to_px,
    }


def sample_from_line(line: str) -> Sample:
    """Return the sample of one line.

    Raises:
        ValueError: If the line is no JSON or lacks something.
    """
    return sample_from_record(orjson.loads(line))


def sample_from_record(record: dict[str, Any]) -> Sample:
    """Return the sample of a parsed line.

    Raises:
        ValueError: If something is missing or of the wrong kind.
    """
    try:
        annotations = tuple(_annotation(entry) for entry in record["annotations"])
        return Sample(
            index=int(record["index"]),
            split=record["split"],
            group=record["group"],
            ground=record["ground"],
            image=Path(record["image"]),
            semantic_mask=Path(record["semantic_mask"]),
            instance_mask=Path(record["instance_mask"]),
            width_px=int(record["width_px"]),
            height_px=int(record["height_px"]),
            annotations=annotations,
            sha256=dict(record["sha256"]),
            real=bool(record.get("real", False)),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a sample: {error!r}") from error


def _annotation(record: dict[str, Any]) -> Annotation:
    pose = record["pose"]
    return Annotation(
        instance_id=int(record["instance_id"]),
        label=record["label"],
        xyxy_px=tuple(record["xyxy_px"]),
        area_px=int(record["area_px"]),
        visible=_rle(record["visible"]),
        whole=_rle(record["whole"]),
        visible_fraction=float(record["visible_fraction"]),
        pose=None if pose is None else _pose(pose),
    )


def _rle(record: dict[str, Any]) -> Rle:
    return Rle(size=record["size"], counts=record["counts"])


def _pose(record: dict[str, Any]) -> Pose:
    matrix = record["mm_to_px"]
    return Pose(
        x_px=record["x_px"],
        y_px=record["y_px"],
        angle_rad=record["angle_rad"],
        px_per_mm=record["px_per_mm"],
        mirrored=record["mirrored"],
        mm_to_px=None if matrix is None else np.array(matrix, dtype=np.float64),
    )


def read_manifest(path: Path) -> Iterator[Sample]:
    """Yield the samples of a manifest by their number.

    Raises:
        DatasetError: If there is none or a line is damaged; it is named.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                yield _checked(path, number, line)
    except OSError as error:
        raise DatasetError(
            f"{path}: no manifest can be read ({error.strerror}); run `dxfvision generate`"
        ) from error
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{path}: expected UTF-8 text ({error}); regenerate with `dxfvision generate`"
        ) from error


def _checked(path: Path, number: int, line: str) -> Sample:
    try:
        return sample_from_line(line)
    except ValueError as error:
        raise DatasetError(
            f"{path} line {number}: expected a sample as JSON, got {line[:60]!r} ({error}); "
            "regenerate with `dxfvision generate`"
        ) from error
