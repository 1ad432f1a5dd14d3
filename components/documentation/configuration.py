"""The page of every setting: values and meanings from `configs/`, ranges from the models."""

import importlib
import pkgutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from components import settings as settings_package
from components.documentation.markdown import cell, code, table
from components.documentation.schema_words import Schema, allowed, resolved
from components.documentation.yaml_comments import Entry, entries, header
from components.settings.base import YamlSettings

_PROFILES = "profiles"
_LONG = 100
_HEAD = """# Configuration reference

Made by `make docs` from `configs/*.yaml` and `components/settings`; a test holds it current.

A value is looked for in this order, and the first that is found counts: the environment variable,
the file of the same name in the home folder's `configs` (the row of the profile in it, then its
other lines), the shipped file (likewise). A file in the home folder needs only what differs. A
wrong value or an unknown name ends the command with the file, the setting and what is allowed.

An environment variable is the file's prefix and the names in capitals, with two underscores
between tables. Where *Value* has several, the words before them are profiles (`--profile`);
`generic` is that of `dxfvision train --generic`.
"""


def settings_classes() -> dict[str, type[YamlSettings]]:
    """Return the settings class of every file in `configs`, by the file's name."""
    found: dict[str, type[YamlSettings]] = {}
    for module in pkgutil.iter_modules(settings_package.__path__):
        loaded = importlib.import_module(f"components.settings.{module.name}")
        for thing in vars(loaded).values():
            own = isinstance(thing, type) and issubclass(thing, YamlSettings)
            if own and thing is not YamlSettings:
                found[thing.file_name] = thing
    return dict(sorted(found.items()))


def configuration_page() -> str:
    """Return the page as Markdown."""
    parts = [_HEAD]
    for name, settings in settings_classes().items():
        parts.extend(_file(name, settings))
    return "\n".join(parts)


def _file(name: str, settings: type[YamlSettings]) -> Iterator[str]:
    path = Path(str(files("configs") / name))
    rows = list(entries(path))
    schema = settings.model_json_schema()
    yield f"## {name}\n"
    yield f"{header(path.read_text('utf-8'))}\n"
    yield f"Prefix of its variables: `{settings.prefix()}`\n"
    profiles = _profile_values(rows)
    for title, group in _grouped([row for row in rows if row.path[0] != _PROFILES]):
        if title is not None:
            yield f"### {name.removesuffix('_config.yaml')}: {'.'.join(title.path)}\n"
            if title.comment:
                yield f"{cell(title.comment)}\n"
        if group:
            yield table(
                ("Setting", "Value", "Allowed", "Meaning"),
                [_row(row, schema, profiles) for row in group],
            )


def _profile_values(rows: list[Entry]) -> dict[tuple[str, ...], list[str]]:
    """Return what profiles set, by the path of the setting."""
    values: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        if row.path[0] == _PROFILES and len(row.path) > 2 and not row.is_table:
            values.setdefault(row.path[2:], []).append(f"{row.path[1]}: {code(row.value)}")
    return values


def _grouped(rows: list[Entry]) -> Iterator[tuple[Entry | None, list[Entry]]]:
    """Yield each table of the top level with its rows, those outside any table first."""
    yield None, [row for row in rows if len(row.path) == 1 and not row.is_table]
    for title in rows:
        if len(title.path) == 1 and title.is_table:
            inside = [row for row in rows if row.path[0] == title.path[0] and len(row.path) > 1]
            yield title, [row for row in inside if row.value or row.comment]


def _row(
    row: Entry, schema: Schema, profiles: dict[tuple[str, ...], list[str]]
) -> tuple[str, str, str, str]:
    shipped = [code(shortened(row.value))] if row.value else []
    values = "; ".join([*shipped, *profiles.get(row.path, [])]).replace("|", "\\|")
    name = ".".join(row.path[1:] or row.path)
    words = "" if row.is_table else _words(row, schema)
    return code(name), values, words, cell(row.comment)


def shortened(value: str) -> str:
    """Return a value, or its beginning if it is a long list.

    Examples:
        >>> shortened("[" + "a, " * 60 + "]")[-10:]
        ' a, a, a …'
    """
    return value if len(value) <= _LONG else f"{value[: _LONG - 2].rstrip(' ,')} …"


def _words(row: Entry, schema: Schema) -> str:
    definitions = schema.get("$defs", {})
    here = schema
    for step in row.path:
        here = resolved(here, definitions)
        properties = here.get("properties", {})
        here = properties.get(step, here.get("additionalProperties", {}))
        if not isinstance(here, dict):
            return ""
    return allowed(here, definitions)
