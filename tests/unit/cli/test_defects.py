"""`dxfvision bench defects` as a user calls it."""

import json
from pathlib import Path

from components.inspection.defects.planted import KINDS
from tests.unit.cli.test_app import DRAWINGS, dxfvision


def test_curve_is_printed_kept_and_drawn(tmp_path: Path) -> None:
    done = dxfvision(
        "bench", "defects", "--home", tmp_path, "--drawings", DRAWINGS, "--json",
        "--profile", "tiny", "--pictures", "1", "--px-per-mm", "3",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["px_per_mm"] == 3.0
    assert {row["kind"]: len(row["points"]) for row in found["kinds"]} == dict.fromkeys(KINDS, 2)
    assert found["machine"]["cores"] >= 1
    folder = tmp_path / "reports" / "defects"
    assert json.loads((folder / "curve.json").read_text()) == found
    assert (folder / "curve.png").read_bytes().startswith(b"\x89PNG")
