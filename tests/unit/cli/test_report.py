import json
from pathlib import Path

from typer.testing import CliRunner

from components.cli.app import app
from tests.bundles import make_bundle


def test_page_and_what_is_missing_are_told_as_json(tmp_path: Path) -> None:
    make_bundle(tmp_path / "models" / "exported")
    page = tmp_path / "page.html"
    done = CliRunner().invoke(app, ["report", "--home", str(tmp_path), "-o", str(page), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert Path(told["page"]) == page
    assert "Model <code>exported</code>" in page.read_text("utf-8")
    assert f"dxfvision bench defects --home {tmp_path}" in told["missing"]["defects"]


def test_people_are_told_the_commands_and_where_the_page_is(tmp_path: Path) -> None:
    make_bundle(tmp_path / "models" / "exported")
    done = CliRunner().invoke(app, ["report", "--home", str(tmp_path)])
    page = tmp_path / "reports" / "models" / "exported.html"
    assert page.is_file()
    assert f"See {page}" in done.stdout
    assert f"dxfvision train --home {tmp_path}" in done.stdout


def test_home_without_a_model_says_what_to_do(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["report", "--home", str(tmp_path)])
    assert done.exit_code == 1
    assert "export a model" in " ".join(done.stderr.split())
