"""From settings and a number to a scene.

Two sources of randomness feed a scene: the *group's* decides place, ground and lamps, the
*sample's* decides camera, objects and where they lie.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.augmentations import CameraEffects, exposed, random_effects
from components.data_preprocessing.backgrounds import Ground, random_ground
from components.data_preprocessing.distractors import PLATES, small_object, unknown_plate
from components.data_preprocessing.draws import below, between
from components.data_preprocessing.layout import Table
from components.data_preprocessing.lighting import Lighting, backlight, random_lighting
from components.data_preprocessing.materials import (
    Surface,
    around,
    random_surface,
    shifted_to,
    unlit,
)
from components.data_preprocessing.outlines import longer_mm
from components.data_preprocessing.scene import Placement, Scene, SceneObject
from components.data_preprocessing.view import View, random_view
from components.domain import OTHER_LABEL, Part, Split
from components.settings.data import BackgroundName, DataSettings, MaterialName, PresetName

Rng = np.random.Generator
Name = TypeVar("Name", bound=str)

SIZE_LIMITS = (0.05, 1.1)
"""Longer side of parts that may lie in a scene, in frames: others are too small or too big to tell
at the scene's scale, unless the camera's scale is given."""


def chosen(rng: Rng, weights: Mapping[Name, float]) -> Name:
    """Return one name, drawn by its weight."""
    place = rng.random() * sum(weights.values())
    for name, weight in weights.items():
        place -= weight
        if place < 0:
            return name
    return max(weights, key=lambda name: weights[name])


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """What the scenes of one group share.

    Attributes:
        preset: Kind of place.
        ground: What lies under the objects.
        lighting: The lamps.
        hard: Whether parts have nearly the ground's colour.
    """

    preset: PresetName
    ground: Ground
    lighting: Lighting
    hard: bool


def random_place(
    rng: Rng, settings: DataSettings, split: Split, photos: Sequence[Path] = ()
) -> Place:
    """Return the place of a group of scenes.

    Args:
        rng: The group's source of randomness.
        settings: Weights and ranges.
        split: Decides which tiles and photographs may be used.
        photos: The user's photographs.
    """
    preset = chosen(rng, settings.presets)
    name = _ground_name(rng, settings, preset, photos)
    ground = random_ground(rng, name, split, settings.ground, photos)
    hard = rng.random() < settings.scene.hard_share and preset in ("workbench", "conveyor")
    if preset == "backlight":
        glow = np.full(3, between(rng, *settings.backlight.panel)) + rng.normal(0, 4, 3)
        ground = replace(
            ground, pattern="noise", colours=around(glow, 0.8), lines=(), photo=None, kind="panel"
        )
        lighting = backlight(rng, settings.light, settings.backlight)
        return Place(preset, ground, lighting, hard)
    if preset == "bright_on_dark":
        black = np.full(3, between(rng, *settings.bright_on_dark.ground)) + rng.normal(0, 2, 3)
        ground = replace(ground, colours=around(black, between(rng, 0.5, 3)), lines=(), photo=None)
    return Place(preset, ground, random_lighting(rng, settings.light), hard)


def _ground_name(
    rng: Rng, settings: DataSettings, preset: PresetName, photos: Sequence[Path]
) -> BackgroundName:
    if preset == "conveyor":
        return "belt"
    weights = {name: w for name, w in settings.backgrounds.items() if photos or name != "photo"}
    return chosen(rng, weights) if sum(weights.values()) > 0 else "painted"


def compose(
    rng: Rng, parts: Sequence[Part], place: Place, settings: DataSettings, seed: int
) -> Scene:
    """Return a scene.

    Args:
        rng: The sample's source of randomness.
        parts: Drawings to choose from; none gives a scene of other objects only.
        place: What the group shares.
        settings: Ranges.
        seed: The dataset's.
    """
    conf = settings.scene
    size, most = _framing(rng, settings, bool(parts))
    view = _view(rng, parts, settings, size)
    table = Table(view)
    laid = fitting(parts, view.width_mm)
    if laid and rng.random() >= conf.empty_share:
        count = int(rng.integers(conf.parts[0], conf.parts[1] + 1))
        _lay_parts(rng, table, laid, place, settings, min(count, most))
    for _ in range(int(rng.integers(conf.distractors[0], conf.distractors[1] + 1))):
        _lay_distractor(rng, table, place, settings, seed)
    return Scene(
        seed=seed,
        view=view,
        ground=place.ground,
        lighting=place.lighting,
        objects=tuple(table.objects),
        effects=_effects(rng, place, settings),
    )


def _framing(rng: Rng, settings: DataSettings, any_parts: bool) -> tuple[float, int]:
    """Return how long the typical part is, in frames, and how many parts there may be at most."""
    conf = settings.scene
    distance = rng.random()
    if any_parts and distance < conf.close_up_share:
        size = between(rng, *conf.close_up_size)
        return size, max(1, round(0.9 / size**1.5))
    if distance > 1.0 - conf.far_share:
        return between(rng, *conf.far_size), conf.parts[1]
    return between(rng, *conf.part_size), conf.parts[1]


def _view(rng: Rng, parts: Sequence[Part], settings: DataSettings, size: float) -> View:
    """Return the camera: its scale makes one part drawn at random `size` frames long."""
    px_per_mm = settings.camera.px_per_mm
    if px_per_mm is None:
        longer = longer_mm(parts[below(rng, len(parts))]) if parts else 100.0
        px_per_mm = size * settings.width_px / longer
    return random_view(rng, settings.camera, settings.width_px, settings.height_px, px_per_mm)


def fitting(parts: Sequence[Part], frame_mm: float) -> list[Part]:
    """Return the parts that may lie in pictures of a frame `frame_mm` wide."""
    low, high = (limit * frame_mm for limit in SIZE_LIMITS)
    return [part for part in parts if low <= longer_mm(part) <= high]


def _lay_parts(
    rng: Rng,
    table: Table,
    parts: Sequence[Part],
    place: Place,
    settings: DataSettings,
    count: int,
) -> None:
    shared = rng.random() < settings.scene.same_material_share
    surface = None
    for _ in range(count):
        part = parts[below(rng, len(parts))]
        if surface is None or not shared:
            surface = _surface(rng, place, settings)
        else:
            surface = replace(surface, at=(rng.random(), rng.random()))
        piece = _placement(
            rng, part, surface, settings, mirrored_share=settings.scene.mirrored_share
        )
        _lay(rng, table, SceneObject(part.name, (piece,)), place, settings)


def _placement(
    rng: Rng,
    part: Part,
    surface: Surface,
    settings: DataSettings,
    mirrored_share: float,
    scale: float = 1.0,
) -> Placement:
    conf = settings.scene
    thin = rng.random() < conf.thin_share
    share = conf.thin_thickness if thin else between(rng, *conf.thickness)
    glossy = rng.random() < settings.light.glare_share
    return Placement(
        part=part,
        x_mm=0.0,
        y_mm=0.0,
        angle_rad=between(rng, -np.pi, np.pi),
        mirrored=rng.random() < mirrored_share,
        z_mm=0.0,
        thickness_mm=share * longer_mm(part) * scale,
        surface=surface,
        glare=surface.gloss * between(rng, *settings.light.glare) if glossy else 0.0,
        scale=scale,
    )


def _surface(rng: Rng, place: Place, settings: DataSettings) -> Surface:
    materials = settings.materials
    if place.preset == "bright_on_dark":
        metals: dict[MaterialName, float] = {"brushed": 1.0, "rolled": 1.0, "scratched": 0.6}
        surface = random_surface(rng, chosen(rng, metals))
        return shifted_to(surface, np.full(3, between(rng, *settings.bright_on_dark.metal)))
    surface = random_surface(rng, chosen(rng, materials))
    if place.preset == "backlight":
        return unlit(surface, between(rng, *settings.backlight.silhouette))
    if not place.hard:
        return surface
    ground = place.ground
    if rng.random() < settings.scene.same_pattern_share and ground.photo is None:
        surface = replace(surface, pattern=ground.pattern, colours=ground.colours, zoom=ground.zoom)
    return shifted_to(surface, _near(rng, ground.mean_rgb, settings))


def _near(rng: Rng, ground_rgb: NDArray[np.float64], settings: DataSettings) -> NDArray[np.float64]:
    """Return a colour that differs from the ground's by little more than its brightness."""
    step = between(rng, *settings.scene.hard_contrast) * (1.0 if rng.random() < 0.5 else -1.0)
    # Away from the ends of the scale, where there is no room for a difference.
    if not 0 < ground_rgb.mean() + step < 250:
        step = -step
    near = ground_rgb + step + rng.normal(0, abs(step) / 3, 3)
    return np.asarray(np.clip(near, 3, 252))


