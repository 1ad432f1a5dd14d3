"""Ways to run the network on this machine: library, precision, threads, size; and their figures."""

from dataclasses import dataclass

from components.modeling.model_card import Parity, Precision

LEAST_SAME_LABEL, LEAST_MEAN_IOU = 0.99, 0.95
"""What a way's answers must share with the reference to be chosen; those of a parity gate."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to run the network.

    Attributes:
        library: Name of the library.
        precision: Of the file.
        threads: For one picture.
        size: Longer side of the network's picture, px.
    """

    library: str
    precision: Precision
    threads: int
    size: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What one way costs.

    Attributes:
        load_s: Time to open it.
        median_ms: Wall time of a picture, network only.
        p95_ms: Likewise, one in twenty takes longer.
        cpu_ms: Processor time of a picture, all threads.
        per_s: Pictures a second, one after the other.
        memory_mb: Peak of the process over what it had before the library was opened.
    """

    load_s: float
    median_ms: float
    p95_ms: float
    cpu_ms: float
    per_s: float
    memory_mb: float


@dataclass(frozen=True, slots=True)
class Result:
    """One way, measured or refused.

    Attributes:
        way: Which.
        figures: None if it does not run.
        parity: Against float32 in ONNX Runtime at the same size; None likewise.
        refused: Why it does not run; empty if it does.
    """

    way: Way
    figures: Figures | None
    parity: Parity | None
    refused: str = ""

    @property
    def agrees(self) -> bool:
        """Whether its answers are those of the reference."""
        parity = self.parity
        return (
            parity is not None
            and parity.same_label >= LEAST_SAME_LABEL
            and parity.mean_mask_iou >= LEAST_MEAN_IOU
        )
