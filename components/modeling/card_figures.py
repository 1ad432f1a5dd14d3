"""Figures of a model's card: what it was trained on and how it did on the test pictures."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from components.domain import Split
from components.modeling.figures import NOTHING, Confusion, Evaluation

MOST_CONFUSED = 10
"""Pairs of labels that a card lists; the confusion matrix of the evaluation has all."""


class _Record(BaseModel):
    """Strange names are refused, values cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DatasetFacts(_Record):
    """The dataset that a model was made with.

    Attributes:
        fingerprint: Hash of the drawings, settings, seed, photographs and code that made it.
        seed: Every sample depends on it and its own number.
        pictures: Of each split.
        settings: What decided the scenes.
    """

    fingerprint: str
    seed: int
    pictures: dict[Split, int]
    settings: dict[str, Any]


class PartFigures(_Record):
    """How well one drawing is found, by the answers that are served.

    Attributes:
        ap: Average precision of its masks, 0..1.
        ap50: At overlap .50.
        objects: How many there are in the test pictures.
    """

    ap: float
    ap50: float
    objects: int


class ConfusedLabels(_Record):
    """How often one drawing was taken for another, for `unknown` or for nothing.

    Attributes:
        truth: Name of the drawing.
        answer: What was answered.
        count: How often.
        of: Objects of that drawing.
    """

    truth: str
    answer: str
    count: int
    of: int


class HeldOutFigures(_Record):
    """How the served answers did on the test pictures.

    Attributes:
        coco_sha256: Of the file with the truth: figures of one file may be compared.
        pictures: How many.
        map: Mean over the drawings of COCO mask AP.
        agnostic_map: COCO mask AP when labels do not count.
        parts: By drawing.
        confused: The most frequent wrong answers, most frequent first.
        latency_ms: Median wall time of each step for a picture on `machine`.
        machine: Processor that answered.
    """

    coco_sha256: str
    pictures: int
    map: float
    agnostic_map: float
    parts: dict[str, PartFigures]
    confused: tuple[ConfusedLabels, ...]
    latency_ms: dict[str, float]
    machine: str


def held_out_figures(evaluation: Evaluation, coco_sha256: str, machine: str) -> HeldOutFigures:
    """Return what a card tells of an evaluation.

    Args:
        evaluation: Of the served answers.
        coco_sha256: Of the truth.
        machine: Processor that answered.
    """
    return HeldOutFigures(
        coco_sha256=coco_sha256,
        pictures=evaluation.pictures,
        map=evaluation.map,
        agnostic_map=evaluation.agnostic_map,
        parts={
            name: PartFigures(ap=each.ap, ap50=each.ap50, objects=each.objects)
            for name, each in evaluation.per_class.items()
        },
        confused=most_confused(evaluation.confusion),
        latency_ms=evaluation.timing_ms,
        machine=machine,
    )


def most_confused(confusion: Confusion) -> tuple[ConfusedLabels, ...]:
    """Return the most frequent wrong answers about objects, most frequent first.

    Examples:
        >>> counts = ((5, 2, 0, 1), (0, 3, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0))
        >>> found = most_confused(Confusion(("a", "b", "unknown", NOTHING), counts))
        >>> [(each.truth, each.answer, each.count, each.of) for each in found]
        [('a', 'b', 2, 8), ('a', '(nothing)', 1, 8)]
    """
    labels = confusion.labels
    wrong = [
        ConfusedLabels(truth=truth, answer=answer, count=count, of=sum(row))
        for truth, row in zip(labels, confusion.counts, strict=True)
        for answer, count in zip(labels, row, strict=True)
        if truth not in (answer, NOTHING) and count
    ]
    return tuple(sorted(wrong, key=lambda each: -each.count)[:MOST_CONFUSED])


def figure_lines(dataset: DatasetFacts | None, test: HeldOutFigures | None) -> list[str]:
    """Return the sections of a card's page in Markdown; nothing on what was not recorded."""
    return _dataset_lines(dataset) + ([] if test is None else _test_lines(test))


def _dataset_lines(dataset: DatasetFacts | None) -> list[str]:
    if dataset is None:
        return []
    pictures = ", ".join(f"{count} {split}" for split, count in dataset.pictures.items())
    return [
        "",
        "## Dataset",
        "",
        f"{pictures} pictures, seed {dataset.seed}, `{dataset.fingerprint[:12]}`.",
    ]


def _test_lines(test: HeldOutFigures) -> list[str]:
    steps = ", ".join(f"{step} {spent:.1f}" for step, spent in test.latency_ms.items())
    lines = [
        "",
        f"## Served answers on {test.pictures} test pictures",
        "",
        f"Mask mAP {test.map:.3f}, without labels {test.agnostic_map:.3f}. Median ms for a picture "
        f"on {test.machine}: {steps}.",
        "",
        "| Drawing | AP | AP50 | Objects |",
        "|---|---|---|---|",
        *(
            f"| {name} | {part.ap:.3f} | {part.ap50:.3f} | {part.objects} |"
            for name, part in sorted(test.parts.items())
        ),
    ]
    return lines + _confused_lines(test.confused)


def _confused_lines(confused: Sequence[ConfusedLabels]) -> list[str]:
    if not confused:
        return []
    rows = [f"| {each.truth} | {each.answer} | {each.count}/{each.of} |" for each in confused]
    return ["", "| Drawing | Taken for | How often |", "|---|---|---|", *rows]
