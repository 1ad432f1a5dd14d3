"""Page: the HTTP service by rate, errors, duration and saturation."""

from components.monitoring.pages import Page, Row
from components.monitoring.panels import ORANGE, RED, Query, Shown

_PICTURES = 'route=~"/(predict|inspect).*",box=~"$box"'

PAGE = Page(
    "service",
    "service",
    "Does the service answer, how fast, and what limits it?",
    "6h",
    (
        Row(
            "Rate, errors, duration",
            (
                Shown(
                    title="Requests about pictures by status",
                    queries=(
                        Query(
                            "sum by (status) (rate(dxfvision_requests_total"
                            f"{{{_PICTURES}}}[$__rate_interval]))",
                            "{{status}}",
                        ),
                    ),
                    unit="reqps",
                    runbook="AvailabilityBurnsFast",
                ),
                Shown(
                    title="How fast the budget of failed requests burns",
                    queries=tuple(
                        Query(
                            f'dxfvision:request_errors:ratio_rate{span}{{box=~"$box"}} / 0.005',
                            f"{{{{box}}}} over {span}",
                        )
                        for span in ("5m", "1h", "6h")
                    ),
                    unit="short",
                    help="At 1 the month's budget lasts a month; 14.4 and 6 wake somebody.",
                    steps=((6, ORANGE), (14.4, RED)),
                    runbook="AvailabilityBurns",
                ),
                Shown(
                    title="Duration of requests about pictures",
                    queries=tuple(
                        Query(
                            f"histogram_quantile({quantile}, sum by (le) (rate("
                            f"dxfvision_request_seconds_bucket{{{_PICTURES}}}[$__rate_interval])))",
                            f"{quantile:.0%}",
                        )
                        for quantile in (0.5, 0.95, 0.99)
                    ),
                    unit="s",
                    steps=((1, ORANGE),),
                    runbook="LatencyBurnsFast",
                ),
            ),
        ),
        Row(
            "Where the time goes",
            (
                Shown(
                    title="Stages of the work on a picture, 95 of 100 are faster",
                    queries=(
                        Query(
                            "histogram_quantile(0.95, sum by (le, stage) (rate("
                            'dxfvision_stage_seconds_bucket{box=~"$box"}[$__rate_interval])))',
                            "{{stage}}",
                        ),
                    ),
                    unit="s",
                    width=12,
                    runbook="LatencyBurns",
                ),
                Shown(
                    title="Time spent in each stage",
                    queries=(
                        Query(
                            "sum by (stage) (rate("
                            'dxfvision_stage_seconds_sum{box=~"$box",stage!="total"}[$__rate_interval]))',
                            "{{stage}}",
                        ),
                    ),
                    unit="s",
                    help="Seconds of work in a second: the sum is how many workers are busy.",
                    width=12,
                ),
            ),
        ),
        Row(
            "Saturation",
            (
                Shown(
                    title="Requests worked on and waiting",
                    queries=(
                        Query('sum(dxfvision_requests_running{box=~"$box"})', "running"),
                        Query('sum(dxfvision_requests_waiting{box=~"$box"})', "waiting"),
                    ),
                    unit="short",
                    runbook="RequestsTurnedAway",
                ),
                Shown(
                    title="Processors in use",
                    queries=(
                        Query(
                            "sum by (box) (deriv(dxfvision_process_cpu_seconds"
                            '{box=~"$box"}[$__rate_interval]))',
                            "{{box}}",
                        ),
                    ),
                    unit="short",
                ),
                Shown(
                    title="Memory of the workers",
                    queries=(Query('dxfvision_process_resident_bytes{box=~"$box"}', "{{box}}"),),
                    unit="bytes",
                    runbook="ServiceMemoryGrows",
                ),
                Shown(
                    title="Workers",
                    queries=(Query('dxfvision_workers{box=~"$box"}', "{{box}}"),),
                    unit="short",
                    runbook="WorkersMissing",
                ),
                Shown(
                    title="Open files",
                    queries=(Query('dxfvision_process_open_fds{box=~"$box"}', "{{box}}"),),
                    unit="short",
                ),
                Shown(
                    title="Champions taken and refused",
                    queries=(
                        Query(
                            'sum by (outcome) (dxfvision_model_loads_total{box=~"$box"})',
                            "{{outcome}}",
                        ),
                    ),
                    unit="short",
                    runbook="ModelRefused",
                ),
            ),
        ),
    ),
)
"""The page."""
