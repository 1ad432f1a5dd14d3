"""Every line has one schema, holds no secret, and the files stay within their bounds."""

import json
import logging
import multiprocessing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from components.home import Home
from components.logs import setting_up
from components.logs.following import request
from components.logs.lines import COVERED, FIRST_FIELDS, SHOWN, covered
from components.logs.reading import log_files, parsed
from components.logs.setting_up import is_set_up, log_as_part, log_to_file, log_to_stderr
from components.settings.log import LogFileSettings, LogSettings

LOGGER = logging.getLogger("components.tests")
SECRETS = ("hunter2", "s3cr3tvalue", "0123456789abcdef")


def settings(**changed: Any) -> LogSettings:
    return LogSettings.load().model_copy(update=changed)


def logged(home: Home, part: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (home.logs / f"{part}.jsonl").read_text().splitlines()]


def log_failure(text: str, fault: Exception) -> None:
    def fail() -> None:
        raise fault

    try:
        fail()
    except type(fault):
        LOGGER.exception(text)


def test_a_line_has_the_fields_of_the_schema_in_its_order(tmp_path: Path) -> None:
    home = Home(tmp_path)
    log_as_part(home, "camera", camera="north")
    with request("line4-part-0001"):
        LOGGER.warning("%s: no frames", "north", extra={"age_s": 3.5})
    (line,) = logged(home, "camera")
    known = ["time", "level", "part", "logger", "message", "request_id", "pid"]
    assert list(line) == [*known, "camera", "age_s"]
    assert known == [name for name in FIRST_FIELDS if name != "run_id"]
    assert line["message"] == "north: no frames"
    assert (line["level"], line["part"], line["camera"]) == ("warning", "camera", "north")
    assert (line["request_id"], line["age_s"]) == ("line4-part-0001", 3.5)
    age = datetime.now(UTC) - datetime.fromisoformat(line["time"])
    assert timedelta() <= age < timedelta(minutes=1)


def test_lines_of_libraries_have_the_same_form_from_warning_on(tmp_path: Path) -> None:
    home = Home(tmp_path)
    log_as_part(home, "service")
    logging.getLogger("some.library").info("chatter")
    logging.getLogger("some.library").warning("trouble")
    LOGGER.info("ours")
    LOGGER.debug("details")
    assert [line["message"] for line in logged(home, "service")] == ["trouble", "ours"]


def test_a_failure_has_its_traceback_in_one_line(tmp_path: Path) -> None:
    home = Home(tmp_path)
    log_as_part(home, "service")
    log_failure("it failed", ValueError("two\nlines"))
    (line,) = logged(home, "service")
    assert line["exception"].startswith("Traceback (most recent call last):")
    assert line["exception"].endswith("ValueError: two\nlines")


@pytest.mark.parametrize("form", ["console", "json"])
def test_no_secret_is_written_anywhere(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DXFVISION_LOG__FORMAT", form)
    home = Home(tmp_path)
    log_as_part(home, "camera")
    LOGGER.warning("rtsp://me:%s@10.0.0.9/live is away", SECRETS[0], extra={"token": SECRETS[1]})
    LOGGER.warning('sent {"password": "%s"}, Authorization: Bearer %s', SECRETS[1], SECRETS[2])
    database = f"postgresql+asyncpg://ops:{SECRETS[0]}@db/prefect, token={SECRETS[1]}"
    log_failure("the database is away", ConnectionError(database))
    written = capfd.readouterr().err + (home.logs / "camera.jsonl").read_text()
    assert written.count("the database is away") == 2
    assert not any(secret in written for secret in SECRETS)
    assert COVERED in written


def test_what_is_no_secret_stays() -> None:
    for text in ("token: none", "http://127.0.0.1:3000/predict", "a basic part", "5 tokens left"):
        assert covered(text) == text


def test_lines_for_people_and_machines_go_to_standard_error(
    capfd: pytest.CaptureFixture[str],
) -> None:
    log_to_stderr("service", settings(format="console"))
    with request("line4-part-0001"):
        LOGGER.info("POST /inspect 200")
    people = capfd.readouterr().err
    assert "POST /inspect 200" in people
    assert "request_id=line4-part-0001" in people
    log_to_stderr("service", settings(format="json"))
    LOGGER.info("POST /inspect 200")
    machines = parsed(capfd.readouterr().err)
    assert machines is not None
    assert machines["message"] == "POST /inspect 200"


def test_what_its_reader_saw_already_goes_to_the_file_only(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    home = Home(tmp_path)
    log_as_part(home, "cli")
    LOGGER.error("told in other words", extra={SHOWN: True})
    assert capfd.readouterr().err == ""
    (line,) = logged(home, "cli")
    assert line["message"] == "told in other words"
    assert SHOWN not in line


def test_a_part_that_others_set_up_is_not_ours(tmp_path: Path) -> None:
    assert not is_set_up()
    log_as_part(Home(tmp_path), "cli")
    assert is_set_up()


def test_a_folder_that_cannot_be_written_to_ends_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    log_as_part(Home(tmp_path), "service")
    LOGGER.info("it goes on")
    told = capfd.readouterr().err
    assert "there is no log file" in told
    assert "it goes on" in told


def test_a_file_that_takes_no_more_is_told_of_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    home = Home(tmp_path)
    log_as_part(home, "service")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(setting_up.PartFile, "do_write", full)
    for _ in range(3):
        LOGGER.warning("a line")
    told = capfd.readouterr().err
    assert told.count("lines are missing from here") == 1
    assert told.count("a line") == 3


def _write_many(home: Home, name: str, bounds: LogFileSettings) -> None:
    log_to_file(home, "service", bounds)
    for number in range(150):
        logging.getLogger("components").warning("%s %d %s", name, number, "x" * 60)


def test_processes_that_share_a_file_lose_nothing_when_it_is_rotated(tmp_path: Path) -> None:
    home = Home(tmp_path)
    # About 190 bytes a line: 450 lines are 9 files.
    bounds = LogFileSettings(enabled=True, max_bytes=10_000, kept=50)
    spawned = multiprocessing.get_context("spawn")
    writers = [spawned.Process(target=_write_many, args=(home, name, bounds)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    files = log_files(home.logs)
    assert len(files) > 4
    # The line that fills a file may end behind the bound.
    assert all(file.stat().st_size <= 10_000 + 300 for file in files)
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    said = {tuple(line["message"].split()[:2]) for line in lines}
    assert said == {(name, str(number)) for name in "abc" for number in range(150)}
    assert len(lines) == 450


def test_old_files_go(tmp_path: Path) -> None:
    home = Home(tmp_path)
    _write_many(home, "a", LogFileSettings(enabled=True, max_bytes=10_000, kept=1))
    assert [file.name for file in log_files(home.logs)] == ["service.jsonl", "service.jsonl.1"]
