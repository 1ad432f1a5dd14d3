"""The doctor's checks of the machine: processor, memory, disk, clock, temperature, versions."""

import ctypes
import os
import platform
import shutil
import time
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import psutil
from packaging.requirements import Requirement

from components.operations.health.checking import Box, Check, Finding, State
from components.operations.stages import batch_metrics as metrics
from components.operations.stages.machine import this_machine
from components.operations.stages.metric_files import Sample

_FAST_FLAGS = {"x86_64": "avx2", "aarch64": "asimd"}
"""The vector instructions that the inference libraries are written for, by architecture."""

_CLOCK_ERROR = 5
"""What `adjtimex` returns when nothing keeps the clock in time."""


def check_processor(box: Box) -> Finding:
    """Cores, and vector instructions without which a picture takes several times as long."""
    machine = this_machine(())
    flag = _FAST_FLAGS.get(platform.machine())
    found = f"{machine.processor}, {machine.cores} cores"
    if flag is not None and flag not in _processor_flags():
        return Finding("warning", f"{found}, no {flag}", "expect pictures to take far longer")
    if machine.cores < box.settings.min_cores:
        return Finding("warning", found, f"give it {box.settings.min_cores} cores")
    return Finding("good", f"{found}, {flag}" if flag else found)


def _processor_flags() -> set[str]:
    """Return the features of the first core, as Linux names them; x86 says flags, ARM Features."""
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("flags", "Features"):
            return set(value.split())
    return set()


def check_memory(box: Box) -> Finding:
    """Memory that programs can still get."""
    memory = psutil.virtual_memory()
    free_mib, wanted = memory.available / 2**20, box.settings.min_memory_mib
    found = f"{free_mib:.0f} of {memory.total / 2**20:.0f} MiB free"
    return _enough(
        free_mib, wanted, wanted / 3, found, f"free {wanted:.0f} MiB: fewer workers, or more memory"
    )


def check_disk(box: Box) -> Finding:
    """Room and inodes on the home folder's disk."""
    wanted = box.settings.min_disk_gib
    free_bytes = shutil.disk_usage(box.home.root).free
    status = os.statvfs(box.home.root)
    # File systems such as btrfs make inodes as they are needed and say 0.
    inodes = status.f_favail / status.f_files if status.f_files else 1.0
    found = f"{free_bytes / 2**30:.1f} GiB and {inodes:.0%} of the inodes free"
    advice = f"make room for {wanted:g} GiB on the disk of {box.home.root}"
    finding = _enough(free_bytes / 2**30, wanted, wanted / 10, found, advice)
    few = finding.state == "good" and inodes < box.settings.min_inodes_share
    return Finding(
        "warning" if few else finding.state,
        found,
        "remove small files: the disk runs out of inodes" if few else finding.advice,
        (Sample(metrics.HOME_FREE, free_bytes),),
    )


def _enough(value: float, wanted: float, needed: float, found: str, advice: str) -> Finding:
    """Return a fault below what is needed, a warning below what is wanted."""
    state: State = "good" if value >= wanted else "warning" if value >= needed else "fault"
    return Finding(state, found, "" if state == "good" else advice)


def check_clock(box: Box) -> Finding:
    """Whether something keeps the clock in time, and whether it is behind our own files."""
    behind_s = _newest(box.home.state) - time.time()
    if behind_s > 1:
        return Finding(
            "fault",
            f"the clock is {behind_s:.0f} s behind files of this home folder",
            "set the clock; ages, certificates and schedules are wrong until then",
        )
    # With no mode set the structure is filled in only; 512 bytes hold it on every architecture.
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(512))
    if state < 0:
        # A sandbox may forbid the question; no answer is not a good one.
        return Finding("left out", f"the kernel does not say ({os.strerror(ctypes.get_errno())})")
    if state == _CLOCK_ERROR:
        return Finding("warning", "nothing keeps the clock in time", "run chrony or timesyncd")
    return Finding("good", time.strftime("%Y-%m-%d %H:%M:%S UTC, in time", time.gmtime()))


def _newest(folder: Path) -> float:
    """Return when the newest file of a folder was written, seconds since 1970."""
    return max((path.stat().st_mtime for path in folder.glob("*.json")), default=0.0)


def check_temperature(box: Box) -> Finding:
    """The hottest sensor."""
    sensors = [
        (sensor.current, f"{chip} {sensor.label}".strip())
        for chip, readings in psutil.sensors_temperatures().items()
        for sensor in readings
    ]
    if not sensors:
        return Finding("left out", "no sensors")
    hottest, name = max(sensors)
    limit = box.settings.max_temperature_c
    return _enough(
        -hottest, -limit, -limit - 10, f"{name}: {hottest:.0f} degrees", "clean or cool the box"
    )


def check_versions(box: Box) -> Finding:
    """Installed packages against what we ask for; what is missing belongs to other images."""
    del box
    wrong = [fault for text in requires("dxfvision") or [] if (fault := _unfit(Requirement(text)))]
    if wrong:
        return Finding("fault", "; ".join(wrong), "install the locked versions: requirements.txt")
    return Finding("good", f"dxfvision {version('dxfvision')}, Python {platform.python_version()}")


def _unfit(requirement: Requirement) -> str | None:
    """Return what is wrong with an installed package; None if it fits or is not installed."""
    try:
        installed = version(requirement.name)
    except PackageNotFoundError:
        return None
    if requirement.specifier.contains(installed, prereleases=True):
        return None
    return f"{requirement.name} {installed}, wanted {requirement.specifier}"


CHECKS: dict[str, Check] = {
    "processor": check_processor,
    "memory": check_memory,
    "disk": check_disk,
    "clock": check_clock,
    "temperature": check_temperature,
    "versions": check_versions,
}
"""By name."""
