"""The real service writes numbers about what it answered, and no picture."""

import time
from pathlib import Path

import httpx
import pytest

from components.files import write_text
from components.home import Home
from components.modeling.registry import ModelRegistry
from components.serving.feature_log import features_folder, read_lines
from components.serving.launch import running_service
from components.settings.serve import ServeSettings
from tests.bundles import encoded, scene

pytestmark = pytest.mark.service


def test_service_leaves_lines_that_drift_can_read(tmp_path: Path, bundle: Path) -> None:
    home = Home(tmp_path)
    write_text(home.configs / "drift_config.yaml", "log: {share_per_minute: 6000}\n")
    registry = ModelRegistry(home.registry)
    version = registry.promote(registry.register(bundle).version).version
    with running_service(home, ServeSettings.load(profile="tiny")) as url:
        for seed in range(6):
            picture = encoded(scene(seed))
            assert httpx.post(f"{url}/predict", content=picture).status_code == 200
            time.sleep(0.02)
        limit = time.monotonic() + 10
        while len(list(read_lines(features_folder(home)))) < 6 and time.monotonic() < limit:
            time.sleep(0.1)
    lines = [line for line in read_lines(features_folder(home)) if "brightness" in line]
    assert len(lines) == 6
    assert all(line["version"] == version for line in lines)
    assert all(line["labels"] == {"plate": 1, "ring": 1} for line in lines)
    files = list(features_folder(home).iterdir())
    assert all(file.stat().st_size < 4000 for file in files)
