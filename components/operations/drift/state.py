"""What the last look at drift found, and what was told of it.

The doctor only asks, and runs without statistics. What was told is kept apart: whoever looks by
hand, or is killed before the event is out, tells nobody.
"""

import json
from pathlib import Path
from typing import Literal, get_args

from components.files import write_json
from components.home import Home

State = Literal["unknown", "steady", "drifting"]


def report_file(home: Home) -> Path:
    """Return where the last look is kept."""
    return home.reports / "drift.json"


def last_state(home: Home) -> State:
    """Return what the last look found; `unknown` before the first."""
    return _read(report_file(home))


def told_state(home: Home) -> State:
    """Return what was told last; `unknown` if nothing was yet."""
    return _read(_told_file(home))


def remember_told(home: Home, state: State) -> None:
    """Write down what was told."""
    write_json(_told_file(home), {"state": state})


def _told_file(home: Home) -> Path:
    return home.state / "drift-told.json"


def _read(file: Path) -> State:
    try:
        state = json.loads(file.read_bytes())["state"]
    except (OSError, ValueError, LookupError, TypeError):
        return "unknown"
    found: dict[object, State] = {known: known for known in get_args(State)}
    return found.get(state, "unknown")
