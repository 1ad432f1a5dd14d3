"""Where lines go: standard error, and a file of the part that is rotated by size.

Several processes write one file: workers of the service, verbs that run at once. So the file's
handler is one that locks while it rotates. A folder that cannot be written to is told of once; the
work goes on without a file.
"""

import logging
import sys
from typing import Any

import structlog
from concurrent_log_handler import ConcurrentRotatingFileHandler

from components.errors import SettingsError
from components.home import Home
from components.logs.lines import (
    SHOWN,
    console_processors,
    json_processors,
    plain_processors,
)
from components.settings.log import LogFileSettings, LogSettings

SUFFIX = ".jsonl"
OWN = ("components", "flows")
"""Loggers that speak from the level of the settings on."""

PART_VARIABLE = "DXFVISION_PART"
"""Tells a process that another program starts, such as a flow run of Prefect's worker, its part."""

_NAME = "dxfvision"
"""Of the handler that tells whether logging was set up."""

_TAKEN_OVER = ("bentoml", "circus", "uvicorn", "uvicorn.error", "uvicorn.access")
"""Loggers of programs that run us; they come with handlers and forms of their own."""


class PartFile(ConcurrentRotatingFileHandler):
    """The file of a part; when it cannot be written to, that is told once."""

    told = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Say once on standard error why lines are missing from the file."""
        if not self.told:
            self.told = True
            fault = sys.exc_info()[1]
            sys.stderr.write(f"{self.baseFilename}: lines are missing from here: {fault}\n")


def log_to_stderr(
    part: str,
    settings: LogSettings,
    people: logging.Handler | None = None,
    unheard: str = "",
    **facts: Any,
) -> None:
    """Let this process log to standard error, and no longer where it did before.

    Args:
        part: What this process is, such as `service`, `camera`, `flow`, `cli`.
        settings: Level and form.
        people: Takes the lines instead of standard error as long as `format` is `console`: shows
            them clear of progress bars.
        unheard: Logger whose lines, and those of loggers below it, go to the file only; empty for
            none.
        facts: Further fields of every line, such as `camera`.
    """
    root = logging.getLogger()
    for handler in list(root.handlers):
        _drop(root, handler)
    if settings.format == "console" and people is not None:
        handler = people
    else:
        handler = logging.StreamHandler()
        handler.setFormatter(_formatter(settings.format == "json", {"part": part, **facts}))
    handler.addFilter(lambda record: not getattr(record, SHOWN, False))
    if unheard:
        handler.addFilter(lambda record: record.name.split(".")[0] != unheard)
    handler.set_name(_NAME)
    root.addHandler(handler)
    _set_levels(settings)


def log_to_file(home: Home, part: str, settings: LogFileSettings, **facts: Any) -> None:
    """Let this process log to the file of a part in the home folder's `logs`, too.

    Args:
        home: Whose.
        part: Name of the file, and what its lines say they are of; an earlier file is left.
        settings: Whether, and its size.
        facts: Further fields of every line.
    """
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, PartFile):
            _drop(root, handler)
    if not settings.enabled:
        return
    try:
        home.logs.mkdir(parents=True, exist_ok=True)
        file = PartFile(
            home.logs / f"{part}{SUFFIX}",
            maxBytes=settings.max_bytes,
            backupCount=settings.kept,
            encoding="utf-8",
        )
        # Else the first line would find out.
        with (home.logs / f"{part}{SUFFIX}").open("ab"):
            pass
    except OSError as error:
        logging.getLogger(__name__).info("%s: there is no log file: %s", home.logs, error)
        return
    file.setFormatter(_formatter(True, {"part": part, **facts}))
    root.addHandler(file)


def log_as_part(home: Home, part: str, **facts: Any) -> None:
    """Let this process log as a part of the home folder: to standard error and to its file.

    Args:
        home: Its settings and its `logs` hold.
        part: What this process is.
        facts: Further fields of every line.

    Raises:
        SettingsError: If log_config.yaml is wrong.
    """
    settings = LogSettings.load(home.configs)
    log_to_stderr(part, settings, **facts)
    log_to_file(home, part, settings.file, **facts)


def is_set_up() -> bool:
    """Whether this process logs as we say, and not as who loaded us, such as a test, does."""
    return any(handler.get_name() == _NAME for handler in logging.getLogger().handlers)


def take_over() -> None:
    """Bring the lines of the programs that run us into our form."""
    for name in _TAKEN_OVER:
        logger = logging.getLogger(name)
        for handler in list(logger.handlers):
            _drop(logger, handler)
        logger.propagate = True


def shipped_settings() -> LogSettings:
    """Return the settings before a home folder is known: shipped ones and the environment.

    Wrong ones are told later, by the verb that reads the home folder's.
    """
    try:
        return LogSettings.load()
    except SettingsError:
        return LogSettings(
            level="info",
            format="console",
            file=LogFileSettings(enabled=False, max_bytes=10_000, kept=1),
        )


def _formatter(as_json: bool, facts: dict[str, Any]) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=plain_processors(facts),
        processors=json_processors() if as_json else console_processors(),
    )


def _set_levels(settings: LogSettings) -> None:
    logging.getLogger().setLevel(logging.WARNING)
    for name in OWN:
        logging.getLogger(name).setLevel(settings.level.upper())


def _drop(logger: logging.Logger, handler: logging.Handler) -> None:
    logger.removeHandler(handler)
    if isinstance(handler, PartFile) or type(handler) is logging.StreamHandler:
        handler.close()
