"""What was seen of a version after it was registered: `registry/notes/VERSION.json`.

A version never changes; what the gate decided, how the service answered with it and how fast stands
beside it. Notes are of this box: they do not travel with an exported version.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from components.files import write_json


def write_note(registry: Path, version: str, name: str, content: Mapping[str, Any]) -> None:
    """Write down what was seen of a version.

    Args:
        registry: The registry's folder.
        version: The version's full name.
        name: Of the note; one of the same name is replaced.
        content: Plain values.
    """
    write_json(note_file(registry, version), read_notes(registry, version) | {name: dict(content)})


def read_notes(registry: Path, version: str) -> dict[str, Any]:
    """Return the notes on a version by name; nothing if there are none that can be read."""
    try:
        content = json.loads(note_file(registry, version).read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def note_lines(notes: Mapping[str, Any]) -> str:
    """Return the section of a page in Markdown; nothing if there are no notes."""
    lines = []
    if gate := notes.get("gate"):
        lines.append(f"- gate: {gate['reason']}")
    if ready := notes.get("ready"):
        where = ready["where"] or "a service started to try it"
        lines.append(f"- ready: {where}, after {ready['seconds']:.1f} s")
    if trial := notes.get("trial"):
        http, inside = median(trial["http_ms"]), median(trial["in_process_ms"])
        lines.append(
            f"- served endpoint: {trial['pictures']} pictures, {trial['detections']} detections "
            f"answered as in-process; median {http:.0f} ms over HTTP, {inside:.0f} ms in-process"
        )
    if failed := notes.get("failed"):
        lines.append(f"- taken back: {failed['reason']}")
    return "\n".join(["", "## On this box", "", *lines, ""]) if lines else ""


def note_file(registry: Path, version: str) -> Path:
    """Return where the notes on a version lie."""
    return registry / "notes" / f"{version}.json"
