"""The page of every command and option, from the command line's own declarations."""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from typer.core import TyperArgument, TyperGroup, TyperOption
from typer.main import get_command

from components.cli.app import app
from components.documentation.markdown import cell, code, table

_HEAD = """# Commands

Made by `make docs` from what `dxfvision --help` declares; a test holds it current.

Every command takes `--help`. Messages and progress go to the standard error stream, results to
the standard output; with `--json` they are one JSON object a line. The exit code is 0 if all went
well, 1 if something was found or failed, 2 for a wrong command line. `--home` is the folder that
everything lies in, the current one if it is left out.
"""

_KINDS: dict[Any, str] = {int: "whole number", float: "number", Path: "path"}


def commands() -> Iterator[tuple[str, Any]]:
    """Yield every command with its words behind `dxfvision`, those of groups one by one."""
    group = get_command(app)
    if not isinstance(group, TyperGroup):
        raise TypeError(f"dxfvision is no group of commands but {type(group).__name__}")
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            for inner, below in command.commands.items():
                yield f"{name} {inner}", below
        else:
            yield name, command


def commands_page() -> str:
    """Return the page as Markdown."""
    parts = [_HEAD]
    for words, command in commands():
        parts.extend(_command(words, command))
    return "\n".join(parts)


def _command(words: str, command: Any) -> Iterator[str]:
    arguments = [p for p in command.params if isinstance(p, TyperArgument)]
    usage = " ".join(["dxfvision", words, *(_usage(argument) for argument in arguments)])
    yield f"## dxfvision {words}\n"
    yield f"```text\n{usage} [OPTIONS]\n```\n"
    yield f"{cell(command.help or '')}\n"
    rows = [_row(p) for p in command.params if p.name != "help"]
    if rows:
        yield table(("Option", "Takes", "Meaning"), rows)


def _usage(argument: Any) -> str:
    shown = str(argument.metavar or argument.name.upper())
    return shown if argument.required else f"[{shown.strip('[]')}]"


def _row(parameter: Any) -> tuple[str, str, str]:
    is_argument = isinstance(parameter, TyperArgument)
    names = [*parameter.opts, *parameter.secondary_opts]
    name = _usage(parameter) if is_argument else ", ".join(names)
    takes = "" if is_argument else _takes(parameter)
    text = " ".join(str(parameter.help or "").split())
    more = "" if is_argument else _default(parameter)
    return code(name).replace("|", "\\|"), takes, cell(text) + more


def _default(option: TyperOption) -> str:
    """Return what holds without an option, where its meaning cannot say so already."""
    if option.required:
        return " Required."
    if option.is_flag:
        return f" Default: {code(option.opts[0])}." if option.default is True else ""
    # A folder's default is told at the top of the page, and None by the help itself.
    if option.default is None or isinstance(option.default, Path):
        return ""
    return f" Default: {code(str(option.default))}."


def _takes(option: TyperOption) -> str:
    """Return what is given behind an option."""
    if option.is_flag:
        return ""
    annotation: Any = option.type_descriptor.annotation
    if get_origin(annotation) is Literal:
        return ", ".join(code(str(choice)) for choice in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(code(str(choice.value)) for choice in annotation)
    return cell(str(option.metavar or _KINDS.get(annotation, "text")))
