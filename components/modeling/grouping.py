"""From the heads' answers to instances: every pixel votes for its object's centre.

    object pixels --offset--> votes --blur--> density x heat --maxima--> centres
    pixel -> the centre its vote lies nearest to -> instance
    seams cut connected regions where objects touch

Two touching objects vote for two centres and come apart; the pieces of a ring that was seen
broken vote for one and stay together. A connected region listens to a centre only if enough of its
pixels do, so that stray votes do not cut it. Everything here is NumPy and OpenCV.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.modeling.heads import BACKGROUND, CENTRE_STRIDE, OTHER, PART, SIGHT_STRIDE
from components.settings.train import GroupingSettings


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What the network says about one picture of h x w network pixels.

    Attributes:
        sight: Probability of background, part, other, shape (3, h/2, w/2), float32.
        seam: Probability that two objects touch there, shape (h/2, w/2), float32.
        label: Probability of each of K drawings, shape (K, h/4, w/4), float32.
        heat: Probability of an object's centre, shape (h/4, w/4), float32.
        offset: To the object's centre (x, y) in network pixels, shape (2, h/4, w/4), float32.
    """

    sight: NDArray[np.float32]
    seam: NDArray[np.float32]
    label: NDArray[np.float32]
    heat: NDArray[np.float32]
    offset: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Instances:
    """The objects of one picture.

    Attributes:
        ids: 0 background, else 1..M, shape (h/2, w/2), int32.
        scores: Belief that it is a part as seen, shape (M,), float32; for an object that is
            rather other than part, that it is such an object.
        is_part: Shape (M,), bool.
        labels: Mean probability of each drawing, shape (M, K), float32.
        boxes: First column and row of each in `ids`, and those after the last, shape (M, 4).
    """

    ids: NDArray[np.int32]
    scores: NDArray[np.float32]
    is_part: NDArray[np.bool_]
    labels: NDArray[np.float32]
    boxes: NDArray[np.int64]


def group(answer: Answer, settings: GroupingSettings) -> Instances:
    """Return the instances of one picture.

    Args:
        answer: Of the network.
        settings: Thresholds; lengths in network pixels.
    """
    on_object = answer.sight[BACKGROUND] < 1.0 - settings.foreground
    regions = _regions(on_object, answer.seam >= settings.seam)
    places = np.flatnonzero(on_object)
    rows, columns = np.divmod(places, on_object.shape[1])
    # A pixel votes with its coarse cell: interpolated between two objects, a vote meets neither's
    # centre.
    ratio = CENTRE_STRIDE // SIGHT_STRIDE
    cells = np.stack([columns, rows], 1) // ratio
    offset = answer.offset[:, cells[:, 1], cells[:, 0]].T
    votes = ((cells + 0.5) * CENTRE_STRIDE - 0.5 + offset).astype(np.float32)
    centres = _centres(votes, answer.heat, settings)
    assigned = _assigned(votes, regions[rows, columns], centres, answer.heat.shape, settings)
    area = settings.min_area_px / SIGHT_STRIDE**2
    count, assigned = _numbered(assigned, area)
    ids = np.zeros(on_object.shape, np.int32)
    ids.ravel()[places] = assigned
    scores, is_part = _judged(answer, places, assigned, count, settings)
    labels = _labels(answer, ids, count + 1)
    return Instances(ids, scores, is_part, labels, _boxes(assigned, rows, columns, count))


