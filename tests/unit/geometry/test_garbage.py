import gc

import pytest

from components.geometry.garbage import THRESHOLDS, fewer_collections


def fail_inside():
    with fewer_collections():
        assert gc.get_threshold() == THRESHOLDS
        raise KeyError


def test_thresholds_are_as_before_after_an_error_too():
    before = gc.get_threshold()
    with pytest.raises(KeyError):
        fail_inside()
    assert gc.get_threshold() == before
