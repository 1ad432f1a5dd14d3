import socket
from pathlib import Path

import pytest

from components.errors import ServiceError, SettingsError
from components.home import Home
from components.operations.launch.supervisor import Program
from components.operations.launch.whole import programs
from components.serving.launch import free_port
from components.settings.operations import OperationsSettings
from components.settings.serve import ServeSettings


@pytest.fixture(autouse=True)
def free_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPERATIONS__SERVER", "OPERATIONS__WORKER", "SERVE"):
        monkeypatch.setenv(f"DXFVISION_{name}__PORT", str(free_port()))


def chosen(folder: Path, *only: str) -> list[Program]:
    settings, serve = OperationsSettings.load(), ServeSettings.load()
    return programs(Home(folder), settings, serve, "tiny", only)


def test_all_programs_run_unless_some_are_named(tmp_path: Path) -> None:
    names = [program.name for program in chosen(tmp_path)]
    assert names == ["prefect-server", "deploy", "worker", "watcher", "service"]


def test_programs_that_run_elsewhere_are_not_waited_for(tmp_path: Path) -> None:
    deploy, worker = chosen(tmp_path, "worker", "deploy")
    assert (deploy.name, deploy.after) == ("deploy", ())
    assert (worker.name, worker.after) == ("worker", ("deploy",))


def test_an_unknown_name_is_told_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"mailer: there is no such program.*watcher"):
        chosen(tmp_path, "mailer")


def test_only_the_ports_of_what_runs_here_must_be_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("DXFVISION_SERVE__PORT", str(taken.getsockname()[1]))
        assert [program.name for program in chosen(tmp_path, "watcher")] == ["watcher"]
        with pytest.raises(ServiceError, match="cannot listen"):
            chosen(tmp_path, "service")
