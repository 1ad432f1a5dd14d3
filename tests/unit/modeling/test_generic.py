import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from components.domain import UNKNOWN_LABEL, Part
from components.errors import ModelError
from components.geometry.contours import signed_area
from components.home import Home
from components.modeling.generic import train_generic
from components.modeling.generic_model import open_generic
from components.modeling.generic_weights import generic_folder, read_generic
from components.modeling.loop import TrainingResult
from components.modeling.network import PartNetwork
from components.modeling.random_parts import FIRST_HELD_OUT, LABEL, RandomParts
from components.progress import SilentProgress
from components.settings.base import GENERIC, PROFILES
from components.settings.data import DataSettings
from components.settings.train import TrainSettings

STEPS = 4


@pytest.fixture(scope="module")
def generic_settings() -> TrainSettings:
    tiny = TrainSettings.load(None, "tiny")
    crops = tiny.crops.model_copy(
        update={"size_px": 64, "window": 3, "whole_sizes_px": ((64, 64),)}
    )
    few = {"outlines": 9, "outlines_a_scene": (1, 2)}
    return tiny.model_copy(
        update={
            "from_scratch": True,
            "steps": STEPS,
            "crops": crops,
            "validation_pictures": 2,
            "generic": tiny.generic.model_copy(update=few),
        }
    )


def stretch(home: Home, settings: TrainSettings, stop_after: int | None = None) -> TrainingResult:
    """One stretch of training on small scenes, cut off after some steps."""
    small = {"width_px": 96, "height_px": 96}
    data = DataSettings.load(None, GENERIC).model_copy(update=small)
    asked = iter(range(10**6))
    stop = None if stop_after is None else lambda: next(asked) >= stop_after
    return train_generic(home, data, settings, 1, SilentProgress(), stop)


def next_of(settings: TrainSettings) -> TrainSettings:
    """Of a short stretch that goes on."""
    return settings.model_copy(update={"steps": 2, "from_scratch": False})


def weights(home: Home) -> dict[str, torch.Tensor]:
    return read_generic(home.generic).weights


@pytest.fixture(scope="module")
def generic_home(tmp_path_factory: pytest.TempPathFactory, generic_settings: TrainSettings) -> Home:
    home = Home(tmp_path_factory.mktemp("generic"))
    home.prepare()
    stretch(home, generic_settings)
    return home


def test_stretch_leaves_weights_and_a_card_that_tells_their_recipe(generic_home: Home) -> None:
    card = read_generic(generic_home.generic).card
    assert (card.steps, len(card.stretches)) == (STEPS, 1)
    assert card.stretches[0].settings["generic"]["outlines"] == 9
    assert 0.0 <= card.stretches[0].figures["val_agnostic_map"] <= 1.0
    assert not generic_home.generic_checkpoint.exists()


