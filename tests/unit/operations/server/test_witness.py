import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from components.home import Home
from components.operations.server.witness import read_witness, witness_file, witnessed


def test_a_run_is_alive_while_its_process_is_and_tells_how_it_ended(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with witnessed(home, "a"):
        seen = read_witness(home, "a")
        assert seen is not None
        assert (seen.pid, seen.here, seen.alive, seen.outcome) == (os.getpid(), True, True, None)
    ended = read_witness(home, "a")
    assert ended is not None
    assert ended.outcome == "completed"


def test_a_failure_is_remembered(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with pytest.raises(ArithmeticError), witnessed(home, "a"):
        raise ArithmeticError
    seen = read_witness(home, "a")
    assert seen is not None
    assert seen.outcome == "failed"


def test_a_home_folder_that_takes_nothing_does_not_end_the_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = Home(tmp_path / "home")
    home.root.write_text("a file")
    with witnessed(home, "a"):
        pass
    assert read_witness(home, "a") is None
    assert "cannot be written" in caplog.text


def test_a_killed_process_leaves_a_dead_run_without_outcome(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, sys\n"
        "from components.home import Home\n"
        "from components.operations.server.witness import witnessed\n"
        "with witnessed(Home(pathlib.Path(sys.argv[1])), 'a'):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    seen = read_witness(Home(tmp_path), "a")
    assert seen is not None
    assert (seen.alive, seen.outcome) == (False, None)


def test_another_process_with_the_same_number_is_not_the_run(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with witnessed(home, "a"):
        seen = read_witness(home, "a")
        assert seen is not None
        assert not seen.model_copy(update={"born": seen.born - 60}).alive


@pytest.mark.parametrize("set_by_s", [-0.7, 3600.0, 20 * 365 * 86_400.0])
def test_a_clock_that_is_set_ends_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, set_by_s: float
) -> None:
    """The kernel's `btime` is the clock of the day less the time since the start."""
    kernels = psutil._psplatform.boot_time
    with witnessed(Home(tmp_path), "a"):
        seen = read_witness(Home(tmp_path), "a")
        assert seen is not None
        monkeypatch.setattr(psutil._psplatform, "boot_time", lambda: int(kernels() + set_by_s))
        assert seen.alive


def test_a_process_of_an_earlier_start_of_the_machine_is_not_the_run(tmp_path: Path) -> None:
    with witnessed(Home(tmp_path), "a"):
        seen = read_witness(Home(tmp_path), "a")
        assert seen is not None
        assert not seen.model_copy(update={"boot": "another"}).alive


def test_a_killed_process_that_nobody_asked_how_it_ended_is_dead(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys, time\n"
        "from components.home import Home\n"
        "from components.operations.server.witness import witnessed\n"
        "with witnessed(Home(pathlib.Path(sys.argv[1])), 'a'):\n"
        "    print('works', flush=True)\n"
        "    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "works\n"
        seen = read_witness(Home(tmp_path), "a")
        assert seen is not None
        assert seen.alive
        process.kill()
        # Its output ends with it; it stays a zombie until it is waited for.
        assert process.stdout.read() == ""
        while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        assert not seen.alive


@pytest.mark.parametrize("content", ["", "{}", '{"pid": "none"}'])
def test_a_damaged_file_tells_nothing(tmp_path: Path, content: str) -> None:
    home = Home(tmp_path)
    witness_file(home, "a").parent.mkdir(parents=True)
    witness_file(home, "a").write_text(content)
    assert read_witness(home, "a") is None
