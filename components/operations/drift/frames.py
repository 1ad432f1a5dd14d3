"""The frames that drift compares: the newest, and two references.

*Training*: the generated test pictures and the model's answers to them; written when a bundle is
measured, it travels inside the version (`reference.jsonl`). *Site*: the first frames a version
answered here, or those that a person accepted since; it lies beside the registry's versions:

    models/registry/references/3f2a9c0d41be.jsonl
"""

import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.errors import DatasetError
from components.files import write_text
from components.home import Home
from components.modeling.inference import Detector, Prediction
from components.modeling.model_card import ModelCard
from components.modeling.registry import ModelVersion
from components.serving.answers import picture_quality
from components.serving.feature_log import features_folder, parsed_lines, read_lines
from components.serving.features import frame_features
from components.settings.drift import WindowSettings

Frames = list[dict[str, Any]]
REFERENCE_NAME = "reference.jsonl"
HOUR_S = 3600.0


class Watched:
    """A model that notes the features of every picture it is asked about.

    Args:
        detector: The model.
    """

    def __init__(self, detector: Detector) -> None:
        """Note nothing yet."""
        self._detector = detector
        self.frames: Frames = []

    @property
    def card(self) -> ModelCard:
        """Of the model."""
        return self._detector.card

    def predict(
        self, image: NDArray[np.uint8], score_threshold: float | None = None, /
    ) -> Prediction:
        """Answer as the model does; features are of what its own threshold leaves.

        Args:
            image: RGB, shape (H, W, 3), uint8.
            score_threshold: As of the model.
        """
        found = self._detector.predict(image, score_threshold)
        least = self.card.prediction.score_threshold
        sure = [each for each in found.detections if each.score >= least]
        self.frames.append(frame_features(image, picture_quality(image), sure, self.card.name))
        return found


def write_frames(path: Path, frames: Iterable[dict[str, Any]]) -> None:
    """Write frames as JSON lines; whole or not at all."""
    write_text(path, "".join(json.dumps(frame, separators=(",", ":")) + "\n" for frame in frames))


def training_frames(version: ModelVersion) -> Frames:
    """Return the frames that travel with a version; none with one of an earlier release."""
    path = version.path / REFERENCE_NAME
    return list(parsed_lines(path.read_text("utf-8"))) if path.is_file() else []


def logged_frames(home: Home, version: str) -> Frames:
    """Return what the service wrote down about a version's answers, oldest first."""
    lines = read_lines(features_folder(home))
    found = [line for line in lines if line.get("version") == version and "t" in line]
    return sorted(found, key=lambda line: float(line["t"]))


def newest(frames: Sequence[dict[str, Any]], window: WindowSettings) -> Frames:
    """Return the frames that lie in the window, which ends now."""
    since = time.time() - HOUR_S * window.longest_h
    return [frame for frame in frames if frame["t"] >= since][-window.most_frames :]


def site_file(home: Home, version: str) -> Path:
    """Return where a version's site reference lies."""
    return home.registry / "references" / f"{version}.jsonl"


def site_frames(home: Home, version: str) -> Frames:
    """Return a version's site reference; none before its first frames."""
    path = site_file(home, version)
    return list(parsed_lines(path.read_text("utf-8"))) if path.is_file() else []


def take_site_reference(home: Home, version: str, window: WindowSettings, accept: bool) -> Frames:
    """Return the site reference, and write it down where there is none yet.

    Args:
        home: Whose registry and log.
        version: Full name of the version.
        window: How many frames it takes.
        accept: Take the newest frames whether there is a reference or not: a person says that they
            are as they should be.

    Returns:
        The reference; nothing if too few frames were answered so far.

    Raises:
        DatasetError: If frames shall be accepted and there are too few.
    """
    known = site_frames(home, version)
    if known and not accept:
        return known
    logged = logged_frames(home, version)
    pictures = [frame for frame in logged if "brightness" in frame]
    if len(pictures) < window.site_frames:
        if accept:
            raise DatasetError(
                f"{features_folder(home)}: tells of {len(pictures)} pictures that {version} "
                f"answered, a reference takes {window.site_frames}; ask the service about more"
            )
        return []
    if accept:
        first = pictures[-window.site_frames]["t"]
        chosen = [frame for frame in logged if frame["t"] >= first]
    else:
        last = pictures[window.site_frames - 1]["t"]
        chosen = [frame for frame in logged if frame["t"] <= last]
    write_frames(site_file(home, version), chosen)
    return chosen
