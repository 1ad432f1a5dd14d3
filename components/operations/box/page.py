"""What was measured of a box, as Markdown, and the choice, as settings of that box."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from components.files import write_text
from components.operations.box.choice import Choice
from components.operations.box.libraries import MEASURED, OTHERS, Library, library_of
from components.operations.box.machine import Box
from components.operations.box.ways import Result
from components.operations.stages.machine import Machine
from components.settings.serve import ServeSettings

MARK = "# Chosen by `dxfvision bench box`"

_HEAD = """# Libraries for the CPU

Made by `dxfvision bench box --page docs/cpu-libraries.md` on one machine; run it on yours, for the
order differs by processor. Each way ran in a process of its own on the same pictures. Times are
those of the network alone; reading the picture, grouping and registration are the same for all.
"""


def box_page(machine: Machine, box: Box, results: Sequence[Result], choice: Choice) -> str:
    """Return the page.

    Args:
        machine: What it was measured on.
        box: What was measured of it.
        results: Of every way.
        choice: Of this box.
    """
    lines = [_HEAD, "## This machine", "", *_machine_lines(machine, box), ""]
    lines += ["## Chosen", "", *(f"- {reason}" for reason in choice.reasons), ""]
    lines += ["## Measured", "", *_result_lines(results), ""]
    lines += [
        "Parity compares with float32 in ONNX Runtime at the same size: share of detections with "
        "the same label, and the mean overlap of their masks. Memory is the process's peak over "
        "what it had before the library was opened.",
        "",
        "## Licences and how to install",
        "",
        *_library_lines(),
    ]
    return "\n".join(lines) + "\n"


def _machine_lines(machine: Machine, box: Box) -> Iterator[str]:
    versions = ", ".join(f"{name} {text}" for name, text in machine.versions.items())
    yield f"- {machine.processor}, {box.cores} cores, {box.memory_mib / 1024:.1f} GiB"
    yield f"- {versions}; {machine.time}, commit {machine.commit}"
    yield f"- instructions: {', '.join(box.simd) or 'not known'}"
    yield f"- memory: {box.copy_gb_per_s:.1f} GB/s copied by one core (reads and writes)"
    yield (
        f"- disk: {box.disk_write_mb_per_s:.0f} MB/s written and flushed, "
        f"{box.disk_flush_ms:.1f} ms to flush 4 KiB"
    )
    warmth = box.warmth
    if warmth is not None:
        heat = "no sensor" if warmth.end_c is None else f"{warmth.start_c} to {warmth.end_c} °C"
        word = "throttles" if warmth.throttled else "does not throttle"
        yield (
            f"- {word}: {warmth.kept_share:.0%} of its speed after {warmth.seconds} s of load on "
            f"all cores, {heat}"
        )
    yield (
        f"- load when it began: {box.load:.1f}"
        + (" (busy: read times as upper bounds)" if box.load > 0.5 * box.cores else "")
    )


def _result_lines(results: Sequence[Result]) -> Iterator[str]:
    yield (
        "| Library | Precision | Size px | Threads | ms | p95 ms | CPU ms | per s | Memory MB | "
        "Load s | Same label | Mask IoU |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|---|"
    for each in results:
        way, found, parity = each.way, each.figures, each.parity
        start = f"| {way.library} | {way.precision} | {way.size} | {way.threads} |"
        if found is None or parity is None:
            yield f"{start} does not run: {each.refused.replace('|', '/')} " + "| " * 8 + "|"
            continue
        yield (
            f"{start} {found.median_ms:.1f} | {found.p95_ms:.1f} | {found.cpu_ms:.1f} | "
            f"{found.per_s:.1f} | {found.memory_mb:.0f} | {found.load_s:.2f} | "
            f"{parity.same_label:.1%} | {parity.mean_mask_iou:.3f} |"
        )


def _library_lines() -> Iterator[str]:
    yield "| Library | Version here | Licence | Install | Served | Note |"
    yield "|---|---|---|---|---|---|"
    yield from (_library_line(library) for library in (*MEASURED, *OTHERS))


def _library_line(library: Library) -> str:
    served = "yes" if library.served else "no"
    return (
        f"| {library.name} | {library.version or 'not installed'} | {library.licence} | "
        f"`{library.how}` | {served} | {library.note} |"
    )


def write_choice(configs: Path, choice: Choice, when: str) -> Path:
    """Write the choice into a home folder's `serve_config.yaml`; everything else in it stays.

    Args:
        configs: Folder of the home's settings.
        choice: What shall be used.
        when: Told beside it.

    Returns:
        The file.

    Raises:
        SettingsError: If the file is wrong already.
    """
    path = configs / ServeSettings.file_name
    text = path.read_text("utf-8") if path.exists() else ""
    kept = re.sub(rf"(?ms)^{re.escape(MARK)}.*?(?=^[^#\s]|\Z)", "", text)
    kept = re.sub(r"(?m)^(runtime|runtime_threads|precision):.*\n?", "", kept).rstrip()
    way = choice.way
    lines = [
        f"{MARK} on {when}:",
        *(f"# - {reason}" for reason in choice.reasons),
        f"runtime: {library_of(way.library).name}",
        f"runtime_threads: {way.threads}",
        f"precision: {way.precision}",
    ]
    write_text(path, "\n".join(([kept, ""] if kept else []) + lines) + "\n")
    # Read back: a file that cannot be read would stop the service.
    ServeSettings.load(configs)
    return path
