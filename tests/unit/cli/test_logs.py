import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from components.cli.app import app

LINE = {
    "time": "2026-03-02T08:15:04.120311Z",
    "level": "warning",
    "part": "service",
    "logger": "components.serving.gate",
    "message": "POST /inspect 504",
    "request_id": "line4-part-0001",
    "pid": 7,
    "status": 504,
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "service.jsonl").write_text(json.dumps(LINE) + "\n")
    return tmp_path


def test_lines_of_a_request_are_shown(home: Path) -> None:
    done = CliRunner().invoke(app, ["logs", "--home", str(home), "--request", "line4"])
    assert done.exit_code == 0
    assert "warning POST /inspect 504  request_id=line4-part-0001 status=504" in done.stdout


def test_lines_for_machines_are_as_they_were_written(home: Path) -> None:
    done = CliRunner().invoke(app, ["logs", "--home", str(home), "--json"])
    assert json.loads(done.stdout) == LINE


def test_what_containers_wrote_is_read_from_standard_input() -> None:
    told = f"starting\nservice_1  | {json.dumps(LINE)}\n"
    done = CliRunner().invoke(app, ["logs", "--request", "line4-part-0001", "-"], input=told)
    assert "POST /inspect 504" in done.stdout


def test_an_id_that_nobody_wrote_is_told(home: Path) -> None:
    done = CliRunner().invoke(app, ["logs", "--home", str(home), "--run", "ffff"])
    assert done.exit_code == 1
    assert "No such line" in done.stderr


def dxfvision(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from components.cli.app import main; main()", *arguments]
    environment = {**os.environ, "DXFVISION_LOG__FORMAT": "json"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_a_command_that_fails_leaves_its_run_in_the_log(tmp_path: Path) -> None:
    made = dxfvision("generate", "--home", str(tmp_path), "--profile", "tiny")
    assert made.returncode == 1
    assert "Traceback" not in made.stderr
    found = dxfvision("logs", "--home", str(tmp_path), "--level", "error", "--json")
    (line,) = map(json.loads, found.stdout.splitlines())
    assert (line["part"], line["verb"], line["error"]) == ("cli", "generate", "DrawingError")
    assert "no DXF file" in line["message"]
    whole = dxfvision("logs", "--home", str(tmp_path), "--run", line["run_id"], "--json")
    assert "generate begins" in [json.loads(each)["message"] for each in whole.stdout.splitlines()]
