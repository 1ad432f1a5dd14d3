"""The home folder: where everything of one installation lies.

The layout is the user's; this module is the only place that spells its names.

    configs/                          settings that differ from the shipped ones
    data/raw/dxf_templates            the drawings
    data/raw/images                   the user's own photographs
    data/labelled                     frames among them that a model labelled: a dataset of its own
    data/processed/{train,val,test}/{images,masks}
    data/annotations/{coco,yolo}
    data/calibrations                 scale and lens of the cameras, with their history
    models/checkpoint.pth             the last training, resumable
    models/generic                    weights that know parts, but no drawing
    models/opencv_templates           templates for the OpenCV baseline
    models/registry                   released models, one of them the champion
    reports                           plots, contact sheets, reports of the last run
    reports/camera                    records and pictures of camera agents
    reports/metrics                   what batch work tells Prometheus, for node-exporter
    logs                              of what `dxfvision up` runs
    backups                           archives of registry, settings and Prefect's database
    .state                            what each stage was made from, so that it can be skipped
"""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from components.domain import SPLITS, Split
from components.errors import HomeError

MIN_FREE_BYTES = 200 * 2**20


@dataclass(frozen=True, slots=True)
class Home:
    """Paths below one root folder."""

    root: Path

    @property
    def configs(self) -> Path:
        """Settings that differ from the shipped ones; may be missing."""
        return self.root / "configs"

    @property
    def drawings(self) -> Path:
        """DXF files."""
        return self.root / "data" / "raw" / "dxf_templates"

    @property
    def photos(self) -> Path:
        """The user's photographs: backgrounds for generated pictures."""
        return self.root / "data" / "raw" / "images"

    @property
    def known_photos(self) -> Path:
        """What is remembered of the photographs: which can be decoded."""
        return self.state / "photos.json"

    @property
    def shown_frames(self) -> Path:
        """Hashes of the photographs in which parts were found: frames, no backgrounds."""
        return self.state / "frames.json"

    @property
    def labelled(self) -> "Home":
        """A home folder inside: the dataset of the camera's frames that a model labelled."""
        return Home(self.root / "data" / "labelled")

    @property
    def autolabel(self) -> Path:
        """Labels of frames that wait for review, and the review sheet."""
        return self.reports / "autolabel"

    @property
    def processed(self) -> Path:
        """Generated pictures and masks, by split."""
        return self.root / "data" / "processed"

    def images(self, split: Split) -> Path:
        """Generated pictures of one split."""
        return self.processed / split / "images"

    def masks(self, split: Split) -> Path:
        """Generated masks of one split."""
        return self.processed / split / "masks"

    @property
    def manifest(self) -> Path:
        """One JSON line per sample of the dataset."""
        return self.processed / "manifest.jsonl"

    @property
    def parts(self) -> Path:
        """The parts that were read from the drawings, for all later stages."""
        return self.processed / "parts.json"

    @property
    def coco(self) -> Path:
        """COCO files, one a split."""
        return self.root / "data" / "annotations" / "coco"

    @property
    def yolo(self) -> Path:
        """YOLO label files and `data.yaml`."""
        return self.root / "data" / "annotations" / "yolo"

    @property
    def calibrations(self) -> Path:
        """Scale and lens of each camera, a folder for each; may be missing."""
        return self.root / "data" / "calibrations"

    @property
    def models(self) -> Path:
        """Checkpoint, exported model, templates and registry."""
        return self.root / "models"

    @property
    def checkpoint(self) -> Path:
        """State of the last training."""
        return self.models / "checkpoint.pth"

    @property
    def generic(self) -> Path:
        """Generic weights and their card; may be missing."""
        return self.models / "generic"

    @property
    def generic_checkpoint(self) -> Path:
        """State of an unfinished generic training."""
        return self.models / "generic_checkpoint.pth"

    @property
    def exported(self) -> Path:
        """The bundle of the last export: what a release registers."""
        return self.models / "exported"

    @property
    def templates(self) -> Path:
        """Templates for the OpenCV baseline."""
        return self.models / "opencv_templates"

    @property
    def registry(self) -> Path:
        """BentoML's model store and the champion's name."""
        return self.models / "registry"

    @property
    def cameras(self) -> Path:
        """What camera agents wrote: a folder for each camera with its records and pictures."""
        return self.reports / "camera"

    @property
    def reports(self) -> Path:
        """Plots, contact sheets and reports of the last run."""
        return self.root / "reports"

    @property
    def metrics(self) -> Path:
        """Metrics of batch work: the folder of node-exporter's textfile collector."""
        return self.reports / "metrics"

    @property
    def defects(self) -> Path:
        """What `bench defects` measured: how small a fault is still found."""
        return self.reports / "defects"

    @property
    def logs(self) -> Path:
        """Logs of what `dxfvision up` runs."""
        return self.root / "logs"

    @property
    def backups(self) -> Path:
        """Archives of what cannot be made again."""
        return self.root / "backups"

    @property
    def state(self) -> Path:
        """Records of finished stages."""
        return self.root / ".state"

    def prepare(self) -> None:
        """Make the folders and check that those which a run fills can be written to.

        Raises:
            HomeError: If the root is no folder, cannot be written to or has no room left.
        """
        filled = [f(split) for split in SPLITS for f in (self.images, self.masks)]
        filled += [self.processed, self.coco, self.yolo, self.models, self.templates]
        filled += [self.registry, self.reports, self.metrics, self.state]
        # What the user puts in may be read-only.
        for folder in (self.drawings, self.photos):
            self._make(folder)
        for folder in filled:
            self._make(folder)
            self._probe(folder)
        free = shutil.disk_usage(self.root).free
        if free < MIN_FREE_BYTES:
            raise HomeError(
                f"{self.root}: {free / 2**20:.0f} MiB are free on this disk, at least "
                f"{MIN_FREE_BYTES / 2**20:.0f} MiB are needed; make room or choose another "
                "folder with --home"
            )

    def _make(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._not_writable(folder, error) from error

    def _probe(self, folder: Path) -> None:
        """Write a file that has no name: nobody who lists the folder meanwhile meets it."""
        try:
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise self._not_writable(folder, error) from error

    def _not_writable(self, folder: Path, error: OSError) -> HomeError:
        return HomeError(
            f"{self.root}: cannot write to the home folder ({error.strerror}: {folder}); free or "
            "unlock it, or choose another with --home"
        )
