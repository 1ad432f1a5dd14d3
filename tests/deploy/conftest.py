import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.actions import ask_service, look
from tests.deploy.programs import need, wait_for
from tests.deploy.stack import Stack, whole_stack

MISSING = need("prometheus", "promtool", "prometheus-alertmanager", "prometheus-node-exporter") or (
    "" if os.environ.get("DXFVISION_DEPLOY") else "takes minutes: make test-deploy"
)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if MISSING:
        pytest.skip(MISSING)
    folder: Path = tmp_path_factory.mktemp("stack")
    with whole_stack(folder) as running:
        yield running


@pytest.fixture(scope="session")
def asked(stack: Stack) -> Stack:
    """The stack after pictures were asked about and the doctor has looked."""
    # What was counted before the first scrape is no rise.
    wait_for("a first scrape", lambda: stack.query("dxfvision_pictures_total == 0"))
    pictures = sorted(stack.home.images("test").glob("*"))[:8]
    for _ in range(8):
        for picture in pictures:
            ask_service(stack, picture.read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        look(stack, patch)
    wait_for("counters that rise", lambda: stack.query("rate(dxfvision_pictures_total[1m]) > 0"))
    wait_for("records", lambda: stack.query("dxfvision:request_errors:ratio_rate6h"))
    wait_for("what the doctor wrote", lambda: stack.query("dxfvision_health_check_state"))
    return stack
