"""What people do with the operator's page."""

from playwright.sync_api import Page, expect

from tests.bundles import encoded, scene

PICTURE = encoded(scene(3))


def file(data: bytes = PICTURE, name: str = "picture.png") -> dict[str, str | bytes]:
    return {"name": name, "mimeType": "image/png", "buffer": data}


def choose(page: Page, *files: dict[str, str | bytes]) -> None:
    page.set_input_files("#files", list(files))


def shown(page: Page) -> None:
    """Wait until the answer is there: the scene's two objects."""
    expect(page.locator(".card")).to_have_count(2)
