"""What training minimises: one term per head and their weighted sum."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from components.modeling.heads import BACKGROUND, NO_LABEL, NO_SEAM
from components.modeling.network import NetworkOutput
from components.settings.train import LossSettings

_SEAM_WEIGHT = torch.tensor(4.0)
"""Of a pixel on a seam: one in some hundred is, and a gap in a seam joins two objects."""


class Targets(NamedTuple):
    """The truth of a batch of N crops of H x W pixels.

    Attributes:
        sight: Share of each output pixel that is background, part, other; shape
            (N, 3, H/2, W/2), float32, sums to 1 over axis 1.
        seam: 1 where two objects touch, 0 elsewhere on objects, `NO_SEAM` off them; shape
            (N, 1, H/2, W/2), float32.
        label: Number of the drawing or `NO_LABEL`, shape (N, H/4, W/4), int64.
        heat: 1 at the pixel of an object's centre, a Gaussian round it; shape (N, 1, H/4, W/4).
        offset: From the pixel to its object's centre (x, y) in units of `offset_unit_px`; shape
            (N, 2, H/4, W/4).
        on_object: 1 where an object is and the offset counts; shape (N, 1, H/4, W/4).
    """

    sight: Tensor
    seam: Tensor
    label: Tensor
    heat: Tensor
    offset: Tensor
    on_object: Tensor


class Loss(NamedTuple):
    """The weighted sum and its terms before weighting; scalars."""

    total: Tensor
    sight: Tensor
    seam: Tensor
    label: Tensor
    centre: Tensor
    offset: Tensor


def loss_of(output: NetworkOutput, targets: Targets, settings: LossSettings) -> Loss:
    """Return the loss of a batch.

    Args:
        output: The network's answer.
        targets: The truth.
        settings: Weights of the terms.
    """
    sight = sight_loss(output.sight, targets.sight, settings.foreground)
    seam = seam_loss(output.seam, targets.seam)
    label = label_loss(output.label, targets.label)
    centre = centre_loss(output.heat, targets.heat)
    offset = offset_loss(output.offset, targets.offset, targets.on_object)
    total = (
        sight
        + settings.seam * seam
        + settings.label * label
        + settings.centre * centre
        + settings.offset * offset
    )
    return Loss(total, sight, seam, label, centre, offset)


def sight_loss(logits: Tensor, shares: Tensor, foreground_weight: float) -> Tensor:
    """Return the cross-entropy of all pixels plus, weighted, of those on objects alone.

    Objects cover a small part of a picture, so the plain mean would let thin ones go.

    Args:
        logits: Shape (N, 3, h, w).
        shares: Shape (N, 3, h, w), sums to 1 over axis 1; soft at borders, which teaches where
            inside a pixel a border runs.
        foreground_weight: Weight of the second term.
    """
    per_pixel = -(shares * functional.log_softmax(logits, 1)).sum(1)
    objects = 1.0 - shares[:, BACKGROUND]
    on_objects = (per_pixel * objects).sum() / objects.sum().clamp(min=1.0)
    return per_pixel.mean() + foreground_weight * on_objects


def seam_loss(logits: Tensor, seam: Tensor) -> Tensor:
    """Return the mean cross-entropy over the pixels of objects; a seam's pixel weighs more.

    Args:
        logits: Shape (N, 1, h, w).
        seam: Same shape; see `Targets`.
    """
    on_object = (seam != NO_SEAM).to(logits.dtype)
    per_pixel = functional.binary_cross_entropy_with_logits(
        logits, seam.clamp(min=0.0), on_object, reduction="sum", pos_weight=_SEAM_WEIGHT
    )
    return per_pixel / on_object.sum().clamp(min=1.0)


def label_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean cross-entropy over the pixels of parts; 0 if there are none.

    Args:
        logits: Shape (N, K, h, w).
        labels: Shape (N, h, w), int64, `NO_LABEL` elsewhere.
    """
    summed = functional.cross_entropy(logits, labels, ignore_index=NO_LABEL, reduction="sum")
    return summed / (labels != NO_LABEL).sum().clamp(min=1)


def centre_loss(logits: Tensor, heat: Tensor) -> Tensor:
    """Return the focal loss of the centre heat-map per centre.

    Args:
        logits: Shape (N, 1, h, w).
        heat: Same shape; exactly 1 at centres.

    References:
        Zhou et al., "Objects as Points", 2019, equation 1 (alpha 2, beta 4).
    """
    probability = torch.sigmoid(logits)
    at_centre = (heat == 1.0).to(logits.dtype)
    hit = at_centre * (1.0 - probability) ** 2 * functional.logsigmoid(logits)
    miss = (1.0 - heat) ** 4 * probability**2 * functional.logsigmoid(-logits)
    return -(hit + (1.0 - at_centre) * miss).sum() / at_centre.sum().clamp(min=1.0)


def offset_loss(predicted: Tensor, offset: Tensor, on_object: Tensor) -> Tensor:
    """Return the mean smooth L1 distance over the pixels of objects.

    Args:
        predicted: Shape (N, 2, h, w).
        offset: Same shape.
        on_object: Shape (N, 1, h, w), 1 where it counts.
    """
    distance = functional.smooth_l1_loss(predicted, offset, reduction="none")
    return (distance * on_object).sum() / (2.0 * on_object.sum()).clamp(min=1.0)
