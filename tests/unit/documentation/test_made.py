"""What is made from the code is current, and says what the code says."""

import re
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from components.documentation import architecture
from components.documentation.commands import commands
from components.documentation.configuration import settings_classes
from components.documentation.diagrams import Arrow, Box, Diagram, Row, svg
from components.documentation.schema_words import allowed
from components.documentation.write import made_files
from components.documentation.yaml_comments import entries, header
from tests.unit.documentation.pages import ROOT

CONFIG = """# Settings of a lamp.
# Change them here.

lamp:            # what gives light
  watts: 40      # of power,
                 # when it burns
  # Red, green and blue
  # of its light.
  colour: [255, 250, 240]
  glow: [1, 2,
         3]
# How it is switched.
switch: 'a # b'  # by hand

stand: oak
"""


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return {str(path): text for path, text in made_files(ROOT)}


def test_committed_files_are_current(made: dict[str, str]) -> None:
    stale = [path for path, text in made.items() if (ROOT / path).read_text("utf-8") != text]
    assert stale == [], "run `make docs` and commit what it changes"


def test_every_command_and_option_is_on_the_page(made: dict[str, str]) -> None:
    page = made["docs/commands.md"]
    for words, command in commands():
        section = page.split(f"## dxfvision {words}\n")[1].split("\n## ")[0]
        options = {option for p in command.params for option in p.opts if option.startswith("--")}
        assert options - {"--help"} <= set(re.findall(r"--[a-z-]+", section))


@pytest.mark.parametrize(
    "row",
    [
        "| `--images` | whole number | Pictures of each run. Default: `640`. |",
        "| `--choose, --no-choose` |  | Write the choice to the home's serve_config.yaml. "
        "Default: `--choose`. |",
        "| `--images` | path | Folder of the pictures. Required. |",
        "| `--home` | DIR | Folder in which everything lies. |",
    ],
    ids=["a number", "a switch with two sides", "what is required", "a folder, told at the top"],
)
def test_options_tell_what_holds_without_them(made: dict[str, str], row: str) -> None:
    assert row in made["docs/commands.md"].splitlines()


def test_every_setting_of_every_file_is_on_the_page(made: dict[str, str]) -> None:
    page = made["docs/configuration.md"]
    for name in settings_classes():
        section = page.split(f"## {name}\n")[1].split("\n## ")[0]
        values = yaml.safe_load((ROOT / "configs" / name).read_text("utf-8"))
        values.pop("profiles", None)
        for key, value in values.items():
            assert f"`{key}`" in section or re.search(rf"### \w+: {key}\n", section), (name, key)
            # A table that stands in one line of the file is one row of the page.
            if isinstance(value, dict) and f"`{key}`" not in section:
                inner = section.split(f": {key}\n")[-1]
                assert all(f"`{row}" in inner for row in value), (name, key)


def test_every_file_of_settings_has_its_class() -> None:
    assert set(settings_classes()) == {path.name for path in ROOT.glob("configs/*.yaml")}


def test_every_alert_is_on_the_page_with_its_runbook(made: dict[str, str]) -> None:
    page = made["docs/alerts.md"]
    for runbook in ROOT.glob("monitoring/runbooks/*.md"):
        assert f"[{runbook.stem}](../monitoring/runbooks/{runbook.name})" in page


def test_every_package_stands_in_the_contract_and_so_in_the_diagram(made: dict[str, str]) -> None:
    drawn = _words(made["docs/pictures/architecture-packages.svg"])
    packages = {path.parent.name for path in ROOT.glob("components/*/__init__.py")}
    modules = {path.stem for path in ROOT.glob("components/*.py")} - {"__init__"}
    assert packages | modules | {"flows"} <= drawn


def test_layers_are_drawn_in_the_order_of_the_contract() -> None:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contract = table["tool"]["importlinter"]["contracts"][0]["layers"]
    diagram = architecture.packages_diagram(ROOT / "pyproject.toml", ROOT)
    rows = [" | ".join(box.name for box in row.boxes) for row in diagram.rows]
    assert rows == [layer.replace("components.", "") for layer in contract]


