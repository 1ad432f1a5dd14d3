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

Figure = Mapping[str, Any]
"""A row as the JSON file holds it."""

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
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}; commit "
        f"`{machine['commit']}`; {versions}.",
        "",
    ]


def compared(rows: Sequence[Figure]) -> list[tuple[Figure, Figure]]:
    """Return each figure of ours beside every other one's of the same thing."""
    ours = [each for each in rows if each["who"].startswith(OURS)]
    others = [each for each in rows if not each["who"].startswith(OURS)]
    return [
        (own, other)
        for other in others
        for own in ours
        if (own["area"], own["what"]) == (other["area"], other["what"])
    ]


def verdict(ours: Figure, other: Figure) -> str:
    """Return `won` or `lost` with the ratio; `even` where the spreads overlap.

    Examples:
        >>> one = {"median": 2.0, "spread": 0.1, "runs": 3, "better": "less"}
        >>> verdict(one, one | {"median": 4.0})
        'won: 2.00 times'
        >>> verdict(one, one | {"median": 2.05})
        'even'
        >>> verdict(one, one | {"median": 1.0, "runs": 1})
        'lost: 2.00 times (a single run)'
    """
    if abs(ours["median"] - other["median"]) <= (ours["spread"] + other["spread"]) / 2:
        return "even"
    won = (ours["median"] < other["median"]) == (ours["better"] == "less")
    low, high = sorted((ours["median"], other["median"]))
    times = f": {high / low:.2f} times" if low > 0 else ""
    single = " (a single run)" if 1 in (ours["runs"], other["runs"]) else ""
    return f"{'won' if won else 'lost'}{times}{single}"


def _comparison_lines(rows: Sequence[Figure]) -> list[str]:
    pairs = compared(rows)
    if not pairs:
        return []
    head = ("What", "Ours", "", "Who else", "Theirs", "")
    lines = ["## Side by side", "", f"| {' | '.join(head)} |", "|---|---|---|---|---|---|"]
    for own, other in pairs:
        cells = (f"{own['area']}: {own['what']}", own["who"], _figure(own), other["who"])
        lines.append(f"| {' | '.join(cells)} | {_figure(other)} | {verdict(own, other)} |")
    return [*lines, ""]


def _area_lines(area: str, rows: Sequence[Figure]) -> list[str]:
    if not rows:
        return []
    lines = [f"## {area.capitalize()}", "", "| What | Who | Median | Runs |", "|---|---|---|---|"]
    lines += [
        f"| {each['what']} | {each['who']} | {_figure(each)} | {each['runs']} |" for each in rows
    ]
    return [*lines, ""]


def _figure(each: Figure) -> str:
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
    head = ("Benchmark", "", "When", "Commit", "Load before", "s", "Command, and what went wrong")
    lines = ["## What was run", "", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for each in outcomes:
        words = f": {each['words'].replace('|', '/')}" if each["words"] else ""
        command = each["command"].replace("|", "/")
        cells = (each["name"], each["state"], each["time"], f"`{each['commit']}`")
        spent = f"{each['load']:.1f} | {each['seconds']:.0f}"
        lines.append(f"| {' | '.join(cells)} | {spent} | `{command}`{words} |")
    return lines
