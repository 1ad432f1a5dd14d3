"""The doctor's checks of what runs beside the service: camera agents, and who holds which port."""

from typing import Any

import httpx

from components.operations.health.checking import Box, Check, Finding
from components.serving.launch import is_port_free
from components.settings.camera import CameraSettings
from components.settings.operations import OperationsSettings
from components.settings.serve import ServeSettings


def check_camera(box: Box) -> Finding:
    """Each camera's agent: do frames come, are they good, are they judged."""
    settings = CameraSettings.load(box.home.configs)
    local = f"http://127.0.0.1:{settings.http.port}"
    agents = {url: _status(url, box.settings.timeout_s) for url in box.settings.cameras or [local]}
    silent = [url for url, status in agents.items() if status is None]
    if silent and not box.settings.cameras:
        if settings.source.what is None:
            return Finding("left out", "no camera agent runs here")
        return Finding("warning", f"nobody answers on {local}", "`dxfvision camera`, or its unit")
    if silent:
        advice = "start the camera agent there, or correct `cameras` in health_config.yaml"
        return Finding("fault", f"nobody answers on {', '.join(silent)}", advice)
    told = [_sentence(status) for status in agents.values() if status]
    found = "; ".join(sentence for _, sentence in told)
    if all(ready for ready, _ in told):
        return Finding("good", found)
    return Finding("fault", found, "`dxfvision camera --check`, and the camera's runbooks")


def _status(url: str, timeout_s: float) -> dict[str, Any] | None:
    """Return what an agent says of itself; None if it does not answer."""
    try:
        answer = httpx.get(f"{url.rstrip('/')}/status", timeout=timeout_s)
        status = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError):
        return None
    return status if isinstance(status, dict) and "camera" in status else None


def _sentence(status: dict[str, Any]) -> tuple[bool, str]:
    """Return whether an agent is well, and how it is in words."""
    name, frame = status["camera"], status["frame"]
    if status["ready"] and frame:
        size = f"{frame['width_px']}x{frame['height_px']}"
        return True, f"{name}: frames of {size}, the newest {frame['age_s']:.1f} s old"
    faults = ", ".join(f"{fault['name']}: {fault['text']}" for fault in status["faults"])
    return False, f"{name}: {faults or 'no frame yet'}"


def check_ports(box: Box) -> Finding:
    """Every port that our programs listen on: free, or held by one of ours."""
    serve = ServeSettings.load(box.home.configs)
    operations = OperationsSettings.load(box.home.configs)
    camera = CameraSettings.load(box.home.configs)
    scheme = "https" if serve.tls.certificate else "http"
    wanted = {
        "service": (serve.port, f"{scheme}://127.0.0.1:{serve.port}/livez"),
        "Prefect": (operations.server.port, f"{operations.server.api_url}/health"),
        "worker": (operations.worker.port, f"http://127.0.0.1:{operations.worker.port}/health"),
        "camera": (camera.http.port, f"http://127.0.0.1:{camera.http.port}/livez"),
    }
    states = {
        name: "free" if is_port_free("127.0.0.1", port) else _held(url, box.settings.timeout_s)
        for name, (port, url) in wanted.items()
    }
    found = ", ".join(f"{wanted[name][0]} {name}: {state}" for name, state in states.items())
    if "held by another program" in states.values():
        return Finding("fault", found, "stop that program, or choose another port in the settings")
    return Finding("good", found)


def _held(url: str, timeout_s: float) -> str:
    """Return who holds a port, told from whether our program's own address answers there."""
    try:
        # Its certificate need not name loopback.
        status = httpx.get(url, timeout=timeout_s, verify=False).status_code
    except httpx.HTTPError:
        return "held by another program"
    known = (httpx.codes.OK, httpx.codes.UNAUTHORIZED, httpx.codes.SERVICE_UNAVAILABLE)
    return "answers" if status in known else "held by another program"


CHECKS: dict[str, Check] = {"camera": check_camera, "ports": check_ports}
"""By name."""
