"""A trained network -> `model.onnx` and `card.json`: what every model consists of."""

import json
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from components.files import file_sha256, fingerprint, source_fingerprint
from components.modeling.heads import SIZE_MULTIPLE
from components.modeling.model_card import (
    CARD_NAME,
    MODEL_NAME,
    InputSpec,
    ModelCard,
    Parity,
    write_card,
)
from components.modeling.network import parameter_count
from components.modeling.onnx_file import write_onnx
from components.modeling.runtimes import INPUT_NAME
from components.modeling.trained import TrainedNetwork
from components.settings.train import TrainSettings

NAME_DIGITS = 12
LIBRARIES = ("torch", "onnx", "onnxruntime", "numpy", "opencv-python-headless")
NOT_COMPARED = Parity(
    pictures=0, max_abs_difference=0.0, detections=0, same_label=1.0, min_mask_iou=1.0
)


def write_model(folder: Path, trained: TrainedNetwork, settings: TrainSettings) -> ModelCard:
    """Write `model.onnx` and a card that does not yet say how it compares; return the card.

    Args:
        folder: Where to; made by the caller.
        trained: The network.
        settings: Operator set and how answers become detections.
    """
    name = fingerprint(trained.inputs, settings)[:NAME_DIGITS]
    metadata = {
        "name": name,
        # As JSON: a drawing's name may have a comma in it.
        "labels": json.dumps(trained.labels, ensure_ascii=False),
        "dataset": trained.origin.dataset,
        "drawings": trained.origin.drawings,
        "inputs": trained.inputs,
    }
    write_onnx(folder / MODEL_NAME, trained, settings.export.opset, metadata)
    card = ModelCard(
        name=name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        onnx_sha256=file_sha256(folder / MODEL_NAME),
        opset=settings.export.opset,
        precision="fp32",
        input=InputSpec(
            name=INPUT_NAME,
            layout="NHWC",
            dtype="uint8",
            colour="RGB",
            size_multiple=SIZE_MULTIPLE,
            preprocessing=(
                "average squares of n pixels, n the long side over "
                f"{settings.prediction.long_side_px} rounded down, resize so that the long side is "
                f"{settings.prediction.long_side_px} px (area averaging), pad right and bottom by "
                "repeating the edge to multiples of the size; the rest is in the graph"
            ),
        ),
        labels=trained.labels,
        prediction=settings.prediction,
        parity=NOT_COMPARED,
        metrics=trained.figures,
        training_seconds=trained.seconds,
        training_steps=trained.steps,
        parameters=parameter_count(trained.network),
        dataset_fingerprint=trained.origin.dataset,
        drawings_fingerprint=trained.origin.drawings,
        settings_fingerprint=fingerprint(settings),
        source_fingerprint=source_fingerprint("modeling"),
        settings=settings.model_dump(mode="json"),
        versions={library: version(library) for library in LIBRARIES},
    )
    write_card(folder / CARD_NAME, card)
    return card
