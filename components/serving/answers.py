"""An encoded picture -> the body of `/predict`; the command line prints the same."""

import math
import time
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import Detection, Rle
from components.geometry.masks import mask_from_rle, polygons_from_mask, rle_from_mask
from components.geometry.transforms import pose_matrix
from components.modeling.inference import Detector, Prediction
from components.modeling.pictures import decode_picture
from components.serving.schemas import (
    CandidateAnswer,
    DetectionAnswer,
    ModelSummary,
    PictureFacts,
    PictureQuality,
    PolygonAnswer,
    PoseAnswer,
    PredictAnswer,
    PredictOptions,
    RleAnswer,
)
from components.settings.serve import ServeSettings

WHITE = 255


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One picture and what the model found in it.

    Attributes:
        image_rgb: The decoded picture, shape (H, W, 3), uint8.
        prediction: What was found.
        decode_ms: Wall time of decoding.
    """

    image_rgb: NDArray[np.uint8]
    prediction: Prediction
    decode_ms: float


def see_picture(
    data: bytes,
    detector: Detector,
    score_threshold: float | None,
    settings: ServeSettings,
    name: str = "the picture",
) -> Seen:
    """Decode a picture and ask the model.

    Args:
        data: An encoded picture, as `decode_picture` takes.
        detector: The model.
        score_threshold: Of the request; None takes the settings', then the model's own.
        settings: Bounds.
        name: What to call the picture in errors.

    Raises:
        ImageError: If the picture cannot be decoded or is too large.
    """
    start = time.perf_counter()
    image_rgb = decode_picture(data, settings.limits.max_pixels, name)
    decode_ms = 1000 * (time.perf_counter() - start)
    threshold = settings.answer.score_threshold if score_threshold is None else score_threshold
    return Seen(image_rgb, detector.predict(image_rgb, threshold), decode_ms)


def answer_seen(
    seen: Seen, version: str, options: PredictOptions, settings: ServeSettings
) -> PredictAnswer:
    """Put the body of `/predict` together.

    Args:
        seen: The picture and what was found.
        version: Of the model.
        options: What was asked for.
        settings: Tolerances.
    """
    start = time.perf_counter()
    tolerance_px = settings.answer.polygon_tolerance_px
    found = seen.prediction.detections
    detections = [_detection_answer(each, options, tolerance_px) for each in found]
    facts = _picture_facts(seen.image_rgb)
    encode_ms = 1000 * (time.perf_counter() - start)
    steps = {"decode": seen.decode_ms, **seen.prediction.timing_ms, "encode": encode_ms}
    timing_ms = {**steps, "total": sum(steps.values())}
    return PredictAnswer(
        model=ModelSummary(version=version),
        image=facts,
        detections=detections,
        timing_ms={stage: round(value, 3) for stage, value in timing_ms.items()},
    )


def answer_picture(
    data: bytes,
    predictor: Detector,
    version: str,
    options: PredictOptions,
    settings: ServeSettings,
    name: str = "the picture",
) -> PredictAnswer:
    """Decode a picture, ask the model and put the answer together.

    Args:
        data: An encoded picture, as `decode_picture` takes.
        predictor: The model.
        version: Its version.
        options: What was asked for.
        settings: Bounds and tolerances.
        name: What to call the picture in errors.

    Raises:
        ImageError: If the picture cannot be decoded or is too large.
    """
    seen = see_picture(data, predictor, options.score_threshold, settings, name)
    return answer_seen(seen, version, options, settings)


def picture_quality(image_rgb: NDArray[np.uint8]) -> PictureQuality:
    """Measure brightness, sharpness and glare of a picture.

    Sharpness is the variance of the Laplacian of the grey values: edges that are one pixel wide
    give large values, blurred ones small.

    Args:
        image_rgb: Shape (H, W, 3), uint8.

    References:
        Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000.
    """
    grey = cv2.cvtColor(image_rgb, cv2.COLOR_RGB2GRAY)
    _, deviation = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))
    glare = cv2.inRange(image_rgb, (0, 0, 0), (WHITE - 1,) * 3)
    return PictureQuality(
        brightness=round(cv2.mean(grey)[0], 3),
        sharpness=round(float(deviation[0, 0]) ** 2, 3),
        saturated_share=round(1 - cv2.countNonZero(glare) / glare.size, 6),
    )


def detections_in(answer: PredictAnswer) -> list[Detection]:
    """Return the detections of an answer with their masks; those without a mask are left out."""
    return [
        Detection(
            label=each.label,
            score=each.score,
            xyxy_px=each.xyxy_px,
            mask=mask_from_rle(
                Rle(size=list(each.segmentation.size), counts=each.segmentation.counts)
            ),
            candidates=tuple((other.label, other.score) for other in each.candidates),
        )
        for each in answer.detections
        if each.segmentation is not None
    ]


def _picture_facts(image_rgb: NDArray[np.uint8]) -> PictureFacts:
    height, width = image_rgb.shape[:2]
    return PictureFacts(width_px=width, height_px=height, quality=picture_quality(image_rgb))


def _detection_answer(
    detection: Detection, options: PredictOptions, tolerance_px: float
) -> DetectionAnswer:
    x0, y0, x1, y1 = detection.xyxy_px
    # The mask is empty outside its box: working on the cut-out keeps big pictures cheap.
    left, top = max(math.floor(x0), 0), max(math.floor(y0), 0)
    cut = detection.mask[top : math.ceil(y1), left : math.ceil(x1)]
    polygons = _polygons(cut, (left, top), tolerance_px) if options.polygons else None
    return DetectionAnswer(
        label=detection.label,
        score=round(detection.score, 6),
        xyxy_px=detection.xyxy_px,
        segmentation=RleAnswer(**rle_from_mask(detection.mask)) if options.masks else None,
        polygons=polygons,
        pose=_pose_answer(detection),
        candidates=[
            CandidateAnswer(label=label, score=round(score, 6))
            for label, score in detection.candidates
        ],
    )


def _pose_answer(detection: Detection) -> PoseAnswer | None:
    pose, fit = detection.pose, detection.fit
    if pose is None or fit is None:
        return None
    angle_deg = round(math.degrees(pose.angle_rad), 4)
    return PoseAnswer(
        x_px=round(pose.x_px, 3),
        y_px=round(pose.y_px, 3),
        # Rounding must not turn -179.99999 into the excluded end.
        angle_deg=180.0 if angle_deg <= -180 else angle_deg,
        px_per_mm=round(pose.px_per_mm, 6),
        mirrored=pose.mirrored,
        fit_iou=round(fit.iou, 4),
        edge_rms_px=round(fit.edge_rms_px, 3),
        visible_fraction=round(fit.visible_fraction, 4),
        runner_up=fit.runner_up,
        margin=None if fit.margin is None else round(fit.margin, 3),
        mm_to_px=pose_matrix(pose).tolist(),
    )


def _polygons(
    mask: NDArray[np.bool_], offset: tuple[int, int], tolerance_px: float
) -> list[PolygonAnswer]:
    return [
        PolygonAnswer(
            outline_px=(polygon.outline_px + offset).tolist(),
            holes_px=[(hole + offset).tolist() for hole in polygon.holes_px],
        )
        for polygon in polygons_from_mask(mask, tolerance_px)
    ]
