"""How much the blocks of a document stand for, counted without resolving them.

A file of a few kilobytes can stand for a thousand million entities; so this comes first.
"""

from collections.abc import Iterable
from typing import Any

from ezdxf.document import Drawing as Document
from ezdxf.entities.dxfentity import DXFEntity
from ezdxf.layouts.blocklayout import BlockLayout

from components.errors import DrawingError
from components.geometry.drawing import shown
from components.settings.drawings import DrawingSettings

MODEL_SPACE = "*model_space"


def check_blocks(document: Document, settings: DrawingSettings) -> None:
    """Refuse blocks that insert themselves, go too deep or stand for too many entities.

    Raises:
        DrawingError: Naming the block and the bound.
    """
    measure = _Measure(document, settings)
    total, depth = measure.of_block(MODEL_SPACE, document.modelspace(), ())
    measure.check_depth(depth)
    if total > settings.max_entities:
        raise DrawingError(
            f"the drawing stands for {total} entities once its blocks are resolved, more than "
            f"max_entities ({settings.max_entities})"
        )


def name_of(insert: Any) -> str:
    """Return the name of the block that an INSERT names; empty if it names none."""
    return str(insert.dxf.get("name") or "")


def block_of(document: Document, insert: Any) -> BlockLayout | None:
    """Return the block that an INSERT names, None if it is not defined."""
    return document.blocks.get(name_of(insert))


class _Measure:
    """Counts each block once."""

    def __init__(self, document: Document, settings: DrawingSettings) -> None:
        """Begin with no block known."""
        self._document, self._settings = document, settings
        self._known: dict[str, tuple[int, int]] = {}

    def check_depth(self, depth: int) -> None:
        """Refuse blocks nested too deep.

        Raises:
            DrawingError: Naming the bound.
        """
        if depth > self._settings.max_block_depth:
            raise DrawingError(
                f"blocks are nested deeper than max_block_depth ({self._settings.max_block_depth})"
            )

    def of_block(
        self, name: str, entities: Iterable[DXFEntity], path: tuple[str, ...]
    ) -> tuple[int, int]:
        """Return how many entities a block stands for and how many levels it goes down."""
        if name in path:
            raise DrawingError(f"block '{shown(name)}' inserts itself")
        self.check_depth(len(path))
        if name not in self._known:
            total, depth = 0, 0
            for entity in entities:
                below, levels = (1, 0)
                if entity.dxftype() == "INSERT":
                    below, levels = self._of_insert(entity, (*path, name))
                total, depth = total + below, max(depth, levels)
            self._known[name] = (total, depth)
        return self._known[name]

    def _of_insert(self, insert: Any, path: tuple[str, ...]) -> tuple[int, int]:
        """Return the same of an INSERT, its rows and columns counted."""
        block = block_of(self._document, insert)
        if block is None:
            return 1, 1
        below, levels = self.of_block(name_of(insert).lower(), block, path)
        return below * max(1, insert.mcount), levels + 1
