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
        ("FRAMES", "frame"),
        ("Engraved", "engrave"),
        ("gravieren", "engrave"),
        ("gravure", "engrave"),
        ("Гравировка", "engrave"),
        ("雕刻线", "engrave"),
        ("각인선", "engrave"),
        ("Biegen", "bend"),
        ("BIEGELINIE", "bend"),
        ("KERBLINIE", "bend"),
        ("piegatura", "bend"),
        ("doblez", "bend"),
        ("гибка", "bend"),
        ("ЛинияСгиба", "bend"),
        ("折弯线", "bend"),
        ("осевая", "centre"),
        ("Ejes", "centre"),
        ("рамка формата", "frame"),
        ("Cadre_A3", "frame"),
        ("marco", "frame"),
        ("Rámeček", "frame"),
        ("title block", "frame"),
        ("DXFFrame", "frame"),
    ],
)
def test_layer_is_left_out_for_the_words_of_its_name(name, meaning):
    rules = layer_rules(ezdxf.filemanagement.new(), SETTINGS)
    assert rules.rule_against(name) == f"layer name says {meaning}"


@pytest.mark.parametrize(
    "name",
    [
        *("0", "CUT", "OUTER_LOOP", "INTERIOR_LOOPS", "Marketing", "plaxis", "切断", "Markus"),
        *("Bender_cut", "BENDER", "Axel", "Framework", "Sheet metal", "Foldable", "Gravity"),
        *("Frame_cut", "center-holes", "Bohrungen Mitte", "отверстия по осям"),
    ],
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


def test_pattern_of_the_user_is_compared_with_the_coded_and_the_decoded_name():
    chosen = SETTINGS.model_copy(update={"cut_layers": ["切断*"]})
    rules = layer_rules(ezdxf.filemanagement.new(), chosen)
    assert rules.rule_against("_U+5207_U+65AD_U+30D1") == ""
    assert rules.rule_against("_U+5F6B_U+523B") == "layer is not in cut_layers"


def test_ignored_layer_wins_over_words_that_say_cut():
    ignored = SETTINGS.model_copy(update={"ignore_layers": ["*cut*"]})
    rules = layer_rules(ezdxf.filemanagement.new(), ignored)
    assert rules.rule_against("Bender_cut") == "layer is in ignore_layers"


def test_name_that_says_two_things_is_told_with_the_option_that_decides():
    rules = layer_rules(ezdxf.filemanagement.new(), SETTINGS)
    assert "also says frame" in rules.doubt_about("Frame_cut")
    assert "--ignore-layers" in rules.doubt_about("Frame_cut")
    assert rules.doubt_about("cut") == rules.doubt_about("frame") == ""


def test_linetype_of_a_chosen_layer_says_nothing_but_that_of_an_entity_does():
    document = ezdxf.filemanagement.new()
    document.linetypes.add("HIDDEN", [1.0, 0.5, -0.5])
    document.layers.add("INNER", linetype="HIDDEN")
    chosen = SETTINGS.model_copy(update={"cut_layers": ["inner"]})
    for settings, by_layer in ((SETTINGS, "linetype hidden is not cut"), (chosen, "")):
        rules = layer_rules(document, settings)
        assert rules.rule_against_linetype("BYLAYER", "INNER") == by_layer
        assert rules.rule_against_linetype("Hidden2", "INNER") == "linetype hidden is not cut"


@pytest.mark.parametrize("name", ["A3 Rahmen", "ISO A3 title block", "рамка_4", "图框"])
def test_block_named_as_a_frame_is_left_out_unless_layers_are_chosen(name):
    document = ezdxf.filemanagement.new()
    assert layer_rules(document, SETTINGS).rule_against_insert("0", name) == "block name says frame"
    chosen = SETTINGS.model_copy(update={"cut_layers": ["0"]})
    assert layer_rules(document, chosen).rule_against_insert("0", name) == ""


@pytest.mark.parametrize("name", ["PART", "Bend", "frame cut", "Framework"])
def test_block_of_another_name_is_looked_into(name):
    rules = layer_rules(ezdxf.filemanagement.new(), SETTINGS)
    assert rules.rule_against_insert("0", name) == ""
