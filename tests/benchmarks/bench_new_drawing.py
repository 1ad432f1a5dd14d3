"""Time from saving a new drawing to a running service that knows it, then to a trained champion.

`dxfvision up --home HOME` must run and have a champion:

    .venv/bin/python tests/benchmarks/bench_new_drawing.py HOME NEW.dxf http://127.0.0.1:3000
"""

import argparse
import json
import time
from pathlib import Path

from components.errors import ServiceError
from components.files import write_bytes
from components.geometry.dxf_reader import read_drawings
from components.home import Home
from components.operations.stages.machine import this_machine
from components.progress import SilentProgress
from components.serving.client import Client
from components.settings.drawings import DrawingSettings

LONGEST_S = 3600.0


def names_served(client: Client) -> tuple[str, set[str]]:
    """Return the version in use and the drawings that it knows; nothing while it is away."""
    try:
        return client.ready().version, {each.name for each in client.drawings().drawings}
    except ServiceError:
        return "", set()


def main() -> None:
    """Save the drawing and watch the service."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("drawing", type=Path)
    parser.add_argument("url")
    arguments = parser.parse_args()
    home = Home(arguments.home.resolve())
    settings = DrawingSettings.load(home.configs)
    (read,) = read_drawings([arguments.drawing], settings, SilentProgress())
    wanted = {part.name for part in read.parts}
    with Client(arguments.url, verify=False) as client:
        before, known = names_served(client)
        if not before or wanted <= known:
            raise SystemExit(f"{arguments.url}: serves {before or 'nothing'}, which knows {wanted}")
        write_bytes(home.drawings / arguments.drawing.name, arguments.drawing.read_bytes())
        start = time.monotonic()
        times: dict[str, float] = {}
        first = ""
        while time.monotonic() - start < LONGEST_S and len(times) < 2:
            version, names = names_served(client)
            if wanted <= names and not first:
                first = version
                times["served_s"] = round(time.monotonic() - start, 1)
            elif first and version not in ("", first):
                times["trained_s"] = round(time.monotonic() - start, 1)
            time.sleep(0.2)
    machine = this_machine(()).processor
    print(json.dumps({"machine": machine, "before": before, "first": first} | times))


if __name__ == "__main__":
    main()
