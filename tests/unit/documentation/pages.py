"""What stands in the documents: blocks of code, words set as code, links, headings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[3]
READMES = sorted(ROOT.glob("README*.md"))
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "data").rglob("README.md"),
        *(ROOT / name / "README.md" for name in ("deploy", "models", "monitoring", "notebooks")),
    ]
)
_PARSER = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True)
class Block:
    """A block of code.

    Attributes:
        language: As the fence names it; empty for an indented block or a bare fence.
        text: What it holds.
        place: File and line.
    """

    language: str
    text: str
    place: str


def named(page: Path) -> str:
    """Return the page's path in the repository."""
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> Iterator[Block]:
    """Yield every block of code."""
    for token in _tokens(page):
        if token.type in ("fence", "code_block"):
            line = (token.map or [0])[0] + 1
            language = token.info.split()[0] if token.info.strip() else ""
            yield Block(language, token.content, f"{named(page)}:{line}")


def code_words(page: Path) -> Iterator[str]:
    """Yield what is set as code inside sentences."""
    for token in _tokens(page):
        for child in token.children or []:
            if child.type == "code_inline":
                yield child.content


def links(page: Path) -> Iterator[str]:
    """Yield the target of every link and picture."""
    for token in _tokens(page):
        for child in token.children or []:
            target = child.attrGet("href") or child.attrGet("src")
            if child.type in ("link_open", "image") and target:
                yield str(target)


def anchors(page: Path) -> set[str]:
    """Return what links into the page may name, as GitHub and MyST make it of headings."""
    tokens = _tokens(page)
    titles = [b.content for a, b in pairwise(tokens) if a.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _tokens(page: Path) -> list[Token]:
    return _PARSER.parse(page.read_text("utf-8"))
