import hashlib
import json

import cv2
import numpy as np
import pytest

from components.errors import ModelError
from components.inspection.baseline.templates import (
    hu_moments,
    read_template_mask,
    template_mask,
    template_scale,
    templates_intact,
    write_templates,
)
from tests.unit.strategies import mirrored_part, part, plate_with_hole, regular, square


def test_mask_has_the_area_of_the_part():
    one = plate_with_hole()
    pixels = np.count_nonzero(template_mask(one)) / template_scale(one) ** 2
    # fillPoly also paints the pixels its edge runs through: half a pixel all around.
    assert pixels == pytest.approx(6000 - 78.5, rel=0.02)


def test_mask_is_y_down():
    mask = template_mask(part("p", square(10), regular(32, 2, 0, 3)))
    assert mask[mask.shape[0] // 4, mask.shape[1] // 2] == 0
    assert mask[3 * mask.shape[0] // 4, mask.shape[1] // 2] == 255


@pytest.mark.parametrize("wall_mm", [0.01, 0.1, 0.35, 0.6, 1.2])
def test_frame_with_walls_about_a_pixel_thin_stays_whole(tmp_path, wall_mm):
    frame = part("frame", square(100), square(100 - 2 * wall_mm))
    assert cv2.connectedComponents(template_mask(frame))[0] == 2
    write_templates(tmp_path, [frame])
    outline = np.load(tmp_path / "frame.contours.npz")["outline"]
    assert np.ptp(outline, axis=0) == pytest.approx([255, 255], abs=2)


def test_hu_moments_of_a_turned_part_are_the_same_and_of_its_back_nearly():
    one = template_mask(plate_with_hole(x=-30, y=12))
    back = template_mask(mirrored_part(plate_with_hole(x=-30, y=12), "back"))
    assert hu_moments(np.rot90(one)) == pytest.approx(hu_moments(one), abs=1e-6)
    assert hu_moments(back)[:6] == pytest.approx(hu_moments(one)[:6], abs=0.05)


def test_templates_are_written_with_an_index_and_stale_ones_removed(tmp_path):
    write_templates(tmp_path, [plate_with_hole("old")])
    files = write_templates(tmp_path, [plate_with_hole("a"), part("b", square(40))])
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(p.name for p in files)
    index = json.loads((tmp_path / "index.json").read_text())
    assert [record["name"] for record in index["templates"]] == ["a", "b"]
    assert [record["holes"] for record in index["templates"]] == [1, 0]
    contours = np.load(tmp_path / "a.contours.npz")
    assert set(contours) == {"outline", "hole_1"}
    assert cv2.matchShapes(contours["outline"], contours["outline"], cv2.CONTOURS_MATCH_I1, 0) == 0
    assert read_template_mask(tmp_path, "a").max() == 255


def test_missing_template_says_how_to_make_it(tmp_path):
    with pytest.raises(ModelError, match="dxfvision run"):
        read_template_mask(tmp_path, "none")


def test_unchanged_templates_are_left_alone_and_the_index_holds_their_hashes(tmp_path):
    write_templates(tmp_path, [plate_with_hole("a"), part("b", square(40))])
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.*.*")}
    write_templates(tmp_path, [plate_with_hole("a"), part("b", square(40), square(9))])
    after = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.*.*")}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"b.mask.png", "b.contours.npz"}
    for record in json.loads((tmp_path / "index.json").read_text())["templates"]:
        for kind in ("mask", "contours"):
            data = (tmp_path / record[kind]).read_bytes()
            assert hashlib.sha256(data).hexdigest() == record[f"{kind}_sha256"]


def test_index_of_unchanged_parts_is_not_written_again(tmp_path):
    parts = [plate_with_hole("a"), part("b", square(40))]
    write_templates(tmp_path, parts)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    write_templates(tmp_path, parts)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_run_killed_at_any_write_leaves_what_the_next_one_puts_right(tmp_path, monkeypatch):
    old = [plate_with_hole("a"), plate_with_hole("gone")]
    new = [plate_with_hole("a", x=-30), part("b", square(40))]
    wanted = tmp_path / "wanted"
    names = [path.name for path in write_templates(wanted, new)]
    for writes in range(len(names)):
        folder = tmp_path / str(writes)
        write_templates(folder, old)
        (folder / ".b.mask.png.4194303.partial").write_bytes(b"half a pic")
        (folder / "README.md").write_text("of the user")
        left = iter(range(writes))

        def killed(path, data, left=left):
            if next(left, None) is None:
                raise KeyboardInterrupt
            path.write_bytes(data)

        with monkeypatch.context() as patch:
            patch.setattr("components.inspection.baseline.templates.write_bytes", killed)
            with pytest.raises(KeyboardInterrupt):
                write_templates(folder, new)
        assert templates_intact(folder) == (writes == 0)
        assert all(
            (folder / record[kind]).is_file()
            for record in json.loads((folder / "index.json").read_text())["templates"]
            for kind in ("mask", "contours")
        )
        write_templates(folder, new)
        assert templates_intact(folder)
        assert sorted(path.name for path in folder.iterdir()) == sorted([*names, "README.md"])
        assert all((folder / n).read_bytes() == (wanted / n).read_bytes() for n in names)


@pytest.mark.parametrize("harm", ["changed", "missing", "index"])
def test_damaged_templates_are_not_intact(tmp_path, harm):
    write_templates(tmp_path, [plate_with_hole("a")])
    assert templates_intact(tmp_path)
    if harm == "changed":
        (tmp_path / "a.mask.png").write_bytes(b"other")
    elif harm == "missing":
        (tmp_path / "a.contours.npz").unlink()
    else:
        (tmp_path / "index.json").write_text("[")
    assert not templates_intact(tmp_path)
