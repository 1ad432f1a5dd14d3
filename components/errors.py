"""Every error the project raises on purpose.

The tree; whoever can act on one kind catches that kind:

    PipelineError
    |- SettingsError     a value in configs/*.yaml or the environment
    |- HomeError         the home folder: missing, read-only, full, not ours
    |- DrawingError      a DXF file that cannot become parts
    |- DatasetError      a dataset that is missing, damaged or does not fit its drawings
    |  `- ValidationError   a dataset that broke an expectation
    |- ModelError        a checkpoint, ONNX file or bundle that is wrong or does not fit
    |- ImageError        a picture that cannot be decoded or is out of bounds
    |- CalibrationError  a camera that is not, no longer or wrongly calibrated
    |- CameraError       a camera that cannot be opened or gives no frames
    `- ServiceError      the HTTP service did not start or answered wrongly

A message says what was wanted, what came and what to do, and names the file and the place.
`ValueError` and `TypeError` stay for a caller's mistake.
"""


class PipelineError(Exception):
    """Base of every error raised on purpose; its text is written for the user."""


class SettingsError(PipelineError):
    """A setting is missing, misspelt or out of range."""


class HomeError(PipelineError):
    """The home folder cannot be used."""


class DrawingError(PipelineError):
    """A drawing cannot become parts."""


class DatasetError(PipelineError):
    """A dataset is missing, damaged or belongs to something else."""


class ValidationError(DatasetError):
    """A dataset broke at least one expectation."""


class ModelError(PipelineError):
    """A checkpoint, ONNX file or bundle is wrong or does not fit."""


class ImageError(PipelineError):
    """A picture cannot be decoded or is out of bounds."""


class CalibrationError(PipelineError):
    """A calibration is missing, out of date, damaged or does not fit."""


class CameraError(PipelineError):
    """A camera cannot be opened or gives no frames."""


class ServiceError(PipelineError):
    """The HTTP service did not start or answered wrongly."""
