"""Pictures and charts as text inside a page, so that the page needs no other file."""

import base64
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from components.visualization.figure_files import saved

QUALITY = 86


def inline_figure(figure: Figure) -> str:
    """Return a figure as a data URI of SVG."""
    return inline_chart(lambda out: saved(figure, out))


def inline_chart(plot: Callable[[Path], Path]) -> str:
    """Return a chart as a data URI of SVG.

    Args:
        plot: Writes it to the SVG file it is given.
    """
    with tempfile.TemporaryDirectory() as folder:
        return inline_svg(plot(Path(folder) / "chart.svg"))


def inline_svg(path: Path) -> str:
    """Return an SVG file as a data URI."""
    return f"data:image/svg+xml;base64,{base64.b64encode(path.read_bytes()).decode()}"


def inline_picture(image: NDArray[np.uint8], width_px: int) -> str:
    """Return a picture as a data URI of JPEG.

    Args:
        image: RGB, shape (H, W, 3), uint8.
        width_px: Greatest width; a smaller picture keeps its own.
    """
    scale = min(1.0, width_px / image.shape[1])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    bgr = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
