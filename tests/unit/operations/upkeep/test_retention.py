import os
from datetime import timedelta
from pathlib import Path

import pytest

from components.home import Home
from components.modeling.notes import write_note
from components.modeling.registry import ModelRegistry
from components.operations.drift.frames import site_file
from components.operations.upkeep.disk import Room, measure_room
from components.operations.upkeep.retention import DAY_S, keep_by_age, make_room
from components.settings.operations import MaintainSettings, OperationsSettings
from tests.bundles import make_bundle

SETTINGS = OperationsSettings.load().maintain
NOW = 2_000_000_000.0


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.prepare()
    return home


def put(path: Path, days: float, size: int = 10) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    os.utime(path, (NOW - days * DAY_S, NOW - days * DAY_S))
    return path


def keeping(**days: float | None) -> MaintainSettings:
    changed = SETTINGS.keep_days.model_copy(update=days)
    return SETTINGS.model_copy(update={"keep_days": changed})


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("evidence", "reports/camera/belt/evidence/2026/frame.jpg"),
        ("logs", "logs/worker.log.1"),
        ("runs", ".state/runs/1f.json"),
        ("leftovers", "models/.exported.12.partial"),
        ("leftovers", "data/annotations/coco/.test.json.12.partial"),
        ("leftovers", "data/labelled/.dataset.json.12.partial"),
        ("leftovers", "backups/.dxfvision-20260131T023000Z.tar.gz.12.partial"),
    ],
)
def test_what_is_older_goes_and_what_is_younger_stays(home: Home, kind: str, place: str) -> None:
    old = put(home.root / place, 11)
    young = put(old.with_name(f"{old.stem}-young{old.suffix}"), 9)
    removed = keep_by_age(home, keeping(**{kind: 10.0}), NOW)
    assert [(each.kind, each.entries, each.bytes) for each in removed] == [(kind, 1, 10)]
    assert not old.exists()
    assert young.exists()


def test_null_keeps_for_ever(home: Home) -> None:
    old = put(home.logs / "worker.log", 10_000)
    assert keep_by_age(home, keeping(logs=None), NOW) == []
    assert old.exists()


def test_the_newest_archive_stays_however_old(home: Home) -> None:
    files = [put(home.backups / f"dxfvision-{n}.tar.gz", 900 - n) for n in range(3)]
    keep_by_age(home, SETTINGS, NOW)
    assert [file.exists() for file in files] == [False, False, True]


def test_what_people_put_in_is_never_touched(home: Home) -> None:
    kept = [
        put(home.drawings / "a.dxf", 9000),
        put(home.photos / "a.jpg", 9000),
        put(home.configs / "data_config.yaml", 9000),
        put(home.calibrations / "belt" / "a.json", 9000),
        put(home.checkpoint, 9000),
    ]
    keep_by_age(home, SETTINGS, NOW)
    make_room(home, SETTINGS, Room(0, 1e12))
    assert all(file.exists() for file in kept)


def test_old_versions_go_but_the_champion_and_those_before_it(home: Home, tmp_path: Path) -> None:
    registry = ModelRegistry(home.registry)
    versions = [
        registry.register(make_bundle(tmp_path / str(n), sharpness=0.1 + n / 10)) for n in range(5)
    ]
    for version in versions[:4]:
        registry.promote(version.version)
    for version in versions:
        write_note(registry.root, version.version, "gate", {"reason": "good"})
        put(site_file(home, version.version), 0)
    later = versions[-1].created.timestamp() + timedelta(days=200).total_seconds()
    removed = keep_by_age(home, SETTINGS.model_copy(update={"predecessors": 2}), later)
    assert [(each.kind, each.entries) for each in removed] == [("versions", 2)]
    left = {version.version for version in registry.list()}
    assert left == {version.version for version in versions[1:4]}
    # What was seen of a version goes with it.
    for folder in ("notes", "references"):
        assert {path.stem for path in (home.registry / folder).iterdir()} == left
    assert registry.rollback().version == versions[2].version


def test_the_oldest_goes_first_and_no_more_than_is_lacking(home: Home) -> None:
    files = [put(home.logs / f"{n}.log", 5 - n, size=2**20) for n in range(4)]
    wanted = SETTINGS.model_copy(update={"min_free_hours": 1.0, "min_free_gib": 0.0})
    room = Room(free_bytes=10 * 2**20, bytes_per_hour=11.5 * 2**20)
    removed = make_room(home, wanted, room)
    assert [file.exists() for file in files] == [False, False, True, True]
    assert [(each.kind, each.entries, each.reason) for each in removed] == [("logs", 2, "room")]


def test_what_is_written_to_just_now_stays_however_little_room_there_is(home: Home) -> None:
    written = [
        put(home.logs / "worker.log", 0.01),
        put(home.state / "runs" / "1f.json", 0.01),
        put(home.state / ".watcher.json.12.partial", 0.01),
    ]
    closed = [
        put(home.logs / "worker.log.1", 1),
        put(home.state / "runs" / "1e.json", 1),
        put(home.state / ".watcher.json.11.partial", 1),
        # A picture is whole as soon as it is there, and cameras fill a disk within the hour.
        put(home.cameras / "belt" / "evidence" / "2033-05-18" / "frame.jpg", 0.01),
    ]
    make_room(home, SETTINGS, Room(0, 1e12), NOW)
    assert all(file.exists() for file in written)
    assert not any(file.exists() for file in closed)


def test_folder_in_which_a_killed_backup_worked_goes(home: Home) -> None:
    put(home.backups / ".backup-x1" / "prefect.db", 3, size=500)
    put(home.backups / ".restore-x2" / "home" / "models" / "a", 3, size=500)
    for folder in home.backups.iterdir():
        os.utime(folder, (NOW - 3 * DAY_S, NOW - 3 * DAY_S))
    removed = keep_by_age(home, SETTINGS, NOW)
    assert [(each.kind, each.entries, each.bytes) for each in removed] == [("leftovers", 2, 1000)]
    assert list(home.backups.iterdir()) == []


def test_enough_room_removes_nothing(home: Home) -> None:
    put(home.logs / "a.log", 5)
    wanted = SETTINGS.model_copy(update={"min_free_gib": 0.0})
    assert make_room(home, wanted, Room(2**30, 0.0)) == []


def test_readings_of_the_disk_are_kept_for_some_days(home: Home) -> None:
    first = measure_room(home, NOW)
    assert first.bytes_per_hour == 0.0
    ballast = put(home.reports / "big.bin", 0, size=8 * 2**20)
    os.sync()
    second = measure_room(home, NOW + 7200)
    ballast.unlink()
    assert second.free_bytes <= first.free_bytes
    assert second.bytes_per_hour >= 0
    assert measure_room(home, NOW + 30 * DAY_S).bytes_per_hour == 0.0
