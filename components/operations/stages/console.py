"""Progress bars for people at a terminal."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class ConsoleProgress:
    """Shows each stage as one bar with its rate, note and time left; for `with`.

    Args:
        console: Where to draw; standard error, so that standard output stays for results.
    """

    def __init__(self, console: Console) -> None:
        """Lay out the columns."""
        self._bars = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description:<20}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[unit]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("[dim]{task.fields[note]}"),
            console=console,
        )
        self._open: list[TaskID] = []

    def __enter__(self) -> "ConsoleProgress":
        """Start to draw."""
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Draw for the last time."""
        self._bars.stop()

    def begin(self, title: str, total: float | None, unit: str) -> None:
        """Add a bar."""
        self._open.append(self._bars.add_task(title, total=total, unit=unit, note=""))

    def advance(self, count: float, note: str) -> None:
        """Move the newest bar on."""
        if note:
            self._bars.update(self._open[-1], advance=count, note=note)
        else:
            self._bars.update(self._open[-1], advance=count)

    def end(self) -> None:
        """Close the newest bar, as full as it is."""
        task = self._bars.tasks[self._bars.task_ids.index(self._open.pop())]
        if task.total is None:
            self._bars.update(
                task.id, total=max(task.completed, 1), completed=max(task.completed, 1)
            )
