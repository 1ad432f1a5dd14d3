"""Checkpoints: whole or absent, readable without running code from the file."""

import pickle
from pathlib import Path
from typing import Any

import torch

from components.errors import ModelError
from components.files import replacing

FORMAT = "dxfvision-checkpoint-2"


def write_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write tensors, numbers, texts and containers of them to `path`; whole or not at all."""
    with replacing(path) as partial:
        torch.save({"format": FORMAT, **state}, partial)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read what `write_checkpoint` wrote.

    Raises:
        ModelError: If the file is missing, damaged or something else.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); train first") from error
    except (RuntimeError, pickle.UnpicklingError, EOFError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(
            f"{path}: is damaged or no checkpoint ({reason}); remove it and train again"
        ) from error
    found = state.get("format") if isinstance(state, dict) else type(state).__name__
    if found != FORMAT:
        raise ModelError(
            f"{path}: expected a checkpoint of format {FORMAT}, got {found!r}; "
            "remove it and train again"
        )
    return dict(state)


def set_aside(path: Path) -> Path:
    """Rename a file that cannot be used, so that nothing is lost; return its new path."""
    aside = path.with_name(f"{path.name}.damaged")
    path.replace(aside)
    return aside
