import hashlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.errors import DrawingError
from components.geometry.drawing_files import (
    drawing_digest,
    find_drawings,
    read_bytes,
    safe_name,
    unique_names,
)


def test_drawings_of_a_folder_are_found_below_it_and_sorted(tmp_path):
    for name in ("b.dxf", "A.DXF", "notes.txt", ".hidden.dxf", "sub/c.Dxf", ".git/d.dxf"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "loop").symlink_to(".")
    assert [str(p.relative_to(tmp_path)) for p in find_drawings(tmp_path)] == [
        "A.DXF", "b.dxf", "sub/c.Dxf",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["missing", "file", "empty"])
def test_folder_without_drawings_says_what_to_do(tmp_path, name):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DrawingError, match=rf"{name}: .*or name another$"):
        find_drawings(tmp_path / name)


def test_link_may_stay_in_its_folder_but_not_leave_it(tmp_path):
    inside = tmp_path / "in"
    inside.mkdir()
    (inside / "a.dxf").write_bytes(b"mine")
    (tmp_path / "secret").write_bytes(b"secret")
    (inside / "near.dxf").symlink_to("a.dxf")
    (inside / "far.dxf").symlink_to("../secret")
    assert read_bytes(inside / "near.dxf", 99, inside) == b"mine"
    with pytest.raises(DrawingError, match="leaves its folder") as caught:
        read_bytes(inside / "far.dxf", 99, inside)
    assert "secret" not in str(caught.value)


def test_special_files_are_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe.dxf")
    (tmp_path / "loop.dxf").symlink_to("loop.dxf")
    (tmp_path / "locked.dxf").write_bytes(b"x")
    (tmp_path / "locked.dxf").chmod(0)
    (tmp_path / "big.dxf").write_bytes(b"x" * 100)
    for name, reason in (
        ("pipe.dxf", "device or pipe"),
        ("loop.dxf", "loop of links"),
        ("locked.dxf", "[Pp]ermission denied"),
        ("big.dxf", "max_file_mib"),
        ("none.dxf", "does not exist"),
        ("", "a folder"),
    ):
        with pytest.raises(DrawingError, match=reason):
            read_bytes(tmp_path / name, 50)


def test_digest_of_a_drawing_is_the_hash_of_its_content(tmp_path):
    (tmp_path / "a.dxf").write_bytes(b"abc")
    # The example of FIPS 180-2.
    wanted = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert drawing_digest(tmp_path / "a.dxf", 3) == wanted


def test_digest_of_what_cannot_be_read_is_that_of_the_refusal(tmp_path):
    (tmp_path / "in" / "folder.dxf").mkdir(parents=True)
    inside = tmp_path / "in"
    os.mkfifo(inside / "pipe.dxf")
    (inside / "dangling.dxf").symlink_to("nothing.dxf")
    (inside / "big.dxf").write_bytes(b"x" * 100)
    (inside / "locked.dxf").write_bytes(b"x")
    (inside / "locked.dxf").chmod(0)
    (tmp_path / "outside").write_bytes(b"x")
    (inside / "far.dxf").symlink_to("../outside")
    digests = {}
    for path in inside.iterdir():
        with pytest.raises(DrawingError) as refusal:
            read_bytes(path, 50, inside)
        digests[path.name] = drawing_digest(path, 50)
        assert (
            digests[path.name] == hashlib.sha256(f"refused: {refusal.value}".encode()).hexdigest()
        )
    assert len(set(digests.values())) == len(digests) == 6


def test_digest_changes_when_a_dangling_link_gets_its_file(tmp_path):
    (tmp_path / "link.dxf").symlink_to("a.dxf")
    before = drawing_digest(tmp_path / "link.dxf", 9)
    (tmp_path / "a.dxf").write_bytes(b"x")
    assert (
        before != drawing_digest(tmp_path / "link.dxf", 9) == drawing_digest(tmp_path / "a.dxf", 9)
    )


def test_fault_of_the_disk_while_reading_is_a_refusal(tmp_path, monkeypatch):
    def broken(*_args, **_how):
        raise OSError(5, "Input/output error")

    (tmp_path / "a.dxf").write_bytes(b"x")
    monkeypatch.setattr(os, "fdopen", broken)
    with pytest.raises(DrawingError, match=r"cannot be read \(Input/output error\)"):
        read_bytes(tmp_path / "a.dxf", 9)


@given(st.text(max_size=300))
def test_safe_name_never_holds_anything_else(text):
    name = safe_name(text)
    assert 0 < len(name) <= 80
    assert all(c.isascii() and (c.isalnum() or c in "_.-") for c in name)
    assert name.strip(".") == name


@given(st.lists(st.sampled_from(["a", "A", "a-2", "b"]), max_size=12))
def test_unique_names_are_unique_in_any_case(names):
    unique = unique_names(names)
    assert len({name.lower() for name in unique}) == len(names)
    assert all(u.startswith(n) for u, n in zip(unique, names, strict=True))
