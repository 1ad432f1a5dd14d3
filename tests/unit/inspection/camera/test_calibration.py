"""Calibration against pictures of the board by a camera whose every number is known."""

import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from components.domain import Pose
from components.errors import CalibrationError
from components.inspection.camera.board import (
    board_picture,
    page_mm,
    page_picture,
    write_board,
)
from components.inspection.camera.calibrating import calibrated
from components.inspection.camera.calibration import (
    calibrations,
    check_usable,
    current_calibration,
    keep_calibration,
    read_calibration,
)
from components.inspection.camera.scale_watch import ScaleWatch
from components.settings.measure import BoardSettings, MeasureSettings

SETTINGS = MeasureSettings.load().calibration
BOARD = SETTINGS.board
WIDTH, HEIGHT = 800, 600
FOCAL = 1100.0
CAMERA = np.array([[FOCAL, 0, 410.0], [0, FOCAL, 295.0], [0, 0, 1.0]])
LENS = np.array([-0.12, 0.05, 0.0, 0.0, 0.0])
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def view(tilt_x: float, tilt_y: float, turn: float, distance_mm: float = 420.0):
    """Rotation vector and shift of a board whose middle is straight ahead."""
    rotation = (
        cv2.Rodrigues(np.array([np.deg2rad(tilt_x), 0, 0]))[0]
        @ cv2.Rodrigues(np.array([0, np.deg2rad(tilt_y), 0]))[0]
        @ cv2.Rodrigues(np.array([0, 0, np.deg2rad(turn)]))[0]
    )
    middle = np.array([BOARD.columns, BOARD.rows, 0]) * BOARD.square_mm / 2
    return rotation, np.array([0, 0, distance_mm]) - rotation @ middle


def photographed(rotation, shift, lens=LENS, noise: float = 2.0, seed: int = 0) -> np.ndarray:
    """The board as the known camera sees it: every pixel looks its place on the board up."""
    per_mm = 4
    board = cv2.copyMakeBorder(board_picture(BOARD, per_mm), 40, 40, 40, 40, 0, value=255)
    fine = 2
    rows, columns = np.mgrid[0 : HEIGHT * fine, 0 : WIDTH * fine]
    pixels = np.stack([columns.ravel(), rows.ravel()], 1) / fine - (fine - 1) / (2 * fine)
    stop = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 60, 1e-10)
    flat = cv2.undistortPoints(pixels[:, None].astype(np.float64), CAMERA, lens, criteria=stop)
    plane = np.column_stack([rotation[:, :2], shift])
    back = np.linalg.inv(plane) @ np.column_stack([flat[:, 0], np.ones(len(flat))]).T
    # Board mm 0 is the upper left edge of its first pixel.
    x, y = (back[:2] / back[2] * per_mm - 0.5 + 40).astype(np.float32)
    shape = HEIGHT * fine, WIDTH * fine
    seen = cv2.remap(board, x.reshape(shape), y.reshape(shape), cv2.INTER_LINEAR, borderValue=255)
    small = cv2.resize(seen, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float64)
    small = cv2.GaussianBlur(40 + small * 0.7, (0, 0), 0.7)
    small += np.random.default_rng(seed).normal(0, noise, small.shape)
    return np.clip(np.rint(small), 0, 255).astype(np.uint8)


VIEWS = [view(0, 0, 2), view(18, 3, 0), view(-16, 8, 30), view(4, 20, -20), view(-6, -22, 10),
         view(14, -14, 80)]  # fmt: skip


@pytest.fixture(scope="module")
def pictures() -> dict[str, np.ndarray]:
    return {f"{k}.png": photographed(*pose, seed=k) for k, pose in enumerate(VIEWS)}


@pytest.fixture(scope="module")
def record(pictures):
    return calibrated(pictures, "cell-1", SETTINGS, now=NOW)


def truth_px(board_mm: np.ndarray, height_mm: float = 0.0) -> np.ndarray:
    """Where places of the plane, y up, are seen in the first picture."""
    rotation, shift = VIEWS[0]
    space = np.column_stack([board_mm * (1, -1), np.full(len(board_mm), -height_mm)])
    return cv2.projectPoints(space, cv2.Rodrigues(rotation)[0], shift, CAMERA, LENS)[0][:, 0]


def grid_mm() -> np.ndarray:
    x, y = np.meshgrid(np.linspace(0, 180, 7), np.linspace(-240, 0, 7))
    return np.column_stack([x.ravel(), y.ravel()])


