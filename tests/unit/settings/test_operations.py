from pathlib import Path

import pytest

from components.errors import SettingsError
from components.settings.operations import OperationsSettings


def test_shipped_file_is_whole_and_the_server_keeps_to_itself() -> None:
    settings = OperationsSettings.load()
    assert settings.server.host == "127.0.0.1"
    assert settings.server.api_url == f"http://127.0.0.1:{settings.server.port}/api"


def test_postgresql_is_one_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql+asyncpg://ops:secret@db/prefect"
    monkeypatch.setenv("DXFVISION_OPERATIONS__SERVER__DATABASE_URL", url)
    assert OperationsSettings.load().server.database_url == url


def test_a_database_that_prefect_does_not_speak_is_refused(tmp_path: Path) -> None:
    (tmp_path / "operations_config.yaml").write_text("server: {database_url: 'mysql://x/y'}")
    with pytest.raises(SettingsError, match=r"server\.database_url"):
        OperationsSettings.load(tmp_path)
