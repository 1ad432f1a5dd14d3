"""The Bento: BentoML runs the worker processes, this module says what each of them does.

`bentoml serve components.serving.service:bento` reads the home folder from `DXFVISION_HOME`
and settings from its `configs/serve_config.yaml`; `dxfvision serve` checks everything first and
then starts just that.
"""

import bentoml
import cv2
from starlette.types import Receive, Scope, Send

from components.logs.setting_up import log_as_part, take_over
from components.modeling.registry import ModelRegistry
from components.serving.api import create_api
from components.serving.capacity import WorkQueue
from components.serving.environment import (
    home_from_environment,
    recording_from_environment,
    settings_from_environment,
)
from components.serving.gate import Gate
from components.serving.guard import end_with_parent
from components.serving.heads import bound_heads
from components.serving.inspecting import Gauge
from components.serving.live_model import LiveModel
from components.serving.recording import record_to, stop_recording
from components.settings.inspection import InspectionSettings

# BentoML's own timeout answers in its own form; it stays behind ours as a last resort.
_LAST_RESORT_S = 5.0
_MEMORY = "1500Mi"
"""As docker-compose.yml gives it; who runs the Bento elsewhere is told by it."""

settings = settings_from_environment()
home = home_from_environment()
log_as_part(home, "service")
take_over()
live = LiveModel(ModelRegistry(home.registry), settings, InspectionSettings.load(home.configs))
queue = WorkQueue(settings.limits.running, settings.limits.waiting, settings.limits.timeout_s)
bound_heads(settings.limits.upload_s)


class Worker:
    """Finds and names the parts of drawings in pictures."""

    def __init__(self) -> None:
        """Load the champion; requests are taken once that was tried, by other workers meanwhile."""
        end_with_parent()
        cv2.setNumThreads(settings.runtime_threads)
        if recording_from_environment():
            record_to(home)
        live.start()
        # BentoML's workers share one socket. One that took requests before its model is there would
        # refuse some of those for which another worker said that the service is ready.
        live.wait_for_first_look(settings.start_s)

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]  # imported lazily, its type is lost
    def close(self) -> None:
        """Write down what waits to be written."""
        stop_recording()


api = create_api(live, queue, Gauge.of(home), settings)


async def whole_api(scope: Scope, receive: Receive, send: Send) -> None:
    """Pass on every path, known or not.

    BentoML asks a mounted Starlette application for its routes and answers the rest itself: with a
    start page that loads a tracker from the internet. It asks a plain function nothing.
    """
    await api(scope, receive, send)


bento = bentoml.service(
    name="dxfvision",
    workers=settings.workers,
    resources={"cpu": settings.workers * settings.runtime_threads, "memory": _MEMORY},
    traffic={"timeout": settings.limits.upload_s + settings.limits.timeout_s + _LAST_RESORT_S},
    # Both would write down every path that anyone asks for: BentoML's metrics as a label without
    # bound. `telemetry.py` and the gate's log line take their place.
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
)(Worker)
bento.mount_asgi_app(whole_api, path="/")
bento.add_asgi_middleware(Gate, live=live, settings=settings)
