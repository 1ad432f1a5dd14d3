"""A trial of the whole service: start it, ask it over HTTP, compare, stop it.

The same pictures are answered in this process, with the same model; both answers must say the same.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from components.errors import ModelError, ServiceError
from components.home import Home
from components.inspection.opening import open_inspector
from components.modeling.inference import Detector
from components.modeling.registry import ModelRegistry, ModelVersion
from components.serving.agreement import Tolerance, disagreements
from components.serving.answers import answer_picture, detections_in
from components.serving.client import Client
from components.serving.golden import read_expected
from components.serving.launch import running_service
from components.serving.schemas import PredictAnswer, PredictOptions
from components.settings.inspection import InspectionSettings
from components.settings.serve import ServeSettings

# Same pixels, same model, same machine: only the last bits may differ.
_SAME = Tolerance(min_iou=0.999, score=0.001)


@dataclass(frozen=True, slots=True)
class TrialReport:
    """What the trial found; it raises when an answer is wrong.

    Attributes:
        version: Version of the model that answered.
        pictures: How many pictures were asked about.
        detections: How many objects were found in them.
        http_ms: Time from request to answer, one for each picture, in milliseconds. While a
            service on trial answers, this process works on the picture before.
        in_process_ms: Time of the same work in this process.
    """

    version: str
    pictures: int
    detections: int
    http_ms: tuple[float, ...]
    in_process_ms: tuple[float, ...]


def try_service(home: Home, settings: ServeSettings, images: Sequence[Path] = ()) -> TrialReport:
    """Run the service for a moment and check its answers.

    Args:
        home: Whose champion is served.
        settings: Of the service; it gets a free port on loopback.
        images: What to ask about; the champion's golden pictures if there are none.

    Raises:
        ServiceError: If the service does not start, refuses a picture or answers another thing
            than the model does in this process.
        ModelError: If the champion is damaged.
    """
    champion = ModelRegistry(home.registry).champion()
    if champion is None:
        raise ServiceError(f"{home.registry}: no model was promoted; run `dxfvision run` first")
    pictures = list(images) or list(read_expected(champion.path))
    inspection = InspectionSettings.load(home.configs)
    inspector = open_inspector(
        champion.path, inspection, settings.runtime_threads, settings.runtime, settings.precision
    )
    # The certificate, if there is one, need not name loopback.
    with (
        running_service(home, settings, recording=False) as url,
        Client(url, verify=False) as client,
    ):
        trials = [
            _compare(path, answer, champion, inspector, settings)
            for path, answer in zip(pictures, _asked_ahead(pictures, client), strict=True)
        ]
    return _report(champion, trials)


def ask_service(
    home: Home, settings: ServeSettings, url: str, token: str | None = None
) -> TrialReport:
    """Ask a service that runs about the champion's golden pictures and check its answers.

    Args:
        home: Whose champion it serves.
        settings: Of the service.
        url: Where it answers.
        token: Access token; None if it asks for none.

    Raises:
        ServiceError: If it cannot be reached, refuses a picture or answers another thing than the
            champion does in this process.
        ModelError: If there is no champion or it is damaged.
    """
    champion = ModelRegistry(home.registry).champion()
    if champion is None:
        raise ModelError(f"{home.registry}: no model was promoted; run `dxfvision run` first")
    inspection = InspectionSettings.load(home.configs)
    inspector = open_inspector(
        champion.path, inspection, settings.runtime_threads, settings.runtime, settings.precision
    )
    with Client(url, token, verify=False) as client:
        trials = [
            _compare(path, _ask(path, client), champion, inspector, settings)
            for path in read_expected(champion.path)
        ]
    return _report(champion, trials)


def _report(champion: ModelVersion, trials: Sequence["_Trial"]) -> TrialReport:
    return TrialReport(
        version=champion.version,
        pictures=len(trials),
        detections=sum(each.detections for each in trials),
        http_ms=tuple(each.http_ms for each in trials),
        in_process_ms=tuple(each.in_process_ms for each in trials),
    )


@dataclass(frozen=True, slots=True)
class _Trial:
    detections: int
    http_ms: float
    in_process_ms: float


@dataclass(frozen=True, slots=True)
class _Answer:
    answer: PredictAnswer
    http_ms: float


def _asked_ahead(pictures: Sequence[Path], client: Client) -> Iterator[_Answer]:
    """Ask about a picture while the answer to the one before is looked at: two cores work."""
    with ThreadPoolExecutor(1) as asking:
        ahead = asking.submit(_ask, pictures[0], client)
        for following in pictures[1:]:
            answer = ahead.result()
            ahead = asking.submit(_ask, following, client)
            yield answer
        yield ahead.result()


def _ask(path: Path, client: Client) -> _Answer:
    start = time.perf_counter()
    try:
        answer = client.predict(path)
    except ServiceError as error:
        raise ServiceError(f"{path}: the service gave no answer: {error}") from error
    return _Answer(answer, 1000 * (time.perf_counter() - start))


def _compare(
    path: Path,
    asked: _Answer,
    champion: ModelVersion,
    inspector: Detector,
    settings: ServeSettings,
) -> _Trial:
    start = time.perf_counter()
    data = path.read_bytes()
    wanted = answer_picture(
        data, inspector, champion.version, PredictOptions(), settings, str(path)
    )
    in_process_ms = 1000 * (time.perf_counter() - start)
    threshold = inspector.card.prediction.score_threshold
    answer = asked.answer
    faults = disagreements(detections_in(wanted), detections_in(answer), _SAME, threshold)
    if answer.model != wanted.model:
        faults.append(f"version {answer.model.version} answered, wanted {wanted.model.version}")
    if faults:
        raise ServiceError(
            f"{path}: the service does not answer what the model does in this process: "
            f"{', '.join(faults)}; look into the service's settings"
        )
    return _Trial(len(answer.detections), asked.http_ms, in_process_ms)
