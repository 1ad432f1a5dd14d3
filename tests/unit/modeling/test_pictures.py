import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from components.errors import ImageError
from components.modeling.pictures import (
    BrokenPictureError,
    LargePictureError,
    UnsupportedPictureError,
    decode_picture,
    read_picture,
)

MAX_PIXELS = 100_000
COLOUR = (200, 100, 50)


def encoded(image: Image.Image, format_name: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_name, **options)
    return buffer.getvalue()


def plain(mode: str = "RGB", colour=COLOUR, size=(8, 4)) -> Image.Image:
    return Image.new(mode, size, colour)


def png_header(width: int, height: int) -> bytes:
    """A PNG that announces a size and holds nothing."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    header = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + header + struct.pack(">I", 1000) + b"IDAT"


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "BMP", "TIFF", "WEBP"])
def test_every_format_gives_its_colour_as_rgb(format_name):
    pixels = decode_picture(encoded(plain(), format_name), MAX_PIXELS)
    assert pixels.shape == (4, 8, 3)
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    np.testing.assert_allclose(pixels[1, 1], COLOUR, atol=4)


@pytest.mark.parametrize(
    ("image", "format_name", "wanted"),
    [
        (plain("L", 77), "PNG", (77, 77, 77)),
        (plain("1", 1), "PNG", (255, 255, 255)),
        (plain("P", 0), "PNG", (0, 0, 0)),
        (plain("LA", (77, 0)), "PNG", (255, 255, 255)),
        (plain("RGBA", (*COLOUR, 255)), "PNG", COLOUR),
        (plain("RGBA", (0, 0, 0, 0)), "PNG", (255, 255, 255)),
        (plain("RGBA", (0, 0, 0, 0)), "WEBP", (255, 255, 255)),
        (plain("I;16", 0x80FF), "PNG", (128, 128, 128)),
        (plain("I;16", 65535), "TIFF", (255, 255, 255)),
        (plain("CMYK", (0, 0, 0, 0)), "TIFF", (255, 255, 255)),
        (plain("CMYK", (0, 0, 0, 255)), "JPEG", (0, 0, 0)),
    ],
    ids=[
        "grey",
        "two-level",
        "palette",
        "transparent grey",
        "opaque alpha",
        "transparent",
        "transparent webp",
        "16-bit grey png",
        "16-bit grey tiff",
        "cmyk tiff",
        "cmyk jpeg",
    ],
)
def test_every_kind_of_pixel_becomes_eight_bit_rgb(image, format_name, wanted):
    pixels = decode_picture(encoded(image, format_name), MAX_PIXELS)
    np.testing.assert_allclose(pixels, np.broadcast_to(wanted, (4, 8, 3)), atol=3)


def test_sixteen_bit_colour_png_keeps_its_high_byte():
    row = b"\x00" + struct.pack(">HHH", 0xC8FF, 0x6400, 0x3280) * 2
    header = b"IHDR" + struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n"
    for chunk in (header, b"IDAT" + zlib.compress(row), b"IEND"):
        data += struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    np.testing.assert_array_equal(decode_picture(data, MAX_PIXELS)[0, 0], [0xC8, 0x64, 0x32])


def test_exif_orientation_is_undone():
    image = plain(size=(8, 4))
    image.putpixel((0, 0), (255, 255, 255))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held so that the picture must be turned 90 degrees right
    pixels = decode_picture(encoded(image, "PNG", exif=exif), MAX_PIXELS)
    assert pixels.shape == (8, 4, 3)
    np.testing.assert_array_equal(pixels[0, 3], (255, 255, 255))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_does_not_spoil_the_pixels():
    data = encoded(plain(), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff")
    assert decode_picture(data, MAX_PIXELS).shape == (4, 8, 3)


def test_first_frame_of_an_animation_is_taken():
    frames = [plain(colour=COLOUR), plain(colour=(0, 0, 0))]
    data = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    np.testing.assert_array_equal(decode_picture(data, MAX_PIXELS)[0, 0], COLOUR)


@pytest.mark.parametrize(
    "data",
    [
        b"hello, this is text",
        b"GIF89a" + bytes(40),
        b"\x00",
        b"%PDF-1.7",
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
)
def test_bytes_of_no_supported_format_are_refused_as_such(data):
    with pytest.raises(UnsupportedPictureError, match="expected a JPEG, PNG, BMP, TIFF or WebP"):
        decode_picture(data, MAX_PIXELS)


def test_empty_bytes_are_named_as_empty():
    with pytest.raises(BrokenPictureError, match=r"photo\.png: is empty"):
        decode_picture(b"", MAX_PIXELS, "photo.png")


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "BMP", "TIFF", "WEBP"])
def test_cut_short_picture_is_refused_as_damaged(format_name):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    data = encoded(Image.fromarray(noise), format_name)
    with pytest.raises(BrokenPictureError, match="cannot be decoded"):
        decode_picture(data[: len(data) // 2], MAX_PIXELS)


def test_decompression_bomb_is_refused_by_its_header_alone():
    with pytest.raises(LargePictureError, match=r"30000 x 30000|decompression bomb"):
        decode_picture(png_header(30_000, 30_000), MAX_PIXELS)


def test_picture_of_just_the_largest_size_is_taken():
    data = encoded(plain(size=(100, 50)), "PNG")
    assert decode_picture(data, 5000).shape == (50, 100, 3)
    with pytest.raises(LargePictureError, match="100 x 50"):
        decode_picture(data, 4999)


def test_floating_point_grey_is_refused_with_its_reason():
    with pytest.raises(BrokenPictureError, match="no known white level"):
        decode_picture(encoded(plain("F", 0.5), "TIFF"), MAX_PIXELS)


def test_floating_point_colours_are_refused_with_what_to_do():
    _, data = cv2.imencode(".tiff", np.zeros((2, 3, 3), np.float32))
    with pytest.raises(BrokenPictureError, match=r"floating-point colours\); save it as 8 or 16"):
        decode_picture(data.tobytes(), 100)


def test_unreadable_file_is_named(tmp_path):
    with pytest.raises(ImageError, match=r"missing\.png: cannot be read"):
        read_picture(tmp_path / "missing.png", MAX_PIXELS)


@settings(max_examples=150, deadline=None)
@given(
    format_name=st.sampled_from(["JPEG", "PNG", "BMP", "TIFF", "WEBP"]),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=12),
)
def test_damaged_picture_is_decoded_or_refused_and_nothing_else(format_name, changes):
    data = bytearray(encoded(plain(size=(16, 16)), format_name))
    for place, value in changes:
        data[int(place * (len(data) - 1))] = value
    try:
        pixels = decode_picture(bytes(data), MAX_PIXELS)
    except ImageError:
        return
    assert pixels.ndim == 3
    assert pixels.shape[0] * pixels.shape[1] <= MAX_PIXELS
