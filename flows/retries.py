"""Which failures of a task are worth another try."""

from concurrent.futures.process import BrokenProcessPool
from typing import Any

from prefect import Task
from prefect.client.schemas.objects import State, TaskRun

from components.errors import PipelineError


def may_pass(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:
    """Return whether a failure may be gone at the next try: the disk's, or a worker that died.

    Bad input, settings or a failed check stay what they are; so does a fault of the code.
    """
    del task, task_run
    error = state.data
    if isinstance(error, PipelineError):
        return isinstance(error.__cause__, BrokenProcessPool)
    return isinstance(error, OSError | BrokenProcessPool)
