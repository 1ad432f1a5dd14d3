"""The stages that turn a trained network into a measured bundle, as plain functions.

The order is `export_model`, `evaluate_model`, then those of `promoting.py`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.dataset.card import load_dataset
from components.dataset.exports import coco_paths
from components.errors import DatasetError, ModelError
from components.files import file_sha256, fingerprint, source_fingerprint
from components.home import Home
from components.inspection.inspector import Inspector
from components.inspection.opening import open_inspector
from components.inspection.pose_figures import PoseMeter
from components.inspection.pose_truth import read_poses
from components.modeling.card_figures import DatasetFacts, held_out_figures
from components.modeling.coco_truth import read_coco
from components.modeling.defect_card import CURVE_NAME, read_defects
from components.modeling.evaluate import evaluate_split
from components.modeling.export import export
from components.modeling.inference import Detector, Predictor
from components.modeling.model_card import CARD_NAME, INT8_NAME, MODEL_NAME, write_card
from components.modeling.registry import ModelRegistry, ModelVersion
from components.operations.drift.frames import REFERENCE_NAME, Watched, write_frames
from components.operations.pipeline.jobs import Run, known_parts
from components.operations.pipeline.likeness import known_similarity
from components.operations.pipeline.spreading import SpreadInspector, cluster
from components.operations.stages.machine import this_machine
from components.operations.stages.metrics import reported
from components.operations.stages.running import Figures, StageResult, input_sha256, run_stage
from components.progress import Progress
from components.settings.inspection import InspectionSettings
from components.settings.train import TrainSettings
from components.visualization.evaluation_report import (
    FIGURES_NAME,
    POSES_NAME,
    PoseRecord,
    write_evaluation,
    write_poses,
)
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
        here = this_machine(())
        changes = {
            "similarity": similarity,
            "defects": defects,
            "dataset": dataset_facts(home),
            "machine": here.processor,
            "commit": here.commit,
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


def dataset_facts(home: Home) -> DatasetFacts:
    """Return what a card tells of the home folder's dataset.

    Raises:
        DatasetError: If there is none.
    """
    card = load_dataset(home)
    return DatasetFacts(
        fingerprint=card.fingerprint, seed=card.seed, pictures=card.images, settings=card.settings
    )


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
def evaluate_model(run: Run, progress: Progress, dask_scheduler: str | None = None) -> StageResult:
    """Measure the exported model on the test split, without and with registration.

    The figures go into its card: `test_map` and its like are the network's;
    `test_registered_map` and its like, and `test`, are those of the answers that are served, which
    the gate compares.

    Args:
        run: Whose exported model and dataset.
        progress: Told after each picture.
        dask_scheduler: Address of a Dask scheduler whose workers register the answers, or `local`;
            None works here. Figures are the same.

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
    figures_files = [folder / FIGURES_NAME, folder / POSES_NAME]
    outputs = [*figures_files, *pictures, home.exported / REFERENCE_NAME]

    def work() -> Figures:
        inspector = open_inspector(home.exported, settings)
        alone = evaluate_split(home, inspector.predictor, "test", progress)
        images, coco = home.images("test"), coco_paths(home, "test")[0]
        card = inspector.predictor.card
        with _spread(home, inspector, settings, dask_scheduler) as detector:
            watched = Watched(detector)
            meter = PoseMeter(watched, read_poses(coco), card.prediction.score_threshold)
            evaluation = evaluate_split(home, meter, "test", progress)
        write_frames(home.exported / REFERENCE_NAME, watched.frames)
        poses = meter.figures(inspector.registrar.parts, inspector.symmetries)
        write_poses(folder, PoseRecord(card.onnx_sha256, poses))
        metrics = card.metrics | {
            f"test_{stem}{name}": getattr(figures, name)
            for stem, figures in (("", alone), ("registered_", evaluation))
            for name in CARD_METRICS
        }
        machine = this_machine(()).processor
        test = held_out_figures(evaluation, file_sha256(coco), machine)
        changes = {"metrics": metrics, "test": test}
        write_card(home.exported / CARD_NAME, card.model_copy(update=changes))
        write_evaluation(evaluation, images, coco, inspector, folder)
        plot_predictions(home, inspector, "test", predictions_sheet(home))
        return {
            "summary": f"mask mAP {evaluation.map:.3f}, mAP50 {evaluation.map50:.3f}, "
            f"class-agnostic {evaluation.agnostic_map:.3f}, mIoU {evaluation.miou:.3f} "
            f"on {evaluation.pictures} test pictures (the network alone: mask mAP {alone.map:.3f}, "
            f"class-agnostic {alone.agnostic_map:.3f})"
        } | evaluation.to_json()

    return run_stage(home, "evaluate", key, [*outputs, home.exported / CARD_NAME], work)


@contextmanager
def _spread(
    home: Home, inspector: Inspector, settings: InspectionSettings, dask_scheduler: str | None
) -> Iterator[Detector]:
    """Give who answers the test pictures: the model here, or the workers of a Dask cluster."""
    if dask_scheduler is None:
        yield inspector
        return
    pictures = [each.path for each in read_coco(coco_paths(home, "test")[0], home.images("test"))]
    with cluster(dask_scheduler) as client:
        yield SpreadInspector(inspector, home.exported, settings, pictures, client)
