"""What the operator's page says when the service refuses, is away or wants a token."""

import io

import httpx
import pytest
from PIL import Image
from playwright.sync_api import expect

from components.serving.access import new_token
from components.serving.launch import running_service
from components.settings.serve import TokenHashes
from tests.service.browser import NEEDS_BROWSER, watched_page
from tests.service.page_actions import PICTURE, choose, file, shown

pytestmark = NEEDS_BROWSER


def huge_png() -> bytes:
    buffer = io.BytesIO()
    Image.new("1", (6000, 5000)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"no picture at all", 415), (PICTURE[:200], 400), (huge_png(), 413)],
    ids=["not a picture", "cut short", "too many pixels"],
)
def test_refused_picture_gets_the_sentences_of_the_service(page, client, data, code):
    error = client.post("/predict", content=data).json()["error"]
    assert error["status"] == code
    choose(page, file(data))
    problem = page.locator("#problem")
    expect(problem).to_contain_text(error["remedy"])
    expect(problem).to_contain_text(f"status {code}, id ")
    expect(problem).to_contain_text(error["message"][1:].removeprefix("he picture"))
    choose(page, file())
    shown(page)
    expect(problem).to_be_empty()


def test_file_beyond_the_limit_is_refused_before_it_is_sent(watched, tmp_path):
    large = tmp_path / "large.png"
    large.write_bytes(PICTURE + bytes(25 * 2**20))
    watched.page.set_input_files("#files", large)
    expect(watched.page.locator("#problem")).to_contain_text("25 MB, 24 MB are allowed")
    assert not any("/predict" in url for url in watched.asked)


def test_health_line_tells_why_the_service_is_not_ready_or_away(browser, service_url):
    reason = {
        "status": 503,
        "code": "not_ready",
        "message": "no model",
        "remedy": "wait",
        "id": "1",
    }
    with watched_page(browser, service_url) as watched:
        health = watched.page.locator("#health")
        expect(health).to_contain_text("Ready")
        watched.page.route(
            "**/readyz", lambda route: route.fulfill(status=503, json={"error": reason})
        )
        expect(health).to_contain_text("Not ready: no model")
        watched.page.unroute("**/readyz")
        watched.page.route("**/readyz", lambda route: route.abort())
        expect(health).to_contain_text("cannot be reached")


def test_token_is_asked_for_kept_in_the_tab_and_never_in_an_address(
    browser, home, settings, tmp_path
):
    token, token_sha256 = new_token()
    tokens = TokenHashes(predict=(token_sha256,), operate=())
    access = settings.access.model_copy(update={"tokens": tokens})
    private = settings.model_copy(update={"workers": 1, "access": access})
    with running_service(home, private) as url, watched_page(browser, url) as watched:
        page = watched.page
        assert httpx.get(f"{url}/model").status_code == 401
        page.fill("#token-text", "a guess")
        page.keyboard.press("Enter")
        expect(page.locator("#token-fault")).to_contain_text("does not know this token")
        choose(page, file())
        expect(page.locator("#problem")).to_contain_text("access token")
        page.fill("#token-text", token)
        page.keyboard.press("Enter")
        shown(page)
        expect(page.locator("#token")).to_be_hidden()
        expect(page.locator("#about tbody th")).to_have_text(["plate", "ring"])
        page.reload()
        choose(page, file())
        shown(page)
        page.click("#token-forget")
        expect(page.locator("#token")).to_be_visible()
        expect(page.locator("#about")).to_contain_text("access token is needed")
        assert page.evaluate("sessionStorage.length") == 0
        assert not any(token in each for each in watched.asked)
        assert page.evaluate("JSON.stringify(localStorage)").count(token) == 0
        assert page.context.cookies() == []
