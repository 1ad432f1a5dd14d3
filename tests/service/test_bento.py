"""`bentoml build` with the file in `deploy/`, and the Bento it makes, served."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from components.home import Home
from components.serving.environment import HOME_VARIABLE
from components.serving.launch import free_port
from tests.bundles import encoded, scene

pytestmark = pytest.mark.service
ROOT = Path(__file__).parents[2]


@pytest.fixture
def environment(tmp_path: Path, home: Home) -> dict[str, str]:
    return os.environ | {
        "BENTOML_HOME": str(tmp_path / "bentoml"),
        "BENTOML_DO_NOT_TRACK": "True",
        HOME_VARIABLE: str(home.root),
        "DXFVISION_SERVE__WORKERS": "1",
    }


@pytest.fixture
def bento(tmp_path: Path, environment: dict[str, str]) -> str:
    """Tag of a Bento built from a copy of the sources."""
    sources = tmp_path / "sources"
    for name in ("components", "configs", "deploy"):
        shutil.copytree(ROOT / name, sources / name)
    shutil.copy(ROOT / "requirements-serve.txt", sources)
    api = sources / "components" / "serving" / "api.py"
    api.write_text(api.read_text().replace('title="dxfvision"', 'title="the built one"'))
    command = [sys.executable, "-m", "bentoml", "build", "-f", "deploy/bentofile.yaml"]
    done = subprocess.run(
        [*command, "--output", "tag", "."],
        cwd=sources,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().removeprefix("__tag__:")


def test_built_bento_answers_without_the_sources(bento, environment, tmp_path):
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "bentoml", "serve", bento, "--port", str(port)],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert process.poll() is None
            try:
                if httpx.get(f"{url}/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        answer = httpx.post(f"{url}/predict", content=encoded(scene()))
        assert answer.status_code == 200
        assert len(answer.json()["detections"]) == 2
        title = httpx.get(f"{url}/docs/openapi.json").json()["info"]["title"]
        assert title == "the built one"
        for path in ("/", "/page/app.js", "/page/style.css"):
            assert httpx.get(f"{url}{path}").status_code == 200
    finally:
        process.terminate()
        process.wait(20)
