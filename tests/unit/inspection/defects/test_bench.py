"""A whole small benchmark, its record and its chart."""

import json

from PIL import Image

from components.geometry.transforms import pose_matrix, transformed
from components.inspection.defects.bench import benchmark_defects
from components.inspection.defects.record import defect_figures
from components.inspection.defects.scenes import inspection_settings, part_scene, pictured
from components.progress import SilentProgress
from components.settings.data import DataSettings
from components.settings.measure import MeasureSettings
from components.visualization.defect_curves import plot_defects
from tests.unit.inspection.shapes import bracket

SETTINGS = MeasureSettings.load(profile="tiny")
SMALL = SETTINGS.model_copy(
    update={
        "bench": SETTINGS.bench.model_copy(
            update={"sizes_mm": (2.5,), "pictures": 1, "width_px": 320, "height_px": 240,
                    "px_per_mm": 2.5}
        )
    }
)  # fmt: skip


def test_benchmark_counts_every_kind_and_repeats_itself(tmp_path):
    data = DataSettings.load()
    found, again = (
        benchmark_defects([bracket()], data, SMALL, SilentProgress(), seed=4) for _ in range(2)
    )
    assert found == again
    record = json.loads(defect_figures(found).model_dump_json())
    assert [row["kind"] for row in record["kinds"]] == [
        "missing_hole", "extra_hole", "wrong_diameter", "burr", "notch", "short_edge",
        "misplaced_hole",
    ]  # fmt: skip
    assert all(row["points"][0]["found"]["of"] <= 1 for row in record["kinds"])
    assert record["doubt"]["of"] >= 4
    with Image.open(plot_defects(defect_figures(found), tmp_path / "curve.png")) as chart:
        assert chart.size[0] > 800


def test_part_lies_where_the_pose_says_at_the_scale_of_the_settings():
    data = inspection_settings(DataSettings.load(), SMALL.bench)
    scene = part_scene(bracket(), data, 9, 0)
    assert scene is not None
    shown = pictured(scene, bracket())
    assert abs(shown.pose.px_per_mm / 2.5 - 1) < 0.05
    outline = transformed(bracket().outline.xy_mm, pose_matrix(shown.pose))
    rows, columns = shown.mask.nonzero()
    # Side walls reach a little beyond the upper face.
    assert abs(outline[:, 0].min() - columns.min()) < 3
    assert abs(outline[:, 1].max() - rows.max()) < 3
