import cv2
import numpy as np
import pytest

from components.inspection.fitting.views import view_of
from tests.unit.inspection.shapes import disc, mask_of, plate, posed


def test_edge_points_lie_on_the_true_edge():
    # Radii of 60 and 20 px about a place between pixels.
    view = view_of(mask_of(disc(), posed(240.3, 180.6, 0, 2.0)))
    radii = np.hypot(*(view.edge_px - (240.3, 180.6)).T)
    outer, inner = radii[radii > 40], radii[radii < 40]
    assert outer.mean() == pytest.approx(60, abs=0.2)
    # The mask itself is true to a tenth of a pixel.
    assert inner.mean() == pytest.approx(20, abs=0.2)
    assert np.abs(outer - 60).max() < 1.0


def test_probability_moves_edge_points_between_pixels():
    y, x = np.mgrid[:200, :200]
    soft = np.clip(0.5 + (60.25 - np.hypot(x - 100, y - 100)) / 3, 0, 1).astype(np.float32)
    view = view_of(soft > 0.5, probability=soft)
    radii = np.hypot(*(view.edge_px - 100).T)
    assert radii == pytest.approx(60.25, abs=0.05)


def test_area_and_centre_are_those_of_the_filled_outline():
    view = view_of(mask_of(disc(), posed(240, 180, 0, 2.0)))
    assert view.area_px == pytest.approx(np.pi * 60**2, rel=0.01)
    assert view.own_area_px == pytest.approx(np.pi * (60**2 - 20**2), rel=0.01)
    assert view.centre_px == pytest.approx((240, 180), abs=0.1)
    assert view.size_px == pytest.approx(120, rel=0.01)
    assert not view.cut


def test_frame_of_the_picture_is_no_edge():
    view = view_of(mask_of(disc(), posed(20.0, 180.0, 0, 2.0)))
    assert view.cut
    assert view.edge_px[:, 0].min() >= 0
    radii = np.hypot(*(view.edge_px - (20, 180)).T)
    assert np.minimum(abs(radii - 60), abs(radii - 20)).max() < 1.0


def test_border_to_another_object_is_no_edge():
    mask = mask_of(plate(), posed(240, 180, 0, 2.0))
    others = np.zeros_like(mask)
    others[:, :200] = True
    view = view_of(mask & ~others, others)
    assert view.cut
    # The plate's own left side lies under the other object; its cut at column 200 is no edge.
    assert view.edge_px[:, 0].min() > 201
    assert (view.judged[:, : 200 - view.left] == 0).all()


def test_objects_far_away_hide_nothing():
    others = np.zeros((360, 480), dtype=bool)
    others[:20] = True
    view = view_of(mask_of(plate(), posed(240, 180, 0, 2.0)), others)
    assert not view.cut


def test_first_edge_points_are_spread_over_the_whole_edge():
    view = view_of(mask_of(disc(), posed(240, 180, 0, 2.0)))
    turns = np.arctan2(*(view.edge_px[:64] - (240, 180)).T)
    counts, _ = np.histogram(turns, bins=8, range=(-np.pi, np.pi))
    assert counts.min() >= 3
    assert len(np.unique(view.edge_px, axis=0)) == len(view.edge_px)


def test_pieces_of_one_object_are_seen_together():
    mask = mask_of(plate(), posed(240, 180, 0, 2.0))
    mask[:, 235:245] = False
    view = view_of(mask)
    assert view.mask.shape[1] > 170
    assert cv2.connectedComponents(view.mask)[0] == 3


def test_empty_and_tiny_masks_have_no_view():
    mask = np.zeros((50, 50), dtype=bool)
    assert view_of(mask) is None
    mask[20, 20] = True
    assert view_of(mask) is None
