"""Each planted fault fails its own check and no other, and every check has its fault."""

import shutil
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from components.home import Home
from components.progress import SilentProgress
from components.settings.validation import ValidationSettings
from components.validation.checks import Check, Suite
from components.validation.expectations import dataset_suites
from components.validation.runner import run_suites
from components.validation.statistics import Statistics, measure_dataset
from components.validation.tables import checked_tables
from tests.unit.validation.faults import coco, figures, files, objects, pictures, yolo
from tests.unit.validation.faults.editing import Fault
from tests.unit.validation.toy_dataset import Toy, make_toy

FAULTS = [
    *files.FAULTS,
    *pictures.FAULTS,
    *objects.FAULTS,
    *coco.FAULTS,
    *yolo.FAULTS,
]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    return make_toy(tmp_path_factory.mktemp("clean"))


@pytest.fixture
def toy(clean: Toy, tmp_path: Path) -> Toy:
    shutil.copytree(clean.home.root, tmp_path / "toy")
    return Toy(Home(tmp_path / "toy"), list(clean.samples), clean.whole)


def measured(toy: Toy) -> Statistics:
    return measure_dataset(toy.home, toy.samples, toy.whole, 1, SilentProgress())


def tables_of(toy: Toy) -> dict[str, pd.DataFrame]:
    return checked_tables(measured(toy))


def toy_suites() -> list[Suite]:
    """The suites with limits between what the toy dataset has and what its faults have."""
    tiny = ValidationSettings.load(None, "tiny")
    splits = {
        "min_images": 3,
        "max_empty_share": 0.5,
        "min_brightness_spread": 1.0,
        # Two groups against ten: 2 in 66 orders are as far apart as can be.
        "min_shift_p": 0.031,
    }
    counts = tiny.classes.min_count.model_copy(update={"train": 10, "val": 2, "test": 2})
    classes = {"min_count": counts, "max_imbalance": 1.3}
    return list(
        dataset_suites(
            tiny.model_copy(
                update={
                    "splits": tiny.splits.model_copy(update=splits),
                    "classes": tiny.classes.model_copy(update=classes),
                }
            )
        )
    )


def failed_checks(tables: dict[str, pd.DataFrame], suites: Collection[Suite]) -> list[str]:
    return [
        f"{suite.name}/{check.name}"
        for suite in run_suites(list(suites), tables, 5, None)
        for check in suite.checks
        if check.state != "passed"
    ]


def suites_named(names: Collection[str]) -> list[Suite]:
    return [suite for suite in toy_suites() if suite.name in names]


@pytest.fixture(scope="module")
def clean_tables(clean: Toy) -> dict[str, pd.DataFrame]:
    return tables_of(clean)


def test_dataset_without_a_fault_passes_every_check(
    clean_tables: dict[str, pd.DataFrame],
) -> None:
    assert failed_checks(clean_tables, toy_suites()) == []


def failed_by_the_fault(
    tables: dict[str, pd.DataFrame], clean: dict[str, pd.DataFrame]
) -> list[str]:
    """Names of the checks that fail. One whose columns are the same as without passes as there."""
    suites = []
    for suite in toy_suites():
        now, before = tables[suite.name], clean[suite.name]
        if not now.equals(before):
            checks = [check for check in suite.checks if concerned(check, now, before)]
            suites.append(replace(suite, checks=tuple(checks)))
    return failed_checks(tables, suites)


def concerned(check: Check, now: pd.DataFrame, before: pd.DataFrame) -> bool:
    """Whether a check can answer otherwise: it names a changed column, or none at all."""
    named = [value for value in check.arguments.values() if isinstance(value, str)]
    columns = [name for name in named if name in now.columns and name in before.columns]
    return not columns or any(not now[name].equals(before[name]) for name in columns)


@pytest.mark.parametrize(("plant", "check"), FAULTS, ids=[plant.__name__ for plant, _ in FAULTS])
def test_fault_on_the_disk_fails_its_check_and_no_other(
    toy: Toy, clean_tables: dict[str, pd.DataFrame], plant: Fault, check: str
) -> None:
    plant(toy)
    assert failed_by_the_fault(tables_of(toy), clean_tables) == [check]


@pytest.mark.parametrize("name", figures.FAULTS)
def test_fault_in_the_figures_fails_its_check_and_no_other(
    clean: Toy, clean_tables: dict[str, pd.DataFrame], name: str
) -> None:
    plant, check = figures.FAULTS[name]
    tables = checked_tables(plant(measured(clean)))
    assert failed_by_the_fault(tables, clean_tables) == [check]


@pytest.mark.parametrize("name", ["images", "annotations"])
def test_empty_table_fails_its_count_of_rows_and_lets_nothing_of_its_suite_pass(
    clean_tables: dict[str, pd.DataFrame], name: str
) -> None:
    tables = {**clean_tables, name: clean_tables[name].iloc[:0]}
    failed = failed_checks(tables, suites_named([name]))
    assert f"{name}/rows" in failed
    (suite,) = (suite for suite in toy_suites() if suite.name == name)
    # That its columns are there is true all the same.
    assert len(failed) == len(suite.checks) - 1


def test_part_that_is_in_no_picture_is_missed(tmp_path: Path) -> None:
    tables = tables_of(make_toy(tmp_path, drawn=("disc", "disc")))
    assert failed_checks(tables, suites_named(["classes"])) == ["classes/seen"]


def test_every_check_has_a_fault_that_fails_it() -> None:
    planted = {check for _, check in (*FAULTS, *figures.FAULTS.values())}
    planted |= {"images/rows", "annotations/rows", "classes/seen"}
    held = {f"{suite.name}/{check.name}" for suite in toy_suites() for check in suite.checks}
    assert planted == held
