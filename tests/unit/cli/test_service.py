from pathlib import Path

import pytest
from typer.testing import CliRunner

from components.cli import service
from components.cli.app import app
from components.home import Home
from components.modeling.registry import ModelRegistry
from tests.bundles import make_bundle


def test_without_a_champion_serving_is_refused_with_what_to_do(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["serve", "--home", str(tmp_path)])
    assert done.exit_code == 1
    assert "dxfvision run" in done.stderr


def test_with_wait_the_first_champion_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    bundle = make_bundle(tmp_path / "bundle")
    looks = []

    def promote_at_the_third_look(_: float) -> None:
        looks.append(1)
        if len(looks) == 3:
            registry = ModelRegistry(home.registry)
            registry.promote(registry.register(bundle).version)

    served: list[Home] = []
    monkeypatch.setattr(service.time, "sleep", promote_at_the_third_look)
    monkeypatch.setattr("components.serving.launch.serve", lambda place, _: served.append(place))
    monkeypatch.setattr("components.serving.launch.check_port", lambda *_: None)
    done = CliRunner().invoke(app, ["serve", "--home", str(home.root), "--wait"])
    assert done.exit_code == 0, done.stderr
    assert len(looks) == 3
    assert "no model was promoted yet" in done.stderr
    assert served == [home]
