"""The operator's page in the machine's own Chromium, without a screen, against a real service."""

import base64
import io
import re
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from components.serving.access import new_token
from components.serving.launch import running_service
from components.settings.serve import TokenHashes
from tests.bundles import RED, encoded, scene
from tests.service.browser import PATIENCE_MS, Watched, chromium, chromium_path, watched_page

CHROMIUM = chromium_path()
pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium on the path: apt-get install chromium"
    ),
]

PICTURE = encoded(scene(3))
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Five seconds, which is usual, are too few for a busy machine.
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright, chromium(playwright, str(CHROMIUM)) as browser:
        yield browser


@pytest.fixture
def watched(browser: Browser, service_url: str) -> Iterator[Watched]:
    with watched_page(browser, service_url) as watched:
        yield watched


@pytest.fixture
def page(watched: Watched) -> Page:
    return watched.page


def file(data: bytes = PICTURE, name: str = "picture.png") -> dict[str, str | bytes]:
    return {"name": name, "mimeType": "image/png", "buffer": data}


def choose(page: Page, *files: dict[str, str | bytes]) -> None:
    page.set_input_files("#files", list(files))


def shown(page: Page) -> None:
    """Wait until the answer is there: the scene's two objects."""
    expect(page.locator(".card")).to_have_count(2)


def send(page: Page, event: str, data: bytes) -> None:
    """Send a drop or paste event that carries one picture."""
    page.evaluate(
        """([event, text]) => {
            const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
            const carried = new DataTransfer();
            carried.items.add(new File([bytes], "sent.png", {type: "image/png"}));
            const options = {bubbles: true, cancelable: true};
            document.body.dispatchEvent(event === "paste"
                ? new ClipboardEvent(event, {...options, clipboardData: carried})
                : new DragEvent(event, {...options, dataTransfer: carried}));
        }""",
        [event, base64.b64encode(data).decode()],
    )


def test_page_opens_without_fault_and_asks_nobody_else(watched, service_url, client):
    version = client.get("/readyz").json()["version"]
    expect(watched.page.locator("#health")).to_contain_text(f"Ready, model {version}")
    expect(watched.page.locator("#about tbody th")).to_have_text(["plate", "ring"])
    choose(watched.page, file())
    shown(watched.page)
    assert watched.faults == []
    assert watched.violations() == []
    assert all(url.removeprefix("blob:").startswith(f"{service_url}/") for url in watched.asked)


def test_policy_allows_no_script_from_elsewhere_and_no_inline_code(client):
    answer = client.get("/")
    policy = dict(
        part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*src=)", answer.text)
    assert re.findall(r'(?:src|href)="(https?:)?//', answer.text) == []


@pytest.mark.parametrize("event", ["drop", "paste"])
def test_picture_that_is_dropped_or_pasted_shows_its_outlines_and_labels(page, event):
    send(page, event, PICTURE)
    shown(page)
    expect(page.locator("#overlay .outline.line")).to_have_count(2)
    labels = page.locator("#overlay .tag text").all_text_contents()
    assert sorted(label.split()[-1] for label in labels) == ["plate", "ring"]
    assert sorted(page.locator(".card .name").all_text_contents()) == ["plate", "ring"]


def test_outline_lies_on_the_object(page):
    choose(page, file())
    shown(page)
    rows, columns = np.nonzero((scene(3) == RED).all(2))
    card = page.locator(".card", has_text="plate").get_attribute("data-index")
    box = page.locator(f'#overlay .object[data-index="{card}"] .outline.line').evaluate(
        "(path) => { const b = path.getBBox(); return [b.x, b.y, b.x + b.width, b.y + b.height]; }"
    )
    assert box == pytest.approx([columns.min(), rows.min(), columns.max(), rows.max()], abs=1.5)
    # On the screen: the picture's pixel (0, 0) has its centre half a pixel inside its corner.
    picture = page.locator("#picture").bounding_box()
    outline = page.locator(f'#overlay .object[data-index="{card}"] .outline.line').bounding_box()
    k = picture["width"] / 320
    assert outline["x"] - picture["x"] == pytest.approx(k * (box[0] + 0.5), abs=3)
    assert outline["y"] - picture["y"] == pytest.approx(k * (box[1] + 0.5), abs=3)


