import ezdxf

from components.geometry.dxf_reader import read_drawing
from components.settings.drawings import DrawingSettings


def test_binary_file_whose_last_number_is_cut_short_is_refused_as_corrupt(tmp_path):
    path = tmp_path / "part.dxf"
    document = ezdxf.new("R2010")
    document.modelspace().add_circle((0, 0), 10)
    document.saveas(path, fmt="bin")
    whole = path.read_bytes()
    assert whole.endswith(b"\x00\x00EOF\x00")
    # Group code 10 asks for 8 bytes, 4 are left.
    path.write_bytes(whole.removesuffix(b"\x00\x00EOF\x00") + b"\x0a\x00EOF\x00")
    drawing = read_drawing(path, DrawingSettings.load())
    assert drawing.verdict == "rejected"
    assert drawing.reason.startswith("corrupt binary DXF")
