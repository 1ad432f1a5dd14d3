"""Measure the weights of `rating` in `configs/inspection_config.yaml`.

    python tests/benchmarks/fit_rating.py HOME [SCENES]

Scenes of our own with HOME's drawings, which nothing was trained on, are looked at by HOME's
champion and by the generic weights. Every claim of a drawing gets what a fair score would be: 0 if
it is wrong, else the share of the overlaps .50, .55, ... .95 that its pixels reach; a logistic
model learns to predict that. The table is printed; figures of other scenes tell whether it holds.
"""

import sys
from dataclasses import fields
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

# The folder above all packages, when this file is run by its path.
sys.path.insert(0, str(Path(__file__).parents[2]))

from components.dataset.samples import make_sample
from components.domain import OTHER_LABEL, Part
from components.geometry.masks import mask_iou
from components.home import Home
from components.inspection.competition import whole_mask
from components.inspection.fitting.rating import Evidence, counted
from components.inspection.inspector import Inspector
from components.operations.pipeline.inspectors import generic_inspector, released_inspector
from components.operations.pipeline.releases import champion_of
from components.progress import SilentProgress
from components.settings.data import DataSettings

Floats = NDArray[np.float64]
SEED, CHECK_SEED = 5101, 5102
OVERLAPS = np.arange(0.5, 1.0, 0.05)
RIDGE = 3.0
AGAINST = {"proposed", "absent", "offset", "unseen", "outliers", "rough"}
"""Evidence that may only speak against a drawing; all other may only speak for it."""


def examples(
    inspector: Inspector, parts: tuple[Part, ...], seed: int, scenes: int
) -> tuple[Floats, Floats]:
    """Return the evidence of every claim and what its score should be."""
    settings = DataSettings.load().model_copy(update={"width_px": 640, "height_px": 480})
    evidence, wanted = [], []
    for index in range(scenes):
        sample = make_sample(parts, settings, seed, index, split="val")
        hw = sample.image.shape[0], sample.image.shape[1]
        truth = [
            (row.label, sample.instances == row.instance_id)
            for row in sample.annotations
            if row.label != OTHER_LABEL
        ]
        for claim in inspector.claims(sample.image)[0]:
            mask = whole_mask(claim.pixels, claim.window, hw)
            label = claim.candidates[0][0]
            best = max((mask_iou(mask, its) for name, its in truth if name == label), default=0.0)
            evidence.append(counted(claim.evidence))
            wanted.append(float((best >= OVERLAPS).mean()))
    return np.array(evidence), np.array(wanted)


def fitted(evidence: Floats, wanted: Floats) -> Floats:
    """Return bias and weights; evidence that would speak for the wrong side gets no weight."""
    names = [field.name for field in fields(Evidence)]
    signs = np.array([-1.0 if name in AGAINST else 1.0 for name in names])
    spread = evidence.std(axis=0) + 1e-9
    used = np.arange(len(names))
    while True:
        bias, weights = newton(evidence[:, used], wanted)
        wrong = weights * signs[used] * spread[used]
        if wrong.min() >= 0:
            whole = np.zeros(len(names))
            whole[used] = weights
            return np.array([bias, *whole])
        used = np.delete(used, int(wrong.argmin()))


def newton(evidence: Floats, wanted: Floats) -> tuple[float, Floats]:
    """Return bias and weights of the logistic model by Newton's method."""
    middle, spread = evidence.mean(axis=0), evidence.std(axis=0) + 1e-9
    rows = np.column_stack([np.ones(len(evidence)), (evidence - middle) / spread])
    held = RIDGE * np.diag([0.0] + [1.0] * evidence.shape[1])
    weights = np.zeros(rows.shape[1])
    for _ in range(50):
        share = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (wanted - share) - held @ weights
        bend = (rows * (share * (1 - share))[:, None]).T @ rows + held
        weights = weights + np.linalg.solve(bend, slope)
    plain = weights[1:] / spread
    return float(weights[0] - plain @ middle), plain


def main() -> None:
    """Measure and print."""
    cv2.setNumThreads(1)
    home, scenes = Home(Path(sys.argv[1])), int(sys.argv[2]) if len(sys.argv) > 2 else 100
    inspectors = [
        released_inspector(home, champion_of(home)),
        generic_inspector(home, SilentProgress()),
    ]
    pairs = [examples(each, each.registrar.parts, SEED, scenes) for each in inspectors]
    weights = fitted(*(np.concatenate(arrays) for arrays in zip(*pairs, strict=True)))
    names = ["bias", *(field.name for field in fields(Evidence))]
    print("rating:")
    for name, weight in zip(names, weights, strict=True):
        print(f"  {name}: {weight:.3f}")
    for each in inspectors:
        evidence, wanted = examples(each, each.registrar.parts, CHECK_SEED, scenes // 3)
        share = 1 / (1 + np.exp(-(weights[0] + evidence @ weights[1:])))
        error = float(np.sqrt(np.square(share - wanted).mean()))
        spread = float(wanted.std())
        print(f"# other scenes, {len(wanted)} claims: error {error:.3f}, spread {spread:.3f}")


if __name__ == "__main__":
    main()
