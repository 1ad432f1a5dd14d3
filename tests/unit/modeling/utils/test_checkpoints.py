from pathlib import Path

import pytest
import torch

from components.errors import ModelError
from components.modeling.utils.checkpoints import read_checkpoint, set_aside, write_checkpoint


def test_tensors_and_numbers_come_back(tmp_path: Path) -> None:
    path = tmp_path / "models" / "checkpoint.pth"
    write_checkpoint(path, {"weights": {"a": torch.arange(3)}, "step": 7})
    state = read_checkpoint(path)
    assert state["step"] == 7
    assert state["weights"]["a"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 half an archive"])
def test_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "checkpoint.pth"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"checkpoint\.pth: is damaged or no checkpoint"):
        read_checkpoint(path)


def test_truncated_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pth"
    write_checkpoint(path, {"weights": torch.zeros(1000)})
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ModelError, match="is damaged"):
        read_checkpoint(path)


def test_weights_that_were_changed_on_the_disk_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pth"
    write_checkpoint(path, {"weights": torch.zeros(1000)})
    content = bytearray(path.read_bytes())
    # torch writes the 4,000 zero bytes as they are; one of them is turned over.
    content[content.index(bytes(1000)) + 500] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match="is damaged"):
        read_checkpoint(path)


def test_file_that_lacks_what_is_needed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    write_checkpoint(path, {"weights": torch.zeros(3)})
    with pytest.raises(ModelError, match=r"weights\.pth: has no inputs, step: it is no checkpoint"):
        read_checkpoint(path, ("step", "inputs", "weights"))


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.pth: cannot be read .* train first"):
        read_checkpoint(tmp_path / "gone.pth")


def test_file_of_something_else_is_refused(tmp_path: Path) -> None:
    torch.save({"epoch": 3}, tmp_path / "other.pth")
    with pytest.raises(ModelError, match="expected a checkpoint of format"):
        read_checkpoint(tmp_path / "other.pth")


def test_code_in_a_file_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "evil.pth"
    torch.save({"format": print}, path)
    with pytest.raises(ModelError, match="is damaged or no checkpoint"):
        read_checkpoint(path)


def test_file_set_aside_keeps_its_content(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pth"
    path.write_bytes(b"precious")
    assert set_aside(path).read_bytes() == b"precious"
    assert not path.exists()
