"""COCO and YOLO files as other tools read them."""

import contextlib
import importlib.util
import io
import warnings

import cv2
import numpy as np
import pytest
import supervision as sv
import yaml
from pycocotools.coco import COCO

from components.dataset.exports import coco_paths
from components.dataset.manifest import read_manifest
from components.domain import SPLITS
from components.geometry.masks import mask_from_rle


def iou(one, two):
    either = np.count_nonzero(one | two)
    return np.count_nonzero(one & two) / either if either else 1.0


def coco(path):
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(path))


def parts_of(sample):
    return [a for a in sample.annotations if a.label != "other"]


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("polygons", [False, True], ids=["run-lengths", "polygons"])
def test_pycocotools_reads_the_masks_of_the_manifest(dataset, split, polygons):
    home, card = dataset
    found = coco(coco_paths(home, split)[polygons])
    names = {c["id"]: c["name"] for c in found.loadCats(found.getCatIds())}
    assert names == dict(enumerate(card.labels, start=1))
    samples = {s.index: s for s in read_manifest(home.manifest) if s.split == split}
    assert set(found.getImgIds()) == set(samples)
    for index, sample in samples.items():
        records = found.loadAnns(found.getAnnIds(imgIds=index))
        assert len(records) == len(parts_of(sample))
        for record, annotation in zip(records, parts_of(sample), strict=True):
            assert names[record["category_id"]] == annotation.label
            assert record["area"] == annotation.area_px
            expected = mask_from_rle(annotation.visible)
            assert iou(found.annToMask(record) > 0, expected) > (0.9 if polygons else 0.999)


def test_supervision_reads_the_coco_file(dataset):
    home, card = dataset
    read = sv.DetectionDataset.from_coco(
        str(home.images("train")), str(coco_paths(home, "train")[0]), force_masks=True
    )
    assert read.classes == list(card.labels)
    assert len(read) == card.images["train"]
    samples = {s.image.name: s for s in read_manifest(home.manifest) if s.split == "train"}
    for path, picture, detections in read:
        annotations = parts_of(samples[path.rsplit("/", 1)[-1]])
        assert picture.shape == (96, 128, 3)
        assert len(detections) == len(annotations)
        masks = [] if detections.mask is None else detections.mask
        for mask, annotation in zip(masks, annotations, strict=True):
            assert (mask == mask_from_rle(annotation.visible)).all()


def test_supervision_reads_the_yolo_labels(dataset):
    home, card = dataset
    read = sv.DetectionDataset.from_yolo(
        str(home.images("train")),
        str(home.yolo / "labels" / "train"),
        str(home.yolo / "data.yaml"),
        force_masks=True,
    )
    assert read.classes == list(card.labels)
    counts = card.instances["train"]
    assert sum(len(d) for _, _, d in read) == sum(counts[label] for label in card.labels)


def test_yolo_polygons_fill_to_the_visible_masks(dataset):
    home, card = dataset
    scores = []
    for sample in read_manifest(home.manifest):
        label = home.yolo / "labels" / sample.split / f"{sample.index:06d}.txt"
        lines = label.read_text().splitlines()
        assert len(lines) == len(parts_of(sample))
        for line, annotation in zip(lines, parts_of(sample), strict=True):
            number, *numbers = line.split()
            assert card.labels[int(number)] == annotation.label
            shares = np.array(numbers, dtype=float).reshape(-1, 2)
            assert (shares > 0).all()
            assert (shares < 1).all()
            # As Ultralytics fills them: pixels are the whole part of share times side.
            ring = (shares * (sample.width_px, sample.height_px)).astype(np.int32)
            filled = np.zeros((sample.height_px, sample.width_px), dtype=np.uint8)
            cv2.fillPoly(filled, [ring], 1)
            scores.append(iou(filled > 0, mask_from_rle(annotation.visible)))
    assert np.mean(scores) > 0.97
    assert np.quantile(scores, 0.05) > 0.85


def test_yolo_lists_name_pictures_that_have_labels(dataset):
    home, card = dataset
    head = yaml.safe_load((home.yolo / "data.yaml").read_text())
    assert head["names"] == dict(enumerate(card.labels))
    for split in SPLITS:
        pictures = (home.yolo / head[split]).read_text().split()
        assert len(pictures) == card.images[split]
        for picture in pictures:
            path = home.yolo / picture
            assert path.is_file()
            assert (home.yolo / "labels" / split / f"{path.stem}.txt").is_file()


@pytest.mark.skipif(
    importlib.util.find_spec("ultralytics") is None,
    reason="ultralytics is AGPL and no dependency: install it by hand to run this test",
)
@pytest.mark.filterwarnings("ignore")
def test_ultralytics_reads_the_dataset_unmodified(dataset):
    home, card = dataset
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ultralytics.data.dataset import YOLODataset
        from ultralytics.data.utils import check_det_dataset

        head = check_det_dataset(str(home.yolo / "data.yaml"))
        for split in SPLITS:
            read = YOLODataset(img_path=head[split], data=head, task="segment", augment=False)
            assert len(read) == card.images[split]
            found = sum(len(label["cls"]) for label in read.labels)
            counts = card.instances[split]
            assert found == sum(counts.get(label, 0) for label in card.labels)
