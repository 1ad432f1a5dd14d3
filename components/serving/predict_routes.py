"""`/predict`, `/predict/overlay`, `/predict/batch`: which parts are in a picture, and where."""

import functools
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from components.serving import telemetry
from components.serving.answers import Seen, answer_seen, see_picture
from components.serving.bodies import SentPicture
from components.serving.desk import (
    ONE_PICTURE,
    ONE_PNG,
    PICTURE_ERRORS,
    PICTURES,
    Desk,
    JsonResponse,
    PngResponse,
)
from components.serving.live_model import LoadedModel
from components.serving.overlay import overlay_png
from components.serving.recording import record
from components.serving.routes import SafeRoute
from components.serving.schemas import (
    BatchAnswer,
    OverlayOptions,
    PredictAnswer,
    PredictOptions,
)
from components.settings.serve import ServeSettings


def predict_routes(desk: Desk) -> APIRouter:
    """Return the routes.

    Args:
        desk: Takes the requests.
    """
    router = APIRouter(route_class=SafeRoute, tags=["pictures"], responses=PICTURE_ERRORS)
    settings = desk.settings

    @router.post("/predict", response_model=PredictAnswer, openapi_extra=ONE_PICTURE)
    async def predict(request: Request, options: Annotated[PredictOptions, Query()]) -> Response:
        """Find the parts in one picture: a form field `image`, or the body itself."""
        work = functools.partial(_answer, options=options, settings=settings)
        return JsonResponse(await desk.one(request, work))

    @router.post(
        "/predict/overlay",
        response_class=Response,
        responses=ONE_PNG,
        openapi_extra=ONE_PICTURE,
    )
    async def predict_overlay(
        request: Request, options: Annotated[OverlayOptions, Query()]
    ) -> Response:
        """Find the parts in one picture and answer it with them drawn on, as PNG."""
        work = functools.partial(_overlay, options=options, settings=settings)
        return PngResponse(await desk.one(request, work))

    @router.post("/predict/batch", response_model=BatchAnswer, openapi_extra=PICTURES)
    async def predict_batch(
        request: Request, options: Annotated[PredictOptions, Query()]
    ) -> Response:
        """Find the parts in several pictures: the form field `image`, repeated."""
        work = functools.partial(_answer, options=options, settings=settings)
        return await desk.several(request, work)

    return router


def _answer(
    picture: SentPicture, loaded: LoadedModel, options: PredictOptions, settings: ServeSettings
) -> str:
    seen = see_picture(picture.data, loaded.inspector, options.score_threshold, settings)
    return _observed(seen, loaded, options, settings).model_dump_json()


def _overlay(
    picture: SentPicture, loaded: LoadedModel, options: OverlayOptions, settings: ServeSettings
) -> bytes:
    seen = see_picture(picture.data, loaded.inspector, options.score_threshold, settings)
    asked = PredictOptions(score_threshold=options.score_threshold, masks=False)
    answer = _observed(seen, loaded, asked, settings)
    return overlay_png(seen.image_rgb, answer.detections)


def _observed(
    seen: Seen, loaded: LoadedModel, options: PredictOptions, settings: ServeSettings
) -> PredictAnswer:
    """Return the answer and count it."""
    answer = answer_seen(seen, loaded.version.version, options, settings)
    telemetry.observe_answer(answer)
    if options.score_threshold is None:
        loaded.second.offer(seen.image_rgb, seen.prediction.detections)
        record(seen, loaded.version.version)
    return answer