def test_stretch_that_was_cut_off_ends_as_if_it_had_not_been(
    generic_home: Home, generic_settings: TrainSettings, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    home.prepare()
    cut = stretch(home, generic_settings, stop_after=2)
    assert (cut.finished, cut.steps) == (False, 2)
    assert not home.generic.exists()
    resumed = stretch(home, generic_settings)
    assert (resumed.finished, resumed.resumed_at, resumed.steps) == (True, 2, STEPS)
    whole, mended = weights(generic_home), weights(home)
    assert all(torch.equal(whole[name], mended[name]) for name in whole)


def test_next_stretch_goes_on_from_the_weights_of_the_last(
    generic_home: Home, generic_settings: TrainSettings, tmp_path: Path
) -> None:
    home = Home(tmp_path / "home")
    shutil.copytree(generic_home.root, home.root)
    before = weights(home)
    stretch(home, next_of(generic_settings))
    assert [part.steps for part in read_generic(home.generic).card.stretches] == [STEPS, 2]
    moved = [
        float((after - before[name]).norm() / before[name].norm())
        for name, after in weights(home).items()
        if after.ndim == 4
    ]
    # Weights drawn anew would differ by about 1.4 times their own length.
    assert 0.0 < max(moved) < 0.5


def test_first_stretch_of_a_home_goes_on_from_the_weights_that_ship(
    generic_settings: TrainSettings, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    home.prepare()
    folder = generic_folder(home)
    assert folder is not None
    shipped = read_generic(folder)
    stretch(home, next_of(generic_settings))
    own = read_generic(home.generic)
    assert own.card.stretches[:-1] == shipped.card.stretches
    name = "stem.0.weight"
    moved = (own.weights[name] - shipped.weights[name]).norm() / shipped.weights[name].norm()
    # Weights drawn anew would differ by about 1.4 times their own length.
    assert 0.0 < float(moved) < 0.5


def test_stretch_killed_between_weights_and_card_is_written_again(
    generic_home: Home,
    generic_settings: TrainSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = Home(tmp_path / "home")
    shutil.copytree(generic_home.root, home.root)

    def killed(path: Path, content: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("components.modeling.generic_weights.write_json", killed)
        with pytest.raises(KeyboardInterrupt):
            stretch(home, next_of(generic_settings))
    with pytest.raises(ModelError, match=r"if `dxfvision train --generic` was cut off at its end"):
        read_generic(home.generic)
    assert stretch(home, next_of(generic_settings)).resumed_at == 2
    assert [part.steps for part in read_generic(home.generic).card.stretches] == [STEPS, 2]


def test_weights_that_were_changed_are_refused(generic_home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "generic"
    folder.mkdir()
    for name in ("weights.pth", "card.json"):
        (folder / name).write_bytes((generic_home.generic / name).read_bytes())
    with (folder / "weights.pth").open("ab") as handle:
        handle.write(b"x")
    with pytest.raises(ModelError, match=r"weights\.pth: has the SHA-256 .* its card says"):
        read_generic(folder)


@pytest.mark.parametrize("text", ["", "{}", json.dumps({"weights_sha256": 3, "stretches": []})])
def test_damaged_card_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "card.json").write_text(text)
    with pytest.raises(ModelError, match=r"card\.json: is no card of generic weights"):
        read_generic(tmp_path)


def areas(parts: Sequence[Part]) -> list[float]:
    return [signed_area(part.outline.xy_mm) for part in parts]


def test_parts_of_a_scene_depend_on_its_number_alone(generic_settings: TrainSettings) -> None:
    many = generic_settings.generic.model_copy(update={"outlines": 1000})
    one, other = RandomParts(7, many), RandomParts(7, many)
    for scene in (0, 5, 0):
        assert areas(one(scene)) == areas(other(scene))
    assert {p.name for scene in range(5) for p in one(scene)} == {LABEL}


def test_held_out_outlines_are_never_shown(generic_settings: TrainSettings) -> None:
    shown, held_out = (
        RandomParts(7, generic_settings.generic, first) for first in (0, FIRST_HELD_OUT)
    )
    seen, kept = ({a for n in range(30) for a in areas(parts(n))} for parts in (shown, held_out))
    assert len(seen) == len(kept) == 9
    assert not seen & kept


def test_generic_weights_answer_as_a_model_with_one_label(
    generic_home: Home, generic_settings: TrainSettings
) -> None:
    predictor = open_generic(generic_home, generic_settings)
    assert predictor.card.labels == (LABEL,)
    assert predictor.card.training_steps == STEPS
    found = predictor.predict(np.full((96, 128, 3), 90, np.uint8), score_threshold=0.0).detections
    assert {d.label for d in found} <= {LABEL, UNKNOWN_LABEL}


def test_weights_that_do_not_fit_the_settings_are_refused(
    generic_home: Home, generic_settings: TrainSettings
) -> None:
    wider = generic_settings.network.model_copy(update={"neck_channels": 40})
    with pytest.raises(ModelError, match=r"of another network than train_config\.yaml describes"):
        open_generic(generic_home, generic_settings.model_copy(update={"network": wider}))


def test_weights_that_ship_are_whole_small_and_fit_every_profile(tmp_path: Path) -> None:
    folder = generic_folder(Home(tmp_path))
    assert folder is not None
    assert (folder / "weights.pth").stat().st_size <= 6_000_000
    found = read_generic(folder)
    assert found.card.stretches[-1].figures["val_agnostic_map"] > 0.4
    for profile in (*PROFILES, GENERIC):
        network = PartNetwork(TrainSettings.load(None, profile).network, 1)
        network.load_state_dict(found.weights)
