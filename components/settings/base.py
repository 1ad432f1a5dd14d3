"""How settings are read.

The sources, each laid over those before:

1. the shipped YAML file,
2. the row of the chosen profile in its `profiles` table,
3. the home folder's file of the same name, if there is one,
4. the row of the chosen profile in that file,
5. the environment: `DXFVISION_TRAIN__MINUTES=3` is `minutes` in `train_config.yaml`.

So what the user sets wins over what is shipped, in every profile. Every value stands in
`configs/*.yaml` with its unit and meaning; the classes beside this module give its type and range.
"""

from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from components.errors import SettingsError
from components.settings.environment import DELIMITER, Environment, Steps, origin, variables

Profile = Literal["tiny", "quick", "standard", "full"]
PROFILES: tuple[Profile, ...] = ("tiny", "quick", "standard", "full")
GENERIC = "generic"
"""The row of `profiles` for the generic weights; no size of a run, so no `--profile`."""
ROWS = (*PROFILES, GENERIC)


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Return `base` with the values of `over` laid on top, table by table.

    Examples:
        >>> merged({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}})
        {'a': {'x': 1, 'y': 3}}
    """
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            result[key] = merged(old, value)
        else:
            result[key] = value
    return result


def read_yaml(path: Path) -> dict[str, Any]:
    """Read one settings file.

    Raises:
        SettingsError: If it cannot be read, is no YAML or no table.
    """
    try:
        values = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{path}: cannot be read as YAML: {error}") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise SettingsError(f"{path}: expected a table of settings, got {type(values).__name__}")
    return values


def read_profile(path: Path, profile: str) -> dict[str, Any]:
    """Read one settings file with one of its profiles laid over the rest.

    Raises:
        SettingsError: If it cannot be read or its `profiles` are no tables of known profiles.
    """
    values = read_yaml(path)
    rows = values.pop("profiles", {})
    if not isinstance(rows, dict) or not set(rows) <= set(ROWS):
        raise SettingsError(
            f"{path}: profiles: expected a table with rows out of {', '.join(ROWS)}, got {rows!r}"
        )
    for name, row in rows.items():
        if row is not None and not isinstance(row, dict):
            raise SettingsError(
                f"{path}: profiles.{name}: expected a table of settings, got {row!r}"
            )
    # A row whose lines are all commented out is None.
    return merged(values, rows.get(profile) or {})


class Table(BaseModel):
    """A table inside a settings file: unknown names are refused, values cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class YamlSettings(BaseSettings):
    """Base of the settings of one file in `configs/`.

    Attributes:
        file_name: Name of the file, such as `train_config.yaml`.
    """

    file_name: ClassVar[str]
    model_config = SettingsConfigDict(extra="forbid", frozen=True)

    @classmethod
    def prefix(cls) -> str:
        """Return what the variables of this file begin with, such as `DXFVISION_TRAIN__`."""
        return f"DXFVISION_{cls.file_name.removesuffix('_config.yaml').upper()}{DELIMITER}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over what was read from files."""
        environment = Environment(
            settings_cls, env_prefix=cls.prefix(), env_nested_delimiter=DELIMITER
        )
        return environment, init_settings

    @classmethod
    def load(cls, configs: Path | None = None, profile: str = "standard") -> Self:
        """Read the shipped file, the one in `configs` if there is one, and the environment.

        Args:
            configs: The home folder's `configs`; None or a missing file means shipped values only.
                The shipped folder itself is not read twice.
            profile: Which row of the `profiles` tables to lay over the rest of its file: one of
                `PROFILES` or `GENERIC`.

        Raises:
            SettingsError: Naming the file or the environment variable and each wrong setting.
        """
        source = Path(str(files("configs") / cls.file_name))
        values = read_profile(source, profile)
        own = configs / cls.file_name if configs else None
        if own and own.exists() and not own.samefile(source):
            source, values = own, merged(values, read_profile(own, profile))
        given = variables(cls.prefix(), cls)
        try:
            return cls(**values)
        except ValidationError as error:
            raise SettingsError(_faults(error, f"{source} (profile {profile})", given)) from error


def _faults(error: ValidationError, file: str, given: dict[str, Steps]) -> str:
    """Return each wrong setting with its source, the faults of one source together."""
    told: dict[str, list[str]] = {}
    for fault in error.errors():
        place = tuple(str(step) for step in fault["loc"])
        text = f"{'.'.join(place)}: {fault['msg']}, got {fault['input']!r}"
        told.setdefault(origin(place, given, file), []).append(text)
    return "; ".join(f"{source}: {'; '.join(texts)}" for source, texts in told.items())
