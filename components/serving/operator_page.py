"""The operator's page at `/`: files of our own, their policy, and the facts the page starts from.

The page is plain HTML, CSS and JavaScript modules in `page/`, sent as they are. It holds no data,
so it opens without an access token: that is typed into it and sent along with each question.
"""

from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

from components.serving.access import PAGE, PAGE_FILES, known_hashes
from components.serving.routes import SafeRoute, documented
from components.serving.schemas import PageFacts
from components.settings.serve import ServeSettings

FOLDER = Path(__file__).with_name("page")
FACTS = f"{PAGE_FILES}facts.json"

_HEADERS = {
    # Pictures come from the operator's disk or camera and are shown as blobs; all else is ours.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}


def add_page(app: FastAPI, settings: ServeSettings) -> None:
    """Add the page, its files and its facts to the application.

    Args:
        app: Gets the routes.
        settings: Bounds and access rules.

    Raises:
        SettingsError: If the file of token hashes cannot be read.
    """
    facts = PageFacts(
        token_needed=bool(known_hashes(settings.access)),
        max_body_bytes=settings.limits.max_body_bytes,
        max_pixels=settings.limits.max_pixels,
    ).model_dump_json()
    router = APIRouter(route_class=SafeRoute, tags=["service"], responses=documented(403, 429, 500))

    @router.get(PAGE, include_in_schema=False)
    async def page() -> Response:
        return FileResponse(FOLDER / "index.html", headers=_HEADERS)

    @router.get(FACTS, response_model=PageFacts)
    async def page_facts() -> Response:
        """Tell what the page must know before it asks anything; needs no token."""
        return Response(facts, media_type="application/json")

    app.include_router(router)
    app.mount(PAGE_FILES.rstrip("/"), StaticFiles(directory=FOLDER), name="page")
