"""The running service is asked about the champion's golden pictures: does it answer as it should?

A service can be up and wrong: another version, a damaged copy of the network, settings that changed
under it, a machine too busy to answer in time. Its answers are compared with those of the same
model in this process, so no truth is needed.
"""

import time

from components.errors import PipelineError, ServiceError
from components.files import fingerprint
from components.home import Home
from components.modeling.registry import ModelRegistry
from components.operations.promotion.settling import service_url
from components.operations.stages.metrics import reported
from components.operations.stages.running import Checked, Figures, StageResult
from components.serving.trial import TrialReport, ask_service
from components.settings.operations import MonitorSettings, OperationsSettings
from components.settings.serve import ServeSettings


@reported("self-check")
def check_service(about: Checked) -> StageResult:
    """Ask the running service about the golden pictures; raise if it stays wrong.

    Before the first promotion there is nothing to ask.

    Raises:
        ServiceError: If it does not answer, answers wrongly or too late, as often as the settings
            allow tries.
        ModelError: If the champion is damaged.
    """
    start = time.monotonic()
    home = about.home
    if ModelRegistry(home.registry).champion() is None:
        told = "no model was promoted yet: there is nothing to check"
        nothing: Figures = {"summary": told, "answers": [], "slowest_s": None}
        return StageResult("self-check", "", False, 0.0, nothing)
    settings = OperationsSettings.load(home.configs).monitor
    serve = ServeSettings.load(home.configs)
    url = settings.url or service_url(serve)
    report = _asked(home, serve, settings, url)
    rows = [
        {"picture": number, "HTTP ms": round(http, 1), "in-process ms": round(inside, 1)}
        for number, (http, inside) in enumerate(
            zip(report.http_ms, report.in_process_ms, strict=True), start=1
        )
    ]
    figures = {
        "summary": f"{url}: {report.version} answered {report.pictures} golden pictures with "
        f"{report.detections} detections as the model does in-process, the slowest in "
        f"{max(report.http_ms):.0f} ms",
        "url": url,
        "version": report.version,
        "answers": rows,
        "slowest_s": max(report.http_ms) / 1000,
    }
    seconds = round(time.monotonic() - start, 3)
    return StageResult("self-check", fingerprint(report.version), False, seconds, figures)


def _asked(home: Home, serve: ServeSettings, settings: MonitorSettings, url: str) -> TrialReport:
    """Return a good report, after some tries: a promotion or a busy second is no fault."""
    token = settings.token_file.read_text("utf-8").strip() if settings.token_file else None
    for _ in range(settings.tries - 1):
        try:
            return _in_time(ask_service(home, serve, url, token), settings, url)
        except PipelineError:
            time.sleep(settings.pause_s)
    return _in_time(ask_service(home, serve, url, token), settings, url)


def _in_time(report: TrialReport, settings: MonitorSettings, url: str) -> TrialReport:
    slowest_s = max(report.http_ms) / 1000
    if slowest_s > settings.longest_s:
        raise ServiceError(
            f"{url}: a golden picture took {slowest_s:.1f} s, {settings.longest_s:g} s are "
            "allowed; see what else keeps the machine busy, or raise monitor.longest_s"
        )
    return report
