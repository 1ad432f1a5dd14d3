"""The card beside every `model.onnx`: what it is, what made it and how good it is."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from components.errors import ModelError
from components.files import write_json
from components.settings.train import PredictionSettings

FORMAT = "dxfvision-card-1"
CARD_NAME = "card.json"
MODEL_NAME = "model.onnx"


class _Record(BaseModel):
    """Strange names are refused, values cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class InputSpec(_Record):
    """What the ONNX graph takes.

    Attributes:
        name: Of the graph's input.
        layout: Order of its axes.
        dtype: Of its values.
        colour: Order of its channels.
        size_multiple: Height and width must be multiples of it.
        preprocessing: What the caller does before, in words.
    """

    name: str
    layout: str
    dtype: str
    colour: str
    size_multiple: int
    preprocessing: str


class Parity(_Record):
    """How far the exported model differs from the trained one on real pictures.

    Attributes:
        pictures: How many were compared.
        max_abs_difference: Largest difference of any output value.
        detections: How many detections were compared.
        same_label: Share of the detections with the same label.
        min_mask_iou: Least overlap of a detection's two masks.
    """

    pictures: int
    max_abs_difference: float
    detections: int
    same_label: float
    min_mask_iou: float


class ModelCard(_Record):
    """What is known about a model.

    Attributes:
        format: Of this card.
        name: Of the model; the hash of what made it.
        created: UTC time, ISO 8601.
        onnx_sha256: Of `model.onnx`.
        opset: ONNX operator set.
        precision: `fp32` or `int8`.
        input: What the graph takes.
        labels: Names of the drawings in the network's order.
        prediction: How its answers become detections.
        parity: Against the trained network.
        metrics: Figures by name, such as `val_map`.
        training_seconds: Wall time of the training.
        training_steps: How many steps it took.
        parameters: Number of learned values.
        dataset_fingerprint: Hash of the manifest.
        drawings_fingerprint: Hash of the parts.
        settings_fingerprint: Hash of the training's settings.
        source_fingerprint: Hash of the code that made it.
        settings: The training's settings.
        versions: Of the libraries, by name.
    """

    format: str = FORMAT
    name: str
    created: str
    onnx_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    opset: int
    precision: str
    input: InputSpec
    labels: tuple[str, ...] = Field(min_length=1)
    prediction: PredictionSettings
    parity: Parity
    metrics: dict[str, float]
    training_seconds: float
    training_steps: int
    parameters: int
    dataset_fingerprint: str
    drawings_fingerprint: str
    settings_fingerprint: str
    source_fingerprint: str
    settings: dict[str, Any]
    versions: dict[str, str]


def read_card(path: Path) -> ModelCard:
    """Read a card.

    Raises:
        ModelError: If it is missing, damaged or of another format.
    """
    try:
        card = ModelCard.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); export a model") from error
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(step) for step in fault["loc"]) or "the file"
        raise ModelError(
            f"{path}: is no model card ({place}: {fault['msg']}); export the model again"
        ) from error
    if card.format != FORMAT:
        raise ModelError(
            f"{path}: expected format {FORMAT}, got {card.format!r}; export the model again"
        )
    return card


def write_card(path: Path, card: ModelCard) -> None:
    """Write a card; whole or not at all."""
    write_json(path, card)


def to_markdown(card: ModelCard) -> str:
    """Return a card as a page for people."""
    rows = [
        ("Created", card.created),
        ("Drawings", ", ".join(card.labels)),
        ("Training", f"{card.training_seconds:.0f} s, {card.training_steps} steps"),
        ("Learned values", f"{card.parameters:,}"),
        ("Precision", f"{card.precision}, ONNX opset {card.opset}"),
        ("Input", f"{card.input.layout} {card.input.dtype} {card.input.colour}"),
        ("Served size", f"long side {card.prediction.long_side_px} px"),
        ("Dataset", card.dataset_fingerprint[:12]),
        ("ONNX SHA-256", card.onnx_sha256[:12]),
        *((name, f"{value:.3f}") for name, value in sorted(card.metrics.items())),
        (
            "Against torch",
            f"{card.parity.pictures} pictures, largest difference "
            f"{card.parity.max_abs_difference:.1e}, same label {card.parity.same_label:.1%}, "
            f"least mask IoU {card.parity.min_mask_iou:.3f}",
        ),
    ]
    lines = [f"# {card.name}", "", "| | |", "|---|---|"]
    return "\n".join(lines + [f"| {name} | {value} |" for name, value in rows]) + "\n"
