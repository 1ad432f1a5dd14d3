"""Parts as a JSON file: what the service reads instead of the drawings.

The numbers are written so that they come back exactly. Nothing here loads a drawing library.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from components.domain import Contour, Part
from components.errors import DrawingError
from components.files import write_text

FORMAT = "dxfvision-parts-1"


def part_record(part: Part) -> dict[str, Any]:
    """Return a part as plain lists; floats keep every bit in JSON."""
    return {
        "name": part.name,
        "outline_mm": part.outline.xy_mm.tolist(),
        "holes_mm": [hole.xy_mm.tolist() for hole in part.holes],
    }


def part_from_record(record: dict[str, Any]) -> Part:
    """Return the part of a record.

    Raises:
        KeyError, TypeError, ValueError: If the record is no part.
    """
    return Part(
        name=str(record["name"]),
        outline=Contour(np.array(record["outline_mm"], dtype=np.float64)),
        holes=tuple(Contour(np.array(hole, dtype=np.float64)) for hole in record["holes_mm"]),
    )


def write_parts(path: Path, parts: Iterable[Part]) -> None:
    """Write parts to `path`; whole or not at all."""
    records = [json.dumps(part_record(part)) for part in parts]
    write_text(path, f'{{"format": "{FORMAT}", "parts": [\n' + ",\n".join(records) + "\n]}\n")


def read_parts(path: Path) -> list[Part]:
    """Read the parts that `write_parts` wrote, bit by bit the same.

    Raises:
        DrawingError: If the file is missing, damaged or of another format.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
        if content["format"] != FORMAT:
            raise DrawingError(
                f"{path}: expected the format {FORMAT}, got {content['format']!r}; "
                "write it again with this version"
            )
        return [part_from_record(record) for record in content["parts"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DrawingError(
            f"{path}: cannot be read as parts ({type(error).__name__}: {error}); "
            "read the drawings again"
        ) from error
