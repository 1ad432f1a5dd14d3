"""A picture of a report, small enough for a page of the documentation.

python -m components.visualization.reduced reports/dataset/train_labels.png docs/pictures/x.jpg
"""

import sys
from pathlib import Path

import cv2

from components.errors import DatasetError
from components.files import write_bytes

WIDTH_PX = 1360
QUALITY = 85


def write_reduced(source: Path, target: Path, width_px: int = WIDTH_PX) -> None:
    """Write a picture again as JPEG, not wider than given.

    Args:
        source: Any picture.
        target: Where to.
        width_px: Greatest width; a smaller picture keeps its own.

    Raises:
        DatasetError: If there is no picture to read.
    """
    picture = cv2.imread(str(source), cv2.IMREAD_COLOR)
    if picture is None:
        raise DatasetError(f"{source}: no picture can be read; make it with `make run`")
    scale = min(1.0, width_px / picture.shape[1])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    options = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    write_bytes(target, cv2.imencode(".jpg", small, options)[1].tobytes())


if __name__ == "__main__":
    write_reduced(Path(sys.argv[1]), Path(sys.argv[2]))
