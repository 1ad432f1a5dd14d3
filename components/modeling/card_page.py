"""A model's card as a Markdown page for people."""

from components.modeling.card_figures import figure_lines
from components.modeling.defect_card import defect_lines
from components.modeling.model_card import (
    DrawingSimilarity,
    LookAlike,
    ModelCard,
    Offer,
    PartSymmetry,
)

SHOWN_PAIRS = 50
"""Pairs of similar drawings on the page; the card itself holds all."""


def to_markdown(card: ModelCard, version: str = "") -> str:
    """Return a card as a page for people.

    Args:
        card: What is shown.
        version: Of the registry, which heads the page; the bundle's name if it is in none yet.
    """
    rows = [
        ("Created", card.created),
        ("Drawings", ", ".join(card.labels)),
        ("Training", f"{card.training_seconds:.0f} s, {card.training_steps} steps"),
        ("Learned values", f"{card.parameters:,}"),
        ("Precision", f"{card.precision}, ONNX opset {card.opset}"),
        *([("Why", card.precision_reason)] if card.precision_reason else []),
        ("Input", f"{card.input.layout} {card.input.dtype} {card.input.colour}"),
        ("Served size", f"long side {card.prediction.long_side_px} px"),
        ("Dataset", card.dataset_fingerprint[:12]),
        ("Drawings' hash", card.drawings_fingerprint[:12]),
        ("Settings' hash", card.settings_fingerprint[:12]),
        ("Code", f"commit {card.commit or 'unknown'}, hash {card.source_fingerprint[:12]}"),
        ("ONNX SHA-256", card.onnx_sha256[:12]),
        *((name, f"{value:.3f}") for name, value in sorted(card.metrics.items())),
        (
            "Against torch",
            f"{card.parity.pictures} pictures, largest difference "
            f"{card.parity.max_abs_difference:.1e}, same label {card.parity.same_label:.1%}, "
            f"mean mask IoU {card.parity.mean_mask_iou:.3f}, least {card.parity.min_mask_iou:.3f}",
        ),
    ]
    lines = [f"# {version or card.name}", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in rows]
    lines += _offer_lines(card)
    sections = figure_lines(card.dataset, card.test)
    sections += _similarity_lines(card.similarity) + defect_lines(card.defects)
    return "\n".join(lines + sections) + "\n"


def _offer_lines(card: ModelCard) -> list[str]:
    """Return the section on the precisions that the bundle holds."""
    if not card.offers:
        return []
    pictures = card.offers[0].parity.pictures
    return [
        "",
        "## Precisions",
        "",
        f"On {pictures} validation pictures; processor time of one thread of "
        f"{card.machine or 'an unnamed processor'}.",
        "",
        "| Network | Runtime | ms | mAP | Class-agnostic mAP | Same label | Mask IoU | MB |",
        "|---|---|---|---|---|---|---|---|",
        *(_offer_row(offer) for offer in card.offers),
    ]


def _offer_row(offer: Offer) -> str:
    return (
        f"| {offer.precision} | {offer.runtime} | {offer.network_ms:.1f} | {offer.val_map:.3f} "
        f"| {offer.val_agnostic_map:.3f} | {offer.parity.same_label:.1%} "
        f"| {offer.parity.mean_mask_iou:.3f} | {offer.size_bytes / 1e6:.1f} |"
    )


def _similarity_lines(similarity: DrawingSimilarity | None) -> list[str]:
    """Return the sections on symmetries and on drawings that look alike."""
    if similarity is None:
        return ["", "Which drawings look alike was not recorded; export the model again."]
    lines = ["", "## Drawings that look alike", ""]
    alike = [pair for pair in similarity.pairs if not pair.folded]
    if alike:
        lines += [
            "| Drawings | Relation | What tells them apart | IoU | Needs |",
            "|---|---|---|---|---|",
        ]
        lines += [_pair_row(pair) for pair in alike[:SHOWN_PAIRS]]
        if len(alike) > SHOWN_PAIRS:
            lines += ["", f"and {len(alike) - SHOWN_PAIRS} more in the card's JSON"]
    else:
        lines.append("None.")
    lines += _one_shape_lines(similarity)
    symmetric = [p for p in similarity.parts if p.rotation_order != 1 or p.mirror_symmetric]
    if symmetric:
        lines += ["", "## Symmetries", "", "| Drawing | Turns | Back |", "|---|---|---|"]
        lines += [_symmetry_row(part) for part in symmetric]
    return lines


def _one_shape_lines(similarity: DrawingSimilarity) -> list[str]:
    """Return the sections on drawings of one shape: in one size and in several."""
    lines = [f"- {', '.join(names)}" for names in similarity.repeats]
    if lines:
        lines = ["", "## Drawn more than once", "", *lines]
    families = [
        "- the same shape: "
        + ", ".join(f"{member.name} ({member.factor:.4g})" for member in family)
        for family in similarity.families
    ]
    if families:
        lines += ["", "## Told apart by a calibrated camera only", "", *families]
    return lines


def _pair_row(pair: LookAlike) -> str:
    needs = f"{pair.feature.px_per_mm:.2f} px per mm" if pair.feature else "-"
    return (
        f"| {pair.first}, {pair.second} | {pair.relation} | {pair.difference} | {pair.iou:.4f} "
        f"| {needs} |"
    )


def _symmetry_row(part: PartSymmetry) -> str:
    turns = {0: "all look the same", 1: "-"}.get(
        part.rotation_order, f"{part.rotation_order} look the same"
    )
    return f"| {part.name} | {turns} | {'looks the same' if part.mirror_symmetric else '-'} |"
