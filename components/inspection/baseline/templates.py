"""The OpenCV baseline: mask, contour and Hu moments of every drawing as plain files.

    opencv_templates/
        index.json            what each file is, with the moments and the scale
        NAME.mask.png         uint8, 255 on the part, holes cut out
        NAME.contours.npz     outline and holes in template pixels, int32, as cv2.findContours

`cv2.matchShapes` on the contour and the moments compare shape alone; they do not know scale, and
of the moments only the sign of the seventh changes for the back of a part.
"""

import io
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import Part
from components.errors import ModelError
from components.files import file_sha256, remove_partials, write_bytes

INDEX = "index.json"
FORMAT = "dxfvision-templates-1"

SIDE_PX = 256
"""Longer side of a part in its template."""

MARGIN_PX = 4
"""Background round it, so that the contour is closed."""

SUBPIXEL_BITS = 4
"""cv2.fillPoly takes vertices in sixteenths of a pixel."""


def template_scale(part: Part) -> float:
    """Return the pixels per mm at which a part fills its template."""
    return (SIDE_PX - 1) / max(part.size_mm)


def template_mask(part: Part) -> NDArray[np.uint8]:
    """Return a part as a mask, shape (H, W), 255 inside, y down, a margin around it.

    Walls thinner than a pixel are drawn one pixel wide, so that a part is never torn.
    """
    scale = template_scale(part)
    width, height = (math.ceil(side * scale) + 1 + 2 * MARGIN_PX for side in part.size_mm)
    mask = np.zeros((height, width), dtype=np.uint8)
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    rings = []
    for contour in (part.outline, *part.holes):
        pixels = contour.xy_mm * (scale, -scale) + centre
        rings.append(np.round(pixels * 2**SUBPIXEL_BITS).astype(np.int32))
    for number, ring in enumerate(rings):
        cv2.fillPoly(mask, [ring], 0 if number else 255, cv2.LINE_8, SUBPIXEL_BITS)
    # A hole also erases the pixels its edge runs through: walls of about a pixel vanish or tear.
    if cv2.connectedComponents(mask, connectivity=8)[0] != 2:
        cv2.polylines(mask, rings, True, 255, 1, cv2.LINE_8, SUBPIXEL_BITS)
    return mask


def hu_moments(mask: NDArray[np.uint8]) -> list[float]:
    """Return the seven Hu moments of a mask as sign times the logarithm of their size.

    References:
        Hu, "Visual pattern recognition by moment invariants", IRE Trans. Inf. Theory 8 (1962).
    """
    moments = cv2.HuMoments(cv2.moments(mask, binaryImage=True)).ravel()
    return [-math.copysign(math.log10(max(abs(h), 1e-30)), h) for h in moments.tolist()]


def write_templates(folder: Path, parts: Iterable[Part]) -> list[Path]:
    """Write the templates of parts and their index; remove templates of parts that are gone.

    Files that would not change are not touched. The index is written after the files that it
    names and before others are removed, so that it never names a file that is missing. A run that
    was killed in between leaves what `templates_intact` finds and the next run puts right.

    Args:
        folder: `models/opencv_templates` of the home folder.
        parts: With unique names.

    Returns:
        The files, the index last.
    """
    written, records = [], []
    for part in parts:
        mask = template_mask(part)
        contours, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
        mask_path = folder / f"{part.name}.mask.png"
        contours_path = folder / f"{part.name}.contours.npz"
        _write_changed(mask_path, cv2.imencode(".png", mask)[1].tobytes())
        _write_changed(contours_path, _packed(contours))
        written += [mask_path, contours_path]
        records.append(_record(part, mask, mask_path, contours_path))
    index = json.dumps({"format": FORMAT, "templates": records}, indent=2, sort_keys=True)
    _write_changed(folder / INDEX, f"{index}\n".encode())
    for stale in _template_files(folder) - set(written):
        stale.unlink()
    remove_partials(folder)
    return [*written, folder / INDEX]


def templates_intact(folder: Path) -> bool:
    """Return whether a folder holds the very files that its index names, and no other templates."""
    try:
        records = json.loads((folder / INDEX).read_bytes())["templates"]
        hashes = {
            folder / record[kind]: record[f"{kind}_sha256"]
            for record in records
            for kind in ("mask", "contours")
        }
        return _template_files(folder) == hashes.keys() and all(
            file_sha256(path) == sha256 for path, sha256 in hashes.items()
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _template_files(folder: Path) -> set[Path]:
    """Return the files of a folder that are named as templates are."""
    return {path for kind in ("mask.png", "contours.npz") for path in folder.glob(f"*.{kind}")}


def _write_changed(path: Path, data: bytes) -> None:
    """Write a file unless it already holds these bytes."""
    if not path.is_file() or path.read_bytes() != data:
        write_bytes(path, data)


def _packed(contours: Any) -> bytes:
    """Return contours as the bytes of an npz file: `outline`, `hole_1`, `hole_2`..."""
    biggest = max(range(len(contours)), key=lambda index: cv2.contourArea(contours[index]))
    holes = [contour for index, contour in enumerate(contours) if index != biggest]
    arrays = {"outline": contours[biggest][:, 0]}
    arrays |= {f"hole_{number}": hole[:, 0] for number, hole in enumerate(holes, 1)}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def _record(
    part: Part, mask: NDArray[np.uint8], mask_path: Path, contours_path: Path
) -> dict[str, Any]:
    """Return what the index says about one part."""
    width_mm, height_mm = part.size_mm
    return {
        "name": part.name,
        "mask": mask_path.name,
        "mask_sha256": file_sha256(mask_path),
        "contours": contours_path.name,
        "contours_sha256": file_sha256(contours_path),
        "px_per_mm": template_scale(part),
        "width_mm": width_mm,
        "height_mm": height_mm,
        "holes": len(part.holes),
        "hu_moments": hu_moments(mask),
    }


def template_names(folder: Path) -> list[str]:
    """Return the names of the parts that a folder holds templates of.

    Raises:
        ModelError: If there is no index, or it lists nothing.
    """
    try:
        records = json.loads((folder / INDEX).read_bytes())["templates"]
        names = [str(record["name"]) for record in records]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{folder / INDEX}: cannot be read as an index of templates "
            f"({type(error).__name__}); make them with `dxfvision generate` or `dxfvision run`"
        ) from error
    if not names:
        raise ModelError(f"{folder / INDEX}: lists no template; read some drawings first")
    return names


def read_template_mask(folder: Path, name: str) -> NDArray[np.uint8]:
    """Return the mask of one template, shape (H, W), 255 where the part is.

    Raises:
        ModelError: If it is missing or no picture.
    """
    path = folder / f"{name}.mask.png"
    mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) if path.is_file() else None
    if mask is None:
        raise ModelError(
            f"{path}: expected a template mask, found none; make it with `dxfvision run`"
        )
    return np.asarray(mask, dtype=np.uint8)
