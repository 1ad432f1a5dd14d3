"""The whole pipeline on the tiny profile, as a real Prefect flow against a real server."""

import json
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.sorting import ArtifactSort

from components.home import Home
from components.modeling.registry import ModelRegistry
from components.operations.stages.running import StageResult
from flows.pipeline import pipeline

pytestmark = pytest.mark.flow

DRAWINGS = Path(__file__).parents[2] / "data" / "raw" / "dxf_templates"
STAGES = [
    "read-drawings",
    "generate",
    "validate",
    "train",
    "export",
    "evaluate",
    "promote",
    "try",
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def first(home: Home) -> list[StageResult]:
    return pipeline(home.root, DRAWINGS, "tiny", 7)


@pytest.fixture(scope="module")
def second(first: list[StageResult], home: Home) -> list[StageResult]:
    return pipeline(home.root, DRAWINGS, "tiny", 7)


def test_every_stage_is_done_in_order(first: list[StageResult]) -> None:
    assert [(result.name, result.skipped) for result in first] == [(name, False) for name in STAGES]


def test_second_run_skips_every_stage(second: list[StageResult]) -> None:
    assert [(result.name, result.skipped) for result in second] == [(name, True) for name in STAGES]


def test_what_the_layout_promises_is_there(first: list[StageResult], home: Home) -> None:
    for split in ("train", "val", "test"):
        images = {path.stem for path in home.images(split).iterdir()}
        assert images
        assert images <= {path.stem for path in home.masks(split).iterdir()}
    assert home.checkpoint.exists()
    champion = ModelRegistry(home.registry).champion()
    assert champion is not None
    assert champion.card.labels == tuple(sorted(path.stem for path in DRAWINGS.glob("*.dxf")))


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("drawings", "table"),
        ("dataset", "table"),
        ("dataset-sheet", "image"),
        ("validation", "table"),
        ("training-curves", "image"),
        ("parity", "table"),
        ("confusion", "image"),
        ("symmetries", "table"),
        ("confusable-parts", "table"),
        ("model-card", "markdown"),
        ("model-report", "markdown"),
        ("trial", "table"),
        ("pipeline-report", "markdown"),
    ],
)
def test_the_user_sees_the_artifact(first: list[StageResult], key: str, kind: str) -> None:
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(
            artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
        )
    assert {artifact.type for artifact in found} == {kind}


def test_artifacts_and_card_say_what_looks_alike(first: list[StageResult], home: Home) -> None:
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(
            artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=["symmetries"])),
            # Other tests on this server leave artifacts, too.
            sort=ArtifactSort.CREATED_DESC,
        )
    rows = {row["name"]: row for row in json.loads(str(found[0].data))}
    champion = ModelRegistry(home.registry).champion()
    assert champion is not None
    assert champion.card.similarity is not None
    told = {part.name: part for part in champion.card.similarity.parts}
    assert told.keys() == rows.keys() == {path.stem for path in DRAWINGS.glob("*.dxf")}
    assert all(told[name].rotation_order == row["rotation_order"] for name, row in rows.items())
    pairs = first[0].figures["similarity"]["pairs"]
    assert [pair.difference for pair in champion.card.similarity.pairs] == [
        pair["difference"] for pair in pairs
    ]


def test_a_new_seed_makes_new_data_from_the_same_drawings(
    second: list[StageResult], home: Home
) -> None:
    from components.operations.pipeline import jobs
    from components.progress import SilentProgress

    run = jobs.open_run(home.root, DRAWINGS, "tiny", 8)
    assert jobs.read_drawing_folder(run, SilentProgress()).skipped
    assert not jobs.generate(run, SilentProgress()).skipped
