import re
from pathlib import Path

from components.geometry.drawing import Drawing, drawing_to_json
from components.geometry.resemblance import SimilarityReport
from components.visualization.drawing_report import drawing_report

RAW = "block '\x1b[31mred\u202egnp' <script>\r\n"


def test_text_of_a_file_reaches_neither_record_nor_page_raw():
    drawing = Drawing(
        file=Path("a\x1b.dxf"),
        verdict="rejected",
        reason=RAW,
        warnings=(RAW,),
        mm_per_unit=1.0,
        unit_evidence=RAW,
    )
    record = drawing_to_json(drawing)
    for text in (record["file"], record["reason"], *record["warnings"], record["unit_evidence"]):
        assert text.isprintable()
    page = drawing_report([drawing], SimilarityReport((), ()))
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]|<script>", page)