def test_hole_of_the_ring_is_a_second_ring_of_its_outline(page):
    choose(page, file())
    shown(page)
    card = page.locator(".card", has_text="ring").get_attribute("data-index")
    path = page.locator(f'#overlay .object[data-index="{card}"] .outline.line').get_attribute("d")
    assert path.count("M") == 2


def test_picture_turned_by_exif_is_shown_as_the_service_sees_it(page):
    image = Image.fromarray(np.rot90(scene(3)).copy())
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=95, exif=exif)
    choose(page, file(buffer.getvalue(), "turned.jpg"))
    shown(page)
    expect(page.locator("#facts")).to_contain_text(re.compile(r"320 \S 240 px"))
    box = page.locator("#picture").bounding_box()
    assert box["width"] / box["height"] == pytest.approx(320 / 240, rel=0.01)


def test_format_the_browser_cannot_show_still_gets_its_outlines(page):
    choose(page, file(encoded(scene(3), "TIFF"), "picture.tif"))
    shown(page)
    expect(page.locator("#ground-note")).to_contain_text("cannot show")
    box = page.locator("#picture").bounding_box()
    assert box["width"] / box["height"] == pytest.approx(320 / 240, rel=0.01)


def test_camera_picture_is_asked_about(watched):
    page = watched.page
    page.click("#camera")
    expect(page.locator("#camera-take")).to_be_enabled()
    with page.expect_request(lambda request: "/predict" in request.url):
        page.click("#camera-take")
    expect(page.locator("#picture")).to_be_visible()
    expect(page.locator("#history-list .name")).to_contain_text("Camera")
    assert page.evaluate("document.getElementById('camera-view').srcObject") is None
    assert watched.faults == []


