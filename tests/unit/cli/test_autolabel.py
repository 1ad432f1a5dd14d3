import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from components.cli.app import app
from components.geometry.parts_file import write_parts
from components.home import Home
from components.modeling.registry import ModelRegistry
from tests.bundles import PARTS, encoded, make_bundle, scene

RUNNER = CliRunner()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    place = Home(tmp_path / "home")
    place.prepare()
    registry = ModelRegistry(place.registry)
    registry.promote(registry.register(make_bundle(tmp_path / "bundle")).version)
    write_parts(place.parts, PARTS)
    for number in range(2):
        (place.photos / f"{number}.png").write_bytes(encoded(scene(number)))
    return place


def told(home: Home, *options: str) -> list[dict]:
    result = RUNNER.invoke(app, ["autolabel", "--home", str(home.root), "--json", *options])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_frames_are_labelled_reviewed_and_made_samples_of(home):
    (labelled,) = told(home)
    assert (labelled["tight"], labelled["labels"]) == (2, 4)
    assert Path(labelled["review"]).is_file()
    assert not home.labelled.manifest.exists()
    (samples,) = told(home, "--apply", labelled["list"])
    assert samples["samples"] == {"train": 2, "val": 0, "test": 0}
    assert samples["instances"]["train"] == {"plate": 2, "ring": 2}


def test_all_are_accepted_at_once_where_nobody_reviews(home):
    assert len(told(home, "--accept-all")) == 2
    assert home.labelled.manifest.is_file()


def test_a_list_is_applied_by_itself(home):
    wrong = ["autolabel", "--home", str(home.root), "--apply", "review.csv", "--accept-all"]
    assert RUNNER.invoke(app, wrong).exit_code == 2
