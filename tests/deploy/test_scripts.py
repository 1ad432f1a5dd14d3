"""The scripts around images, units and boxes: what they refuse, and that nothing changes then."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.stack import ROOT

DEPLOY = ROOT / "deploy"


def called(*command: str, cwd: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A release of version 1.2.0 with the check of volumes."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "VERSION").write_text("1.2.0\n")
    shutil.copy(DEPLOY / "image" / "check-volume.sh", tmp_path / "bin" / "check-volume")
    return tmp_path / "bin" / "check-volume"


@pytest.mark.parametrize("wrote", ["1.1.9", "1.2.0", None])
def test_a_volume_of_this_or_an_older_version_is_taken_over(
    release: Path, tmp_path: Path, wrote: str | None
) -> None:
    volume = tmp_path / "volume"
    volume.mkdir()
    if wrote:
        (volume / ".written-by").write_text(f"{wrote}\n")
    done = called("sh", str(release), str(volume), "echo", "started")
    assert (done.returncode, done.stdout) == (0, "started\n"), done.stderr
    assert (volume / ".written-by").read_text() == "1.2.0\n"


def test_a_volume_of_a_newer_version_is_refused_and_left_alone(
    release: Path, tmp_path: Path
) -> None:
    volume = tmp_path / "volume"
    volume.mkdir()
    (volume / ".written-by").write_text("1.10.0\n")
    done = called("sh", str(release), str(volume), "echo", "started")
    assert done.returncode == 78
    assert "version 1.10.0, this is 1.2.0" in done.stderr
    assert (volume / ".written-by").read_text() == "1.10.0\n"


def test_a_secret_reaches_the_command_and_its_file_name_does_not(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("pass word$'\n")
    script = DEPLOY / "image" / "with-secrets.sh"
    command = ("sh", str(script), "sh", "-c", 'printf "%s|%s" "$LOGIN" "$LOGIN__FILE"')
    assert called(*command, LOGIN__FILE=str(secret)).stdout == "pass word$'|"


def test_a_missing_secret_is_named(tmp_path: Path) -> None:
    script = DEPLOY / "image" / "with-secrets.sh"
    done = called("sh", str(script), "true", LOGIN__FILE=str(tmp_path / "none"))
    assert done.returncode == 78
    assert "LOGIN__FILE" in done.stderr


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What `make up` needs of the repository, and an engine that says yes to everything."""
    folder = tmp_path / "clone"
    for name in ("deploy/configs", "data/raw/dxf_templates", "data/raw/images", "monitoring"):
        (folder / name).mkdir(parents=True)
    for name in ("deploy/prepare.sh", ".env.example", "monitoring/alertmanager.yml"):
        shutil.copy(ROOT / name, folder / name)
    engine = tmp_path / "bin" / "docker"
    engine.parent.mkdir()
    engine.write_text("#!/bin/sh\n")
    engine.chmod(0o755)
    return folder


def prepared(clone: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    path = f"{clone.parent / 'bin'}:{os.environ['PATH']}"
    limits = dict.fromkeys(("WORKER_CPUS", "SERVICE_CPUS", "PREFECT_CPUS"), "0.5")
    ports = ("SERVICE", "PREFECT", "PROMETHEUS", "ALERTMANAGER", "GRAFANA")
    free = {f"{name}_PORT": str(61000 + place) for place, name in enumerate(ports)}
    return called(str(clone / "deploy/prepare.sh"), **{"PATH": path, **limits, **free, **variables})


def test_secrets_are_made_once_and_readable_by_their_owner_alone(clone: Path) -> None:
    assert prepared(clone).returncode == 0
    folder = clone / "deploy" / "secrets"
    first = {file.name: file.read_text() for file in folder.iterdir()}
    assert {"predict_token", "service_tokens.json", "database_url"} <= set(first)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert prepared(clone).returncode == 0
    assert {file.name: file.read_text() for file in folder.iterdir()} == first


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SERVICE_PORT", "80000"),
        ("PREFECT_PORT", "61000"),
        ("WORKER_MEMORY", "3x"),
        ("WORKER_CPUS", "999"),
        ("SERVICE_WORKERS", "none"),
        ("DXFVISION_DRAWINGS", "/no/such/folder"),
        ("DXFVISION_VERSION", "a b"),
        ("COMPOSE_PROJECT_NAME", "My Box"),
        ("ALERTMANAGER_CONFIG", "/no/such/file"),
    ],
)
def test_a_bad_value_is_named_and_nothing_is_made(clone: Path, name: str, value: str) -> None:
    done = prepared(clone, **{name: value})
    assert done.returncode == 1
    assert f"{name}={value}" in done.stderr
    assert not (clone / ".env").exists()
    assert not (clone / "deploy" / "secrets").exists()
