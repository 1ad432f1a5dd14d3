"""Which library, precision and number of threads this machine's service shall use.

Chosen is the fastest way that the service can go, whose answers agree, and that is faster by enough
to be worth it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from components.operations.box.libraries import MEASURED
from components.operations.box.ways import Result, Way

WORTH = 1.05
"""A way must be so much faster than another to be preferred to a plainer one."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the box shall use, and why.

    Attributes:
        way: The chosen one.
        reasons: One sentence each.
    """

    way: Way
    reasons: tuple[str, ...]


def chosen(results: Sequence[Result], size: int, workers: int, cores: int) -> Choice:
    """Return what the box shall use.

    Args:
        results: With float32 in ONNX Runtime on one thread at `size` among them.
        size: The champion's: its figures and golden pictures hold for that one.
        workers: Processes of the service; together they must not want more than the cores.
        cores: Of this machine.
    """
    served = {library.name for library in MEASURED if library.served}
    most = max(1, cores // workers)
    allowed = [
        each
        for each in results
        if each.figures is not None and each.way.size == size and each.way.library in served
    ]
    plain = next(r for r in allowed if r.way == Way("onnxruntime", "fp32", 1, size))
    best, best_ms = plain, _ms(plain)
    fitting = [r for r in allowed if r.agrees and r.way.threads <= most]
    # Plainer ways first: fewer threads, then ONNX Runtime, then float32.
    for each in sorted(fitting, key=lambda r: (r.way.threads, r.way.library != "onnxruntime")):
        if best_ms / _ms(each) >= WORTH:
            best, best_ms = each, _ms(each)
    return Choice(best.way, _reasons(best, plain, allowed, most, workers))


def _ms(result: Result) -> float:
    assert result.figures is not None
    return result.figures.median_ms


def _reasons(
    best: Result, plain: Result, allowed: Sequence[Result], most: int, workers: int
) -> tuple[str, ...]:
    way = best.way
    told = [
        f"{way.library} {way.precision} with {_threads(way.threads)} takes {_ms(best):.1f} ms a "
        f"picture, onnxruntime fp32 with 1 thread {_ms(plain):.1f} ms"
    ]
    if best.parity is not None:
        told.append(
            f"its answers agree with fp32: same label {best.parity.same_label:.1%}, mean mask IoU "
            f"{best.parity.mean_mask_iou:.3f} on {best.parity.detections} detections"
        )
    quickest = min(allowed, key=_ms)
    if quickest is not best and _ms(best) / _ms(quickest) >= WORTH:
        why = "its answers differ" if not quickest.agrees else f"{workers} workers share the cores"
        other = quickest.way
        told.append(
            f"{other.library} {other.precision} with {_threads(other.threads)} would take "
            f"{_ms(quickest):.1f} ms, but {why}"
        )
    told.append(f"at most {_threads(most)}, for {workers} workers share the cores")
    told.append(f"size {way.size} px: the champion's figures and golden pictures hold for that one")
    return tuple(told)


def _threads(count: int) -> str:
    return f"{count} thread" if count == 1 else f"{count} threads"
