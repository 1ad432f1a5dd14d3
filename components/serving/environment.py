"""How a starter hands the home folder and the settings to the service's processes."""

import os
from pathlib import Path

from components.home import Home
from components.settings.serve import ServeSettings

HOME_VARIABLE = "DXFVISION_HOME"
SETTINGS_VARIABLE = "DXFVISION_SERVICE_SETTINGS"
RECORD_VARIABLE = "DXFVISION_SERVICE_RECORD"

# Without these glibc keeps the memory of the largest picture ever seen, in every thread's arena:
# after 8,000 requests with damaged pictures a worker held 382 MB, with them 247 MB. The last one
# keeps 32 MiB at the heap's top: given back, they were asked for again by each picture of 640x480,
# with 6,500 page faults and a tenth of its processor time.
_RETURN_MEMORY = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "4194304",
    "MALLOC_TRIM_THRESHOLD_": "33554432",
}


def service_environment(
    home: Home, settings: ServeSettings, bento_home: Path, recording: bool = True
) -> dict[str, str]:
    """Return the environment of the service's processes.

    Args:
        home: Where the registry lies.
        settings: What the service shall use.
        bento_home: Folder for BentoML's own files: metrics of the workers, caches.
        recording: Whether numbers about pictures are written below the home folder, for drift.
    """
    return {
        **_RETURN_MEMORY,
        **os.environ,
        HOME_VARIABLE: str(home.root.resolve()),
        SETTINGS_VARIABLE: settings.model_dump_json(),
        RECORD_VARIABLE: str(int(recording)),
        "BENTOML_HOME": str(bento_home),
        "BENTOML_DO_NOT_TRACK": "True",
        "PYTHONUNBUFFERED": "1",
    }


def home_from_environment() -> Home:
    """Return the home folder a starter set, else the working directory."""
    return Home(Path(os.environ.get(HOME_VARIABLE, ".")))


def recording_from_environment() -> bool:
    """Return whether a starter, if there was one, lets pictures be written down as numbers."""
    return os.environ.get(RECORD_VARIABLE, "1") == "1"


def settings_from_environment() -> ServeSettings:
    """Return the settings a starter set, else those of the home folder.

    Raises:
        SettingsError: If they are read from files and wrong.
    """
    handed = os.environ.get(SETTINGS_VARIABLE)
    if handed is not None:
        return ServeSettings.model_validate_json(handed)
    return ServeSettings.load(home_from_environment().configs)
