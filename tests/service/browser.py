"""The machine's own Chromium and a page that remembers everything that went wrong in it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
VARIABLE = "DXFVISION_CHROMIUM"

PATIENCE_MS = 40_000
"""Longest wait for the page to do what it should."""

VIOLATIONS = """
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) =>
        window.violations.push(`${event.violatedDirective}: ${event.blockedURI}`));
"""


def chromium_path() -> str | None:
    """Return the Chromium of this machine, or None."""
    found = [shutil.which(name) for name in (os.environ.get(VARIABLE, ""), *NAMES) if name]
    return next((path for path in found if path), None)


NEEDS_BROWSER = [
    pytest.mark.service,
    pytest.mark.skipif(
        chromium_path() is None, reason="no Chromium on the path: apt-get install chromium"
    ),
]
"""Marks of the modules that open the page."""


@contextmanager
def chromium(playwright: Playwright, path: str) -> Iterator[Browser]:
    """Run the browser, with a camera that shows a test pattern."""
    arguments = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    if os.geteuid() == 0:
        # Chromium's sandbox refuses to run as root.
        arguments.append("--no-sandbox")
    browser = playwright.chromium.launch(executable_path=path, args=arguments)
    try:
        yield browser
    finally:
        browser.close()


class Watched:
    """A page together with what its console, scripts, policy and network had to complain about.

    Attributes:
        page: Playwright's.
        faults: Errors and warnings of the console, uncaught errors.
        asked: URL of every request.
    """

    def __init__(self, context: BrowserContext) -> None:
        """Open an empty page."""
        context.add_init_script(VIOLATIONS)
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.faults: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def violations(self) -> list[str]:
        """Return what the content security policy has blocked."""
        return list(self.page.evaluate("window.violations"))

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"{message.text} {message.location}")


@contextmanager
def watched_page(browser: Browser, url: str, **options: Any) -> Iterator[Watched]:
    """Open the service's page in a context of its own; options as of `Browser.new_context`."""
    context = browser.new_context(base_url=url, **options)
    try:
        watched = Watched(context)
        watched.page.goto("/")
        yield watched
    finally:
        context.close()
