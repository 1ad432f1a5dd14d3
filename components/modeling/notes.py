"""What was seen of a version after it was registered: `registry/notes/VERSION.json`.

A version never changes; what the gate decided, how the service answered with it and how fast stands
beside it. Notes are of this box: they do not travel with an exported version.
"""

import json
from collections.abc import Mapping
from pathlib import Path
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
    write_json(_file(registry, version), read_notes(registry, version) | {name: dict(content)})


def read_notes(registry: Path, version: str) -> dict[str, Any]:
    """Return the notes on a version by name; nothing if there are none that can be read."""
    try:
        content = json.loads(_file(registry, version).read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _file(registry: Path, version: str) -> Path:
    return registry / "notes" / f"{version}.json"
