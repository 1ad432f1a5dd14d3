"""Labels against geometry that the generator does not use: shapely and counted pixels."""

from functools import reduce

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon, box

from components.data_preprocessing.dxf_to_mask import Rings
from components.data_preprocessing.renderer import render
from components.data_preprocessing.scene import Placement, Scene
from components.dataset.annotations import (
    annotate,
    coco_annotation,
    coco_polygons,
    windows,
    yolo_line,
)
from components.dataset.samples import RenderedSample, make_sample
from components.domain import OTHER_LABEL, Annotation, Part, Pose
from components.geometry.masks import mask_from_rle, rle_from_mask
from components.geometry.transforms import part_in_picture, similarity
from components.settings.data import DataSettings
from tests.unit.strategies import part, plate_with_hole, rectangle, regular

WIDTH, HEIGHT = 320, 240
PARTS = [
    plate_with_hole(),
    part("ring", regular(72, 40.0), regular(64, 31.0)),
    part("bar", rectangle(110.0, 9.0), regular(24, 2.0, -45.0)),
    part("star", regular(5, 45.0), rectangle(8.0, 20.0, 5.0, 3.0)),
]
COLUMNS, ROWS = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
Inside = NDArray[np.bool_]


def settings(**scene: object) -> DataSettings:
    """Pictures of 320 x 240 with every preset's camera, lens included."""
    standard = DataSettings.load(None, "standard")
    changed = standard.scene.model_copy(update=scene)
    return standard.model_copy(
        update={"width_px": WIDTH, "height_px": HEIGHT, "min_area_px": 1, "scene": changed}
    )


def pixels_in(region: shapely.Geometry) -> Inside:
    """Pixels whose centres lie in a region."""
    shapely.prepare(region)
    return np.asarray(shapely.contains_xy(region, COLUMNS, ROWS), dtype=np.bool_)


def seen_part(shape: Part, annotation: Annotation) -> Polygon:
    """The drawing laid into the picture by the annotation's pose."""
    assert annotation.pose is not None
    outline, holes = part_in_picture(shape, annotation.pose)
    return Polygon(outline, holes)


def prism(piece: Placement, scene: Scene) -> shapely.Geometry:
    """Silhouette of a solid: both sides and the quadrilateral between each two of their edges."""
    base, top = piece.base_and_top(scene.view)
    walls = [
        shapely.convex_hull(shapely.multipoints([b0, b1, t0, t1]))
        for (b0, b1), (t0, t1) in zip(edges_of(base), edges_of(top), strict=True)
    ]
    return shapely.union_all([region_of(base), region_of(top), *walls])


def rings_of(rings: Rings) -> list[NDArray[np.float64]]:
    ends = (*rings.starts[1:], len(rings.xy_px))
    return [rings.xy_px[s:e] for s, e in zip(rings.starts, ends, strict=True)]


def region_of(rings: Rings) -> Polygon:
    outline, *holes = rings_of(rings)
    return Polygon(outline, holes)


def edges_of(rings: Rings) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    return [
        pair
        for ring in rings_of(rings)
        for pair in zip(ring, np.roll(ring, -1, axis=0), strict=True)
    ]


def parts_seen(sample: RenderedSample) -> list[tuple[Part, Placement, Annotation]]:
    """Every part of the drawings in a picture."""
    by_name = {shape.name: shape for shape in PARTS}
    return [
        (by_name[a.label], sample.scene.objects[a.instance_id - 1].pieces[0], a)
        for a in sample.annotations
        if a.label != OTHER_LABEL
    ]


def edge_error_px(mask: Inside, region: shapely.Geometry) -> float:
    """Mean distance between the mask's edge and the region's: wrong pixels per pixel of edge."""
    frame = box(-0.5, -0.5, WIDTH - 0.5, HEIGHT - 0.5)
    length = shapely.intersection(region, frame).boundary.length
    return float(np.count_nonzero(mask != pixels_in(region)) / max(length, 1.0))


