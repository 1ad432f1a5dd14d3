"""README and documents tell the truth: links, commands, settings, code, counted figures."""

import ast
import importlib
import json
import re
from pathlib import Path

import pytest
import yaml

from components.documentation.configuration import settings_classes
from components.monitoring.write import PAGES as DASHBOARDS
from components.settings.base import PROFILES
from components.settings.validation import ValidationSettings
from components.validation.expectations import dataset_suites
from tests.unit.documentation.command_lines import TARGETS, commands, dxfvision_fault, fault
from tests.unit.documentation.pages import PAGES, ROOT, anchors, blocks, code_words, links, named

SHELL = ("bash", "console", "sh")
FOLDERS = ("components", "configs", "deploy", "docs", "flows", "monitoring", "tests")
# Decisions and the list of changes tell of their time; what they name may have gone since.
OF_TODAY = [page for page in PAGES if "decisions" not in page.parts and page.stem != "CHANGELOG"]
every_page = pytest.mark.parametrize("page", PAGES, ids=named)
page_of_today = pytest.mark.parametrize("page", OF_TODAY, ids=named)


@every_page
def test_links_lead_to_files_and_headings(page: Path) -> None:
    missing = []
    for link in links(page):
        target, _, anchor = link.partition("#")
        if "://" in link or link.startswith("mailto:"):
            continue
        path = page.parent / target if target else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            missing.append(link)
    assert missing == []


@every_page
def test_no_place_is_left_to_be_filled_in(page: Path) -> None:
    assert re.findall(r"^[A-Z]+_?[A-Z]+$|\bTODO\b|\bFIXME\b", page.read_text("utf-8"), re.M) == []


@page_of_today
def test_blocks_of_shell_name_what_exists(page: Path) -> None:
    faults = [
        f"{block.place}: {' '.join(words)}: {text}"
        for block in blocks(page)
        if block.language in SHELL
        for words in commands(block.text)
        if (text := fault(words))
    ]
    assert faults == []


@page_of_today
def test_lines_of_other_blocks_that_call_us_name_what_exists(page: Path) -> None:
    own = re.compile(r"^ *(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?(?:dxfvision|make|deploy/\w+\.sh) ?\S*")
    faults = []
    for block in blocks(page):
        lines = block.text.replace("\\\n", " ").splitlines() if block.language == "" else []
        for line in filter(own.match, lines):
            (words, *_) = commands(line)
            if text := fault(words):
                faults.append(f"{block.place}: {line}: {text}")
    assert faults == []


@page_of_today
def test_commands_in_sentences_exist(page: Path) -> None:
    faults = []
    for word in code_words(page):
        first, *rest = word.split()
        first = first.removeprefix(".venv/bin/")
        if first == "make" and rest and rest[0].islower() and rest[0] not in TARGETS:
            faults.append(word)
        # A placeholder such as `...` is no value that could be wrong.
        shown = [piece for piece in rest if piece not in ("...", "…")]
        if first == "dxfvision" and shown and dxfvision_fault(shown, whole=False):
            faults.append(f"{word}: {dxfvision_fault(shown, whole=False)}")
    assert faults == []


@every_page
def test_blocks_of_yaml_are_read_and_settings_are_accepted(page: Path, tmp_path: Path) -> None:
    classes = settings_classes()
    for block in blocks(page):
        if block.language != "yaml":
            continue
        assert yaml.safe_load(block.text), block.place
        file = re.match(r"# my_home/configs/(\w+\.yaml)\n", block.text)
        if file:
            (tmp_path / file[1]).write_text(block.text, "utf-8")
            for profile in PROFILES:
                classes[file[1]].load(tmp_path, profile)


@every_page
def test_blocks_of_python_compile_and_import_what_exists(page: Path) -> None:
    for block in blocks(page):
        if block.language != "python":
            continue
        for node in ast.walk(ast.parse(block.text, block.place)):
            if isinstance(node, ast.ImportFrom):
                module = importlib.import_module(str(node.module))
                missing = [name.name for name in node.names if not hasattr(module, name.name)]
                assert missing == [], block.place


@every_page
def test_blocks_of_json_are_json(page: Path) -> None:
    for block in blocks(page):
        if block.language == "json":
            assert json.loads(block.text), block.place


@page_of_today
def test_files_and_names_set_as_code_exist(page: Path) -> None:
    # What is made on a box is not in the repository.
    made = {line.strip("/") for line in (ROOT / ".gitignore").read_text("utf-8").splitlines()}
    missing = []
    for word in code_words(page):
        path, _, _ = word.partition("::")
        if re.fullmatch(r"[\w./-]+", path) and path.split("/")[0] in FOLDERS and "/" in path:
            if not (ROOT / path).exists() and path not in made:
                missing.append(word)
        elif re.fullmatch(r"components(\.[a-z_]+)+\.[A-Z]\w+", word):
            module, _, name = word.rpartition(".")
            if not hasattr(importlib.import_module(module), name):
                missing.append(word)
    assert missing == []


@page_of_today
def test_counted_figures_are_right(page: Path) -> None:
    settings = ValidationSettings.load()
    expectations = sum(len(suite.checks) for suite in dataset_suites(settings))
    alerts = len(list(ROOT.glob("monitoring/runbooks/*.md")))
    text = page.read_text("utf-8")
    told = {
        "expectations": re.findall(r"(\d+) (?:expectations|ожидани)", text),
        "alerts": re.findall(r"([Mm]ore than fifty|Больше пятидесяти)\s(?:alerts|оповещ)", text),
        "dashboards": re.findall(r"\b([Ff]ive|пять)\s(?:Grafana )?\[?(?:dashboards|панел)", text),
    }
    assert set(told["expectations"]) <= {str(expectations)}
    assert not told["alerts"] or alerts > 50
    assert not told["dashboards"] or len(DASHBOARDS) == 5


@pytest.mark.parametrize("name", ["anatomy.md", "anatomy.ru.md"])
def test_the_anatomy_names_every_package(name: str) -> None:
    tree = next(block.text for block in blocks(ROOT / "docs" / name))
    packages = {path.parent.name for path in ROOT.glob("components/*/__init__.py")}
    assert [package for package in packages if f"{package}/" not in tree] == []
