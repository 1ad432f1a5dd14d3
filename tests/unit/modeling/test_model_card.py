import json
from pathlib import Path

import pytest

from components.errors import ModelError
from components.files import write_json
from components.geometry.resemblance import similarity_to_json
from components.geometry.similarity import similarity_report
from components.modeling.card_page import to_markdown
from components.modeling.model_card import Offer, read_card, read_similarity, write_card
from tests.bundles import make_bundle
from tests.unit.strategies import part, plate_with_hole, rectangle


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("bundle") / "bright") / "card.json"


def test_card_comes_back(path: Path, tmp_path: Path) -> None:
    card = read_card(path)
    write_card(tmp_path / "card.json", card)
    assert read_card(tmp_path / "card.json") == card


def test_page_names_labels_and_figures(path: Path) -> None:
    card = read_card(path).model_copy(update={"metrics": {"val_map": 0.4321}})
    page = to_markdown(card)
    assert "| Drawings | plate, ring |" in page
    assert "| val_map | 0.432 |" in page


def test_page_lists_what_is_offered_and_why_one_is_served(path: Path) -> None:
    plain = read_card(path)
    assert "## Precisions" not in to_markdown(plain)
    offers = [
        Offer(
            precision=precision,
            runtime="onnxruntime",
            file=f"{precision}.onnx",
            sha256="0" * 64,
            size_bytes=1_400_000,
            network_ms=ms,
            val_map=0.25,
            val_agnostic_map=0.5,
            parity=plain.parity,
        )
        for precision, ms in (("fp32", 22.25), ("int8", 11.0))
    ]
    changes = {"offers": tuple(offers), "precision": "int8", "precision_reason": "it is faster"}
    card = plain.model_copy(update=changes)
    page = to_markdown(card)
    assert "| Why | it is faster |" in page
    assert "| int8 | onnxruntime | 11.0 | 0.250 | 0.500 | 100.0% | 1.000 | 1.4 |" in page
    assert card.file_of("int8") == ("int8.onnx", "0" * 64)
    assert plain.file_of("int8") is None


def test_missing_card_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"card\.json: cannot be read"):
        read_card(tmp_path / "card.json")


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('"labels"', '"names"', "labels: Field required"),
        ('"dxfvision-card-1"', '"card-99"', "expected format dxfvision-card-1, got 'card-99'"),
        ("{", "", "the file: Invalid JSON"),
    ],
    ids=["a field is missing", "another format", "no JSON"],
)
def test_damaged_card_is_refused(
    path: Path, tmp_path: Path, before: str, after: str, fault: str
) -> None:
    (tmp_path / "card.json").write_text(path.read_text().replace(before, after, 1))
    with pytest.raises(ModelError, match=fault):
        read_card(tmp_path / "card.json")


def similar(relation: str, difference: str, px_per_mm: float | None) -> dict[str, object]:
    feature = {
        "text": difference, "first_hole": None, "second_hole": 6, "x_mm": 10.0, "y_mm": -20.0,
        "width_mm": 6.0, "area_mm2": 28.3, "px_per_mm": px_per_mm, "count": 1,
    }  # fmt: skip
    return {
        "first": "plate", "second": "ring", "relation": relation, "difference": difference,
        "iou": 0.9951, "angle_deg": 0.0, "x_mm": 0.0, "y_mm": 0.0, "scale": 1.0,
        "mirrored": False, "feature": feature if px_per_mm else None,
    }  # fmt: skip


def test_card_says_which_drawings_look_alike(path: Path, tmp_path: Path) -> None:
    disc = {"name": "ring", "rotation_order": 0, "mirror_symmetric": True, "tolerance_mm": 0.1}
    gear = {"name": "plate", "rotation_order": 60, "mirror_symmetric": False, "tolerance_mm": 0.1}
    pairs = [similar("confusable", "hole 6 of ring is missing in plate", 0.667)]
    write_json(tmp_path / "similarity.json", {"parts": [disc, gear], "pairs": pairs})
    similarity = read_similarity(tmp_path / "similarity.json")
    card = read_card(path).model_copy(update={"similarity": similarity})
    write_card(tmp_path / "card.json", card)
    page = to_markdown(read_card(tmp_path / "card.json"))
    assert (
        "| plate, ring | confusable | hole 6 of ring is missing in plate | 0.9951 "
        "| 0.67 px per mm |" in page
    )
    assert "| ring | all look the same | looks the same |" in page
    assert "| plate | 60 look the same | - |" in page


def test_page_lists_drawings_of_one_shape_once(path: Path, tmp_path: Path) -> None:
    parts = [
        part("plate", rectangle(100, 60)),
        part("again", rectangle(100, 60)),
        part("double", rectangle(200, 120)),
        plate_with_hole("holed"),
    ]
    write_json(tmp_path / "similarity.json", similarity_to_json(similarity_report(parts)))
    similarity = read_similarity(tmp_path / "similarity.json")
    page = to_markdown(read_card(path).model_copy(update={"similarity": similarity}))
    assert page.count("| confusable |") == 1
    assert "| plate, holed | confusable |" in page
    assert "\n- plate, again\n" in page
    assert "\n- the same shape: plate (1), double (2)\n" in page


def test_page_of_many_pairs_shows_the_first_and_counts_the_rest(path: Path, tmp_path: Path) -> None:
    pairs = [similar("scaled copy", "size by the factor 2", None)] * 53
    write_json(tmp_path / "similarity.json", {"parts": [], "pairs": pairs})
    similarity = read_similarity(tmp_path / "similarity.json")
    page = to_markdown(read_card(path).model_copy(update={"similarity": similarity}))
    assert page.count("| scaled copy |") == 50
    assert "and 3 more" in page


def test_card_of_a_version_that_did_not_compare_drawings_is_still_read(
    path: Path, tmp_path: Path
) -> None:
    record = json.loads(path.read_text())
    del record["similarity"]
    write_json(tmp_path / "card.json", record)
    card = read_card(tmp_path / "card.json")
    assert card.similarity is None
    assert "was not recorded" in to_markdown(card)


def test_missing_comparison_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="dxfvision generate"):
        read_similarity(tmp_path / "similarity.json")
