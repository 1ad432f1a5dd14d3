import logging
import os
from collections.abc import Iterator

import pytest
from structlog.contextvars import clear_contextvars

from components.logs.following import RUN_VARIABLE
from components.logs.setting_up import OWN


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """Let a test set up the logging of this process, and undo it."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in OWN}
    clear_contextvars()
    known = os.environ.pop(RUN_VARIABLE, None)
    yield
    for handler in list(root.handlers):
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    clear_contextvars()
    os.environ.pop(RUN_VARIABLE, None)
    if known is not None:
        os.environ[RUN_VARIABLE] = known
