import numpy as np
import pytest
from matplotlib.patches import Circle

from components.domain import Contour, Part
from components.geometry.resemblance import similarity_to_json
from components.geometry.similarity import similarity_report
from components.modeling.model_card import DrawingSimilarity
from components.progress import SilentProgress
from components.visualization.part_plots import look_alikes_figure, outline_of, parts_figure


def rectangle(width: float, height: float, x: float = 0.0) -> Contour:
    a, b = width / 2, height / 2
    return Contour(np.array([[x - a, -b], [x + a, -b], [x + a, b], [x - a, b]]))


PLATE = Part("plate", rectangle(60, 40), (rectangle(8, 8, -20.0),))
TWIN = Part("twin", rectangle(60, 40), (rectangle(8, 8, -20.0), rectangle(6, 6, 15.0)))
BAR = Part("bar", rectangle(90, 10))


def similarity(*parts: Part) -> DrawingSimilarity:
    found = similarity_to_json(similarity_report(list(parts), progress=SilentProgress()))
    return DrawingSimilarity.model_validate(found)


def test_every_part_is_drawn_with_its_size() -> None:
    titles = [axes.get_title() for axes in parts_figure([PLATE, BAR]).axes if axes.get_title()]
    assert titles == ["plate\n60 x 40 mm, 1 hole", "bar\n90 x 10 mm, 0 holes"]


def test_hole_goes_the_other_way_round_than_the_outline() -> None:
    path = outline_of(PLATE)
    outline, hole = path.to_polygons()

    def area(xy: np.ndarray) -> float:
        x, y = np.asarray(xy).T
        return float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])) / 2

    assert area(outline) == 2400.0
    assert area(hole) == -64.0


def test_pair_that_looks_alike_is_drawn_with_what_differs() -> None:
    figure = look_alikes_figure([PLATE, TWIN, BAR], similarity(PLATE, TWIN, BAR))
    assert figure is not None
    (axes,) = figure.axes
    assert axes.get_title().startswith("plate / twin\nconfusable, IoU ")
    (ring,) = [each for each in axes.patches if isinstance(each, Circle)]
    assert np.abs(ring.center) == pytest.approx([15.0, 0.0], abs=0.1)


def test_no_chart_where_nothing_looks_alike() -> None:
    assert look_alikes_figure([PLATE, BAR], similarity(PLATE, BAR)) is None
