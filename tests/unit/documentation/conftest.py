"""The site, built once as `make docs` builds it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.documentation.pages import ROOT


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the built site; a warning of Sphinx fails the tests that want it."""
    folder = tmp_path_factory.mktemp("site")
    strict = ("-q", "-W", "--keep-going", "-n", "-b", "html")
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", *strict, "-c", "docs", ".", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder
