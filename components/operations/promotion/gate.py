"""The gate between a trained model and the champion."""

from dataclasses import dataclass

from components.modeling.champion import ChampionRecord
from components.modeling.model_card import ModelCard
from components.operations.promotion.comparison import Comparison
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


def decide(card: ModelCard, comparison: Comparison | None, settings: ReleaseSettings) -> Decision:
    """Decide on a model by what it does alone and beside the champion.

    Args:
        card: Of the model, with its figures on the test split.
        comparison: With the champion on the same pictures; None if there is no champion or no
            drawing that both know.
        settings: The bounds.
    """
    faults = alone_faults(card, settings)
    if comparison is not None:
        faults += loss_faults(comparison, settings)
    told = _figures_told(card, comparison)
    return Decision(not faults, "; ".join([told, *faults]))


def alone_faults(card: ModelCard, settings: ReleaseSettings) -> list[str]:
    """Say what keeps a model from being served, whatever the champion does.

    The bound is on the network alone: answers that plain image processing proposes are good even
    where the network learned nothing.
    """
    faults = []
    agnostic = card.metrics["test_agnostic_map"]
    if agnostic < settings.min_agnostic_map:
        faults.append(
            f"the network alone has {agnostic:.3f} without regard to labels, at least "
            f"{settings.min_agnostic_map:.3f} is wanted"
        )
    return faults


def loss_faults(comparison: Comparison, settings: ReleaseSettings) -> list[str]:
    """Say in what a model is worse than the champion beyond the margins.

    Examples:
        >>> from components.operations.promotion.comparison import PartComparison
        >>> rows = (PartComparison("a", 0.50, 0.90, 200), PartComparison("b", 0.90, 0.50, 200))
        >>> loss_faults(Comparison(rows), ReleaseSettings.load())
        ['a loses 0.400 (0.500, the champion 0.900), allowed is 0.080']
    """
    faults = []
    loss = comparison.champion_map - comparison.new_map
    if loss > settings.max_map_loss:
        faults.append(f"it loses {loss:.3f}, allowed is {settings.max_map_loss:.3f}")
    for part in comparison.parts:
        lost = part.champion_ap - part.new_ap
        if part.objects >= settings.min_part_objects and lost > settings.max_part_loss:
            faults.append(
                f"{part.name} loses {lost:.3f} ({part.new_ap:.3f}, the champion "
                f"{part.champion_ap:.3f}), allowed is {settings.max_part_loss:.3f}"
            )
    return faults + _golden_faults(comparison, settings)


def _golden_faults(comparison: Comparison, settings: ReleaseSettings) -> list[str]:
    new, champion = comparison.new_golden, comparison.champion_golden
    if new is None or champion is None:
        return []
    if champion.found - new.found <= settings.max_golden_loss * champion.objects:
        return []
    return [
        f"on the champion's golden pictures it finds {new.found} of {new.objects} objects, the "
        f"champion {champion.found}; {settings.max_golden_loss:.0%} of them may be lost"
    ]


def _figures_told(card: ModelCard, comparison: Comparison | None) -> str:
    if comparison is None:
        figure = card.metrics.get("test_registered_map", card.metrics["test_map"])
        told = f"mask mAP {figure:.3f} on the test split"
        return f"{told}, no champion with drawings in common to compare with"
    names = len(comparison.parts)
    return (
        f"mask mAP of served answers {comparison.new_map:.3f} over the {names} drawings that both "
        f"know, the champion has {comparison.champion_map:.3f} on the same pictures"
    )


def was_rolled_back(record: ChampionRecord, version: str) -> bool:
    """Return whether a version was the champion once and a roll-back took it off.

    A champion that a later one followed is not rolled back: it is still one of the previous ones.
    """
    promoted = any(event.action == "promote" and event.version == version for event in record.log)
    return promoted and version not in (record.version, *record.previous)
