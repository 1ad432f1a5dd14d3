"""Values of a YAML file together with the comments that explain them.

A comment belongs to a key if it stands in the same line, in lines below it that begin further to
the right, or in the lines right above:

    # Above: belongs to `rate`.
    rate: 0.1     # Beside: belongs to `rate`, too,
                  # and so does this line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

_INDENT = 2
_RULE = re.compile(r"^-{3,}.*$")
"""A line that only parts a file into sections."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One key.

    Attributes:
        path: Keys from the top to this one.
        value: As it stands in the file; empty for a table of further keys.
        comment: What explains it, in one line; empty if nothing does.
        is_table: Whether further keys stand below it, each in a line of its own.
    """

    path: tuple[str, ...]
    value: str
    comment: str
    is_table: bool


def header(text: str) -> str:
    """Return the comment at the top of a file, up to the first line that is none.

    Examples:
        >>> header(chr(10).join(["# Settings of the lamp.", "# Change them here.", "lamp: on"]))
        'Settings of the lamp. Change them here.'
    """
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(_plain(line))
    return _joined(lines)


def entries(path: Path) -> Iterator[Entry]:
    """Yield every key of a file, tables before what they hold.

    Args:
        path: A YAML file with a table at its top.
    """
    text = path.read_text("utf-8")
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if isinstance(root, yaml.MappingNode):
        yield from _walked(root, (), text.splitlines())


def _walked(node: yaml.MappingNode, path: tuple[str, ...], lines: list[str]) -> Iterator[Entry]:
    above = ""
    for key, value in node.value:
        here = (*path, str(key.value))
        nested = isinstance(value, yaml.MappingNode) and not value.flow_style
        end = key.end_mark if nested else value.end_mark
        block = _block_above(lines, key.start_mark.line)
        beside = _beside(lines, end.line, end.column, key.start_mark.column)
        comment = _joined([block, beside])
        before = lines[key.start_mark.line - 1].strip()
        touching = before != "" and not before.startswith("#")
        # Keys without a word of their own share what stands above the first of them, up to an
        # empty line.
        shared = "" if comment or not touching else above
        shown = "" if nested else _source(lines, value)
        yield Entry(here, shown, comment or shared, nested)
        above = block or shared
        if nested:
            yield from _walked(value, here, lines)


def _source(lines: list[str], node: yaml.Node) -> str:
    """Return a value as it is written, in one line."""
    first, last = node.start_mark, node.end_mark
    if first.line == last.line:
        return lines[first.line][first.column : last.column].strip()
    middle = lines[first.line + 1 : last.line]
    parts = [lines[first.line][first.column :], *middle, lines[last.line][: last.column]]
    return " ".join(part.strip() for part in parts if part.strip())


def _block_above(lines: list[str], line: int) -> str:
    """Return the comment lines right above a key, not those of the key before it."""
    indent = len(lines[line]) - len(lines[line].lstrip())
    found: list[str] = []
    for above in reversed(lines[:line]):
        column = len(above) - len(above.lstrip())
        if not above.lstrip().startswith("#") or column > indent + _INDENT:
            break
        found.insert(0, _plain(above))
    # The file's own header is no key's.
    return "" if len(found) >= line and line > 0 else _joined(found)


def _beside(lines: list[str], line: int, column: int, indent: int) -> str:
    """Return the comment behind a value and its lines below."""
    rest = re.match(r"^:?\s*#(.*)$", lines[line][column:]) if line < len(lines) else None
    if rest is None:
        return ""
    found = [rest[1].strip()]
    for below in lines[line + 1 :]:
        if not below.lstrip().startswith("#"):
            break
        if len(below) - len(below.lstrip()) <= indent + 2 * _INDENT:
            break
        found.append(_plain(below))
    return _joined(found)


def _plain(line: str) -> str:
    text = line.strip().lstrip("#").strip()
    return "" if _RULE.match(text) else text


def _joined(parts: list[str]) -> str:
    return " ".join(part for part in parts if part)
