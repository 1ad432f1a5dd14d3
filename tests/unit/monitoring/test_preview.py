from pathlib import Path

import cv2
import numpy as np

from components.monitoring.preview import write_previews
from components.monitoring.write import PAGES
from tests.answering import answering

LABELS = {"box": "local", "stage": "train", "check": "memory"}
ANSWERS = {
    "/api/v1/query": {"data": {"result": [{"metric": LABELS, "value": [0, "1"]}]}},
    "/api/v1/query_range": {
        "data": {"result": [{"metric": LABELS, "values": [[0, "1"], [60, "2"]]}]}
    },
}
EMPTY = {path: {"data": {"result": []}} for path in ANSWERS}


def ink(picture: Path) -> float:
    """Share of the pixels that are not white."""
    image = cv2.imread(str(picture))
    assert image is not None
    return float(np.mean(np.any(image < 250, axis=2)))


def test_every_page_is_drawn_with_its_data(tmp_path: Path) -> None:
    with answering(ANSWERS) as url:
        full = write_previews(url, tmp_path / "full", minutes=5)
    with answering(EMPTY) as url:
        empty = write_previews(url, tmp_path / "empty", minutes=5)
    assert [path.name for path in full] == [f"dashboard-{page.uid}.png" for page in PAGES]
    for drawn, bare in zip(full, empty, strict=True):
        assert ink(drawn) > ink(bare) > 0
