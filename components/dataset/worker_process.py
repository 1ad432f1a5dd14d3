"""How a process that works for another begins and ends, whatever it makes."""

import multiprocessing
import os
import signal
import threading
from multiprocessing import connection

import cv2


def begin_worker() -> None:
    """Prepare this process: one OpenCV thread, deaf to Ctrl-C, gone as soon as its parent is."""
    cv2.setNumThreads(1)
    # Ctrl-C goes to every process of the terminal; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Leave as soon as the parent is gone: an orphan would write beside the next run."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
