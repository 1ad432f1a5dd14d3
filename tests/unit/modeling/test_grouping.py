import dataclasses

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from components.modeling.grouping import Answer, Instances, group
from components.settings.train import GroupingSettings, TrainSettings

SIDE = 128  # network pixels


@pytest.fixture(scope="module")
def settings() -> GroupingSettings:
    return TrainSettings.load(None, "quick").prediction.grouping


class Scene:
    """Builds the answer of a network that sees perfectly."""

    def __init__(self) -> None:
        self.kind = np.zeros((SIDE, SIDE), np.int64)
        self.goal = np.zeros((2, SIDE, SIDE), np.float32)
        self.heat = np.zeros((SIDE // 4, SIDE // 4), np.float32)
        self.label = np.full((2, SIDE // 4, SIDE // 4), 0.5, np.float32)

    def add(
        self, mask: NDArray[np.bool_], centre: tuple[float, float], kind: int = 1, label: int = 0
    ) -> None:
        # Just outside an object the network still points to it, as it cannot see that sharply.
        near = cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
        self.goal[:, near & (self.kind == 0)] = np.array(centre)[:, None]
        self.kind[mask] = kind
        self.goal[:, mask] = np.array(centre)[:, None]
        self.heat[int(centre[1]) // 4, int(centre[0]) // 4] = 0.9
        self.label[:, mask[::4, ::4]] = np.array([[0.9], [0.1]])[:: 1 - 2 * label]

    def answer(self) -> Answer:
        sight = np.stack([self.kind == kind for kind in range(3)])[:, ::2, ::2] * 0.9 + 0.03
        rows, columns = np.indices((SIDE // 4, SIDE // 4)) * 4 + 1.5
        offset = self.goal[:, ::4, ::4] - np.stack([columns, rows])
        seam = np.zeros(sight.shape[1:], np.float32)
        return Answer(
            sight.astype(np.float32), seam, self.label, self.heat, offset.astype(np.float32)
        )


def box(x0: int, y0: int, x1: int, y1: int) -> NDArray[np.bool_]:
    mask = np.zeros((SIDE, SIDE), np.bool_)
    mask[y0:y1, x0:x1] = True
    return mask


def ring(x: float, y: float, inner: float, outer: float) -> NDArray[np.bool_]:
    rows, columns = np.indices((SIDE, SIDE))
    radius = np.hypot(columns - x, rows - y)
    return np.asarray((radius >= inner) & (radius < outer))


def areas(instances: Instances) -> list[int]:
    """Areas in network pixels, biggest first."""
    return sorted((4 * np.bincount(instances.ids.ravel())[1:]).tolist(), reverse=True)


def test_empty_picture_has_no_instances(settings: GroupingSettings) -> None:
    instances = group(Scene().answer(), settings)
    assert len(instances.scores) == 0
    assert not instances.ids.any()


def test_touching_squares_come_apart(settings: GroupingSettings) -> None:
    scene = Scene()
    scene.add(box(20, 40, 60, 80), (39.5, 59.5))
    scene.add(box(60, 40, 100, 80), (79.5, 59.5), label=1)
    instances = group(scene.answer(), settings)
    assert areas(instances) == [1600, 1600]
    left, right = instances.ids[30, 15], instances.ids[30, 45]
    assert left != right
    assert instances.labels[left - 1].argmax() == 0
    assert instances.labels[right - 1].argmax() == 1


def test_broken_ring_stays_together(settings: GroupingSettings) -> None:
    scene = Scene()
    broken = ring(64, 64, 24, 34) & ~box(60, 0, 68, SIDE)
    scene.add(broken, (64.0, 64.0))
    assert areas(group(scene.answer(), settings)) == [
        pytest.approx(np.count_nonzero(broken), rel=0.05)
    ]


def test_ring_and_square_apart_are_two_objects(settings: GroupingSettings) -> None:
    scene = Scene()
    scene.add(ring(64, 64, 24, 34), (64.0, 64.0))
    scene.add(box(100, 100, 124, 124), (111.5, 111.5))
    assert len(group(scene.answer(), settings).scores) == 2


def test_stray_votes_do_not_cut_a_region(settings: GroupingSettings) -> None:
    scene = Scene()
    scene.add(box(20, 20, 100, 100), (59.5, 59.5))
    scene.goal[:, 20:28, 20:28] = 100.0
    assert areas(group(scene.answer(), settings)) == [6400]


def test_region_without_any_centre_is_one_instance(settings: GroupingSettings) -> None:
    scene = Scene()
    scene.add(box(0, 0, 40, 40), (-40.0, -40.0))
    assert areas(group(scene.answer(), settings)) == [1600]


def test_specks_are_dropped(settings: GroupingSettings) -> None:
    scene = Scene()
    scene.add(box(20, 20, 24, 24), (21.5, 21.5))
    assert len(group(scene.answer(), settings).scores) == 0


def test_other_object_is_no_part(settings: GroupingSettings) -> None:
    scene = Scene()
    scene.add(box(20, 20, 60, 60), (39.5, 39.5), kind=2)
    instances = group(scene.answer(), settings)
    assert instances.is_part.tolist() == [False]


def test_score_is_the_belief_less_up_to_half_for_unsure_pixels(settings: GroupingSettings) -> None:
    scene = Scene()
    scene.add(box(20, 20, 60, 60), (39.5, 39.5))
    answer = scene.answer()
    sure = group(answer, settings)
    assert sure.scores[0] == pytest.approx(0.93, abs=1e-5)
    doubtful = answer.sight.copy()
    doubtful[:, 10:30, 10:20] = np.array([0.2, 0.8, 0.0])[:, None, None]
    half = group(dataclasses.replace(answer, sight=doubtful), settings)
    assert half.scores[0] == pytest.approx((0.93 + 0.8) / 2 * (1 + 0.5) / 2, abs=1e-5)


def test_three_objects_in_a_row_come_apart_at_their_seams(settings: GroupingSettings) -> None:
    scene = Scene()
    for left in (4, 44, 84):
        scene.add(box(left, 40, left + 40, 80), (left + 19.5, 59.5))
    answer = scene.answer()
    seam = answer.seam.copy()
    for border in (22, 42):
        seam[20:40, border - 1 : border + 1] = 0.9
    instances = group(dataclasses.replace(answer, seam=seam), settings)
    # A seam's pixels go to the side they lie on.
    assert areas(instances) == [1600, 1600, 1600]
