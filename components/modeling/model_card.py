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


class PartSymmetry(_Record):
    """In which positions a drawing shows the same shape.

    Attributes:
        name: Of the part.
        rotation_order: Positions in a full turn; 0 for a disc.
        mirror_symmetric: Whether its back looks the same.
        tolerance_mm: Differences thinner than twice this were taken for drawing noise.
    """

    name: str
    rotation_order: int
    mirror_symmetric: bool
    tolerance_mm: float


class DifferingFeature(_Record):
    """The biggest difference of two drawings that look alike.

    Attributes:
        text: What it is, in words.
        first_hole: Number of the first part's hole that differs, from 1; None if none does.
        second_hole: Likewise of the second part.
        x_mm: Its middle in the first part's coordinates.
        y_mm: See x_mm.
        width_mm: Diameter of the biggest circle in it.
        area_mm2: Its area.
        px_per_mm: Resolution that shows it.
        count: How many separate places differ.
    """

    text: str
    first_hole: int | None
    second_hole: int | None
    x_mm: float
    y_mm: float
    width_mm: float
    area_mm2: float
    px_per_mm: float
    count: int


class LookAlike(_Record):
    """Two drawings that a camera could take for one another.

    Attributes:
        first: Name of one part.
        second: Name of the other.
        relation: `duplicate`, `mirror pair`, `scaled copy` or `confusable`.
        difference: What tells them apart, in words.
        iou: Overlap in the best position.
        angle_deg: Turn of the second part that brings it there.
        x_mm: Where its origin lies then, in the first part's coordinates.
        y_mm: See x_mm.
        scale: Its enlargement there; 1 for parts of one size.
        mirrored: Whether it shows its back there.
        feature: What differs; None where nothing but side or size does.
        folded: Whether the list of repeats or of families tells the same, or size differs too.
    """

    first: str
    second: str
    relation: str
    difference: str
    iou: float
    angle_deg: float
    x_mm: float
    y_mm: float
    scale: float
    mirrored: bool
    feature: DifferingFeature | None
    folded: bool = False


class ScaledDrawing(_Record):
    """One of the drawings of a shape that comes in several sizes.

    Attributes:
        name: Of the part.
        factor: Its size over that of the smallest.
        mirrored: Whether it is the back of the first.
    """

    name: str
    factor: float
    mirrored: bool


class DrawingSimilarity(_Record):
    """What the comparison of the drawings found before the training.

    Attributes:
        parts: Symmetry of each.
        pairs: Those that look alike, most alike first.
        repeats: Names of drawings of one shape and size.
        families: Drawings of one shape in different sizes. Both are empty in records of versions
            that listed pairs only.
    """

    parts: tuple[PartSymmetry, ...]
    pairs: tuple[LookAlike, ...]
    repeats: tuple[tuple[str, ...], ...] = ()
    families: tuple[tuple[ScaledDrawing, ...], ...] = ()


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
        similarity: Symmetries of the drawings and which look alike; None on cards of versions
            that did not record it.
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
    similarity: DrawingSimilarity | None = None
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


def read_similarity(path: Path) -> DrawingSimilarity:
    """Read what the comparison of the drawings found.

    Raises:
        ModelError: If it is missing or damaged.
    """
    try:
        return DrawingSimilarity.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ModelError(
            f"{path}: is no comparison of drawings ({type(error).__name__}); make it again with "
            "`dxfvision generate`"
        ) from error


def write_card(path: Path, card: ModelCard) -> None:
    """Write a card; whole or not at all."""
    write_json(path, card)
