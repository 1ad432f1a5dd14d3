"""A sample depends on its number and the seed alone, and its truth agrees with its pixels."""

import numpy as np
import pytest

from components.dataset.annotations import label_numbers, semantic_mask
from components.dataset.samples import make_sample
from components.geometry.masks import mask_from_rle, xyxy_from_mask


def test_sample_is_the_same_whatever_was_made_before(parts, settings):
    first = make_sample(parts, settings, 9, 17)
    for index in range(5):
        make_sample(parts, settings, 9, index)
    again = make_sample(parts, settings, 9, 17)
    assert (first.image == again.image).all()
    assert (first.instances == again.instances).all()


def test_neighbours_and_seeds_differ(parts, settings):
    images = [make_sample(parts, settings, s, i).image for s, i in [(1, 2), (1, 3), (2, 2)]]
    assert (images[0] != images[1]).any()
    assert (images[0] != images[2]).any()


def test_samples_of_a_group_share_their_ground(parts, settings):
    one, two = (make_sample(parts, settings, 1, index) for index in (6, 7))
    assert one.group == two.group
    assert one.split == two.split
    assert one.scene.ground.pattern == two.scene.ground.pattern
    assert one.scene.ground.at == two.scene.ground.at


@pytest.mark.parametrize("index", range(12))
def test_masks_boxes_areas_and_fractions_agree(parts, settings, index):
    sample = make_sample(parts, settings, 3, index)
    for annotation in sample.annotations:
        visible = mask_from_rle(annotation.visible)
        whole = mask_from_rle(annotation.whole)
        assert (visible == (sample.instances == annotation.instance_id)).all()
        assert annotation.area_px == np.count_nonzero(visible) >= settings.min_area_px
        assert annotation.xyxy_px == xyxy_from_mask(visible)
        assert not (visible & ~whole).any()
        assert 0 < annotation.visible_fraction <= 1
        hidden = np.count_nonzero(visible) / np.count_nonzero(whole)
        assert annotation.visible_fraction <= hidden + 1e-9
    ids = {annotation.instance_id for annotation in sample.annotations}
    assert set(np.unique(sample.instances).tolist()) <= ids | {0}


def test_semantic_mask_holds_the_labels_numbers(parts, settings):
    numbers = label_numbers([part.name for part in parts])
    assert numbers == {"frame": 1, "plate": 2, "square": 3}
    sample = make_sample(parts, settings, 3, 1)
    mask = semantic_mask(sample.instances, sample.annotations, numbers)
    assert mask.dtype == np.uint8
    for annotation in sample.annotations:
        inside = sample.instances == annotation.instance_id
        assert set(mask[inside].tolist()) == {numbers.get(annotation.label, 255)}
    assert (mask[sample.instances == 0] == 0).all()


def test_many_drawings_get_sixteen_bits(parts, settings):
    sample = make_sample(parts, settings, 3, 1)
    numbers = label_numbers([f"p{n:03d}" for n in range(251)])
    mask = semantic_mask(sample.instances, sample.annotations, numbers)
    assert mask.dtype == np.uint16
    # None of the sample's labels is among them: all are other objects.
    assert set(np.unique(mask).tolist()) == {0, 65535}
