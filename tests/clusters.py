"""Dask clusters for tests."""

from collections.abc import Iterator
from contextlib import contextmanager

from distributed import LocalCluster

from components.dataset.dask_executor import ANY_PORT


@contextmanager
def cluster_without_workers() -> Iterator[str]:
    """Run a scheduler that nobody works for; give its address."""
    with LocalCluster(
        n_workers=0, processes=False, host="127.0.0.1", protocol="tcp", dashboard_address=ANY_PORT
    ) as empty:
        yield empty.scheduler_address
