import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components.dataset.frame_groups import Stamp, groups_of, split_of_frames, stamp_of, taken_s


def stamp(taken: float, level: float) -> Stamp:
    return Stamp(taken, np.full(576, level, np.float32))


def test_frames_taken_shortly_after_each_other_are_one_group():
    stamps = [stamp(0, 0), stamp(50, 100), stamp(100, 200), stamp(300, 50)]
    assert groups_of(stamps, gap_s=60, alike_levels=5) == [0, 0, 0, 1]


def test_frames_that_look_alike_are_one_group_however_far_apart():
    stamps = [stamp(0, 0), stamp(1000, 100), stamp(5000, 2), stamp(9000, 200)]
    assert groups_of(stamps, gap_s=60, alike_levels=5) == [0, 1, 0, 2]


def test_a_frame_between_two_groups_joins_them():
    # The third was taken just after the second and shows what the first does.
    stamps = [stamp(0, 0), stamp(1000, 100), stamp(1010, 1)]
    assert groups_of(stamps, gap_s=60, alike_levels=5) == [0, 0, 0]


def test_groups_are_numbered_by_time_whatever_the_order_of_the_files():
    stamps = [stamp(900, 0), stamp(0, 100), stamp(500, 200)]
    assert groups_of(stamps, gap_s=60, alike_levels=5) == [2, 0, 1]


def test_no_group_stands_in_test_and_the_first_is_trainings():
    splits = [split_of_frames(group, 0.2) for group in range(1000)]
    assert splits[0] == "train"
    assert set(splits) == {"train", "val"}
    assert splits.count("val") == pytest.approx(200, abs=5)
    assert {split_of_frames(group, 0.0) for group in range(100)} == {"train"}


def test_time_is_the_cameras_else_the_files(tmp_path: Path):
    plain, dated = tmp_path / "plain.png", tmp_path / "dated.jpg"
    image = Image.new("RGB", (40, 30), (90, 90, 90))
    image.save(plain)
    os.utime(plain, (1234.0, 1234.0))
    exif = Image.Exif()
    exif[306] = "2026:01:02 03:04:05"
    image.save(dated, exif=exif)
    assert taken_s(plain) == 1234.0
    # 2026-01-01 is 20,454 days after 1970-01-01; a day and 3 h 4 min 5 s later.
    assert taken_s(dated) == 20_455 * 86_400 + 3 * 3600 + 4 * 60 + 5
    assert stamp_of(plain, np.asarray(image)).thumbnail == pytest.approx(90.0)
