"""Writes every dashboard as JSON into the folder given: `make monitoring`."""

import sys
from pathlib import Path

from components.files import write_text
from components.monitoring import box, inspection, overview, pipeline, service
from components.monitoring.pages import Page, page_json

PAGES: tuple[Page, ...] = (
    overview.PAGE,
    inspection.PAGE,
    service.PAGE,
    pipeline.PAGE,
    box.PAGE,
)


def write_pages(folder: Path) -> None:
    """Write one file for each dashboard."""
    for page in PAGES:
        write_text(folder / f"{page.uid}.json", page_json(page))


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
