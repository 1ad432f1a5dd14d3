"""The routes of the HTTP API, mounted on the Bento.

BentoML's own route decorator takes a multipart form or a raw body on one route, not both, and
answers errors in its own form; a mounted FastAPI application gives both, one error schema and a
typed `/docs`. BentoML keeps the processes, the sockets and the life of the service.
"""

import functools
from pathlib import Path
from typing import Annotated

import bentoml._internal.server as bento_server
from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from components.errors import ImageError
from components.modeling.pictures import decode_picture
from components.serving import telemetry
from components.serving.answers import answer_picture
from components.serving.bodies import FIELD, FORM_TYPE, SentPicture, read_pictures
from components.serving.capacity import WorkQueue
from components.serving.live_model import LiveModel, LoadedModel
from components.serving.overlay import overlay_png
from components.serving.problems import error_body, request_error
from components.serving.routes import SafeRoute, answer_unrouted, documented
from components.serving.schemas import (
    BatchAnswer,
    BatchItem,
    DrawingsAnswer,
    DrawingSummary,
    ModelAnswer,
    OverlayOptions,
    PredictAnswer,
    PredictOptions,
)
from components.settings.serve import ServeSettings

SPECIFICATION = "/docs/openapi.json"
SWAGGER = "/docs/assets"
# The documentation page starts itself with an inline script and draws with inline styles.
DOCS_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; frame-ancestors 'none'"
)

_PICTURE_ERRORS = documented(400, 408, 413, 415, 422, 429, 500, 503, 504)
_PICTURE = {"type": "string", "format": "binary"}
_FORM = {"type": "object", "required": [FIELD]}
_ONE_PICTURE = {
    "requestBody": {
        "required": True,
        "content": {
            FORM_TYPE: {"schema": {**_FORM, "properties": {FIELD: _PICTURE}}},
            "image/*": {"schema": _PICTURE},
        },
    }
}
_PICTURES = {
    "requestBody": {
        "required": True,
        "content": {
            FORM_TYPE: {
                "schema": {**_FORM, "properties": {FIELD: {"type": "array", "items": _PICTURE}}}
            }
        },
    }
}


class PngResponse(Response):
    """A picture."""

    media_type = "image/png"


def create_api(live: LiveModel, queue: WorkQueue, settings: ServeSettings) -> FastAPI:
    """Return the application with every route.

    Args:
        live: The model in use.
        queue: Where pictures are worked on.
        settings: Bounds.
    """
    app = FastAPI(
        title="dxfvision",
        description="Finds and names the parts of your drawings in pictures.",
        docs_url=None,
        redoc_url=None,
        openapi_url=SPECIFICATION,
    )
    app.include_router(_picture_routes(live, queue, settings))
    app.include_router(_model_routes(live))
    app.include_router(_service_routes())
    app.mount(SWAGGER, StaticFiles(directory=_swagger_folder()), name="swagger")
    answer_unrouted(app)
    return app


def _picture_routes(live: LiveModel, queue: WorkQueue, settings: ServeSettings) -> APIRouter:
    router = APIRouter(route_class=SafeRoute, tags=["pictures"], responses=_PICTURE_ERRORS)
    limits = settings.limits

    @router.post("/predict", response_model=PredictAnswer, openapi_extra=_ONE_PICTURE)
    async def predict(request: Request, options: Annotated[PredictOptions, Query()]) -> Response:
        """Find the parts in one picture: a form field `image`, or the body itself."""
        loaded = live.current()
        [picture] = await read_pictures(request, 1, limits.upload_s)
        work = functools.partial(_predict, picture, loaded, options, settings)
        return _json(await queue.run(work, functools.partial(_gone, request)))

    @router.post("/predict/overlay", response_class=PngResponse, openapi_extra=_ONE_PICTURE)
    async def predict_overlay(
        request: Request, options: Annotated[OverlayOptions, Query()]
    ) -> Response:
        """Find the parts in one picture and answer it with them drawn on."""
        loaded = live.current()
        [picture] = await read_pictures(request, 1, limits.upload_s)
        work = functools.partial(_overlay, picture, loaded, options, settings)
        return PngResponse(await queue.run(work, functools.partial(_gone, request)))

    @router.post("/predict/batch", response_model=BatchAnswer, openapi_extra=_PICTURES)
    async def predict_batch(
        request: Request, options: Annotated[PredictOptions, Query()]
    ) -> Response:
        """Find the parts in several pictures: the form field `image`, repeated."""
        loaded = live.current()
        pictures = await read_pictures(request, limits.max_batch, limits.upload_s)
        request_id = request.state.request_id
        work = functools.partial(_predict_batch, pictures, loaded, options, settings, request_id)
        return _json(await queue.run(work, functools.partial(_gone, request)))

    return router


