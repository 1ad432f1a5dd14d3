"""The diagrams of the architecture, one for each level, from what is true elsewhere.

Programs come from `docker-compose.yml`, packages and their order from the contracts of
import-linter in `pyproject.toml`, what a package is for from its own first line.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from components.documentation.diagrams import Arrow, Box, Diagram, Row

CONTEXT = Diagram(
    "dxfvision among people, cameras and other systems",
    (
        Row(
            "from outside",
            (
                Box(
                    "designer", "puts DXF drawings into a folder: all the labelling there is", False
                ),
                Box("cameras", "V4L2, RTSP, HTTP, folders of pictures", False),
                Box("operator", "sends pictures from a browser, reviews labelled frames", False),
            ),
        ),
        Row(
            "one box",
            (
                Box(
                    "dxfvision",
                    "reads drawings, renders training pictures, trains on the CPU, judges "
                    "releases, serves the champion, measures parts; all it keeps lies in one "
                    "home folder",
                ),
            ),
        ),
        Row(
            "to outside",
            (
                Box("line control", "gets verdicts: HTTP, webhook, MQTT, JSON lines", False),
                Box("who is on call", "gets alerts that lead to runbooks", False),
                Box("other boxes", "get signed models as files", False),
            ),
        ),
    ),
    (
        Arrow("designer", "dxfvision", "drawings"),
        Arrow("cameras", "dxfvision", "frames"),
        Arrow("operator", "dxfvision", "pictures, decisions"),
        Arrow("dxfvision", "line control", "verdicts"),
        Arrow("dxfvision", "who is on call", "alerts"),
        Arrow("dxfvision", "other boxes", "models"),
    ),
)

_PROGRAMS = {
    "prefect": "Prefect's server: schedules, runs, UI",
    "worker": "runs the flows; watches the folder of drawings",
    "service": "answers /predict and /inspect with the champion",
    "camera": "takes frames, has them judged, sends verdicts on",
    "doctor": "checks the box every minute",
    "node-exporter": "the machine's figures, and the files of finished stages",
    "prometheus": "collects figures, evaluates alerts, shows runbooks",
    "alertmanager": "tells people, each thing once",
    "grafana": "five dashboards",
}
_PLACES = (
    ("watching", ("alertmanager", "prometheus", "grafana")),
    ("measured by", ("doctor", "node-exporter")),
    ("pipeline and service", ("prefect", "worker", "service", "camera")),
)
_CALLS = (
    Arrow("prometheus", "alertmanager"),
    Arrow("grafana", "prometheus"),
    Arrow("prometheus", "node-exporter"),
    Arrow("worker", "prefect"),
    Arrow("camera", "service"),
)
_HOME = Box("home folder", "drawings, datasets, models, settings, reports: one volume", False)


STAGES = {
    "read-drawings": "DXF -> parts in mm; what is alike",
    "generate": "parts -> pictures, masks, COCO, YOLO",
    "validate": "expectations; stops a bad dataset",
    "train": "generic weights learn these drawings",
    "export": "ONNX and int8, held against torch",
    "evaluate": "served answers on the test split",
    "promote": "the gate: not worse than the champion",
    "try": "the real service answers as the model does",
}
"""What each stage of `dxfvision run` does, in its order."""


def stages_diagram() -> Diagram:
    """Return the way from drawings to a champion."""
    names = tuple(STAGES)
    half = (len(names) + 1) // 2
    rows = (names[:half], names[half:])
    boxes = tuple(Row("", tuple(Box(name, STAGES[name]) for name in row)) for row in rows)
    arrows = tuple(Arrow(a, b) for a, b in pairwise(names))
    return Diagram("The stages of a run", boxes, arrows)


def programs_diagram(compose: Path) -> Diagram:
    """Return the programs of one box.

    Args:
        compose: `docker-compose.yml`.

    Raises:
        KeyError: If it has a service that nothing is known of here.
    """
    services = yaml.safe_load(compose.read_text("utf-8"))["services"]
    placed = {name for _, names in _PLACES for name in names}
    if placed != set(services):
        raise KeyError(f"{compose}: has {sorted(services)}, the diagram {sorted(placed)}")
    rows = [
        Row(label, tuple(Box(name, _program_text(name, services[name])) for name in names))
        for label, names in _PLACES
    ]
    return Diagram("The programs of one box", (*rows, Row("shared", (_HOME,))), _CALLS)


def _program_text(name: str, service: dict[str, Any]) -> str:
    ports = [re.sub(r"\$\{[^}]*:-(\d+)\}", r"\1", port) for port in service.get("ports", [])]
    shown = f"; {ports[0].rpartition(':')[0]}" if ports else ""
    return f"{_PROGRAMS[name]}{shown}"


def packages_diagram(pyproject: Path, root: Path) -> Diagram:
    """Return the packages in the order in which they may import each other.

    Args:
        pyproject: With import-linter's contracts.
        root: Folder of the packages.
    """
    rows = [
        Row("may import what stands below" if number == 0 else "", tuple(boxes))
        for number, boxes in enumerate(_layers(pyproject, root, None))
    ]
    return Diagram("The packages; imports point down", tuple(rows))


def inside_diagram(pyproject: Path, root: Path, package: str) -> Diagram:
    """Return the parts of a package in the order of its own contract.

    Args:
        pyproject: With import-linter's contracts.
        root: Folder of the packages.
        package: Such as `components.inspection`.

    Raises:
        KeyError: If the package has no contract of its own.
    """
    rows = [Row("", tuple(boxes)) for boxes in _layers(pyproject, root, package)]
    return Diagram(f"Inside {package}; imports point down", tuple(rows))


def layers_contract(pyproject: Path, package: str | None) -> dict[str, Any]:
    """Return the contract of a package's layers; that of all packages for None.

    Raises:
        KeyError: If there is none.
    """
    table = tomllib.loads(pyproject.read_text("utf-8"))
    containers = None if package is None else [package]
    for contract in table["tool"]["importlinter"]["contracts"]:
        if contract["type"] == "layers" and contract.get("containers") == containers:
            found: dict[str, Any] = contract
            return found
    raise KeyError(f"{pyproject}: no contract of layers for {package or 'all packages'}")


def _layers(pyproject: Path, root: Path, package: str | None) -> Iterator[list[Box]]:
    for layer in layers_contract(pyproject, package)["layers"]:
        names = [name.strip() for name in re.split(r"[|:]", layer)]
        full = [f"{package}.{name}" if package else name for name in names]
        yield [
            Box(name.removeprefix("components."), first_line(root, module))
            for name, module in zip(names, full, strict=True)
        ]


def first_line(root: Path, module: str) -> str:
    """Return the first sentence of a module's or package's docstring."""
    path = root / module.replace(".", "/")
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = ast.get_docstring(ast.parse(source.read_text("utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split()).rstrip(".").split(": `make")[0]
