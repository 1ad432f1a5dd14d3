"""A bundle whose every answer can be told by hand: bright pixels are parts, colour is the label.

The ONNX graph is real and goes through the real `Predictor`: a pixel belongs to a part where it is
brighter than half; a reddish part is `plate`, a bluish one `ring`. It needs no training and answers
in milliseconds.
"""

import hashlib
import io
import json
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from components.domain import Contour, Part
from components.files import write_bytes
from components.geometry.masks import rle_from_mask
from components.geometry.parts_file import write_parts
from components.home import Home
from components.inspection.baseline.templates import write_templates
from components.modeling.golden import write_golden
from components.modeling.inference import Predictor
from components.modeling.model_card import InputSpec, ModelCard, Parity, write_card
from components.modeling.origin import drawings_hash
from components.modeling.registry import ModelRegistry
from components.settings.train import GroupingSettings, PredictionSettings

LABELS = ("plate", "ring")
RED, BLUE = (255, 160, 160), (160, 160, 255)
LONG_SIDE_PX = 320


def scene(seed: int = 0, height: int = 240, width: int = 320) -> NDArray[np.uint8]:
    """A dark picture with one reddish rectangle and one bluish square with a square hole.

    The seed moves both; they never touch.
    """
    rng = np.random.default_rng(seed)
    image = np.full((height, width, 3), 20, np.uint8)
    x, y = rng.integers(10, 60), rng.integers(10, 100)
    image[y : y + 80, x : x + 60] = RED
    x, y = rng.integers(170, 200), rng.integers(10, 100)
    image[y : y + 100, x : x + 100] = BLUE
    image[y + 30 : y + 70, x + 30 : x + 70] = 20
    return image


def encoded(image: NDArray[np.uint8], format_name: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format_name)
    return buffer.getvalue()


def write_coco(folder: Path, colours: dict[str, tuple[int, int, int]], count: int = 2) -> Path:
    """Write scenes; the truth says that each colour is an object of that name."""
    annotations = []
    for number in range(count):
        image = scene(number)
        write_bytes(folder / f"{number}.png", encoded(image))
        annotations += [
            {
                "id": 10 * number + place,
                "image_id": number,
                "category_id": place,
                "segmentation": rle_from_mask((image == colour).all(2)),
            }
            for place, colour in enumerate(colours.values(), start=1)
        ]
    images = [{"id": n, "file_name": f"{n}.png", "width": 320, "height": 240} for n in range(count)]
    categories = [{"id": n, "name": name} for n, name in enumerate(colours, start=1)]
    content = {"images": images, "categories": categories, "annotations": annotations}
    (folder / "coco.json").write_text(json.dumps(content))
    return folder / "coco.json"


def make_bundle(folder: Path, name: str = "bright", sharpness: float = 0.2) -> Path:
    """Write a bundle; another `sharpness` gives another model with the same answers."""
    folder.mkdir(parents=True)
    onnx_bytes = _graph(sharpness).SerializeToString()
    write_bytes(folder / "model.onnx", onnx_bytes)
    write_card(folder / "card.json", _card(name, hashlib.sha256(onnx_bytes).hexdigest()))
    write_parts(folder / "parts.json", PARTS)
    pictures = []
    for seed in (1, 2):
        pictures.append(folder / f"{seed}.png")
        write_bytes(pictures[-1], encoded(scene(seed)))
    write_golden(folder, Predictor.load(folder), pictures)
    for picture in pictures:
        picture.unlink()
    return folder


def _rectangle(width_mm: float, height_mm: float) -> Contour:
    x, y = width_mm / 2, height_mm / 2
    return Contour(np.array([[-x, -y], [x, -y], [x, y], [-x, y]]))


PARTS = [
    Part("plate", _rectangle(30.0, 40.0)),
    Part("ring", _rectangle(50.0, 50.0), (_rectangle(20.0, 20.0),)),
]
"""What `scene` shows, at two pixels per mm."""


def _card(name: str, onnx_sha256: str) -> ModelCard:
    grouping = GroupingSettings(
        foreground=0.5,
        seam=0.5,
        vote_sigma_px=4.0,
        peak_distance_px=24.0,
        peak_support=1.0,
        min_area_px=64,
        heat_weight=0.0,
        sure=0.5,
    )
    return ModelCard(
        name=name,
        created="2026-01-01T00:00:00Z",
        onnx_sha256=onnx_sha256,
        opset=18,
        precision="fp32",
        input=InputSpec(
            name="images",
            layout="NHWC",
            dtype="uint8",
            colour="RGB",
            size_multiple=16,
            preprocessing="shrink and pad",
        ),
        labels=LABELS,
        prediction=PredictionSettings(
            long_side_px=LONG_SIDE_PX, score_threshold=0.3, max_detections=50, grouping=grouping
        ),
        parity=Parity(
            pictures=1, max_abs_difference=0.0, detections=1, same_label=1.0, min_mask_iou=1.0
        ),
        metrics={},
        training_seconds=0.0,
        training_steps=0,
        parameters=0,
        dataset_fingerprint="0" * 64,
        drawings_fingerprint=drawings_hash(PARTS),
        settings_fingerprint="0" * 64,
        source_fingerprint="0" * 64,
        settings={},
        versions={},
    )


def _graph(sharpness: float) -> onnx.ModelProto:
    """part = sigmoid(sharpness * (grey - 128)); label = softmax of red - blue and its negative."""
    constants = {
        "sharpness": np.array(sharpness, np.float32),
        "middle": np.array(128.0, np.float32),
        "zero": np.array(0.0, np.float32),
        "one": np.array(1.0, np.float32),
        "colour_axis": np.array([1], np.int64),
        "red_less_blue": np.array([1.0, 0.0, -1.0], np.float32).reshape(1, 3, 1, 1),
        "blue_less_red": np.array([-1.0, 0.0, 1.0], np.float32).reshape(1, 3, 1, 1),
    }
    node = helper.make_node
    nodes = [
        node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
        node("Transpose", ["floats"], ["planes"], perm=[0, 3, 1, 2]),
        node("ReduceMean", ["planes", "colour_axis"], ["grey"], keepdims=1),
        node("AveragePool", ["grey"], ["grey_2"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Sub", ["grey_2", "middle"], ["above"]),
        node("Mul", ["above", "sharpness"], ["steep"]),
        node("Sigmoid", ["steep"], ["part"]),
        node("Sub", ["one", "part"], ["background"]),
        node("Mul", ["part", "zero"], ["other"]),
        node("Concat", ["background", "part", "other"], ["sight"], axis=1),
        node("Mul", ["part", "zero"], ["seam"]),
        node("AveragePool", ["planes"], ["planes_4"], kernel_shape=[4, 4], strides=[4, 4]),
        node("Conv", ["planes_4", "red_less_blue"], ["red"]),
        node("Conv", ["planes_4", "blue_less_red"], ["blue"]),
        node("Concat", ["red", "blue"], ["colours"], axis=1),
        node("Softmax", ["colours"], ["label"], axis=1),
        node("Mul", ["red", "zero"], ["heat"]),
        node("Concat", ["heat", "heat"], ["offset"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "bright",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, [1, "h", "w", 3])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
            for name in ("sight", "seam", "label", "heat", "offset")
        ],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def make_home(root: Path) -> Home:
    """Make a home folder with a champion, the drawings it knows and their templates."""
    home = Home(root)
    registry = ModelRegistry(home.registry)
    registry.promote(registry.register(make_bundle(home.root / "bundle")).version)
    write_templates(home.templates, PARTS)
    write_parts(home.parts, PARTS)
    return home
