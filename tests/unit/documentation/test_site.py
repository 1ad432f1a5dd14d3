"""The built site: every link works, and nothing is loaded from elsewhere."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import sync_playwright

from tests.service.browser import PATIENCE_MS, chromium, chromium_path
from tests.unit.documentation.pages import ROOT

LOADING = {
    ("script", "src"),
    ("link", "href"),
    ("img", "src"),
    ("source", "src"),
    ("source", "srcset"),
    ("iframe", "src"),
    ("object", "data"),
    ("video", "src"),
    ("form", "action"),
}
"""What a browser fetches, or sends something to, by itself."""


class Read(HTMLParser):
    """Takes from a page what it loads, what it links to and what can be linked to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.loads, self.links, self.names = [], [], set()
        self.feed(page.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        for key, value in attrs:
            if (tag, key) in LOADING and value:
                self.loads.append(value)
            if (tag, key) == ("a", "href") and value:
                self.links.append(value)
            if key == "id":
                self.names.add(value)


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Read]:
    return {page: Read(page) for page in site.rglob("*.html")}


def test_every_page_of_the_documents_is_there(pages: dict[Path, Read], site: Path) -> None:
    written = {path.relative_to(ROOT).with_suffix(".html") for path in ROOT.glob("docs/**/*.md")}
    runbooks = ROOT.glob("monitoring/runbooks/*.md")
    written |= {path.relative_to(ROOT).with_suffix(".html") for path in runbooks}
    assert written <= {page.relative_to(site) for page in pages}


def test_no_page_loads_anything_from_elsewhere(pages: dict[Path, Read]) -> None:
    loads = {load for read in pages.values() for load in read.loads}
    assert len(loads) > 10
    assert [load for load in loads if urlsplit(load).scheme or urlsplit(load).netloc] == []


def test_no_style_loads_anything_from_elsewhere(site: Path) -> None:
    styles = list(site.rglob("*.css"))
    assert len(styles) > 2
    for style in styles:
        text = re.sub(r"/\*.*?\*/", "", style.read_text("utf-8"), flags=re.DOTALL)
        assert not re.search(r"@import|url\(\s*[\"']?(?:https?:)?//", text), style.name


def test_every_link_inside_the_site_leads_somewhere(pages: dict[Path, Read]) -> None:
    broken = []
    for page, read in pages.items():
        for link in [*read.links, *read.loads]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            names = pages[target].names if target in pages else set()
            if not target.is_file() or (parts.fragment and unquote(parts.fragment) not in names):
                broken.append(f"{page.name}: {link}")
    assert broken == []


@pytest.mark.skipif(chromium_path() is None, reason="no Chromium on this machine")
def test_pages_and_search_work_from_a_folder_without_asking_anybody(site: Path) -> None:
    asked: list[str] = []
    with sync_playwright() as playwright, chromium(playwright, str(chromium_path())) as browser:
        page = browser.new_context(offline=True).new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", lambda request: asked.append(request.url))
        page.goto(site.joinpath("index.html").as_uri())
        page.wait_for_url("**/docs/index.html")
        assert page.title().startswith("dxfvision")
        page.goto(site.joinpath("search.html").as_uri() + "?q=uncertainty")
        page.wait_for_selector("#search-results li a")
        found = page.locator("#search-results").inner_text()
        page.goto(site.joinpath("docs", "architecture.html").as_uri())
        drawn = "() => [...document.images].map((image) => image.naturalWidth)"
        assert all(width > 0 for width in page.evaluate(drawn))
    assert "Measuring parts" in found
    assert [url for url in asked if urlsplit(url).scheme not in ("file", "data")] == []
