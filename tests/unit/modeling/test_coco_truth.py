import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.errors import DatasetError
from components.geometry.masks import mask_from_rle, rle_from_mask
from components.modeling.coco_truth import read_coco

MASK = np.zeros((10, 12), np.bool_)
MASK[2:6, 3:9] = True


def write(folder: Path, segmentation: Any, **changes: Any) -> Path:
    (folder / "images").mkdir(exist_ok=True)
    (folder / "images" / "a.png").touch()
    content = {
        "images": [{"id": 4, "file_name": "images/a.png", "width": 12, "height": 10}],
        "categories": [{"id": 7, "name": "plate"}],
        "annotations": [{"id": 1, "image_id": 4, "category_id": 7, "segmentation": segmentation}],
    } | changes
    (folder / "coco.json").write_text(json.dumps(content))
    return folder / "coco.json"


@pytest.mark.parametrize(
    "segmentation",
    [
        rle_from_mask(MASK),
        # Column by column: 3 columns of nothing and 2 rows, then 4 rows of 6 columns.
        {"size": [10, 12], "counts": [32, 4, 6, 4, 6, 4, 6, 4, 6, 4, 6, 4, 34]},
        [[3, 2, 9, 2, 9, 6, 3, 6]],
    ],
    ids=["compressed", "uncompressed", "polygon"],
)
def test_every_form_of_mask_is_read(tmp_path: Path, segmentation: Any) -> None:
    picture = read_coco(write(tmp_path, segmentation), tmp_path)[0]
    assert picture.objects[0].label == "plate"
    assert np.array_equal(mask_from_rle(picture.objects[0].rle), MASK)


def test_picture_is_found_by_its_bare_name(tmp_path: Path) -> None:
    coco = write(tmp_path, rle_from_mask(MASK))
    assert read_coco(coco, tmp_path / "images")[0].path == tmp_path / "images" / "a.png"


def test_missing_picture_is_named(tmp_path: Path) -> None:
    coco = write(tmp_path, rle_from_mask(MASK))
    (tmp_path / "images" / "a.png").unlink()
    with pytest.raises(DatasetError, match=r"a\.png: this picture of the COCO file is missing"):
        read_coco(coco, tmp_path)


def test_crowds_are_left_out(tmp_path: Path) -> None:
    crowd = {"id": 1, "image_id": 4, "category_id": 7, "segmentation": [], "iscrowd": 1}
    assert read_coco(write(tmp_path, [], annotations=[crowd]), tmp_path)[0].objects == ()


@pytest.mark.parametrize(
    ("segmentation", "fault"),
    [
        ([], r"has no mask, its segmentation is \[\]; give every object polygons"),
        (None, "has no mask, its segmentation is None"),
        ([[]], "its segmentation is neither polygons of three or more points nor"),
        (
            [[3, 2, 9, 2]],
            "its segmentation is neither polygons of three or more points nor",
        ),
        ("box", "its segmentation is neither polygons of three or more points nor"),
        (
            {"size": [10, 12]},
            "its segmentation is neither polygons of three or more points nor",
        ),
        (rle_from_mask(MASK.T), r"its mask is of \[12, 10\] \(height, width\), its picture of"),
    ],
    ids=["a box alone", "null", "empty polygon", "two points", "text", "no counts", "turned"],
)
def test_object_without_a_usable_mask_is_named(
    tmp_path: Path, segmentation: Any, fault: str
) -> None:
    with pytest.raises(DatasetError, match=rf"coco\.json: annotation 1: {fault}"):
        read_coco(write(tmp_path, segmentation), tmp_path)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"images": [], "annotations": []}'])
def test_other_files_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "coco.json").write_text(content)
    with pytest.raises(DatasetError, match=r"coco\.json: is no COCO file"):
        read_coco(tmp_path / "coco.json", tmp_path)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"gone\.json: cannot be read"):
        read_coco(tmp_path / "gone.json", tmp_path)
