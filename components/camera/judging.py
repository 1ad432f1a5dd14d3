"""Who judges frames: the champion in this process, or a dxfvision service.

Both give the body of `/inspect`; its parts' verdicts make the picture's.
"""

import logging
import time
from typing import Any, Protocol

from components.camera.frames import Picture, encoded
from components.camera.secret_files import read_secret
from components.camera.verdicts import Judged, picture_verdict
from components.errors import CalibrationError, ModelError, PipelineError
from components.files import plain
from components.geometry.parts_file import read_parts
from components.home import Home
from components.inspection.camera.calibration import DEFAULT_CAMERA
from components.inspection.measuring.laid_drawing import Ruler
from components.inspection.opening import open_inspector
from components.modeling.bundle_files import PARTS_NAME
from components.modeling.champion import ChampionRecord, read_champion
from components.modeling.registry import ModelRegistry
from components.serving.client import Client
from components.serving.inspect_schemas import InspectAnswer, InspectOptions
from components.serving.inspecting import Gauge, Inspection
from components.serving.scales import Scale, given_scale
from components.serving.schemas import PredictOptions
from components.settings.camera import CameraSettings
from components.settings.inspection import InspectionSettings
from components.settings.serve import ServeSettings

logger = logging.getLogger(__name__)


class Judge(Protocol):
    """Judges frames, one at a time."""

    def judge(self, image: Picture, name: str, overlay: bool) -> Judged:
        """Return what is said about a picture.

        Args:
            image: RGB, shape (H, W, 3), uint8.
            name: What to call it in errors.
            overlay: Whether a picture with deviations is wanted for bad verdicts.

        Raises:
            PipelineError: If nothing can be said; the next frame may be another matter.
        """

    def close(self) -> None:
        """Let go of connections."""


class LocalJudge:
    """The champion of a home folder, in this process; a new champion is put to use by itself."""

    def __init__(self, home: Home, settings: CameraSettings) -> None:
        """Load the champion.

        Raises:
            ModelError: If there is none or it is damaged.
        """
        self._home, self._settings = home, settings
        self._gauge = Gauge.of(home)
        self._serve = ServeSettings.load(home.configs)
        self._registry = ModelRegistry(home.registry)
        self._version, self._looked_s = "", 0.0
        self._refused: ChampionRecord | None = None
        self._inspection = self._opened()

    @property
    def version(self) -> str:
        """Version of the model in use."""
        return self._version

    def judge(self, image: Picture, name: str, overlay: bool) -> Judged:
        """Return what is said about a picture; see `Judge`."""
        self._follow()
        # A bitmap is a copy of the pixels: what is judged is exactly what was captured.
        measured = self._inspection.measured(encoded(image, ".bmp"), name, self._scale)
        judge = self._settings.judge
        options = PredictOptions(masks=judge.masks, polygons=judge.masks)
        answer = self._inspection.answer(measured, options, judge.contours)
        verdict, reasons = picture_verdict(answer.detections)
        wanted = overlay and verdict in self._settings.evidence.of
        drawn = self._inspection.overlay(measured) if wanted else None
        return Judged(verdict, reasons, plain(answer), drawn)

    def close(self) -> None:
        """Hold nothing."""

    def _scale(self, width_px: int, height_px: int) -> Scale:
        judge = self._settings.judge
        if judge.px_per_mm is not None:
            return given_scale(judge.px_per_mm, self._gauge.settings)
        cameras, camera = self._gauge.cameras, self._settings.name
        try:
            return cameras.scale(camera, width_px, height_px, judge.above_mm)
        except CalibrationError as error:
            # Without a calibration parts are found all the same; lengths are in pixels.
            return Scale(Ruler(), camera=camera, reason=str(error))

    def _follow(self) -> None:
        """Put a new champion to use; one that is damaged is passed over, the old one goes on."""
        if time.monotonic() - self._looked_s < self._settings.judge.watch_every_s:
            return
        self._looked_s = time.monotonic()
        try:
            record = read_champion(self._registry.champion_file)
            if record is None or record.version == self._version or record == self._refused:
                return
            self._refused = record
            self._inspection = self._opened()
            logger.info("model %s is in use", self._version)
        except PipelineError as error:
            logger.warning("the champion is refused, %s goes on judging: %s", self._version, error)

    def _opened(self) -> Inspection:
        champion = self._registry.champion()
        if champion is None:
            raise ModelError(
                f"{self._home.registry}: holds no champion; make one with `dxfvision run`, or give "
                "the URL of a service as judge.service in camera_config.yaml"
            )
        settings = InspectionSettings.load(self._home.configs)
        judge = self._settings.judge
        inspection = Inspection(
            detector=open_inspector(
                champion.path, settings, judge.threads, self._serve.runtime, self._serve.precision
            ),
            version=champion.version,
            parts=read_parts(champion.path / PARTS_NAME),
            settings=self._gauge.settings,
            serve=self._serve,
            smallest_px=self._gauge.smallest_px(),
        )
        self._version, self._looked_s = champion.version, time.monotonic()
        return inspection


class ServiceJudge:
    """A dxfvision service, asked over HTTP."""

    def __init__(self, settings: CameraSettings) -> None:
        """Connect at the first frame, not yet.

        Raises:
            CameraError: If the file with the token cannot be read.
        """
        self._settings = settings
        judge = settings.judge
        token = read_secret(judge.token_file, "judge.token_file")
        # Retries are the agent's matter: frames age.
        self._client = Client(str(judge.service), token, judge.timeout_s, retries=0)

    def judge(self, image: Picture, name: str, overlay: bool) -> Judged:
        """Return what is said about a picture; see `Judge`."""
        judge = self._settings.judge
        suffix = ".png" if judge.encoding == "png" else ".jpg"
        answer: InspectAnswer = self._client.inspect(encoded(image, suffix), self._options())
        verdict, reasons = picture_verdict(answer.detections)
        return Judged(verdict, reasons, plain(answer), None)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _options(self) -> InspectOptions:
        judge = self._settings.judge
        scale: dict[str, Any] = {"px_per_mm": judge.px_per_mm}
        if judge.px_per_mm is None:
            # The service knows that the default camera need not be calibrated.
            name = self._settings.name
            camera = None if name == DEFAULT_CAMERA else name
            scale = {"camera": camera, "above_mm": judge.above_mm}
        return InspectOptions(
            masks=judge.masks, polygons=judge.masks, contours=judge.contours, **scale
        )


def open_judge(home: Home, settings: CameraSettings) -> Judge:
    """Return who judges, as the settings say.

    Raises:
        PipelineError: If it cannot be opened.
    """
    return LocalJudge(home, settings) if settings.judge.service is None else ServiceJudge(settings)
