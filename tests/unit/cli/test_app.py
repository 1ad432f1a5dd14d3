import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

DRAWINGS = Path(__file__).parents[3] / "data" / "raw" / "dxf_templates"


def dxfvision(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the console script as a user does."""
    script = Path(sys.executable).with_name("dxfvision")
    return subprocess.run(
        [script, *arguments], capture_output=True, text=True, check=False, timeout=120
    )


def test_help_names_the_verbs() -> None:
    shown = dxfvision("--help").stdout
    for verb in ("run", "drawings", "generate", "validate", "train", "export", "evaluate"):
        assert verb in shown
    for verb in ("predict", "models", "serve"):
        assert verb in shown


def test_wrong_usage_has_exit_code_2() -> None:
    assert dxfvision("run", "--profile", "huge").returncode == 2


def test_scheduler_and_another_executor_than_dask_are_wrong_usage(tmp_path: Path) -> None:
    spread = ("--executor", "thread", "--dask-scheduler", "tcp://127.0.0.1:8786")
    done = dxfvision("generate", "--home", tmp_path, *spread)
    assert done.returncode == 2
    assert "no use to the executor thread" in done.stderr


def test_doctor_prints_one_json_object_a_line(tmp_path: Path) -> None:
    letter = tmp_path / "letter.dxf"
    letter.write_text("Dear Sir or Madam")
    done = dxfvision("drawings", DRAWINGS, letter, "--json")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert [record["verdict"] for record in records] == ["accepted"] * 6 + ["rejected"]
    assert Path(records[-1]["file"]).name == "letter.dxf"
    flange = next(r for r in records if Path(r["file"]).name == "shaft_flange_key.dxf")
    (part,) = flange["parts"]
    assert part["hole_count"] == 6
    assert part["width_mm"] == pytest.approx(62.0, abs=0.01)
    assert flange["mm_per_unit"] == 1.0


def test_doctor_shows_a_table(tmp_path: Path) -> None:
    done = dxfvision("drawings", DRAWINGS / "hinge_plate.dxf")
    assert done.returncode == 0
    assert "hinge_plate" in done.stdout
    assert "84.0 x 50.0" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train",), "no drawings were read yet"),
        (("validate",), "dxfvision generate"),
        (("export",), "no network was trained yet"),
        (("serve",), "dxfvision run"),
        (("predict", "picture.jpg"), "holds no champion"),
        (("models", "promote", "abc"), "expected one version called 'abc'"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_step_before_its_time_says_what_to_do(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = dxfvision(*arguments, "--home", tmp_path)
    assert done.returncode == 1
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("models", "list"),
        ("models", "show", "abc"),
        ("predict", "picture.jpg"),
        ("evaluate", "--images", "here", "--coco", "here.json"),
        ("serve",),
    ],
    ids=lambda value: value[-1],
)
def test_verbs_that_only_look_refuse_a_misspelt_home(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    done = dxfvision(*arguments, "--home", tmp_path / "typo")
    assert done.returncode == 1
    assert "there is no such home folder" in " ".join(done.stderr.split())
    assert "Serving on" not in done.stderr
    assert not (tmp_path / "typo").exists()


def test_serve_without_a_champion_announces_nothing(tmp_path: Path) -> None:
    done = dxfvision("serve", "--home", tmp_path)
    assert done.returncode == 1
    assert "Serving on" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_help_and_models_load_no_training_library(tmp_path: Path) -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from components.cli.app import app\n"
        f"done = CliRunner().invoke(app, ['models', 'list', '--home', {str(tmp_path)!r}])\n"
        "assert done.exit_code == 0, done.output\n"
        "heavy = {'torch', 'prefect', 'great_expectations'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"BENTOML_DO_NOT_TRACK": "True"},
    )
    assert done.returncode == 0, done.stderr
