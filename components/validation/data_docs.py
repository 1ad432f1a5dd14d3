"""Makes the pages that Great Expectations built readable without a network.

As built they load style sheets, scripts, icons and a logo from eight hosts; without them they are
unstyled and the first page is empty, since a fetched script fills it. Here each page loses
everything that is fetched from elsewhere and every script (they only fold and filter, and need the
fetched ones), and gets one small style sheet of ours; the first page is written anew.
"""

import re
import shutil
from html import escape
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

from components.files import write_text

STYLE_NAME = "offline.css"
REMOTE = re.compile(r"^\s*(?:https?:)?//", re.IGNORECASE)
REMOTE_IN_STYLE = re.compile(r"url\(\s*['\"]?(?:https?:)?//[^)]*\)|@import[^;]*;", re.IGNORECASE)
VOID = {"br", "col", "hr", "img", "input", "link", "meta"}


def make_offline(folder: Path) -> Path:
    """Rewrite all pages below `folder`, write the first page and return it.

    The fonts and pictures of the site are removed: nothing refers to them any more.
    """
    shutil.rmtree(folder / "static", ignore_errors=True)
    style = (files("components.validation") / "data_docs.css").read_text("utf-8")
    write_text(folder / STYLE_NAME, style)
    for page in sorted(folder.rglob("*.html")):
        up = "../" * (len(page.relative_to(folder).parts) - 1)
        write_text(page, offline_page(page.read_text("utf-8"), up + STYLE_NAME))
    index = folder / "index.html"
    write_text(index, _index(folder))
    return index


def _index(folder: Path) -> str:
    """Return a page that links every page below `folder`."""
    sections = []
    for name, title in (("validations", "Results"), ("expectations", "Suites")):
        pages = sorted((folder / name).rglob("*.html"))
        links = "".join(
            f'<li><a href="{page.relative_to(folder)}">{escape(_suite_name(page, folder / name))}'
            "</a></li>"
            for page in pages
        )
        sections.append(f'<div class="ge-section"><h5>{title}</h5><ul>{links}</ul></div>')
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="UTF-8"><title>Data Docs</title>'
        f'<link rel="stylesheet" href="{STYLE_NAME}"></head><body><div class="container-fluid">'
        f"<h4>Data Docs of the dataset</h4>{''.join(sections)}</div></body></html>\n"
    )


def _suite_name(page: Path, folder: Path) -> str:
    """Return the suite of a page: `validations/SUITE/run/time/page` or `expectations/SUITE`."""
    return Path(page.relative_to(folder).parts[0]).stem


def offline_page(html: str, style: str) -> str:
    """Return a page without anything that is fetched from elsewhere.

    Args:
        html: The page as built.
        style: Relative address of the style sheet to use instead.

    Examples:
        >>> offline_page('<head><script src="https://a.b/c.js"></script></head><p>7</p>', "s.css")
        '<head><link rel="stylesheet" href="s.css"></head><p>7</p>'
    """
    cleaner = _Cleaner(style)
    cleaner.feed(html)
    cleaner.close()
    return "".join(cleaner.out)


class _Cleaner(HTMLParser):
    """Writes a page again, without what needs the network."""

    def __init__(self, style: str) -> None:
        """Keep the address of the style sheet."""
        super().__init__(convert_charrefs=False)
        self.out: list[str] = []
        self._style = style
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag, without remote addresses and handlers of scripts."""
        values = dict(attrs)
        if tag == "script":
            self._inside = tag
        elif tag == "img":
            self.out.append(escape(values.get("alt") or ""))
        elif tag != "link":
            self._inside = tag if tag == "style" else ""
            kept = [(name, value) for name, value in attrs if _stays(name, value)]
            self.out.append(f"<{tag}{''.join(_attribute(*pair) for pair in kept)}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Treat `<br/>` as `<br>`."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Keep an end, and link the style sheet where the head ends."""
        self._inside = ""
        if tag == "head":
            self.out.append(f'<link rel="stylesheet" href="{escape(self._style)}">')
        if tag != "script":
            self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Keep text, but no script and no remote address in a style."""
        if self._inside == "style":
            self.out.append(REMOTE_IN_STYLE.sub("", data))
        elif self._inside != "script":
            self.out.append(data)

    def handle_entityref(self, name: str) -> None:
        """Keep `&name;`."""
        self.out.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """Keep `&#name;`."""
        self.out.append(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        """Keep the document type."""
        self.out.append(f"<!{decl}>")


def _stays(name: str, value: str | None) -> bool:
    """Return whether an attribute may stay: no handler, no address elsewhere."""
    return not name.startswith("on") and not REMOTE.match(value or "")


def _attribute(name: str, value: str | None) -> str:
    """Return an attribute as it stands in a tag."""
    return f" {name}" if value is None else f' {name}="{escape(value)}"'
