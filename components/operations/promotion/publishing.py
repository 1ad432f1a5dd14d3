"""New drawings are served at once: the generic weights with these drawings, through the gates.

The generic weights see parts without knowing a drawing, and geometry names them; so a bundle of
both needs no training. It is tried on a few pictures generated from the drawings: the exported
network answers as torch does, it finds parts, and it names the drawings that the champion knows not
worse than the champion does, beyond the margins of operations_config.yaml. The champion that is
trained later passes the same gate against it.
"""

import shutil
from dataclasses import replace

from components.dataset.exports import coco_paths
from components.dataset.generate import generate_dataset
from components.domain import Part
from components.files import fingerprint, source_fingerprint
from components.home import Home
from components.inspection.opening import open_inspector
from components.modeling.card_page import to_markdown
from components.modeling.evaluate import evaluate, evaluate_split
from components.modeling.model_card import CARD_NAME, ModelCard, write_card
from components.modeling.notes import read_notes, write_note
from components.modeling.origin import drawings_hash
from components.modeling.registry import ModelRegistry, ModelVersion
from components.operations.pipeline.jobs import Run, known_parts
from components.operations.pipeline.likeness import known_similarity
from components.operations.promotion.comparison import compare
from components.operations.promotion.gate import decide
from components.operations.promotion.settling import READY, Settled, restoring, settle
from components.operations.stages.machine import this_machine
from components.operations.stages.metrics import report_champion, reported
from components.operations.stages.running import Figures, StageResult, run_stage
from components.progress import Progress
from components.settings.base import GENERIC
from components.settings.data import DataSettings
from components.settings.inspection import InspectionSettings
from components.settings.operations import OperationsSettings
from components.settings.release import ReleaseSettings
from components.settings.train import TrainSettings

SPLITS = {"train": 0.2, "val": 0.4, "test": 0.4}
"""Nothing is trained: most pictures are for export and test."""


@reported("publish")
def publish_drawings(run: Run, progress: Progress) -> StageResult:
    """Serve the drawings that were read last with the generic weights, unless they are served.

    Args:
        run: Whose drawings, registry and settings.
        progress: Told of the pictures, the export and the answers.

    Raises:
        ModelError: If there are no generic weights or export changed them.
        DatasetError: If no drawings were read yet.
        ServiceError: If the service does not turn ready on them; the champion before is back.
    """
    home = run.home
    parts = known_parts(home)
    drawings = drawings_hash(parts)
    champion = ModelRegistry(home.registry).champion()
    release = _margins(run)
    serves = champion is not None and champion.card.drawings_fingerprint == drawings
    bounds = release.model_dump(exclude={"trial_pictures", "ready_s", "service_url"})
    key = fingerprint(
        drawings, serves, bounds, source_fingerprint("modeling", "inspection", "geometry")
    )

    def work() -> Figures:
        if serves and champion is not None:
            if READY not in read_notes(home.registry, champion.version):
                # Who promoted it was killed before the service was seen ready on it.
                _settled(home, champion)
            told = f"{champion.version} knows these drawings already"
            return {"summary": told, "version": champion.version, "promoted": False}
        return _published(run, parts, champion, release, progress)

    return run_stage(home, "publish", key, [], work)


def _margins(run: Run) -> ReleaseSettings:
    """Return the gate's bounds, wider where few pictures decide."""
    publish = OperationsSettings.load(run.home.configs).publish
    wider = publish.model_dump(include={"max_map_loss", "max_part_loss"})
    return ReleaseSettings.load(run.home.configs, run.profile).model_copy(update=wider)


def _published(
    run: Run,
    parts: list[Part],
    champion: ModelVersion | None,
    release: ReleaseSettings,
    progress: Progress,
) -> Figures:
    """Make the bundle in a home folder of its own, decide, promote and wait for the service."""
    trial = _trial_home(run.home)
    try:
        card = _exported(run, trial, parts, progress)
        registry = ModelRegistry(run.home.registry)
        version = registry.register(trial.exported)
        comparison = compare(trial, version, champion, progress) if champion else None
        decision = decide(card, comparison, release)
        note = {"promote": decision.promote, "reason": decision.reason, "comparison": comparison}
        write_note(registry.root, version.version, "gate", note)
        told = f"{version.version}: generic weights with {len(parts)} drawings: {decision.reason}"
        figures = {"version": version.version, "promoted": decision.promote, "seconds": None}
        if not decision.promote:
            return figures | {"summary": f"{told}; not promoted, a training follows"}
        registry.promote(version.version)
        settled = _settled(run.home, version)
    finally:
        shutil.rmtree(trial.root, ignore_errors=True)
    return figures | {
        "summary": f"{told}; ready after {settled.seconds:.1f} s",
        "seconds": settled.seconds,
        "card": to_markdown(version.card, version.version),
    }


def _settled(home: Home, version: ModelVersion) -> Settled:
    """Wait for the service on a champion; if it does not come, the one before is back."""
    try:
        with restoring(ModelRegistry(home.registry), version):
            return settle(home, version)
    finally:
        report_champion(home)


def _trial_home(home: Home) -> Home:
    """Return an empty home folder inside, with the settings and photographs of the outer one."""
    trial = Home(home.state / "publish")
    shutil.rmtree(trial.root, ignore_errors=True)
    trial.photos.parent.mkdir(parents=True)
    for inner, outer in ((trial.configs, home.configs), (trial.photos, home.photos)):
        if outer.is_dir():
            inner.symlink_to(outer.resolve(), target_is_directory=True)
    return trial


def _exported(run: Run, trial: Home, parts: list[Part], progress: Progress) -> ModelCard:
    """Generate the pictures, export generic weights and drawings, measure both, return the card."""
    from components.modeling.export import export_network
    from components.modeling.generic_model import generic_network

    wanted = OperationsSettings.load(run.home.configs).publish.pictures
    generate_dataset(parts, trial, _data(run, wanted), run.seed, progress)
    settings = TrainSettings.load(run.home.configs, GENERIC)
    # Nothing to choose: a precision is measured when there is time, with the training.
    export = settings.export.model_copy(update={"int8": False, "parity_pictures": wanted})
    settings = settings.model_copy(update={"export": export})
    trained = generic_network(run.home, settings)
    origin = replace(trained.origin, drawings=drawings_hash(parts))
    report = export_network(trial, replace(trained, origin=origin), parts, settings, progress)
    inspection = InspectionSettings.load(run.home.configs)
    inspector = open_inspector(trial.exported, inspection)
    images, coco = trial.images("test"), coco_paths(trial, "test")[0]
    label = inspector.predictor.card.labels[0]
    alone = evaluate(inspector.predictor, images, coco, progress, label)
    answers = evaluate_split(trial, inspector, "test", progress)
    metrics = report.card.metrics | {
        # Alone, it names no drawing.
        "test_map": 0.0,
        "test_agnostic_map": alone.agnostic_map,
        "test_registered_map": answers.map,
        "test_registered_agnostic_map": answers.agnostic_map,
    }
    card = report.card.model_copy(
        update={
            "metrics": metrics,
            "similarity": known_similarity(run.home, progress),
            "machine": this_machine(()).processor,
        }
    )
    write_card(trial.exported / CARD_NAME, card)
    return card


def _data(run: Run, pictures: int) -> DataSettings:
    """Return the settings of so few pictures that a pool of processes would cost more."""
    settings = DataSettings.load(run.home.configs, run.profile)
    splits = settings.splits.model_copy(update=SPLITS)
    few = {"images": pictures, "splits": splits, "executor": "thread", "workers": 2}
    return settings.model_copy(update=few)
