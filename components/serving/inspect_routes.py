"""`/inspect`, `/inspect/overlay`, `/inspect/batch`: `/predict` with deviations and verdicts."""

import functools
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from components.serving import telemetry
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
from components.serving.inspect_schemas import (
    InspectAnswer,
    InspectBatchAnswer,
    InspectOptions,
    InspectOverlayOptions,
    ScaleOptions,
)
from components.serving.inspecting import Gauge, Inspection, Measured, encoded_png
from components.serving.live_model import LoadedModel
from components.serving.recording import record
from components.serving.routes import SafeRoute
from components.serving.scales import ScaleOf, given_scale
from components.serving.schemas import PredictOptions
from components.settings.serve import ServeSettings

_PICTURE = "the picture"


def inspect_routes(desk: Desk, gauge: Gauge) -> APIRouter:
    """Return the routes.

    Args:
        desk: Takes the requests.
        gauge: What measuring needs beside the model.
    """
    router = APIRouter(route_class=SafeRoute, tags=["pictures"], responses=PICTURE_ERRORS)
    settings = desk.settings

    @router.post("/inspect", response_model=InspectAnswer, openapi_extra=ONE_PICTURE)
    async def inspect(request: Request, options: Annotated[InspectOptions, Query()]) -> Response:
        """Find the parts in one picture, measure them against their drawings, and judge them.

        Millimetres come from the camera's calibration or from `px_per_mm`. Without either, lengths
        are in pixels and nothing is judged; `scale.reason` says why.
        """
        work = functools.partial(_answer, options=options, gauge=gauge, settings=settings)
        return JsonResponse(await desk.one(request, work))

    @router.post(
        "/inspect/overlay",
        response_class=Response,
        responses=ONE_PNG,
        openapi_extra=ONE_PICTURE,
    )
    async def inspect_overlay(
        request: Request, options: Annotated[InspectOverlayOptions, Query()]
    ) -> Response:
        """Inspect one picture and answer it with the deviations drawn on, as PNG.

        It is twice as large, unless that were more than `limits.max_megapixels`.
        Red: more material than drawn; blue: less; green: as drawn; grey: no edge was found.
        """
        work = functools.partial(_overlay, options=options, gauge=gauge, settings=settings)
        return PngResponse(await desk.one(request, work))

    @router.post("/inspect/batch", response_model=InspectBatchAnswer, openapi_extra=PICTURES)
    async def inspect_batch(
        request: Request, options: Annotated[InspectOptions, Query()]
    ) -> Response:
        """Inspect several pictures: the form field `image`, repeated."""
        work = functools.partial(_answer, options=options, gauge=gauge, settings=settings)
        return await desk.several(request, work)

    return router


def _answer(
    picture: SentPicture,
    loaded: LoadedModel,
    options: InspectOptions,
    gauge: Gauge,
    settings: ServeSettings,
) -> str:
    inspection = _inspection(loaded, gauge, settings)
    measured = _measured(inspection, picture, loaded, gauge, options)
    answer = inspection.answer(measured, options, options.contours)
    telemetry.observe_inspection(answer)
    return answer.model_dump_json()


def _overlay(
    picture: SentPicture,
    loaded: LoadedModel,
    options: InspectOverlayOptions,
    gauge: Gauge,
    settings: ServeSettings,
) -> bytes:
    inspection = _inspection(loaded, gauge, settings)
    measured = _measured(inspection, picture, loaded, gauge, options)
    bare = PredictOptions(masks=False, polygons=False)
    telemetry.observe_inspection(inspection.answer(measured, bare, contours=False))
    return encoded_png(inspection.overlay(measured))


def _inspection(loaded: LoadedModel, gauge: Gauge, settings: ServeSettings) -> Inspection:
    return Inspection(
        loaded.inspector,
        loaded.version.version,
        loaded.parts,
        gauge.settings,
        settings,
        gauge.smallest_px(),
    )


def _measured(
    inspection: Inspection,
    picture: SentPicture,
    loaded: LoadedModel,
    gauge: Gauge,
    options: InspectOptions | InspectOverlayOptions,
) -> Measured:
    scale_of = _scale_of(gauge, options)
    measured = inspection.measured(picture.data, _PICTURE, scale_of, options.score_threshold)
    if options.score_threshold is None:
        loaded.second.offer(measured.seen.image_rgb, measured.seen.prediction.detections)
        record(measured.seen, loaded.version.version)
    return measured


def _scale_of(gauge: Gauge, options: ScaleOptions) -> ScaleOf:
    if options.px_per_mm is not None:
        given = given_scale(options.px_per_mm, gauge.settings)
        return lambda width_px, height_px: given
    return lambda width_px, height_px: gauge.cameras.scale(
        options.camera, width_px, height_px, options.above_mm
    )
