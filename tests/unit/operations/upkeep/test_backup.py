import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from components.errors import HomeError
from components.home import Home
from components.modeling.registry import ModelRegistry
from components.operations.server.database import care_for
from components.operations.server.prefect_server import sqlite_file
from components.operations.upkeep.backup import back_up, check, newest, restore
from components.settings.operations import OperationsSettings
from tests.bundles import make_bundle

SETTINGS = OperationsSettings.load()
DRAWINGS = Path(__file__).parents[4] / "data" / "raw" / "dxf_templates"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home folder with a champion, a setting, a drawing and Prefect's database."""
    home = Home(tmp_path / "home")
    home.prepare()
    registry = ModelRegistry(home.registry)
    registry.promote(registry.register(make_bundle(tmp_path / "bundle")).version)
    home.configs.mkdir()
    (home.configs / "train_config.yaml").write_text("seed: 1\n")
    (home.drawings / "plate.dxf").write_text("0\nEOF\n")
    database = sqlite_file(home, SETTINGS)
    assert database is not None
    database.parent.mkdir(parents=True)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE flow_run (name TEXT)")
        connection.executemany("INSERT INTO flow_run VALUES (?)", [("a" * 5000,)] * 400)
        connection.commit()
    return home


def test_archive_is_restored_into_an_empty_folder(home: Home, tmp_path: Path) -> None:
    archive = back_up(home, SETTINGS)
    other = Home(tmp_path / "other")
    other.state.mkdir(parents=True)
    found = restore(other, SETTINGS, archive.path)
    champion = ModelRegistry(home.registry).champion()
    restored = ModelRegistry(other.registry).champion()
    assert champion is not None
    assert restored is not None
    assert found.champion == restored.version == champion.version
    assert (found.versions, found.database) == (1, True)
    assert (other.configs / "train_config.yaml").read_text() == "seed: 1\n"
    assert (other.drawings / "plate.dxf").read_text() == "0\nEOF\n"
    database = sqlite_file(other, SETTINGS)
    assert database is not None
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM flow_run").fetchone() == (400,)


def test_what_was_there_is_put_aside(home: Home) -> None:
    archive = back_up(home, SETTINGS)
    (home.drawings / "plate.dxf").write_text("spoilt")
    restore(home, SETTINGS, archive.path)
    assert (home.drawings / "plate.dxf").read_text() == "0\nEOF\n"
    (aside,) = home.state.glob("before-restore-*/dxf_templates/plate.dxf")
    assert aside.read_text() == "spoilt"


def test_what_a_killed_server_wrote_last_is_put_aside_with_its_database(home: Home) -> None:
    archive = back_up(home, SETTINGS)
    database = sqlite_file(home, SETTINGS)
    assert database is not None
    program = (
        "import os, sqlite3, sys\n"
        "server = sqlite3.connect(sys.argv[1])\n"
        "server.execute('PRAGMA journal_mode = WAL')\n"
        "server.execute(\"INSERT INTO flow_run VALUES ('last words')\")\n"
        "server.commit()\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(database)], check=False)
    assert database.with_name("prefect.db-wal").stat().st_size
    restore(home, SETTINGS, archive.path)
    assert rows(database) == 400
    (aside,) = home.state.glob("before-restore-*/prefect.db")
    assert rows(aside) == 401


def rows(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM flow_run").fetchone()
    return int(count)


def test_archive_that_cannot_be_restored_is_not_kept(home: Home) -> None:
    """Kept, it would pass for the newest, which stays while whole ones grow old and go."""
    whole = back_up(home, SETTINGS).path
    (version,) = ModelRegistry(home.registry).list()
    (version.path / "parts.json").write_text("{}")
    with pytest.raises(HomeError, match=r"parts\.json: expected SHA-256"):
        back_up(home, SETTINGS)
    assert list(home.backups.iterdir()) == [whole]


def test_database_that_cannot_be_copied_is_named(home: Home) -> None:
    database = sqlite_file(home, SETTINGS)
    assert database is not None
    database.write_bytes(b"no database" * 1000)
    with pytest.raises(HomeError, match=r"prefect\.db: cannot be copied"):
        back_up(home, SETTINGS)


def test_file_that_is_just_being_written_is_left_out(home: Home) -> None:
    before = back_up(home, SETTINGS).files
    (home.registry / "notes").mkdir()
    (home.registry / "notes" / ".3f2a.json.4711.partial").write_text("half")
    (home.registry / ".champion.json.4711.partial").write_text("half")
    assert back_up(home, SETTINGS).files == before


@pytest.mark.parametrize("place", [0.3, 0.6, 0.9])
def test_one_wrong_byte_is_found_and_nothing_is_changed(home: Home, place: float) -> None:
    archive = back_up(home, SETTINGS).path
    data = bytearray(archive.read_bytes())
    data[int(place * len(data))] ^= 0xFF
    archive.write_bytes(data)
    (home.drawings / "plate.dxf").write_text("of today")
    with pytest.raises(HomeError, match="take another archive"):
        restore(home, SETTINGS, archive)
    assert (home.drawings / "plate.dxf").read_text() == "of today"


def test_archive_cut_short_is_refused(home: Home) -> None:
    archive = back_up(home, SETTINGS).path
    archive.write_bytes(archive.read_bytes()[:-2000])
    with pytest.raises(HomeError, match="cannot be restored"):
        check(archive)


def test_archive_that_leads_out_of_its_folder_is_refused(home: Home, tmp_path: Path) -> None:
    evil = tmp_path / "evil.tar.gz"
    with tarfile.open(evil, "w:gz") as packed:
        packed.add(home.drawings / "plate.dxf", "../../outside")
    with pytest.raises(HomeError, match="cannot be restored"):
        check(evil)
    assert not (tmp_path.parent / "outside").exists()


def test_newest_is_found_and_its_absence_told(home: Home) -> None:
    with pytest.raises(HomeError, match="dxfvision backup"):
        newest(home)
    back_up(home, SETTINGS)
    last = back_up(home, SETTINGS)
    assert newest(home) == last.path


def test_database_with_many_deleted_rows_gets_smaller_while_it_is_in_use(home: Home) -> None:
    file = sqlite_file(home, SETTINGS)
    assert file is not None
    with closing(sqlite3.connect(file)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("DELETE FROM flow_run WHERE rowid > 40")
        other.commit()
        care = care_for(file, 0.25, 5.0)
        assert other.execute("SELECT count(*) FROM flow_run").fetchone() == (40,)
    assert care.rewritten
    assert care.unused == pytest.approx(0.9, abs=0.05)
    assert care.bytes_after < 0.2 * care.bytes_before


def test_full_database_is_left_alone(home: Home) -> None:
    file = sqlite_file(home, SETTINGS)
    assert file is not None
    assert not care_for(file, 0.25, 5.0).rewritten
