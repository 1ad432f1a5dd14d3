"""Settings of `configs/inspection_config.yaml`: laying drawings on what a picture shows."""

from typing import Annotated, ClassVar

from pydantic import Field

from components.settings.base import Table, YamlSettings

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Points = Annotated[int, Field(ge=16, le=10_000)]


class RegistrationSettings(Table):
    """Search for the drawing that an object shows; the file tells what each value means."""

    field_nodes: Annotated[int, Field(ge=64, le=1024)]
    starts: Annotated[int, Field(ge=1, le=200)]
    start_spread: Share
    contenders: Annotated[int, Field(ge=1, le=20)]
    contender_ratio: Annotated[float, Field(ge=1)]
    contender_slack_px: NotNegative
    coarse_points: Points
    fine_points: Points
    tolerance_px: NotNegative
    limit_px: Positive
    least_visible: Share
    piece_lays: Annotated[int, Field(ge=200, le=1_000_000)]
    tight_iou: Share
    tight_outliers: Share
    tight_faults: NotNegative
    min_fit_iou: Share
    min_score: Share
    rough_px: Positive
    unseen_weight: NotNegative
    max_extra: NotNegative
    max_missing: NotNegative
    max_rms_px: Positive
    max_outliers: Share
    ambiguous_below: NotNegative
    prior_weight: NotNegative


class ProposalSettings(Table):
    """Which regions of a picture may be objects; the file tells what each value means."""

    long_side_px: Annotated[int, Field(ge=100, le=10_000)]
    least_share: Share
    most_share: Share
    least_hole_px: Annotated[int, Field(ge=0)]
    same_iou: Share


class RatingSettings(Table):
    """Weights of what speaks for a drawing in its place; `inspection.rating` tells what each is."""

    bias: float
    seen: float
    proposed: float
    overlap: float
    belief: float
    part: float
    contrast: float
    edged: float
    absent: float
    offset: float
    shown: float
    visible: float
    size: float
    margin: float
    unseen: float
    outliers: float
    rough: float

    def weights(self) -> tuple[float, ...]:
        """Return the weights without the bias, in the order of the fields."""
        names = [name for name in type(self).model_fields if name != "bias"]
        return tuple(getattr(self, name) for name in names)


class AnswerSettings(Table):
    """From objects to the answer about a picture; the file tells what each value means."""

    least_network_score: Share
    least_score: Share
    reaches_cells: tuple[Positive, ...]
    most_shared: Share
    explained: Share
    explained_score: Share
    explained_iou: Share
    hopeless_score: Share
    least_fit_iou: Share
    most_proposals: Annotated[int, Field(ge=0, le=100)]
    piece_fit_iou: Share
    piece_seen: Share
    region_fit_iou: Share
    region_likeness: Share
    region_seen: Share
    unseen_likeness: Share
    ambiguous_below: NotNegative


class ClassicalSettings(Table):
    """Registration without a network; the file tells what each value means."""

    least_fit_iou: Share
    hole_iou: Share


class TemplateSettings(Table):
    """The OpenCV baseline; the file tells what each value means."""

    hu_scale: Positive
    least_score: Share


class InspectionSettings(YamlSettings):
    """Everything that decides how objects are identified and measured."""

    file_name: ClassVar[str] = "inspection_config.yaml"

    registration: RegistrationSettings
    proposals: ProposalSettings
    answers: AnswerSettings
    rating: RatingSettings
    classical: ClassicalSettings
    templates: TemplateSettings