@pytest.mark.parametrize("index", range(0, 24, 2))
def test_pose_and_drawing_give_the_whole_mask_of_a_sheet_back(index: int) -> None:
    sample = make_sample(PARTS, settings(thin_share=1.0), 5, index)
    for shape, _, annotation in parts_seen(sample):
        region = seen_part(shape, annotation)
        assert edge_error_px(mask_from_rle(annotation.whole), region) < 0.3


@pytest.mark.parametrize("index", range(0, 24, 2))
def test_whole_mask_of_a_plate_is_its_upper_side_and_its_walls(index: int) -> None:
    sample = make_sample(PARTS, settings(thin_share=0.0), 6, index)
    for _, piece, annotation in parts_seen(sample):
        region = prism(piece, sample.scene)
        assert edge_error_px(mask_from_rle(annotation.whole), region) < 0.3


def test_masks_are_as_large_as_their_regions_on_the_average() -> None:
    ratios = []
    for index in range(0, 40, 2):
        sample = make_sample(PARTS, settings(truncated_share=0.0, touching_share=0.0), 7, index)
        for _, piece, annotation in parts_seen(sample):
            region = prism(piece, sample.scene)
            if box(0, 0, WIDTH - 1, HEIGHT - 1).contains(region):
                pixels = np.count_nonzero(mask_from_rle(annotation.whole))
                ratios.append((pixels - region.area) / region.length)
    assert len(ratios) > 20
    # In pixels of the edge: masks are a tenth of a pixel too small, see `INSIDE`.
    assert abs(np.mean(ratios)) < 0.13


@pytest.mark.parametrize("index", range(12))
def test_visible_is_what_no_later_object_covers_and_its_share_is_counted(index: int) -> None:
    crowded = settings(overlapping_share=0.6, covering_share=1.0, distractors=(2, 5))
    sample = make_sample(PARTS, crowded, 8, index)
    silhouettes = render(sample.scene).silhouettes
    wholes = {a.instance_id: mask_from_rle(a.whole) for a in sample.annotations}
    for annotation in sample.annotations:
        number = annotation.instance_id
        later = [mask for other, mask in wholes.items() if other > number]
        hidden = reduce(np.logical_or, later, np.zeros((HEIGHT, WIDTH), np.bool_))
        visible = mask_from_rle(annotation.visible)
        assert (visible == (wholes[number] & ~hidden)).all()
        silhouette = silhouettes[number - 1]
        assert silhouette is not None
        counted = np.count_nonzero(visible) / np.count_nonzero(wholes[number])
        assert annotation.visible_fraction == pytest.approx(counted * silhouette.in_frame)


def test_share_in_the_frame_is_that_of_the_areas() -> None:
    shares = []
    for index in range(0, 60, 2):
        sample = make_sample(PARTS, settings(truncated_share=1.0, thin_share=1.0), 9, index)
        for _, piece, annotation in parts_seen(sample):
            region = region_of(piece.base_and_top(sample.scene.view)[1])
            frame = box(-0.5, -0.5, WIDTH - 0.5, HEIGHT - 0.5)
            expected = region.intersection(frame).area / region.area
            counted = annotation.area_px / np.count_nonzero(mask_from_rle(annotation.whole))
            assert annotation.visible_fraction == pytest.approx(expected * counted, abs=0.012)
            shares.append(expected)
    assert sum(share < 0.95 for share in shares) > 5


@pytest.mark.parametrize("index", range(0, 16, 2))
def test_homography_sends_every_vertex_where_camera_and_lens_do(index: int) -> None:
    sample = make_sample(PARTS, settings(), 10, index)
    view = sample.scene.view
    for shape, piece, annotation in parts_seen(sample):
        top = view.plane(piece.z_mm + piece.thickness_mm) @ piece.part_to_table
        true = view.pixels(shape.outline.xy_mm, top)
        assert annotation.pose is not None
        found, _ = part_in_picture(shape, annotation.pose)
        # The lens bends lines, a homography cannot: near the corners it may be off by a pixel.
        inside = (true > 0).all(axis=1) & (true < (WIDTH, HEIGHT)).all(axis=1)
        errors = np.linalg.norm(true - found, axis=1)[inside]
        assert errors.max(initial=0.0) < 1.0


