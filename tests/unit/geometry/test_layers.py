import ezdxf.filemanagement
import pytest

from components.geometry.layers import layer_rules
from components.settings.drawings import DrawingSettings

SETTINGS = DrawingSettings.load()


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("ENGRAVE", "engrave"),
        ("Gravír", "engrave"),
        ("part_Etching-2", "engrave"),
        ("BendLines", "bend"),
        ("Biegelinien innen", "bend"),
        ("pliage", "bend"),
        ("_U+6298_U+5F2F", "bend"),
        ("CENTERLINE", "centre"),
        ("Mittellinie", "centre"),
        ("FRAME", "frame"),
        ("Schriftfeld", "frame"),
        ("Bemaßung", "note"),
        ("标注", "note"),
    ],
)
def test_layer_is_left_out_for_the_words_of_its_name(name, meaning):
    rules = layer_rules(ezdxf.filemanagement.new(), SETTINGS)
    assert rules.rule_against(name) == f"layer name says {meaning}"


@pytest.mark.parametrize(
    "name", ["0", "CUT", "OUTER_LOOP", "INTERIOR_LOOPS", "Marketing", "plaxis", "切断", "Markus"]
)
def test_layer_of_another_name_is_kept(name):
    assert layer_rules(ezdxf.filemanagement.new(), SETTINGS).rule_against(name) == ""


def test_layers_that_are_off_or_frozen_are_left_out():
    document = ezdxf.filemanagement.new()
    document.layers.add("A").off()
    document.layers.add("B").freeze()
    rules = layer_rules(document, SETTINGS)
    assert rules.rule_against("a") == "layer is off"
    assert rules.rule_against("B") == "layer is frozen"
    assert rules.rule_against("Defpoints") == "layer Defpoints never plots"


def test_chosen_layers_win_over_the_words_of_their_names():
    chosen = SETTINGS.model_copy(update={"cut_layers": ["bend*"], "ignore_layers": ["bend-x"]})
    rules = layer_rules(ezdxf.filemanagement.new(), chosen)
    assert rules.rule_against("BEND-1") == ""
    assert rules.rule_against("CUT") == "layer is not in cut_layers"
    assert rules.rule_against("BEND-X") == "layer is in ignore_layers"
