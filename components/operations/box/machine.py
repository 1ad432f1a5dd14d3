"""What this machine can do: processor, memory, disk, and whether it stays fast when it is warm."""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

SIMD = (
    "sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16",
    "amx_int8", "amx_bf16", "asimd", "asimddp", "i8mm", "bf16", "sve",
)  # fmt: skip
"""Instructions that libraries for networks use, as /proc/cpuinfo names them on x86 and ARM."""

COPIED_BYTES = 128 * 2**20
DISK_BYTES = 128 * 2**20
THROTTLED_SHARE = 0.9
"""Below this share of its first speed a warm machine is called throttled."""

_REPEATS = 3
_LOAD = """
import sys, time
import numpy as np
a = np.random.default_rng(0).random((160, 160), dtype=np.float32)
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    until, count = time.monotonic() + 1.0, 0
    while time.monotonic() < until:
        a @ a
        count += 1
    print(count, flush=True)
"""
"""Multiplies matrices on one core and tells each second how many."""


@dataclass(frozen=True, slots=True)
class Warmth:
    """How the machine bears load on all cores.

    Attributes:
        seconds: How long.
        kept_share: Speed of the last fifth over that of the first, all cores together.
        start_c: Hottest sensor before, in degrees Celsius; None without sensors.
        end_c: Likewise at the end.
        throttled: Whether so much speed was lost that it shows.
    """

    seconds: int
    kept_share: float
    start_c: float | None
    end_c: float | None
    throttled: bool


@dataclass(frozen=True, slots=True)
class Box:
    """What was measured of the machine.

    Attributes:
        cores: That this process may use.
        physical_cores: Of the machine; None if that is not known.
        simd: Instructions for many numbers at once that count here.
        memory_mib: Of the machine.
        copy_gb_per_s: Reading and writing memory, one core: bytes read and written.
        disk_write_mb_per_s: Large file, flushed to the disk.
        disk_flush_ms: Median time until 4 KiB are on the disk.
        warmth: Under load; None if it was not measured.
        load: Processes that wanted to run when it began, averaged over a minute: above the share
            of a core all figures are of a busy machine.
    """

    cores: int
    physical_cores: int | None
    simd: tuple[str, ...]
    memory_mib: float
    copy_gb_per_s: float
    disk_write_mb_per_s: float
    disk_flush_ms: float
    warmth: Warmth | None
    load: float


def measured_box(folder: Path, warm_s: int) -> Box:
    """Measure this machine.

    Args:
        folder: On the disk that matters; files are made there and removed.
        warm_s: Seconds of load on all cores; 0 leaves that out.
    """
    load = os.getloadavg()[0]
    write, flush = disk_speed(folder)
    return Box(
        cores=len(os.sched_getaffinity(0)),
        physical_cores=psutil.cpu_count(logical=False),
        simd=simd_of(_cpuinfo()),
        memory_mib=psutil.virtual_memory().total / 2**20,
        copy_gb_per_s=copy_speed(),
        disk_write_mb_per_s=write,
        disk_flush_ms=flush,
        warmth=measured_warmth(warm_s) if warm_s else None,
        load=load,
    )


def simd_of(cpuinfo: str) -> tuple[str, ...]:
    """Return the instructions that /proc/cpuinfo lists and that count here.

    Examples:
        >>> simd_of("flags : fpu avx2 sse4_2")
        ('sse4_2', 'avx2')
    """
    lines = cpuinfo.splitlines()
    listed = [line for line in lines if line.startswith(("flags", "Features"))]
    words = set(listed[0].partition(":")[2].split()) if listed else set()
    return tuple(name for name in SIMD if name in words)


def copy_speed() -> float:
    """Return how fast memory is copied in GB/s, reads and writes counted, best of a few."""
    source = np.ones(COPIED_BYTES, np.uint8)
    target = np.zeros_like(source)
    best = min(_seconds_of_copy(source, target) for _ in range(_REPEATS))
    return 2 * COPIED_BYTES / best / 1e9


def _seconds_of_copy(source: np.ndarray, target: np.ndarray) -> float:
    start = time.perf_counter()
    np.copyto(target, source)
    return time.perf_counter() - start


def disk_speed(folder: Path) -> tuple[float, float]:
    """Return MB/s of a large flushed file, and the median ms until a small one is on the disk.

    Raises:
        OSError: If the disk does not take it.
    """
    block = os.urandom(2**20)
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        start = time.perf_counter()
        for _ in range(DISK_BYTES // len(block)):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
        written_s = time.perf_counter() - start
        times = []
        for _ in range(20):
            start = time.perf_counter()
            os.pwrite(file.fileno(), block[:4096], 0)
            os.fsync(file.fileno())
            times.append(time.perf_counter() - start)
    return DISK_BYTES / written_s / 1e6, 1e3 * float(np.median(times))


def measured_warmth(seconds: int) -> Warmth:
    """Load every core and compare the speed at the end with that at the beginning.

    Args:
        seconds: How long; at least 5.
    """
    before = _hottest()
    environment = dict(os.environ) | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", _LOAD, str(seconds)], stdout=subprocess.PIPE, env=environment
        )
        for _ in range(len(os.sched_getaffinity(0)))
    ]
    told = [worker.communicate()[0].split() for worker in workers]
    length = min(len(each) for each in told)
    speed = np.sum([[int(count) for count in each[:length]] for each in told], axis=0)
    part = max(1, length // 5)
    kept = float(speed[-part:].mean() / speed[:part].mean())
    return Warmth(seconds, kept, before, _hottest(), kept < THROTTLED_SHARE)


def _hottest() -> float | None:
    with suppress(AttributeError, OSError):
        sensors = psutil.sensors_temperatures()
        values = [each.current for group in sensors.values() for each in group]
        return max(values, default=None)
    return None


def _cpuinfo() -> str:
    try:
        return Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return ""
