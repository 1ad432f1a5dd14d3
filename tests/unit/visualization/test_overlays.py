import numpy as np

from components.domain import Detection
from components.visualization.overlays import UNKNOWN_COLOUR, colour_of, draw_detections


def detection(label: str) -> Detection:
    mask = np.zeros((100, 100), np.bool_)
    mask[30:90, 20:80] = True
    mask[50:70, 40:60] = False
    return Detection(label, 0.9, (20.0, 30.0, 80.0, 90.0), mask)


def test_objects_get_their_colour_and_holes_stay_as_they_are() -> None:
    image = np.full((100, 100, 3), 50, np.uint8)
    drawn = draw_detections(image, [detection("ring")], ["plate", "ring"])
    expected = 0.6 * 50 + 0.4 * np.array(colour_of("ring", ["plate", "ring"]))
    assert np.allclose(drawn[80, 30], expected, atol=1)
    assert drawn[60, 50].tolist() == [50, 50, 50]
    assert (image == 50).all()


def test_labels_have_colours_of_their_own_and_unknown_is_grey() -> None:
    labels = [f"part {number}" for number in range(10)]
    assert len({colour_of(label, labels) for label in labels}) == 10
    assert colour_of("unknown", labels) == UNKNOWN_COLOUR
