"""The least server there can be, to compare the service with: Starlette, uvicorn and the model.

No gate, no bounds, no queue, no metrics, no swap; it answers a raw body with `/predict`'s body.
`python -m uvicorn components.operations.serve_bench.bare_server:application --factory`
"""

import cv2
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from components.inspection.opening import open_inspector
from components.operations.pipeline.releases import champion_of
from components.serving.answers import answer_picture
from components.serving.environment import home_from_environment, settings_from_environment
from components.serving.schemas import PredictOptions
from components.settings.inspection import InspectionSettings


def application() -> Starlette:
    """Return the application, its model loaded."""
    home, settings = home_from_environment(), settings_from_environment()
    champion = champion_of(home)
    cv2.setNumThreads(settings.runtime_threads)
    inspector = open_inspector(
        champion.path,
        InspectionSettings.load(home.configs),
        settings.runtime_threads,
        settings.runtime,
        settings.precision,
    )

    def answer(data: bytes) -> str:
        options = PredictOptions()
        found = answer_picture(data, inspector, champion.version, options, settings)
        return found.model_dump_json()

    async def predict(request: Request) -> Response:
        text = await run_in_threadpool(answer, await request.body())
        return Response(text, media_type="application/json")

    async def ready(_: Request) -> Response:
        return Response()

    return Starlette(routes=[Route("/predict", predict, methods=["POST"]), Route("/readyz", ready)])
