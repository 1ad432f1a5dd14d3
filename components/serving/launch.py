"""Starting and stopping the service: in the foreground, or beside the caller for a while.

Everything that can be known before is checked before: the champion and its hashes, the port, the
access rules. So a service that was started is one that can answer.
"""

import logging
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import NoReturn

import httpx

from components.errors import ServiceError
from components.home import Home
from components.modeling.registry import ModelRegistry
from components.serving.access import is_loopback, known_hashes
from components.serving.environment import service_environment
from components.settings.serve import ServeSettings

logger = logging.getLogger(__name__)

SERVICE = "components.serving.service:bento"
MEMORY = Path("/dev/shm")
"""Where Linux keeps files in memory."""

_METRICS_BYTES = 16 * 2**20
"""More than the metrics of 64 workers take."""
_GUARD = "components.serving.guard"
_POLL_S = 0.1
_LOG_TAIL_LINES = 30


def serve(home: Home, settings: ServeSettings) -> NoReturn:
    """Become the service: this process is replaced by `bentoml serve`, signals go straight to it.

    Raises:
        ServiceError: If there is no champion, the port is taken or access would be too open.
        ModelError: If the champion is damaged.
    """
    check_startable(home, settings)
    command = serve_command(settings)
    environment = service_environment(home, settings, bento_home(home, settings.port))
    os.execve(command[0], command, environment)


@contextmanager
def running_service(
    home: Home,
    settings: ServeSettings,
    port: int | None = None,
    command_of: Callable[[ServeSettings], list[str]] | None = None,
    recording: bool = True,
) -> Iterator[str]:
    """Run the service beside the caller and stop it at the end of the block.

    It listens on loopback, in a process group of its own, and stops when this process ends,
    however it ends.

    Args:
        home: Where the registry lies.
        settings: Of the service; host and port are not used.
        port: Where to listen; None takes a free one.
        command_of: Returns the command of another server that answers `/readyz`; None takes
            `serve_command`.
        recording: Whether it writes numbers about pictures down, for drift: not those of a trial
            or a benchmark, which no camera took.

    Yields:
        Base URL, such as `http://127.0.0.1:43210`, once `/readyz` says so.

    Raises:
        ServiceError: If it does not become ready in time; with the end of its log.
        ModelError: If the champion is damaged.
    """
    local = settings.model_copy(update={"host": "127.0.0.1", "port": port or free_port()})
    check_startable(home, local)
    with tempfile.TemporaryDirectory(prefix="dxfvision-serve-") as folder:
        log = Path(folder) / "service.log"
        command = (command_of or serve_command)(local)
        environment = service_environment(home, local, Path(folder), recording)
        process = _start(command, environment, log)
        try:
            scheme = "https" if local.tls.certificate else "http"
            url = f"{scheme}://127.0.0.1:{local.port}"
            _wait_until_ready(url, process, local.start_s, log)
            yield url
        finally:
            _stop(process, local.stop_s)


def check_startable(home: Home, settings: ServeSettings) -> None:
    """Check what can be checked before starting.

    Raises:
        ServiceError: If there is no champion, the port is taken or access would be too open.
        ModelError: If the champion is damaged.
    """
    if ModelRegistry(home.registry).champion() is None:
        raise ServiceError(
            f"{home.registry}: no model was promoted, there is nothing to serve; make one with "
            "`dxfvision run`, or see `dxfvision models list` and `dxfvision models promote`"
        )
    if not known_hashes(settings.access) and not is_loopback(settings.host):
        raise ServiceError(
            f"host {settings.host} can be reached from elsewhere and no access token is set; set "
            "access.tokens in serve_config.yaml (`dxfvision token` makes one), or listen on "
            "127.0.0.1"
        )
    check_port(settings.host, settings.port)


def check_port(host: str, port: int) -> None:
    """Check that the address can be listened on.

    Raises:
        ServiceError: If it cannot, with the reason.
    """
    try:
        family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, ValueError) as error:
        raise ServiceError(
            f"cannot listen on {host} port {port} ({error}); stop what uses it or choose another "
            "with DXFVISION_SERVE__PORT=... or `port` in serve_config.yaml"
        ) from error


def is_port_free(host: str, port: int) -> bool:
    """Whether nothing listens on an address."""
    try:
        check_port(host, port)
    except ServiceError:
        return False
    return True


def free_port() -> int:
    """Return a port on loopback that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve_command(settings: ServeSettings, service: str | None = None) -> list[str]:
    """Return the command that starts the service.

    Args:
        settings: Of the service.
        service: Another Bento than ours, as `module:name`.
    """
    command = [sys.executable, "-m", "bentoml", "serve", service or SERVICE]
    command += ["--host", settings.host, "--port", str(settings.port)]
    if settings.tls.certificate and settings.tls.key:
        command += ["--ssl-certfile", str(settings.tls.certificate)]
        command += ["--ssl-keyfile", str(settings.tls.key)]
    return command


def bento_home(home: Home, port: int) -> Path:
    """Return a folder for BentoML's own files, one a port: in memory where that can be had.

    Workers keep their metrics in mapped files there. On a full disk the kernel ends whoever writes
    into such a file, so that none could start any more.
    """
    folder = MEMORY / f"dxfvision-serve-{os.getuid()}-{port}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        # In a place that all users share the name may be another's, or lead elsewhere.
        found = folder.lstat()
        own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
        if own and shutil.disk_usage(folder).free >= _METRICS_BYTES:
            return folder
    except OSError:
        logger.debug("%s cannot be used", folder)
    return _bento_home_on_disk(home, port)


def _bento_home_on_disk(home: Home, port: int) -> Path:
    """Return a folder of the home folder, or a new one if that is read-only."""
    folder = home.state / f"service-{port}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.mkdtemp(prefix="dxfvision-serve-"))
    return folder


def _start(command: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start the service in a group of its own, so that Ctrl-C reaches the caller alone."""
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", _GUARD, str(os.getpid()), *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait_until_ready(
    url: str, process: subprocess.Popen[bytes], start_s: float, log: Path
) -> None:
    deadline = time.monotonic() + start_s
    state = "it does not listen yet"
    # The certificate is the caller's own and need not name loopback.
    with httpx.Client(verify=False, timeout=2.0) as client:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise ServiceError(
                    f"the service ended with status {process.returncode} before it was ready; "
                    f"the end of its log:\n{_tail(log)}"
                )
            try:
                answer = client.get(f"{url}/readyz")
                if answer.status_code == httpx.codes.OK:
                    return
                state = answer.text
            except httpx.TransportError as error:
                state = f"{type(error).__name__}: {error}"
            time.sleep(_POLL_S)
    raise ServiceError(
        f"the service was not ready within {start_s:g} s ({state}); raise start_s in "
        f"serve_config.yaml if this machine is slow; the end of its log:\n{_tail(log)}"
    )


def _stop(process: subprocess.Popen[bytes], stop_s: float) -> None:
    """Ask the service to end, wait for requests in flight, then end what is left of its group."""
    process.terminate()
    try:
        process.wait(stop_s)
    except subprocess.TimeoutExpired:
        logger.warning("the service did not stop within %g s and is killed", stop_s)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _tail(log: Path) -> str:
    lines = log.read_text("utf-8", errors="replace").splitlines()
    # Our own asking whether it is ready would push out why it is not.
    lines = [line for line in lines if "GET /readyz 503" not in line]
    return "\n".join(lines[-_LOG_TAIL_LINES:]) or "(empty)"
