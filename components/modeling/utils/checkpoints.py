"""Checkpoints: whole or absent, readable without running code from the file."""

import zipfile
from collections.abc import Collection
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


def read_checkpoint(path: Path, needed: Collection[str] = ()) -> dict[str, Any]:
    """Read what `write_checkpoint` wrote.

    Args:
        path: The file.
        needed: Names of what must be in it.

    Raises:
        ModelError: If the file is missing, damaged, something else or lacks what is needed.
    """
    try:
        _check_sums(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); train first") from error
    except Exception as error:
        # Damaged pickles end in a dozen kinds of error (RuntimeError, KeyError, TypeError ...).
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
    lacking = sorted(set(needed) - set(state))
    if lacking:
        raise ModelError(
            f"{path}: has no {', '.join(lacking)}: it is no checkpoint of a training (has "
            f"{', '.join(sorted(state))}); remove it and train again"
        )
    return dict(state)


def _check_sums(path: Path) -> None:
    """Compare the content with the sums in the file: torch loads changed weights without a word.

    Raises:
        zipfile.BadZipFile: If they differ, or the file is no archive.
    """
    with zipfile.ZipFile(path) as archive:
        changed = archive.testzip()
    if changed:
        raise zipfile.BadZipFile(f"the content of {changed} does not fit its sum")


def set_aside(path: Path) -> Path:
    """Rename a file that cannot be used, so that nothing is lost; return its new path."""
    aside = path.with_name(f"{path.name}.damaged")
    path.replace(aside)
    return aside