def test_plane_is_known_to_a_tenth_of_a_pixel(record):
    assert record.lens
    plane = record.metric_plane()
    off = np.linalg.norm(plane.to_px(grid_mm()) - truth_px(grid_mm()), axis=1)
    assert np.sqrt(np.square(off).mean()) < 0.1
    assert np.abs(plane.from_px(plane.to_px(grid_mm())) - grid_mm()).max() < 1e-3


def test_scale_is_the_focal_length_over_the_distance(record):
    assert record.px_per_mm == pytest.approx(FOCAL / 420.0, rel=1e-3)


def test_lens_is_found(record):
    assert record.distortion[0] == pytest.approx(LENS[0], abs=0.02)
    assert record.camera_matrix[0][0] == pytest.approx(FOCAL, rel=0.01)


def test_residual_is_honest(record):
    """Corners are found to a few hundredths of a pixel; in mm they are px over px per mm."""
    assert 0.01 < record.residual_px < 0.15
    assert record.residual_mm == pytest.approx(record.residual_px / record.px_per_mm, rel=0.2)
    assert record.worst_mm >= record.residual_mm


def test_plane_above_the_board_is_seen_bigger(record):
    plane = record.metric_plane(height_mm=8.0)
    off = np.linalg.norm(plane.to_px(grid_mm()) - truth_px(grid_mm(), 8.0), axis=1)
    assert off.max() < 0.4
    assert plane.px_per_mm_at(np.array([400.0, 300.0])) == pytest.approx(FOCAL / 412.0, rel=2e-3)


def test_one_picture_gives_the_plane_alone(pictures):
    flat = photographed(*VIEWS[0], lens=np.zeros(5))
    found = calibrated({"flat.png": flat}, "cell-1", SETTINGS)
    assert not found.lens
    assert found.px_per_mm == pytest.approx(FOCAL / 420.0, rel=1e-3)
    with pytest.raises(CalibrationError, match="needs the lens"):
        found.metric_plane(height_mm=1.0)


def test_board_that_was_never_tilted_gives_the_lens_but_no_heights():
    shown = {
        f"{k}.png": photographed(rotation, shift + np.array([6.0 * k, -5.0 * k, 0]), seed=k)
        for k, (rotation, shift) in enumerate(view(0, 0, 6.0 * k) for k in range(5))
    }
    found = calibrated(shown, "cell-1", SETTINGS)
    assert found.lens
    assert found.px_per_mm == pytest.approx(FOCAL / 420.0, rel=1e-3)
    assert found.lift is None
    with pytest.raises(CalibrationError, match="tilted by 15 to 30 degrees"):
        found.metric_plane(height_mm=1.0)


def test_bent_picture_without_the_lens_is_refused():
    bent = photographed(*VIEWS[0], lens=np.array([-0.6, 0.1, 0, 0, 0]))
    with pytest.raises(CalibrationError, match="need the lens"):
        calibrated({"bent.png": bent}, "cell-1", SETTINGS)


def test_pictures_that_do_not_show_the_board_are_refused_by_name():
    grey = np.full((HEIGHT, WIDTH), 128, np.uint8)
    with pytest.raises(CalibrationError, match=r"grey\.png: shows 0 corners"):
        calibrated({"grey.png": grey}, "cell-1", SETTINGS)
    with pytest.raises(CalibrationError, match="one size"):
        calibrated({"a": grey, "b": grey[:100]}, "cell-1", SETTINGS)
    with pytest.raises(CalibrationError, match="not among"):
        calibrated({"a": grey}, "cell-1", SETTINGS, plane="b")


def test_mirrored_board_is_no_board(pictures):
    with pytest.raises(CalibrationError, match="printed side"):
        calibrated({"back.png": pictures["0.png"][:, ::-1].copy()}, "cell-1", SETTINGS)


def test_calibration_is_kept_with_its_history(record, tmp_path):
    assert current_calibration(tmp_path, "cell-1") is None
    old = keep_calibration(tmp_path, record)
    later = record.model_copy(update={"created": NOW + timedelta(days=1)})
    new = keep_calibration(tmp_path, later)
    assert calibrations(tmp_path, "cell-1") == [old, new]
    assert current_calibration(tmp_path, "cell-1") == later
    assert read_calibration(old) == record
    assert current_calibration(tmp_path, "cell-2") is None


def test_changed_calibration_is_refused(record, tmp_path):
    path = keep_calibration(tmp_path, record)
    path.write_text(path.read_text().replace('"corners": ', '"corners": 1'))
    with pytest.raises(CalibrationError, match="changed after it was written"):
        read_calibration(path)
    with pytest.raises(CalibrationError):
        current_calibration(tmp_path, "cell-1")
    with pytest.raises(CalibrationError, match="is no calibration"):
        read_calibration(tmp_path / "none.json")


