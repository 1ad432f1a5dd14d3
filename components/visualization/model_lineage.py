"""Where a model comes from, step by step: from drawings to what serves."""

from dataclasses import dataclass
from pathlib import Path

from components.domain import SPLITS
from components.geometry.drawing import shown
from components.visualization.model_sources import ModelSources

DIGITS = 12
MOST_FILES = 30
"""Drawings whose files are named; the page has all parts anyway."""


@dataclass(frozen=True, slots=True)
class Step:
    """One artefact on the way.

    Attributes:
        name: What it is.
        digest: Hash by which it is known; empty if it has none.
        words: What is known of it, sentence by sentence.
    """

    name: str
    digest: str
    words: tuple[str, ...]


def lineage_of(sources: ModelSources) -> list[Step]:
    """Return the artefacts from the drawings to the version that serves."""
    card = sources.card
    facts = card.dataset
    pictures = ", ".join(f"{facts.pictures[split]:,} {split}" for split in SPLITS) if facts else ""
    made = [f"{pictures} pictures from seed {facts.seed}"] if facts else []
    made.append(f"manifest {card.dataset_fingerprint[:DIGITS]}")
    network = f"{card.training_steps} steps in {card.training_seconds:.0f} s"
    versions = ", ".join(f"{name} {number}" for name, number in sorted(card.versions.items()))
    bundle = [f"ONNX opset {card.opset}, served as {card.precision}", f"made {card.created}"]
    if card.machine:
        bundle.append(f"measured on {card.machine}")
    return [
        Step("Drawings", card.drawings_fingerprint[:DIGITS], _drawings(sources)),
        Step("Dataset", facts.fingerprint[:DIGITS] if facts else "", tuple(made)),
        Step("Settings of the training", card.settings_fingerprint[:DIGITS], ()),
        Step("Code", (card.commit or "")[:14], _code(sources)),
        Step("Trained network", card.name, (network, versions)),
        Step("ONNX", card.onnx_sha256[:DIGITS], tuple(bundle)),
        Step("Version", sources.version, _release(sources)),
    ]


def _drawings(sources: ModelSources) -> tuple[str, ...]:
    names = [shown(Path(record["file"]).name) for record in sources.drawings[:MOST_FILES]]
    rest = len(sources.drawings) - len(names)
    files = ", ".join(names) + (f" and {rest} more" if rest else "")
    return tuple(filter(None, (f"{len(sources.card.labels)} parts", files)))


def _code(sources: ModelSources) -> tuple[str, ...]:
    card = sources.card
    commit = () if card.commit else ("commit not recorded",)
    return (*commit, f"hash of the source {card.source_fingerprint[:DIGITS]}")


def _release(sources: ModelSources) -> tuple[str, ...]:
    """Return what became of the version on this box."""
    gate, trial = sources.notes.get("gate"), sources.notes.get("trial")
    words = ["serves" if sources.champion else "does not serve"]
    if gate:
        words.append(f"gate: {gate['reason']}")
    if trial:
        words.append(
            f"answered {trial['pictures']} pictures over HTTP with {trial['detections']} "
            "detections, as in-process"
        )
    return tuple(words)
