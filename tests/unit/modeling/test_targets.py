import numpy as np
import pytest
from numpy.typing import NDArray

from components.domain import OTHER_LABEL, Annotation, Rle
from components.modeling.heads import NO_LABEL, NO_SEAM
from components.modeling.targets import Picture, Window, centres_of, cropped, picture_of, seams_of

NO_PIXELS = Rle(size=[1, 1], counts="")


def annotation(number: int, label: str, box: tuple[float, float, float, float]) -> Annotation:
    return Annotation(number, label, box, 0, NO_PIXELS, NO_PIXELS, 1.0)


@pytest.fixture
def picture() -> Picture:
    """64 x 64: a part at columns 8-23, rows 16-31, another object at columns 40-47, rows 40-55."""
    instances = np.zeros((64, 64), np.uint8)
    instances[16:32, 8:24] = 1
    instances[40:56, 40:48] = 2
    image = np.repeat(instances[..., None] * 100, 3, 2).astype(np.uint8)
    annotations = (
        annotation(1, "plate", (8.0, 16.0, 24.0, 32.0)),
        annotation(2, OTHER_LABEL, (40.0, 40.0, 48.0, 56.0)),
    )
    return picture_of(image, instances, annotations, {"disc": 0, "plate": 1})


def test_centre_is_the_mean_of_the_pixels(picture: Picture) -> None:
    centres, areas = centres_of(picture.instances)
    assert centres[1].tolist() == [15.5, 23.5]
    assert centres[2].tolist() == [43.5, 47.5]
    assert areas[[1, 2, 3]].tolist() == [256.0, 128.0, 0.0]


def test_object_between_the_sampled_rows_has_its_centre_and_area() -> None:
    instances = np.zeros((64, 96), np.uint8)
    instances[63, 20:31] = 7
    instances[10:20, 41] = 8
    centres, areas = centres_of(instances)
    assert centres[7].tolist() == [25.0, 63.0]
    assert centres[8].tolist() == [41.0, 14.5]
    assert areas[[7, 8]].tolist() == [11.0, 10.0]


def test_whole_picture_gives_shares_labels_and_centres(picture: Picture) -> None:
    image, targets = cropped(picture, Window(0, 0, 64, 64), (64, 64))
    assert np.array_equal(image, picture.image)
    assert targets.sight[0].sum() == 255 * 64
    assert targets.sight[1].sum() == 255 * 32
    assert (targets.label == 1).sum() == 16
    assert (targets.label == NO_LABEL).sum() == 256 - 16
    assert targets.on_object.sum() == 16 + 8
    # (15.5, 23.5) lies in the cell of columns 16-19 (edge at 15.5), rows 24-27.
    assert np.argwhere(targets.heat == 1.0).tolist() == [[6, 4], [12, 11]]


def goals(offset: NDArray[np.float32]) -> NDArray[np.float32]:
    """Where each cell's offset leads, in network pixels, shape (2, h, w)."""
    rows, columns = np.indices(offset.shape[1:]) * 4 + 1.5
    return (offset + np.stack([columns, rows])).astype(np.float32)


@pytest.mark.parametrize("turn", [False, True])
@pytest.mark.parametrize("flip", [None, 0, 1, -1])
def test_offsets_lead_to_the_centre_however_a_crop_is_turned(
    picture: Picture, flip: int | None, turn: bool
) -> None:
    window = Window(4, 12, 32, 32, flip, turn)
    image, targets = cropped(picture, window, (64, 64))
    rows, columns = np.nonzero(image[..., 0] > 50)
    middle = [columns.mean(), rows.mean()]
    led = goals(targets.offset)[:, targets.on_object]
    assert np.allclose(led, np.array(middle)[:, None], atol=0.6)
    assert targets.heat.max() == 1.0


def test_half_covered_output_pixels_get_half_a_share(picture: Picture) -> None:
    _, targets = cropped(picture, Window(7, 15, 32, 32), (32, 32))
    assert targets.sight[0, 0, 1] == pytest.approx(127.5, abs=1)


def test_centre_outside_a_crop_gives_no_heat(picture: Picture) -> None:
    _, targets = cropped(picture, Window(20, 16, 16, 16), (16, 16))
    assert targets.heat.max() < 1.0
    assert targets.on_object.any()


def test_seam_lies_where_two_objects_touch_and_nowhere_else() -> None:
    ids = np.zeros((4, 8), np.uint8)
    ids[1:3, 0:3], ids[1:3, 3:5], ids[1:3, 6:8] = 7, 2, 9
    seam = seams_of(ids)
    # Two columns on each side of the border; the pair with a gap of one pixel is no seam.
    assert seam[1].tolist() == [0, 0, 1, 1, 0, NO_SEAM, 0, 0]
    assert (seam[0] == NO_SEAM).all()
