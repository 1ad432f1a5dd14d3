"""The whole stage on a dataset of the real generator."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import numpy as np
import pandas as pd
import pytest

from components.dataset.generate import generate_dataset
from components.domain import Contour, Part
from components.errors import DatasetError, ValidationError
from components.home import Home
from components.progress import SilentProgress
from components.settings.data import DataSettings
from components.settings.validation import ValidationSettings
from components.validation.outcome import ValidationReport
from components.validation.report import check_rows, read_report, require_passed, validate_dataset

IMAGES = 24
REMOTE = re.compile(r"""(?:src|href)\s*=\s*["']?\s*(?:https?:)?//|url\(\s*["']?(?:https?:)?//""")


def plate(name: str, width_mm: float, hole_mm: float) -> Part:
    x, y, h = width_mm / 2, 20.0, hole_mm / 2
    outline = Contour(np.array([[-x, -y], [x, -y], [x, y], [-x, y]]))
    return Part(name, outline, (Contour(np.array([[-h, -h], [h, -h], [h, h], [-h, h]])),))


def refuse(*_: object) -> NoReturn:
    raise AssertionError("the network was used")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("home"))
    settings = DataSettings.load(None, "tiny").model_copy(
        update={"images": IMAGES, "executor": "sequential"}
    )
    parts = [plate("long_plate", 80.0, 10.0), plate("short_plate", 50.0, 16.0)]
    generate_dataset(parts, home, settings, 3, SilentProgress())
    return home


@pytest.fixture(scope="module")
def settings() -> ValidationSettings:
    return ValidationSettings.load(None, "tiny").model_copy(update={"workers": 1})


@pytest.fixture(scope="module")
def report(home: Home, settings: ValidationSettings) -> Iterator[ValidationReport]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        yield validate_dataset(home, settings, SilentProgress())


def test_generated_dataset_passes_every_check(report: ValidationReport) -> None:
    states = {f"{row['suite']}/{row['check']}": row["state"] for row in check_rows(report)}
    assert {name for name, state in states.items() if state != "passed"} == set()
    assert report.passed
    assert report.ran == report.expected == len(states)
    require_passed(report)


def test_report_is_read_back_as_it_was(home: Home, report: ValidationReport) -> None:
    assert read_report(home) == report


def test_statistics_have_a_row_for_each_picture_and_object(
    home: Home, report: ValidationReport
) -> None:
    images = pd.read_parquet(home.processed / "statistics_images.parquet")
    objects = pd.read_parquet(home.processed / "statistics_annotations.parquet")
    assert sorted(images["index"]) == list(range(IMAGES))
    assert len(objects) == (images["parts"] + images["others"]).sum()


def test_pages_need_no_network(report: ValidationReport) -> None:
    assert report.data_docs is not None
    pages = [report.page, *report.data_docs.parent.rglob("*.html")]
    assert len(pages) == 1 + 1 + 2 * len(report.suites)
    for page in pages:
        text = page.read_text()
        assert "<script" not in text
        assert not REMOTE.search(text), page


def test_every_link_of_the_pages_leads_to_a_file(report: ValidationReport) -> None:
    assert report.data_docs is not None
    for page in (report.page, *report.data_docs.parent.rglob("*.html")):
        for link in re.findall(r'href="([^"#]+)["#]', page.read_text()):
            assert (page.parent / link).exists(), f"{page} links {link}"


def test_changed_label_stops_the_run_and_the_row_is_named(
    home: Home, settings: ValidationSettings, report: ValidationReport
) -> None:
    victim = sorted(home.masks("train").glob("*.instances.png"))[0]
    sound = victim.read_bytes()
    victim.write_bytes(sound[:-30] + bytes([sound[-30] ^ 4]) + sound[-29:])
    try:
        with pytest.raises(ValidationError) as caught:
            require_passed(validate_dataset(home, settings, SilentProgress()))
    finally:
        victim.write_bytes(sound)
    message = str(caught.value)
    assert "1 of" in message
    assert "files/unchanged" in message
    assert str(victim.relative_to(home.root)) in message


def test_home_without_a_dataset_is_refused(tmp_path: Path, settings: ValidationSettings) -> None:
    with pytest.raises(DatasetError, match="dxfvision generate"):
        validate_dataset(Home(tmp_path), settings, SilentProgress())


def test_missing_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="dxfvision validate"):
        read_report(Home(tmp_path))
