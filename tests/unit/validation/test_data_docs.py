import pytest

from components.validation.data_docs import offline_page


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ('<script src="https://a.b/c.js"></script>x', "x"),
        ("<script>fetch('//a.b')</script>x", "x"),
        ('<link rel="stylesheet" href="https://a.b/c.css">x', "x"),
        ('<img src="//a.b/c.png" alt="Logo">', "Logo"),
        ('<a href="https://a.b">there</a>', "<a>there</a>"),
        ('<a href="other.html#x">here</a>', '<a href="other.html#x">here</a>'),
        ('<p onclick="go()">x</p>', "<p>x</p>"),
        ("<style>a { b: url(https://a.b/c) }</style>", "<style>a { b:  }</style>"),
        ("a &lt; b &#38; c<br/>", "a &lt; b &#38; c<br>"),
        ("<!DOCTYPE html><p>x", "<!DOCTYPE html><p>x"),
    ],
    ids=["script", "inline script", "style sheet", "picture", "remote link", "own link",
         "handler", "style", "text", "doctype"],
)  # fmt: skip
def test_page_loses_what_needs_a_network_and_keeps_the_rest(html: str, wanted: str) -> None:
    assert offline_page(html, "own.css") == wanted


def test_style_sheet_is_linked_where_the_head_ends() -> None:
    page = offline_page("<head><title>T</title></head>", "../own.css")
    assert page == '<head><title>T</title><link rel="stylesheet" href="../own.css"></head>'
