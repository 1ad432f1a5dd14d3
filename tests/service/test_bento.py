"""`bentoml build` with the file in `deploy/`; the Bento it makes, taken elsewhere and served."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from components.home import Home
from components.serving.environment import HOME_VARIABLE
from components.serving.launch import free_port
from tests.bundles import encoded, scene

pytestmark = pytest.mark.service
ROOT = Path(__file__).parents[2]

# Others may keep the machine busy: nothing here is about time.
READY_S, ANSWER_S, STOP_S = 240.0, 120.0, 60.0


@pytest.fixture
def environment(home: Home) -> dict[str, str]:
    return os.environ | {
        "BENTOML_DO_NOT_TRACK": "True",
        HOME_VARIABLE: str(home.root),
        "DXFVISION_SERVE__WORKERS": "1",
        "DXFVISION_SERVE__LIMITS__TIMEOUT_S": str(ANSWER_S),
    }


def bentoml(*words: str, environment: dict[str, str], folder: Path) -> str:
    """Run `bentoml` in a folder and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "bentoml", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of what a Bento is built from, that can be told from the checkout."""
    sources = tmp_path / "sources"
    for name in ("components", "configs", "deploy"):
        shutil.copytree(ROOT / name, sources / name)
    shutil.copy(ROOT / "requirements-serve.txt", sources)
    api = sources / "components" / "serving" / "api.py"
    api.write_text(api.read_text().replace('title="dxfvision"', 'title="the built one"'))
    return sources


@contextmanager
def served(tag: str, environment: dict[str, str], folder: Path) -> Iterator[httpx.Client]:
    """Run `bentoml serve` in a folder and yield a client once it is ready."""
    port, log = free_port(), folder / "service.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bentoml", "serve", tag, "--port", str(port)],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=ANSWER_S) as client:
            wait_until_ready(client, process, log)
            yield client
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until_ready(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        with suppress(httpx.TransportError):
            if client.get("/readyz").status_code == httpx.codes.OK:
                return
        time.sleep(0.2)
    pytest.fail(f"not ready within {READY_S} s: {log.read_text()}")


def test_built_bento_is_taken_to_another_store_and_answers_without_the_sources(
    sources, environment, tmp_path
):
    here = environment | {"BENTOML_HOME": str(tmp_path / "here")}
    there = environment | {"BENTOML_HOME": str(tmp_path / "there")}
    build = ("build", "-f", "deploy/bentofile.yaml", "--output", "tag", ".")
    tag = bentoml(*build, environment=here, folder=sources).strip().removeprefix("__tag__:")
    bentoml("export", tag, "carried.bento", environment=here, folder=tmp_path)
    shutil.rmtree(sources)
    shutil.rmtree(tmp_path / "here")
    bentoml("import", "carried.bento", environment=there, folder=tmp_path)
    with served(tag, there, tmp_path) as client:
        answer = client.post("/predict", content=encoded(scene()))
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["detections"]) == 2
        title = client.get("/docs/openapi.json").json()["info"]["title"]
        assert title == "the built one"
        for path in ("/", "/page/app.js", "/page/style.css"):
            assert client.get(path).status_code == 200
