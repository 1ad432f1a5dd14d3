"""What is chosen for a box, and how it is written down."""

from pathlib import Path

import pytest

from components.modeling.model_card import Parity, Precision
from components.operations.box.choice import Choice, chosen
from components.operations.box.machine import simd_of
from components.operations.box.page import MARK, write_choice
from components.operations.box.ways import Figures, Result, Way
from components.settings.serve import ServeSettings

SIZE = 448


def result(
    library: str, precision: Precision, threads: int, ms: float, iou: float = 1.0, size: int = SIZE
) -> Result:
    parity = Parity(
        pictures=6,
        max_abs_difference=0.0,
        detections=40,
        same_label=1.0,
        min_mask_iou=iou,
        low_mask_iou=iou,
        mean_mask_iou=iou,
    )
    figures = Figures(0.1, ms, ms, ms, 1e3 / ms, 50.0)
    return Result(Way(library, precision, threads, size), figures, parity)


PLAIN = result("onnxruntime", "fp32", 1, 20.0)


@pytest.mark.parametrize(
    ("others", "workers", "wanted"),
    [
        ([result("onnxruntime", "int8", 1, 10.0)], 2, ("onnxruntime", "int8", 1)),
        ([result("onnxruntime", "int8", 1, 10.0, iou=0.8)], 2, ("onnxruntime", "fp32", 1)),
        ([result("onnxruntime", "int8", 1, 19.5)], 2, ("onnxruntime", "fp32", 1)),
        ([result("onnxruntime", "fp32", 2, 11.0)], 2, ("onnxruntime", "fp32", 1)),
        ([result("onnxruntime", "fp32", 2, 11.0)], 1, ("onnxruntime", "fp32", 2)),
        ([result("openvino", "fp32", 1, 15.0)], 2, ("openvino", "fp32", 1)),
        ([result("opencv", "int8", 1, 1.0)], 2, ("onnxruntime", "fp32", 1)),
        ([result("onnxruntime", "int8", 1, 5.0, size=320)], 2, ("onnxruntime", "fp32", 1)),
        (
            [Result(Way("openvino", "int8", 1, SIZE), None, None, "RuntimeError: no")],
            2,
            ("onnxruntime", "fp32", 1),
        ),
    ],
    ids=[
        "int8 is faster and agrees",
        "int8 is faster and differs",
        "int8 is hardly faster",
        "two workers share two cores",
        "one worker may have both cores",
        "another runtime is faster",
        "a library the service cannot use",
        "another size than the champion's",
        "a way that does not run",
    ],
)
def test_the_fastest_way_that_agrees_and_fits_is_chosen(
    others: list[Result], workers: int, wanted: tuple[str, str, int]
) -> None:
    way = chosen([PLAIN, *others], SIZE, workers, cores=2).way
    assert (way.library, way.precision, way.threads) == wanted


def test_the_choice_says_what_was_faster_and_why_it_was_not_taken() -> None:
    differs = result("onnxruntime", "int8", 1, 10.0, iou=0.8)
    reasons = " ".join(chosen([PLAIN, differs], SIZE, 2, cores=2).reasons)
    assert "onnxruntime int8 with 1 thread would take 10.0 ms, but its answers differ" in reasons


def test_the_choice_is_read_by_the_service_and_the_rest_of_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "serve_config.yaml"
    path.write_text("# mine\nport: 4000\nruntime: onnxruntime  # old\nlimits:\n  max_batch: 3\n")
    for threads in (1, 2):
        choice = Choice(Way("openvino", "int8", threads, SIZE), (f"reason {threads}",))
        write_choice(tmp_path, choice, "today")
    settings = ServeSettings.load(tmp_path)
    assert (settings.runtime, settings.runtime_threads, settings.precision) == (
        "openvino",
        2,
        "int8",
    )
    assert (settings.port, settings.limits.max_batch) == (4000, 3)
    text = path.read_text()
    assert text.startswith("# mine\n")
    assert text.count(MARK) == 1
    assert "reason 2" in text
    assert "reason 1" not in text


def test_instructions_of_arm_are_known() -> None:
    assert simd_of("processor : 0\nFeatures : fp asimd asimddp i8mm\n") == (
        "asimd",
        "asimddp",
        "i8mm",
    )
