"""Peer: a segmentation network of Ultralytics, from scratch. Run by the Python of `make peers`.

    PYTHON tests/benchmarks/peers/segmenting.py DATA.yaml MINUTES SIZE SEED OUT.json

Trains on our YOLO export for so many minutes from random weights, then answers the test pictures.
OUT.json holds what it found as uncompressed run lengths of COCO. Nothing of dxfvision is imported
here; nothing is downloaded.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ["YOLO_OFFLINE"] = "true"

import cv2
import numpy as np
import ultralytics
import yaml
from ultralytics import YOLO

NETWORK = "yolo11n-seg.yaml"
LEAST_SCORE = 0.05
MOST_EPOCHS = 10_000


def run_lengths(mask):
    """Return a mask as COCO's uncompressed run lengths: column by column, background first."""
    flat = mask.astype(bool).ravel(order="F")
    edges = np.flatnonzero(np.diff(flat)) + 1
    counts = np.diff(np.concatenate([[0], edges, [flat.size]])).tolist()
    return {"size": list(mask.shape), "counts": [0, *counts] if flat[0] else counts}


def found_in(model, path, size):
    """Return what the model finds in one picture."""
    height, width = cv2.imread(str(path)).shape[:2]
    (answer,) = model.predict(
        path, imgsz=size, conf=LEAST_SCORE, device="cpu", retina_masks=True, verbose=False
    )
    if answer.masks is None:
        return []
    found = zip(
        answer.masks.data.numpy(),
        answer.boxes.cls.tolist(),
        answer.boxes.conf.tolist(),
        strict=True,
    )
    rows = []
    for mask, label, score in found:
        whole = cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR) > 0.5
        rows.append({"label": answer.names[int(label)], "score": score, "rle": run_lengths(whole)})
    return rows


def main():
    """Train, answer, write."""
    data, minutes, out = Path(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[5])
    size, seed = int(sys.argv[3]), int(sys.argv[4])
    listed = yaml.safe_load(data.read_text())
    root = Path(listed.get("path") or data.parent)
    model = YOLO(NETWORK)
    with tempfile.TemporaryDirectory() as folder:
        begin = time.monotonic()
        model.train(
            data=str(data),
            time=minutes / 60,
            epochs=MOST_EPOCHS,
            imgsz=size,
            batch=8,
            seed=seed,
            device="cpu",
            workers=0,
            pretrained=False,
            amp=False,
            val=False,
            plots=False,
            project=folder,
            name="peer",
            verbose=False,
        )
        seconds = time.monotonic() - begin
        best = Path(folder) / "peer" / "weights" / "last.pt"
        model = YOLO(best)
        pictures = [
            line if Path(line).is_absolute() else str((data.parent / line).resolve())
            for line in (root / listed["test"]).read_text().split()
        ]
        found = {Path(path).name: found_in(model, path, size) for path in pictures}
    content = {"version": ultralytics.__version__, "seconds": seconds, "found": found}
    out.write_text(json.dumps(content))


if __name__ == "__main__":
    main()
