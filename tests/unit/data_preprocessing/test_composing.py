"""Scenes as the settings ask for them."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from components.data_preprocessing.backgrounds import variants_of
from components.data_preprocessing.composing import Place, compose, random_place
from components.data_preprocessing.photos import photos_of, usable_photos
from components.data_preprocessing.scene import Scene
from components.domain import OTHER_LABEL, SPLITS
from components.settings.data import DataSettings
from tests.unit.strategies import part, plate_with_hole, square

SETTINGS = DataSettings.load(None, "tiny")
PARTS = [plate_with_hole(), part("square", square(50.0)), part("small", square(30.0))]


def with_scene(**changes: object) -> DataSettings:
    return SETTINGS.model_copy(update={"scene": SETTINGS.scene.model_copy(update=changes)})


def place_of(seed: int, settings: DataSettings = SETTINGS) -> Place:
    return random_place(np.random.default_rng(seed), settings, "train")


def scene_of(seed: int, settings: DataSettings = SETTINGS) -> Scene:
    rng = np.random.default_rng([seed, 1])
    return compose(rng, PARTS, place_of(seed, settings), settings, 7)


def labels(scene: Scene) -> list[str]:
    return [thing.label for thing in scene.objects]


def test_same_randomness_gives_the_same_scene() -> None:
    one, two = scene_of(4), scene_of(4)
    assert labels(one) == labels(two)
    assert [p.x_mm for t in one.objects for p in t.pieces] == [
        p.x_mm for t in two.objects for p in t.pieces
    ]


def test_empty_scenes_hold_no_part_of_the_drawings() -> None:
    settings = with_scene(empty_share=1.0)
    assert all(set(labels(scene_of(seed, settings))) <= {OTHER_LABEL} for seed in range(20))


def test_number_of_objects_keeps_to_the_settings() -> None:
    settings = with_scene(
        parts=(2, 3), distractors=(0, 1), empty_share=0.0, close_up_share=0.0, part_size=(0.1, 0.15)
    )
    for seed in range(20):
        found = labels(scene_of(seed, settings))
        assert 1 <= sum(label != OTHER_LABEL for label in found) <= 3
        assert sum(label == OTHER_LABEL for label in found) <= 1


def test_camera_with_a_known_scale_keeps_it() -> None:
    camera = SETTINGS.camera.model_copy(update={"px_per_mm": 1.25})
    settings = SETTINGS.model_copy(update={"camera": camera})
    assert {scene_of(seed, settings).view.px_per_mm for seed in range(10)} == {1.25}


def test_parts_of_one_scene_keep_their_true_proportions() -> None:
    for seed in range(10):
        pieces = [t.pieces[0] for t in scene_of(seed).objects if t.label != OTHER_LABEL]
        assert {piece.scale for piece in pieces} <= {1.0}


def test_parts_on_a_conveyor_lie_apart() -> None:
    presets = {"conveyor": 1.0}
    settings = with_scene(truncated_share=0.0).model_copy(update={"presets": presets})
    for seed in range(15):
        assert {p.z_mm for t in scene_of(seed, settings).objects[:1] for p in t.pieces} <= {0.0}


def test_backlight_shows_dark_parts_on_a_bright_panel() -> None:
    settings = SETTINGS.model_copy(update={"presets": {"backlight": 1.0}})
    for seed in range(10):
        scene = scene_of(seed, settings)
        assert scene.ground.mean_rgb.mean() > 180
        for thing in scene.objects:
            assert all(p.surface.mean_rgb.mean() < 60 for p in thing.pieces)
        assert scene.lighting.lamps == ()


def test_hard_scenes_have_parts_of_nearly_the_grounds_colour() -> None:
    settings = with_scene(hard_share=1.0).model_copy(update={"presets": {"workbench": 1.0}})
    for seed in range(15):
        scene = scene_of(seed, settings)
        for thing in scene.objects:
            if thing.label != OTHER_LABEL:
                difference = thing.pieces[0].surface.mean_rgb - scene.ground.mean_rgb
                assert abs(difference.mean()) < 70


def test_no_two_splits_share_a_texture() -> None:
    ranges = [set(range(*variants_of(split))) for split in SPLITS]
    assert all(ranges)
    assert sum(len(r) for r in ranges) == len(set.union(*ranges))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 9, 25])
def test_every_photograph_belongs_to_one_split(count: int) -> None:
    photos = [Path(f"{n}.jpg") for n in range(count)]
    shared = [photo for split in SPLITS for photo in photos_of(split, photos)]
    assert sorted(shared) == sorted(photos)


def test_photographs_become_grounds_and_broken_files_are_left_out(tmp_path: Path) -> None:
    picture = np.full((200, 300, 3), (10, 200, 30), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "bench.png"), picture)
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("no picture either")
    photos = usable_photos(tmp_path)
    assert [photo.name for photo in photos] == ["bench.png"]
    settings = SETTINGS.model_copy(
        update={"backgrounds": {"photo": 1.0}, "presets": {"workbench": 1.0}}
    )
    place = random_place(np.random.default_rng(1), settings, "train", photos)
    assert place.ground.photo == photos[0]
    # OpenCV stores blue, green, red.
    assert place.ground.mean_rgb == pytest.approx([30, 200, 10])


def sizes_of(settings: DataSettings, count: int) -> list[float]:
    """Longer side of the only part there is, in frames, of many scenes."""
    views = [
        compose(np.random.default_rng([n, 1]), PARTS[:1], place_of(1), settings, 7).view
        for n in range(count)
    ]
    return [100.0 / view.width_mm for view in views]


@pytest.mark.parametrize(
    ("close", "far", "low", "high"),
    [(0.0, 0.0, 0.18, 0.42), (1.0, 0.0, 0.42, 0.90), (0.0, 1.0, 0.08, 0.18)],
    ids=["usual", "close-up", "from afar"],
)
def test_parts_have_the_size_that_was_asked_for(
    close: float, far: float, low: float, high: float
) -> None:
    sizes = sizes_of(with_scene(close_up_share=close, far_share=far), 40)
    assert low <= min(sizes) < max(sizes) <= high
    assert max(sizes) - min(sizes) > 0.6 * (high - low)


def test_sizes_reach_from_a_twelfth_of_the_frame_to_nearly_all_with_the_bulk_between() -> None:
    sizes = np.array(sizes_of(DataSettings.load(None, "standard"), 400))
    assert 0.08 <= sizes.min() < 0.12
    assert 0.80 < sizes.max() <= 0.90
    assert 0.65 < np.mean((sizes >= 0.18) & (sizes <= 0.42)) < 0.85


def test_small_objects_lie_on_parts_if_they_may() -> None:
    changes = {"covering_share": 1.0, "unknown_plate_share": 0.0, "distractors": (4, 6)}
    settings = with_scene(**changes, empty_share=0.0, far_share=0.0)
    settings = settings.model_copy(update={"presets": {"workbench": 1.0}})
    heights = [
        piece.z_mm
        for seed in range(12)
        for thing in scene_of(seed, settings).objects
        if thing.label == OTHER_LABEL
        for piece in thing.pieces[:1]
    ]
    assert sum(height > 0.05 for height in heights) > 4


def test_silhouettes_before_a_panel_never_lie_on_each_other() -> None:
    settings = with_scene(overlapping_share=1.0, empty_share=0.0, distractors=(0, 0))
    settings = settings.model_copy(update={"presets": {"backlight": 1.0}})
    scenes = [scene_of(seed, settings) for seed in range(15)]
    assert {thing.pieces[0].z_mm for scene in scenes for thing in scene.objects} == {0.0}


def test_hard_parts_may_have_the_grounds_own_pattern() -> None:
    settings = with_scene(hard_share=1.0, same_pattern_share=1.0, empty_share=0.0)
    settings = settings.model_copy(update={"presets": {"workbench": 1.0}})
    for seed in range(10):
        scene = scene_of(seed, settings)
        patterns = {t.pieces[0].surface.pattern for t in scene.objects if t.label != OTHER_LABEL}
        assert patterns == {scene.ground.pattern}


def only(preset: str) -> DataSettings:
    """Return settings of one kind of place, in which plates of no drawing lie as well."""
    weights = dict.fromkeys(SETTINGS.presets, 0.0) | {preset: 1.0}
    scene = {"distractors": (3, 3), "unknown_plate_share": 1.0, "unknown_plate_size": (0.2, 0.2)}
    return with_scene(**scene).model_copy(update={"presets": weights})


def test_plates_and_small_objects_have_the_sizes_of_the_settings() -> None:
    scene = {"parts": (0, 0), "distractors": (4, 4), "small_object_scale": (0.5, 0.5)}
    for share in (0.0, 1.0):
        settings = with_scene(
            **scene,
            unknown_plate_share=share,
            unknown_plate_size=(0.25, 0.25),
            thin_share=1.0,
            thin_thickness=0.01,
        )
        found = [(scene_of(seed, settings), seed) for seed in range(6)]
        pieces = [(s.view.width_mm, p) for s, _ in found for t in s.objects for p in t.pieces]
        assert pieces
        for width_mm, piece in pieces:
            if share:
                side = piece.scale * max(piece.part.size_mm)
                assert side == pytest.approx(0.25 * width_mm)
                assert piece.thickness_mm == pytest.approx(0.01 * side)
            else:
                assert piece.scale == pytest.approx(0.5 * width_mm)


def test_panel_and_silhouettes_have_the_grey_levels_of_the_settings() -> None:
    settings = only("backlight")
    backlight = {"panel": (220.0, 220.0), "silhouette": (30.0, 30.0), "exposure": (1.1, 1.1)}
    changed = {"backlight": settings.backlight.model_copy(update=backlight)}
    scenes = [scene_of(seed, settings.model_copy(update=changed)) for seed in range(8)]
    assert np.mean([s.ground.mean_rgb for s in scenes]) == pytest.approx(220, abs=4)
    greys = [p.surface.colours.mean() for s in scenes for t in s.objects for p in t.pieces]
    assert np.mean(greys) == pytest.approx(30, abs=4)
    assert {s.effects.gains for s in scenes} == {(1.1, 1.1, 1.1)}


def test_bare_metal_and_its_black_ground_have_the_grey_levels_of_the_settings() -> None:
    settings = only("bright_on_dark")
    levels = {"ground": (20.0, 20.0), "metal": (180.0, 180.0)}
    changed = {"bright_on_dark": settings.bright_on_dark.model_copy(update=levels)}
    scenes = [scene_of(seed, settings.model_copy(update=changed)) for seed in range(8)]
    assert np.mean([s.ground.mean_rgb for s in scenes]) == pytest.approx(20, abs=3)
    greys = [p.surface.colours.mean() for s in scenes for t in s.objects for p in t.pieces]
    assert np.mean(greys) == pytest.approx(180, abs=8)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_conveyors_move_as_often_as_the_settings_say(share: float) -> None:
    settings = only("conveyor")
    changed = {"conveyor": settings.conveyor.model_copy(update={"motion_share": share})}
    scenes = [scene_of(seed, settings.model_copy(update=changed)) for seed in range(6)]
    assert {s.effects.motion_px != (0.0, 0.0) for s in scenes} == {share == 1.0}


def test_rims_second_lamps_and_glare_keep_to_the_settings() -> None:
    light = {
        "second_lamp_share": 1.0,
        "second_lamp_depth": 0.5,
        "shadow_depth": (0.4, 0.4),
        "bevel_bright_share": 1.0,
        "bevel_bright": (0.0, 9.0),
        "bevel_dark_share": 0.0,
        "glare_share": 1.0,
        "glare": (50.0, 50.0),
    }
    workbench = only("workbench")
    settings = workbench.model_copy(update={"light": workbench.light.model_copy(update=light)})
    for seed in range(6):
        scene = scene_of(seed, settings)
        assert [lamp.depth for lamp in scene.lighting.lamps] == pytest.approx([0.4, 0.2])
        assert 0.0 < scene.lighting.rim_bright <= 9.0
        assert scene.lighting.rim_dark == 0.0
        for thing in scene.objects:
            assert all(p.glare == pytest.approx(50.0 * p.surface.gloss) for p in thing.pieces)
