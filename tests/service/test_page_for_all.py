"""The operator's page with the keyboard alone, on a phone, and for people who see little."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.service.browser import NEEDS_BROWSER, watched_page
from tests.service.page_actions import choose, file, shown

pytestmark = NEEDS_BROWSER

PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


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
