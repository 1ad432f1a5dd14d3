from collections.abc import Callable
from contextlib import closing
from itertools import islice

import numpy as np
import pytest
import torch

from components.domain import Sample
from components.errors import DatasetError
from components.home import Home
from components.modeling.picture_sources import DatasetPictures
from components.modeling.torch_dataset import (
    Batch,
    CropSource,
    prefetched,
    recoloured,
)
from components.settings.train import TrainSettings

NUMBERS = {"plate": 0, "frame": 1, "disc": 2}
MakeSource = Callable[..., CropSource]


@pytest.fixture
def make_source(dataset_home: Home, samples: list[Sample], settings: TrainSettings) -> MakeSource:
    def make(seed: int = 1) -> CropSource:
        pictures = DatasetPictures(dataset_home.root, samples, NUMBERS, seed)
        return CropSource(pictures, settings, seed)

    return make


def same(one: Batch, other: Batch) -> bool:
    pairs = zip([one.images, *one.targets], [other.images, *other.targets], strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_batch_depends_on_seed_and_number_alone(make_source: MakeSource) -> None:
    begun, fresh = make_source(), make_source()
    for number in range(5):
        before = begun.batch(number)
    assert same(before, fresh.batch(4))
    assert not same(before, fresh.batch(5))
    assert not same(before, make_source(seed=2).batch(4))


def test_batch_shapes_follow_the_settings(make_source: MakeSource, settings: TrainSettings) -> None:
    source = make_source()
    source.whole_from = 3
    crops, whole = source.batch(2), source.batch(3)
    assert crops.images.shape == (settings.crops.batch, 64, 64, 3)
    assert whole.images.shape == (settings.crops.whole_batch, 64, 96, 3)
    assert crops.targets.sight.shape == (settings.crops.batch, 3, 32, 32)
    assert torch.allclose(crops.targets.sight.sum(1), torch.ones(1), atol=0.01)


def test_prefetched_batches_come_in_order(make_source: MakeSource) -> None:
    with closing(prefetched(make_source(), 2, depth=3)) as batches:
        ahead = list(islice(batches, 3))
    assert all(same(b, make_source().batch(n)) for n, b in enumerate(ahead, start=2))


def test_fault_on_the_thread_reaches_the_training(make_source: MakeSource) -> None:
    class Broken:
        def batch(self, number: int) -> Batch:
            raise DatasetError(f"batch {number}")

    with (
        closing(prefetched(Broken(), 7, depth=1)) as batches,
        pytest.raises(DatasetError, match="batch 7"),
    ):
        next(batches)


def test_recolouring_can_leave_a_picture_as_it_is(settings: TrainSettings) -> None:
    still = settings.augment.model_copy(
        update={"gain": (1.0, 1.0), "offset": 0.0, "channel_shuffle": 0.0}
    )
    image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    assert np.array_equal(recoloured(image, still, np.random.default_rng(0)), image)


def test_recolouring_doubles_and_stops_at_white(settings: TrainSettings) -> None:
    double = settings.augment.model_copy(
        update={"gain": (2.0, 2.0), "offset": 0.0, "channel_shuffle": 0.0}
    )
    image = np.full((1, 1, 3), [10, 100, 200], np.uint8)
    assert recoloured(image, double, np.random.default_rng(0)).tolist() == [[[20, 200, 255]]]
