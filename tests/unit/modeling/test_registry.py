import json
import shutil
import tarfile
import tempfile
import threading
from pathlib import Path

import pytest

from components.errors import ModelError
from components.modeling.registry import ModelRegistry
from tests.bundles import make_bundle


@pytest.fixture
def registry(tmp_path: Path) -> ModelRegistry:
    return ModelRegistry(tmp_path / "registry")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return make_bundle(tmp_path / "bundle")


def other_bundle(tmp_path: Path) -> Path:
    return make_bundle(tmp_path / "other", "other", sharpness=0.3)


def test_registered_version_holds_every_file_of_the_bundle(registry, bundle):
    version = registry.register(bundle)
    names = {path.relative_to(bundle) for path in bundle.rglob("*") if path.is_file()}
    assert len(names) == 6
    for name in names:
        assert (version.path / name).read_bytes() == (bundle / name).read_bytes()
    assert version.card.name == "bright"


def test_same_content_gives_the_same_version(registry, bundle, tmp_path):
    first = registry.register(bundle)
    copy = shutil.copytree(bundle, tmp_path / "copy")
    assert registry.register(copy) == first
    assert len(registry.list()) == 1


def test_other_content_gives_another_version_listed_after_the_first(registry, bundle, tmp_path):
    first = registry.register(bundle)
    second = registry.register(other_bundle(tmp_path))
    assert [each.version for each in registry.list()] == [first.version, second.version]


def test_version_is_found_by_its_beginning(registry, bundle):
    version = registry.register(bundle)
    assert registry.get(version.version[:4]) == version


@pytest.mark.parametrize("wrong", ["zzzz", "", "../bundle"])
def test_unknown_version_is_refused_by_name(registry, bundle, wrong):
    registry.register(bundle)
    with pytest.raises(ModelError, match="expected one version called"):
        registry.get(wrong)


def test_folder_without_card_is_no_bundle(registry, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"card\.json"):
        registry.register(tmp_path / "empty")
    assert registry.list() == []


def test_nothing_promoted_means_no_champion(registry, bundle):
    assert registry.champion() is None
    registry.register(bundle)
    assert registry.champion() is None


def test_promoted_version_is_the_champion_and_rollback_brings_the_one_before(
    registry, bundle, tmp_path
):
    first = registry.register(bundle)
    second = registry.register(other_bundle(tmp_path))
    registry.promote(first.version)
    registry.promote(second.version)
    assert registry.champion() == second
    assert registry.rollback() == first
    assert registry.champion() == first
    with pytest.raises(ModelError, match="no predecessor"):
        registry.rollback()


def test_rollback_without_any_promotion_says_so(registry):
    with pytest.raises(ModelError, match="nothing was promoted"):
        registry.rollback()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: (path / "parts.json").write_text("{}"), r"parts\.json: expected SHA-256"),
        (lambda path: (path / "golden" / "1.png").unlink(), r"1\.png.*no such file"),
        (lambda path: (path / "extra.bin").write_bytes(b"x"), r"extra\.bin.*not in the manifest"),
        (lambda path: (path / "manifest.json").write_text("[]"), "expected a table of hashes"),
        (lambda path: (path / "manifest.json").unlink(), "cannot be read as a manifest"),
        (lambda path: (path / "model.yaml").unlink(), r"model\.yaml"),
        (lambda path: (path / "card.json").write_text("{}"), r"card\.json"),
    ],
    ids=["changed", "missing", "added", "odd manifest", "no manifest", "no record", "no card"],
)
def test_damaged_version_is_refused_and_the_champion_stays(
    registry, bundle, tmp_path, damage, message
):
    good = registry.register(bundle)
    registry.promote(good.version)
    bad = registry.register(other_bundle(tmp_path))
    damage(bad.path)
    with pytest.raises(ModelError, match=message):
        registry.promote(bad.version)
    assert registry.champion() == good


def test_registering_again_repairs_a_damaged_version(registry, bundle):
    version = registry.register(bundle)
    (version.path / "model.onnx").write_bytes(b"half")
    registry.register(bundle)
    assert registry.verify(version.version).version == version.version


def test_leftovers_of_a_killed_registration_are_removed(registry, bundle):
    leftover = registry.root / ".staging-killed" / "half"
    leftover.mkdir(parents=True)
    registry.register(bundle)
    assert sorted(path.name for path in registry.root.iterdir()) == [".lock", "models"]


def test_exported_file_gives_the_same_version_elsewhere(registry, bundle, tmp_path):
    version = registry.register(bundle)
    file = registry.export(version.version, tmp_path / "out" / "parts.bentomodel")
    elsewhere = ModelRegistry(tmp_path / "elsewhere")
    assert elsewhere.import_file(file).version == version.version
    assert elsewhere.verify(version.version).card == version.card


def test_cut_short_export_is_refused(registry, bundle, tmp_path):
    file = registry.export(registry.register(bundle).version, tmp_path / "parts")
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ModelError, match="cannot be read as an exported model"):
        registry.import_file(file)


@pytest.mark.parametrize("name", ["../evil", "golden/../../evil", "/tmp/dxfvision-evil"])
def test_export_that_leads_out_of_its_folder_is_refused(
    registry, bundle, tmp_path, name, monkeypatch
):
    evil = tmp_path / "evil.bentomodel"
    with tarfile.open(evil, "w:xz") as packed:
        packed.add(registry.register(bundle).path, ".")
        packed.add(bundle / "card.json", name)
    inside = tmp_path / "unpacking"
    inside.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(inside))
    with pytest.raises(ModelError, match=r"evil\.bentomodel: "):
        registry.import_file(evil)
    assert not list(inside.iterdir())
    assert not Path("/tmp/dxfvision-evil").exists()


def test_missing_export_is_named(registry, tmp_path):
    with pytest.raises(ModelError, match=r"none\.bentomodel: cannot be unpacked"):
        registry.import_file(tmp_path / "none.bentomodel")


def test_restoring_passes_over_a_damaged_champion(registry, tmp_path):
    versions = [
        registry.register(make_bundle(tmp_path / str(n), sharpness=0.1 + n / 10)) for n in range(3)
    ]
    for version in versions:
        registry.promote(version.version)
    (versions[1].path / "parts.json").write_text("{}")
    assert registry.restore(versions[2].version) == versions[0]
    assert registry.champion() == versions[0]


def test_version_that_failed_after_another_was_promoted_is_never_rolled_back_to(registry, tmp_path):
    versions = [
        registry.register(make_bundle(tmp_path / str(n), sharpness=0.1 + n / 10)) for n in range(3)
    ]
    for version in versions:
        registry.promote(version.version)
    assert registry.restore(versions[1].version) is None
    assert registry.champion() == versions[2]
    assert registry.rollback() == versions[0]


def test_names_of_bentoml_show_the_same_versions(registry, bundle):
    version = registry.register(bundle)
    record = (version.path / "model.yaml").read_text()
    assert "name: dxfvision-parts" in record
    assert f"version: {version.version}" in record


def test_nothing_is_written_outside_the_registry(registry, bundle, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("BENTOML_HOME", str(tmp_path / "bento"))
    registry.promote(registry.register(bundle).version)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle", "registry"]


def test_promotions_at_once_leave_one_whole_record(registry, bundle, tmp_path):
    versions = [registry.register(bundle), registry.register(other_bundle(tmp_path))]
    threads = [
        threading.Thread(target=registry.promote, args=(versions[number % 2].version,))
        for number in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    record = json.loads(registry.champion_file.read_text())
    assert record["version"] in {each.version for each in versions}
    assert len(record["previous"]) <= 1
