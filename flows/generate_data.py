"""Flow: drawings -> parts -> labelled dataset."""

from collections.abc import Mapping, Sequence
from typing import Any

from prefect import flow, task

from components.operations.pipeline import jobs
from components.operations.pipeline.jobs import Run
from components.operations.pipeline.spreading import on_dask
from components.operations.stages.running import StageResult
from flows.parameters import DaskScheduler, Drawings, HomeFolder, Seed, Size
from flows.reporting import (
    PrefectProgress,
    log_result,
    remembered,
    show_picture,
    show_report,
    show_table,
)
from flows.retries import may_pass

LONGEST_S = 4 * 3600


@task(name="read-drawings", retries=1, retry_delay_seconds=2, retry_condition_fn=may_pass)
def read_drawings(run: Run) -> StageResult:
    """Read the DXF files; a table shows the verdict on each."""
    result = log_result(jobs.read_drawing_folder(run, PrefectProgress("read-drawings-progress")))
    rows = [
        {
            "file": record["file"],
            "verdict": record["verdict"],
            "parts": ", ".join(part["name"] for part in record["parts"]),
            "unit": record["unit_evidence"],
            "reason": record["reason"] or "",
        }
        for record in result.figures["drawings"]
    ]
    show_table("drawings", rows, "Every drawing with its verdict")
    similarity = result.figures["similarity"]
    show_table("symmetries", similarity["parts"], "Turns and mirror images that look the same")
    show_table(
        "confusable-parts",
        [_pair_row(pair) for pair in similarity["pairs"] if not pair["folded"]]
        or [{"drawings": "no two look alike"}],
        "Drawings that are easily confused",
    )
    show_table(
        "drawings-of-one-shape",
        [{"drawings": ", ".join(names), "sizes": "one size"} for names in similarity["repeats"]]
        + [_family_row(family) for family in similarity["families"]],
        "Drawings that nothing tells apart, or only their size under a calibrated camera",
    )
    return result


def _pair_row(pair: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pair of drawings that look alike as people read it."""
    return {
        "drawings": f"{pair['first']}, {pair['second']}",
        "relation": pair["relation"],
        "IoU": pair["iou"],
        "what tells them apart": pair["difference"],
        "px per mm needed": pair["feature"]["px_per_mm"] if pair["feature"] else None,
    }


def _family_row(family: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return drawings of one shape as people read them."""
    return {
        "drawings": ", ".join(member["name"] for member in family),
        "sizes": ", ".join(f"{member['factor']:.4g}" for member in family),
    }


@task(name="generate-dataset", retries=1, retry_delay_seconds=5, retry_condition_fn=may_pass)
def generate_dataset(run: Run, dask_scheduler: str | None = None) -> StageResult:
    """Render the scenes; a retry goes on where the last try stopped."""
    spread = on_dask(dask_scheduler)
    result = log_result(jobs.generate(run, PrefectProgress("generate-dataset-progress"), spread))
    show_table("dataset", result.figures["splits"], "Pictures and objects by split")
    show_picture("dataset-sheet", jobs.dataset_sheet(run.home), "Generated pictures with labels")
    return result


@flow(name="generate-data", flow_run_name="generate-{profile}-{seed}", timeout_seconds=LONGEST_S)
def generate_data(
    home: HomeFolder,
    drawings: Drawings = None,
    profile: Size = "standard",
    seed: Seed = 0,
    dask_scheduler: DaskScheduler = None,
) -> list[StageResult]:
    """Make the dataset of a folder of drawings.

    Args:
        home: Folder in which everything lies.
        drawings: Folder with the DXF files; the home folder's `data/raw/dxf_templates` if None.
        profile: How much work.
        seed: Decides everything random.
        dask_scheduler: Render on the workers of this Dask scheduler, such as `tcp://box:8786`, or
            `local` for a cluster on this machine; None follows data_config.yaml.
    """
    with remembered(home):
        run = jobs.open_run(home, drawings, profile, seed)
        results = [read_drawings(run), generate_dataset(run, dask_scheduler)]
        show_report("dataset-report", results, "Drawings and the dataset made of them")
    return results
