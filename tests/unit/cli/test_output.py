"""Faults as one line, exit codes, and homes that are only looked at."""

import errno
import os
import re
from pathlib import Path

import pytest
import typer
from rich.console import Console

from components.cli import output, pipeline
from components.cli.output import friendly, open_home
from components.errors import DrawingError, HomeError
from components.home import Home


def failing(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize("code", ["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM"])
def test_disk_that_takes_no_more_is_one_line_that_names_the_file(
    code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    number = getattr(errno, code)
    with pytest.raises(typer.Exit) as ended:
        friendly(failing)(OSError(number, os.strerror(number), "/somewhere/file.bin"))
    assert ended.value.exit_code == 1
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert "/somewhere/file.bin" in shown
    assert os.strerror(number) in shown


def test_other_faults_of_the_system_keep_their_traceback() -> None:
    with pytest.raises(OSError, match="odd"):
        friendly(failing)(OSError(errno.ENODEV, "odd", "file"))


def test_error_raised_on_purpose_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        friendly(failing)(DrawingError("plate.dxf: [torn]"))
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err == "DrawingError: plate.dxf: [torn]\n"


def test_interrupt_has_exit_code_130(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        friendly(failing)(KeyboardInterrupt())
    assert ended.value.exit_code == 130
    assert "goes on where this one stopped" in capsys.readouterr().err


def test_looking_at_a_home_makes_nothing_and_needs_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("components.home.MIN_FREE_BYTES", 2**63)
    assert open_home(tmp_path, writable=False).root == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_misspelt_home_is_named_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match=r"typo: there is no such home folder"):
        open_home(tmp_path / "typo", writable=False)
    assert not (tmp_path / "typo").exists()


def test_summary_names_the_script_as_it_was_called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", [".venv/bin/dxfvision", "run"])
    pipeline.print_summary(Home(Path("/my homes/one")), [])
    shown = capsys.readouterr().out
    assert ".venv/bin/dxfvision serve --home '/my homes/one'" in re.sub(r"\s+", " ", shown)


def test_names_of_half_a_terminal_stay_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(output, "console", Console(soft_wrap=False))
    short, long = "20261123T172318Z-abcdef", "x" * 100
    output.print_table("Models", [{"version": short, "said": "word " * 60}, {"version": long}])
    shown = capsys.readouterr().out
    assert short in shown
    assert shown.count("x") == 100
    assert max(map(len, shown.splitlines())) <= 80
