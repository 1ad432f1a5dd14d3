"""Figures of registration from instance masks: photorealistic pictures and our own scenes.

    python tests/benchmarks/bench_registration.py CORPUS [OUT.json]

CORPUS holds `photoreal/dev` and `photoreal/overlap` (pictures by another renderer, with exact
homographies; in the second parts lie on parts) and `dxf/files` (drawings to look among). Masks
are the truth's own, or degraded to what a network knows that sees every fourth pixel: in steps of
four pixels, or as a smooth probability. Unknown objects are the distractors and the random parts
of our own scenes, and the pictures' parts when their drawings are not there. Angles are told
twice: of the rotation nearest to the homography, as `Pose` defines it, and of the drawing's x axis,
as the pictures' truth defines it. Times are processor times of one thread, the fastest of five
runs of each object.
"""

import json
import os
import platform
import statistics
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

# The folder above all packages, when this file is run by its path.
sys.path.insert(0, str(Path(__file__).parents[2]))

from components.domain import UNKNOWN_LABEL, Part, Pose
from components.geometry.dxf_reader import read_drawing
from components.geometry.resemblance import Symmetry
from components.geometry.similarity import similarity_report
from components.geometry.transforms import pose_matrix, transformed
from components.inspection.fitting.results import Registration
from components.inspection.registration import Registrar
from components.settings.drawings import DrawingSettings
from components.settings.inspection import InspectionSettings, RegistrationSettings
from tests.benchmarks.registration_instances import (
    STRIDE,
    Instance,
    degraded,
    more_drawings,
    photoreal,
    random_parts,
    scenes,
)

REPEATS = 5
"""Runs over all instances; of each the fastest counts: others on the machine slow it down, at times
for seconds, so an instance is not run again at once."""

DRAWINGS = 100
"""Drawings to look among when it shall be hard."""

CLEAR = 0.95
"""Share of a part that is visible in the pictures that the demands are about."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What registration said, and what it cost."""

    truth: Instance
    found: Registration
    cpu_s: float

    @property
    def best(self) -> str | None:
        """The best drawing, whether it was taken for the answer or not."""
        return self.found.candidates[0].label if self.found.candidates else None

    @property
    def side_right(self) -> bool:
        """Whether the best drawing shows the side that the truth says."""
        truth = self.truth.pose
        return truth is not None and self.found.candidates[0].pose.mirrored == truth.mirrored


def answers(registrar: Registrar, instances: list[Instance], kind: str = "true") -> list[Answer]:
    """Return the answers about instances from true or degraded masks."""
    found: list[Answer] = []
    for number in range(REPEATS):
        for k, instance in enumerate(instances):
            mask, probability = instance.mask, None
            if kind != "true":
                steps, smooth, soft = degraded(instance.mask)
                mask, probability = (steps, None) if kind == "steps" else (smooth, soft)
            others = instance.others & ~mask
            begin = time.process_time()
            registration = registrar.register(mask, others, probability)
            spent_s = time.process_time() - begin
            if number == 0:
                found.append(Answer(instance, registration, spent_s))
            else:
                found[k] = replace(found[k], cpu_s=min(found[k].cpu_s, spent_s))
    return found


def x_axis_rad(pose: Pose) -> float:
    """Return the direction in which a drawing's x axis is seen; of the back, of -x."""
    h = pose_matrix(pose)
    h = h / h[2, 2]
    flip = -1.0 if pose.mirrored else 1.0
    return float(
        np.arctan2(-flip * (h[1, 0] - h[1, 2] * h[2, 0]), flip * (h[0, 0] - h[0, 2] * h[2, 0]))
    )


def errors(answer: Answer, part: Part) -> tuple[float, float, float, float, float]:
    """Return contour error in px, both angles in degrees, scale in % and position in px."""
    truth, pose = answer.truth.pose, answer.found.candidates[0].pose
    assert truth is not None
    contours = np.vstack([part.outline.xy_mm, *(hole.xy_mm for hole in part.holes)])
    off = transformed(contours, pose_matrix(pose)) - transformed(contours, pose_matrix(truth))

    def turn(one: float, other: float) -> float:
        return float(np.degrees(abs((one - other + np.pi) % (2 * np.pi) - np.pi)))

    return (
        float(np.sqrt(np.square(off).sum(axis=1).mean())),
        turn(pose.angle_rad, truth.angle_rad),
        turn(x_axis_rad(pose), x_axis_rad(truth)),
        abs(pose.px_per_mm / truth.px_per_mm - 1) * 100,
        float(np.hypot(pose.x_px - truth.x_px, pose.y_px - truth.y_px)),
    )


