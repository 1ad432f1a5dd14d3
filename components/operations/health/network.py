"""The doctor's checks of what answers on a port: service, certificate, Prefect, Prometheus."""

import os
import time
from datetime import UTC, datetime
from typing import Any

import httpx

from components.errors import ServiceError
from components.operations.health.checking import Box, Check, Finding
from components.operations.stages import batch_metrics as metrics
from components.operations.stages.metric_files import Sample
from components.serving.launch import check_port
from components.settings.operations import OperationsSettings
from components.settings.serve import ServeSettings

PREFECT_VARIABLE = "PREFECT_API_URL"
_PREFECT_LOGIN = "PREFECT_API_AUTH_STRING"
_DAY_S, _HOUR_S = 86_400, 3_600


def check_service(box: Box) -> Finding:
    """Whether the service is ready; when nothing listens, whether it could."""
    settings = ServeSettings.load(box.home.configs)
    scheme = "https" if settings.tls.certificate else "http"
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    url = f"{scheme}://{host}:{settings.port}/readyz"
    try:
        # Its certificate need not name this address; the check of the certificate looks at it.
        answer = httpx.get(url, timeout=box.settings.timeout_s, verify=False)
    except httpx.ConnectError:
        check_port(settings.host, settings.port)
        return Finding("warning", f"nothing listens on {host}:{settings.port}", "`dxfvision serve`")
    except httpx.HTTPError as error:
        return Finding("fault", f"{url}: {type(error).__name__}: {error}", "restart the service")
    if answer.status_code == httpx.codes.OK:
        return _ready(url, answer)
    advice = "wait a minute; then see the service's log"
    return Finding("fault", f"{url}: {answer.status_code} {answer.text[:300]}", advice)


def _ready(url: str, answer: httpx.Response) -> Finding:
    try:
        version = answer.json()["version"]
    except (ValueError, LookupError, TypeError):
        advice = "stop what uses the port, or choose another"
        return Finding("fault", f"{url}: another program answers", advice)
    return Finding("good", f"ready with {version}")


def check_certificate(box: Box) -> Finding:
    """When the service's certificate expires."""
    file = ServeSettings.load(box.home.configs).tls.certificate
    if file is None:
        return Finding("left out", "plain HTTP")
    from cryptography.x509 import load_pem_x509_certificate

    try:
        expiry = load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        return Finding("fault", f"{file}: {error}", "put a PEM certificate there")
    days = (expiry - datetime.now(UTC)).total_seconds() / _DAY_S
    samples = (Sample(metrics.CERTIFICATE_EXPIRY, expiry.timestamp()),)
    found = f"{file.name} expires on {expiry:%Y-%m-%d}, in {days:.0f} days"
    if days < box.settings.min_certificate_days:
        return Finding("fault" if days < 0 else "warning", found, "renew it", samples)
    return Finding("good", found, "", samples)


def prefect_api(box: Box) -> str | None:
    """Return where the Prefect server is asked; None if there is none.

    Without the variable it is the server of `dxfvision up`, if one answers there: whoever starts
    the doctor beside it must not have to name it.
    """
    named = os.environ.get(PREFECT_VARIABLE)
    if named is not None:
        return named
    api = OperationsSettings.load(box.home.configs).server.api_url
    try:
        answer = httpx.get(f"{api}/health", timeout=box.settings.timeout_s)
    except httpx.HTTPError:
        return None
    return api if answer.is_success else None


def check_prefect(box: Box) -> Finding:
    """The Prefect server and its queue: runs that are late, last too long or failed."""
    api = prefect_api(box)
    if api is None:
        return Finding("left out", f"{PREFECT_VARIABLE} is not set: runs bring their own server")
    login = tuple(os.environ.get(_PREFECT_LOGIN, "").split(":", 1))
    auth = (login[0], login[1]) if len(login) == 2 else None
    try:
        with httpx.Client(base_url=api, timeout=box.settings.timeout_s, auth=auth) as client:
            return _queue(box, client)
    except (httpx.HTTPError, ValueError) as error:
        return Finding("fault", f"{api}: {type(error).__name__}: {error}", "start the server")


