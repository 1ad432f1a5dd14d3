"""Ties a process to the one that started it, so that even `kill -9` leaves no orphan.

`python -m components.serving.guard PARENT_PID COMMAND...` asks the kernel for SIGTERM at its
parent's death, undoes ignored signals (a shell's `&` leaves them ignored) and becomes the command.
"""

import ctypes
import os
import signal
import sys
from typing import NoReturn

PR_SET_PDEATHSIG = 1
"""From Linux' `prctl.h`; the setting outlives `exec`."""


def end_with_parent() -> None:
    """Ask the kernel to end this process with SIGTERM when its parent ends; on Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def main() -> NoReturn:
    """Become the command."""
    parent, *command = sys.argv[1:]
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    end_with_parent()
    if os.getppid() != int(parent):
        # It ended before the kernel knew that we care.
        sys.exit(1)
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
