"""The files of an evaluation: its figures as JSON, charts of them, and its worst pictures."""

from pathlib import Path

from components.files import write_json
from components.modeling.coco_truth import read_coco
from components.modeling.figures import Evaluation
from components.modeling.inference import Detector
from components.visualization.picture_pairs import plot_worst
from components.visualization.plot_results import plot_evaluation

FIGURES_NAME = "evaluation.json"


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
