import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.programs import need
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
