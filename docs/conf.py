"""How Sphinx makes the site of the documents: `make docs` writes it to build/site.

The repository's root is the source folder, so that one relative link works both in the files as
they lie there and in the site. Nothing in the site is loaded from elsewhere: the theme Furo brings
its styles and scripts, takes the fonts of the reader's machine, and diagrams are committed as SVG.
"""

from datetime import date
from importlib.metadata import version as installed_version
from pathlib import Path

from sphinx.application import Sphinx

project = "dxfvision"
author = "the dxfvision maintainers"
release = installed_version("dxfvision")
project_copyright = f"{date.today().year}, {author}"

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
root_doc = "docs/index"
include_patterns = [
    "docs/**",
    "CHANGELOG.md",
    "deploy/README.md",
    "deploy/configs/README.md",
    "models/README.md",
    "monitoring/README.md",
    "monitoring/runbooks/*.md",
]
# Folders that hold much and no page: they are not even walked through.
exclude_patterns = [
    ".*",
    "build",
    "components",
    "configs",
    "data",
    "dist",
    "flows",
    "models/[!R]*",
    "monitoring/grafana",
    "notebooks",
    "reports",
    "tests",
    "*.egg-info",
]

myst_heading_anchors = 3
# Strict: a reference that leads nowhere is a warning, and `make docs` makes warnings errors.
nitpicky = True
# Two hyphens of an option are no dash.
smartquotes = False
# A block without a language shows commands or output and is not coloured.
highlight_language = "none"
suppress_warnings = [
    # A runbook begins below the title that Prometheus shows.
    "myst.header",
    # Blocks are coloured as far as the lexers understand them; tests compile and parse them.
    "misc.highlighting_failure",
]

html_theme = "furo"
html_title = f"dxfvision {release}"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_static_path = ["_static"]
html_css_files = ["wide-tables.css"]
# Opens the first page from the site's own folder.
html_extra_path = ["_site"]

MEASURED = ("benchmarks", "cpu-libraries")
"""Pages that `make bench` and `dxfvision bench box --page` write; they may not be there yet."""


def list_measured(app: Sphinx, name: str, source: list[str]) -> None:
    """Put the measured pages that are there into the menu, behind the ablations."""
    if name == app.config.root_doc:
        folder = Path(app.srcdir) / "docs"
        there = [page for page in MEASURED if (folder / f"{page}.md").exists()]
        menu = "\n".join(["", "ablations", *there, ""])
        source[0] = source[0].replace("\nablations\n", menu)


def setup(app: Sphinx) -> None:
    """Let the menu follow what is there."""
    app.connect("source-read", list_measured)
