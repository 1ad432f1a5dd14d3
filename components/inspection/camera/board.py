"""The printed board: a chessboard with a marker in every white square (ChArUco).

The page is drawn at 20 pixels a millimetre, so every length of the settings that is a multiple of
0.05 mm is exact; PNG and PDF tell that resolution, and a bar of 100 mm at the foot shows whether
the printer kept it.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from components.errors import CalibrationError
from components.files import replacing
from components.settings.measure import BoardSettings

PX_PER_MM = 20
DPI = PX_PER_MM * 25.4
BAR_MM = 100

# ISO 216 pages in mm, portrait; a board that fits none gets a page of its own.
_PAGES = ((210, 297), (297, 420), (420, 594), (594, 841), (841, 1189))
_MARGIN_MM = 8
_FOOT_MM = 14
_DICTIONARIES = (
    (50, cv2.aruco.DICT_5X5_50),
    (100, cv2.aruco.DICT_5X5_100),
    (250, cv2.aruco.DICT_5X5_250),
    (1000, cv2.aruco.DICT_5X5_1000),
)

Picture = NDArray[np.uint8]


def board_of(settings: BoardSettings) -> cv2.aruco.CharucoBoard:
    """Return the board; lengths in mm, x to the right and y down from its upper left corner."""
    markers = settings.columns * settings.rows // 2
    name = next(name for count, name in _DICTIONARIES if count >= markers)
    return cv2.aruco.CharucoBoard(
        (settings.columns, settings.rows),
        settings.square_mm,
        settings.marker_mm,
        cv2.aruco.getPredefinedDictionary(name),
    )


def board_picture(settings: BoardSettings, px_per_mm: int = PX_PER_MM) -> Picture:
    """Return the board without a margin, 0 black and 255 white.

    Args:
        settings: Its squares.
        px_per_mm: Resolution.

    Raises:
        CalibrationError: If a length is no whole number of pixels.
    """
    square, marker = settings.square_mm * px_per_mm, settings.marker_mm * px_per_mm
    margin = (square - marker) / 2
    for name, value in (("square_mm", square), ("marker_mm", marker), ("the rim", margin)):
        if abs(value - round(value)) > 1e-6:
            raise CalibrationError(
                f"calibration.board: {name} is {value / px_per_mm:g} mm, which is no multiple of "
                f"{1 / px_per_mm:g} mm; round it in measure_config.yaml"
            )
    size = round(settings.columns * square), round(settings.rows * square)
    drawn = board_of(settings).generateImage(size, marginSize=0, borderBits=1)
    return np.asarray(drawn, dtype=np.uint8)


def page_mm(settings: BoardSettings) -> tuple[float, float]:
    """Return width and height of the page that holds the board."""
    wide = settings.columns * settings.square_mm + 2 * _MARGIN_MM
    high = settings.rows * settings.square_mm + 2 * _MARGIN_MM + _FOOT_MM
    wide = max(wide, BAR_MM + 2 * _MARGIN_MM)
    for width, height in _PAGES:
        for size in ((width, height), (height, width)):
            if wide <= size[0] and high <= size[1]:
                return size
    return wide, high


def page_picture(settings: BoardSettings) -> Image.Image:
    """Return the page: the board in its middle, what it is and a bar to measure at its foot."""
    width, height = (round(side * PX_PER_MM) for side in page_mm(settings))
    page = Image.new("1", (width, height), 1)
    board = Image.fromarray(board_picture(settings))
    left = (width - board.width) // 2
    top = (height - board.height - _FOOT_MM * PX_PER_MM) // 2
    page.paste(board.convert("1", dither=Image.Dither.NONE), (left, top))
    pen = ImageDraw.Draw(page)
    foot = top + board.height + 5 * PX_PER_MM
    bar = (width - BAR_MM * PX_PER_MM) // 2
    # Ends are drawn up to, not including, the last pixel: the bar is BAR_MM long.
    pen.rectangle((bar, foot, bar + BAR_MM * PX_PER_MM - 1, foot + PX_PER_MM - 1), fill=0)
    text = (
        f"ChArUco {settings.columns} x {settings.rows}, squares {settings.square_mm:g} mm, markers "
        f"{settings.marker_mm:g} mm. Print at 100 %. The bar is {BAR_MM} mm long."
    )
    font = ImageFont.load_default(3 * PX_PER_MM)
    pen.text((width // 2, foot + 3 * PX_PER_MM), text, fill=0, font=font, anchor="ma")
    return page


def write_board(folder: Path, settings: BoardSettings) -> tuple[Path, Path]:
    """Write the page as `charuco_board.pdf` and `.png`; return their paths."""
    page = page_picture(settings)
    paths = folder / "charuco_board.pdf", folder / "charuco_board.png"
    with replacing(paths[0]) as partial:
        page.save(partial, format="PDF", resolution=DPI)
    with replacing(paths[1]) as partial:
        page.save(partial, format="PNG", dpi=(DPI, DPI))
    return paths