def _lay_distractor(
    rng: Rng, table: Table, place: Place, settings: DataSettings, seed: int
) -> None:
    """Lay something that is no part of the drawings on the table."""
    if rng.random() < settings.scene.unknown_plate_share:
        _lay(rng, table, _plate(rng, place, settings, table.view, seed), place, settings)
        return
    thing = small_object(rng, seed, table.view.width_mm, settings.scene.small_object_scale)
    if place.preset == "backlight":
        level = between(rng, *settings.backlight.silhouette)
        pieces = tuple(replace(p, surface=unlit(p.surface, level)) for p in thing.pieces)
        thing = SceneObject(thing.label, pieces)
    if place.preset != "conveyor" and rng.random() < settings.scene.covering_share:
        # Cables, tools and screws lie anywhere, on the parts too; the frame cuts the long ones.
        table.lay(rng, thing, truncated=True, overlap=1.0)
    else:
        _lay(rng, table, thing, place, settings)


def _plate(rng: Rng, place: Place, settings: DataSettings, view: View, seed: int) -> SceneObject:
    """Return a flat part of no drawing."""
    plate = unknown_plate(seed, below(rng, PLATES))
    size = between(rng, *settings.scene.unknown_plate_size)
    scale = size * view.width_mm / longer_mm(plate)
    surface = _surface(rng, place, settings)
    piece = _placement(rng, plate, surface, settings, mirrored_share=0.5, scale=scale)
    return SceneObject(OTHER_LABEL, (piece,))


