"""The stages that turn a trained network into the served champion, as plain functions.

The order is `export_model`, `evaluate_model`, `promote_model`, `try_champion`.
"""

from itertools import islice
from pathlib import Path

from components.dataset.exports import coco_paths
from components.dataset.manifest import read_manifest
from components.errors import DatasetError, ModelError
from components.files import fingerprint, source_fingerprint
from components.home import Home
from components.inspection.opening import open_inspector
from components.modeling.card_page import to_markdown
from components.modeling.champion import read_champion
from components.modeling.defect_card import CURVE_NAME, read_defects
from components.modeling.evaluate import evaluate_split
from components.modeling.export import export
from components.modeling.inference import Predictor
from components.modeling.model_card import CARD_NAME, INT8_NAME, MODEL_NAME, write_card
from components.modeling.registry import ModelRegistry, ModelVersion
from components.operations.jobs import Run, known_parts
from components.operations.likeness import known_similarity
from components.operations.machine import this_machine
from components.operations.promotion import Decision, decide, was_rolled_back
from components.operations.stage_metrics import reported
from components.operations.stages import Figures, StageResult, input_sha256, run_stage
from components.progress import Progress, SilentProgress, stage
from components.serving.trial import try_service
from components.settings.inspection import InspectionSettings
from components.settings.release import ReleaseSettings
from components.settings.serve import ServeSettings
from components.settings.train import TrainSettings
from components.visualization.evaluation_report import FIGURES_NAME, write_evaluation
from components.visualization.picture_pairs import plot_predictions

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


@reported("export")
def export_model(run: Run, progress: Progress) -> StageResult:
    """Export the trained network as a bundle and compare it with torch.

    Raises:
        ModelError: If there is no finished training or the two differ beyond the tolerance.
    """
    home = run.home
    settings = TrainSettings.load(home.configs, run.profile)
    if not home.checkpoint.exists():
        raise ModelError(f"{home.checkpoint}: no network was trained yet; run `dxfvision train`")
    similarity = known_similarity(home, progress)
    defects = read_defects(home.defects / CURVE_NAME)
    key = fingerprint(
        input_sha256(home.checkpoint, ModelError, "dxfvision train"),
        input_sha256(home.parts, DatasetError, "dxfvision generate"),
        similarity,
        defects,
        settings,
        source_fingerprint("modeling", "geometry", "domain.py"),
    )

    def work() -> Figures:
        report = export(home, home.checkpoint, known_parts(home), settings, progress)
        changes = {
            "similarity": similarity,
            "defects": defects,
            "machine": this_machine(()).processor,
        }
        card = report.card.model_copy(update=changes)
        write_card(home.exported / CARD_NAME, card)
        return {
            "summary": f"{card.parity.pictures} pictures through torch and ONNX: same label "
            f"{card.parity.same_label:.1%}, mean mask IoU {card.parity.mean_mask_iou:.3f}; served "
            f"is {card.precision}: {card.precision_reason}",
            "parity": card.parity,
            "offers": card.offers,
        }

    outputs = [home.exported / MODEL_NAME, home.exported / INT8_NAME]
    return run_stage(home, "export", key, outputs, work)


def evaluation_folder(home: Home) -> Path:
    """Folder of the figures and charts of the last evaluation."""
    return home.reports / "evaluation"


def confusion_plot(home: Home) -> Path:
    """Path of the picture that shows which label is taken for which."""
    return evaluation_folder(home) / "confusion.png"


def groups_chart(home: Home) -> Path:
    """Path of the chart of objects by size, visible share and contrast."""
    return evaluation_folder(home) / "groups.png"


def predictions_sheet(home: Home) -> Path:
    """Path of the picture that shows predictions on test pictures beside the truth."""
    return evaluation_folder(home) / "predictions.png"


