import os
import socket

import pytest

from components.errors import ModelError, ServiceError
from components.home import Home
from components.modeling.registry import ModelRegistry
from components.serving import launch
from components.serving.launch import (
    bento_home,
    check_port,
    check_startable,
    free_port,
    serve_command,
)


@pytest.fixture
def home(tmp_path, bundle) -> Home:
    home = Home(tmp_path)
    registry = ModelRegistry(home.registry)
    registry.promote(registry.register(bundle).version)
    return home


def test_home_with_a_champion_and_a_free_port_can_start(home, settings):
    check_startable(home, settings.model_copy(update={"port": free_port()}))


def test_occupied_port_is_named_with_its_remedy():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ServiceError, match=f"port {port}.*DXFVISION_SERVE__PORT"):
            check_port("127.0.0.1", port)


def test_address_that_is_none_is_named():
    with pytest.raises(ServiceError, match="cannot listen on localhost"):
        check_port("localhost", 3000)


def test_home_without_a_champion_cannot_start(tmp_path, settings):
    with pytest.raises(ServiceError, match=r"no model was promoted.*dxfvision run"):
        check_startable(Home(tmp_path), settings)


def test_damaged_champion_cannot_start(home, settings):
    champion = ModelRegistry(home.registry).champion()
    (champion.path / "model.onnx").write_bytes(b"half")
    with pytest.raises(ModelError, match=r"model\.onnx: expected SHA-256"):
        check_startable(home, settings)


def test_command_names_host_port_and_certificates(settings, tmp_path):
    tls = settings.tls.model_copy(
        update={"certificate": tmp_path / "cert.pem", "key": tmp_path / "key.pem"}
    )
    command = serve_command(settings.model_copy(update={"tls": tls, "port": 8443}))
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert command[command.index("--port") + 1] == "8443"
    assert command[command.index("--ssl-certfile") + 1].endswith("cert.pem")
    assert command[command.index("--ssl-keyfile") + 1].endswith("key.pem")


def test_open_address_without_tokens_is_refused(home, settings):
    with pytest.raises(ServiceError, match="no access token is set"):
        check_startable(home, settings.model_copy(update={"host": "0.0.0.0"}))


def test_what_workers_map_lies_in_memory_in_one_folder_a_port(tmp_path, monkeypatch):
    monkeypatch.setattr(launch, "MEMORY", tmp_path / "memory")
    (tmp_path / "memory").mkdir()
    monkeypatch.setattr(launch, "_METRICS_BYTES", 0)
    first = bento_home(Home(tmp_path), 3000)
    assert first.parent == tmp_path / "memory"
    assert first.stat().st_mode & 0o777 == 0o700
    assert bento_home(Home(tmp_path), 3000) == first != bento_home(Home(tmp_path), 3001)


@pytest.mark.parametrize("fault", ["missing", "full", "link"])
def test_without_memory_of_our_own_it_lies_in_the_home_folder(tmp_path, monkeypatch, fault):
    memory = tmp_path / "memory"
    monkeypatch.setattr(launch, "MEMORY", memory)
    monkeypatch.setattr(launch, "_METRICS_BYTES", 2**80 if fault == "full" else 0)
    if fault != "missing":
        memory.mkdir()
    if fault == "link":
        (tmp_path / "another").mkdir()
        (memory / f"dxfvision-serve-{os.getuid()}-3000").symlink_to(tmp_path / "another")
    home = Home(tmp_path / "home")
    assert bento_home(home, 3000) == home.state / "service-3000"
