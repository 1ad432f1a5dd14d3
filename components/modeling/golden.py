"""Golden pictures: a few that travel with a model, and what it must say about them.

golden/000017.jpg
golden/expected.json   {"000017.jpg": [{"label", "score", "segmentation"}, ...]}
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from components.domain import Detection
from components.files import write_json
from components.geometry.masks import rle_from_mask
from components.modeling.bundle_files import EXPECTED_NAME, GOLDEN_FOLDER
from components.modeling.evaluate import read_rgb
from components.modeling.inference import Predictor


def write_golden(bundle: Path, predictor: Predictor, pictures: Sequence[Path]) -> None:
    """Copy pictures into a bundle and note what its model says about them.

    Args:
        bundle: Folder that gets `golden/`.
        predictor: The bundle's model.
        pictures: Files; their names must differ.
    """
    folder = bundle / GOLDEN_FOLDER
    folder.mkdir(parents=True)
    expected = {}
    for picture in pictures:
        shutil.copyfile(picture, folder / picture.name)
        prediction = predictor.predict(read_rgb(picture))
        expected[picture.name] = [_record(detection) for detection in prediction.detections]
    write_json(folder / EXPECTED_NAME, expected)


def _record(detection: Detection) -> dict[str, Any]:
    return {
        "label": detection.label,
        "score": round(detection.score, 6),
        "segmentation": rle_from_mask(detection.mask),
    }
