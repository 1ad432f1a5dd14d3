import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from components.errors import ModelError
from components.files import write_json
from components.home import Home
from components.modeling.defect_card import CURVE_NAME, DefectFigures
from components.modeling.registry import ModelRegistry
from components.visualization.model_report import coded, report_path, write_model_report
from components.visualization.model_sources import sources_of

SECTIONS = ("data", "training", "quality", "mistakes", "poses", "faults", "speed", "lineage")


class Addresses(HTMLParser):
    """Collects what a page would load or lead to, tags that run, and images by section."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.tags: set[str] = set()
        self.images: dict[str, int] = {}
        self._section = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        if tag == "section":
            self._section = given["id"] or ""
        if tag == "img":
            self.images[self._section] = self.images.get(self._section, 0) + 1
        self.addresses += [
            value or "" for name, value in attrs if name in ("src", "href", "srcset", "action")
        ]


def read(page: Path) -> tuple[str, Addresses]:
    text = page.read_text("utf-8")
    parser = Addresses()
    parser.feed(text)
    return text, parser


@pytest.fixture(scope="module")
def whole(model_home: Home, defect_figures: DefectFigures) -> tuple[str, Addresses]:
    """The page about a version of which everything is known, kept under its name."""
    record = json.loads(defect_figures.model_dump_json())
    write_json(model_home.defects / CURVE_NAME, record)
    champion = ModelRegistry(model_home.registry).champion()
    assert champion is not None
    page, gaps = write_model_report(model_home, champion.version[:5])
    assert gaps == {}
    assert page == report_path(model_home, champion.version)
    return read(page)


def test_page_needs_no_other_file(whole: tuple[str, Addresses]) -> None:
    text, parser = whole
    assert all(address.startswith(("data:image/", "#")) for address in parser.addresses)
    assert parser.tags.isdisjoint({"script", "link", "iframe", "object", "embed", "base"})
    assert not re.search(r"url\(|@import", text)
    assert "http" not in re.sub(r'data:image/[^"]*', "", text)
    assert len(text) < 15e6


def test_each_section_shows_what_is_known(whole: tuple[str, Addresses]) -> None:
    text, parser = whole
    parts = re.split(r'<section id="(\w+)">', text)
    bodies = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert tuple(bodies) == SECTIONS
    assert 'class="gap"' not in text
    # Sheet and three charts; curves; four charts; the chart of faults.
    assert parser.images["data"] == 4
    assert parser.images["training"] == parser.images["faults"] == 1
    assert parser.images["quality"] == 4
    assert parser.images["mistakes"] >= 1
    for section, words in {
        "data": ("plate", "50.0 x 50.0 mm, 1 hole", "pictures of 160x120 px: "),
        "training": ("90 steps", "the generic weights"),
        "quality": ("0.250", "served: network and registration"),
        "mistakes": ("missed", "quality 0."),
        "poses": ("contour to contour", "objects with a known pose"),
        "faults": ("At 4 px per mm", "Of 20 good parts 1 gave"),
        "speed": ("7.5 ms", "1.5 MB", "registration", "on a processor"),
        "lineage": ("0123456789ab", "plate &amp; ring.dxf", "serves", "from seed 5"),
    }.items():
        for expected in words:
            assert expected in bodies[section], (section, expected)


def test_what_is_missing_is_said_with_the_command(model_home: Home, tmp_path: Path) -> None:
    home = Home(tmp_path / "a home")
    for name in ("models", "data"):
        shutil.copytree(model_home.root / name, home.root / name)
    page, gaps = write_model_report(home, out=tmp_path / "page.html")
    assert set(gaps) == {"training", "evaluation", "poses", "defects"}
    text, parser = read(page)
    for verb in ("train", "export", "bench defects"):
        command = f"<code>dxfvision {verb} --home &#39;{home.root}&#39;</code>"
        assert command in text
    assert [section for section in SECTIONS if section in parser.images] == ["data"]
    # What the model's own card knows is there all the same.
    assert "<td>plate</td>" in text


def test_results_of_another_run_are_not_taken_for_this_models(
    model_home: Home, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    shutil.copytree(model_home.root, home.root, dirs_exist_ok=True)
    evaluation = home.reports / "evaluation" / "evaluation.json"
    figures = json.loads(evaluation.read_text())
    evaluation.write_text(json.dumps(figures | {"map": figures["map"] + 1e-9}))
    with home.manifest.open("a") as lines:
        lines.write("\n")
    log = home.reports / "training.jsonl"
    log.write_text(log.read_text().replace("0.123456789", "0.123456788"))
    found = sources_of(home)
    assert found.dataset is None
    assert found.training_log is None
    assert found.evaluation is None


def test_page_is_kept_when_a_later_export_has_taken_the_place(
    model_home: Home, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    shutil.copytree(model_home.registry, home.registry)
    bare, gaps = write_model_report(home)
    assert "a later export has taken its place" in gaps["evaluation"]
    bare.write_text("what was known before")
    page, gaps = write_model_report(home)
    assert page.read_text() == "what was known before"
    assert set(gaps) == {"report"}
    other, _ = write_model_report(home, out=tmp_path / "other.html")
    assert "Model <code>" in other.read_text()


def test_exported_model_that_was_never_released_has_a_report(
    model_home: Home, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    shutil.copytree(model_home.exported, home.exported)
    page, _ = write_model_report(home)
    assert page == tmp_path / "reports" / "models" / "exported.html"
    assert "exported, not released" in page.read_text()


def test_unknown_version_is_told(model_home: Home) -> None:
    with pytest.raises(ModelError, match="dxfvision models list"):
        write_model_report(model_home, "feed")


def test_code_in_a_sentence_is_escaped() -> None:
    assert coded("<b> `a < b`") == "&lt;b&gt; <code>a &lt; b</code>"
