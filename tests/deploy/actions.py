"""What the tests do to the stack."""

import io
import json
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from components.cli.app import app
from components.operations.health.network import PREFECT_VARIABLE
from tests.deploy.stack import Stack


def ask_service(stack: Stack, picture: bytes) -> None:
    answer = httpx.post(
        f"{stack.url('dxfvision')}/predict", content=picture, headers={"Content-Type": "image/png"}
    )
    assert answer.status_code == httpx.codes.OK, answer.text


def plain_picture(grey: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((48, 64, 3), grey, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def look(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """Let the doctor look at the box; return its lines by check."""
    monkeypatch.setenv(PREFECT_VARIABLE, f"{stack.url('prefect')}/api")
    monkeypatch.setenv("DXFVISION_SERVE__PORT", str(stack.ports["dxfvision"]))
    monkeypatch.setenv("DXFVISION_HEALTH__PROMETHEUS_URL", stack.url("prometheus"))
    done = CliRunner().invoke(app, ["doctor", "--home", str(stack.home.root), "--json"])
    return {row["check"]: row for row in map(json.loads, done.stdout.splitlines())}


def large_picture() -> bytes:
    """Return a picture of noise that takes a while to decode and to shrink."""
    noise = np.random.default_rng(0).integers(0, 255, (1000, 1500, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "JPEG", quality=50)
    return buffer.getvalue()
