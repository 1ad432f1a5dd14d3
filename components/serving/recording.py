"""Which of this worker's pictures are written down as numbers, and where.

One log a process, as with `telemetry.py`; without `record_to` nothing is written down.
"""

from collections.abc import Sequence

from components.domain import Detection
from components.home import Home
from components.inspection.disagreement import Disagreement
from components.serving.answers import Seen, picture_quality
from components.serving.feature_log import FeatureLog, features_folder
from components.serving.features import frame_features, opinion_features
from components.settings.drift import DriftSettings

_log: FeatureLog | None = None
_version = ""


def record_to(home: Home) -> None:
    """Write into a home folder from now on, as its settings say."""
    global _log
    _log = FeatureLog(features_folder(home), DriftSettings.load(home.configs).log)


def stop_recording() -> None:
    """Write what waits, then nothing any more."""
    global _log
    if _log is not None:
        _log.close()
    _log = None


def record(seen: Seen, version: str) -> None:
    """Write one picture down if its turn has come.

    Args:
        seen: The picture and the answer, cut at the model's own threshold.
        version: Of the model.
    """
    global _version
    _version = version
    if _log is None or not _log.due():
        return
    detections: Sequence[Detection] = seen.prediction.detections
    quality = picture_quality(seen.image_rgb)
    _log.add(frame_features(seen.image_rgb, quality, detections, version))


def record_opinion(found: Disagreement) -> None:
    """Write down what the OpenCV baseline says about a picture just recorded; few are asked about.

    Args:
        found: In what it differs from the answer.
    """
    if _log is not None:
        _log.add(opinion_features(found, _version))
