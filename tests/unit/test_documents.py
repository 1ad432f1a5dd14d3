"""README and docs tell the truth: links lead somewhere, commands exist, nothing is left blank."""

import re
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from components.cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "data").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_to_files(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)", page.read_text("utf-8"))
    missing = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_place_is_left_to_be_filled_in(page: Path) -> None:
    assert re.findall(r"^[A-Z]+_?[A-Z]+$", page.read_text("utf-8"), re.MULTILINE) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    used = set(re.findall(r"`make ([a-z-]+)|^ +make ([a-z-]+)", page.read_text("utf-8")))
    assert {name for pair in used for name in pair if name} <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_verbs_and_options_exist(page: Path) -> None:
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    verbs = group.commands
    for verb, rest in re.findall(r"dxfvision ([a-z]+)([^`\n|]*)", page.read_text("utf-8")):
        if verb in ("models", "is", "finds", "are"):
            continue
        assert verb in verbs, f"dxfvision {verb}"
        command = verbs[verb]
        if isinstance(command, TyperGroup):
            command = command.commands[rest.split()[0]]
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known, f"dxfvision {verb}{rest}"
