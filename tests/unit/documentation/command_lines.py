"""Holds command lines that stand in documents against what they name."""

import importlib.util
import re
import shlex
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter
from typer.core import TyperGroup
from typer.main import get_command

from components.cli.app import app
from tests.unit.documentation.pages import ROOT

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))
SIGNS = frozenset({"|", "||", "&&", ";", "&", ">", ">>", "<", "(", ")"})
ELSEWHERE = frozenset(
    {
        "apt-get",
        "cat",
        "cd",
        "curl",
        "docker",
        "docker-compose",
        "grep",
        "head",
        "ls",
        "openssl",
        "pip",
        "prefect",
        "prometheus",
        "prometheus-alertmanager",
        "prometheus-node-exporter",
        "pg_dump",
        "sha256sum",
        "source",
        "ssh",
        "tail",
        "tar",
    }
)
"""Programs that are not ours: their names are known, what they take is not looked at."""


def commands(text: str) -> Iterator[list[str]]:
    """Yield each simple command of a block of shell, its words without quotes and comments.

    Raises:
        ValueError: If a quote is not closed.
    """
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        found: list[str] = []
        for word in [*lexer, ";"]:
            if word in SIGNS or set(word) <= set("|&;<>()"):
                if found:
                    yield found
                found = []
            else:
                found.append(word)


def program(words: Sequence[str]) -> tuple[str, list[str]]:
    """Return the program that a command runs and its arguments, past variables and `sudo`."""
    rest = [*words]
    while rest and (re.match(r"^[A-Z_]+=", rest[0]) or rest[0] == "sudo"):
        rest.pop(0)
    if not rest:
        return "", []
    name = rest[0].rpartition("/")[2] if "/bin/" in rest[0] else rest[0]
    if name == "torchrun":
        inner = next(i for i, word in enumerate(rest) if word.endswith("dxfvision"))
        return "dxfvision", rest[inner + 1 :]
    return name, rest[1:]


def fault(words: Sequence[str], whole: bool = True) -> str:
    """Return what is wrong with a command, or nothing.

    Args:
        words: Of the command.
        whole: Whether everything that it needs must be given, as in a line to be copied.
    """
    name, arguments = program(words)
    if name == "dxfvision":
        return dxfvision_fault(arguments, whole)
    if name == "make":
        return _make_fault(arguments)
    if name in ("python", "python3"):
        return _python_fault(arguments)
    if name.endswith(".sh"):
        known = "VERSION" in name or (ROOT / name).is_file()
        return "" if known else f"there is no {name}"
    return "" if not whole or not name or name in ELSEWHERE else f"what is the program {name}?"


@lru_cache(maxsize=1)
def command_line() -> Any:
    """Return `dxfvision` with all its commands."""
    return get_command(app)


def dxfvision_fault(arguments: Sequence[str], whole: bool = True) -> str:
    """Return what the command line would say against these words behind `dxfvision`."""
    command = command_line()
    path, rest = "dxfvision", [*arguments]
    while isinstance(command, TyperGroup):
        if not rest:
            return "" if not whole else f"{path} needs a command"
        if rest == ["--help"]:
            return ""
        if rest[0] not in command.commands:
            return f"{path} has no command {rest[0]}"
        path, command = f"{path} {rest[0]}", command.commands[rest.pop(0)]
    context = command.make_context(path, [], resilient_parsing=True)
    # It reads defaults without complaint; what stands in a document may be complained about.
    context.resilient_parsing = False
    try:
        given, left, _ = command.make_parser(context).parse_args(rest)
    except Exception as error:
        return "" if not whole and "requires an argument" in str(error) else f"{path}: {error}"
    if left:
        return f"{path} does not take {left}"
    faults = [_value_fault(parameter, given, whole) for parameter in command.params]
    return "; ".join(f"{path}: {text}" for text in faults if text)


def _value_fault(parameter: Any, given: dict[str, Any], whole: bool) -> str:
    value = given.get(parameter.name)
    if value in (None, (), []):
        return f"{parameter.name} is needed" if parameter.required and whole else ""
    if parameter.name not in given or getattr(parameter, "is_flag", False):
        return ""
    listed = isinstance(value, list | tuple)
    try:
        made = TypeAdapter(parameter.type_descriptor.annotation).validate_python(
            list(value) if listed else value
        )
    except ValueError as error:
        return f"{parameter.name}: {error}"
    low, high = parameter.min, parameter.max
    if not listed and ((low is not None and made < low) or (high is not None and made > high)):
        return f"{parameter.name}: {made} is not within {low} and {high}"
    return ""


def _make_fault(arguments: Sequence[str]) -> str:
    targets = [word for word in arguments if "=" not in word]
    variables = [word.partition("=")[0] for word in arguments if "=" in word]
    wrong = [name for name in targets if name not in TARGETS]
    wrong += [name for name in variables if f"$({name})" not in MAKEFILE]
    return f"make knows no {wrong}" if wrong else ""


def _python_fault(arguments: Sequence[str]) -> str:
    if arguments[:1] == ["-m"]:
        return "" if importlib.util.find_spec(arguments[1]) else f"no module {arguments[1]}"
    scripts = [word for word in arguments if word.endswith(".py")]
    missing = [word for word in scripts if not (ROOT / word).is_file()]
    return f"there is no {missing}" if missing else ""
