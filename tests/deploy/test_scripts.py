"""The scripts around images, units and boxes: what they refuse, and that nothing changes then."""

import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
import yaml

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


@pytest.mark.parametrize(("wrote", "code"), [("1.1.9", 0), ("1.10.0", 78), (None, 0)])
def test_who_only_looks_refuses_likewise_and_notes_nothing(
    release: Path, tmp_path: Path, wrote: str | None, code: int
) -> None:
    volume = tmp_path / "volume"
    volume.mkdir()
    if wrote:
        (volume / ".written-by").write_text(f"{wrote}\n")
    done = called("sh", str(release), "--look", str(volume), "echo", "started")
    assert (done.returncode, done.stdout) == (code, "" if code else "started\n")
    notes = [file.read_text() for file in volume.iterdir()]
    assert notes == ([f"{wrote}\n"] if wrote else [])


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
    free |= {"COMPOSE_PROFILES": "", "COMPOSE_FILE": ""}
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
        ("DXFVISION_PROFILE", "large"),
        ("PROMETHEUS_KEEP", "90 days"),
        ("PROMETHEUS_SIZE", "4 GB"),
        ("CAMERA_PORT", "none"),
        ("CAMERA_MEMORY", "1 g"),
    ],
)
def test_a_bad_value_is_named_and_nothing_is_made(clone: Path, name: str, value: str) -> None:
    done = prepared(clone, **{name: value})
    assert done.returncode == 1
    assert f"{name}={value}" in done.stderr
    assert not (clone / ".env").exists()
    assert not (clone / "deploy" / "secrets").exists()


def test_a_camera_that_is_not_named_is_told_where_one_is_wanted(clone: Path) -> None:
    assert prepared(clone).returncode == 0
    done = prepared(clone, COMPOSE_PROFILES="camera")
    assert (done.returncode, "CAMERA_SOURCE=" in done.stderr) == (1, True)
    assert prepared(clone, COMPOSE_PROFILES="camera", CAMERA_SOURCE="rtsp://h/s").returncode == 0
    usb = {"COMPOSE_PROFILES": "camera", "COMPOSE_FILE": "a.yml:docker-compose.usb-camera.yml"}
    done = prepared(clone, **usb, CAMERA_DEVICE="/dev/video99")
    assert (done.returncode, "CAMERA_DEVICE=/dev/video99" in done.stderr) == (1, True)


def test_a_configuration_that_a_container_cannot_read_is_named(clone: Path) -> None:
    config = clone / "monitoring" / "mine.yml"
    config.touch(0o600)
    done = prepared(clone, ALERTMANAGER_CONFIG=str(config))
    assert (done.returncode, "chmod o+r" in done.stderr) == (1, True)
    rules = clone / "monitoring" / "rules"
    rules.mkdir()
    (rules / "box.yml").touch(0o600)
    done = prepared(clone)
    assert (done.returncode, "monitoring/rules/box.yml" in done.stderr) == (1, True)


def test_the_password_for_mail_can_be_written_by_its_owner_and_stays(clone: Path) -> None:
    assert prepared(clone).returncode == 0
    password = clone / "deploy" / "secrets" / "smtp_password"
    assert password.stat().st_mode & 0o777 == 0o644
    password.write_text("secret")
    assert prepared(clone).returncode == 0
    assert password.read_text() == "secret"


ENGINE = """#!/bin/sh
case "$1" in
config) cat docker-compose.yml | sed 's/image: .*/image: "made-up:1"/' ;;
save) echo layers ;;
compose) exit 1 ;;
esac
"""


def test_a_bundle_with_images_brings_all_that_its_containers_are_given(tmp_path: Path) -> None:
    programs = {
        "venv/bin/python": '#!/bin/sh\ncase "$*" in *champion*|*json*) exit 1 ;; esac\n',
        "bin/docker": ENGINE,
        "bin/docker-compose": ENGINE,
    }
    for name, text in programs.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    home = tmp_path / "home"
    (home / "data/raw/dxf_templates").mkdir(parents=True)
    (home / "data/raw/dxf_templates" / "mine.dxf").write_text("drawing")
    packed = tmp_path / "bundle.tar"
    given = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "VENV": str(tmp_path / "venv")}
    bundle = str(DEPLOY / "bundle.sh")
    done = called(bundle, "--home", str(home), "--out", str(packed), "--images", **given)
    assert done.returncode == 0, done.stderr
    with tarfile.open(packed) as archive:
        archive.extractall(tmp_path, filter="data")
    (place,) = tmp_path.glob("dxfvision-*/compose")
    assert prepared(place.resolve(), PATH=given["PATH"]).returncode == 0
    assert (place / "data/raw/dxf_templates" / "mine.dxf").exists()
    stack = yaml.safe_load((place / "docker-compose.yml").read_text())
    default = re.compile(r"\$\{\w+:-([^}]*)\}")
    wanted = [secret["file"] for secret in stack["secrets"].values()]
    for service in stack["services"].values():
        wanted += [each.rpartition(":ro")[0].rpartition(":")[0] for each in service["volumes"]]
    paths = [default.sub(r"\1", each) for each in wanted]
    missing = [path for path in paths if path.startswith("./") and not (place / path).exists()]
    assert missing == []
