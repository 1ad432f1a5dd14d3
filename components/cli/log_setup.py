"""How commands log: lines clear of the progress bars at a terminal, and the home folder's files."""

import logging
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import typer
from rich.logging import RichHandler

from components.cli.output import messages
from components.errors import SettingsError
from components.home import Home
from components.logs.following import begin_run
from components.logs.lines import SHOWN, covered
from components.logs.setting_up import is_set_up, log_to_file, log_to_stderr, shipped_settings
from components.settings.log import LogSettings

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger(__name__)

COMMANDS = "cli"
"""The part that commands are, unless they say otherwise."""

MAKING = {"run", "generate", "validate", "train", "export", "autolabel"}
"""Commands that make a home folder where there is none."""

RUNS = {*MAKING, "evaluate", "bench"}
"""Commands that work for a while in a home folder: each time is a run with an id of its own."""


_PREFECT = "prefect"
"""Its logger: who gives a command sees progress and one sentence about a fault instead."""


class _Covered(logging.Formatter):
    """Writes the message alone: time and level are the handler's."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the message with what looks like a secret covered."""
        return covered(super().format(record))


def set_up_logging() -> None:
    """Let this command log to standard error, before it is known which home folder it is about."""
    log_to_stderr(COMMANDS, shipped_settings(), _people(), _PREFECT)


def log_into(home: Home, part: str = COMMANDS, make: bool = False, **facts: Any) -> None:
    """Let this command log as the home folder's settings say, into its files as well.

    Where others set up the logging, such as in a test, nothing changes.

    Args:
        home: Whose settings and files.
        part: What this command is from now on.
        make: Make the folder of the files if it is missing.
        facts: Further fields of every line.

    Raises:
        SettingsError: If log_config.yaml is wrong.
    """
    if not is_set_up():
        return
    settings = LogSettings.load(home.configs)
    log_to_stderr(part, settings, _people(), _PREFECT, **facts)
    if make or home.logs.is_dir():
        log_to_file(home, part, settings.file, **facts)


def log_commands(app: typer.Typer) -> None:
    """Make every command that has a home folder log into it, its end with a fault as well."""
    for command in app.registered_commands:
        if command.callback is not None:
            command.callback = _logged(command.name or "", command.callback)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            log_commands(group.typer_instance)


def _logged(name: str, command: Callable[P, R]) -> Callable[P, R]:
    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        _begin(name, kwargs.get("home"))
        try:
            return command(*args, **kwargs)
        except typer.Exit as end:
            if end.__cause__ is not None:
                _remember(name, end.__cause__)
            raise
        except Exception as fault:
            _remember(name, fault)
            raise

    return run


def _remember(name: str, fault: BaseException) -> None:
    """Log how a command failed, in the file only: its reader saw it already."""
    told = {SHOWN: True, "verb": name, "error": type(fault).__name__}
    logger.error("%s", fault, exc_info=fault, extra=told)


def _begin(name: str, home: object) -> None:
    """Log into the home folder that a command is given, if it is one."""
    if not isinstance(home, Path) or not is_set_up():
        return
    works = name in RUNS
    try:
        # A home folder that is misspelt must not be made by its log.
        log_into(Home(home.resolve()), make=name in MAKING or (works and home.is_dir()))
    except SettingsError as error:
        logger.warning("logs are written as shipped: %s", error)
    if works:
        logger.info("%s begins", name, extra={SHOWN: True, "verb": name, "run_id": begin_run()})


def _people() -> logging.Handler | None:
    """Return who shows lines at a terminal; None where there is none."""
    if not messages.is_terminal:
        return None
    handler = RichHandler(console=messages, show_path=False)
    handler.setFormatter(_Covered("%(message)s"))
    return handler
