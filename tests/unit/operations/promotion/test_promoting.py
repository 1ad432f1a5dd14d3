"""Registering, promoting and trying models, without any training."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from components.dataset.exports import coco_paths
from components.dataset.manifest import sample_line
from components.domain import Part, Sample, Split
from components.errors import DatasetError, ImageError, ModelError
from components.files import file_sha256, write_text
from components.geometry.masks import rle_from_mask
from components.geometry.parts_file import read_parts, write_parts
from components.home import Home
from components.inspection.opening import open_inspector
from components.modeling.card_figures import HeldOutFigures, PartFigures
from components.modeling.model_card import CARD_NAME, read_card, write_card
from components.modeling.notes import read_notes
from components.modeling.registry import ModelRegistry, ModelVersion
from components.operations.pipeline import inspectors, jobs
from components.operations.promotion import promoting
from components.operations.promotion.comparison import Hits, drawings_in_common, golden_hits
from components.progress import Progress
from components.settings.inspection import InspectionSettings
from tests.bundles import BLUE, RED, make_bundle, scene, write_coco


@pytest.fixture
def run(tmp_path: Path) -> jobs.Run:
    """A home folder whose gate wants a mask mAP of 0.2."""
    gate(tmp_path, 0.2)
    return jobs.open_run(tmp_path, None, "tiny", 0)


def gate(home: Path, min_map: float, trial_pictures: int = 3) -> None:
    table = f"{{min_agnostic_map: {min_map}, trial_pictures: {trial_pictures}}}"
    text = f"profiles:\n  tiny: {table}\n"
    write_text(home / "configs" / "release_config.yaml", text)


def held_out_split(home: Home) -> Path:
    """Write test pictures on which the bundles find every object; return the truth's path."""
    coco = coco_paths(home, "test")[0]
    coco.parent.mkdir(parents=True, exist_ok=True)
    write_coco(home.images("test"), {"plate": RED, "ring": BLUE}, 16).replace(coco)
    return coco


def export(home: Home, test_map: float, sharpness: float = 0.2) -> None:
    """Put a bundle where the export leaves it; another `sharpness` makes another version.

    Args:
        home: Where.
        test_map: What its card says of every drawing of today's test pictures.
        sharpness: See `make_bundle`.
    """
    shutil.rmtree(home.exported, ignore_errors=True)
    card_file = make_bundle(home.exported, sharpness=sharpness) / CARD_NAME
    part = PartFigures(ap=test_map, ap50=test_map, objects=100)
    coco = coco_paths(home, "test")[0]
    test = HeldOutFigures(
        coco_sha256=file_sha256(coco) if coco.is_file() else "",
        pictures=16,
        map=test_map,
        agnostic_map=test_map,
        parts={"plate": part, "ring": part},
        confused=(),
        latency_ms={},
        machine="",
    )
    metrics = {"test_map": test_map, "test_agnostic_map": test_map}
    changes = {"metrics": metrics, "test": test}
    write_card(card_file, read_card(card_file).model_copy(update=changes))


def champion(home: Home) -> str | None:
    found = ModelRegistry(home.registry).champion()
    return None if found is None else found.version


def test_second_decision_on_a_champion_is_skipped(run: jobs.Run) -> None:
    export(run.home, 0.5)
    first = promoting.promote_model(run)
    assert first.figures["promoted"]
    assert champion(run.home) == first.figures["version"]
    assert promoting.promote_model(run).skipped


@pytest.mark.parametrize("victim", ["models/registry", "models/registry/champion.json"])
def test_deleted_registry_or_champion_heals(run: jobs.Run, victim: str) -> None:
    export(run.home, 0.5)
    version = promoting.promote_model(run).figures["version"]
    path = run.home.root / victim
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert not promoting.promote_model(run).skipped
    assert champion(run.home) == version


def test_refused_model_without_a_champion_is_an_error_until_the_gate_is_lowered(
    run: jobs.Run,
) -> None:
    export(run.home, 0.1)
    for _ in range(2):
        with pytest.raises(ModelError, match=r"alone has 0\.100 .* at least 0\.200 is wanted"):
            promoting.promote_model(run)
    gate(run.home.root, 0.05)
    assert promoting.promote_model(run).figures["promoted"]


def test_model_worse_than_the_champion_on_the_same_pictures_is_refused(run: jobs.Run) -> None:
    held_out_split(run.home)
    export(run.home, 1.0)
    first = promoting.promote_model(run).figures["version"]
    export(run.home, 0.5, sharpness=0.3)
    second = promoting.promote_model(run)
    assert not second.figures["promoted"]
    assert champion(run.home) == first
    rows = {row["name"]: row for row in second.figures["comparison"]["parts"]}
    assert rows.keys() == {"plate", "ring"}
    assert all(row["champion_ap"] > 0.9 and row["new_ap"] == 0.5 for row in rows.values())
    assert promoting.promote_model(run).skipped
    note = read_notes(run.home.registry, second.figures["version"])["gate"]
    assert note["promote"] is False
    assert "plate loses 0.500 (0.500, the champion 1.000)" in note["reason"]
    write_text(run.home.configs / "release_config.yaml", "max_map_loss: 0.9\nmax_part_loss: 0.9\n")
    assert promoting.promote_model(run).figures["promoted"]
    assert champion(run.home) == second.figures["version"]


