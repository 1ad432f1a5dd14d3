"""Only what may be gone at the next try is tried again."""

from concurrent.futures.process import BrokenProcessPool

import pytest
from prefect.states import Failed

from components.errors import DatasetError, DrawingError
from flows.generate_data import generate_dataset, read_drawings
from flows.release_model import evaluate_model, export_model, promote_model, try_service
from flows.train_model import train_network
from flows.validate_data import validate_dataset

TASKS = [
    read_drawings,
    generate_dataset,
    validate_dataset,
    train_network,
    export_model,
    evaluate_model,
    promote_model,
    try_service,
]


def worker_died() -> DatasetError:
    error = DatasetError("a worker process died")
    error.__cause__ = BrokenProcessPool()
    return error


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (OSError("disk"), True),
        (BrokenProcessPool(), True),
        (worker_died(), True),
        (DrawingError("bad drawing"), False),
        (ValueError("a fault of the code"), False),
    ],
    ids=["disk", "pool", "worker", "drawing", "code"],
)
def test_every_task_tries_again_only_what_may_pass(error: Exception, again: bool) -> None:
    for task in TASKS:
        assert task.retries == 1
        assert task.retry_condition_fn is not None
        assert task.retry_condition_fn(task, None, Failed(data=error)) is again