def _regions(on_object: NDArray[np.bool_], seam: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the connected region 1.. of each pixel of an object, cut along the seams.

    A seam's own pixels belong to the region that lies nearest.
    """
    inside = (on_object & ~seam).astype(np.uint8)
    _, regions = cv2.connectedComponents(inside, connectivity=4)
    on_seam = on_object & seam
    if on_seam.any() and inside.any():
        _, nearest = cv2.distanceTransformWithLabels(
            1 - inside, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
        )
        region_of = np.zeros(int(nearest.max()) + 1, np.int32)
        region_of[nearest[inside > 0]] = regions[inside > 0]
        regions[on_seam] = region_of[nearest[on_seam]]
    return np.asarray(regions, np.int32)


def _centres(
    votes: NDArray[np.float32], heat: NDArray[np.float32], settings: GroupingSettings
) -> NDArray[np.float32]:
    """Return where votes gather, shape (M, 2), in network pixels."""
    height, width = heat.shape
    cells = _cells(votes)
    inside = ((cells >= 0) & (cells < (width, height))).all(1)
    places = cells[inside, 1] * width + cells[inside, 0]
    count = np.bincount(places, minlength=height * width).reshape(height, width)
    sigma = settings.vote_sigma_px / CENTRE_STRIDE
    density = cv2.GaussianBlur(count.astype(np.float32), (0, 0), sigma)
    warm = np.asarray(cv2.dilate(heat, np.ones((3, 3), np.uint8)), np.float32)
    density = density * ((1.0 - settings.heat_weight) + settings.heat_weight * warm)
    reach = 2 * round(settings.peak_distance_px / CENTRE_STRIDE) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    highest = cv2.dilate(density, disc)
    # Half of the least object's votes on one spot, spread by the blur, would reach this.
    enough = 0.5 * settings.min_area_px / SIGHT_STRIDE**2 / (2 * np.pi * sigma**2 + 1.0)
    maxima = ((density >= highest) & (density > enough)).astype(np.uint8)
    # Neighbouring cells may be equally high: one centre in their middle.
    _, _, _, middles = cv2.connectedComponentsWithStats(maxima, connectivity=8)
    centres = (middles[1:] + 0.5) * CENTRE_STRIDE - 0.5
    return np.asarray(centres, np.float32)


def _assigned(
    votes: NDArray[np.float32],
    regions: NDArray[np.int32],
    centres: NDArray[np.float32],
    hw: tuple[int, int],
    settings: GroupingSettings,
) -> NDArray[np.int64]:
    """Return the number of each pixel's centre, or beyond them one number per lone region."""
    region_count = int(regions.max(initial=0)) + 1
    lone = len(centres) + np.arange(region_count)
    if len(centres) == 0:
        return lone[regions]
    nearest = _nearest(votes, centres, hw)
    near = np.linalg.norm(votes - centres[nearest], axis=1) <= settings.peak_distance_px
    shape = (region_count, len(centres))
    table = np.bincount(regions * shape[1] + nearest, near, shape[0] * shape[1]).reshape(shape)
    area = np.bincount(regions, minlength=region_count)
    supported = table >= np.maximum(settings.peak_support * area[:, None], 1.0)
    best = np.where(supported.any(1), table.argmax(1), lone)
    heard = supported[regions, nearest]
    return np.where(heard, nearest, best[regions])


def _nearest(
    votes: NDArray[np.float32], centres: NDArray[np.float32], hw: tuple[int, int]
) -> NDArray[np.int64]:
    """Return the number of the centre nearest to each vote, looked up on the heat-map's grid."""
    grid = np.ones(hw, np.uint8)
    cells = _cells(centres)
    grid[cells[:, 1], cells[:, 0]] = 0
    _, basins = cv2.distanceTransformWithLabels(
        grid, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    number = np.zeros(len(centres) + 1, np.int64)
    number[basins[cells[:, 1], cells[:, 0]]] = np.arange(len(centres))
    places = np.clip(_cells(votes), 0, (hw[1] - 1, hw[0] - 1))
    found: NDArray[np.int64] = number[basins[places[:, 1], places[:, 0]]]
    return found


def _cells(points: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the column and row on the heat-map's grid of points in network pixels."""
    return np.rint((points + 0.5) / CENTRE_STRIDE - 0.5).astype(np.int64)


def _numbered(assigned: NDArray[np.int64], least_area: float) -> tuple[int, NDArray[np.int64]]:
    """Return how many groups are big enough, and each pixel's group 1.. of them, 0 for none."""
    count = np.bincount(assigned) if len(assigned) else np.zeros(0, np.int64)
    kept = np.flatnonzero(count >= max(least_area, 1.0))
    place = np.zeros(len(count) + 1, np.int64)
    place[kept] = np.arange(1, len(kept) + 1)
    return len(kept), place[assigned]


def _judged(
    answer: Answer,
    places: NDArray[np.int64],
    assigned: NDArray[np.int64],
    count: int,
    settings: GroupingSettings,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the scores of instances 1..count, how clearly they are seen, and which are parts.

    Belief alone ranks a blurred whole above a sharp one with a doubtful corner, so up to half of it
    is taken away by the share of the pixels that are not sure.
    """
    area = np.bincount(assigned, minlength=count + 1)[1:]
    kinds = [answer.sight[kind].ravel()[places] for kind in (PART, OTHER)]
    means = np.stack([np.bincount(assigned, kind, count + 1)[1:] / area for kind in kinds])
    sures = np.stack(
        [np.bincount(assigned, kind >= settings.sure, count + 1)[1:] / area for kind in kinds]
    )
    scores = (means * (1.0 + sures) / 2.0)[means.argmax(0), np.arange(count)]
    return scores.astype(np.float32), means[0] >= means[1]


def _labels(answer: Answer, ids: NDArray[np.int32], count: int) -> NDArray[np.float32]:
    """Return the mean label probabilities of instances 1..count-1, shape (count - 1, K)."""
    ratio = CENTRE_STRIDE // SIGHT_STRIDE
    coarse = ids[::ratio, ::ratio].ravel()
    cells = np.flatnonzero(coarse)
    owners = coarse[cells]
    # Instances so thin that no coarse pixel falls on them know nothing: all drawings alike.
    sums = [np.bincount(owners, plane.ravel()[cells], count)[1:] for plane in answer.label]
    means = np.stack(sums, 1) + 1e-6
    return np.asarray(means / means.sum(1, keepdims=True), np.float32)


def _boxes(
    assigned: NDArray[np.int64], rows: NDArray[np.int64], columns: NDArray[np.int64], count: int
) -> NDArray[np.int64]:
    """Return (x0, y0, x1, y1) of instances 1..count in output pixels, x1 and y1 excluded."""
    if count == 0:
        return np.zeros((0, 4), np.int64)
    # One instance's pixels after the other, each in the order of its rows.
    order = np.argsort(assigned, kind="stable")
    starts = np.searchsorted(assigned[order], np.arange(1, count + 2))
    columns, rows = columns[order], rows[order]
    left = np.minimum.reduceat(columns, starts[:-1])
    right = np.maximum.reduceat(columns, starts[:-1]) + 1
    return np.stack([left, rows[starts[:-1]], right, rows[starts[1:] - 1] + 1], 1)
