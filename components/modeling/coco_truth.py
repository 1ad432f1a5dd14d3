"""Reading the truth of any COCO file: pictures, names, masks."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.domain import Rle
from components.errors import DatasetError
from components.modeling.coco_masks import mask_of


@dataclass(frozen=True, slots=True, eq=False)
class CocoObject:
    """One annotated object.

    Attributes:
        label: Its category's name.
        rle: Its visible pixels.
        visible_fraction: Visible share of the whole object, 0..1; None if the file does not say.
    """

    label: str
    rle: Rle
    visible_fraction: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CocoPicture:
    """One picture of a COCO file.

    Attributes:
        path: Where it lies.
        width_px: As the file says.
        height_px: As the file says.
        objects: What is in it; crowds are left out.
    """

    path: Path
    width_px: int
    height_px: int
    objects: tuple[CocoObject, ...]


def read_coco(coco: Path, images: Path) -> list[CocoPicture]:
    """Read the pictures of a COCO file.

    Args:
        coco: The file.
        images: Folder that its file names are relative to, or that holds the bare names.

    Raises:
        DatasetError: If the file is damaged, an object has no mask, or a picture is missing.
    """
    try:
        content = json.loads(coco.read_bytes())
        names = {int(c["id"]): str(c["name"]) for c in content["categories"]}
        by_picture: dict[int, list[dict[str, Any]]] = {int(i["id"]): [] for i in content["images"]}
        _require_different(content["categories"], names, "categories")
        _require_different(content["images"], by_picture, "images")
        for annotation in content["annotations"]:
            _require_known(annotation, "image_id", by_picture, "images")
            _require_known(annotation, "category_id", names, "categories")
            by_picture[int(annotation["image_id"])].append(annotation)
        return [
            _picture(entry, by_picture[int(entry["id"])], names, images)
            for entry in content["images"]
        ]
    except DatasetError as error:
        raise DatasetError(f"{coco}: {error}") from error
    except OSError as error:
        raise DatasetError(f"{coco}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(
            f"{coco}: is no COCO file with images, annotations and categories "
            f"({type(error).__name__}: {error})"
        ) from error


def _require_different(entries: Sequence[Any], by_id: Mapping[int, Any], what: str) -> None:
    if len(entries) != len(by_id):
        raise DatasetError(
            f"{len(entries)} {what} have {len(by_id)} different ids; give each one of its own"
        )


def _require_known(annotation: dict[str, Any], key: str, known: Collection[int], what: str) -> None:
    if int(annotation[key]) not in known:
        raise DatasetError(
            f"annotation {annotation.get('id', '(without id)')}: its {key} is {annotation[key]}, "
            f"which none of the {len(known)} {what} has; add it there or drop the annotation"
        )


def _picture(
    entry: dict[str, Any], annotations: list[dict[str, Any]], names: dict[int, str], images: Path
) -> CocoPicture:
    width, height = int(entry["width"]), int(entry["height"])
    objects = tuple(
        CocoObject(names[int(a["category_id"])], mask_of(a, width, height), _visible_fraction(a))
        for a in annotations
        if not a.get("iscrowd")
    )
    return CocoPicture(_found(images, str(entry["file_name"])), width, height, objects)


def _visible_fraction(annotation: dict[str, Any]) -> float | None:
    value = annotation.get("visible_fraction")
    return None if value is None else float(value)


def _found(images: Path, file_name: str) -> Path:
    """Return where a picture lies: as named, or by its bare name in the folder."""
    for path in (images / file_name, images / Path(file_name).name):
        if path.is_file():
            return path
    raise DatasetError(
        f"{images / file_name}: this picture of the COCO file is missing; "
        "name the folder that its file names are relative to"
    )
