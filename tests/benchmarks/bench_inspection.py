"""Faults found and false alarms on photorealistic pictures of good and faulty parts.

`python tests/benchmarks/bench_inspection.py CORPUS [--home HOME] [--out OUT.json]
[--tolerance MM]`

CORPUS is the folder of `photoreal/dev/defects`: ten faulty parts and their good twins by another
renderer. Without a home folder, poses are the truth's; with one, its champion finds, names and
places the parts (the whole chain). A fault counts as found if it is told by its kind; anything told
of a good part is a false alarm. Verdicts are those of the shipped tolerances, or of one given for
everything. Every line tells the px per mm it was taken at.
"""

import argparse
import csv
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

# The folders of the packages and of this file, when it is run by its path.
sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

from registration_instances import pose_of

from components.domain import Detection, Part
from components.files import plain
from components.geometry.dxf_reader import read_drawing
from components.geometry.masks import mask_from_rle
from components.inspection.defects.bench import Share, says_nothing
from components.inspection.defects.record import share_figure
from components.inspection.measuring.findings import Fault
from components.inspection.measuring.laid_drawing import Ruler
from components.inspection.measuring.visible import smallest_px
from components.inspection.meter import Inspected, Meter
from components.modeling.pictures import TRUSTED_MAX_PIXELS, read_picture
from components.settings.drawings import DrawingSettings
from components.settings.inspection import InspectionSettings
from components.settings.measure import MeasureSettings

KIND_OF = {
    "hole_missing": ("missing_hole",),
    "hole_diam": ("wrong_diameter",),
    # A straight cut off a round edge is a long notch.
    "edge_short": ("short_edge", "notch"),
    "burr": ("burr",),
    "notch": ("notch",),
}


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One picture with what is true about it."""

    row: dict[str, str]
    image: np.ndarray
    truth: Detection


def cases(folder: Path) -> list[Case]:
    """Return the pictures with their truth."""
    coco = json.loads((folder / "coco.json").read_text("utf-8"))
    names = {category["id"]: category["name"] for category in coco["categories"]}
    files = {image["id"]: image["file_name"] for image in coco["images"]}
    with (folder / "labels.csv").open(newline="") as handle:
        rows = {row["file"]: row for row in csv.DictReader(handle)}
    found = []
    for each in coco["annotations"]:
        file = files[each["image_id"]]
        mask = mask_from_rle(each["segmentation"])
        label = names[each["category_id"]]
        truth = Detection(label, 1.0, (0.0, 0.0, 1.0, 1.0), mask, pose=pose_of(each))
        found.append(Case(rows[file], read_picture(folder / file, TRUSTED_MAX_PIXELS), truth))
    return found


def answer(case: Case, parts: list[Part], settings: MeasureSettings, inspector: Any) -> Any:
    """Return label and measures of the part of one picture; None if it was not found."""
    ruler = Ruler(float(case.row["px_per_mm"]), settings.given_scale_sd)
    seen = smallest_px(Path("none"), settings.visible_px)
    detections = [case.truth]
    if inspector is not None:
        detections = [d for d in inspector.predict(case.image).detections if d.pose is not None]
        shared = [np.count_nonzero(d.mask & case.truth.mask) for d in detections]
        detections = [detections[int(np.argmax(shared))]] if max(shared, default=0) else []
    if not detections:
        return None
    (inspected,) = Meter(parts, settings, ruler, seen).inspected(case.image, detections)
    return detections[0].label, inspected


def words(fault: Fault) -> str:
    """Return a fault with its size."""
    where = f" hole {fault.contour}" if fault.contour else ""
    return f"{fault.kind}{where} {fault.size.value:+.2f} ±{fault.size.uncertainty:.2f} mm"


def line(case: Case, label: str, found: Inspected | None) -> dict[str, Any]:
    """Return what is told of one picture."""
    row = case.row
    told = {} if found is None else {
        "faults": [words(fault) for fault in found.deviation.faults],
        "unclear": [words(fault) for fault in found.deviation.unclear],
        "doubt": found.deviation.doubt,
        "nothing_said": says_nothing(found.deviation),
        "verdict": found.judgement.verdict,
    }  # fmt: skip
    kinds = {f.kind for f in found.deviation.faults} if found is not None else set()
    return {
        "file": row["file"],
        "part": row["part"],
        "label": label,
        "truth": row["defect"],
        "size_mm": row["size_mm"],
        "px_per_mm": float(row["px_per_mm"]),
        "told": bool(kinds),
        "found": bool(kinds & set(KIND_OF.get(row["defect"], ()))),
        **told,
    }


def main() -> None:
    """Measure and print; write JSON if a path is given."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("corpus", type=Path)
    given.add_argument("--home", type=Path)
    given.add_argument("--out", type=Path)
    given.add_argument("--tolerance", type=float, help="of everything, in mm")
    args = given.parse_args()
    folder = args.corpus / "photoreal/dev"
    drawings = DrawingSettings.load()
    parts = [read_drawing(p, drawings).parts[0] for p in sorted((folder / "dxf").glob("*.dxf"))]
    settings = MeasureSettings.load()
    if args.tolerance is not None:
        names = ("outline", "burr", "notch", "hole_position", "hole_diameter")
        own = settings.tolerances.model_copy(update=dict.fromkeys(names, args.tolerance))
        settings = settings.model_copy(update={"tolerances": own})
    inspector = None
    if args.home is not None:
        from components.home import Home
        from components.inspection.opening import open_inspector
        from components.operations.pipeline.releases import champion_of

        version = champion_of(Home(args.home.resolve()))
        inspector = open_inspector(version.path, InspectionSettings.load())
    lines = []
    for case in cases(folder / "defects"):
        found = answer(case, parts, settings, inspector)
        lines.append(line(case, *(found or ("not found", None))))
        print(json.dumps(lines[-1]), flush=True)
    print(json.dumps(figures(lines), indent=1))
    if args.out is not None:
        args.out.write_text(json.dumps({**figures(lines), "pictures": lines}, indent=1) + "\n")


def figures(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Return counts by kind, of false alarms and of verdicts."""
    good = [each for each in lines if each["truth"] == "good"]
    bad = [each for each in lines if each["truth"] != "good"]
    kinds = sorted({each["truth"] for each in bad})

    def share(rows: list[dict[str, Any]], key: str) -> dict[str, Any]:
        return plain(share_figure(Share(sum(bool(each.get(key)) for each in rows), len(rows))))

    def verdicts(rows: list[dict[str, Any]]) -> dict[str, int]:
        told = [each.get("verdict", "not found") for each in rows]
        return {verdict: told.count(verdict) for verdict in sorted(set(told))}

    return {
        "found": share(bad, "found"),
        "false_alarms": share(good, "told"),
        "nothing_said": share(lines, "nothing_said"),
        "verdicts_faulty": verdicts(bad),
        "verdicts_good": verdicts(good),
        "kinds": {
            kind: {
                "found": sum(e["found"] for e in bad if e["truth"] == kind),
                "of": sum(e["truth"] == kind for e in bad),
                "px_per_mm": [e["px_per_mm"] for e in bad if e["truth"] == kind],
                "size_mm": [e["size_mm"] for e in bad if e["truth"] == kind],
            }
            for kind in kinds
        },
    }


if __name__ == "__main__":
    main()