def _queue(box: Box, client: httpx.Client) -> Finding:
    day_ago = datetime.fromtimestamp(time.time() - _DAY_S, UTC).isoformat()
    counts = {
        "late": _count(client, {"state": {"name": {"any_": ["Late"]}}}),
        "running": _count(client, {"state": {"type": {"any_": ["RUNNING"]}}}),
        "failed_1d": _count(
            client,
            {"state": {"type": {"any_": ["FAILED", "CRASHED"]}}, "end_time": {"after_": day_ago}},
        ),
    }
    oldest_s = _oldest_running_s(client) if counts["running"] else 0.0
    samples = tuple(Sample(metrics.PREFECT_RUNS, n, (state,)) for state, n in counts.items())
    samples += (Sample(metrics.PREFECT_OLDEST, oldest_s),)
    found = (
        f"{counts['running']} running, {counts['late']} late, {counts['failed_1d']} failed today"
    )
    if counts["late"]:
        return Finding("warning", found, "start a worker, or free its concurrency limit", samples)
    if oldest_s > box.settings.max_run_hours * _HOUR_S:
        found += f", the oldest for {oldest_s / _HOUR_S:.0f} h"
        return Finding("warning", found, "see whether its process lives; else cancel it", samples)
    if counts["failed_1d"]:
        return Finding("warning", found, "see the runs' logs", samples)
    return Finding("good", found, "", samples)


def _count(client: httpx.Client, runs: dict[str, Any]) -> int:
    return int(_asked(client, "/flow_runs/count", {"flow_runs": runs}))


def _oldest_running_s(client: httpx.Client) -> float:
    """Return how long the oldest running run has been so, in seconds."""
    body = {
        "flow_runs": {"state": {"type": {"any_": ["RUNNING"]}}},
        "sort": "START_TIME_ASC",
        "limit": 1,
    }
    runs = _asked(client, "/flow_runs/filter", body)
    if not runs or not runs[0]["start_time"]:
        return 0.0
    start = datetime.fromisoformat(runs[0]["start_time"])
    return (datetime.now(UTC) - start).total_seconds()


def _asked(client: httpx.Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(path, json=body).raise_for_status().json()


def check_scraping(box: Box) -> Finding:
    """Whether Prometheus gets every target's metrics."""
    # A camera agent is missed only where one answered within the last week.
    agents = 'up{job="camera"} == 0 and max_over_time(up{job="camera"}[7d]) == 1'
    down = _query(box, f'up{{job!="camera"}} == 0 or {agents}')
    if down is None:
        return Finding("left out", "prometheus_url is not set")
    names = sorted(f"{row['job']} {row['instance']}" for row in down)
    if names:
        return Finding("warning", f"not scraped: {', '.join(names)}", "start them, or their target")
    targets = _query(box, "up == 1") or []
    if not any(row["job"] == "dxfvision" for row in targets):
        return Finding("warning", "no target of the service", "see monitoring/targets")
    return Finding("good", f"{len(targets)} targets are scraped")


def check_alerts(box: Box) -> Finding:
    """Which alerts fire now, but the watchdog that always does."""
    firing = _query(box, 'ALERTS{alertstate="firing",alertname!="Watchdog"}')
    if firing is None:
        return Finding("left out", "prometheus_url is not set")
    if firing:
        names = ", ".join(sorted({row["alertname"] for row in firing}))
        return Finding("warning", names, "see monitoring/runbooks")
    return Finding("good", "none fires")


def _query(box: Box, expression: str) -> list[dict[str, str]] | None:
    """Return the labels of what a query finds; None if there is no Prometheus to ask."""
    url = box.settings.prometheus_url
    if url is None:
        return None
    try:
        answer = httpx.get(
            f"{url.rstrip('/')}/api/v1/query",
            params={"query": expression},
            timeout=box.settings.timeout_s,
        )
        rows = answer.raise_for_status().json()["data"]["result"]
    except (httpx.HTTPError, ValueError, LookupError) as error:
        raise ServiceError(
            f"{url}: Prometheus does not answer ({type(error).__name__}: {error}); start it, or "
            "set prometheus_url in health_config.yaml"
        ) from error
    return [row["metric"] for row in rows]


CHECKS: dict[str, Check] = {
    "service": check_service,
    "certificate": check_certificate,
    "prefect": check_prefect,
    "scraping": check_scraping,
    "alerts": check_alerts,
}
"""By name."""
