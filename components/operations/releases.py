"""The stages that turn a trained network into the served champion, as plain functions.

The order is `export_model`, `evaluate_model`, `promote_model`, `try_champion`.
"""

from pathlib import Path

from components.errors import ImageError, ModelError
from components.files import file_sha256, fingerprint, source_fingerprint, write_json
from components.home import Home
from components.modeling.evaluate import evaluate_split
from components.modeling.export import export
from components.modeling.inference import Predictor
from components.modeling.model_card import CARD_NAME, MODEL_NAME, to_markdown, write_card
from components.modeling.registry import ModelRegistry, ModelVersion
from components.operations.jobs import Job, known_parts
from components.operations.promotion import decide
from components.operations.stages import Figures, StageResult, run_stage
from components.progress import Progress, SilentProgress, stage
from components.serving.trial import try_service
from components.settings.release import ReleaseSettings
from components.settings.serve import ServeSettings
from components.settings.train import TrainSettings
from components.visualization.plot_results import plot_confusion, plot_predictions

CARD_METRICS = ("map", "map50", "agnostic_map", "miou")


def champion_of(home: Home) -> ModelVersion:
    """Return the champion.

    Raises:
        ModelError: If nothing was promoted yet or its files are damaged.
    """
    champion = ModelRegistry(home.registry).champion()
    if champion is None:
        raise ModelError(f"{home.registry}: holds no champion; make one with `dxfvision run`")
    return champion


def open_predictor(version: ModelVersion) -> Predictor:
    """Return a released model, ready to be asked in this process."""
    return Predictor.load(version.path)


def read_picture(path: Path) -> bytes:
    """Return the bytes of a picture file.

    Raises:
        ImageError: If it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise ImageError(f"{path}: cannot be read ({error.strerror}); name a picture") from error


def export_model(job: Job, progress: Progress) -> StageResult:
    """Export the trained network as a bundle and compare it with torch.

    Raises:
        ModelError: If there is no finished training or the two differ beyond the tolerance.
    """
    home = job.home
    settings = TrainSettings.load(home.configs, job.profile)
    if not home.checkpoint.exists():
        raise ModelError(f"{home.checkpoint}: no network was trained yet; run `dxfvision train`")
    key = fingerprint(
        file_sha256(home.checkpoint),
        file_sha256(home.parts),
        settings,
        source_fingerprint("modeling", "geometry", "domain.py"),
    )

    def work() -> Figures:
        report = export(home, home.checkpoint, known_parts(home), settings, progress)
        parity = report.card.parity
        return {
            "summary": f"{parity.pictures} pictures through torch and ONNX: same label "
            f"{parity.same_label:.1%}, least mask IoU {parity.min_mask_iou:.3f}",
            "parity": parity,
        }

    return run_stage(home, "export", key, [home.exported / MODEL_NAME], work)


def confusion_plot(home: Home) -> Path:
    """Path of the picture that shows which label is taken for which."""
    return home.reports / "confusion.png"


def predictions_sheet(home: Home) -> Path:
    """Path of the picture that shows predictions on test pictures beside the truth."""
    return home.reports / "predictions.png"


def evaluate_model(job: Job, progress: Progress) -> StageResult:
    """Measure the exported model on the test split; the figures go into its card."""
    home = job.home
    key = fingerprint(
        file_sha256(home.exported / MODEL_NAME),
        file_sha256(home.manifest),
        source_fingerprint("modeling", "visualization"),
    )
    evaluation_file = home.reports / "evaluation.json"
    outputs = [evaluation_file, confusion_plot(home), predictions_sheet(home)]

    def work() -> Figures:
        predictor = Predictor.load(home.exported)
        evaluation = evaluate_split(home, predictor, "test", progress)
        write_json(evaluation_file, evaluation.to_json())
        card = predictor.card
        metrics = card.metrics | {
            f"test_{name}": getattr(evaluation, name) for name in CARD_METRICS
        }
        write_card(home.exported / CARD_NAME, card.model_copy(update={"metrics": metrics}))
        plot_confusion(evaluation.confusion, confusion_plot(home))
        plot_predictions(home, predictor, "test", predictions_sheet(home))
        return {
            "summary": f"mask mAP {evaluation.map:.3f}, mAP50 {evaluation.map50:.3f}, "
            f"class-agnostic {evaluation.agnostic_map:.3f}, mIoU {evaluation.miou:.3f} "
            f"on {evaluation.pictures} test pictures"
        } | evaluation.to_json()

    return run_stage(home, "evaluate", key, [*outputs, home.exported / CARD_NAME], work)


def promote_model(job: Job) -> StageResult:
    """Register the exported bundle and make it the champion if it passes the gate.

    A version that was decided on before is not decided on again, so that a roll-back by hand
    stays.

    Raises:
        ModelError: If the model is refused and there is no champion that could go on serving.
    """
    registry = ModelRegistry(job.home.registry)
    version = registry.register(job.home.exported)
    settings = ReleaseSettings.load(job.home.configs, job.profile)

    def work() -> Figures:
        champion = registry.champion()
        decision = decide(
            version.card.metrics["test_map"], _champion_map(job, champion, version), settings
        )
        if decision.promote:
            registry.promote(version.version)
        elif champion is None:
            raise ModelError(f"{version.version} is not promoted: {decision.reason}")
        outcome = "is the champion" if decision.promote else "is not promoted"
        return {
            "summary": f"{version.version} {outcome}: {decision.reason}",
            "version": version.version,
            "promoted": decision.promote,
            "card": to_markdown(version.card),
        }

    return run_stage(job.home, "promote", version.version, [], work)


def _champion_map(job: Job, champion: ModelVersion | None, version: ModelVersion) -> float | None:
    """Return the champion's mask mAP on today's test split; None if it knows other drawings."""
    if champion is None or champion.card.drawings_fingerprint != version.card.drawings_fingerprint:
        return None
    return evaluate_split(job.home, open_predictor(champion), "test", SilentProgress()).map


def try_champion(job: Job, progress: Progress) -> StageResult:
    """Start the service with the champion, send it test pictures, check the answers, stop it.

    Raises:
        ServiceError: If it does not start or answers another thing than the model in-process.
    """
    home = job.home
    champion = champion_of(home)
    settings = ServeSettings.load(home.configs, job.profile)
    wanted = ReleaseSettings.load(home.configs, job.profile).trial_pictures
    images = sorted(home.images("test").iterdir())[:wanted]
    key = fingerprint(
        champion.version,
        [file_sha256(image) for image in images],
        settings,
        source_fingerprint("serving", "modeling", "geometry"),
    )

    def work() -> Figures:
        with stage(progress, "try the service", 1, "trial") as bar:
            report = try_service(home, settings, images)
            bar.advance(1, report.version)
        rows = [
            {"picture": image.name, "HTTP ms": http, "in-process ms": inside}
            for image, http, inside in zip(
                images, report.http_ms, report.in_process_ms, strict=True
            )
        ]
        return {
            "summary": f"{report.version} answered {report.pictures} pictures over HTTP with "
            f"{report.detections} detections, as the model does in-process",
            "answers": rows,
            "report": report,
        }

    return run_stage(home, "try", key, [], work)