def test_calibration_ends_after_its_days(record):
    check_usable(record, WIDTH, HEIGHT, NOW + timedelta(days=SETTINGS.days) - timedelta(seconds=1))
    with pytest.raises(CalibrationError, match="was valid until"):
        check_usable(record, WIDTH, HEIGHT, NOW + timedelta(days=SETTINGS.days))


def test_calibration_of_the_future_is_refused(record):
    check_usable(record, WIDTH, HEIGHT, record.created - timedelta(minutes=5))
    with pytest.raises(CalibrationError, match="set the clock"):
        check_usable(record, WIDTH, HEIGHT, record.created - timedelta(hours=1))


def test_calibration_holds_for_its_size_of_pictures_only(record):
    with pytest.raises(CalibrationError, match="800x600 pixels, got 640x480"):
        check_usable(record, 640, 480, NOW)


def test_camera_s_name_cannot_leave_the_folder(tmp_path):
    with pytest.raises(CalibrationError, match="name"):
        current_calibration(tmp_path, "../other")


def pose_at(record, x_px: float, y_px: float, scale: float) -> Pose:
    here = record.metric_plane().px_per_mm_at(np.array([x_px, y_px]))
    return Pose(x_px, y_px, 0.0, here * scale, False)


def test_camera_that_moved_is_noticed_from_the_parts(record):
    rng = np.random.default_rng(5)
    for scale, moved in ((1.0, False), (1.005, False), (1.02, True), (0.97, True)):
        watch = ScaleWatch(record.metric_plane(), SETTINGS)
        for k in range(3 * SETTINGS.moved_parts):
            assert watch.ratio is None or k >= SETTINGS.moved_parts
            # One part in five is something else.
            size = 1.3 if k % 5 == 0 else scale * rng.normal(1, 0.002)
            watch.seen(pose_at(record, rng.uniform(100, 700), rng.uniform(100, 500), size))
        assert (watch.warning() is not None) == moved


def test_board_is_exact_to_the_pixel():
    drawn = board_picture(BOARD)
    assert drawn.shape == (12 * 20 * 20, 9 * 20 * 20)
    # The upper left square is black, its neighbours are white with a marker in their middle.
    edges = np.flatnonzero(np.diff(drawn[10].astype(int)))
    assert (edges[:8] + 1).tolist() == [400, 800, 1200, 1600, 2000, 2400, 2800, 3200]


def test_page_has_its_size_and_the_bar_is_100_mm():
    page = page_picture(BOARD)
    assert page_mm(BOARD) == (210, 297)
    assert page.size == (4200, 5940)
    rows = np.flatnonzero((~np.asarray(page)).sum(axis=1) == 2000)
    # Twenty rows of one millimetre are black over exactly 100 mm.
    assert len(rows) >= 20


def test_board_that_fits_no_page_gets_its_own():
    assert page_mm(BoardSettings(columns=5, rows=7, square_mm=400, marker_mm=300)) == (2016, 2830)


def test_length_between_pixels_is_refused():
    with pytest.raises(CalibrationError, match=r"square_mm is 20\.03 mm"):
        board_picture(BoardSettings(columns=5, rows=7, square_mm=20.03, marker_mm=15))


def test_files_say_their_size(tmp_path):
    pdf, png = write_board(tmp_path, BOARD)
    box = re.search(rb"MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", pdf.read_bytes())
    assert box is not None
    assert [float(v) * 25.4 / 72 for v in box.groups()] == pytest.approx([210, 297], abs=1e-6)
    with Image.open(png) as image:
        assert image.info["dpi"] == pytest.approx((508, 508), abs=0.01)


@pytest.mark.skipif(shutil.which("gs") is None, reason="Ghostscript is not installed")
def test_printed_page_has_corners_where_the_board_has_them(tmp_path):
    pdf, _ = write_board(tmp_path, BOARD)
    out: Path = tmp_path / "page.png"
    # 254 dpi: 10 px a mm.
    command = ["gs", "-q", "-dNOPAUSE", "-dBATCH", "-sDEVICE=pnggray", "-r254", "-o", str(out)]
    subprocess.run([*command, str(pdf)], check=True, timeout=60)
    with Image.open(out) as image:
        page = np.asarray(image.convert("L"))
    found = calibrated({"page": page}, "printer", SETTINGS)
    assert found.px_per_mm == pytest.approx(10.0, rel=2e-4)
    assert found.worst_mm < 0.05
