from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from components.modeling.model_card import Offer, Parity
from components.modeling.precisions import chosen, network_ms
from components.settings.train import ExportSettings, TrainSettings

SAME = Parity(pictures=1, max_abs_difference=0.0, detections=1, same_label=1.0, min_mask_iou=1.0)


def offer(precision: str, ms: float, loss: float = 0.0, runtime: str = "onnxruntime") -> Offer:
    return Offer.model_validate(
        {
            "precision": precision,
            "runtime": runtime,
            "file": f"{precision}.onnx",
            "sha256": "0" * 64,
            "size_bytes": 1,
            "network_ms": ms,
            "val_map": 0.4 - loss,
            "val_agnostic_map": 0.6,
            "parity": SAME,
        }
    )


@pytest.fixture
def settings() -> ExportSettings:
    """Up to 0.01 may be lost for 1.2 times the speed."""
    shipped = TrainSettings.load(None, "standard").export
    return shipped.model_copy(update={"max_map_loss": 0.01, "min_speedup": 1.2})


@pytest.mark.parametrize(
    ("other", "wanted"),
    [
        (offer("int8", 10.0, loss=0.009), "int8"),
        (offer("int8", 10.0, loss=0.02), "fp32"),
        (offer("int8", 17.0), "fp32"),
        (offer("int8", 30.0), "fp32"),
        (offer("int8", 10.0, loss=-0.1), "int8"),
        (offer("int8", 1.0, runtime="openvino"), "fp32"),
    ],
    ids=["faster", "loses too much", "hardly faster", "slower", "better, too", "elsewhere faster"],
)
def test_int8_is_served_only_where_it_pays(
    settings: ExportSettings, other: Offer, wanted: str
) -> None:
    assert chosen([offer("fp32", 20.0), other], settings)[0] == wanted


def test_reason_tells_loss_and_gain(settings: ExportSettings) -> None:
    _, why = chosen([offer("fp32", 20.0), offer("int8", 10.0, loss=0.02)], settings)
    assert why == "int8 loses 0.020 mAP and is 2.00 times as fast; 0.010 and 1.20 are wanted"


def test_networks_are_timed_in_turns() -> None:
    order: list[str] = []

    def named(name: str) -> Any:
        def network(images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
            order.append(name)
            # One of them works, the other does nothing.
            return [np.sort(np.random.default_rng(0).random(200_000 if name == "a" else 1))]

        return network

    pictures = [np.zeros((32, 32, 3), np.uint8)]
    slow, quick = network_ms([named("a"), named("b")], pictures, 3)
    assert order == ["a", "b"] * 4
    assert slow > quick