def _model_routes(live: LiveModel) -> APIRouter:
    router = APIRouter(route_class=SafeRoute, tags=["model"], responses=documented(500, 503))

    @router.get("/model", response_model=ModelAnswer)
    async def model() -> Response:
        """Tell which model is in use and what is known about it."""
        loaded = live.current()
        version = loaded.version
        card = version.card.model_dump(mode="json")
        return _json(
            ModelAnswer(
                version=version.version, created=version.created, loaded=loaded.since, card=card
            ).model_dump_json()
        )

    @router.get("/drawings", response_model=DrawingsAnswer)
    async def drawings() -> Response:
        """Tell which drawings the model in use knows."""
        summaries = [
            DrawingSummary(
                name=part.name,
                width_mm=part.size_mm[0],
                height_mm=part.size_mm[1],
                hole_count=len(part.holes),
            )
            for part in live.current().parts
        ]
        return _json(DrawingsAnswer(drawings=summaries).model_dump_json())

    return router


def _service_routes() -> APIRouter:
    router = APIRouter(route_class=SafeRoute, tags=["service"], responses=documented(500))

    @router.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """Return the metrics of all workers in Prometheus' text format."""
        return Response(telemetry.exposition(), headers={"Content-Type": telemetry.CONTENT_TYPE})

    @router.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        page = get_swagger_ui_html(
            openapi_url=SPECIFICATION,
            title="dxfvision",
            swagger_js_url=f"{SWAGGER}/swagger-ui-bundle.js",
            swagger_css_url=f"{SWAGGER}/swagger-ui.css",
            swagger_favicon_url=f"{SWAGGER}/favicon-light-32x32.png",
        )
        page.headers["Content-Security-Policy"] = DOCS_POLICY
        return page

    return router


def _predict(
    picture: SentPicture, loaded: LoadedModel, options: PredictOptions, settings: ServeSettings
) -> str:
    answer = answer_picture(
        picture.data, loaded.inspector, loaded.version.version, options, settings
    )
    telemetry.observe_answer(answer)
    return answer.model_dump_json()


def _overlay(
    picture: SentPicture, loaded: LoadedModel, options: OverlayOptions, settings: ServeSettings
) -> bytes:
    asked = PredictOptions(score_threshold=options.score_threshold, masks=False)
    answer = answer_picture(picture.data, loaded.inspector, loaded.version.version, asked, settings)
    telemetry.observe_answer(answer)
    image_rgb = decode_picture(picture.data, settings.limits.max_pixels)
    return overlay_png(image_rgb, answer.detections)


def _predict_batch(
    pictures: list[SentPicture],
    loaded: LoadedModel,
    options: PredictOptions,
    settings: ServeSettings,
    request_id: str,
) -> str:
    """Answer each picture; one that cannot be decoded does not spoil the others."""
    items = []
    for picture in pictures:
        try:
            answer = answer_picture(
                picture.data, loaded.inspector, loaded.version.version, options, settings
            )
        except ImageError as error:
            fault = error_body(request_error(error), request_id)
            items.append(BatchItem(name=picture.name, answer=None, error=fault))
        else:
            telemetry.observe_answer(answer)
            items.append(BatchItem(name=picture.name, answer=answer, error=None))
    return BatchAnswer(items=items).model_dump_json()


async def _gone(request: Request) -> None:
    """Return when the client has closed the connection; the body was read before."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _json(text: str) -> Response:
    return Response(text, media_type="application/json")


def _swagger_folder() -> Path:
    """Return the folder of the documentation page's scripts, which BentoML ships."""
    return Path(bento_server.__file__).parent / "static_content"
