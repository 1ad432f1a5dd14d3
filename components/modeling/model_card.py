"""The card beside every `model.onnx`: what it is, what made it and how good it is."""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from components.errors import ModelError
from components.files import write_json
from components.geometry.resemblance import Feature
from components.modeling.card_figures import DatasetFacts, HeldOutFigures
from components.modeling.defect_card import DefectFigures
from components.settings.train import PredictionSettings

FORMAT = "dxfvision-card-1"
CARD_NAME = "card.json"
MODEL_NAME = "model.onnx"
INT8_NAME = "model.int8.onnx"

Precision = Literal["fp32", "int8"]
"""Of the numbers that a network computes with."""


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
        low_mask_iou: All but one in a hundred overlap more; 1 on cards of versions that did not
            record it, as the next.
        mean_mask_iou: Mean overlap.
    """

    pictures: int
    max_abs_difference: float
    detections: int
    same_label: float
    min_mask_iou: float
    low_mask_iou: float = 1.0
    mean_mask_iou: float = 1.0


class Offer(_Record):
    """One precision in one runtime, as it was measured when the bundle was made.

    Attributes:
        precision: Of the numbers it computes with.
        runtime: What ran it.
        file: In the bundle.
        sha256: Of that file.
        size_bytes: Of that file.
        network_ms: Median processor time of one picture at the served size on one thread.
        val_map: Mask mAP on held-out pictures of the validation split.
        val_agnostic_map: The same when labels do not count.
        parity: Against the trained network.
    """

    precision: Precision
    runtime: str
    file: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    size_bytes: int
    network_ms: float
    val_map: float
    val_agnostic_map: float
    parity: Parity


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
    feature: Feature | None
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
        precision: Which of the offers is served.
        precision_reason: Why that one.
        offers: What the bundle holds; none on cards of versions that knew float32 alone.
        machine: Processor on which they were measured.
        input: What the graph takes.
        labels: Names of the drawings in the network's order.
        similarity: Symmetries of the drawings and which look alike; None on cards of versions
            that did not record it.
        defects: How small a fault is still found; None if that was never measured.
        dataset: What it was made with, and `test`: how its served answers did on the test
            pictures; None on cards of versions that did not record it.
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
        commit: Of that code; None outside a repository.
        settings: The training's settings.
        versions: Of the libraries, by name.
    """

    format: str = FORMAT
    name: str
    created: str
    onnx_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    opset: int
    precision: Precision
    precision_reason: str = ""
    offers: tuple[Offer, ...] = ()
    machine: str = ""
    input: InputSpec
    labels: tuple[str, ...] = Field(min_length=1)
    similarity: DrawingSimilarity | None = None
    defects: DefectFigures | None = None
    dataset: DatasetFacts | None = None
    test: HeldOutFigures | None = None
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
    commit: str | None = None
    settings: dict[str, Any]
    versions: dict[str, str]

    def file_of(self, precision: Precision) -> tuple[str, str] | None:
        """Return name and SHA-256 of the ONNX file of a precision; None if the bundle has none."""
        if precision == "fp32":
            return MODEL_NAME, self.onnx_sha256
        found = (offer for offer in self.offers if offer.precision == precision)
        return next(((offer.file, offer.sha256) for offer in found), None)


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