def test_figures_of_another_truth_are_measured_anew(run: jobs.Run) -> None:
    export(run.home, 0.5)
    promoting.promote_model(run)
    export(run.home, 0.5, sharpness=0.3)
    held_out_split(run.home)
    parts = promoting.promote_model(run).figures["comparison"]["parts"]
    assert all(row["new_ap"] > 0.9 for row in parts)


def test_drawings_of_one_name_and_another_shape_are_not_compared(
    run: jobs.Run, tmp_path: Path
) -> None:
    one, other = make_bundle(tmp_path / "one"), make_bundle(tmp_path / "other")
    parts = read_parts(other / "parts.json")
    write_parts(other / "parts.json", [parts[0], Part("ring", parts[1].outline)])
    assert drawings_in_common(one, other) == ["plate"]


def test_golden_pictures_count_what_is_found_under_its_name(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "one")
    inspector = open_inspector(bundle, InspectionSettings.load())
    picture = scene(1)
    truth = bundle / "golden" / "truth.json"
    objects = [
        {"label": label, "segmentation": rle_from_mask((picture == colour).all(2))}
        for label, colour in (("plate", RED), ("ring", BLUE), ("plate", BLUE))
    ]
    truth.write_text(json.dumps({"1.png": objects}))
    assert golden_hits(truth, inspector, ["plate", "ring"]) == Hits(found=2, objects=3)
    assert golden_hits(truth, inspector, ["ring"]) == Hits(found=1, objects=1)
    truth.write_text("[]")
    with pytest.raises(ModelError, match=r"truth\.json: cannot be read as the truth"):
        golden_hits(truth, inspector, ["ring"])


@pytest.mark.parametrize("by_itself", [False, True])
def test_version_that_was_taken_off_stays_off_whatever_the_gate_says(
    run: jobs.Run, by_itself: bool
) -> None:
    held_out_split(run.home)
    export(run.home, 1.0)
    first = promoting.promote_model(run).figures["version"]
    export(run.home, 1.0, sharpness=0.3)
    second = promoting.promote_model(run).figures["version"]
    registry = ModelRegistry(run.home.registry)
    if by_itself:
        back = registry.restore(second)
        assert back is not None
        assert back.version == first
        assert registry.restore(second) is None
    else:
        registry.rollback()
    for min_map in (0.2, 0.05):
        gate(run.home.root, min_map)
        result = promoting.promote_model(run)
        assert champion(run.home) == first
        assert f"dxfvision models promote {second}" in result.summary
    assert promoting.promote_model(run).skipped


def test_champion_that_somebody_promoted_meanwhile_is_what_a_model_must_stand_beside(
    run: jobs.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_out_split(run.home)
    registry = ModelRegistry(run.home.registry)
    export(run.home, 0.5)
    first = promoting.promote_model(run).figures["version"]
    better = registry.register(make_bundle(tmp_path / "better", sharpness=0.4)).version
    export(run.home, 0.5, sharpness=0.3)
    compared: list[str] = []

    def meanwhile(home: Home, new: ModelVersion, old: ModelVersion, bar: Progress) -> Any:
        compared.append(old.version)
        registry.promote(better)
        return compare(home, new, old, bar)

    compare = promoting.compare
    monkeypatch.setattr(promoting, "compare", meanwhile)
    result = promoting.promote_model(run)
    assert compared == [first, better]
    # Its card says 0.5; the other has all on the same pictures.
    assert not result.figures["promoted"]
    assert champion(run.home) == better


def test_pictures_of_the_trial_come_from_the_manifest(run: jobs.Run) -> None:
    home = run.home
    (home.images("test") / "README.md").write_text("What lies here.")
    samples = [sample(home, 0, "train"), sample(home, 1, "test"), sample(home, 2, "test")]
    home.manifest.write_text("".join(f"{sample_line(each)}\n" for each in samples))
    names = [path.name for path in promoting.trial_pictures(home, 8)]
    assert names == ["1.jpg", "2.jpg", "0.jpg"]
    assert promoting.trial_pictures(home, 1) == [home.images("test") / "1.jpg"]


def test_small_test_split_is_filled_up_from_the_others(run: jobs.Run) -> None:
    home = run.home
    samples = [sample(home, 0, "train"), sample(home, 1, "val"), sample(home, 2, "test")]
    home.manifest.write_text("".join(f"{sample_line(each)}\n" for each in samples))
    names = [path.name for path in promoting.trial_pictures(home, 8)]
    assert names == ["2.jpg", "1.jpg", "0.jpg"]


def test_dataset_without_test_pictures_says_so(run: jobs.Run) -> None:
    run.home.manifest.write_text(sample_line(sample(run.home, 0, "train")) + "\n")
    with pytest.raises(DatasetError, match="lists no test pictures"):
        promoting.trial_pictures(run.home, 8)


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
