"""Runs a program for systemd: says when it is there and that it is well, or keeps silent.

    python -m components.operations.launch.watched URL COMMAND...

systemd is told READY once the program runs, and WATCHDOG as long as URL answers with 200; after
`WatchdogSec` of silence it ends the program and starts it again. Until the first good answer the
program is trusted: it may wait for a model. Only the standard library is loaded.
"""

import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Sequence
from urllib.request import urlopen

SOCKET_VARIABLE = "NOTIFY_SOCKET"
WATCHDOG_VARIABLE = "WATCHDOG_USEC"
_ANSWER_S = 5.0
_DEFAULT_PAUSE_S = 15.0


def notify(message: str) -> None:
    """Tell systemd something; without systemd nobody is told.

    Args:
        message: Such as `READY=1`.
    """
    address = os.environ.get(SOCKET_VARIABLE)
    if not address:
        return
    # A leading @ stands for the abstract namespace's null byte.
    name = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto(message.encode(), name)


def pause_s() -> float:
    """Return the time between two looks: a third of the watchdog's patience, in seconds."""
    patience_us = os.environ.get(WATCHDOG_VARIABLE)
    return int(patience_us) / 3e6 if patience_us else _DEFAULT_PAUSE_S


def answers(url: str) -> bool:
    """Whether a URL answers with 200 within five seconds."""
    # A certificate need not name loopback.
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    try:
        with urlopen(url, timeout=_ANSWER_S, context=trusting) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def run(url: str, command: Sequence[str]) -> int:
    """Run a command until it ends; return its exit code, 128 + N if signal N ended it.

    SIGTERM and SIGINT are handed on to it.
    """
    # What the program itself told systemd would be refused, with a line in the journal each time.
    ours = (SOCKET_VARIABLE, WATCHDOG_VARIABLE)
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    process = subprocess.Popen(command, env=environment)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _: process.send_signal(got))
    notify(f"READY=1\nMAINPID={os.getpid()}")
    was_well = False
    while True:
        well = answers(url)
        if well or not was_well:
            notify("WATCHDOG=1\nSTATUS=" + ("answers" if well else "starts, or waits for a model"))
        else:
            notify(f"STATUS={url} gives no good answer")
        was_well = was_well or well
        try:
            code = process.wait(pause_s())
        except subprocess.TimeoutExpired:
            continue
        return code if code >= 0 else 128 - code


def main() -> None:
    """Run the command of the command line."""
    if len(sys.argv) < 3:
        sys.exit("usage: python -m components.operations.launch.watched URL COMMAND...")
    sys.exit(run(sys.argv[1], sys.argv[2:]))


if __name__ == "__main__":
    main()