@pytest.mark.parametrize("index", range(0, 16, 2))
def test_five_numbers_of_a_pose_agree_with_its_homography_at_the_origin(index: int) -> None:
    sample = make_sample(PARTS, settings(), 11, index)
    for _, piece, annotation in parts_seen(sample):
        pose = annotation.pose
        assert pose is not None
        assert pose.mm_to_px is not None
        assert pose.mirrored == piece.mirrored
        points = np.array([[0.0, 0.0], [1e-4, 0.0], [0.0, 1e-4]])
        simple = similarity(pose.x_px, pose.y_px, pose.angle_rad, pose.px_per_mm, pose.mirrored)
        exact, near = (
            (np.column_stack([points, np.ones(3)]) @ matrix.T) for matrix in (pose.mm_to_px, simple)
        )
        exact, near = exact[:, :2] / exact[:, 2:], near[:, :2] / near[:, 2:]
        assert exact[0] == pytest.approx(near[0])
        # Tilt and lens squeeze one direction against the other by less than a tenth.
        steps = (exact - exact[0])[1:] / 1e-4 / pose.px_per_mm
        assert np.abs(steps - (near - near[0])[1:] / 1e-4 / pose.px_per_mm).max() < 0.12


@pytest.mark.parametrize("index", range(12))
def test_polygons_enclose_as_many_pixels_as_the_mask_has(index: int) -> None:
    sample = make_sample(PARTS, settings(), 12, index)
    for place, label in windows(sample.annotations, sample.instances):
        rings = [np.reshape(ring, (-1, 2)) for ring in coco_polygons(label)]
        # Holes run the other way round: the shoelace formula takes them off.
        area = sum(abs(shoelace(ring)) for ring in rings)
        assert area == pytest.approx(sample.annotations[place].area_px, rel=0.01, abs=2)


def shoelace(ring: NDArray[np.int_]) -> float:
    x, y = ring[:, 0], ring[:, 1]
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def test_yolo_line_names_the_class_and_pixel_centres_as_shares() -> None:
    mask = np.zeros((4, 6), np.uint8)
    mask[1:3, 2:5] = 1
    line = yolo_line(3, (mask, 10, 20), 100, 200)
    number, *places = line.split(" ")
    points = {(float(x), float(y)) for x, y in zip(places[::2], places[1::2], strict=True)}
    # Columns 12 to 14 and rows 21 to 22.
    corners = {(x, y) for x in (12.5 / 200, 14.5 / 200) for y in (21.5 / 100, 22.5 / 100)}
    assert number == "2"
    assert points == corners


def test_objects_below_the_least_area_are_erased() -> None:
    sample = make_sample(PARTS, settings(), 13, 4)
    rendering = render(sample.scene)
    largest = max(a.area_px for a in sample.annotations)
    left = annotate(sample.scene, rendering, largest)
    assert [a.area_px for a in left] == [largest]
    assert set(np.unique(rendering.instances)) == {0, left[0].instance_id}


def test_coco_record_of_a_part_tells_where_it_lies():
    pose = Pose(10.0, 20.0, 0.0, 2.0, False)
    rle = rle_from_mask(np.ones((4, 4), np.uint8))
    found = coco_annotation(Annotation(1, "plate", (0, 0, 4, 4), 16, rle, rle, 1.0, pose), 1, 1, 1)
    assert found["mm_to_px"] == [[2.0, 0.0, 10.0], [0.0, -2.0, 20.0], [0.0, 0.0, 1.0]]
    other = coco_annotation(Annotation(1, "other", (0, 0, 4, 4), 16, rle, rle, 1.0), 1, 1, 1)
    assert "mm_to_px" not in other
