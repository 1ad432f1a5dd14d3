"""The files of an evaluation: its figures as JSON, charts of them, and its worst pictures."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from components.errors import ModelError
from components.files import write_json
from components.inspection.pose_figures import PoseFigures
from components.modeling.coco_truth import read_coco
from components.modeling.figures import Evaluation
from components.modeling.inference import Detector
from components.visualization.picture_pairs import plot_worst
from components.visualization.plot_results import plot_evaluation

Record = TypeVar("Record")

FIGURES_NAME = "evaluation.json"
POSES_NAME = "poses.json"


@dataclass(frozen=True, slots=True)
class PoseRecord:
    """Errors of the poses that one model answered.

    Attributes:
        onnx_sha256: Of that model's network.
        figures: The errors.
    """

    onnx_sha256: str
    figures: PoseFigures


def write_evaluation(
    evaluation: Evaluation, images: Path, coco: Path, detector: Detector, folder: Path
) -> list[Path]:
    """Write all files of an evaluation.

    Args:
        evaluation: What `evaluate` returned for the next three.
        images: Folder of the pictures.
        coco: The truth.
        detector: The model; it is asked about the worst pictures once more.
        folder: Where the files go; made if needed.

    Returns:
        Their paths.
    """
    figures = folder / FIGURES_NAME
    write_json(figures, evaluation.to_json())
    charts = plot_evaluation(evaluation, folder)
    pictures = read_coco(coco, images)
    return [
        figures,
        *charts,
        plot_worst(evaluation.worst, pictures, detector, folder / "worst.png"),
    ]


def write_poses(folder: Path, record: PoseRecord) -> Path:
    """Write the errors of the poses beside the figures of an evaluation and return the path."""
    write_json(folder / POSES_NAME, record)
    return folder / POSES_NAME


def read_evaluation(folder: Path) -> Evaluation | None:
    """Return the figures of the last evaluation; None if there was none.

    Raises:
        ModelError: If the file is damaged.
    """
    return _read(folder / FIGURES_NAME, TypeAdapter(Evaluation))


def read_pose_record(folder: Path) -> PoseRecord | None:
    """Return the errors of the poses of the last evaluation; None if they were not measured.

    Raises:
        ModelError: If the file is damaged.
    """
    return _read(folder / POSES_NAME, TypeAdapter(PoseRecord))


def _read(path: Path, kind: TypeAdapter[Record]) -> Record | None:
    try:
        return kind.validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise ModelError(
            f"{path}: is no record of an evaluation ({type(error).__name__}); measure again with "
            "`dxfvision export`"
        ) from error
