import pytest

from components.geometry.sheet_sizes import is_like_paper, sheet_of


@pytest.mark.parametrize(
    ("width", "height", "mm", "name"),
    [
        (420.0, 297.0, 1.0, "A3"),
        (297.0, 420.0, 1.0, "A3"),
        # ISO 5457: 20 mm on the left, 10 mm elsewhere; GOST 2.104: 20 and 5.
        (390.0, 277.0, 1.0, "A3"),
        (180.0, 277.0, 1.0, "A4"),
        (185.0, 287.0, 1.0, "A4"),
        (16.535, 11.693, 25.4, "A3"),
        (42.0, 29.7, 10.0, "A3"),
        (44.0, 34.0, 25.4, "ANSI E"),
        (11890.0, 8410.0, 1.0, "A0 at 10"),
        (210.0, 100.0, 1.0, ""),
        (300.0, 200.0, 1.0, ""),
        (400.0, 300.0, 1.0, ""),
    ],
)
def test_rectangle_has_the_size_of_a_sheet(width, height, mm, name):
    assert sheet_of(width, height, [mm]) == name


def test_paper_has_sides_as_the_root_of_two():
    assert is_like_paper(1.41421356, 1.0)
    assert is_like_paper(50.0, 70.7)
    assert not is_like_paper(1.5, 1.0)
