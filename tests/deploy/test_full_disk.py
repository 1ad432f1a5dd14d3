"""A service whose home folder lies on a disk that takes nothing more: it starts and answers."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from components.home import Home
from components.modeling.registry import ModelRegistry
from components.serving.launch import bento_home, free_port
from tests.bundles import encoded, make_bundle, scene
from tests.deploy.programs import wait_for

MISSING = "takes a minute: make test-deploy" if not os.environ.get("DXFVISION_DEPLOY") else ""
if not MISSING and os.geteuid():
    MISSING = "a disk of its own needs root"


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Home]:
    """A home folder with a champion on a full disk of its own."""
    if MISSING:
        pytest.skip(MISSING)
    home = Home(tmp_path / "home")
    home.root.mkdir()
    disk = ("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(home.root))
    subprocess.run(disk, check=True)
    try:
        registry = ModelRegistry(home.registry)
        registry.promote(registry.register(make_bundle(tmp_path / "bundle")).version)
        with suppress(OSError), (home.root / "filler").open("wb", buffering=0) as filler:
            while filler.write(b"x" * 4096):
                pass
        assert shutil.disk_usage(home.root).free == 0
        yield home
    finally:
        subprocess.run(["umount", "-l", str(home.root)], check=True)


def test_a_service_starts_and_answers_where_nothing_can_be_written(full: Home) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = "from components.cli.app import main; main()"
    words = [sys.executable, "-c", command, "serve", "--home", str(full.root), "--port", str(port)]
    process = subprocess.Popen(words, env={**os.environ, "DXFVISION_SERVE__WORKERS": "2"})
    try:
        wait_for("a ready service", lambda: httpx.get(f"{url}/readyz").is_success)
        picture, kind = encoded(scene(), "PNG"), {"Content-Type": "image/png"}
        for _ in range(4):
            assert httpx.post(f"{url}/predict", content=picture, headers=kind).is_success
        two = "dxfvision_workers 2.0"
        wait_for("both workers", lambda: two in httpx.get(f"{url}/metrics").text)
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(bento_home(full, port), ignore_errors=True)
