import struct
from pathlib import Path

import torch
from tensorboardX.proto.event_pb2 import Event

from components.modeling.losses import Loss
from components.modeling.training_log import STEPS_PER_LINE, TrainingLog, board_folder, read_log


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


def events(folder: Path) -> list[tuple[str, int, float]]:
    """Tag, step and value of every figure in TensorBoard's files."""
    # A record: length, its CRC, data, their CRC.
    found = []
    for file in sorted(folder.iterdir()):
        data, place = file.read_bytes(), 0
        while place < len(data):
            (length,) = struct.unpack_from("<Q", data, place)
            event = Event.FromString(data[place + 12 : place + 12 + length])
            found += [(v.tag, event.step, v.simple_value) for v in event.summary.value]
            place += 16 + length
    return found


def test_tensorboard_gets_the_same_figures(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    log = TrainingLog(path, 0)
    note(log, 1, 10)
    log.validation(10, 1.0, {"val_map": 0.5})
    log.close()
    found = events(board_folder(path))
    assert ("training/loss", 10, 5.5) in found
    assert ("training/rate", 10, 0.5) in found
    assert ("validation/val_map", 10, 0.5) in found


def test_new_training_forgets_the_events_of_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    first = TrainingLog(path, 0)
    note(first, 1, 10)
    first.close()
    TrainingLog(path, 0).close()
    assert events(board_folder(path)) == []


def test_missing_log_is_empty(tmp_path: Path) -> None:
    assert read_log(tmp_path / "gone.jsonl") == []
