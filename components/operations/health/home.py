"""The doctor's checks of the home folder: settings, drawings, model, stages."""

import time
from datetime import UTC, datetime

from components.errors import DrawingError
from components.geometry.drawing_files import find_drawings
from components.geometry.parts_file import read_parts
from components.home import Home
from components.inspection.camera.calibration import Calibration, current_calibration
from components.modeling.origin import drawings_hash
from components.modeling.registry import ModelRegistry
from components.operations.health.checking import Box, Check, Finding
from components.operations.stages import batch_metrics as metrics
from components.operations.stages.batch_metrics import BatchMetric
from components.operations.stages.metric_files import SUFFIX, Sample, read_value
from components.settings.base import YamlSettings
from components.settings.camera import CameraSettings
from components.settings.data import DataSettings
from components.settings.drawings import DrawingSettings
from components.settings.drift import DriftSettings
from components.settings.inspection import InspectionSettings
from components.settings.labelling import LabellingSettings
from components.settings.log import LogSettings
from components.settings.measure import MeasureSettings
from components.settings.operations import OperationsSettings
from components.settings.release import ReleaseSettings
from components.settings.serve import ServeSettings
from components.settings.train import TrainSettings
from components.settings.validation import ValidationSettings

SETTINGS: tuple[type[YamlSettings], ...] = (
    CameraSettings,
    DataSettings,
    DrawingSettings,
    DriftSettings,
    InspectionSettings,
    LabellingSettings,
    LogSettings,
    MeasureSettings,
    OperationsSettings,
    ReleaseSettings,
    ServeSettings,
    TrainSettings,
    ValidationSettings,
)
"""Of every file in configs/ but the doctor's own, which is read before it looks."""

_DAY_S, _HOUR_S = 86_400, 3_600


def check_settings(box: Box) -> Finding:
    """Every settings file and variable; a wrong one is a fault with its own sentence."""
    for each in SETTINGS:
        each.load(box.home.configs)
    return Finding("good", f"{len(SETTINGS) + 1} files are right")


def check_drawings(box: Box) -> Finding:
    """Drawings in the home folder, and whether the parts of the last reading are there."""
    try:
        drawings = len(find_drawings(box.home.drawings))
    except DrawingError as error:
        return Finding("warning", str(error), "a served model goes on; a new run needs drawings")
    if not box.home.parts.exists():
        return Finding("warning", f"{drawings} files, not read yet", "run `dxfvision run`")
    return Finding("good", f"{drawings} files, {len(read_parts(box.home.parts))} parts")


def check_model(box: Box) -> Finding:
    """The champion: its hashes, its drawings, its age."""
    champion = ModelRegistry(box.home.registry).champion()
    if champion is None:
        return Finding("fault", "nothing was promoted", "run `dxfvision run`")
    age_days = (datetime.now(UTC) - champion.created).total_seconds() / _DAY_S
    found = f"{champion.version}, whole, {age_days:.1f} days old"
    if _drawings_changed(box.home, champion.card.drawings_fingerprint):
        return Finding("warning", f"{found}, of other drawings", "run `dxfvision run`")
    if age_days > box.settings.max_model_age_days:
        return Finding("warning", found, "train again, or raise max_model_age_days")
    return Finding("good", found)


def _drawings_changed(home: Home, fingerprint: str) -> bool:
    return home.parts.exists() and drawings_hash(read_parts(home.parts)) != fingerprint


def check_calibrations(box: Box) -> Finding:
    """Until when each camera's calibration holds: without one no millimetres are told."""
    folder = box.home.calibrations
    cameras = sorted(path.name for path in folder.glob("*") if path.is_dir())
    known = [each for name in cameras if (each := current_calibration(folder, name))]
    if not known:
        return Finding("left out", "no camera was calibrated: answers are in pixels")
    first = min(known, key=lambda each: each.expires)
    days = (first.expires - datetime.now(UTC)).total_seconds() / _DAY_S
    samples = tuple(map(_expiry, known))
    found = f"{len(known)} cameras; that of {first.camera} holds until {first.expires:%Y-%m-%d}"
    if days < box.settings.min_calibration_days:
        advice = f"`dxfvision calibrate` the camera {first.camera}"
        return Finding("fault" if days < 0 else "warning", found, advice, samples)
    return Finding("good", found, "", samples)


def _expiry(calibration: Calibration) -> Sample:
    moment = calibration.expires.timestamp()
    return Sample(metrics.CALIBRATION_EXPIRY, moment, (calibration.camera,))


def check_stages(box: Box) -> Finding:
    """How each stage ended the last time."""
    files = sorted(box.home.metrics.glob(f"*{SUFFIX}"))
    states = {file.stem: _stage_state(box, file.stem) for file in files}
    known = {stage: state for stage, state in states.items() if state is not None}
    if not known:
        return Finding("left out", "no stage ran yet")
    bad = [f"{stage} {state}" for stage, state in known.items() if state]
    if bad:
        return Finding("warning", ", ".join(bad), "see the run's log; `dxfvision run` goes on")
    return Finding("good", f"{len(known)} stages ended well")


def _stage_state(box: Box, stage: str) -> str | None:
    """Return what is wrong with a stage, empty if nothing; None if the file is no stage's."""

    def value(metric: BatchMetric) -> float | None:
        path = box.home.metrics / f"{stage}{SUFFIX}"
        return read_value(path, metric, {"stage": stage})

    started = value(metrics.STAGE_STARTED)
    if started is None:
        return None
    if started > (value(metrics.STAGE_ENDED) or 0):
        hours = (time.time() - started) / _HOUR_S
        return f"has not ended for {hours:.0f} h" if hours > box.settings.max_run_hours else ""
    return "" if value(metrics.STAGE_SUCCEEDED) else "failed"


CHECKS: dict[str, Check] = {
    "settings": check_settings,
    "drawings": check_drawings,
    "model": check_model,
    "calibrations": check_calibrations,
    "stages": check_stages,
}
"""By name."""
