"""How settings are read: shipped YAML, then the home folder's YAML, then the environment.

Every value stands in `configs/*.yaml` with its unit and meaning; the classes beside this module
give its type and range. A file may have a `profiles` table: the chosen profile's values are laid
over the rest. `DXFVISION_TRAIN__MINUTES=3` overrides `minutes` in `train_config.yaml`.
"""

from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import yaml
from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from components.errors import SettingsError

Profile = Literal["tiny", "quick", "standard", "full"]
PROFILES: tuple[Profile, ...] = ("tiny", "quick", "standard", "full")


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


class YamlSettings(BaseSettings):
    """Base of the settings of one file in `configs/`.

    Attributes:
        file_name: Name of the file, such as `train_config.yaml`.
    """

    file_name: ClassVar[str]
    model_config = SettingsConfigDict(extra="forbid", frozen=True)

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
        name = cls.file_name.removesuffix("_config.yaml").upper()
        environment = EnvSettingsSource(
            settings_cls, env_prefix=f"DXFVISION_{name}__", env_nested_delimiter="__"
        )
        return environment, init_settings

    @classmethod
    def load(cls, configs: Path | None = None, profile: Profile = "standard") -> Self:
        """Read the shipped file, the one in `configs` if there is one, and the environment.

        Args:
            configs: The home folder's `configs`; None or a missing file means shipped values only.
            profile: Which row of the `profiles` table to lay over the rest.

        Raises:
            SettingsError: Naming the file and each wrong setting.
        """
        shipped = Path(str(files("configs") / cls.file_name))
        values = read_yaml(shipped)
        own = configs / cls.file_name if configs else None
        if own and own.exists() and not own.samefile(shipped):
            values = merged(values, read_yaml(own))
        profiles = values.pop("profiles", {})
        values = merged(values, profiles.get(profile, {}))
        try:
            return cls(**values)
        except ValidationError as error:
            source = own if own and own.exists() else shipped
            faults = "; ".join(
                f"{'.'.join(str(step) for step in fault['loc'])}: {fault['msg']}, "
                f"got {fault['input']!r}"
                for fault in error.errors()
            )
            raise SettingsError(f"{source} (profile {profile}): {faults}") from error
