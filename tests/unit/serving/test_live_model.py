import hashlib
import json
import shutil
import time
from pathlib import Path

import onnx
import pytest

from components.errors import PipelineError
from components.modeling.registry import ModelRegistry
from components.serving.live_model import LiveModel
from components.serving.problems import RequestError
from components.settings.inspection import InspectionSettings
from components.settings.serve import ServeSettings
from tests.bundles import make_bundle, scene


@pytest.fixture
def live(registry: ModelRegistry, settings: ServeSettings) -> LiveModel:
    return LiveModel(registry, settings, InspectionSettings.load())


def second_version(registry: ModelRegistry, tmp_path: Path) -> str:
    return registry.register(make_bundle(tmp_path / "second", "second", 0.3)).version


def test_before_anything_is_loaded_the_reason_is_given(live):
    with pytest.raises(RequestError, match="being loaded") as refusal:
        live.current()
    assert refusal.value.status == 503


def test_champion_is_taken_with_its_drawings(live, registry):
    live.follow()
    current = live.current()
    assert current.version == registry.champion()
    assert [part.name for part in current.parts] == ["plate", "ring"]


def test_without_a_champion_the_reason_names_the_remedy(tmp_path, settings):
    live = LiveModel(ModelRegistry(tmp_path / "none"), settings, InspectionSettings.load())
    live.follow()
    with pytest.raises(RequestError, match="models promote"):
        live.current()


def test_promotion_swaps_and_the_old_model_still_answers_those_who_hold_it(
    live, registry, tmp_path
):
    live.follow()
    held = live.current()
    registry.promote(second_version(registry, tmp_path))
    live.follow()
    assert live.current().version.version != held.version.version
    assert len(held.inspector.predict(scene()).detections) == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: (path / "model.onnx").write_bytes(b"half"),
        lambda path: shutil.rmtree(path),
        lambda path: (path / "parts.json").unlink(),
    ],
    ids=["changed", "gone", "half"],
)
def test_damaged_champion_is_refused_and_the_old_one_goes_on(live, registry, tmp_path, damage):
    live.follow()
    good = live.current()
    bad = second_version(registry, tmp_path)
    registry.promote(bad)
    damage(registry.get(bad).path)
    live.follow()
    assert live.current() is good


def test_refusal_is_told_once_and_again_when_the_version_is_promoted_anew(
    live, registry, tmp_path, monkeypatch, caplog
):
    live.follow()
    bad = second_version(registry, tmp_path)
    onnx = registry.get(bad).path / "model.onnx"
    whole, now = onnx.read_bytes(), time.monotonic()
    for times in (1, 2):
        onnx.write_bytes(whole)
        registry.promote(bad)
        onnx.write_bytes(b"half")
        for later_s in (0, 3600, 7200):
            monkeypatch.setattr(time, "monotonic", lambda s=times * 10_000 + later_s: now + s)
            live.follow()
        assert caplog.text.count("the champion is refused") == times
        registry.rollback()
        live.follow()


def test_wrong_golden_answer_is_refused(tmp_path, settings, bundle):
    wrong = shutil.copytree(bundle, tmp_path / "wrong")
    (wrong / "golden" / "expected.json").write_text('{"1.png": []}')
    registry = ModelRegistry(tmp_path / "registry")
    registry.promote(registry.register(wrong).version)
    live = LiveModel(registry, settings, InspectionSettings.load())
    live.follow()
    with pytest.raises(RequestError, match="golden picture is answered wrong"):
        live.current()


def missing_output(path: Path) -> None:
    model = onnx.load(path / "model.onnx")
    del model.graph.output[-1]
    onnx.save(model, path / "model.onnx")


def other_parts(path: Path) -> None:
    (path / "parts.json").write_text('{"parts": 7}')


def other_input(path: Path) -> None:
    model = onnx.load(path / "model.onnx")
    model.graph.input[0].type.tensor_type.shape.dim[3].dim_value = 1
    onnx.save(model, path / "model.onnx")


@pytest.mark.parametrize("change", [missing_output, other_parts, other_input])
def test_whole_bundle_of_another_make_is_refused_with_the_reason(
    tmp_path, settings, bundle, change
):
    strange = shutil.copytree(bundle, tmp_path / "strange")
    change(strange)
    card = json.loads((strange / "card.json").read_text())
    digest = hashlib.sha256((strange / "model.onnx").read_bytes()).hexdigest()
    (strange / "card.json").write_text(json.dumps(card | {"onnx_sha256": digest}))
    registry = ModelRegistry(tmp_path / "registry")
    registry.promote(registry.register(strange).version)
    live = LiveModel(registry, settings, InspectionSettings.load())
    live.follow()
    with pytest.raises(RequestError, match=r"no model in use: .*registry") as refusal:
        live.current()
    assert refusal.value.status == 503
    assert "being loaded" not in refusal.value.message


def test_refused_champion_is_tried_again_only_after_a_while(live, registry, tmp_path, monkeypatch):
    live.follow()
    bad = second_version(registry, tmp_path)
    registry.promote(bad)
    onnx = registry.get(bad).path / "model.onnx"
    whole = onnx.read_bytes()
    onnx.write_bytes(b"half")
    live.follow()
    onnx.write_bytes(whole)
    live.follow()
    assert live.current().version.version != bad
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 3600)
    live.follow()
    assert live.current().version.version == bad


def test_background_thread_follows_and_stops(live, registry):
    live.start()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            live.current()
            break
        except PipelineError:
            time.sleep(0.02)
    assert live.current().version == registry.champion()
    live.stop()
