"""Golden pictures: proof that a model answers here as it did when it was exported.

A bundle's `golden/` folder holds a few pictures and `expected.json`, what the model must say:

    {"000017.png": [{"label": "bracket", "score": 0.93, "segmentation": {"size", "counts"}}]}
"""

import json
from pathlib import Path

from components.domain import Detection, Rle
from components.errors import ModelError
from components.geometry.masks import mask_from_rle, xyxy_from_mask
from components.inspection.inspector import Inspector
from components.modeling.bundle_files import EXPECTED_NAME, GOLDEN_FOLDER
from components.modeling.pictures import TRUSTED_MAX_PIXELS, read_picture
from components.serving.agreement import Tolerance, disagreements


def read_expected(bundle: Path) -> dict[Path, list[Detection]]:
    """Return what a model must say about each of its golden pictures.

    Raises:
        ModelError: If there is none or the file is damaged.
    """
    file = bundle / GOLDEN_FOLDER / EXPECTED_NAME
    try:
        content = json.loads(file.read_bytes())
        expected = {
            file.with_name(name): [_detection(record) for record in records]
            for name, records in content.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{file}: cannot be read as golden answers ({type(error).__name__}: {error}); "
            "export the model again"
        ) from error
    if not expected:
        raise ModelError(f"{file}: lists no golden picture; export the model again")
    return expected


def check_golden(bundle: Path, inspector: Inspector, tolerance: Tolerance) -> None:
    """Ask the model about its golden pictures; this also warms it up.

    What the network sees is compared: settings that change how drawings are registered need no new
    model. Each picture is registered, too, so that the first request finds everything in place.

    Raises:
        ModelError: Naming the picture and what was answered wrong.
    """
    predictor = inspector.predictor
    threshold = predictor.card.prediction.score_threshold
    for path, wanted in read_expected(bundle).items():
        image = read_picture(path, TRUSTED_MAX_PIXELS)
        got = predictor.predict(image).detections
        inspector.predict(image)
        faults = disagreements(wanted, got, tolerance, threshold)
        if faults:
            raise ModelError(
                f"{path}: the golden picture is answered wrong: {', '.join(faults)}; "
                "export the model again or roll back"
            )


def _detection(record: dict[str, object]) -> Detection:
    segmentation = record["segmentation"]
    if not isinstance(segmentation, dict):
        raise TypeError(f"segmentation is {type(segmentation).__name__}, not a table")
    mask = mask_from_rle(Rle(size=segmentation["size"], counts=segmentation["counts"]))
    x0, y0, x1, y1 = xyxy_from_mask(mask) or (0.0, 0.0, 0.0, 0.0)
    return Detection(str(record["label"]), float(str(record["score"])), (x0, y0, x1, y1), mask)
