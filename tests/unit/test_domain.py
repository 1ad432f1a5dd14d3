import numpy as np
import pytest

from components.domain import Contour, Part


def test_part_knows_its_size() -> None:
    outline = Contour(np.array([[-5.0, -2.0], [5.0, -2.0], [5.0, 2.0], [-5.0, 2.0]]))
    assert Part("plate", outline).size_mm == (10.0, 4.0)


def test_contour_cannot_be_changed() -> None:
    contour = Contour(np.eye(3, 2))
    with pytest.raises(ValueError, match="read-only"):
        contour.xy_mm[0, 0] = 7.0


@pytest.mark.parametrize(
    ("vertices", "fault"),
    [
        (np.zeros((4, 3)), "expected an array of shape"),
        (np.zeros((2, 2)), "needs 3 vertices or more, got 2"),
        (np.array([[0.0, 0.0], [1.0, np.nan], [1.0, 1.0]]), "NaN or infinity"),
    ],
    ids=["three columns", "two vertices", "not a number"],
)
def test_bad_vertices_are_refused(vertices: np.ndarray, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        Contour(vertices)
