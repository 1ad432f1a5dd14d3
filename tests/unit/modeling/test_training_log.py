from pathlib import Path

import torch

from components.modeling.losses import Loss
from components.modeling.training_log import STEPS_PER_LINE, TrainingLog, read_log


def note(log: TrainingLog, first: int, last: int) -> None:
    for step in range(first, last + 1):
        log.step(step, float(step), Loss(*(torch.tensor(float(step)) for _ in Loss._fields)), 0.5)


def test_line_holds_the_mean_of_its_steps(tmp_path: Path) -> None:
    log = TrainingLog(tmp_path / "log.jsonl", 0)
    note(log, 1, STEPS_PER_LINE)
    (line,) = read_log(tmp_path / "log.jsonl")
    assert line["step"] == STEPS_PER_LINE
    assert line["loss"] == line["sight"] == (1 + STEPS_PER_LINE) / 2


def test_lines_after_the_checkpoint_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    note(TrainingLog(path, 0), 1, 30)
    TrainingLog(path, 20).validation(25, 1.0, {"val_map": 0.5})
    assert [line["step"] for line in read_log(path)] == [10, 20, 25]


def test_line_cut_off_by_a_kill_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    note(TrainingLog(path, 0), 1, 20)
    path.write_text(path.read_text()[:-9])
    assert [line["step"] for line in read_log(path)] == [10]


def test_missing_log_is_empty(tmp_path: Path) -> None:
    assert read_log(tmp_path / "gone.jsonl") == []
