"""Parts as a JSON file: what the service reads instead of the drawings.

The numbers are written so that they come back exactly. Nothing here loads a drawing library.

Versions: `dxfvision-parts-2` tells the layer of each contour, outline first (`layers`); files of
version 1 are read, too, and know none. A file without any layer is written as version 1.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from components.domain import Contour, Part
from components.errors import DrawingError
from components.files import write_text

FORMAT, FORMAT_WITH_LAYERS = "dxfvision-parts-1", "dxfvision-parts-2"


def part_record(part: Part) -> dict[str, Any]:
    """Return a part's name and shape as plain lists; floats keep every bit in JSON.

    It is what the identity of drawings is made of (`modeling.origin`), so layers are not in it: a
    layer that is renamed changes nothing that a network sees.
    """
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
    rings = [record["outline_mm"], *record["holes_mm"]]
    layers = record.get("layers") or [""] * len(rings)
    outline, *holes = (
        Contour(np.array(ring, dtype=np.float64), str(layer))
        for ring, layer in zip(rings, layers, strict=True)
    )
    return Part(name=str(record["name"]), outline=outline, holes=tuple(holes))


def write_parts(path: Path, parts: Iterable[Part]) -> None:
    """Write parts to `path`; whole or not at all."""
    listed = list(parts)
    layered = any(any(part.layers) for part in listed)
    records = [
        json.dumps(part_record(part) | ({"layers": part.layers} if layered else {}))
        for part in listed
    ]
    version = FORMAT_WITH_LAYERS if layered else FORMAT
    write_text(path, f'{{"format": "{version}", "parts": [\n' + ",\n".join(records) + "\n]}\n")


def read_parts(path: Path) -> list[Part]:
    """Read the parts that `write_parts` wrote, bit by bit the same.

    Raises:
        DrawingError: If the file is missing, damaged or of another format.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
        if content["format"] not in (FORMAT, FORMAT_WITH_LAYERS):
            raise DrawingError(
                f"{path}: expected the format {FORMAT} or {FORMAT_WITH_LAYERS}, got "
                f"{content['format']!r}; write it again with this version"
            )
        return [part_from_record(record) for record in content["parts"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DrawingError(
            f"{path}: cannot be read as parts ({type(error).__name__}: {error}); "
            "read the drawings again"
        ) from error
