import csv
import io
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from components.data_preprocessing.photos import usable_photos
from components.dataset.card import load_dataset
from components.dataset.manifest import read_manifest
from components.dataset.verify import extra_files, verify_dataset
from components.domain import Sample
from components.errors import DatasetError
from components.geometry.masks import mask_from_rle, mask_iou
from components.geometry.parts_file import write_parts
from components.home import Home
from components.inspection.inspector import Inspector
from components.inspection.opening import open_inspector
from components.modeling.coco_truth import read_coco
from components.operations.improvement.labelling import (
    Labelling,
    apply_review,
    label_frames,
    waiting,
)
from components.operations.improvement.review import read_review
from components.progress import SilentProgress
from components.settings.inspection import InspectionSettings
from components.settings.labelling import LabellingSettings
from tests.bundles import BLUE, PARTS, RED, encoded, make_bundle, scene

SETTINGS = LabellingSettings.load()
COUNT = 6


@pytest.fixture(scope="module")
def inspector(tmp_path_factory: pytest.TempPathFactory) -> Inspector:
    bundle = make_bundle(tmp_path_factory.mktemp("labelling") / "bundle")
    return open_inspector(bundle, InspectionSettings.load())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Six scenes an hour apart, a copy, an empty one, an unknown shape, and bytes of no picture."""
    place = Home(tmp_path / "home")
    place.photos.mkdir(parents=True)
    place.processed.mkdir(parents=True)
    write_parts(place.parts, PARTS)
    for number in range(COUNT):
        path = place.photos / f"{number}.png"
        path.write_bytes(encoded(scene(number)))
        os.utime(path, (3600.0 * number,) * 2)
    (place.photos / "copy.png").write_bytes(encoded(scene(0)))
    ground = np.full((240, 320, 3), 20, np.uint8)
    (place.photos / "empty.png").write_bytes(encoded(ground))
    cv2.fillPoly(ground, [np.array([[60, 200], [160, 40], [260, 200], [160, 150]])], RED)
    (place.photos / "star.png").write_bytes(encoded(ground))
    (place.photos / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    return place


def labelled(home: Home, inspector: Inspector) -> Labelling:
    return label_frames(home, inspector, SETTINGS, home.photos, SilentProgress())


def truth(sample: Sample, root: Path = Path()) -> dict[str, np.ndarray]:
    image = cv2.cvtColor(cv2.imread(str(root / sample.image)), cv2.COLOR_BGR2RGB)
    return {"plate": (image == RED).all(2), "ring": (image == BLUE).all(2)}


def test_frames_that_fit_get_labels_and_the_others_a_reason(home, inspector):
    found = labelled(home, inspector)
    assert [sample.image.name for sample in found.tight] == [f"{n}.png" for n in range(COUNT)]
    for sample in found.tight:
        masks = truth(sample)
        assert {a.label for a in sample.annotations} == set(masks)
        for label in sample.annotations:
            assert mask_iou(mask_from_rle(label.visible), masks[label.label]) > 0.95
    reasons = {each.frame.name: each.reasons[0] for each in found.refused}
    assert set(reasons) == {"broken.jpg", "copy.png", "empty.png", "star.png"}
    assert "cannot be decoded" in reasons["broken.jpg"]
    assert "same picture" in reasons["copy.png"]
    assert reasons["empty.png"] == "no part was found"
    assert "unknown object" in reasons["star.png"]


def test_review_sheet_shows_every_frame(home, inspector):
    labelled(home, inspector)
    page = (home.autolabel / "review.html").read_text("utf-8")
    pictures = sorted((home.autolabel / "pictures").glob("*.jpg"))
    assert len(pictures) == COUNT
    assert all(f"pictures/{picture.name}" in page for picture in pictures)
    assert "star.png" in page
    assert cv2.imread(str(home.autolabel / "sheet.png")) is not None
    assert len(read_review(home.autolabel / "review.csv").accepted) == COUNT


def edited(home: Home, rejected: str) -> Path:
    """The list with one frame rejected, as a spreadsheet would save it."""
    path = home.autolabel / "review.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
    for row in rows:
        row["decision"] = "Reject" if Path(row["frame"]).name == rejected else "Accept"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.DictWriter(file, rows[0].keys())
        table.writeheader()
        table.writerows(rows)
    return path


def test_accepted_frames_become_a_dataset_in_the_usual_form(home, inspector):
    labelled(home, inspector)
    card = apply_review(home, PARTS, read_review(edited(home, "2.png")))
    place = home.labelled
    assert card == load_dataset(place)
    assert card.total == COUNT - 1
    assert card.images["test"] == 0
    assert card.labels == ("plate", "ring")
    assert verify_dataset(place, deep=True) == []
    assert extra_files(place) == []
    samples = list(read_manifest(place.manifest))
    assert all(sample.real for sample in samples)
    assert {sample.split for sample in samples} == {"train", "val"}
    for sample in samples:
        masks = truth(sample, place.root)
        numbers = cv2.imread(str(place.root / sample.semantic_mask), cv2.IMREAD_UNCHANGED)
        assert mask_iou(numbers == 1, masks["plate"]) > 0.95
        assert mask_iou(numbers == 2, masks["ring"]) > 0.95
    coco = place.coco / "instances_val.json"
    pictures = read_coco(coco, place.images("val"))
    assert [item.label for picture in pictures for item in picture.objects] == [
        "plate",
        "ring",
    ] * card.images["val"]
    lines = (place.yolo / "labels" / "train" / "000000.txt").read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["0", "1"]


def test_what_was_rejected_stays_rejected_when_frames_are_labelled_again(home, inspector):
    labelled(home, inspector)
    edited(home, "3.png")
    labelled(home, inspector)
    decisions = read_review(home.autolabel / "review.csv")
    (rejected,) = [sample for sample in waiting(home) if not decisions.accepts(sample)]
    assert rejected.image.name == "3.png"


def test_frames_that_show_parts_are_no_backgrounds_any_more(home, inspector):
    before = {path.name for path in usable_photos(home.photos, None, home.shown_frames)}
    labelled(home, inspector)
    after = {path.name for path in usable_photos(home.photos, None, home.shown_frames)}
    assert {f"{n}.png" for n in range(1, COUNT)} <= before
    assert after == {"empty.png", "star.png"}


def test_frame_that_changed_since_is_named_and_no_half_dataset_is_left(home, inspector):
    labelled(home, inspector)
    apply_review(home, PARTS, None)
    (home.photos / "4.png").write_bytes(encoded(scene(40)))
    with pytest.raises(DatasetError, match=r"4\.png: changed since"):
        apply_review(home, PARTS, None)
    with pytest.raises(DatasetError, match="no finished dataset"):
        load_dataset(home.labelled)


def test_drawings_that_are_gone_are_named(home, inspector):
    labelled(home, inspector)
    with pytest.raises(DatasetError, match="ring, which are no drawings any more"):
        apply_review(home, PARTS[:1], None)


def test_nothing_labelled_or_accepted_is_said(home, inspector):
    with pytest.raises(DatasetError, match="no frames were labelled yet"):
        apply_review(home, PARTS, None)
    labelled(home, inspector)
    nothing = home.autolabel / "none.csv"
    nothing.write_text("decision,frame,sha256,parts\n", "utf-8")
    with pytest.raises(DatasetError, match="no frame was accepted"):
        apply_review(home, PARTS, read_review(nothing))


def test_wrong_decision_is_named_with_its_line(tmp_path):
    path = tmp_path / "review.csv"
    path.write_text("decision,frame,sha256,parts\naccept,a,0a,\nmaybe,b,0b,\n", "utf-8")
    with pytest.raises(DatasetError, match=r"line 3: expected `accept` or `reject`.*'maybe'"):
        read_review(path)


def test_empty_folder_of_frames_is_named(home, inspector, tmp_path):
    with pytest.raises(DatasetError, match="no pictures to label"):
        label_frames(home, inspector, SETTINGS, tmp_path / "nothing", SilentProgress())
