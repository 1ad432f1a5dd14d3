import math

import pytest
import torch

from components.modeling.heads import NO_LABEL, NO_SEAM
from components.modeling.losses import (
    centre_loss,
    label_loss,
    offset_loss,
    seam_loss,
    sight_loss,
)


def test_undecided_sight_costs_log_three() -> None:
    shares = torch.zeros((1, 3, 4, 4))
    shares[:, 0] = 1.0
    assert sight_loss(torch.zeros((1, 3, 4, 4)), shares, 0.5).item() == pytest.approx(math.log(3))


def test_objects_pixels_count_twice() -> None:
    shares = torch.zeros((1, 3, 4, 4))
    shares[:, 1] = 1.0
    loss = sight_loss(torch.zeros((1, 3, 4, 4)), shares, 0.5)
    assert loss.item() == pytest.approx(1.5 * math.log(3))


def test_half_a_pixel_is_answered_best_by_one_half() -> None:
    shares = torch.tensor([0.5, 0.5, 0.0]).reshape(1, 3, 1, 1)
    logits = torch.tensor([0.0, 0.0, -30.0]).reshape(1, 3, 1, 1).requires_grad_()
    sight_loss(logits, shares, 0.5).backward()
    assert logits.grad is not None
    assert logits.grad.abs().max() < 1e-6


def test_seam_loss_asks_on_objects_alone_and_weighs_seams_four_times() -> None:
    seam = torch.tensor([1.0, 0.0, NO_SEAM, NO_SEAM]).reshape(1, 1, 1, 4)
    logits = torch.tensor([0.0, 0.0, 50.0, -50.0]).reshape(1, 1, 1, 4)
    assert seam_loss(logits, seam).item() == pytest.approx((4.0 + 1.0) / 2 * math.log(2))


def test_label_loss_looks_at_parts_alone() -> None:
    labels = torch.full((1, 2, 2), NO_LABEL)
    assert label_loss(torch.zeros((1, 5, 2, 2)), labels).item() == 0.0
    labels[0, 0, 0] = 3
    assert label_loss(torch.zeros((1, 5, 2, 2)), labels).item() == pytest.approx(math.log(5))


def test_centre_loss_of_even_odds_is_the_focal_formula() -> None:
    heat = torch.tensor([1.0, 0.0, 0.5]).reshape(1, 1, 1, 3)
    # (1-p)^2 log p at the centre, (1-y)^4 p^2 log(1-p) elsewhere, p = 1/2.
    expected = 0.25 * math.log(2) * (1.0 + 1.0 + 0.5**4)
    assert centre_loss(torch.zeros((1, 1, 1, 3)), heat).item() == pytest.approx(expected)


def test_offset_loss_is_smooth_l1_on_objects() -> None:
    offset, on_object = torch.zeros((1, 2, 1, 2)), torch.tensor([1.0, 0.0]).reshape(1, 1, 1, 2)
    predicted = torch.tensor([[3.0, 99.0], [0.5, 99.0]]).reshape(1, 2, 1, 2)
    # Beyond 1 the loss is |x| - 1/2, below it x^2 / 2.
    assert offset_loss(predicted, offset, on_object).item() == pytest.approx((2.5 + 0.125) / 2)


def test_pictures_without_objects_cost_no_offset() -> None:
    nothing = torch.zeros((1, 1, 2, 2))
    assert offset_loss(torch.ones((1, 2, 2, 2)), torch.zeros((1, 2, 2, 2)), nothing).item() == 0.0
