"""An inspector whose pictures are answered by the workers of a Dask cluster.

The pictures are handed out in their order, a few for each worker ahead, and taken back in that
order, so figures do not depend on who answered. Workers open the bundle and the pictures under the
same paths as this process: a shared folder, or one machine. Masks travel run-length encoded.
"""

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from components.dataset.dask_executor import ANY_PORT
from components.domain import Detection
from components.errors import ModelError
from components.geometry.masks import mask_from_rle, rle_from_mask
from components.inspection.inspector import Inspector
from components.inspection.opening import open_inspector
from components.modeling.evaluate import read_rgb
from components.modeling.inference import Prediction
from components.modeling.model_card import ModelCard
from components.settings.inspection import InspectionSettings

if TYPE_CHECKING:
    from distributed import Client

LOCAL = "local"
"""In place of an address: a cluster on this machine, one worker process for each core."""

AHEAD = 3
"""Pictures that wait for each worker: it never stands still, and few masks are held here."""

CONNECT_TIMEOUT_S = 10


class SpreadInspector:
    """Answers given pictures in their order; everything else is the inspector's.

    Args:
        inspector: The model, for its card.
        bundle: Its folder.
        settings: How objects are identified.
        pictures: Files, in the order in which they will be asked about.
        client: Of the cluster.
    """

    def __init__(
        self,
        inspector: Inspector,
        bundle: Path,
        settings: InspectionSettings,
        pictures: Sequence[Path],
        client: "Client",
    ) -> None:
        """Hand out nothing yet: the first question tells the threshold."""
        self._inspector, self._client = inspector, client
        self._bundle, self._settings = str(bundle.resolve()), settings.model_dump_json()
        self._left = iter([str(path.resolve()) for path in pictures])
        self._asked: deque[Any] = deque()

    @property
    def card(self) -> ModelCard:
        """Of the model."""
        return self._inspector.card

    def predict(
        self, image: NDArray[np.uint8], score_threshold: float | None = None, /
    ) -> Prediction:
        """Return the answer about the next picture.

        Args:
            image: The picture, shape (H, W, 3), uint8; only its size is used here.
            score_threshold: As of the inspector; the same for every picture.

        Raises:
            ValueError: If the picture is not the next one.
        """
        workers = max(1, len(self._client.scheduler_info()["workers"]))
        while len(self._asked) < AHEAD * workers and (path := next(self._left, None)):
            self._asked.append(
                self._client.submit(
                    _answer, self._bundle, self._settings, path, score_threshold, pure=False
                )
            )
        if not self._asked:
            raise ValueError("more pictures are asked about than were handed out")
        hw, records, timing_ms = self._asked.popleft().result()
        if hw != image.shape[:2]:
            raise ValueError(f"expected the next picture, {hw}, got one of {image.shape[:2]}")
        return Prediction(tuple(_unpacked(record) for record in records), timing_ms)


def on_dask(scheduler: str | None) -> dict[str, object]:
    """Return what `jobs.data_settings` takes to render on a Dask cluster.

    Args:
        scheduler: Address of its scheduler, `local` for a cluster on this machine; None changes
            nothing.
    """
    if scheduler is None:
        return {}
    return {"executor": "dask", "dask_scheduler": None if scheduler == LOCAL else scheduler}


@contextmanager
def cluster(address: str) -> Iterator["Client"]:
    """Give a client of a Dask cluster.

    Args:
        address: Of its scheduler, such as `tcp://box:8786`, or `LOCAL`.

    Raises:
        ModelError: If the scheduler cannot be reached, or has no worker.
    """
    from distributed import Client, LocalCluster

    for name in ("distributed", "distributed.scheduler", "distributed.worker"):
        logging.getLogger(name).setLevel(logging.ERROR)
    if address == LOCAL:
        with (
            LocalCluster(
                threads_per_worker=1, dashboard_address=ANY_PORT, silence_logs=logging.ERROR
            ) as local,
            Client(local) as client,
        ):
            yield client
        return
    try:
        client = Client(address, timeout=CONNECT_TIMEOUT_S)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"no Dask scheduler answers at {address!r} ({error}); start one with `dask scheduler`, "
            f"or give {LOCAL!r} for the cores of this machine"
        ) from error
    with client:
        try:
            # Without one a first answer would be waited for without end.
            client.wait_for_workers(1, timeout=CONNECT_TIMEOUT_S)
        except TimeoutError as error:
            raise ModelError(
                f"the Dask scheduler at {address!r} has no worker; start one with `dask worker "
                f"{address}`, or give {LOCAL!r} for the cores of this machine"
            ) from error
        yield client


@cache
def _inspector(bundle: str, settings: str) -> Inspector:
    """Open a bundle once in each worker."""
    cv2.setNumThreads(1)
    return open_inspector(Path(bundle), InspectionSettings.model_validate_json(settings))


def _answer(
    bundle: str, settings: str, picture: str, score_threshold: float | None
) -> tuple[tuple[int, ...], list[dict[str, Any]], dict[str, float]]:
    """Answer one picture in a worker: its size, the detections, the time of each step."""
    image = read_rgb(Path(picture))
    found = _inspector(bundle, settings).predict(image, score_threshold)
    return image.shape[:2], [_packed(each) for each in found.detections], found.timing_ms


def _packed(detection: Detection) -> dict[str, Any]:
    names = ("label", "score", "xyxy_px", "candidates", "pose", "fit")
    values = {name: getattr(detection, name) for name in names}
    return values | {"mask": rle_from_mask(detection.mask)}


def _unpacked(record: dict[str, Any]) -> Detection:
    return Detection(**(record | {"mask": mask_from_rle(record["mask"])}))
