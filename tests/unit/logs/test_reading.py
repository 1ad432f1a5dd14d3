import json
from pathlib import Path

from components.logs.reading import Wanted, follow_logs, lines_of, log_files, parsed, read_logs


def text(second: int, part: str = "service", **fields: object) -> str:
    first = {"time": f"2026-03-02T08:15:{second:02}.000000Z", "level": "info", "part": part}
    return json.dumps({**first, "logger": "components.a", "message": f"at {second}", **fields})


def write(path: Path, *texts: str, mode: str = "w") -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open(mode) as file:
        file.writelines(f"{each}\n" for each in texts)


def begin(path: Path, half: str) -> None:
    with path.open("a") as file:
        file.write(half)


def messages(folder: Path, **wanted: str) -> list[str]:
    return [line["message"] for line in read_logs(folder, Wanted(**wanted))]


def test_a_request_is_followed_through_all_parts_in_the_order_of_time(tmp_path: Path) -> None:
    camera = text(1, "camera", request_id="abc00001"), text(4, "camera", request_id="abc00001")
    write(tmp_path / "camera.jsonl", *camera)
    write(tmp_path / "service.jsonl", text(3, request_id="abc00001"), text(2, request_id="other"))
    assert messages(tmp_path, request="abc0") == ["at 1", "at 3", "at 4"]


def test_a_run_is_found_by_its_own_id_and_by_that_of_a_flow_run(tmp_path: Path) -> None:
    write(tmp_path / "flow.jsonl", text(1, run_id="run1", flow_run_id="flow1"), text(2))
    assert messages(tmp_path, run="run1") == messages(tmp_path, run="flow1") == ["at 1"]


def test_part_and_level_choose_lines(tmp_path: Path) -> None:
    write(tmp_path / "service.jsonl", text(1), text(2, level="warning"), text(3, level="error"))
    write(tmp_path / "cli.jsonl", text(4, "cli", level="error"))
    assert messages(tmp_path, level="warning") == ["at 2", "at 3", "at 4"]
    assert messages(tmp_path, level="warning", part="service") == ["at 2", "at 3"]


def test_files_before_a_rotation_are_read_and_locks_are_not(tmp_path: Path) -> None:
    write(tmp_path / "service.jsonl.1", text(1))
    write(tmp_path / "service.jsonl", text(2))
    write(tmp_path / ".__service.jsonl.lock", text(3))
    write(tmp_path / "worker.log", text(4))
    assert messages(tmp_path) == ["at 1", "at 2"]
    assert [path.name for path in log_files(tmp_path)] == ["service.jsonl", "service.jsonl.1"]


def test_what_is_no_line_of_ours_is_passed_over() -> None:
    texts = ["Traceback:", "{broken", "[1, 2]", '{"time": 1}', text(1), f"service_1  | {text(2)}"]
    assert [line["message"] for line in lines_of(texts, Wanted())] == ["at 1", "at 2"]
    assert parsed("") is None


def test_a_missing_folder_has_no_lines(tmp_path: Path) -> None:
    assert messages(tmp_path / "none") == []


def test_new_lines_are_followed_over_a_rotation_and_into_new_files(tmp_path: Path) -> None:
    file = tmp_path / "service.jsonl"
    write(file, text(1))
    steps = iter(
        [
            lambda: write(file, text(2), mode="a"),
            lambda: (
                write(file, text(3), mode="a"),
                file.rename(tmp_path / "service.jsonl.1"),
                write(file, text(4)),
            ),
            lambda: write(tmp_path / "camera.jsonl", text(5, "camera")),
            lambda: begin(file, text(6)[:20]),
            lambda: write(file, text(6)[20:], mode="a"),
        ]
    )

    def go_on() -> bool:
        step = next(steps, None)
        if step is not None:
            step()
        return step is not None

    seen = [line["message"] for line in follow_logs(tmp_path, Wanted(), go_on)]
    assert seen == ["at 2", "at 3", "at 4", "at 5", "at 6"]
