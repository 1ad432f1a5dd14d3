"""install.sh and uninstall.sh with programs that do nothing: what they lay, keep and put back."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.deploy.stack import ROOT

DEPLOY = ROOT / "deploy"
PYTHON = """#!/bin/sh
# Stands for Python: makes environments whose programs do nothing; pip fails where it is told to.
case "$*" in
*"-m venv"*)
    for place; do :; done
    mkdir -p "$place/bin"
    cp "$0" "$place/bin/python"
    printf '#!/bin/sh\\n' >"$place/bin/dxfvision"
    chmod +x "$place/bin/dxfvision" ;;
*"-m pip"*) [ ! -e "$PIP_FAILS" ] ;;
*sysconfig*) echo "$(dirname "$0")/../lib" ;;
*urlopen*) [ "$(readlink /opt/dxfvision/current)" != "releases/$ILL" ] ;;
esac
"""
PROGRAMS = {
    "python": PYTHON,
    "df": "#!/bin/sh\nprintf 'Avail\\n9000\\n'\n",
    "systemctl": '#!/bin/sh\necho "$*" >>"$CALLS"\n',
    "id": "#!/bin/sh\necho 0\n",
    "chown": "#!/bin/sh\n",
}
PLACES = ("etc", "opt", "run", "usr/local/bin", "var/backups", "var/lib")
INSIDE = """
root=$1; shift
for place in $PLACES; do mount --bind "$root/$place" "/$place" || exit 99; done
exec "$@"
"""
"""Lets a command see the machine's folders in place of this one's."""

UNSHARE = ("unshare", "--mount", "sh", "-c", INSIDE, "sh")


def no_namespaces() -> str:
    """Return why no command can see other folders here; empty if one can."""
    tried = ("unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt")
    if shutil.which("unshare") is None or os.geteuid():
        return "namespaces of mounts need root and unshare"
    done = subprocess.run(tried, capture_output=True, check=False)
    return "nothing can be mounted here" if done.returncode else ""


NO_NAMESPACES = no_namespaces()


@dataclass
class Machine:
    """A machine to install on.

    Attributes:
        folder: Its bundles and what stands for its programs.
        root: Below it everything is laid.
        said: What was printed, call by call.
        ill: The version whose programs give no good answer.
    """

    folder: Path
    root: Path
    said: list[str] = field(default_factory=list)
    ill: str = ""

    @property
    def home(self) -> Path:
        return self.root / "var/lib/dxfvision"

    @property
    def current(self) -> str:
        return (self.root / "opt/dxfvision/current").readlink().name

    @property
    def backups(self) -> list[str]:
        """Versions of the backups, the oldest first."""
        found = sorted((self.root / "var/backups/dxfvision").glob("*.tar.gz"))
        return [file.name.partition("-")[2].removesuffix(".tar.gz") for file in found]

    def bundle(self, version: str) -> Path:
        """Lay a bundle of a version; return its installer."""
        to = self.folder / f"dxfvision-{version}"
        (to / "wheels").mkdir(parents=True, exist_ok=True)
        for name in ("install.sh", "uninstall.sh", "prefect.yaml"):
            shutil.copy(DEPLOY / name, to / name)
        for name in ("systemd", "image"):
            shutil.copytree(DEPLOY / name, to / name, dirs_exist_ok=True)
        (to / "VERSION").write_text(f"{version}\n")
        return to / "install.sh"

    @property
    def calls(self) -> list[str]:
        """What systemctl was told."""
        return (self.folder / "calls").read_text().splitlines()

    def run(self, script: Path, *words: str) -> int:
        """Run a script below the root; return its exit code."""
        return self._called(script, "--root", self.root, *words)

    def run_in_place(self, script: Path, *words: str) -> int:
        """Run a script as on a machine with systemd that has nothing but this; likewise."""
        for place in PLACES:
            (self.root / place).mkdir(parents=True, exist_ok=True)
        if not (self.root / "etc/passwd").exists():
            shutil.copytree("/etc", self.root / "etc", symlinks=True, dirs_exist_ok=True)
        (self.root / "run/systemd/system").mkdir(parents=True, exist_ok=True)
        return self._called(*UNSHARE, self.root, script, *words)

    def _called(self, *command: Path | str) -> int:
        own = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "PYTHON": str(self.folder / "bin" / "python"),
            "PIP_FAILS": str(self.folder / "pip-fails"),
            "CALLS": str(self.folder / "calls"),
            "PLACES": " ".join(PLACES),
            "ILL": self.ill,
            "WAIT_S": "1",
        }
        done = subprocess.run(
            command,
            env={**os.environ, **own},
            capture_output=True,
            text=True,
            check=False,
        )
        self.said.append(done.stdout + done.stderr)
        return done.returncode


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    for name, text in PROGRAMS.items():
        file = tmp_path / "bin" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)
    return Machine(tmp_path, tmp_path / "root")


needs_namespaces = pytest.mark.skipif(bool(NO_NAMESPACES), reason=NO_NAMESPACES)


def upgraded(machine: Machine) -> Path:
    """Install 1.0.0, then 1.1.0; return a file of settings that said 1.0 and then 1.1."""
    settings = machine.home / "configs" / "serve_config.yaml"
    for version in ("1.0", "1.1"):
        assert machine.run(machine.bundle(f"{version}.0")) == 0, machine.said
        settings.write_text(version)
    return settings


def test_an_installation_that_failed_is_repeated(machine: Machine) -> None:
    failing = machine.folder / "pip-fails"
    failing.touch()
    assert machine.run(machine.bundle("1.0.0")) != 0
    failing.unlink()
    assert machine.run(machine.bundle("1.0.0")) == 0, machine.said
    assert machine.current == "1.0.0"


def test_an_older_version_is_refused(machine: Machine) -> None:
    upgraded(machine)
    assert machine.run(machine.bundle("1.0.0")) == 1
    assert "1.1.0 is installed and newer than 1.0.0" in machine.said[-1]
    assert machine.current == "1.1.0"


def test_an_upgrade_makes_a_backup_and_the_way_back_as_well(machine: Machine) -> None:
    settings = upgraded(machine)
    assert machine.backups == ["1.0.0"]
    installer = machine.bundle("1.1.0")
    assert machine.run(installer, "--rollback") == 0, machine.said
    assert (machine.current, settings.read_text()) == ("1.0.0", "1.0")
    assert sorted(machine.backups) == ["1.0.0", "1.1.0"]
    assert machine.run(installer, "--rollback") == 0, machine.said
    assert (machine.current, settings.read_text()) == ("1.1.0", "1.1")


def test_without_a_backup_nothing_is_put_back_and_nothing_changed(machine: Machine) -> None:
    settings = upgraded(machine)
    shutil.rmtree(machine.root / "var/backups/dxfvision")
    assert machine.run(machine.bundle("1.1.0"), "--rollback") == 1
    assert "no backup of version 1.0.0; nothing was changed" in machine.said[-1]
    assert (machine.current, settings.read_text()) == ("1.1.0", "1.1")


def test_a_damaged_backup_is_not_put_back(machine: Machine) -> None:
    settings = upgraded(machine)
    (backup,) = (machine.root / "var/backups/dxfvision").iterdir()
    backup.write_bytes(backup.read_bytes()[:-20])
    assert machine.run(machine.bundle("1.1.0"), "--rollback") == 1
    assert "is damaged; nothing was changed" in machine.said[-1]
    assert (machine.current, settings.read_text()) == ("1.1.0", "1.1")


def test_where_no_backup_can_be_written_nothing_is_upgraded(machine: Machine) -> None:
    assert machine.run(machine.bundle("1.0.0")) == 0
    backups = machine.root / "var/backups/dxfvision"
    backups.rmdir()
    # Also for root, whom no rights keep out, nothing can be written into a folder that is a file.
    backups.write_text("a full disk")
    assert machine.run(machine.bundle("1.1.0")) == 1
    assert "the backup could not be written" in machine.said[-1]
    assert machine.current == "1.0.0"


@needs_namespaces
def test_a_version_that_does_not_get_well_gives_way_to_the_one_before(machine: Machine) -> None:
    assert machine.run_in_place(machine.bundle("1.0.0")) == 0, machine.said
    settings = machine.home / "configs" / "serve_config.yaml"
    settings.write_text("1.0")
    machine.ill = "1.1.0"
    assert machine.run_in_place(machine.bundle("1.1.0")) == 1
    assert "gives no good answer within 1 s" in machine.said[-1]
    assert machine.said[-1].endswith("back at 1.0.0\n")
    assert (machine.current, settings.read_text()) == ("1.0.0", "1.0")
    assert machine.calls[-1] == "start dxfvision.target"


@needs_namespaces
def test_what_ran_before_runs_again_after_an_upgrade_that_broke_off(machine: Machine) -> None:
    assert machine.run_in_place(machine.bundle("1.0.0")) == 0, machine.said
    backups = machine.root / "var/backups/dxfvision"
    backups.rmdir()
    backups.write_text("a full disk")
    assert machine.run_in_place(machine.bundle("1.1.0")) == 1
    assert "1.0.0 was started again" in machine.said[-1]
    stopped, started = machine.calls[-2:]
    assert stopped.startswith("stop dxfvision.target")
    assert started == "start dxfvision.target"


@needs_namespaces
def test_a_service_is_asked_where_the_settings_of_the_box_say(machine: Machine) -> None:
    environment = machine.root / "etc/dxfvision/environment"
    assert machine.run_in_place(machine.bundle("1.0.0")) == 0, machine.said
    environment.write_text('PREFECT_API_URL="http://127.0.0.1:4300/api"\n')
    machine.ill = "1.0.0"
    assert machine.run_in_place(machine.bundle("1.0.0")) == 1
    assert "http://127.0.0.1:4300/api/health gives no good answer" in machine.said[-1]


def test_uninstalling_leaves_what_is_yours(machine: Machine) -> None:
    installer = machine.bundle("1.0.0")
    assert machine.run(installer) == 0
    units = machine.root / "etc/systemd/system"
    assert len(list(units.glob("dxfvision*"))) == len(list((DEPLOY / "systemd").iterdir()))
    camera = units / "dxfvision.target.wants" / "dxfvision-camera@belt.service"
    camera.parent.mkdir()
    camera.symlink_to(units / "dxfvision-camera@.service")
    (machine.home / "data/raw/dxf_templates/mine.dxf").touch()
    for _ in range(2):
        assert machine.run(installer.with_name("uninstall.sh")) == 0, machine.said
    assert list(units.rglob("*dxfvision*")) == []
    assert not (machine.root / "opt/dxfvision").exists()
    assert (machine.home / "data/raw/dxf_templates/mine.dxf").exists()
    assert machine.run(installer.with_name("uninstall.sh"), "--purge") == 0
    assert not machine.home.exists()
