"""Tells systemd that the agent is ready and alive, where systemd started it with a watchdog.

References:
    sd_notify(3): datagrams to the socket that NOTIFY_SOCKET names.
"""

import os
import socket
from contextlib import suppress

VARIABLE = "NOTIFY_SOCKET"


def notify(state: str) -> None:
    """Send a state, such as `READY=1` or `WATCHDOG=1`; without systemd nothing happens."""
    address = os.environ.get(VARIABLE, "")
    if not address.startswith(("/", "@")):
        return
    # A first @ stands for the zero byte of an abstract socket.
    place = "\0" + address[1:] if address.startswith("@") else address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(state.encode(), place)