@reported("evaluate")
def evaluate_model(run: Run, progress: Progress) -> StageResult:
    """Measure the exported model on the test split, without and with registration.

    The figures go into its card: `test_map` and its like are the network's, which the gate
    compares; `test_registered_map` and its like are those of the answers that are served.

    Raises:
        ModelError: If there is no exported model.
        DatasetError: If there is no dataset.
    """
    home = run.home
    settings = InspectionSettings.load(home.configs)
    key = fingerprint(
        input_sha256(home.exported / MODEL_NAME, ModelError, "dxfvision export"),
        input_sha256(home.manifest, DatasetError, "dxfvision generate"),
        input_sha256(coco_paths(home, "test")[0], DatasetError, "dxfvision generate"),
        source_fingerprint(
            "modeling",
            "inspection",
            "visualization",
            "geometry",
            "domain.py",
            "dataset/exports.py",
        ),
        settings,
    )
    folder = evaluation_folder(home)
    pictures = [confusion_plot(home), groups_chart(home), predictions_sheet(home)]
    outputs = [folder / FIGURES_NAME, *pictures]

    def work() -> Figures:
        inspector = open_inspector(home.exported, settings)
        alone = evaluate_split(home, inspector.predictor, "test", progress)
        evaluation = evaluate_split(home, inspector, "test", progress)
        card = inspector.predictor.card
        metrics = card.metrics | {
            f"test_{stem}{name}": getattr(figures, name)
            for stem, figures in (("", alone), ("registered_", evaluation))
            for name in CARD_METRICS
        }
        write_card(home.exported / CARD_NAME, card.model_copy(update={"metrics": metrics}))
        images, coco = home.images("test"), coco_paths(home, "test")[0]
        write_evaluation(evaluation, images, coco, inspector, folder)
        plot_predictions(home, inspector, "test", predictions_sheet(home))
        return {
            "summary": f"mask mAP {evaluation.map:.3f}, mAP50 {evaluation.map50:.3f}, "
            f"class-agnostic {evaluation.agnostic_map:.3f}, mIoU {evaluation.miou:.3f} "
            f"on {evaluation.pictures} test pictures (the network alone: mask mAP {alone.map:.3f}, "
            f"class-agnostic {alone.agnostic_map:.3f})"
        } | evaluation.to_json()

    return run_stage(home, "evaluate", key, [*outputs, home.exported / CARD_NAME], work)


@reported("promote")
def promote_model(run: Run) -> StageResult:
    """Register the exported bundle and make it the champion if it passes the gate.

    A version is decided on again when the gate's settings change or nothing serves. One that was
    the champion and was rolled back by hand is not promoted again.

    Raises:
        ModelError: If the model is refused and there is no champion that could go on serving.
    """
    registry = ModelRegistry(run.home.registry)
    version = registry.register(run.home.exported)
    settings = ReleaseSettings.load(run.home.configs, run.profile)
    champion = registry.champion()

    def work() -> Figures:
        decision = _decision(run, registry, champion, version, settings)
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

    key = fingerprint(version.version, settings.min_agnostic_map, settings.max_map_loss)
    return run_stage(run.home, "promote", key, [], work, always=champion is None)


def _decision(
    run: Run,
    registry: ModelRegistry,
    champion: ModelVersion | None,
    version: ModelVersion,
    settings: ReleaseSettings,
) -> Decision:
    """Return whether a version takes the champion's place; what was decided by hand stays."""
    record = read_champion(registry.champion_file)
    if record is not None and was_rolled_back(record, version.version):
        return Decision(
            False,
            f"it was rolled back by hand; `dxfvision models promote {version.version}` brings "
            "it back",
        )
    figures = version.card.metrics
    champion_map = _champion_map(run, champion, version)
    return decide(figures["test_map"], figures["test_agnostic_map"], champion_map, settings)


def _champion_map(run: Run, champion: ModelVersion | None, version: ModelVersion) -> float | None:
    """Return the champion's mask mAP on today's test split; None if it knows other drawings."""
    if champion is None or champion.card.drawings_fingerprint != version.card.drawings_fingerprint:
        return None
    return evaluate_split(run.home, open_predictor(champion), "test", SilentProgress()).map


@reported("try")
def try_champion(run: Run, progress: Progress) -> StageResult:
    """Start the service with the champion, send it test pictures, check the answers, stop it.

    Raises:
        ServiceError: If it does not start or answers another thing than the model in-process.
        DatasetError: If the dataset has no test pictures.
    """
    home = run.home
    champion = champion_of(home)
    settings = ServeSettings.load(home.configs, run.profile)
    wanted = ReleaseSettings.load(home.configs, run.profile).trial_pictures
    images = trial_pictures(home, wanted)
    key = fingerprint(
        champion.version,
        [input_sha256(image, DatasetError, "dxfvision generate") for image in images],
        settings,
        InspectionSettings.load(home.configs),
        source_fingerprint("serving", "inspection", "modeling", "geometry", "domain.py"),
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


def trial_pictures(home: Home, wanted: int) -> list[Path]:
    """Return the first pictures of the test split that the manifest lists.

    Raises:
        DatasetError: If it lists none.
    """
    found = (
        home.root / sample.image
        for sample in read_manifest(home.manifest)
        if sample.split == "test"
    )
    images = list(islice(found, wanted))
    if not images:
        raise DatasetError(
            f"{home.manifest}: lists no test pictures to try the service with; raise `images` in "
            "data_config.yaml and run `dxfvision generate`"
        )
    return images
