"""What a figure was measured on: processor, cores, versions, commit."""

import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

GIT_TIMEOUT_S = 10


@dataclass(frozen=True, slots=True)
class Machine:
    """Where and with what something was measured.

    Attributes:
        time: When, UTC, ISO 8601.
        processor: Its name.
        cores: That this process may use.
        system: Operating system and its version.
        versions: Of Python and of packages, by name.
        commit: Of the source; with `+` if files differ from it, None outside a repository.
    """

    time: str
    processor: str
    cores: int
    system: str
    versions: dict[str, str]
    commit: str | None


def this_machine(packages: Sequence[str]) -> Machine:
    """Return what is known of this machine.

    Args:
        packages: Names of the distributions whose versions matter.
    """
    versions = {"python": platform.python_version()}
    for name in packages:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return Machine(
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        system=platform.platform(),
        versions=versions,
        commit=_commit(Path(__file__).parent),
    )


def _processor() -> str:
    """Return the processor's name: Python has none for many Linux systems."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _commit(folder: Path) -> str | None:
    """Return the commit of a folder's repository."""
    git = shutil.which("git")
    if git is None:
        return None
    command = [git, "-C", str(folder), "describe", "--always", "--dirty=+", "--abbrev=12"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=GIT_TIMEOUT_S
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
