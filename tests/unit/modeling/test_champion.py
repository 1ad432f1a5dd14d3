import pytest

from components.errors import ModelError
from components.modeling.champion import (
    LOG_LENGTH,
    promoted,
    read_champion,
    rolled_back,
    write_champion,
)


def after(*versions: str):
    record = None
    for version in versions:
        record = promoted(record, version)
    return record


def test_two_rollbacks_go_back_two_promotions():
    record = after("a", "b", "c")
    assert rolled_back(record).version == "b"
    assert rolled_back(rolled_back(record)).version == "a"


def test_promoting_the_champion_again_changes_nothing():
    record = after("a", "b")
    assert promoted(record, "b") is record


def test_promoting_an_earlier_champion_moves_it_to_the_top():
    record = after("a", "b", "c", "a")
    assert record.version == "a"
    assert record.previous == ("c", "b")


def test_every_change_is_logged_in_order():
    record = rolled_back(after("a", "b"))
    assert [(event.action, event.version) for event in record.log] == [
        ("promote", "a"),
        ("promote", "b"),
        ("rollback", "a"),
    ]


def test_log_does_not_grow_for_ever():
    record = after(*("ab"[number % 2] for number in range(LOG_LENGTH + 10)))
    assert len(record.log) == LOG_LENGTH


def test_record_comes_back_from_its_file(tmp_path):
    record = after("a", "b")
    write_champion(tmp_path / "champion.json", record)
    assert read_champion(tmp_path / "champion.json") == record


def test_missing_file_means_no_champion(tmp_path):
    assert read_champion(tmp_path / "champion.json") is None


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"\xff\xfe"])
def test_damaged_file_is_named(tmp_path, content):
    file = tmp_path / "champion.json"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"(?s)champion\.json.*promote a version again"):
        read_champion(file)
