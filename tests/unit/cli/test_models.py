"""The verbs of the registry, in this process."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from components.cli.app import app
from components.files import write_text
from components.home import Home
from components.modeling.champion import read_champion
from components.modeling.notes import write_note
from components.modeling.registry import ModelRegistry
from tests.bundles import make_bundle


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home folder with two versions, the first of which serves."""
    home = Home(tmp_path / "home")
    home.prepare()
    registry = ModelRegistry(home.registry)
    first = registry.register(make_bundle(tmp_path / "first"))
    registry.register(make_bundle(tmp_path / "second", "other", sharpness=0.3))
    registry.promote(first.version)
    return home


def asked(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["models", *map(str, arguments)])


def versions(home: Home) -> list[str]:
    return [version.version for version in ModelRegistry(home.registry).list()]


def test_list_tells_the_champion_even_if_it_is_damaged(home: Home) -> None:
    first, second = versions(home)
    (home.registry / "models" / "dxfvision-parts" / first / "parts.json").write_text("{}")
    rows = [
        json.loads(line)
        for line in asked("list", "--home", home.root, "--json").stdout.splitlines()
    ]
    assert [(row["version"], row["champion"]) for row in rows] == [(first, True), (second, False)]


def test_show_tells_what_was_seen_on_this_box(home: Home) -> None:
    first = versions(home)[0]
    write_note(home.registry, first, "gate", {"promote": True, "reason": "it is better"})
    trial = {"pictures": 200, "detections": 9, "http_ms": [20.0], "in_process_ms": [15.0]}
    write_note(home.registry, first, "trial", trial)
    assert "it is better" in asked("show", first, "--home", home.root).stdout
    told = json.loads(asked("show", first, "--home", home.root, "--json").stdout)
    assert told["version"] == first
    assert told["notes"]["trial"]["pictures"] == 200


def test_show_is_about_the_champion_unless_told_otherwise(home: Home) -> None:
    first, second = versions(home)
    assert asked("show", "--home", home.root).stdout.split()[0] == first
    assert asked("show", second, "--home", home.root).stdout.split()[0] == second


def test_a_version_stands_on_one_line_of_a_narrow_list(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    shown = asked("list", "--home", home.root).stdout
    assert all(version in shown for version in versions(home))


def test_diff_names_what_differs(home: Home) -> None:
    first, second = versions(home)
    done = asked("diff", first, second, "--home", home.root, "--json")
    rows = {row["what"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert (rows["name"]["first"], rows["name"]["second"]) == ("bright", "other")
    assert rows.keys() == {"name", "onnx_sha256"}


def test_signed_model_travels_and_an_unsigned_or_changed_one_does_not(
    home: Home, tmp_path: Path
) -> None:
    private, public = tmp_path / "key.pem", tmp_path / "key.pub.pem"
    assert asked("keys", private, public).exit_code == 0
    first = versions(home)[0]
    file = tmp_path / "parts.bentomodel"
    written = asked("export", first, file, "--home", home.root, "--key", private).stdout.split()
    assert written == [str(file), f"{file}.sig"]
    box = Home(tmp_path / "box")
    write_text(box.configs / "release_config.yaml", f"trusted_keys: [{public}]\n")
    assert asked("import", file, "--home", box.root).exit_code == 0
    assert versions(box) == [first]
    unsigned = tmp_path / "unsigned.bentomodel"
    unsigned.write_bytes(file.read_bytes())
    done = asked("import", unsigned, "--home", box.root)
    assert done.exit_code == 1
    file.write_bytes(file.read_bytes() + b" ")
    assert asked("import", file, "--home", box.root).exit_code == 1
    other = Home(tmp_path / "other")
    assert asked("import", unsigned, "--home", other.root).exit_code == 0
    assert asked("import", unsigned, "--home", other.root, "--trust", public).exit_code == 1


def test_rollback_goes_back_one_promotion(home: Home) -> None:
    first, second = versions(home)
    ModelRegistry(home.registry).promote(second)
    assert asked("rollback", "--home", home.root).exit_code == 0
    record = read_champion(home.registry / "champion.json")
    assert record is not None
    assert record.version == first
    assert asked("rollback", "--home", home.root).exit_code == 1
