from pathlib import Path

import cv2
import numpy as np
import pytest

from components.errors import DatasetError
from components.visualization.reduced import write_reduced


@pytest.mark.parametrize(("width", "wanted"), [(200, (50, 100, 3)), (80, (40, 80, 3))])
def test_wide_picture_is_reduced_and_a_small_one_is_not(
    tmp_path: Path, width: int, wanted: tuple[int, ...]
) -> None:
    source, target = tmp_path / "a.png", tmp_path / "a.jpg"
    cv2.imwrite(str(source), np.full((width // 2, width, 3), 90, np.uint8))
    write_reduced(source, target, 100)
    picture = cv2.imread(str(target))
    assert picture is not None
    assert picture.shape == wanted
    assert np.abs(picture.astype(int) - 90).max() <= 1


def test_missing_picture_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="make run"):
        write_reduced(tmp_path / "a.png", tmp_path / "a.jpg")
