"""In what two models differ, by their cards: from drawings and settings to figures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from components.files import plain
from components.modeling.model_card import ModelCard

MISSING = "-"
"""Stands for what one of the two cards does not tell."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of a comparison.

    Attributes:
        what: Path of the value in the card, steps joined by dots.
        first: In the first card.
        second: In the second.
        change: Second less first, of numbers.
    """

    what: str
    first: Any
    second: Any
    change: float | None


def differences(first: ModelCard, second: ModelCard) -> list[Difference]:
    """Return every value that differs between two cards, in the order of the card."""
    one, other = _told(first), _told(second)
    names = list(dict.fromkeys([*one, *other]))
    return [
        Difference(name, before, after, _change(before, after))
        for name in names
        if (before := one.get(name, MISSING)) != (after := other.get(name, MISSING))
    ]


def _change(before: object, after: object) -> float | None:
    numbers = (before, after)
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in numbers):
        return None
    return float(str(after)) - float(str(before))


def _told(card: ModelCard) -> dict[str, Any]:
    """Return the values of a card by their paths; lists of records by what names each record."""
    record = plain(card)
    record["labels"] = dict.fromkeys(record["labels"], "known")
    record["offers"] = {f"{o['precision']}/{o['runtime']}": o for o in record["offers"]}
    similarity = record.pop("similarity") or {"pairs": []}
    record["look_alikes"] = {
        f"{pair['first']} and {pair['second']}": pair["relation"]
        for pair in similarity["pairs"]
        if not pair["folded"]
    }
    if record["test"]:
        record["test"]["confused"] = {
            f"{each['truth']} for {each['answer']}": each["count"]
            for each in record["test"]["confused"]
        }
    defects = record.pop("defects") or {"kinds": []}
    record["smallest_fault_mm"] = {each["kind"]: each["smallest_mm"] for each in defects["kinds"]}
    return dict(_leaves(record, ""))


def _leaves(value: object, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _leaves(each, f"{path}.{name}" if path else str(name))
    else:
        yield path, value
