"""Page: what the pictures show, and whether it changes."""

from components.monitoring.pages import Page, Row
from components.monitoring.panels import ORANGE, Query, Shown

_NOTHING_FOUND = "no drawing was laid on anything in the last minutes"
_FEW = "fewer than 20 pictures in the last half hour, or 50 objects in the last hour"


def _mean(name: str) -> str:
    """Return the query of a histogram's mean."""
    return (
        f'sum by (box) (rate({name}_sum{{box=~"$box"}}[$__rate_interval]))'
        f' / (sum by (box) (rate({name}_count{{box=~"$box"}}[$__rate_interval])) > 0)'
    )


PAGE = Page(
    "inspection",
    "inspection",
    "Which parts are seen, how surely, and are pictures and answers what they were?",
    "24h",
    (
        Row(
            "What is seen",
            (
                Shown(
                    title="Objects found, by label",
                    queries=(
                        Query(
                            "sum by (label) (increase("
                            'dxfvision_detections_total{box=~"$box"}[$__rate_interval]))',
                            "{{label}}",
                        ),
                    ),
                    unit="short",
                    width=12,
                ),
                Shown(
                    title="Objects found today, by label",
                    queries=(
                        Query(
                            "sort_desc(sum by (label) (increase("
                            'dxfvision_detections_total{box=~"$box"}[24h])))',
                            "{{label}}",
                        ),
                    ),
                    unit="short",
                    kind="number",
                    width=12,
                ),
                Shown(
                    title="Share of objects that fit no drawing, or two",
                    queries=(
                        Query('dxfvision:detections_unknown:ratio1h{box=~"$box"}', "unknown"),
                        Query('dxfvision:detections_ambiguous:ratio1h{box=~"$box"}', "ambiguous"),
                    ),
                    unit="percentunit",
                    steps=((0.2, ORANGE),),
                    runbook="UnknownShareHigh",
                    absent=_FEW,
                ),
                Shown(
                    title="Mean score",
                    queries=(Query(_mean("dxfvision_detection_score"), "{{box}}"),),
                    unit="percentunit",
                    runbook="ScoresDrop",
                ),
                Shown(
                    title="Pictures answered",
                    queries=(
                        Query(
                            "sum by (box) (rate("
                            'dxfvision_pictures_total{box=~"$box"}[$__rate_interval]))',
                            "{{box}}",
                        ),
                    ),
                    unit="reqps",
                    runbook="NoPictures",
                ),
            ),
        ),
        Row(
            "Verdicts and deviations",
            (
                Shown(
                    title="Measured parts by drawing and verdict",
                    queries=(
                        Query(
                            "sum by (label, verdict) (increase("
                            'dxfvision_verdicts_total{box=~"$box"}[$__rate_interval]))',
                            "{{label}}: {{verdict}}",
                        ),
                    ),
                    unit="short",
                    width=12,
                    runbook="NotOkShareHigh",
                ),
                Shown(
                    title="Verdicts of today",
                    queries=(
                        Query(
                            "sum by (verdict) (increase("
                            'dxfvision_verdicts_total{box=~"$box"}[24h]))',
                            "{{verdict}}",
                        ),
                    ),
                    unit="short",
                    kind="number",
                    width=12,
                ),
                Shown(
                    title="Share of parts not ok, or not to be judged",
                    queries=(
                        Query('dxfvision:verdicts_not_ok:ratio1h{box=~"$box"}', "not ok"),
                        Query('dxfvision:verdicts_unjudged:ratio1h{box=~"$box"}', "cannot judge"),
                    ),
                    unit="percentunit",
                    steps=((0.2, ORANGE),),
                    runbook="CannotJudgeShareHigh",
                    absent="fewer than 50 measured parts in the last hour",
                ),
                Shown(
                    title="Largest deviation of a part, 95 of 100 are smaller",
                    queries=(
                        Query(
                            "histogram_quantile(0.95, sum by (le, label) (rate("
                            'dxfvision_deviation_meters_bucket{box=~"$box"}[$__rate_interval])))',
                            "{{label}}",
                        ),
                    ),
                    unit="lengthm",
                    runbook="NotOkShareHigh",
                    absent="no part was measured in millimetres: no camera was calibrated",
                ),
                Shown(
                    title="Edges found beside those drawn, px",
                    queries=(Query(_mean("dxfvision_fit_edge_rms_px"), "{{box}}"),),
                    unit="short",
                    help="Mean distance of the picture's edges from the drawing laid on them.",
                    absent=_NOTHING_FOUND,
                ),
                Shown(
                    title="Overlap of drawing and object",
                    queries=(Query(_mean("dxfvision_fit_iou"), "{{box}}"),),
                    unit="percentunit",
                    absent=_NOTHING_FOUND,
                ),
            ),
        ),
        Row(
            "Is it still what it was?",
            (
                Shown(
                    title="Objects the OpenCV templates see alike, or not",
                    queries=(
                        Query(
                            "sum by (agreement) (increase("
                            'dxfvision_second_opinion_objects_total{box=~"$box"}[1h]))',
                            "{{agreement}}",
                        ),
                    ),
                    unit="short",
                    runbook="SecondOpinionDiffers",
                ),
                Shown(
                    title="Share they see otherwise",
                    queries=(
                        Query('dxfvision:second_opinion_differs:ratio6h{box=~"$box"}', "{{box}}"),
                    ),
                    unit="percentunit",
                    steps=((0.3, ORANGE),),
                    runbook="SecondOpinionDiffers",
                    absent="they were asked about fewer than 50 objects in six hours",
                ),
                Shown(
                    title="How far figures of the pictures are from this site's own",
                    queries=(
                        Query('dxfvision_drift_psi{box=~"$box",reference="site"}', "{{figure}}"),
                    ),
                    unit="short",
                    help="Population stability index: 0.1 is little, 0.25 much.",
                    steps=((0.25, ORANGE),),
                    runbook="PicturesDrift",
                    absent="too few pictures, or nobody has looked: dxfvision drift",
                ),
                Shown(
                    title="The same from what was trained on",
                    queries=(
                        Query(
                            'dxfvision_drift_psi{box=~"$box",reference="training"}', "{{figure}}"
                        ),
                    ),
                    unit="short",
                    help="Generated pictures are never quite a camera's; look at what changes.",
                    runbook="PicturesDrift",
                    absent="too few pictures, or nobody has looked: dxfvision drift",
                ),
            ),
        ),
        Row(
            "Quality of the pictures",
            (
                Shown(
                    title="Brightness: mean grey of 255",
                    queries=(Query(_mean("dxfvision_picture_brightness"), "{{box}}"),),
                    unit="short",
                    runbook="PicturesDark",
                ),
                Shown(
                    title="Sharpness: variance of the Laplacian",
                    queries=(Query(_mean("dxfvision_picture_sharpness"), "{{box}}"),),
                    unit="short",
                    help="Depends on the scene; compare it with its own past.",
                    runbook="PicturesBlurred",
                ),
                Shown(
                    title="Share of saturated pixels",
                    queries=(Query(_mean("dxfvision_picture_saturated_share"), "{{box}}"),),
                    unit="percentunit",
                    steps=((0.2, ORANGE),),
                    runbook="PicturesOverexposed",
                ),
            ),
        ),
    ),
)
"""The page."""
