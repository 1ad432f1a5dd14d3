"""What holds the documents' command lines against the program notices what is wrong."""

import pytest

from tests.unit.documentation.command_lines import commands, fault

RIGHT = [
    "make run PROFILE=quick",
    ".venv/bin/dxfvision run --drawings my_drawings/ --home my_home/ --profile quick",
    "DXFVISION_TRAIN__THREADS=1 .venv/bin/torchrun --nproc-per-node 2 --no-python "
    ".venv/bin/dxfvision train --home my_home/ --minutes 10",
    "dxfvision models diff OLD NEW --home my_home/",
    "dxfvision predict data/*.jpg --json | head -1",
    "sudo deploy/install.sh --rollback",
    ".venv/bin/python -m components.geometry.sample_drawings out",
]
WRONG = [
    ("make runn", "make knows no"),
    ("make run PROFIL=quick", "make knows no"),
    ("dxfvision trian --home my_home/", "no command trian"),
    ("dxfvision run --drawing my_drawings/", "--drawing"),
    ("dxfvision run --profile big", "profile"),
    ("dxfvision train --minutes ten", "minutes"),
    ("dxfvision train --minutes 0", "not within"),
    ("dxfvision predict --json", "needed"),
    ("dxfvision evaluate --home my_home/", "needed"),
    ("dxfvision doctor my_home/", "does not take"),
    ("dxfvision models", "needs a command"),
    ("deploy/instal.sh", "there is no"),
    ("python tests/benchmarks/bench_nothing.py", "there is no"),
    ("python -m components.nothing", "no module"),
    ("frobnicate --all", "what is the program"),
]


@pytest.mark.parametrize("line", RIGHT)
def test_a_right_line_passes(line: str) -> None:
    assert [fault(words) for words in commands(line) if fault(words)] == []


@pytest.mark.parametrize(("line", "told"), WRONG)
def test_a_wrong_line_is_told(line: str, told: str) -> None:
    assert told in "; ".join(fault(words) for words in commands(line))


def test_lines_are_taken_apart_at_pipes_comments_and_ends_of_lines() -> None:
    text = "make run   # all\ncurl -F image=@a.jpg \\\n  http://b/c | head -1 && make serve\n"
    assert list(commands(text)) == [
        ["make", "run"],
        ["curl", "-F", "image=@a.jpg", "http://b/c"],
        ["head", "-1"],
        ["make", "serve"],
    ]
