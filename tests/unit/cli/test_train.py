"""`dxfvision train` where it is more than a call of the stage."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from components.home import Home

DRAWING = Path(__file__).parents[3] / "data" / "raw" / "dxf_templates" / "hinge_plate.dxf"


def train(home: Home, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the console script as a user does."""
    script = Path(sys.executable).with_name("dxfvision")
    command = [script, "train", "--home", home.root, "--profile", "tiny", *arguments]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
        env={**os.environ, **environment},
    )


def test_a_stream_needs_the_drawings_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.prepare()
    shutil.copy(DRAWING, home.drawings)
    few = {"DXFVISION_TRAIN__STEPS": "2", "DXFVISION_TRAIN__VALIDATION_PICTURES": "1"}
    done = train(home, "--stream", "--json", **few)
    assert done.returncode == 0, done.stderr
    stages = [json.loads(line)["name"] for line in done.stdout.splitlines()]
    assert stages == ["read-drawings", "train"]
    assert not home.manifest.exists()
    assert home.checkpoint.is_file()


def test_one_process_trains_the_generic_weights(tmp_path: Path) -> None:
    alone = {
        "WORLD_SIZE": "2",
        "RANK": "0",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "1",
    }
    done = train(Home(tmp_path), "--generic", **alone)
    assert done.returncode == 2
    assert "leave out torchrun" in done.stderr
    assert not Home(tmp_path).models.exists()
