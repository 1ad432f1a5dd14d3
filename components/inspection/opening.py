"""A bundle, opened with its drawings: the network finds, geometry names."""

from collections.abc import Sequence
from pathlib import Path

from components.domain import Part
from components.errors import ModelError
from components.geometry.parts_file import read_parts
from components.geometry.resemblance import Symmetry
from components.inspection.inspector import Inspector
from components.modeling.bundle_files import PARTS_NAME
from components.modeling.inference import Predictor
from components.modeling.model_card import DrawingSimilarity, Precision
from components.modeling.origin import drawings_hash
from components.modeling.runtimes import Runtime
from components.settings.inspection import InspectionSettings


def open_inspector(
    bundle: Path,
    settings: InspectionSettings,
    threads: int = 1,
    runtime: Runtime = "onnxruntime",
    precision: Precision | None = None,
) -> Inspector:
    """Open a bundle; all that is needed lies in it.

    Args:
        bundle: Folder with the network, its card and `parts.json`.
        settings: How objects are identified.
        threads: Of the runtime for one picture.
        runtime: What runs the network.
        precision: Of its numbers; None takes what the bundle's card says.

    Raises:
        ModelError: If a file is missing or damaged, or they do not belong together.
        DrawingError: If the drawings cannot be read.
    """
    predictor = Predictor.load(bundle, threads, runtime, precision)
    parts = read_parts(bundle / PARTS_NAME)
    found = drawings_hash(parts)
    if found != predictor.card.drawings_fingerprint:
        raise ModelError(
            f"{bundle / PARTS_NAME}: holds drawings with the hash {found}, the card says "
            f"{predictor.card.drawings_fingerprint}; export the model again"
        )
    return inspector_of(predictor, parts, predictor.card.similarity, settings)


def inspector_of(
    predictor: Predictor,
    parts: Sequence[Part],
    similarity: DrawingSimilarity | None,
    settings: InspectionSettings,
) -> Inspector:
    """Return a network and drawings that answer together.

    Args:
        predictor: The network; it need not know the drawings.
        parts: The drawings.
        similarity: What is known about them; None for nothing.
        settings: How objects are identified.
    """
    return Inspector(predictor, parts, symmetries_of(similarity), settings)


def symmetries_of(similarity: DrawingSimilarity | None) -> list[Symmetry]:
    """Return the symmetries of the drawings that a record tells."""
    return [
        Symmetry(each.name, each.rotation_order, each.mirror_symmetric, each.tolerance_mm)
        for each in (similarity.parts if similarity else ())
    ]
