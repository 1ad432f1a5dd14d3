"""Deployments go to the server that was named, not to the one of the settings."""

import sys
from pathlib import Path

import pytest

from components.errors import ServiceError
from components.home import Home
from components.operations.server import deployments
from components.operations.server.deployments import create_deployments
from components.settings.operations import OperationsSettings

ELSEWHERE = "http://another.example:4200/api"


def test_prefects_own_command_asks_the_named_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = OperationsSettings.load()
    assert settings.server.api_url != ELSEWHERE
    told = [sys.executable, "-c", "import os; raise SystemExit(os.environ['PREFECT_API_URL'])"]
    monkeypatch.setattr(deployments, "deploy_command", lambda _: told)
    with pytest.raises(ServiceError, match=ELSEWHERE):
        create_deployments(Home(tmp_path), settings, ELSEWHERE)
