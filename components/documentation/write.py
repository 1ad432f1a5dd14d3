"""Writes the pages and diagrams of `docs/` that are made from the code: `make docs`."""

import sys
from collections.abc import Iterator
from pathlib import Path

from components.documentation import architecture
from components.documentation.alerts import alerts_page
from components.documentation.commands import commands_page
from components.documentation.configuration import configuration_page
from components.documentation.diagrams import svg
from components.files import write_text
from components.operations.stages.metrics_table import metrics_page


def made_files(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file that is made, relative to the repository, with what it should hold.

    Args:
        root: The repository.
    """
    docs, pyproject = Path("docs"), root / "pyproject.toml"
    yield docs / "configuration.md", configuration_page()
    yield docs / "commands.md", commands_page()
    yield docs / "alerts.md", alerts_page(root / "monitoring" / "rules")
    yield docs / "metrics.md", metrics_page()
    diagrams = {
        "context": architecture.CONTEXT,
        "programs": architecture.programs_diagram(root / "docker-compose.yml"),
        "stages": architecture.stages_diagram(),
        "packages": architecture.packages_diagram(pyproject, root),
        "inspection": architecture.inside_diagram(pyproject, root, "components.inspection"),
        "operations": architecture.inside_diagram(pyproject, root, "components.operations"),
    }
    for name, diagram in diagrams.items():
        yield docs / "pictures" / f"architecture-{name}.svg", svg(diagram)


def write_all(root: Path) -> None:
    """Write every such file.

    Raises:
        FileNotFoundError: If there is no repository.
    """
    if not (root / "docs" / "index.md").is_file():
        raise FileNotFoundError(f"expected the repository's folder, got {root}")
    for path, text in made_files(root):
        write_text(root / path, text)


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
