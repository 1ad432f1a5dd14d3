import numpy as np
import pytest

from components.geometry.masks import mask_iou
from components.inspection.proposals import propose
from components.settings.inspection import InspectionSettings
from tests.unit.inspection.shapes import HEIGHT, WIDTH, bracket, disc, mask_of, posed, registrar

SETTINGS = InspectionSettings.load().proposals
FIRST = mask_of(bracket(), posed(130.0, 150.0, 20.0, 2.0))
SECOND = mask_of(disc(), posed(350.0, 220.0, 0.0, 2.4))


def picture(ground, first, second, noise=4.0):
    """Both parts on a ground, each of one colour, with noise of some grey levels."""
    image = np.full((HEIGHT, WIDTH, 3), ground, dtype=np.float64)
    image[FIRST], image[SECOND] = first, second
    image += np.random.default_rng(0).normal(0.0, noise, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


def best_overlap(proposals, mask):
    return max((mask_iou(proposal.mask, mask) for proposal in proposals), default=0.0)


@pytest.mark.parametrize(
    ("ground", "first", "second"),
    [
        ((235, 235, 230), (20, 20, 22), (30, 28, 28)),
        ((15, 15, 18), (190, 190, 195), (220, 215, 210)),
        # Equally bright, of another colour; and one brighter and one darker than the ground.
        ((120, 120, 120), (190, 95, 100), (60, 140, 150)),
        ((120, 120, 120), (200, 200, 200), (45, 45, 45)),
    ],
    ids=["backlit", "bright on dark", "coloured", "bright and dark"],
)
def test_parts_on_a_plain_ground_are_proposed_exactly(ground, first, second):
    proposals = propose(picture(ground, first, second), SETTINGS)
    assert best_overlap(proposals, FIRST) > 0.95
    assert best_overlap(proposals, SECOND) > 0.95


def test_proposals_become_names():
    known = registrar(bracket(), disc())
    image = picture((235, 235, 230), (20, 20, 22), (30, 28, 28))
    labels = [known.register(proposal.mask).label for proposal in propose(image, SETTINGS)]
    assert {"bracket", "disc"} <= set(labels)


def test_same_region_is_proposed_once():
    proposals = propose(picture((235, 235, 230), (20, 20, 22), (30, 28, 28)), SETTINGS)
    for number, one in enumerate(proposals):
        for other in proposals[:number]:
            assert mask_iou(one.mask, other.mask) <= SETTINGS.same_iou


def test_bigger_proposals_come_first():
    proposals = propose(picture((120, 120, 120), (200, 200, 200), (45, 45, 45)), SETTINGS)
    sizes = [np.count_nonzero(proposal.mask) for proposal in proposals]
    assert sizes == sorted(sizes, reverse=True)


def test_empty_ground_proposes_nothing():
    assert propose(np.full((HEIGHT, WIDTH, 3), 128, dtype=np.uint8), SETTINGS) == []


@pytest.mark.parametrize("hw", [(1, 1), (1, 40), (40, 2), (3, 3)])
def test_picture_of_few_pixels_is_no_fault(hw):
    propose(np.full((*hw, 3), 90, dtype=np.uint8), SETTINGS)


def test_same_picture_gives_the_same_proposals():
    image = picture((120, 120, 120), (190, 95, 100), (60, 140, 150), noise=12.0)
    one, other = propose(image, SETTINGS), propose(image, SETTINGS)
    assert len(one) == len(other)
    assert all(np.array_equal(a.mask, b.mask) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("shape", [(40, 60), (40, 60, 4)])
def test_picture_that_is_not_rgb_is_refused(shape):
    with pytest.raises(ValueError, match="expected RGB"):
        propose(np.zeros(shape, dtype=np.uint8), SETTINGS)


def test_big_picture_is_shrunk_and_its_regions_have_its_size():
    image = np.full((1200, 1600, 3), 40, np.uint8)
    image[300:900, 400:1000] = 200
    found = propose(image, SETTINGS)
    assert {proposal.mask.shape for proposal in found} == {(1200, 1600)}
    assert any(mask_iou(proposal.mask, image[:, :, 0] == 200) > 0.98 for proposal in found)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 2), (3, 900), (900, 3), (2, 2)])
def test_pictures_of_hardly_any_pixels_have_no_regions_or_few(height, width):
    noise = np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
    for image in (noise, np.full_like(noise, 128)):
        for found in propose(image, SETTINGS):
            assert found.mask.shape == (height, width)
