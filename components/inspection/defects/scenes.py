"""Pictures of single parts, good and faulty, by the project's own generator.

A good picture and its faulty twin differ by the fault alone: place, lamps, ground and noise are the
same. Materials, grounds and lamps vary as in the datasets; nothing lies on the part.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.composing import compose, random_place
from components.data_preprocessing.renderer import render
from components.data_preprocessing.scene import Scene
from components.domain import Part, Pose
from components.settings.data import DataSettings
from components.settings.measure import DefectBenchSettings


@dataclass(frozen=True, slots=True, eq=False)
class PartPicture:
    """One part in a picture.

    Attributes:
        image: RGB, shape (H, W, 3), uint8.
        mask: Its pixels, shape (H, W), bool.
        pose: Of the drawing as it should be.
        scene: What was drawn.
    """

    image: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    pose: Pose
    scene: Scene


def inspection_settings(settings: DataSettings, bench: DefectBenchSettings) -> DataSettings:
    """Return the settings of scenes as an inspection cell shows them.

    One part, whole, alone, under a fixed camera that looks nearly straight down; materials,
    grounds, lamps and noise as in the datasets, kinds of places as the benchmark's settings say.
    """
    scene = settings.scene.model_copy(
        update={
            "parts": (1, 1),
            "distractors": (0, 0),
            "empty_share": 0.0,
            "touching_share": 0.0,
            "overlapping_share": 0.0,
            "truncated_share": 0.0,
            "hard_share": 0.0,
            "thickness": (0.005, 0.04),
        }
    )
    camera = settings.camera.model_copy(
        update={
            "px_per_mm": bench.px_per_mm,
            "tilt_sd_deg": 0.5,
            "tilt_max_deg": 1.0,
            "distance": (3.0, 5.0),
            "distortion": (0.0, 0.0),
            "motion_share": 0.0,
            # In px at 320 wide: a camera in focus, however many pixels it has.
            "blur_px": tuple(limit * 320 / bench.width_px for limit in (0.3, 0.9)),
        }
    )
    return settings.model_copy(
        update={
            "scene": scene,
            "camera": camera,
            "width_px": bench.width_px,
            "height_px": bench.height_px,
            "presets": bench.presets,
        }
    )


def part_scene(part: Part, settings: DataSettings, seed: int, index: int) -> Scene | None:
    """Return a scene with one part; None if there was no room for it."""
    place = random_place(np.random.default_rng([seed, 20, index]), settings, "test")
    scene = compose(np.random.default_rng([seed, 21, index]), [part], place, settings, seed)
    return scene if scene.objects else None


def pictured(scene: Scene, made: Part) -> PartPicture:
    """Return the picture of a scene in which the part was made as `made`.

    Args:
        scene: With one object, the part as it should be.
        made: What lies there instead, in the drawing's coordinates.
    """
    thing = scene.objects[0]
    piece = replace(thing.pieces[0], part=made)
    drawn = render(replace(scene, objects=(replace(thing, pieces=(piece,)),)))
    pose = thing.pose(scene.view)
    if pose is None:
        raise ValueError(f"expected a part in the scene, got {thing.label!r}")
    return PartPicture(drawn.image, drawn.instances == 1, pose, scene)
