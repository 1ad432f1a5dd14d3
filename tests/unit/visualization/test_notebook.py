"""The notebook runs top to bottom on a small home folder; as it is kept, it has no outputs."""

import shutil
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from PIL import Image

from components.home import Home

NOTEBOOK = Path(__file__).parents[3] / "notebooks" / "EDA.ipynb"


@pytest.fixture
def notebook() -> NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


def test_outputs_are_stripped(notebook: NotebookNode) -> None:
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)


@pytest.mark.parametrize("photographs", [0, 3], ids=["no photographs", "three photographs"])
def test_every_cell_runs(
    notebook: NotebookNode,
    dataset_home: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    photographs: int,
) -> None:
    home = Home(tmp_path / "home")
    shutil.copytree(dataset_home.root, home.root)
    home.photos.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for number in range(photographs):
        pixels = rng.integers(0, 255, (60, 80, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(home.photos / f"{number}.png")
    monkeypatch.setenv("DXFVISION_HOME", str(home.root))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    client = NotebookClient(notebook, timeout=120, kernel_name="python3")
    client.execute(cwd=str(NOTEBOOK.parent))
    shown = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    pictures = [out for outs in shown for out in outs if "image/png" in out.get("data", {})]
    # Parts, look-alikes, balance, sizes, light, sample, hardest, real beside generated.
    assert len(pictures) == 8
    text = str(shown)
    assert "3 parts, 30 pictures of 160x120 px, seed 5" in text
    assert ("No photographs in" in text) == (photographs == 0)
