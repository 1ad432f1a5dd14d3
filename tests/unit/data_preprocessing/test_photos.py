"""The user's photographs: what can be used is, what cannot is named."""

import json
import logging
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from components.data_preprocessing import photos
from components.data_preprocessing.photos import read_photo, usable_photos
from components.errors import DatasetError

RED = (200, 30, 10)


def saved(path: Path, mode: str = "RGB", size: tuple[int, int] = (60, 40)) -> Path:
    Image.new("RGB", size, RED).convert(mode).save(path)
    return path


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb() -> bytes:
    """A PNG of 74 bytes that says it has ten thousand million pixels."""
    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def test_every_kind_of_picture_is_read_in_its_colours(tmp_path: Path) -> None:
    kinds = [("a.jpg", "RGB"), ("b ü.jpeg", "CMYK"), ("c.PNG", "RGBA"), ("d.webp", "RGB")]
    paths = [saved(tmp_path / name, mode) for name, mode in kinds]
    assert usable_photos(tmp_path) == paths
    for path in paths:
        # JPEG and CMYK round.
        assert np.abs(read_photo(path).reshape(-1, 3) - np.array(RED, np.int16)).max() <= 6


def test_photographs_of_one_pixel_and_of_ten_thousand_are_read(tmp_path: Path) -> None:
    assert read_photo(saved(tmp_path / "one.png", size=(1, 1))).shape == (1, 1, 3)
    assert read_photo(saved(tmp_path / "wide.png", size=(10_000, 2))).shape == (1, 1600, 3)


def test_what_cannot_be_used_is_left_out_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 300, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "half.jpg")
    whole = (tmp_path / "half.jpg").read_bytes()
    (tmp_path / "half.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "bomb.png").write_bytes(bomb())
    (tmp_path / "empty.png").touch()
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic")
    (tmp_path / "README.md").touch()
    (tmp_path / ".DS_Store").touch()
    with caplog.at_level(logging.WARNING):
        assert usable_photos(tmp_path) == []
    named = sorted(Path(record.message.split(": ")[0]).name for record in caplog.records)
    assert named == ["bomb.png", "empty.png", "folder.jpg", "half.jpg", "phone.heic"]


def test_of_copies_of_a_photograph_the_first_stands_for_all(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = saved(tmp_path / "belt.png")
    (tmp_path / "belt copy.png").write_bytes(first.read_bytes())
    other = saved(tmp_path / "table.png", size=(50, 40))
    with caplog.at_level(logging.WARNING):
        assert usable_photos(tmp_path) == [tmp_path / "belt copy.png", other]
    (told,) = [record.message for record in caplog.records]
    assert told.endswith("belt.png: left out: the same bytes as belt copy.png")


def test_photograph_that_vanishes_during_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"gone\.jpg.*cannot any more"):
        read_photo(tmp_path / "gone.jpg")


def test_photograph_is_decoded_once_as_long_as_its_bytes_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, known = tmp_path / "photos", tmp_path / "state" / "photos.json"
    folder.mkdir()
    kept = saved(folder / "kept.jpg")
    assert usable_photos(folder, known) == [kept]
    looked: list[str] = []
    decode = photos._decoded

    def decoded(path: Path) -> NDArray[np.uint8] | None:
        looked.append(path.name)
        return decode(path)

    monkeypatch.setattr(photos, "_decoded", decoded)
    other = saved(folder / "other.png")
    assert usable_photos(folder, known) == [kept, other]
    assert looked == ["other.png"]
    # Damage is found and told each time, however often the rest was looked at.
    kept.write_bytes(kept.read_bytes()[:200])
    assert usable_photos(folder, known) == [other]
    assert usable_photos(folder, known) == [other]


@pytest.mark.parametrize("content", ["", "{", "3", '{"a": 1}'])
def test_damaged_memory_of_photographs_only_costs_time(tmp_path: Path, content: str) -> None:
    known = tmp_path / "photos.json"
    known.write_text(content)
    (tmp_path / "own").mkdir()
    photo = saved(tmp_path / "own" / "a.png")
    assert usable_photos(tmp_path / "own", known) == [photo]
    assert len(json.loads(known.read_text())) == 1
