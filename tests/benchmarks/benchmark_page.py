"""The page of a run of all benchmarks, from its JSON: tables by area, comparisons, what failed."""

from collections.abc import Mapping, Sequence
from typing import Any

OURS = "dxfvision"
AREAS = ("pipeline", "reading", "generation", "training", "inference", "registration", "serving")

HEAD = """\
# Benchmarks

Made by `make bench`; do not edit. Every figure is the median of its runs, ± the greatest less the
smallest of them. What is compared was measured in the same run on the same machine; what is lost is
told like what is won.
"""

QUICK = """
**This was a run with `--quick`: it shows that the benchmarks work. Its figures say nothing.**
"""


def page_of(content: Mapping[str, Any]) -> str:
    """Return the page.

    Args:
        content: Machine and outcomes, as the JSON file holds them.
    """
    machine = content["machine"]
    outcomes = content["benchmarks"]
    rows = [each for outcome in outcomes for each in outcome["rows"]]
    lines = [HEAD + (QUICK if machine["quick"] else ""), *_machine_lines(machine)]
    lines += _comparison_lines(rows)
    for area in AREAS:
        lines += _area_lines(area, [each for each in rows if each["area"] == area])
    return "\n".join([*lines, *_outcome_lines(outcomes)]) + "\n"


def _machine_lines(machine: Mapping[str, Any]) -> list[str]:
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    return [
        "## Machine",
        "",
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}; load "
        f"{machine['load']:.1f} before the start; {machine['time']}; commit "
        f"`{machine['commit']}`; {versions}.",
        "",
    ]


def compared(
    rows: Sequence[Mapping[str, Any]],
) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Return our figure beside every other one of the same thing."""
    own = {(each["area"], each["what"]): each for each in rows if each["who"] == OURS}
    return [
        (own[each["area"], each["what"]], each)
        for each in rows
        if each["who"] != OURS and (each["area"], each["what"]) in own
    ]


def verdict(ours: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Return `won` or `lost` with the ratio; `even` where the spreads overlap.

    Examples:
        >>> one = {"median": 2.0, "spread": 0.1, "better": "less"}
        >>> verdict(one, {"median": 4.0, "spread": 0.1, "better": "less"})
        'won: 2.00 times'
        >>> verdict(one, {"median": 2.05, "spread": 0.1, "better": "less"})
        'even'
    """
    apart = abs(ours["median"] - other["median"])
    if apart <= (ours["spread"] + other["spread"]) / 2:
        return "even"
    won = (ours["median"] < other["median"]) == (ours["better"] == "less")
    low, high = sorted((ours["median"], other["median"]))
    times = f"{high / low:.2f} times" if low > 0 else f"{low:g} against {high:g}"
    return f"{'won' if won else 'lost'}: {times}"


def _comparison_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    pairs = compared(rows)
    if not pairs:
        return []
    lines = [
        "## Side by side",
        "",
        "| What | dxfvision | Who else | Theirs | |",
        "|---|---|---|---|---|",
    ]
    for ours, other in pairs:
        cells = (f"{ours['area']}: {ours['what']}", _figure(ours), other["who"], _figure(other))
        lines.append(f"| {' | '.join(cells)} | {verdict(ours, other)} |")
    return [*lines, ""]


def _area_lines(area: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    if not rows:
        return []
    lines = [f"## {area.capitalize()}", "", "| What | Who | Median | Runs |", "|---|---|---|---|"]
    lines += [
        f"| {each['what']} | {each['who']} | {_figure(each)} | {each['runs']} |" for each in rows
    ]
    return [*lines, ""]


def _figure(each: Mapping[str, Any]) -> str:
    """Return a figure with its spread and unit; a single run has no spread.

    Examples:
        >>> _figure({"median": 12.345, "spread": 0.2, "runs": 3, "unit": "ms"})
        '12.3 ±0.2 ms'
    """
    spread = f" ±{_short(each['spread'])}" if each["runs"] > 1 else ""
    return f"{_short(each['median'])}{spread} {each['unit']}".strip()


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _outcome_lines(outcomes: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = ["## What was run", "", "| Benchmark | | s | Command, and why it gave nothing |"]
    lines.append("|---|---|---|---|")
    for each in outcomes:
        words = f": {each['words'].replace('|', '/')}" if each["words"] else ""
        command = each["command"].replace("|", "/")
        name, state = each["name"], each["state"]
        lines.append(f"| {name} | {state} | {each['seconds']:.0f} | `{command}`{words} |")
    return lines
