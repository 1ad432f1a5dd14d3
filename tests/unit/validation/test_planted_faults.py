"""Each planted fault fails its own check and no other."""

import shutil
from collections.abc import Callable, Collection
from pathlib import Path

import pandas as pd
import pytest

from components.home import Home
from components.progress import SilentProgress
from components.settings.validation import ValidationSettings
from components.validation.expectations import dataset_suites
from components.validation.runner import run_suites
from components.validation.statistics import measure_dataset
from components.validation.tables import checked_tables
from tests.unit.validation.faults import FAULTS
from tests.unit.validation.toy_dataset import Toy, make_toy


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    return make_toy(tmp_path_factory.mktemp("clean"))


@pytest.fixture
def toy(clean: Toy, tmp_path: Path) -> Toy:
    shutil.copytree(clean.home.root, tmp_path / "toy")
    return Toy(Home(tmp_path / "toy"), list(clean.samples), clean.whole)


def tables_of(toy: Toy) -> dict[str, pd.DataFrame]:
    return checked_tables(measure_dataset(toy.home, toy.samples, toy.whole, 1, SilentProgress()))


def failed_checks(tables: dict[str, pd.DataFrame], names: Collection[str]) -> list[str]:
    every = dataset_suites(ValidationSettings.load(None, "tiny"))
    results = run_suites([suite for suite in every if suite.name in names], tables, 5, None)
    return [
        f"{suite.name}/{check.name}"
        for suite in results
        for check in suite.checks
        if check.state != "passed"
    ]


@pytest.fixture(scope="module")
def clean_tables(clean: Toy) -> dict[str, pd.DataFrame]:
    return tables_of(clean)


def test_dataset_without_a_fault_passes_every_check(
    clean_tables: dict[str, pd.DataFrame],
) -> None:
    assert failed_checks(clean_tables, clean_tables.keys()) == []


@pytest.mark.parametrize(("plant", "check"), FAULTS, ids=[plant.__name__ for plant, _ in FAULTS])
def test_fault_fails_its_check_and_no_other(
    toy: Toy,
    clean_tables: dict[str, pd.DataFrame],
    plant: Callable[[Toy], None],
    check: str,
) -> None:
    plant(toy)
    tables = tables_of(toy)
    # A table that is the same as without the fault passes as it did there.
    changed = [name for name, table in tables.items() if not table.equals(clean_tables[name])]
    assert failed_checks(tables, changed) == [check]


def test_part_that_is_in_no_picture_is_missed(tmp_path: Path) -> None:
    tables = tables_of(make_toy(tmp_path, drawn=("disc", "disc")))
    assert failed_checks(tables, tables.keys()) == ["classes/seen"]
