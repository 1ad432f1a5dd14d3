"""The Russian README says what the English one does: commands, pictures, links, figures."""

import re

import pytest

from tests.unit.documentation.pages import ROOT, blocks, code_words, links

ENGLISH, RUSSIAN = ROOT / "README.md", ROOT / "README.ru.md"


def without_comments(text: str) -> list[str]:
    lines = [re.sub(r"\s+# .*$", "", line) for line in text.splitlines()]
    return [line for line in lines if line]


def test_both_have_the_same_commands_in_the_same_order() -> None:
    english, russian = ([without_comments(b.text) for b in blocks(p)] for p in (ENGLISH, RUSSIAN))
    assert english == russian


def test_both_set_the_same_words_as_code() -> None:
    # A command, an option, a file or an answer of the program: none of them is translated.
    english, russian = (sorted(code_words(page)) for page in (ENGLISH, RUSSIAN))
    assert english == russian


def test_both_lead_to_the_same_pages_and_pictures() -> None:
    # A page that exists in Russian is linked in Russian; the two READMEs name each other.
    english = [re.sub(r"\.ru\.md$", ".md", link) for link in links(ENGLISH)]
    russian = [re.sub(r"\.ru\.md$", ".md", link) for link in links(RUSSIAN)]
    assert set(english) == set(russian)
    pictures = [[link for link in found if "pictures" in link] for found in (english, russian)]
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("least", [2], ids=["both tables"])
def test_both_tell_the_same_figures_in_tables(least: int) -> None:
    english, russian = (
        [
            [re.sub(r"(\d),(\d)", r"\1.\2", number) for number in re.findall(r"\d+[.,]\d+", line)]
            for line in page.read_text("utf-8").splitlines()
            if line.startswith("|")
        ]
        for page in (ENGLISH, RUSSIAN)
    )
    assert sum(bool(row) for row in english) >= least
    assert english == russian


def test_both_have_the_same_headings_in_number_and_depth() -> None:
    depths = [
        re.findall(r"^#+(?= )", p.read_text("utf-8"), re.MULTILINE) for p in (ENGLISH, RUSSIAN)
    ]
    assert depths[0] == depths[1]
