"""Stages of the pipeline as the flows and the command line call them."""

import os
from pathlib import Path

import pytest

from components.errors import DatasetError, PipelineError
from components.files import write_text
from components.geometry.parts_file import write_parts
from components.operations.pipeline import jobs
from components.progress import SilentProgress
from tests.unit.strategies import part, plate_with_hole, square

SETTINGS = """
profiles:
  tiny:
    images: 24
    width_px: 96
    height_px: 64
    shard_samples: 6
    executor: sequential
"""


@pytest.fixture
def run(tmp_path: Path) -> jobs.Run:
    """A home folder with two drawings that were read and settings for a small dataset."""
    write_text(tmp_path / "configs" / "data_config.yaml", SETTINGS)
    run = jobs.open_run(tmp_path, None, "tiny", 3)
    write_parts(run.home.parts, [part("square", square(50.0)), plate_with_hole()])
    return run


def generated(run: jobs.Run) -> bool:
    """Generate; return whether it was skipped."""
    return jobs.generate(run, SilentProgress()).skipped


@pytest.mark.parametrize("fault", ["deleted", "changed"])
@pytest.mark.parametrize(
    "pattern",
    [
        "data/processed/train/images/*.jpg",
        "data/processed/train/masks/*.instances.png",
        "data/annotations/yolo/labels/train/*.txt",
        "data/annotations/coco/instances_test.json",
        "data/processed/manifest.jsonl",
    ],
)
def test_dataset_with_a_damaged_file_is_made_again(run: jobs.Run, pattern: str, fault: str) -> None:
    generated(run)
    victim = sorted(run.home.root.glob(pattern))[0]
    whole = victim.read_bytes()
    if fault == "deleted":
        victim.unlink()
    else:
        victim.write_bytes(b"\xfe" + whole[1:])
    assert not generated(run)
    assert victim.read_bytes() == whole
    assert generated(run)


def test_stray_file_among_the_pictures_is_removed_and_a_folder_is_left_alone(
    run: jobs.Run,
) -> None:
    generated(run)
    (run.home.images("train") / "Thumbs.db").write_bytes(b"x")
    (run.home.images("train") / "mine").mkdir()
    assert not generated(run)
    assert generated(run)


def test_contact_sheets_of_an_interrupted_run_are_written_by_the_next(
    run: jobs.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    generated(run)
    old = jobs.dataset_sheet(run.home).read_bytes()
    other = jobs.open_run(run.home.root, None, "tiny", 4)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "write_contact_sheets", killed)
        with pytest.raises(KeyboardInterrupt):
            generated(other)
    assert jobs.dataset_sheet(run.home).read_bytes() == old
    assert not generated(other)
    assert jobs.dataset_sheet(run.home).read_bytes() != old
    assert generated(other)


def test_deleted_contact_sheet_is_written_again(run: jobs.Run) -> None:
    generated(run)
    jobs.dataset_sheet(run.home).unlink()
    assert not generated(run)
    assert jobs.dataset_sheet(run.home).exists()


def test_validation_without_a_manifest_says_what_to_do(run: jobs.Run) -> None:
    generated(run)
    run.home.manifest.unlink()
    with pytest.raises(DatasetError, match=r"manifest\.jsonl: .*dxfvision generate"):
        jobs.validate(run, SilentProgress())


def test_what_is_no_drawing_is_named_and_left_out(run: jobs.Run) -> None:
    drawings = run.home.drawings
    shipped = Path(__file__).parents[4] / "data" / "raw" / "dxf_templates" / "hinge_plate.dxf"
    (drawings / "good.dxf").write_bytes(shipped.read_bytes())
    (drawings / "folder.dxf").mkdir()
    (drawings / "dangling.dxf").symlink_to("nowhere.dxf")
    os.mkfifo(drawings / "pipe.dxf")
    result = jobs.read_drawing_folder(run, SilentProgress())
    verdicts = {
        Path(record["file"]).name: record["verdict"] for record in result.figures["drawings"]
    }
    assert verdicts == {
        "dangling.dxf": "rejected",
        "folder.dxf": "rejected",
        "good.dxf": "accepted",
        "pipe.dxf": "rejected",
    }
    for name in ("dangling.dxf", "folder.dxf", "pipe.dxf"):
        assert name in result.summary
    assert jobs.read_drawing_folder(run, SilentProgress()).skipped


def test_template_that_was_changed_or_deleted_is_made_again(run: jobs.Run) -> None:
    shipped = Path(__file__).parents[4] / "data" / "raw" / "dxf_templates" / "hinge_plate.dxf"
    (run.home.drawings / "good.dxf").write_bytes(shipped.read_bytes())
    jobs.read_drawing_folder(run, SilentProgress())
    mask = run.home.templates / "good.mask.png"
    whole = mask.read_bytes()
    mask.write_bytes(whole[:40])
    assert not jobs.read_drawing_folder(run, SilentProgress()).skipped
    assert mask.read_bytes() == whole
    mask.unlink()
    assert not jobs.read_drawing_folder(run, SilentProgress()).skipped
    assert mask.read_bytes() == whole
    assert jobs.read_drawing_folder(run, SilentProgress()).skipped


def test_second_process_in_one_home_is_refused(run: jobs.Run) -> None:
    code = (
        "import sys; from pathlib import Path; from components.operations.pipeline import jobs\n"
        "jobs.open_run(Path(sys.argv[1]), None, 'tiny', 0)"
    )
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-c", code, str(run.home.root)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert f"another run (process {os.getpid()}) is working in this home folder" in done.stderr


def test_one_process_may_open_its_home_again(run: jobs.Run) -> None:
    assert jobs.open_run(run.home.root, None, "tiny", 3) == run


def test_leftovers_of_a_killed_run_are_swept(tmp_path: Path) -> None:
    (tmp_path / "models" / ".exported.4194303.partial" / "golden").mkdir(parents=True)
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / ".page.html.4194303.partial").write_text("half")
    (tmp_path / "reports" / "page.html").write_text("whole")
    jobs.open_run(tmp_path, None, "tiny", 0)
    assert list(tmp_path.rglob("*.partial")) == []
    assert (tmp_path / "reports" / "page.html").read_text() == "whole"


def test_stages_before_their_time_raise_errors_for_the_user(tmp_path: Path) -> None:
    from components.operations.pipeline import releases

    run = jobs.open_run(tmp_path, None, "tiny", 0)
    for stage in (jobs.generate, jobs.validate, releases.export_model, releases.evaluate_model):
        with pytest.raises(PipelineError, match="dxfvision"):
            stage(run, SilentProgress())
