from html.parser import HTMLParser

from components.geometry.dxf_reader import read_drawing
from components.geometry.similarity import similarity_report
from components.settings.drawings import DrawingSettings
from components.visualization.drawing_report import drawing_report, write_drawing_report
from tests.unit.strategies import draw_plate, saved

SETTINGS = DrawingSettings.load()


class Page(HTMLParser):
    """Counts the tags of a page and keeps where it would load from."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.sources = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.sources += [value for name, value in attrs if name in ("src", "href", "onload")]


def report(tmp_path):
    def draw_open(space):
        space.add_lwpolyline([(0, 0), (100, 0), (100, 60), (0, 60), (0, 0.2)])
        space.add_circle((50, 30), 5)
        space.add_text("x", dxfattribs={"layer": "EVIL"})

    paths = [saved(tmp_path / "a.dxf", draw_plate), saved(tmp_path / "<b>.dxf", draw_open)]
    # ezdxf writes no such name, but it reads it.
    paths[1].write_text(paths[1].read_text().replace("EVIL", "<script>alert(1)</script>"))
    drawings = [read_drawing(path, SETTINGS) for path in [*paths, tmp_path / "none.dxf"]]
    parts = [part for drawing in drawings for part in drawing.parts]
    return drawings, similarity_report(parts)


def test_page_shows_every_file_with_a_picture_of_each_part(tmp_path):
    text = drawing_report(*report(tmp_path))
    page = Page(text)
    # Both plates and, as 0.96 of their area is common, one laid on the other.
    assert page.tags.count("svg") == 2 + 1
    assert page.tags.count("circle") == 1 + 1  # the closed gap and the feature that differs
    assert "3 files: 1 accepted, 1 repaired," in text
    assert "the file does not exist" in text
    assert "0.2" in text


def test_page_needs_nothing_else_and_escapes_what_files_hold(tmp_path):
    text = drawing_report(*report(tmp_path))
    page = Page(text)
    # Pictures are used twice within the page; nothing else is linked.
    assert all(source.startswith("#") for source in page.sources)
    assert "script" not in page.tags
    assert "<b>.dxf" not in text
    assert "&lt;script&gt;" in text


def test_report_is_written_whole(tmp_path):
    write_drawing_report(tmp_path / "reports" / "drawings.html", *report(tmp_path))
    assert (tmp_path / "reports" / "drawings.html").read_text().endswith("</html>\n")


def test_parts_that_look_alike_are_drawn_on_each_other_with_the_feature_marked(tmp_path):
    def draw_more(space):
        draw_plate(space)
        space.add_circle((50, 15), 4)

    paths = [saved(tmp_path / "a.dxf", draw_plate), saved(tmp_path / "b.dxf", draw_more)]
    drawings = [read_drawing(path, SETTINGS) for path in paths]
    parts = [part for drawing in drawings for part in drawing.parts]
    text = drawing_report(drawings, similarity_report(parts))
    page = Page(text)
    assert page.tags.count("svg") == 3
    assert page.tags.count("circle") == 1  # the feature that differs
    assert page.sources == ["#part-1", "#part-2"]
    assert "hole 3 of b" in text
    # The hole of 8 mm needs 4 pixels.
    assert "needs 0.50 px per mm" in text


def test_pairs_beyond_the_pictures_sizes_and_repeats_are_lists(tmp_path, monkeypatch):
    monkeypatch.setattr("components.visualization.drawing_report.MOST_OVERLAYS", 1)

    def draw(scale, *holes):
        def drawn(space):
            corners = [(0, 0), (100, 0), (100, 60), (0, 60)]
            space.add_lwpolyline([(x * scale, y * scale) for x, y in corners], close=True)
            for x, y in holes:
                space.add_circle((x * scale, y * scale), 4 * scale)

        return drawn

    plans = {
        "plain": draw(1),
        "again": draw(1),
        "double": draw(2),
        "holed": draw(1, (20, 10)),
        "two": draw(1, (20, 10), (60, 40)),
        "larger": draw(1.5, (20, 10)),
    }
    paths = [saved(tmp_path / f"{name}.dxf", plan) for name, plan in plans.items()]
    drawings = [read_drawing(path, SETTINGS) for path in paths]
    text = drawing_report(drawings, similarity_report([d.parts[0] for d in drawings]))
    page = Page(text)
    assert page.tags.count("svg") == 6 + 1
    assert "2 more pairs, without pictures" in text  # plain, holed and two: three pairs
    assert "plain, again</p>" in text
    assert "plain (1), double (2)" in text
    assert "holed (1), larger (1.5)" in text
