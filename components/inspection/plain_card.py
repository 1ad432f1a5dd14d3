"""The card of an engine without a network: it names what answers, and nothing of a network."""

from collections.abc import Sequence

from components.modeling.model_card import InputSpec, ModelCard, Parity
from components.settings.train import PredictionSettings


def plain_card(
    name: str, sha256: str, labels: Sequence[str], prediction: PredictionSettings, threshold: float
) -> ModelCard:
    """Return a card for what answers without a network.

    Args:
        name: Of the engine.
        sha256: Hash of what it knows, in place of a network's.
        labels: Names of the parts.
        prediction: Limits that hold for every engine.
        threshold: Least score of its answers, 0..1.
    """
    return ModelCard(
        name=name,
        created="",
        onnx_sha256=sha256,
        opset=0,
        precision="fp32",
        input=InputSpec(
            name="", layout="HWC", dtype="uint8", colour="RGB", size_multiple=1, preprocessing=""
        ),
        labels=tuple(labels),
        prediction=prediction.model_copy(update={"score_threshold": threshold}),
        parity=Parity(
            pictures=0, max_abs_difference=0.0, detections=0, same_label=1.0, min_mask_iou=1.0
        ),
        metrics={},
        training_seconds=0.0,
        training_steps=0,
        parameters=0,
        dataset_fingerprint="",
        drawings_fingerprint="",
        settings_fingerprint="",
        source_fingerprint="",
        settings={},
        versions={},
    )
