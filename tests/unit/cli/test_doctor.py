import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from components.cli.app import app
from components.home import Home
from components.modeling.registry import ModelRegistry
from components.serving.launch import free_port
from tests.bundles import make_bundle

NEEDED = ["--only", "settings", "--only", "model", "--only", "service"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("DXFVISION_SERVE__PORT", str(free_port()))
    home = Home(tmp_path / "home")
    home.prepare()
    return home


def test_faults_end_with_code_1_and_stand_in_the_lines(home: Home) -> None:
    result = CliRunner().invoke(app, ["doctor", "--home", str(home.root), "--json", *NEEDED])
    rows = {row["check"]: row for row in map(json.loads, result.stdout.splitlines())}
    assert result.exit_code == 1
    assert {name: row["state"] for name, row in rows.items()} == {
        "settings": "good",
        "model": "fault",
        "service": "warning",
    }
    assert rows["model"]["advice"] == "run `dxfvision run`"


def test_warnings_alone_end_with_code_0(home: Home, tmp_path: Path) -> None:
    registry = ModelRegistry(home.registry)
    registry.promote(registry.register(make_bundle(tmp_path / "bundle")).version)
    result = CliRunner().invoke(app, ["doctor", "--home", str(home.root), *NEEDED])
    assert result.exit_code == 0
    assert "warning" in result.stdout


def test_only_a_full_examination_is_written_as_metrics(home: Home) -> None:
    CliRunner().invoke(app, ["doctor", "--home", str(home.root), *NEEDED])
    assert list(home.metrics.iterdir()) == []
    CliRunner().invoke(app, ["doctor", "--home", str(home.root)])
    assert [path.name for path in home.metrics.iterdir()] == ["health.prom"]


def test_a_home_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["doctor", "--home", str(tmp_path / "nowhere")])
    assert result.exit_code == 1
    assert "nowhere" in result.stderr
