import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from components import files


def test_file_appears_whole_under_its_name(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "card.json"
    files.write_json(target, {"b": 1, "a": [1, 2]})
    assert target.read_text() == '{\n  "a": [\n    1,\n    2\n  ],\n  "b": 1\n}\n'
    assert [path.name for path in target.parent.iterdir()] == ["card.json"]


def test_failed_write_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    target = tmp_path / "card.json"
    files.write_text(target, "old")

    def write_half() -> None:
        with files.replacing(target) as partial:
            partial.write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space") as caught:
        write_half()
    assert caught.value.filename == str(target)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["card.json"]


def test_killed_writer_leaves_only_a_partial_that_is_swept(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib, os, signal; from components import files\n"
        "with files.replacing(pathlib.Path(sys.argv[1])) as partial:\n"
        "    partial.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    target = tmp_path / "card.json"
    done = subprocess.run([sys.executable, "-c", script, str(target)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not target.exists()
    assert files.remove_partials(tmp_path) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_another_process_writes_just_now_is_left_to_it(tmp_path: Path) -> None:
    """A run that begins sweeps folders into which service, watcher and cameras write, too."""
    script = (
        "import sys, pathlib; from components import files\n"
        "with files.replacing(pathlib.Path(sys.argv[1])) as partial:\n"
        "    partial.write_text('half'); print('writes', flush=True); sys.stdin.read()\n"
    )
    target = tmp_path / "card.json"
    command = [sys.executable, "-c", script, str(target)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writes\n"
        assert files.remove_partials(tmp_path) == 0
        writer.communicate("", timeout=20)
    assert writer.returncode == 0
    assert target.read_text() == "half"


@dataclass
class Plate:
    width_mm: float
    where: Path


def test_fingerprint_reads_dataclasses_arrays_and_paths() -> None:
    one = files.fingerprint(Plate(1.5, Path("a")), np.array([1.0, 2.0]))
    assert one == files.fingerprint({"width_mm": 1.5, "where": "a"}, [1.0, 2.0])
    assert one != files.fingerprint(Plate(1.5, Path("b")), np.array([1.0, 2.0]))


def test_fingerprint_refuses_what_has_no_plain_form() -> None:
    with pytest.raises(TypeError, match="object has no plain form"):
        files.fingerprint(object())


def test_source_fingerprint_tells_packages_apart() -> None:
    assert files.source_fingerprint("geometry") != files.source_fingerprint("domain.py")
    assert files.source_fingerprint("geometry") == files.source_fingerprint("geometry")


def test_hash_of_an_empty_file_is_the_known_one(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    assert files.file_sha256(empty).startswith("e3b0c44298fc1c149afbf4c8996fb924")
