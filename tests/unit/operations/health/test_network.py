from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from components.errors import ServiceError
from components.home import Home
from components.operations.health import network as health_network
from components.operations.health.checking import Box
from components.serving.launch import free_port
from components.settings.health import HealthSettings
from tests.answering import answering
from tests.unit.operations.proofs import certificate


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Box:
    monkeypatch.delenv(health_network.PREFECT_VARIABLE, raising=False)
    home = Home(tmp_path / "home")
    home.prepare()
    return Box(home, HealthSettings.load())


def at_port(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DXFVISION_SERVE__PORT", url.rpartition(":")[2])


def test_a_service_that_is_not_running_is_a_warning(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_port(monkeypatch, f":{free_port()}")
    assert health_network.check_service(box).state == "warning"


def test_a_ready_service_names_its_version(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering({"/readyz": {"status": "ready", "version": "abc"}}) as url:
        at_port(monkeypatch, url)
        finding = health_network.check_service(box)
    assert (finding.state, finding.found) == ("good", "ready with abc")


def test_a_service_that_is_not_ready_says_why(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering({"/readyz": {"message": "golden picture differs"}}, 503) as url:
        at_port(monkeypatch, url)
        finding = health_network.check_service(box)
    assert finding.state == "fault"
    assert "golden picture differs" in finding.found


def test_another_program_on_the_port_is_a_fault(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering({"/readyz": ["hello"]}) as url:
        at_port(monkeypatch, url)
        finding = health_network.check_service(box)
    assert (finding.state, "another program" in finding.found) == ("fault", True)


def prefect_answers(late: int, running: int, failed: int, hours: float) -> dict[str, Any]:
    def count(body: str) -> int:
        return late if "Late" in body else failed if "CRASHED" in body else running

    start = datetime.now(UTC) - timedelta(hours=hours)
    return {
        "/api/flow_runs/count": count,
        "/api/flow_runs/filter": [{"start_time": start.isoformat()}],
    }


@pytest.mark.parametrize(
    ("late", "running", "failed", "hours", "state"),
    [
        (0, 0, 0, 0.0, "good"),
        (0, 1, 0, 1.0, "good"),
        (2, 0, 0, 0.0, "warning"),
        (0, 1, 0, 13.0, "warning"),
        (0, 0, 3, 0.0, "warning"),
    ],
)
def test_the_queue_is_judged(
    box: Box,
    monkeypatch: pytest.MonkeyPatch,
    late: int,
    running: int,
    failed: int,
    hours: float,
    state: str,
) -> None:
    with answering(prefect_answers(late, running, failed, hours)) as url:
        monkeypatch.setenv(health_network.PREFECT_VARIABLE, f"{url}/api")
        finding = health_network.check_prefect(box)
    assert finding.state == state
    values = {sample.labels or sample.metric.name: sample.value for sample in finding.samples}
    assert values["late",] == late
    assert values["running",] == running
    assert values["failed_1d",] == failed
    expected = 3600 * hours if running else 0
    assert values["dxfvision_prefect_oldest_running_seconds"] == pytest.approx(expected, abs=5)


def test_without_a_variable_the_server_of_this_box_is_asked(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = prefect_answers(2, 0, 0, 0.0) | {"/api/health": True}
    with answering(answers) as url:
        monkeypatch.setenv("DXFVISION_OPERATIONS__SERVER__PORT", url.rpartition(":")[2])
        finding = health_network.check_prefect(box)
    assert (finding.state, finding.found) == ("warning", "0 running, 2 late, 0 failed today")


def test_without_a_variable_and_a_server_there_is_no_queue(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DXFVISION_OPERATIONS__SERVER__PORT", str(free_port()))
    assert health_network.check_prefect(box).state == "left out"


def test_a_prefect_server_that_is_gone_is_a_fault(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(health_network.PREFECT_VARIABLE, f"http://127.0.0.1:{free_port()}/api")
    assert health_network.check_prefect(box).state == "fault"


def prometheus(rows: list[dict[str, str]]) -> dict[str, Any]:
    return {"/api/v1/query": {"data": {"result": [{"metric": row} for row in rows]}}}


def asking(box: Box, url: str) -> Box:
    return Box(box.home, box.settings.model_copy(update={"prometheus_url": url}))


def test_firing_alerts_are_named_once(box: Box) -> None:
    assert health_network.check_alerts(box).state == "left out"
    with answering(prometheus([{"alertname": "B"}, {"alertname": "A"}, {"alertname": "B"}])) as url:
        finding = health_network.check_alerts(asking(box, url))
    assert (finding.state, finding.found) == ("warning", "A, B")
    with answering(prometheus([])) as url:
        assert health_network.check_alerts(asking(box, url)).state == "good"


def test_targets_that_are_down_are_named(box: Box) -> None:
    with answering(prometheus([{"job": "node", "instance": "box:9100"}])) as url:
        finding = health_network.check_scraping(asking(box, url))
    assert (finding.state, finding.found) == ("warning", "not scraped: node box:9100")


def test_a_prometheus_that_is_gone_is_told_with_the_setting(box: Box) -> None:
    gone = asking(box, f"http://127.0.0.1:{free_port()}")
    with pytest.raises(ServiceError, match="prometheus_url"):
        health_network.check_alerts(gone)


@pytest.mark.parametrize(("days", "state"), [(90.0, "good"), (10.0, "warning"), (-1.0, "fault")])
def test_a_certificate_is_judged_by_its_last_day(
    box: Box, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, days: float, state: str
) -> None:
    assert health_network.check_certificate(box).state == "left out"
    file, key = certificate(tmp_path, days)
    monkeypatch.setenv("DXFVISION_SERVE__TLS__CERTIFICATE", str(file))
    monkeypatch.setenv("DXFVISION_SERVE__TLS__KEY", str(key))
    finding = health_network.check_certificate(box)
    assert finding.state == state
    (sample,) = finding.samples
    assert sample.value == pytest.approx(datetime.now(UTC).timestamp() + 86_400 * days, abs=60)


def test_a_file_that_is_no_certificate_is_a_fault(
    box: Box, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "box.pem").write_text("no certificate")
    monkeypatch.setenv("DXFVISION_SERVE__TLS__CERTIFICATE", str(tmp_path / "box.pem"))
    monkeypatch.setenv("DXFVISION_SERVE__TLS__KEY", str(tmp_path / "box.pem"))
    assert health_network.check_certificate(box).state == "fault"
