"""What ways of rounding the network to eight bits cost and gain.

    python tests/benchmarks/bench_rounding.py HOME [--pictures 120] [--out OUT.json]

HOME holds an exported bundle and its dataset. Every way takes its scales from the same pictures of
the validation split as the export does; figures are of the split's other pictures, of the network
alone: mask mAP, class-agnostic mask mAP, and the median processor time of one thread, in turns.

    fp32                 no rounding
    int8                 what the product exports: unsigned activations, one scale a channel
    heads in float32     the convolutions that the heads end in are left alone
    without outliers     scales at the 99.999th percentile of what was seen
    one scale a layer    weights of a layer share a scale
    signed               activations with a sign
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import onnx
from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

# The folder above all packages, when this file is run by its path.
sys.path.insert(0, str(Path(__file__).parents[2]))

from components.domain import OTHER_LABEL, UNKNOWN_LABEL, Sample
from components.files import write_json
from components.geometry.masks import rle_from_mask
from components.home import Home
from components.modeling.coco_scores import (
    LOWEST_SCORE,
    FoundObject,
    TrueObject,
    mean_precision,
    precision_by_label,
    precision_without_labels,
)
from components.modeling.evaluate import read_rgb
from components.modeling.export_pictures import ExportPictures
from components.modeling.inference import answer_of, detections_of
from components.modeling.model_card import CARD_NAME, MODEL_NAME, ModelCard, read_card
from components.modeling.precisions import TIMED_PICTURES, network_ms
from components.modeling.preparing import prepared
from components.modeling.quantization import QUANTISED_OPERATORS, Pictures, write_int8
from components.modeling.runtimes import Network, open_network
from components.operations.stages.machine import this_machine
from components.settings.train import TrainSettings

PACKAGES = ("onnxruntime", "onnx", "numpy")
WITHOUT_OUTLIERS = {
    "calibrate_method": CalibrationMethod.Percentile,
    "extra_options": {"CalibPercentile": 99.999},
}
WAYS: dict[str, dict[str, Any]] = {
    "without outliers": WITHOUT_OUTLIERS,
    "one scale a layer": {"per_channel": False},
    "signed": {"activation_type": QuantType.QInt8},
}


def last_convolutions(model: onnx.ModelProto) -> list[str]:
    """Return the names of the convolutions behind which there is no other: the heads."""
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in model.graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)

    def leads_to_another(node: onnx.NodeProto) -> bool:
        after = [user for name in node.output for user in users.get(name, [])]
        return any(user.op_type == "Conv" or leads_to_another(user) for user in after)

    nodes = [node for node in model.graph.node if node.op_type == "Conv"]
    return [node.name for node in nodes if not leads_to_another(node)]


def files_of(source: Path, folder: Path, pictures: Sequence[Any]) -> dict[str, Path]:
    """Write the network in every way; return the files by name."""
    simplified = folder / "simple.onnx"
    quant_pre_process(source, simplified, skip_symbolic_shape=True)
    heads = last_convolutions(onnx.load(simplified))
    found = {"fp32": source, "int8": folder / "int8.onnx"}
    write_int8(source, found["int8"], pictures)
    for name, changes in {"heads in float32": {"nodes_to_exclude": heads}, **WAYS}.items():
        found[name] = folder / f"{name.replace(' ', '_')}.onnx"
        usual = {
            "quant_format": QuantFormat.QDQ,
            "op_types_to_quantize": list(QUANTISED_OPERATORS),
            "per_channel": True,
            "activation_type": QuantType.QUInt8,
            "weight_type": QuantType.QInt8,
            "calibrate_method": CalibrationMethod.MinMax,
        }
        quantize_static(simplified, found[name], Pictures(pictures), **(usual | changes))
    return found


def figures_of(
    network: Network, card: ModelCard, root: Path, samples: Sequence[Sample]
) -> dict[str, float]:
    """Return how well a network does on the pictures of a dataset."""
    truth: list[TrueObject] = []
    found: list[FoundObject] = []
    for number, sample in enumerate(samples):
        image = read_rgb(root / sample.image)
        ready = prepared(image, card.prediction.long_side_px)
        truth += [
            TrueObject(number, item.label, item.visible)
            for item in sample.annotations
            if item.label != OTHER_LABEL
        ]
        answer, hw = answer_of(network, ready.pixels), (image.shape[0], image.shape[1])
        detections = detections_of(answer, ready, hw, card.labels, card.prediction, LOWEST_SCORE)
        found += [
            FoundObject(number, each.label, rle_from_mask(each.mask), each.score)
            for each in detections
            if each.label != UNKNOWN_LABEL
        ]
    return {
        "map": mean_precision(precision_by_label(truth, found, len(samples))).ap,
        "agnostic_map": precision_without_labels(truth, found, len(samples)).ap,
    }


def main() -> None:
    """Measure and print; see the top of the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("--pictures", type=int, default=120)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    home = Home(options.home)
    card = read_card(home.exported / CARD_NAME)
    chosen = ExportPictures.of(home, TrainSettings.load(home.configs).export)
    samples = [each for each in chosen.compared if each.split == "val"][: options.pictures]
    size = card.prediction.long_side_px
    seen = [prepared(read_rgb(home.root / s.image), size).pixels for s in chosen.calibration]
    shown = [prepared(read_rgb(home.root / s.image), size).pixels for s in samples[:TIMED_PICTURES]]
    with tempfile.TemporaryDirectory(prefix="dxfvision-rounding-") as folder:
        files = files_of(home.exported / MODEL_NAME, Path(folder), seen)
        networks = {name: open_network(path, 1) for name, path in files.items()}
        times = network_ms(list(networks.values()), shown, 30)
        rows = [
            {"way": name, "network_ms": spent, **figures_of(network, card, home.root, samples)}
            for (name, network), spent in zip(networks.items(), times, strict=True)
        ]
    print(f"{len(samples)} pictures, long side {size} px\n")
    print("| Way | ms | mAP | class-agnostic |\n|---|---|---|---|")
    for row in rows:
        print("| {way} | {network_ms:.1f} | {map:.3f} | {agnostic_map:.3f} |".format(**row))
    if options.out:
        write_json(options.out, {"machine": asdict(this_machine(PACKAGES)), "rows": rows})


if __name__ == "__main__":
    main()
