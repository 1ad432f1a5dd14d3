from pathlib import Path

import pytest

from components.home import Home
from components.operations.stages.running import run_stage


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.prepare()
    return home


class Work:
    """Counts how often it was done."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.times = 0

    def __call__(self) -> dict[str, int]:
        self.times += 1
        self.output.write_text("made")
        return {"rows": 3}


def test_second_run_is_skipped_and_keeps_the_figures(home: Home) -> None:
    work = Work(home.reports / "out.txt")
    first = run_stage(home, "check", "key", [work.output], work)
    second = run_stage(home, "check", "key", [work.output], work)
    assert (first.skipped, second.skipped, work.times) == (False, True, 1)
    assert second.figures == {"rows": 3}
    assert second.seconds == first.seconds


def test_other_inputs_run_again(home: Home) -> None:
    work = Work(home.reports / "out.txt")
    run_stage(home, "check", "key", [work.output], work)
    assert not run_stage(home, "check", "other", [work.output], work).skipped


@pytest.mark.parametrize("fault", ["changed", "deleted", "record torn"])
def test_what_is_no_longer_whole_runs_again(home: Home, fault: str) -> None:
    work = Work(home.reports / "out.txt")
    run_stage(home, "check", "key", [work.output], work)
    if fault == "changed":
        work.output.write_text("edited by hand")
    elif fault == "deleted":
        work.output.unlink()
    else:
        (home.state / "check.json").write_text('{"key": "ke')
    assert not run_stage(home, "check", "key", [work.output], work).skipped
    assert work.times == 2


def test_interrupted_work_leaves_no_record(home: Home) -> None:
    work = Work(home.reports / "out.txt")
    run_stage(home, "check", "key", [work.output], work)

    def interrupted() -> dict[str, int]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_stage(home, "check", "new key", [work.output], interrupted)
    assert not run_stage(home, "check", "key", [work.output], work).skipped
