"""Page: the machine and its cameras."""

from components.monitoring.camera_row import CAMERAS
from components.monitoring.pages import Page, Row
from components.monitoring.panels import GREEN, ORANGE, RED, Query, Shown

_BOX = '{box=~"$box"}'

PAGE = Page(
    "box",
    "box",
    "Has the machine what the work needs, and do the cameras see?",
    "24h",
    (
        Row(
            "Processor and memory",
            (
                Shown(
                    title="Processor busy",
                    queries=(Query(f"dxfvision:processor_busy:ratio5m{_BOX}", "{{box}}"),),
                    unit="percentunit",
                ),
                Shown(
                    title="Load of the last five minutes over cores",
                    queries=(
                        Query(
                            f"max by (box) (node_load5{_BOX}) / count by (box) "
                            '(node_cpu_seconds_total{box=~"$box",mode="idle"})',
                            "{{box}}",
                        ),
                    ),
                    unit="percentunit",
                    steps=((2, ORANGE),),
                    runbook="LatencyBurns",
                ),
                Shown(
                    title="Memory that can still be had",
                    queries=(Query(f"dxfvision:memory_available:ratio{_BOX}", "{{box}}"),),
                    unit="percentunit",
                    runbook="MemoryLow",
                ),
                Shown(
                    title="Temperature",
                    queries=(Query(f"node_hwmon_temp_celsius{_BOX}", "{{chip}} {{sensor}}"),),
                    unit="celsius",
                    steps=((85, RED),),
                    runbook="BoxHot",
                    absent="this machine has no sensor that the kernel knows",
                ),
                Shown(
                    title="Processes killed for want of memory",
                    queries=(Query(f"increase(node_vmstat_oom_kill{_BOX}[1h])", "{{box}}"),),
                    unit="short",
                    steps=((1, RED),),
                    runbook="ProcessKilledForMemory",
                ),
                Shown(
                    title="Clock kept in time",
                    queries=(Query(f"node_timex_sync_status{_BOX}", "{{box}}"),),
                    unit="bool_yes_no",
                    kind="number",
                    steps=((0, ORANGE), (1, GREEN)),
                    runbook="ClockNotInTime",
                ),
            ),
        ),
        Row(
            "Disk",
            (
                Shown(
                    title="Room on disks",
                    queries=(
                        Query(
                            'node_filesystem_avail_bytes{box=~"$box",fstype!~"tmpfs|ramfs"}',
                            "{{box}} {{mountpoint}}",
                        ),
                    ),
                    unit="bytes",
                    runbook="DiskFull",
                ),
                Shown(
                    title="Room on the home folder's disk",
                    queries=(Query(f"dxfvision_home_free_bytes{_BOX}", "{{box}}"),),
                    unit="bytes",
                    runbook="DiskFull",
                    absent="dxfvision doctor --every 60 does not run here",
                ),
                Shown(
                    title="Hours until a disk is full",
                    queries=(
                        Query(f"dxfvision:disk_headroom:hours{_BOX}", "{{box}} {{mountpoint}}"),
                    ),
                    unit="h",
                    runbook="DiskRunsFull",
                    absent="no disk is filling",
                ),
                Shown(
                    title="Written and read",
                    queries=(
                        Query(
                            "sum by (box) (rate("
                            f"node_disk_written_bytes_total{_BOX}[$__rate_interval]))",
                            "{{box}} written",
                        ),
                        Query(
                            "sum by (box) (rate("
                            f"node_disk_read_bytes_total{_BOX}[$__rate_interval]))",
                            "{{box}} read",
                        ),
                    ),
                    unit="Bps",
                ),
                Shown(
                    title="Network, sent and received",
                    queries=(
                        Query(
                            "sum by (box) (rate("
                            f"node_network_transmit_bytes_total{_BOX}[$__rate_interval]))",
                            "{{box}} sent",
                        ),
                        Query(
                            "sum by (box) (rate("
                            f"node_network_receive_bytes_total{_BOX}[$__rate_interval]))",
                            "{{box}} received",
                        ),
                    ),
                    unit="Bps",
                ),
            ),
        ),
        CAMERAS,
    ),
)
"""The page."""
