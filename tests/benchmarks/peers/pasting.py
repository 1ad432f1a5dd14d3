"""Peer: a generator of the pasting kind, on albumentations. Run by the Python of `make peers`.

    PYTHON tests/benchmarks/peers/pasting.py CUTOUTS.npz PICTURES ROUNDS OUT.json

Cut-outs of the parts are turned, enlarged and pasted onto backgrounds, one after the other, each
hiding what lies below; then albumentations changes light, noise, focus and compression. It writes
a picture and an instance mask, as ours does; no perspective, thickness, shadow, material or pose.
CUTOUTS.npz holds masks `part_N` (uint8) and `backgrounds` (N, H, W, 3); nothing of dxfvision is
imported here. OUT.json holds CPU-seconds a round.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import albumentations
import cv2
import numpy as np

PARTS = (1, 8)
SIZE = (0.18, 0.42)
"""Longer side of a part as a share of the picture's width: as in our settings."""


def cutout(mask, rng, width):
    """Return a part turned and enlarged: its colour picture and its mask."""
    side = rng.uniform(*SIZE) * width / max(mask.shape)
    turn = cv2.getRotationMatrix2D(
        (mask.shape[1] / 2, mask.shape[0] / 2), rng.uniform(0, 360), side
    )
    corners = np.abs(turn[:, :2]) @ [mask.shape[1], mask.shape[0]]
    turn[:, 2] += corners / 2 - [mask.shape[1] / 2, mask.shape[0] / 2]
    size = (int(corners[0]) + 1, int(corners[1]) + 1)
    alpha = cv2.warpAffine(mask, turn, size, flags=cv2.INTER_AREA)
    colour = rng.uniform(60, 220) + rng.normal(0, 6, (size[1], size[0], 1)) + rng.normal(0, 8, 3)
    return np.clip(colour, 0, 255), alpha


def picture(masks, backgrounds, changes, rng):
    """Return one picture and its instance mask."""
    image = backgrounds[rng.integers(len(backgrounds))].astype(np.float64)
    height, width = image.shape[:2]
    instances = np.zeros((height, width), np.uint8)
    for number in range(1, rng.integers(PARTS[0], PARTS[1] + 1) + 1):
        colour, alpha = cutout(masks[rng.integers(len(masks))], rng, width)
        h, w = min(alpha.shape[0], height), min(alpha.shape[1], width)
        y, x = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
        share = alpha[:h, :w, None] / 255
        image[y : y + h, x : x + w] *= 1 - share
        image[y : y + h, x : x + w] += share * colour[:h, :w]
        instances[y : y + h, x : x + w][alpha[:h, :w] > 127] = number
    changed = changes(image=image.astype(np.uint8), mask=instances)
    return changed["image"], changed["mask"]


def main():
    """Make pictures and tell what they cost."""
    source, pictures, rounds, out = Path(sys.argv[1]), *map(int, sys.argv[2:4]), Path(sys.argv[4])
    cv2.setNumThreads(1)
    held = np.load(source)
    masks = [held[name] for name in held.files if name.startswith("part_")]
    changes = albumentations.Compose(
        [
            albumentations.RandomBrightnessContrast(p=0.8),
            albumentations.HueSaturationValue(p=0.5),
            albumentations.GaussNoise(p=0.8),
            albumentations.OneOf(
                [albumentations.GaussianBlur(), albumentations.MotionBlur()], p=0.6
            ),
            albumentations.ImageCompression(quality_range=(35, 95), p=0.3),
        ]
    )
    rng = np.random.default_rng(0)
    spent = []
    for _ in range(rounds + 1):
        with tempfile.TemporaryDirectory() as folder:
            begin = time.process_time()
            for number in range(pictures):
                image, mask = picture(masks, held["backgrounds"], changes, rng)
                name = str(Path(folder) / f"{number:06d}")
                cv2.imwrite(f"{name}.jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])
                cv2.imwrite(f"{name}.png", mask)
            spent.append(time.process_time() - begin)
    # The first round loads and warms up.
    found = {"seconds": spent[1:], "version": albumentations.__version__}
    out.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
