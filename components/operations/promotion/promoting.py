"""The stages that make an exported bundle the champion, as plain functions.

The order is `promote_model`, `try_champion`. A champion that was never tried is on probation: if
the service does not turn ready on it, or answers over HTTP what the model does not answer
in-process, the champion before it comes back by itself.
"""

from itertools import chain, islice
from pathlib import Path

from components.dataset.manifest import read_manifest
from components.errors import DatasetError, ModelError
from components.files import fingerprint, plain, source_fingerprint
from components.home import Home
from components.modeling.card_page import to_markdown
from components.modeling.champion import read_champion
from components.modeling.notes import read_notes, write_note
from components.modeling.registry import ModelRegistry, ModelVersion
from components.operations.pipeline.jobs import Run
from components.operations.pipeline.releases import champion_of
from components.operations.promotion.comparison import Comparison, compare
from components.operations.promotion.gate import Decision, decide, was_rolled_back
from components.operations.promotion.settling import restoring, settle
from components.operations.stages.metrics import report_champion, reported
from components.operations.stages.running import Figures, StageResult, input_sha256, run_stage
from components.progress import Progress, SilentProgress, stage
from components.serving.trial import TrialReport, try_service
from components.settings.inspection import InspectionSettings
from components.settings.release import ReleaseSettings
from components.settings.serve import ServeSettings

TRIAL = "trial"
"""Note on a version whose served answers were compared with its own."""


@reported("promote")
def promote_model(run: Run, progress: Progress | None = None) -> StageResult:
    """Register the exported bundle and make it the champion if it passes the gate.

    A version is decided on again when the gate's settings change or nothing serves. One that was
    the champion and was taken off again is not promoted again.

    Args:
        run: Whose bundle and test pictures.
        progress: Told of the champion's answers to the test pictures.

    Raises:
        ModelError: If the model is refused and there is no champion that could go on serving.
    """
    registry = ModelRegistry(run.home.registry)
    version = registry.register(run.home.exported)
    settings = ReleaseSettings.load(run.home.configs, run.profile)
    champion = registry.champion()

    def work() -> Figures:
        serves = champion
        while True:
            comparison = _comparison(run, serves, version, progress or SilentProgress())
            decision = _decision(registry, version, comparison, settings)
            before, serves = serves, registry.champion()
            if _is_same(before, serves):
                break
            # Minutes went by: what somebody promoted meanwhile is what it must stand beside.
        content = {"promote": decision.promote, "reason": decision.reason}
        write_note(registry.root, version.version, "gate", content | {"comparison": comparison})
        if decision.promote:
            registry.promote(version.version)
        elif serves is None:
            raise ModelError(f"{version.version} is not promoted: {decision.reason}")
        outcome = "is the champion" if decision.promote else "is not promoted"
        return {
            "summary": f"{version.version} {outcome}: {decision.reason}",
            "version": version.version,
            "promoted": decision.promote,
            "comparison": comparison,
            "card": to_markdown(version.card, version.version),
        }

    bounds = settings.model_dump(exclude={"trial_pictures", "ready_s", "service_url"})
    key = fingerprint(version.version, bounds, _taken_off(registry, version))
    return run_stage(run.home, "promote", key, [], work, always=champion is None)


def _is_same(one: ModelVersion | None, other: ModelVersion | None) -> bool:
    return (one and one.version) == (other and other.version)


def _comparison(
    run: Run, champion: ModelVersion | None, version: ModelVersion, progress: Progress
) -> Comparison | None:
    """Return how a version does beside the champion; None if there is no other to compare with."""
    if champion is None or champion.version == version.version:
        return None
    return compare(run.home, version, champion, progress)


def _decision(
    registry: ModelRegistry,
    version: ModelVersion,
    comparison: Comparison | None,
    settings: ReleaseSettings,
) -> Decision:
    """Return whether a version takes the champion's place; what was decided by hand stays."""
    if _taken_off(registry, version):
        return Decision(
            False,
            f"it was the champion and was taken off; `dxfvision models promote {version.version}` "
            "brings it back",
        )
    return decide(version.card, comparison, settings)


def _taken_off(registry: ModelRegistry, version: ModelVersion) -> bool:
    record = read_champion(registry.champion_file)
    return record is not None and was_rolled_back(record, version.version)


@reported("try")
def try_champion(run: Run, progress: Progress) -> StageResult:
    """See that the service turns ready on the champion and answers pictures as the model does.

    A service that runs already is watched; the pictures go to one that is started for them.

    Raises:
        ServiceError: If it does not; a champion on probation has been taken off by then.
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
            report = _proven(home, champion, settings, images)
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


def _proven(
    home: Home, champion: ModelVersion, settings: ServeSettings, images: list[Path]
) -> TrialReport:
    """Return the report of a trial; if it fails, take off a champion that never passed one."""
    if TRIAL in read_notes(home.registry, champion.version):
        return try_service(home, settings, images)
    try:
        with restoring(ModelRegistry(home.registry), champion):
            report = try_service(home, settings, images)
            settle(home, champion, tried=True)
    finally:
        report_champion(home)
    write_note(home.registry, champion.version, TRIAL, plain(report))
    return report


def trial_pictures(home: Home, wanted: int) -> list[Path]:
    """Return the first pictures of the test split that the manifest lists, then of the others.

    Raises:
        DatasetError: If it lists none of the test split.
    """
    samples = list(read_manifest(home.manifest))
    images = [home.root / sample.image for sample in samples if sample.split == "test"]
    if not images:
        raise DatasetError(
            f"{home.manifest}: lists no test pictures to try the service with; raise `images` in "
            "data_config.yaml and run `dxfvision generate`"
        )
    more = (
        home.root / sample.image
        for split in ("val", "train")
        for sample in samples
        if sample.split == split
    )
    return list(islice(chain(images, more), wanted))
