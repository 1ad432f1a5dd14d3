import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from components.domain import Part
from components.errors import ModelError
from components.geometry.parts_file import write_parts
from components.home import Home
from components.modeling.team import ALONE, Team, joined
from components.modeling.train import inputs_fingerprint
from components.modeling.training_log import read_log
from components.modeling.utils.checkpoints import read_checkpoint
from components.settings.train import TrainSettings
from tests.unit.modeling.trainings import training

MEMBER = """
import pathlib, sys, torch
from torch import distributed, nn
from components.modeling.team import joined

with joined() as team:
    layer = nn.Linear(2, 1, bias=False)
    layer.weight.grad = torch.tensor([[1.0, 3.0]]) * (1 + team.rank)
    team.average(layer.parameters())
    told = team.agree(10.0 + team.rank, 0.5)
    team.wait()
    seen = f"{team.size} {layer.weight.grad.tolist()} {told}"
    pathlib.Path(sys.argv[1], f"rank{team.rank}").write_text(seen)
"""


def torchrun(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    kept = {name: value for name, value in os.environ.items() if name not in {"RANK", "WORLD_SIZE"}}
    return subprocess.run(
        [*command, *arguments],
        capture_output=True,
        text=True,
        timeout=120.0,
        env=kept | {"OMP_NUM_THREADS": "1"} | settings,
        check=False,
    )


def test_one_process_is_a_team_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with joined() as team:
        assert team == ALONE
        assert team.leads
        assert team.agree(3.0, 4.0) == (3.0, 4.0)


def test_two_processes_average_gradients_and_take_the_leaders_word(tmp_path: Path) -> None:
    script = tmp_path / "member.py"
    script.write_text(MEMBER)
    done = torchrun(str(script), str(tmp_path))
    assert done.returncode == 0, done.stderr
    for rank in (0, 1):
        assert (tmp_path / f"rank{rank}").read_text() == "2 [[1.5, 4.5]] (10.0, 0.5)"


def test_two_processes_train_through_the_command_line(home: Home, parts: list[Part]) -> None:
    write_parts(home.parts, parts)
    dxfvision = shutil.which("dxfvision", path=str(Path(sys.executable).parent))
    assert dxfvision
    settings = {"DXFVISION_TRAIN__STEPS": "6", "DXFVISION_TRAIN__THREADS": "1"}
    verb = [dxfvision, "train", "--home", str(home.root), "--profile", "tiny", "--from-scratch"]
    done = torchrun("--no-python", *verb, **settings)
    assert done.returncode == 0, done.stderr
    state = read_checkpoint(home.checkpoint)
    assert (state["finished"], state["step"]) == (True, 6)
    assert [line["step"] for line in read_log(home.reports / "training.jsonl")] == [3, 6]


def test_each_process_of_a_team_sees_other_pictures(
    home: Home, parts: list[Part], settings: TrainSettings
) -> None:
    leader = replace(training(home, parts, settings), team=Team(0, 2))
    other = replace(leader, team=Team(1, 2))
    assert leader.own_seed == leader.seed
    assert other.own_seed != leader.own_seed
    assert inputs_fingerprint(leader, None) == inputs_fingerprint(other, None)


def test_the_size_of_the_team_makes_another_training(
    home: Home, parts: list[Part], settings: TrainSettings
) -> None:
    alone = training(home, parts, settings)
    assert inputs_fingerprint(alone, None) != inputs_fingerprint(
        replace(alone, team=Team(0, 2)), None
    )


def test_members_that_cannot_meet_are_told_how_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    for name in ("RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ModelError, match=r"cannot reach each other.*torchrun"), joined():
        pass
