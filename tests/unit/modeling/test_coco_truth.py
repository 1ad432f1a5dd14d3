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


def test_object_of_no_mask_is_named_with_its_file(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"coco\.json: annotation 1: has no mask"):
        read_coco(write(tmp_path, []), tmp_path)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            {"categories": [{"id": 7, "name": "plate"}, {"id": 7, "name": "disc"}]},
            "2 categories have 1 different ids",
        ),
        (
            {"images": [{"id": 4, "file_name": n, "width": 12, "height": 10} for n in "ab"]},
            "2 images have 1 different ids",
        ),
        (
            {"categories": [{"id": 8, "name": "plate"}]},
            "annotation 1: its category_id is 7, which none of the 1 categories has",
        ),
        (
            {"images": []},
            "annotation 1: its image_id is 4, which none of the 0 images has",
        ),
    ],
    ids=["category twice", "image twice", "no category", "no image"],
)
def test_numbers_that_lead_nowhere_are_named(
    tmp_path: Path, changes: dict[str, Any], fault: str
) -> None:
    with pytest.raises(DatasetError, match=rf"coco\.json: {fault}"):
        read_coco(write(tmp_path, rle_from_mask(MASK), **changes), tmp_path)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"images": [], "annotations": []}'])
def test_other_files_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "coco.json").write_text(content)
    with pytest.raises(DatasetError, match=r"coco\.json: is no COCO file"):
        read_coco(tmp_path / "coco.json", tmp_path)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"gone\.json: cannot be read"):
        read_coco(tmp_path / "gone.json", tmp_path)