@pytest.mark.parametrize("package", ["components.inspection", "components.operations"])
def test_a_diagram_of_a_package_holds_its_own_modules_alone(package: str) -> None:
    folder = ROOT / package.replace(".", "/")
    there = {path.stem for path in folder.iterdir()} - {"__init__"}
    diagram = architecture.inside_diagram(ROOT / "pyproject.toml", ROOT, package)
    drawn = {box.name for row in diagram.rows for box in row.boxes}
    assert drawn
    assert drawn <= there


def test_a_package_without_a_contract_is_told() -> None:
    with pytest.raises(KeyError, match=r"components\.geometry"):
        architecture.inside_diagram(ROOT / "pyproject.toml", ROOT, "components.geometry")


def test_every_container_is_drawn(made: dict[str, str]) -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
    assert set(services) <= _words(made["docs/pictures/architecture-programs.svg"])


def test_a_container_that_nobody_knows_is_told(tmp_path: Path) -> None:
    compose = tmp_path / "docker-compose.yml"
    compose.write_text("services: {teapot: {}}")
    with pytest.raises(KeyError, match="teapot"):
        architecture.programs_diagram(compose)


def test_stages_are_those_that_report_themselves() -> None:
    sources = (ROOT / "components" / "operations").rglob("*.py")
    names = {
        name for p in sources for name in re.findall(r'^@reported\("(.+)"\)', p.read_text(), re.M)
    }
    assert set(architecture.STAGES) <= names


def test_comments_belong_to_the_keys_beside_and_below(tmp_path: Path) -> None:
    path = tmp_path / "lamp.yaml"
    path.write_text(CONFIG)
    told = {".".join(entry.path): (entry.value, entry.comment) for entry in entries(path)}
    assert told == {
        "lamp": ("", "what gives light"),
        "lamp.watts": ("40", "of power, when it burns"),
        "lamp.colour": ("[255, 250, 240]", "Red, green and blue of its light."),
        "lamp.glow": ("[1, 2, 3]", "Red, green and blue of its light."),
        "switch": ("'a # b'", "How it is switched. by hand"),
        # An empty line parts it from what was said of the key above.
        "stand": ("oak", ""),
    }
    assert header(CONFIG) == "Settings of a lamp. Change them here."


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "boolean"}, "true, false"),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 80}, "number, above 0, at most 80"),
        ({"type": "array", "items": {"type": "string"}}, "list, each text"),
        (
            {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "integer"}]},
            "pair, each whole number",
        ),
        (
            {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}},
            "table of names, each number, at least 0",
        ),
        ({"$ref": "#/$defs/Mode"}, "`a`, `b`"),
    ],
)
def test_ranges_are_told_in_words(schema: dict[str, object], words: str) -> None:
    assert allowed(schema, {"Mode": {"enum": ["a", "b"]}}) == words


def test_boxes_of_a_diagram_lie_within_it_and_apart() -> None:
    rows = (Row("up", (Box("a", "text " * 30), Box("b"))), Row("down", (Box("c"),)))
    root = ElementTree.fromstring(svg(Diagram("test", rows, (Arrow("a", "c", "x"),))))
    width, height = (float(side) for side in root.attrib["viewBox"].split()[2:])
    boxes = [
        tuple(float(box.attrib[key]) for key in ("x", "y", "width", "height"))
        for box in root.iter("{http://www.w3.org/2000/svg}rect")
        if box.attrib.get("class", "").startswith("box")
    ]
    assert len(boxes) == 3
    assert all(x >= 0 and y >= 0 and x + w <= width and y + h <= height for x, y, w, h in boxes)
    (ax, _, aw, _), (bx, _, _, _), (_, cy, _, _) = boxes
    assert ax + aw < bx
    assert cy > boxes[0][1] + boxes[0][3]


def test_an_arrow_to_nowhere_is_refused() -> None:
    with pytest.raises(KeyError):
        svg(Diagram("test", (Row("", (Box("a"),)),), (Arrow("a", "z"),)))


def _words(picture: str) -> set[str]:
    texts = ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")
    return {str(text.text) for text in texts if text.attrib.get("class") == "name"}
