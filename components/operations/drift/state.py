"""What the last look at drift found, for those who only ask: the doctor runs without statistics."""

import json
from pathlib import Path
from typing import Literal, get_args

from components.home import Home

State = Literal["unknown", "steady", "drifting"]


def report_file(home: Home) -> Path:
    """Return where the last look is kept."""
    return home.reports / "drift.json"


def last_state(home: Home) -> State:
    """Return what the last look found; `unknown` before the first."""
    try:
        state = json.loads(report_file(home).read_bytes())["state"]
    except (OSError, ValueError, LookupError, TypeError):
        return "unknown"
    found: dict[object, State] = {known: known for known in get_args(State)}
    return found.get(state, "unknown")