def focus_by_tab(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus; whatever has it on the way must show it."""
    for _ in range(60):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            """() => {
                const e = document.activeElement;
                return [e === document.body, getComputedStyle(e).outlineStyle, e.outerHTML];
            }"""
        )
        assert seen[0] or seen[1] != "none", f"no visible focus: {seen[2]}"
        if page.evaluate("(s) => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached by Tab")


def test_everything_is_done_with_the_keyboard_alone(page):
    # Whoever listens first has the dialogue intercepted, which takes a moment: long before the key.
    page.on("filechooser", lambda _: None)
    focus_by_tab(page, "#choose")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files([file()])
    shown(page)
    focus_by_tab(page, "#viewer")
    whole = page.locator("#picture").bounding_box()
    page.keyboard.press("+")
    page.keyboard.press("+")
    larger = page.locator("#picture").bounding_box()
    assert larger["width"] == pytest.approx(whole["width"] * 1.25**2)
    page.keyboard.press("ArrowRight")
    assert page.locator("#picture").bounding_box()["x"] < larger["x"]
    page.keyboard.press("0")
    assert page.locator("#picture").bounding_box() == pytest.approx(whole)
    focus_by_tab(page, ".card button")
    page.keyboard.press("Enter")
    expect(page.locator(".card button").first).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".card .details").first).to_be_visible()
    expect(page.locator("#overlay .object.picked")).to_have_count(1)


def test_wheel_zooms_at_the_pointer(page):
    choose(page, file())
    shown(page)
    page.locator("#viewer").scroll_into_view_if_needed()
    page.click("#zoom-in")
    before = page.locator("#picture").bounding_box()
    frame = page.locator("#viewer").bounding_box()
    x, y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    page.mouse.move(x, y)
    page.mouse.wheel(0, -200)
    page.wait_for_function(
        "(w) => document.getElementById('picture').getBoundingClientRect().width > w",
        arg=before["width"],
    )
    after = page.locator("#picture").bounding_box()
    # The same place of the picture lies under the pointer.
    assert (x - after["x"]) / after["width"] == pytest.approx(
        (x - before["x"]) / before["width"], abs=0.01
    )


def test_phone_scrolls_downwards_only(browser, service_url):
    with watched_page(browser, service_url, **PHONE) as watched:
        page = watched.page
        choose(page, file())
        shown(page)
        page.locator(".card button").first.click()
        page.select_option("#task", "inspect")
        expect(page.locator("#measure")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        low = page.locator("button:visible").evaluate_all(
            "(all) => all.filter((each) => each.offsetHeight < 40).map((each) => each.innerText)"
        )
        assert low == []
        assert watched.faults == []


def test_measuring_shows_the_verdicts_and_deviations_of_the_service(page, client):
    choose(page, file())
    shown(page)
    page.select_option("#task", "inspect")
    page.select_option("#scale", "px_per_mm")
    page.fill("#px-per-mm", "2")
    page.keyboard.press("Tab")
    expect(page.locator("#legend")).to_be_visible()
    answer = client.post("/inspect?px_per_mm=2", content=PICTURE).json()
    verdicts = [each["deviation"]["verdict"] for each in answer["detections"]]
    cards = page.locator(".card")
    assert [card.get_attribute("data-verdict") for card in cards.all()] == verdicts
    for card, verdict in zip(cards.all(), verdicts, strict=True):
        expect(card.locator(".said .verdict")).to_contain_text(verdict)
    drawn = page.locator("#overlay .deviations .stretch:not(.halo)").count()
    assert drawn >= sum(len(each["deviation"]["contours"]) for each in answer["detections"])


def test_measuring_without_calibration_says_that_lengths_are_in_pixels(page):
    page.select_option("#task", "inspect")
    choose(page, file())
    shown(page)
    expect(page.locator("#summary .warning")).to_contain_text("not calibrated")


def test_lowest_score_goes_into_the_question(page):
    choose(page, file())
    shown(page)
    with page.expect_request(lambda request: "score_threshold=0.95" in request.url):
        page.focus("#score")
        page.keyboard.press("End")
    expect(page.locator("#score-shown")).to_have_text("0.95")
    with page.expect_request(lambda request: re.search(r"/predict\?masks=false$", request.url)):
        page.click("#score-reset")
    expect(page.locator("#score-shown")).to_have_text("automatic")


def test_pictures_of_the_session_are_kept_and_opened_again_without_asking(watched):
    page = watched.page
    choose(page, file(encoded(scene(0, 300, 200)), "one.png"), file(name="two.png"))
    entries = page.locator("#history-list li")
    expect(entries).to_have_count(2)
    expect(entries.first).to_contain_text("2 parts")
    expect(page.locator("#facts")).to_contain_text(re.compile(r"200 \S 300 px"))
    asked = len([url for url in watched.asked if "/predict" in url])
    page.click("#history-list button:has-text('two.png')")
    expect(page.locator("#facts")).to_contain_text(re.compile(r"320 \S 240 px"))
    shown(page)
    assert len([url for url in watched.asked if "/predict" in url]) == asked == 2
    page.click("#history-clear")
    expect(page.locator("#empty")).to_be_visible()
    expect(page.locator(".card")).to_have_count(0)


def test_name_of_a_file_is_text_whatever_it_says(watched):
    name = "<img src=x onerror=alert(1)>.png"
    choose(watched.page, file(name=name))
    shown(watched.page)
    expect(watched.page.locator("#history-list .name")).to_have_text(name)
    assert watched.faults == []


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


def complaints(page: Page) -> list[str]:
    """Return what axe-core finds, each with the elements it is about."""
    # An old answer is dimmed until the next one is there.
    expect(page.locator(".waiting")).to_have_count(0)
    # The page's own policy keeps scripts out, so the checker is put in by the debugger.
    answer = Axe().run(page, options={"runOnly": RULES}).response
    return [
        f"{each['id']}: {', '.join(str(node['target']) for node in each['nodes'])}"
        for each in answer["violations"]
    ]


@pytest.mark.parametrize(
    "screen",
    [{"color_scheme": "light"}, {"color_scheme": "dark", **PHONE}],
    ids=["light desktop", "dark phone"],
)
def test_nobody_is_shut_out(browser, service_url, screen):
    with watched_page(browser, service_url, **screen) as watched:
        page = watched.page
        expect(page.locator("#about table")).to_be_visible()
        assert complaints(page) == []
        page.select_option("#task", "inspect")
        choose(page, file())
        shown(page)
        page.locator(".card button").first.click()
        assert complaints(page) == []
        choose(page, file(b"no picture"))
        expect(page.locator("#problem")).to_contain_text("status 415")
        assert complaints(page) == []
        page.click("#camera")
        expect(page.locator("#camera-take")).to_be_enabled()
        assert complaints(page) == []
