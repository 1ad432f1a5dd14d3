"""Released models: versions in BentoML's model store, one of them the champion.

    models/registry/models/dxfvision-parts/3f2a9c0d41be/    one version, never changed
        model.yaml       BentoML's record of it
        manifest.json    SHA-256 of every other file
        card.json, model.onnx, parts.json, golden/          the bundle
    models/registry/champion.json                           see `champion.py`
    models/registry/notes/3f2a9c0d41be.json                 see `notes.py`

A version is named by the content of its bundle: registering the same bundle twice gives the same
version. It comes into being by one rename, so it is whole or absent; every hash is checked before
a version is promoted, served or exported. `BENTOML_HOME=models/registry bentoml models list` shows
the same versions; nothing outside the registry's folder is read or written.
"""

import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

# BentoML reads this at its first use; only the text "true" turns its reports off.
os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")

from bentoml._internal.models import Model, ModelContext, ModelStore
from bentoml.exceptions import BentoMLException

from components.errors import ModelError
from components.files import fingerprint, replacing, sync_folder
from components.modeling.bundle_files import fault_of, manifest_of, unpack, write_manifest
from components.modeling.champion import (
    promoted,
    read_champion,
    rolled_back,
    shortened,
    without,
    write_champion,
)
from components.modeling.model_card import CARD_NAME, ModelCard, read_card

logger = logging.getLogger(__name__)

STORE_NAME = "dxfvision-parts"
"""What BentoML's store calls the model of which these are the versions."""

