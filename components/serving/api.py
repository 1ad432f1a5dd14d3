"""The routes of the HTTP API, mounted on the Bento.

BentoML's own route decorator takes a multipart form or a raw body on one route, not both, and
answers errors in its own form; a mounted FastAPI application gives both, one error schema and a
typed `/docs`. BentoML keeps the processes, the sockets and the life of the service.
"""

from pathlib import Path
from typing import Any

import bentoml._internal.server as bento_server
from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from components.serving import telemetry
from components.serving.capacity import WorkQueue
from components.serving.description import DescribedApi
from components.serving.desk import Desk, JsonResponse
from components.serving.inspect_routes import inspect_routes
from components.serving.inspecting import Gauge
from components.serving.live_model import LiveModel
from components.serving.operator_page import add_page
from components.serving.predict_routes import predict_routes
from components.serving.routes import SafeRoute, answer_unrouted, documented
from components.serving.schemas import DrawingsAnswer, DrawingSummary, ModelAnswer
from components.settings.serve import ServeSettings

METRICS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The metrics.", "content": {"text/plain": {"schema": {"type": "string"}}}}
}
SPECIFICATION = "/docs/openapi.json"
SWAGGER = "/docs/assets"
# The documentation page starts itself with an inline script and draws with inline styles.
DOCS_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; frame-ancestors 'none'"
)


def create_api(live: LiveModel, queue: WorkQueue, gauge: Gauge, settings: ServeSettings) -> FastAPI:
    """Return the application with every route.

    Args:
        live: The model in use.
        queue: Where pictures are worked on.
        gauge: What measuring needs beside the model.
        settings: Bounds.
    """
    app = DescribedApi(
        title="dxfvision",
        description="Finds and names the parts of your drawings in pictures.",
        docs_url=None,
        redoc_url=None,
        openapi_url=SPECIFICATION,
        # A slash too many is answered 404, with a sentence, and not by a redirect without one.
        redirect_slashes=False,
    )
    desk = Desk(live, queue, settings)
    app.include_router(predict_routes(desk))
    app.include_router(inspect_routes(desk, gauge))
    app.include_router(_model_routes(live))
    app.include_router(_service_routes())
    app.mount(SWAGGER, StaticFiles(directory=_swagger_folder()), name="swagger")
    add_page(app, settings)
    answer_unrouted(app)
    return app


def _model_routes(live: LiveModel) -> APIRouter:
    responses = documented(401, 403, 429, 500, 503)
    router = APIRouter(route_class=SafeRoute, tags=["model"], responses=responses)

    @router.get("/model", response_model=ModelAnswer)
    async def model() -> Response:
        """Tell which model is in use and what is known about it."""
        loaded = live.current()
        version = loaded.version
        card = version.card.model_dump(mode="json")
        return JsonResponse(
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
        return JsonResponse(DrawingsAnswer(drawings=summaries).model_dump_json())

    return router


def _service_routes() -> APIRouter:
    responses = documented(401, 403, 429, 500)
    router = APIRouter(route_class=SafeRoute, tags=["service"], responses=responses)

    @router.get("/metrics", response_class=Response, responses=METRICS)
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


def _swagger_folder() -> Path:
    """Return the folder of the documentation page's scripts, which BentoML ships."""
    return Path(bento_server.__file__).parent / "static_content"
