import os
import platform

import numpy as np

from components.operations.stages.machine import this_machine


def test_machine_names_its_cores_and_versions() -> None:
    machine = this_machine(["numpy", "no-such-package"])
    assert machine.cores == len(os.sched_getaffinity(0))
    assert machine.versions == {"python": platform.python_version(), "numpy": np.__version__}
    assert machine.processor
