import numpy as np
import pandas as pd
import pytest

from components.validation.measurements import THUMBNAIL_PX
from components.validation.tables import look_alike_rms


def thumbnail(level: int) -> bytes:
    return bytes([level]) * THUMBNAIL_PX**2


def test_look_alike_is_sought_in_other_splits_only() -> None:
    images = pd.DataFrame(
        {
            "split": ["train", "train", "test", "val"],
            "thumbnail": [thumbnail(level) for level in (100, 101, 110, 130)],
        }
    )
    assert look_alike_rms(images, "thumbnail").tolist() == pytest.approx([10.0, 9.0, 9.0, 20.0])


def test_single_split_has_no_look_alikes() -> None:
    images = pd.DataFrame({"split": ["train"] * 2, "thumbnail": [thumbnail(1)] * 2})
    assert np.isnan(look_alike_rms(images, "thumbnail")).all()
