"""Who answers pictures in this process, and how good the answers are.

An *engine* is a way to answer: `registered` is the product's answer, `classical` the drawings laid
on what thresholds and edges find, `network` what the network says alone, `template` the OpenCV
baseline. Two of them, `classical` and `template`, need no network.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from components.domain import Part
from components.errors import ImageError
from components.geometry.resemblance import Symmetry
from components.home import Home
from components.inspection.baseline.template_matching import TemplateMatcher
from components.inspection.classical import ClassicalInspector
from components.inspection.inspector import Inspector
from components.inspection.opening import inspector_of, open_inspector, symmetries_of
from components.inspection.pose_figures import PoseFigures, PoseMeter
from components.inspection.pose_truth import read_poses
from components.modeling.evaluate import evaluate
from components.modeling.figures import Confusion, Evaluation
from components.modeling.inference import Detector, Predictor
from components.modeling.registry import ModelVersion
from components.operations.pipeline.jobs import known_parts
from components.operations.pipeline.likeness import known_similarity
from components.operations.pipeline.releases import champion_of, open_predictor
from components.progress import Progress
from components.settings.base import GENERIC
from components.settings.inspection import InspectionSettings
from components.settings.serve import ServeSettings
from components.settings.train import TrainSettings

Engine = Literal["registered", "classical", "network", "template"]
ENGINES: tuple[Engine, ...] = get_args(Engine)
POSED: tuple[Engine, ...] = ("registered", "classical")
"""Engines that tell where a drawing lies."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How good an engine is on the pictures of a COCO file.

    Attributes:
        engine: Which one.
        version: Of the model.
        evaluation: Precision, overlaps, confusion.
        class_accuracy: Share of the found objects above the engine's threshold that got the right
            name; None where categories do not count.
        poses: Errors of the poses; None if the file tells none or the engine does not know any.
    """

    engine: Engine
    version: str
    evaluation: Evaluation
    class_accuracy: float | None
    poses: PoseFigures | None


def released_inspector(home: Home, version: ModelVersion) -> Inspector:
    """Return a released model with the drawings of its bundle, ready to be asked.

    Raises:
        ModelError: If a file is missing or damaged, or they do not belong together.
    """
    serve = ServeSettings.load(home.configs)
    return open_inspector(
        version.path,
        InspectionSettings.load(home.configs),
        runtime=serve.runtime,
        precision=serve.precision,
    )


def generic_predictor(home: Home) -> Predictor:
    """Return the generic weights as a model that answers in this process."""
    from components.modeling.generic_model import open_generic

    return open_generic(home, TrainSettings.load(home.configs, GENERIC))


def generic_inspector(home: Home, progress: Progress) -> Inspector:
    """Return the generic weights with the drawings that were read last: nothing was trained on.

    Raises:
        ModelError: If there are no generic weights.
        DatasetError: If no drawings were read yet.
    """
    similarity = known_similarity(home, progress)
    settings = InspectionSettings.load(home.configs)
    return inspector_of(generic_predictor(home), known_parts(home), similarity, settings)


def template_matcher(home: Home) -> TemplateMatcher:
    """Return the OpenCV baseline with the home folder's templates.

    Raises:
        ModelError: If there are no templates or one is damaged.
    """
    settings = InspectionSettings.load(home.configs)
    prediction = TrainSettings.load(home.configs).prediction
    return TemplateMatcher(home.templates, prediction, settings.proposals, settings.templates)


def classical_inspector(home: Home, progress: Progress) -> ClassicalInspector:
    """Return the drawings that were read last, ready to answer without a network.

    Raises:
        DatasetError: If no drawings were read yet.
    """
    parts = known_parts(home)
    symmetries = symmetries_of(known_similarity(home, progress))
    prediction = TrainSettings.load(home.configs).prediction
    return ClassicalInspector(parts, symmetries, prediction, InspectionSettings.load(home.configs))


def picture_bytes(path: Path) -> bytes:
    """Return the bytes of a picture file.

    Raises:
        ImageError: If it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise ImageError(f"{path}: cannot be read ({error.strerror}); name a picture") from error


def open_engine(
    home: Home, engine: Engine, generic: bool, progress: Progress
) -> tuple[Detector, str]:
    """Return who answers, and the version of the model.

    Args:
        home: Whose champion, drawings or templates are used.
        engine: Way to answer.
        generic: Whether the generic weights take the champion's place.
        progress: Is told of a comparison of the drawings, if there has to be one.

    Raises:
        ModelError: If what is asked for is missing or damaged.
        DatasetError: If no drawings were read yet.
    """
    if engine == "template":
        matcher = template_matcher(home)
        return matcher, matcher.card.name
    if engine == "classical":
        classical = classical_inspector(home, progress)
        return classical, classical.card.name
    if generic:
        if engine == "network":
            return generic_predictor(home), "generic"
        return generic_inspector(home, progress), "generic"
    champion = champion_of(home)
    if engine == "network":
        return open_predictor(champion), champion.version
    return released_inspector(home, champion), champion.version


def measured(
    home: Home, engine: Engine, generic: bool, images: Path, coco: Path, progress: Progress
) -> Measured:
    """Return how good an engine is on the pictures of a COCO file.

    The network of the generic weights does not know the drawings: all categories count as one.

    Args:
        home: Whose champion, drawings or templates are used.
        engine: Way to answer.
        generic: Whether the generic weights take the champion's place.
        images: Folder of the pictures.
        coco: The truth.
        progress: Told after each picture.

    Raises:
        DatasetError: If the file is damaged or a picture cannot be read.
        ModelError: If what is asked for is missing, or knows none of the labels in the file.
    """
    detector, version = open_engine(home, engine, generic, progress)
    if engine == "network" and generic:
        figures = evaluate(detector, images, coco, progress, detector.card.labels[0])
        return Measured(engine, version, figures, None, None)
    truth = read_poses(coco)
    meter = PoseMeter(detector, truth, detector.card.prediction.score_threshold)
    figures = evaluate(meter, images, coco, progress)
    known = any(truth) and engine in POSED
    parts, symmetries = _drawings(detector)
    accuracy = accuracy_of(figures.confusion)
    poses = meter.figures(parts, symmetries) if known else None
    return Measured(engine, version, figures, accuracy, poses)


def accuracy_of(confusion: Confusion) -> float | None:
    """Return the share of the found objects that got the right name; None if none was found."""
    counts = np.array(confusion.counts)
    # The last two rows and columns are `unknown` and nothing.
    found, right = counts[:-2, :-1].sum(), np.trace(counts[:-2, :-2])
    return round(float(right / found), 4) if found else None


def _drawings(detector: Detector) -> tuple[tuple[Part, ...], list[Symmetry]]:
    """Return the drawings that a detector knows, and their symmetries."""
    if not isinstance(detector, Inspector | ClassicalInspector):
        return (), []
    return detector.registrar.parts, list(detector.symmetries)