EXPORT_SUFFIX = ".bentomodel"
_STAGING_PREFIX = ".staging-"
_VERSION_DIGITS = 12


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One released model.

    Attributes:
        version: Its name: the first hexadecimal digits of the hash of its content.
        path: Its folder, a bundle that `Predictor.load` takes.
        card: What it is, what it was made from and how good it is.
        created: When it was registered, UTC.
    """

    version: str
    path: Path
    card: ModelCard
    created: datetime


class ModelRegistry:
    """The versions below one folder.

    Args:
        root: The registry's folder, `Home.registry`; made when the first version is registered.
    """

    def __init__(self, root: Path) -> None:
        """Keep the paths; touch nothing."""
        self.root = root
        self.champion_file = root / "champion.json"
        self._store = ModelStore(root / "models")

    def register(self, bundle: Path) -> ModelVersion:
        """Copy a bundle into the registry.

        Args:
            bundle: A folder with `card.json`, `model.onnx`, `parts.json` and `golden/`.

        Returns:
            The new version, or the one that already holds this very content.

        Raises:
            ModelError: If the folder is no bundle.
        """
        read_card(bundle / CARD_NAME)
        manifest = manifest_of(bundle)
        version = fingerprint(manifest)[:_VERSION_DIGITS]
        with self._lock():
            target = self._folder(version)
            if target.exists() and (fault := fault_of(target)):
                logger.warning("%s; it is replaced by the bundle just given", fault)
                shutil.rmtree(target)
            if not target.exists():
                self._store_bundle(bundle, version, manifest)
        return self.get(version)

    def list(self) -> list[ModelVersion]:
        """Return the versions, oldest first; one without a readable card is left out and logged."""
        folder = self._folder("")
        versions = []
        for path in folder.iterdir() if folder.is_dir() else []:
            try:
                versions.append(self.get(path.name))
            except ModelError as error:
                if path.is_dir():
                    logger.warning("%s", error)
        return sorted(versions, key=lambda each: (each.created, each.version))

    def get(self, version: str) -> ModelVersion:
        """Return a version by its name or an unambiguous beginning of it; hashes are not checked.

        Raises:
            ModelError: If there is no such version, several, or its card is damaged.
        """
        matches = sorted(path for path in self._folder("").glob(f"{version}*") if path.is_dir())
        if len(matches) != 1 or not version:
            known = ", ".join(path.name for path in matches) or "none"
            raise ModelError(
                f"{self.root}: expected one version called {version!r}, found {known}; "
                "see `dxfvision models list`"
            )
        path = matches[0]
        try:
            model = self._store.get(f"{STORE_NAME}:{path.name}")
        except BentoMLException as error:
            raise ModelError(f"{path}: {error}; register the model again") from error
        return ModelVersion(path.name, path, read_card(path / CARD_NAME), model.creation_time)

    def verify(self, version: str) -> ModelVersion:
        """Return a version after checking the hash of each of its files.

        Raises:
            ModelError: Naming the first file that is missing, changed or not listed.
        """
        found = self.get(version)
        if fault := fault_of(found.path):
            raise ModelError(f"{fault}; register the model again or roll back")
        return found

    def champion(self) -> ModelVersion | None:
        """Return the version that serves, its hashes checked; None if nothing was promoted.

        Raises:
            ModelError: If the alias file or the version is damaged.
        """
        record = read_champion(self.champion_file)
        return None if record is None else self.verify(record.version)

    def promote(self, version: str) -> ModelVersion:
        """Make a version the champion after checking its hashes.

        Raises:
            ModelError: If it is unknown or damaged.
        """
        with self._lock():
            # Under the lock: nobody removes the version in between.
            found = self.verify(version)
            record = read_champion(self.champion_file)
            write_champion(self.champion_file, promoted(record, found.version))
        return found

    def rollback(self) -> ModelVersion:
        """Make the previous champion the champion again after checking its hashes.

        Raises:
            ModelError: If there is none or it is damaged.
        """
        with self._lock():
            record = read_champion(self.champion_file)
            if record is None:
                raise ModelError(f"{self.root}: nothing was promoted yet; see `dxfvision run`")
            earlier = rolled_back(record)
            found = self.verify(earlier.version)
            write_champion(self.champion_file, earlier)
        return found

    def restore(self, failed: str) -> ModelVersion | None:
        """Bring back the latest whole champion before a version that did not prove itself.

        Where another was promoted meanwhile that one stays, and no roll-back comes to the version.

        Args:
            failed: The version to take off.

        Returns:
            The champion before; None if there is none or another version serves by now.
        """
        with self._lock():
            record = read_champion(self.champion_file)
            if record is not None and record.version != failed:
                write_champion(self.champion_file, without(record, failed))
                return None
            while record is not None and record.previous:
                record = rolled_back(record, "restore")
                try:
                    found = self.verify(record.version)
                except ModelError as error:
                    logger.warning("%s is passed over: %s", record.version, error)
                    continue
                write_champion(self.champion_file, record)
                return found
        return None

    def remove(self, version: str) -> None:
        """Delete a version for good.

        Raises:
            ModelError: If it is unknown, or the champion or one to which a roll-back may come.
        """
        found = self.get(version)
        with self._lock():
            record = read_champion(self.champion_file)
            if record is not None and found.version in (record.version, *record.previous):
                raise ModelError(f"{found.version}: is needed; promote another version first")
            # Whole or absent: leftovers go with the next registration.
            shutil.rmtree(found.path.rename(self.root / f"{_STAGING_PREFIX}{found.version}"))

    def forget(self, keep: int) -> None:
        """Let only so many champions before this one be rolled back to."""
        with self._lock():
            record = read_champion(self.champion_file)
            if record is not None and len(record.previous) > keep:
                write_champion(self.champion_file, shortened(record, keep))

    def export(self, version: str, file: Path) -> Path:
        """Write a version to one file that another registry can import.

        Args:
            version: As for `get`; its hashes are checked.
            file: Where to; its name gets the suffix `.bentomodel` if it has another.

        Raises:
            ModelError: If the version is unknown or damaged.
        """
        found = self.verify(version)
        target = file.with_suffix(EXPORT_SUFFIX)
        model = self._store.get(f"{STORE_NAME}:{found.version}")
        with replacing(target) as partial, tempfile.TemporaryDirectory() as folder:
            archive = model.export(str(Path(folder) / target.name), output_format="bentomodel")
            shutil.copyfile(archive, partial)
        return target

    def import_file(self, file: Path) -> ModelVersion:
        """Register the version in a file that `export` wrote; its hashes are checked.

        Raises:
            ModelError: If the file is no export, was cut short or changed.
        """
        with tempfile.TemporaryDirectory() as folder:
            unpack(file, Path(folder))
            return self.register(Path(folder))

    def _folder(self, version: str) -> Path:
        return self.root / "models" / STORE_NAME / version

    def _store_bundle(self, bundle: Path, version: str, manifest: dict[str, str]) -> None:
        """Build the version in a staging store, then move it into place by one rename."""
        for leftover in self.root.glob(f"{_STAGING_PREFIX}*"):
            shutil.rmtree(leftover)
        with tempfile.TemporaryDirectory(dir=self.root, prefix=_STAGING_PREFIX) as staging:
            model = Model.create(
                f"{STORE_NAME}:{version}",
                module="",
                api_version="v1",
                signatures={},
                context=ModelContext(framework_name="onnx", framework_versions={}),
            )
            for name in manifest:
                copy = Path(model.path) / name
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(bundle / name, copy)
            write_manifest(Path(model.path), manifest)
            model.flush()
            model.save(ModelStore(staging))
            target = self._folder(version)
            target.parent.mkdir(parents=True, exist_ok=True)
            (Path(staging) / STORE_NAME / version).rename(target)
            sync_folder(target.parent)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Let one process at a time change the registry."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("wb") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
