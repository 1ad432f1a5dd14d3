"""Page: what the pictures show, and whether it changes."""

from components.monitoring.pages import Page, Row
from components.monitoring.panels import ORANGE, Query, Shown

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
