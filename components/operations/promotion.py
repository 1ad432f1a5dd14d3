"""The gate between a trained model and the champion."""

from dataclasses import dataclass

from components.modeling.champion import ChampionRecord
from components.settings.release import ReleaseSettings


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a model is promoted, and the sentence that says why.

    Attributes:
        promote: True if it takes the champion's place.
        reason: For people, with the figures compared.
    """

    promote: bool
    reason: str


def decide(
    new_map: float, agnostic_map: float, champion_map: float | None, settings: ReleaseSettings
) -> Decision:
    """Compare a model with the champion on the same pictures.

    Args:
        new_map: Mask mAP of the new model on the test split, 0..1.
        agnostic_map: The same when labels do not count: whether it finds parts at all.
        champion_map: The champion's mask mAP on the same split; None if there is no champion or it
            knows other drawings and cannot be compared.
        settings: The bounds.

    Examples:
        >>> bounds = ReleaseSettings.load()
        >>> decide(0.50, 0.60, None, bounds).promote
        True
        >>> decide(0.30, 0.60, 0.50, bounds).reason
        'mask mAP 0.300 on the test split, 0.200 below the champion (0.500), allowed is 0.030'
    """
    figure = f"mask mAP {new_map:.3f} on the test split"
    if agnostic_map < settings.min_agnostic_map:
        return Decision(
            False,
            f"{figure}, {agnostic_map:.3f} without regard to labels, at least "
            f"{settings.min_agnostic_map:.3f} is wanted",
        )
    if champion_map is None:
        return Decision(True, f"{figure}, no champion of the same drawings to compare with")
    loss = champion_map - new_map
    if loss > settings.max_map_loss:
        return Decision(
            False,
            f"{figure}, {loss:.3f} below the champion ({champion_map:.3f}), "
            f"allowed is {settings.max_map_loss:.3f}",
        )
    return Decision(True, f"{figure}, the champion has {champion_map:.3f}")


def was_rolled_back(record: ChampionRecord, version: str) -> bool:
    """Return whether a version was the champion once and a roll-back took it off.

    A champion that a later one followed is not rolled back: it is still one of the previous ones.
    """
    promoted = any(event.action == "promote" and event.version == version for event in record.log)
    return promoted and version not in (record.version, *record.previous)
