"""Registering, promoting and trying models, without any training."""

import shutil
from pathlib import Path

import pytest

from components.dataset.manifest import sample_line
from components.domain import Sample, Split
from components.errors import DatasetError, ImageError, ModelError
from components.files import write_text
from components.home import Home
from components.modeling.model_card import CARD_NAME, read_card, write_card
from components.modeling.registry import ModelRegistry
from components.operations import inspectors, jobs, releases
from tests.bundles import make_bundle


@pytest.fixture
def run(tmp_path: Path) -> jobs.Run:
    """A home folder whose gate wants a mask mAP of 0.2."""
    gate(tmp_path, 0.2)
    return jobs.open_run(tmp_path, None, "tiny", 0)


def gate(home: Path, min_map: float, trial_pictures: int = 3) -> None:
    table = f"{{min_agnostic_map: {min_map}, trial_pictures: {trial_pictures}}}"
    text = f"profiles:\n  tiny: {table}\n"
    write_text(home / "configs" / "release_config.yaml", text)


def export(home: Home, test_map: float, drawings: str = "0") -> None:
    """Put a bundle where the export leaves it; another `test_map` makes another version."""
    shutil.rmtree(home.exported, ignore_errors=True)
    card_file = make_bundle(home.exported) / CARD_NAME
    changes = {
        "metrics": {"test_map": test_map, "test_agnostic_map": test_map},
        "drawings_fingerprint": drawings * 64,
    }
    write_card(card_file, read_card(card_file).model_copy(update=changes))


def champion(home: Home) -> str | None:
    found = ModelRegistry(home.registry).champion()
    return None if found is None else found.version


def test_second_decision_on_a_champion_is_skipped(run: jobs.Run) -> None:
    export(run.home, 0.5)
    first = releases.promote_model(run)
    assert first.figures["promoted"]
    assert champion(run.home) == first.figures["version"]
    assert releases.promote_model(run).skipped


@pytest.mark.parametrize("victim", ["models/registry", "models/registry/champion.json"])
def test_deleted_registry_or_champion_heals(run: jobs.Run, victim: str) -> None:
    export(run.home, 0.5)
    version = releases.promote_model(run).figures["version"]
    path = run.home.root / victim
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert not releases.promote_model(run).skipped
    assert champion(run.home) == version


def test_refused_model_without_a_champion_is_an_error_until_the_gate_is_lowered(
    run: jobs.Run,
) -> None:
    export(run.home, 0.1)
    for _ in range(2):
        with pytest.raises(ModelError, match=r"mask mAP 0\.100 .* at least 0\.200 is wanted"):
            releases.promote_model(run)
    gate(run.home.root, 0.05)
    assert releases.promote_model(run).figures["promoted"]


def test_refused_model_beside_a_champion_is_decided_again_when_the_gate_changes(
    run: jobs.Run,
) -> None:
    export(run.home, 0.5)
    first = releases.promote_model(run).figures["version"]
    export(run.home, 0.1, drawings="1")
    second = releases.promote_model(run)
    assert not second.figures["promoted"]
    assert champion(run.home) == first
    assert releases.promote_model(run).skipped
    gate(run.home.root, 0.05)
    assert releases.promote_model(run).figures["promoted"]
    assert champion(run.home) == second.figures["version"]


def test_rollback_by_hand_stays_whatever_the_gate_says(run: jobs.Run) -> None:
    export(run.home, 0.5)
    first = releases.promote_model(run).figures["version"]
    export(run.home, 0.6, drawings="1")
    second = releases.promote_model(run).figures["version"]
    ModelRegistry(run.home.registry).rollback()
    assert releases.promote_model(run).skipped
    gate(run.home.root, 0.05)
    result = releases.promote_model(run)
    assert champion(run.home) == first
    assert f"dxfvision models promote {second}" in result.summary


def test_pictures_of_the_trial_come_from_the_manifest(run: jobs.Run) -> None:
    home = run.home
    (home.images("test") / "README.md").write_text("What lies here.")
    samples = [sample(home, 0, "train"), sample(home, 1, "test"), sample(home, 2, "test")]
    home.manifest.write_text("".join(f"{sample_line(each)}\n" for each in samples))
    names = [path.name for path in releases.trial_pictures(home, 8)]
    assert names == ["1.jpg", "2.jpg"]
    assert releases.trial_pictures(home, 1) == [home.images("test") / "1.jpg"]


def test_dataset_without_test_pictures_says_so(run: jobs.Run) -> None:
    run.home.manifest.write_text(sample_line(sample(run.home, 0, "train")) + "\n")
    with pytest.raises(DatasetError, match="lists no test pictures"):
        releases.trial_pictures(run.home, 8)


def sample(home: Home, index: int, split: Split) -> Sample:
    image = (home.images(split) / f"{index}.jpg").relative_to(home.root)
    return Sample(
        index=index,
        split=split,
        group="g",
        image=image,
        semantic_mask=image,
        instance_mask=image,
        width_px=4,
        height_px=4,
        annotations=(),
        sha256={},
    )


def test_missing_picture_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"nothing\.png: cannot be read"):
        inspectors.picture_bytes(tmp_path / "nothing.png")
