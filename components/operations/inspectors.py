"""Who answers pictures in this process: a released model, the generic weights, or no network."""

from components.home import Home
from components.inspection.inspector import Inspector
from components.inspection.opening import inspector_of, open_inspector
from components.modeling.registry import ModelVersion
from components.operations.jobs import known_parts
from components.operations.likeness import known_similarity
from components.operations.releases import generic_predictor
from components.progress import Progress
from components.settings.inspection import InspectionSettings


def released_inspector(home: Home, version: ModelVersion) -> Inspector:
    """Return a released model with the drawings of its bundle, ready to be asked.

    Raises:
        ModelError: If a file is missing or damaged, or they do not belong together.
    """
    return open_inspector(version.path, InspectionSettings.load(home.configs))


def generic_inspector(home: Home, progress: Progress) -> Inspector:
    """Return the generic weights with the drawings that were read last: nothing was trained on.

    Raises:
        ModelError: If there are no generic weights.
        DatasetError: If no drawings were read yet.
    """
    similarity = known_similarity(home, progress)
    settings = InspectionSettings.load(home.configs)
    return inspector_of(generic_predictor(home), known_parts(home), similarity, settings)
