import dataclasses

import numpy as np
import pytest

from components.domain import Sample
from components.errors import DatasetError
from components.home import Home
from components.modeling.picture_sources import DatasetPictures, MixedPictures, read_picture

NUMBERS = {"plate": 0, "frame": 1, "disc": 2}


def test_every_epoch_shows_each_picture_once(dataset_home: Home, samples: list[Sample]) -> None:
    few = samples[:5]
    pictures = DatasetPictures(dataset_home.root, few, NUMBERS, seed=3)
    assert pictures.move_to(0, 96) == 5
    epochs = [
        [pictures.picture(5 * epoch + k).image.tobytes() for k in range(5)] for epoch in (0, 1)
    ]
    assert len(set(epochs[0])) == 5
    assert sorted(epochs[0]) == sorted(epochs[1])


def test_order_depends_on_the_seed_alone(dataset_home: Home, samples: list[Sample]) -> None:
    def shown(seed: int) -> list[bytes]:
        pictures = DatasetPictures(dataset_home.root, samples, NUMBERS, seed)
        return [pictures.picture(k).image.tobytes() for k in range(8)]

    assert shown(1) == shown(1)
    assert shown(1) != shown(2)


def test_pictures_left_behind_are_forgotten(dataset_home: Home, samples: list[Sample]) -> None:
    pictures = DatasetPictures(dataset_home.root, samples, NUMBERS, seed=1)
    first = pictures.picture(0)
    assert pictures.picture(0) is first
    pictures.move_to(1, 4)
    assert pictures.picture(0) is not first
    assert np.array_equal(pictures.picture(0).image, first.image)


def test_missing_picture_is_named(home: Home, samples: list[Sample]) -> None:
    (home.root / samples[0].image).unlink()
    with pytest.raises(DatasetError, match=r"000000\.jpg: cannot be read"):
        read_picture(home.root, samples[0], NUMBERS)


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_damaged_picture_is_named(home: Home, samples: list[Sample], content: bytes) -> None:
    (home.root / samples[0].image).write_bytes(content)
    with pytest.raises(DatasetError, match=f"{len(content)} bytes that are no picture"):
        read_picture(home.root, samples[0], NUMBERS)


def test_mask_of_another_size_is_refused(home: Home, samples: list[Sample]) -> None:
    wrong = dataclasses.replace(samples[0], instance_mask=samples[0].image)
    with pytest.raises(DatasetError, match=r"expected a mask of \(96, 128\)"):
        read_picture(home.root, wrong, NUMBERS)


def test_frames_take_their_share_of_the_positions(
    dataset_home: Home, samples: list[Sample]
) -> None:
    def row(few: list[Sample]) -> DatasetPictures:
        return DatasetPictures(dataset_home.root, few, NUMBERS, seed=1)

    frame = read_picture(dataset_home.root, samples[0], NUMBERS).image.tobytes()

    def shown(share: float) -> list[bool]:
        mixed = MixedPictures(row(samples[1:4]), row(samples[:1]), share, seed=2)
        assert mixed.move_to(0, 96) == 3
        found = [mixed.picture(k).image.tobytes() == frame for k in range(400)]
        mixed.close()
        return found

    assert sum(shown(0.25)) == pytest.approx(100, abs=30)
    assert shown(0.25) == shown(0.25)
    assert not any(shown(0.0))
    assert all(shown(1.0))
