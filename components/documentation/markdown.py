"""Pieces of Markdown."""

import re
from collections.abc import Sequence


def cell(text: str) -> str:
    r"""Return a text as a table's cell takes it: one line, nothing in it that formats.

    Examples:
        >>> print(cell("a | b"))
        a \| b
    """
    return re.sub(r"([|*<])", r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    """Return a text as code.

    Examples:
        >>> code("a"), code("")
        ('`a`', '')
    """
    return f"`{text}`" if text else ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with its empty line behind it."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
