"""The whole stack on this machine: pipeline, service, Prefect, and everything that watches them."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

from components.home import Home
from components.operations.pipeline import jobs, releases, trainings
from components.operations.promotion import promoting
from components.progress import SilentProgress
from components.serving.launch import free_port, running_service
from components.settings.serve import ServeSettings
from tests.deploy.programs import Mailbox, Program, mailbox

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "monitoring"
DRAWINGS = ROOT / "data" / "raw" / "dxf_templates"
PORTS = ("dxfvision", "node", "prefect", "camera", "prometheus", "alertmanager")


@dataclass
class Stack:
    """What runs.

    Attributes:
        home: Folder of the pipeline and the service.
        folder: Copy of monitoring/ with this machine's ports and everything a hundred times faster.
        ports: By name of the job.
        mail: What Alertmanager sent.
        service: Stops the service when closed.
        programs: By name of the job.
    """

    home: Home
    folder: Path
    ports: dict[str, int]
    mail: Mailbox
    service: ExitStack
    programs: dict[str, Program] = field(default_factory=dict)

    def url(self, job: str) -> str:
        return f"http://127.0.0.1:{self.ports[job]}"

    def ask(self, path: str, **params: str) -> Any:
        """Return what Prometheus' API answers."""
        answer = httpx.get(f"{self.url('prometheus')}/api/v1/{path}", params=params, timeout=20)
        return answer.raise_for_status().json()["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series of an instant query."""
        rows: list[dict[str, Any]] = self.ask("query", query=expression)["result"]
        return rows

    def firing(self, alert: str) -> list[dict[str, str]]:
        """Return the labels of an alert that fires, once for each."""
        rows = self.query(f'ALERTS{{alertname="{alert}",alertstate="firing"}}')
        return [row["metric"] for row in rows]

    def alerts_sent(self) -> dict[str, str]:
        """Return the state of each alert that Alertmanager has, by its name."""
        answer = httpx.get(f"{self.url('alertmanager')}/api/v2/alerts", timeout=20)
        rows = answer.raise_for_status().json()
        return {row["labels"]["alertname"]: row["status"]["state"] for row in rows}


def run_pipeline(folder: Path) -> Home:
    """Make a model of the sample drawings by the stages that the flows call."""
    run = jobs.open_run(folder, DRAWINGS, "tiny", 0)
    silent = SilentProgress()
    jobs.read_drawing_folder(run, silent)
    jobs.generate(run, silent)
    jobs.validate(run, silent)
    trainings.train_network(run, silent)
    releases.export_model(run, silent)
    releases.evaluate_model(run, silent)
    promoting.promote_model(run)
    promoting.try_champion(run, silent)
    return run.home


@contextmanager
def whole_stack(folder: Path) -> Iterator[Stack]:
    """Run everything; the yielded stack answers."""
    ports = {job: free_port() for job in PORTS}
    with ExitStack() as stack:
        prefect = start_prefect(folder, ports["prefect"])
        stack.callback(prefect.stop)
        home = run_pipeline(folder / "home")
        mail, mail_url = stack.enter_context(mailbox())
        copy = configure(folder / "monitoring", ports, mail_url)
        service = stack.enter_context(ExitStack())
        settings = ServeSettings.load(profile="quick")
        service.enter_context(running_service(home, settings, ports["dxfvision"]))
        running = Stack(home, copy, ports, mail, service, {"prefect": prefect})
        for job, command in commands(copy, ports, home).items():
            path = "/metrics" if job == "node" else "/-/ready"
            running.programs[job] = Program(command, f"{running.url(job)}{path}", copy)
            stack.callback(running.programs[job].stop)
        for program in running.programs.values():
            program.wait_until_ready()
        yield running


@contextmanager
def watched(folder: Path, home: Home, ports: dict[str, int]) -> Iterator[Stack]:
    """Run Prometheus and Alertmanager alone; what they watch is the caller's.

    Args:
        folder: For their files; it may hold a folder `tsdb` with what was before now.
        home: Of what is watched.
        ports: Of what is watched, by job; other jobs have no targets.
    """
    alerting = {job: free_port() for job in ("prometheus", "alertmanager")}
    with ExitStack() as stack:
        mail, mail_url = stack.enter_context(mailbox())
        copy = configure(folder / "monitoring", ports | alerting, mail_url)
        for job in set(PORTS) - set(ports) - set(alerting):
            write_target(copy, job)
        if (folder / "tsdb").exists():
            (folder / "tsdb").rename(copy / "tsdb")
        service = stack.enter_context(ExitStack())
        running = Stack(home, copy, ports | alerting, mail, service)
        for job, command in alerting_commands(copy, running.ports).items():
            running.programs[job] = Program(command, f"{running.url(job)}/-/ready", copy)
            stack.callback(running.programs[job].stop)
        for program in running.programs.values():
            program.wait_until_ready()
        yield running


def start_prefect(folder: Path, port: int) -> Program:
    """Start a Prefect server with a database of its own."""
    home = folder / "prefect"
    home.mkdir()
    command = [str(Path(sys.executable).with_name("prefect")), "server", "start"]
    return Program(
        [*command, "--port", str(port)],
        f"http://127.0.0.1:{port}/api/health",
        home,
        {
            **os.environ,
            "PREFECT_HOME": str(home),
            "PREFECT_SERVER_METRICS_ENABLED": "true",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
        },
    )


def commands(folder: Path, ports: dict[str, int], home: Home) -> dict[str, list[str]]:
    """Return how those who watch are started, as monitoring/README.md says."""
    node = [
        "prometheus-node-exporter",
        _listen(ports, "node"),
        f"--collector.textfile.directory={home.metrics}",
    ]
    return {"node": node, **alerting_commands(folder, ports)}


def _listen(ports: dict[str, int], job: str) -> str:
    return f"--web.listen-address=127.0.0.1:{ports[job]}"


def alerting_commands(folder: Path, ports: dict[str, int]) -> dict[str, list[str]]:
    """Return how Prometheus and Alertmanager are started."""
    return {
        "alertmanager": [
            "prometheus-alertmanager",
            "--config.file=alertmanager.yml",
            _listen(ports, "alertmanager"),
            f"--storage.path={folder / 'alertmanager'}",
            "--cluster.listen-address=",
        ],
        "prometheus": [
            "prometheus",
            "--config.file=prometheus.yml",
            _listen(ports, "prometheus"),
            f"--storage.tsdb.path={folder / 'tsdb'}",
            "--web.console.templates=runbooks",
            "--web.enable-lifecycle",
        ],
    }


def configure(folder: Path, ports: dict[str, int], mail_url: str) -> Path:
    """Copy monitoring/ with other ports, short waits and a webhook for everybody."""
    shutil.copytree(MONITORING, folder)
    for job, port in ports.items():
        write_target(folder, job, port)
    main = folder / "prometheus.yml"
    text = re.sub(r"(scrape_interval|evaluation_interval): 15s", r"\1: 1s", main.read_text())
    main.write_text(text.replace("scrape_timeout: 10s", "scrape_timeout: 1s"))
    for rules in (folder / "rules").glob("*.yml"):
        # What is told sooner in truth must be told sooner here: the worse keeps the lesser quiet.
        text = re.sub(r"^( +for): (\d+)([mh])$", _hundredth, rules.read_text(), flags=re.MULTILINE)
        rules.write_text(text)
    config = yaml.safe_load((folder / "alertmanager.example.yml").read_text())
    del config["global"]
    for receiver in config["receivers"][1:]:
        receiver.pop("email_configs", None)
        receiver["webhook_configs"] = [{"url": f"{mail_url}/{receiver['name']}"}]
    for route in (config["route"], *config["route"]["routes"]):
        route.update({"group_wait": "1s", "group_interval": "1s"})
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(config))
    return folder


def _hundredth(wait: re.Match[str]) -> str:
    """Return a rule's `for`, given in minutes or hours, a hundred times shorter."""
    name, count, unit = wait.groups()
    return f"{name}: {int(count) * {'m': 60, 'h': 3600}[unit] * 10}ms"


def write_target(folder: Path, job: str, *ports: int) -> None:
    """Say where a job's targets listen; without ports it has none."""
    groups = [{"targets": [f"127.0.0.1:{port}"], "labels": {"box": "local"}} for port in ports]
    (folder / "targets" / f"{job}.yml").write_text(yaml.safe_dump(groups))
