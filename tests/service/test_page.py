"""The operator's page in the machine's own Chromium, without a screen, against a real service."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.bundles import RED, encoded, scene
from tests.service.browser import NEEDS_BROWSER
from tests.service.page_actions import PICTURE, choose, file, shown

pytestmark = NEEDS_BROWSER


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


def test_picture_chosen_at_once_after_an_option_is_asked_about_once(watched):
    page = watched.page
    page.select_option("#task", "inspect")
    choose(page, file())
    shown(page)
    page.wait_for_timeout(500)  # Longer than the page waits for more changes of the options.
    assert len([url for url in watched.asked if "/inspect" in url]) == 1


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
