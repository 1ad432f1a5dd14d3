"""What is not known of a model, and the command that would tell."""

import shlex

from components.modeling.model_card import CARD_NAME, read_card
from components.visualization.model_sources import ModelSources

REPLACED = (
    "a later export has taken its place; the report that was kept when this version was released, "
    "if any, has them"
)


def gaps_of(sources: ModelSources) -> dict[str, str]:
    """Return what is missing by section: why, and the command that makes it."""
    at = f"--home {shlex.quote(str(sources.home.root))}"
    measure = f"`dxfvision export {at}`" if _is_last_export(sources) else REPLACED
    gaps = _data_gaps(sources, at)
    if sources.training_log is None:
        gaps["training"] = f"The training log is not this model's: `dxfvision train {at}`."
    if sources.evaluation is None:
        gaps["evaluation"] = f"The last evaluation is not this model's: {measure}."
    if sources.poses is None:
        gaps["poses"] = f"The errors of the poses were not measured: {measure}."
    if sources.defects is None:
        command = f"`dxfvision bench defects {at}`"
        gaps["defects"] = f"How small a fault is found was not measured: {command}."
    return gaps


def _data_gaps(sources: ModelSources, at: str) -> dict[str, str]:
    """Return what is missing of the dataset."""
    if sources.dataset is None:
        seed = sources.card.dataset.seed if sources.card.dataset else 0
        made = f"`dxfvision generate {at} --seed {seed}`, then `dxfvision validate {at}`"
        return {
            "dataset": "The home folder does not hold this model's dataset. From the same drawings "
            f"and settings, by the same code, it is made again by {made}."
        }
    if sources.dataset.images.empty:
        return {"statistics": f"The dataset was not checked: `dxfvision validate {at}`."}
    return {}


def is_replaced(sources: ModelSources) -> bool:
    """Return whether a later export has taken the place of what was measured of a model."""
    return sources.evaluation is None and not _is_last_export(sources)


def _is_last_export(sources: ModelSources) -> bool:
    card = sources.home.exported / CARD_NAME
    return card.is_file() and read_card(card).onnx_sha256 == sources.card.onnx_sha256
