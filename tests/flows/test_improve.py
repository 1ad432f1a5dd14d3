"""Learning from the camera's own frames, as a real Prefect flow against a real server.

The champion is the generic weights with the sample drawings, so nothing is trained beforehand; the
camera's frames are generated pictures of these drawings.
"""

import shutil
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import State
from prefect.client.schemas.sorting import ArtifactSort

from components.errors import DatasetError
from components.files import write_text
from components.home import Home
from components.modeling.champion import read_champion
from components.modeling.registry import ModelRegistry
from components.operations.improvement.improving import review_list, review_sheet
from components.operations.pipeline import jobs
from components.operations.promotion.publishing import publish_drawings
from components.operations.stages.running import StageResult
from components.progress import SilentProgress
from flows.improve import improve

pytestmark = pytest.mark.flow

DRAWINGS = Path(__file__).parents[2] / "data" / "raw" / "dxf_templates"
FRAMES = 12


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home folder with a champion, a dataset and frames of a camera."""
    run = jobs.open_run(tmp_path_factory.mktemp("improved"), DRAWINGS, "tiny", 5)
    write_text(run.home.configs / "operations_config.yaml", "publish: {pictures: 10}\n")
    silent = SilentProgress()
    jobs.read_drawing_folder(run, silent)
    publish_drawings(run, silent)
    jobs.generate(run, silent)
    run.home.photos.mkdir(parents=True, exist_ok=True)
    for picture in sorted(run.home.images("train").iterdir())[:FRAMES]:
        shutil.copy(picture, run.home.photos)
    return run.home


@pytest.fixture(scope="module")
def asked(home: Home) -> State[list[StageResult]]:
    """The flow after drift, as it is shipped: with nothing said about a review."""
    state: State[list[StageResult]] = improve(home.root, profile="tiny", return_state=True)
    return state


@pytest.fixture(scope="module")
def learned(asked: State[list[StageResult]], home: Home) -> list[StageResult]:
    """The flow after a person rejected one of the frames."""
    path = review_list(home)
    path.write_text(path.read_text("utf-8").replace("accept,", "reject,", 1), "utf-8")
    state = improve(home.root, review="done", profile="tiny", return_state=True)
    results: list[StageResult] = state.result()
    return results


def report() -> str:
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(
            artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=["improve-report"])),
            sort=ArtifactSort.CREATED_DESC,
        )
    return str(found[0].data)


def test_person_is_asked_and_told_where_to_look(
    asked: State[list[StageResult]], home: Home
) -> None:
    assert asked.name == "AwaitingReview"
    assert str(review_sheet(home)) in str(asked.message)
    assert str(review_list(home)) in str(asked.message)
    assert review_sheet(home).is_file()
    (labelled,) = asked.result()
    assert labelled.name == "autolabel"
    assert labelled.seconds > 0
    assert labelled.figures["tight"] + len(labelled.figures["refused"]) == FRAMES
    assert not home.labelled.root.exists()


def test_what_the_person_accepted_is_learned_and_the_gate_decides(
    asked: State[list[StageResult]], learned: list[StageResult], home: Home
) -> None:
    assert [each.name for each in learned] == [
        "accept-frames",
        "train",
        "export",
        "evaluate",
        "promote",
        "try",
    ]
    (labelled,) = asked.result()
    samples = learned[0].figures["splits"]
    assert sum(samples.values()) == labelled.figures["tight"] - 1
    # A model must not be judged on labels that a model gave.
    assert samples["test"] == 0
    decision = learned[4].figures
    champion = read_champion(ModelRegistry(home.registry).champion_file)
    assert champion is not None
    assert decision["promoted"] == (champion.version == decision["version"])
    # The service is asked with the champion, whichever it is.
    assert champion.version in learned[5].summary


def test_report_says_what_each_stage_did(learned: list[StageResult]) -> None:
    rows = report().splitlines()[2:]
    assert [row.split(" | ")[0].strip("| ") for row in rows] == [each.name for each in learned]
    assert all(
        each.summary.replace("|", "/") in row for each, row in zip(learned, rows, strict=True)
    )


def test_nothing_accepted_trains_nothing(learned: list[StageResult], home: Home) -> None:
    path = review_list(home)
    path.write_text(path.read_text("utf-8").replace("accept,", "reject,"), "utf-8")
    checkpoint = home.checkpoint.read_bytes()
    with pytest.raises(DatasetError, match="accept"):
        improve(home.root, review="done", profile="tiny")
    assert home.checkpoint.read_bytes() == checkpoint