def summary(found: list[Answer], parts: list[Part], symmetric: set[str]) -> dict[str, Any]:
    """Return the figures of answers about known parts."""
    of_name = {part.name: part for part in parts}
    right = [a for a in found if a.best == a.truth.label]
    sided = [a for a in right if a.truth.label not in symmetric]
    same_side = [a for a in right if a.side_right]
    figures = np.array([errors(a, of_name[str(a.truth.label)]) for a in same_side]).reshape(-1, 5)
    names = ("contour_px", "angle_deg", "x_axis_deg", "scale_percent", "position_px")
    named = [a for a in found if a.found.label in of_name]
    return {
        "instances": len(found),
        "best_drawing_right": share(len(right), len(found)),
        "label_right": share(sum(a.found.label == a.truth.label for a in found), len(found)),
        "label_wrong": share(sum(a.found.label != a.truth.label for a in named), len(found)),
        "ambiguous": share(sum(a.found.label.startswith("ambiguous") for a in found), len(found)),
        "unknown": share(sum(a.found.label == UNKNOWN_LABEL for a in found), len(found)),
        "sides_to_tell": len(sided),
        "side_right": share(sum(a.side_right for a in sided), len(sided)),
        "median": dict(zip(names, np.median(figures, axis=0).round(4).tolist(), strict=True)),
        "p90": dict(zip(names, np.percentile(figures, 90, axis=0).round(4).tolist(), strict=True)),
        "fit_iou_median": round(statistics.median(a.found.fit_iou for a in right), 4),
        **cost(found),
    }


def share(count: int, whole: int) -> float:
    """Return a share, rounded."""
    return round(count / whole, 4) if whole else float("nan")


def cost(found: list[Answer]) -> dict[str, Any]:
    """Return mean and median processor time in ms."""
    times = [a.cpu_s * 1e3 for a in found]
    return {
        "cpu_ms_mean": round(statistics.mean(times), 2),
        "cpu_ms_median": round(statistics.median(times), 2),
    }


def unknown_summary(found: list[Answer]) -> dict[str, Any]:
    """Return how many objects of no drawing got a label."""
    named = [a for a in found if a.found.label != UNKNOWN_LABEL]
    return {"objects": len(found), "labelled": share(len(named), len(found)), **cost(found)}


def registrar_of(
    parts: list[Part], settings: RegistrationSettings
) -> tuple[Registrar, list[Symmetry], float]:
    """Return a registrar, the parts' symmetries and the seconds that preparing took."""
    symmetries = list(similarity_report(parts, 0.9).symmetries)
    begin = time.process_time()
    registrar = Registrar(parts, settings, symmetries)
    return registrar, symmetries, time.process_time() - begin


def main() -> None:
    """Measure and print; write JSON if a path is given."""
    cv2.setNumThreads(1)
    corpus = Path(sys.argv[1])
    settings = InspectionSettings.load().registration
    drawings = DrawingSettings.load()
    paths = sorted((corpus / "photoreal/dev/dxf").glob("*.dxf"))
    parts = [read_drawing(path, drawings).parts[0] for path in paths]
    registrar, symmetries, prepared_s = registrar_of(parts, settings)
    symmetric = {s.name for s in symmetries if s.mirrored}
    instances = list(photoreal(corpus / "photoreal/dev"))
    clear = [i for i in instances if i.visible >= CLEAR]
    partly = [i for i in instances if CLEAR > i.visible >= 0.5]
    little = [i for i in instances if i.visible < 0.5]
    report: dict[str, Any] = {
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "load": round(os.getloadavg()[0], 1),
        "pictures": "photoreal/dev, 640x480; scenes of our own generator, 640x480",
        "prepare_6_drawings_cpu_s": round(prepared_s, 2),
    }

    def tell(name: str, figures: dict[str, Any]) -> None:
        report[name] = figures
        print(name, json.dumps(figures), flush=True)

    print(json.dumps(report), flush=True)
    answers(registrar, clear[:20])  # Warm up: the first calls load code and tables.
    tell("clear", summary(answers(registrar, clear), parts, symmetric))
    for kind in ("smooth", "steps"):
        tell(
            f"clear, stride {STRIDE}, {kind}",
            summary(answers(registrar, clear, kind), parts, symmetric),
        )
    tell("50-95 % visible", summary(answers(registrar, partly), parts, symmetric))
    tell("less than 50 % visible", summary(answers(registrar, little), parts, symmetric))
    piled = list(photoreal(corpus / "photoreal/overlap"))
    for name, least in (("parts on parts, clear", CLEAR), ("parts on parts, hidden", 0.0)):
        chosen = [i for i in piled if (i.visible >= CLEAR) == (least == CLEAR)]
        tell(name, summary(answers(registrar, chosen), parts, symmetric))
    tell("unknown: distractors", unknown_summary(answers(registrar, list(scenes(parts, 120)))))
    tell("unknown: random parts", unknown_summary(answers(registrar, list(random_parts(60)))))
    for left_out in ("gasket_cover", "drone_arm"):
        rest = [part for part in parts if part.name != left_out]
        theirs = [i for i in clear if i.label == left_out]
        tell(
            f"unknown: {left_out} without its drawing",
            unknown_summary(answers(registrar_of(rest, settings)[0], theirs)),
        )
    many = parts + more_drawings(corpus / "dxf/files", DRAWINGS - len(parts))
    crowd, symmetries, prepared_s = registrar_of(many, settings)
    report[f"prepare_{len(many)}_drawings_cpu_s"] = round(prepared_s, 2)
    symmetric = {s.name for s in symmetries if s.mirrored}
    tell(f"clear, {len(many)} drawings", summary(answers(crowd, clear), many, symmetric))
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text(json.dumps(report, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