def _lay(rng: Rng, table: Table, thing: SceneObject, place: Place, settings: DataSettings) -> None:
    """Lay an object on the table, or leave it out if there is no room."""
    conf = settings.scene
    apart = place.preset == "conveyor"
    if not apart and rng.random() < conf.touching_share and table.lay_against(rng, thing):
        return
    # Silhouettes that overlap before a lit panel cannot be told apart.
    stacked = not apart and place.preset != "backlight"
    overlapping = stacked and rng.random() < conf.overlapping_share
    truncated = rng.random() < conf.truncated_share
    table.lay(rng, thing, truncated, overlap=conf.overlap_max if overlapping else 0.0)


def _effects(rng: Rng, place: Place, settings: DataSettings) -> CameraEffects:
    mover = settings.conveyor if place.preset == "conveyor" else settings.camera
    effects = random_effects(rng, settings.camera, mover.motion_share)
    if place.preset == "backlight":
        # The camera is set for the panel: it is near white, never grey.
        gain = between(rng, *settings.backlight.exposure)
        return replace(effects, gains=(gain, gain, gain), gamma=1.0)
    if place.preset == "bright_on_dark":
        return effects
    brightness = float(place.ground.mean_rgb.mean()) * place.lighting.brightness
    return exposed(effects, brightness, between(rng, *settings.camera.auto_exposure))
