import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from components.inspection.fitting.placing import Placing

numbers = st.complex_numbers(min_magnitude=0.1, max_magnitude=10)
placings = st.builds(Placing, numbers, numbers, st.booleans())


@given(placings, placings)
def test_joined_similarities_are_the_product_of_their_matrices(one, other):
    product = one.matrix() @ other.matrix()
    np.testing.assert_allclose(one.after(other).matrix(), product, atol=1e-9)


def test_matrix_moves_points_as_complex_numbers():
    placing = Placing(1 + 2j, 3 - 1j, True)
    x, y, _ = placing.matrix() @ [0.5, -2.0, 1.0]
    assert complex(x, y) == (1 + 2j) * complex(0.5, 2.0) + (3 - 1j)


def test_near_counts_in_pixels():
    # Ten pixels a millimetre: a tenth of a millimetre each; moved by 0.3 mm, three pixels.
    one, other = Placing(0.1 + 0j, 0j, False), Placing(0.1 + 0j, 0.3 + 0j, False)
    assert one.near(other, 50.0, 3.1)
    assert not one.near(other, 50.0, 2.9)
    assert not one.near(Placing(0.1 + 0j, 0j, True), 50.0, 1e9)
