from dataclasses import replace

import numpy as np
import pytest

from components.domain import OTHER_LABEL, UNKNOWN_LABEL, Detection, FitQuality
from components.geometry.masks import mask_from_rle
from components.inspection.labelling import frame_faults, labels_of, with_others
from components.settings.labelling import LabellingSettings
from tests.unit.inspection.shapes import HEIGHT, WIDTH, bracket, mask_of, plate, posed

SETTINGS = LabellingSettings.load()
TIGHT = FitQuality(iou=0.9, edge_rms_px=0.2, visible_fraction=1.0, margin=5.0, runner_up="b")
PARTS = {"bracket": bracket(), "plate": plate()}


def found(label: str, x: float, y: float = 180.0, score: float = 0.95, **fit: object) -> Detection:
    pose = posed(x, y, 20.0, 1.5)
    mask = mask_of(PARTS[label], pose)
    rows, columns = np.nonzero(mask)
    box = (columns.min(), rows.min(), columns.max() + 1.0, rows.max() + 1.0)
    x0, y0, x1, y1 = map(float, box)
    return Detection(label, score, (x0, y0, x1, y1), mask, (), pose, replace(TIGHT, **fit))


def test_frame_whose_parts_all_fit_is_labelled():
    assert frame_faults([found("bracket", 120), found("plate", 350)], SETTINGS) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"iou": 0.5}, "fit 0.50"),
        ({"edge_rms_px": 0.9}, "edges off by 0.90 px"),
        ({"margin": 1.0}, "margin against b 1.00"),
        ({"visible_fraction": 0.1}, "visible share 0.10"),
        ({"score": 0.5}, "score 0.50"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_one_loose_part_leaves_the_whole_frame_out(change, told):
    faults = frame_faults([found("bracket", 120), found("plate", 350, **change)], SETTINGS)
    assert len(faults) == 1
    assert faults[0].startswith("plate at (350, 180): ")
    assert told in faults[0]


def test_part_without_a_rival_needs_no_margin():
    assert frame_faults([found("plate", 200, margin=None, runner_up=None)], SETTINGS) == []


@pytest.mark.parametrize("label", [UNKNOWN_LABEL, "ambiguous: bracket | plate"])
def test_anything_unexplained_leaves_the_frame_out(label):
    odd = replace(found("plate", 350), label=label)
    assert len(frame_faults([found("bracket", 120), odd], SETTINGS)) == 1


def test_frame_without_parts_is_not_labelled():
    other = replace(found("plate", 200), label=OTHER_LABEL)
    assert frame_faults([], SETTINGS) == frame_faults([other], SETTINGS) == ["no part was found"]


def test_parts_that_claim_the_same_pixels_leave_the_frame_out():
    faults = frame_faults([found("bracket", 200), found("plate", 220, score=0.92)], SETTINGS)
    assert len(faults) == 1
    assert faults[0].startswith("plate at (220, 180) overlaps")


def test_unknown_objects_are_other_if_the_network_takes_them_for_no_part():
    unknown = replace(found("plate", 350), label=UNKNOWN_LABEL, pose=None, fit=None)
    part, answer = found("bracket", 120), [found("bracket", 120), unknown]
    assert [each.label for each in with_others(answer, [unknown], SETTINGS)] == [
        "bracket",
        OTHER_LABEL,
    ]
    # The network takes it for a plate: nobody knows what it is.
    sure = replace(unknown, label="plate")
    assert with_others(answer, [sure], SETTINGS)[1].label == UNKNOWN_LABEL
    faint = replace(unknown, score=0.3)
    assert with_others([part, faint], [faint], SETTINGS) == [part]


def test_labels_are_the_drawings_pixels_at_full_resolution():
    parts = [found("bracket", 120, visible_fraction=0.97), found("plate", 350)]
    instances, labels = labels_of(parts, PARTS)
    assert instances.shape == (HEIGHT, WIDTH)
    assert [label.label for label in labels] == ["bracket", "plate"]
    for label, part in zip(labels, parts, strict=True):
        assert np.array_equal(instances == label.instance_id, part.mask)
        assert np.array_equal(mask_from_rle(label.visible), part.mask)
        assert label.area_px == part.mask.sum()
        assert label.xyxy_px == part.xyxy_px
        assert label.pose is part.pose
    assert labels[0].visible_fraction == 0.97


def test_covered_pixels_count_to_the_whole_part_only():
    part = found("plate", 200)
    seen = part.mask.copy()
    seen[:, :200] = False
    (label,) = labels_of([replace(part, mask=seen)], PARTS)[1]
    assert np.array_equal(mask_from_rle(label.visible), seen)
    assert np.array_equal(mask_from_rle(label.whole), part.mask)
