"""Sizes of drawing sheets and of the frames on them.

ISO 216 gives the sheets A0 to A4, ISO 5457 the frame: 20 mm from the left edge and 10 mm from the
others; older frames keep 10 or 5 mm on every side, or 20 or 25 mm on the left and 5 mm elsewhere
(GOST 2.104, DIN 6771). ASME Y14.1 gives the sheets A to E in inches. A frame may be drawn at the
scale of what it holds (ISO 5455).
"""

from collections.abc import Iterator, Sequence

ISO_SHEETS = {
    "A0": (1189.0, 841.0),
    "A1": (841.0, 594.0),
    "A2": (594.0, 420.0),
    "A3": (420.0, 297.0),
    "A4": (297.0, 210.0),
}
"""Long and short side in mm."""

INCH_SHEETS = {
    "ANSI A": (11.0, 8.5),
    "ANSI B": (17.0, 11.0),
    "ANSI C": (22.0, 17.0),
    "ANSI D": (34.0, 22.0),
    "ANSI E": (44.0, 34.0),
}
"""Long and short side in inches."""

MARGINS = (
    (20.0, 10.0, 10.0),
    (10.0, 10.0, 10.0),
    (5.0, 5.0, 5.0),
    (20.0, 5.0, 5.0),
    (25.0, 5.0, 5.0),
)
"""Left, right and upper or lower margin of ISO sheets in mm."""

SCALES = tuple(scale * power for power in (0.1, 1.0, 10.0, 100.0) for scale in (1.0, 2.0, 5.0))

TOLERANCE = 0.002
"""Relative difference of each side: 840 x 594 is A1."""

ROOT_OF_TWO = 2**0.5


def _frames() -> Iterator[tuple[str, float, float]]:
    """Yield name, width and height in mm of every sheet and frame, lying and standing."""
    for name, (long, short) in ISO_SHEETS.items():
        for width, height in ((long, short), (short, long)):
            yield name, width, height
            for left, right, edge in MARGINS:
                yield name, width - left - right, height - 2 * edge
    for name, (long, short) in INCH_SHEETS.items():
        yield name, long * 25.4, short * 25.4
        yield name, short * 25.4, long * 25.4


SIZES = tuple(_frames())


def sheet_of(width: float, height: float, mm_per_unit: Sequence[float]) -> str:
    """Return which sheet a rectangle has the size of, at a usual scale; empty if none.

    Args:
        width: In drawing units.
        height: In drawing units.
        mm_per_unit: Lengths that a drawing unit may have.

    Examples:
        >>> sheet_of(420.0, 297.0, [1.0]), sheet_of(11.0, 17.0, [25.4]), sheet_of(780, 554, [1.0])
        ('A3', 'ANSI B', 'A3 at 2')
        >>> sheet_of(300.0, 200.0, [1.0])
        ''
    """
    for scale in sorted(SCALES, key=lambda scale: scale != 1.0):
        for mm in mm_per_unit:
            for name, wide, high in SIZES:
                fits_width = abs(width * mm / (wide * scale) - 1) <= TOLERANCE
                if fits_width and abs(height * mm / (high * scale) - 1) <= TOLERANCE:
                    return name if scale == 1.0 else f"{name} at {scale:g}"
    return ""


def is_like_paper(width: float, height: float) -> bool:
    """Return whether a rectangle has the proportions of a sheet of the A series."""
    short, long = sorted((width, height))
    return abs(long / short / ROOT_OF_TWO - 1) < 2 * TOLERANCE
