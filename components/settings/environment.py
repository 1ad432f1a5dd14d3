"""Settings from the environment: `DXFVISION_TRAIN__CROPS__BATCH=4` is `crops.batch` of training.

pydantic-settings reads the values but passes over names it does not know; here they are refused,
and a fault in a value is traced to the variable it came from.
"""

import os
from typing import Any, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource

from components.errors import SettingsError

DELIMITER = "__"

Steps = tuple[str, ...]
"""Way to a setting through the tables of its file, such as `("crops", "batch")`."""


class Environment(EnvSettingsSource):
    """Values of the variables that begin with the prefix of one settings file."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """Return a list or table written as JSON.

        What is no JSON stays text: the check of the types then names the setting, which an error
        raised here would not.
        """
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


def variables(prefix: str, model: type[BaseModel]) -> dict[str, Steps]:
    """Return the variables that begin with `prefix`, in any case, and the way to their settings.

    Args:
        prefix: Such as `DXFVISION_TRAIN__`, in capitals.
        model: Settings of the whole file.

    Raises:
        SettingsError: If one names no setting of the file. Wrong names inside a table are left
            to the table, which refuses them wherever they come from.
    """
    given = {
        name: tuple(name[len(prefix) :].lower().split(DELIMITER))
        for name in sorted(os.environ)
        if name.upper().startswith(prefix)
    }
    for name, (first, *further) in given.items():
        if first not in model.model_fields:
            known = ", ".join(prefix + field.upper() for field in model.model_fields)
            raise SettingsError(
                f"environment variable {name}: there is no such setting; unset it or use one of "
                f"{known}"
            )
        if further and not _is_table(model.model_fields[first]):
            raise SettingsError(
                f"environment variable {name}: {first} is no table; use {prefix}{first.upper()}"
            )
    return given


def _is_table(field: FieldInfo) -> bool:
    """Return whether a setting is a table, with further settings inside."""
    kind = field.annotation
    return get_origin(kind) is dict or (isinstance(kind, type) and issubclass(kind, BaseModel))


def origin(place: Steps, given: dict[str, Steps], file: str) -> str:
    """Return where the value at a place came from, for an error message.

    Args:
        place: Way to the value or the table at fault.
        given: Variables and the ways to their settings.
        file: Name of the source of all other values.
    """
    whole = [name for name, steps in given.items() if place[: len(steps)] == steps]
    if whole:
        return f"environment variable {', '.join(whole)}"
    inside = [name for name, steps in given.items() if steps[: len(place)] == place]
    return f"{file} with environment variable {', '.join(inside)}" if inside else file
