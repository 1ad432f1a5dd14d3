"""Encoded picture bytes -> RGB pixels, within bounds; service and evaluation decode alike.

The bytes decide what a picture is, not a file name or a content type. Its size is read from the
header and checked before any pixel is decoded, so a small file that would unpack to gigabytes (a
*decompression bomb*) costs nothing; what bombs there are besides, `picture_bombs` finds.

What becomes 8-bit RGB, shape (H, W, 3), and how:

    grey, palette, two-level     the same grey or colour in three channels
    16 bits a channel            the high byte; 65535 becomes 255
    alpha                        laid over white
    CMYK                         converted without a colour profile
    EXIF orientation             turned upright; damaged EXIF is ignored
    several frames               the first one
"""

import io
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from components.errors import ImageError
from components.modeling.picture_bombs import bomb_in

FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP")
TRUSTED_MAX_PIXELS = 80_000_000
"""Bound for pictures of the user's own folders; Pillow itself warns of a bomb at 89 megapixels."""
MAX_SIDE_PX = 32_766
"""OpenCV looks pixels up by numbers of 16 bits."""

# First bytes of each format; `None` stands for any four bytes.
_SIGNATURES: tuple[tuple[bytes, bytes | None], ...] = (
    (b"\xff\xd8\xff", None),
    (b"\x89PNG", None),
    (b"BM", None),
    (b"II*\x00", None),
    (b"MM\x00*", None),
    (b"RIFF", b"WEBP"),
)
_SIXTEEN_BIT_GREY = ("I;16", "I;16L", "I;16B", "I;16N")

# Pillow's bound for bombs is higher than ours. It also warns of damaged tags, with their numbers:
# the service's log holds nothing of a picture, and Python would keep each of these texts for ever.
warnings.filterwarnings("ignore", module=r"PIL\.")
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


class BrokenPictureError(ImageError):
    """The bytes start like a picture and cannot be decoded."""


class LargePictureError(ImageError):
    """The picture has more pixels than allowed."""


class UnsupportedPictureError(ImageError):
    """The bytes are no picture of a supported format."""


def decode_picture(data: bytes, max_pixels: int, name: str = "the picture") -> NDArray[np.uint8]:
    """Decode a picture.

    Args:
        data: A whole JPEG, PNG, BMP, TIFF or WebP file.
        max_pixels: Largest number of pixels, width times height.
        name: What to call the picture in errors, such as its path.

    Returns:
        RGB, shape (H, W, 3), uint8, C-contiguous and writable.

    Raises:
        UnsupportedPictureError: If the bytes are of no supported format.
        LargePictureError: If the header announces more than `max_pixels`, or a side that is longer
            than `MAX_SIDE_PX`.
        BrokenPictureError: If the bytes are empty, cut short or damaged, or would cost far more
            than their pixels.
    """
    if not data:
        raise BrokenPictureError(f"{name}: is empty (0 bytes); send a whole image file")
    if not _has_known_signature(data):
        raise UnsupportedPictureError(
            f"{name}: expected a JPEG, PNG, BMP, TIFF or WebP image, got bytes that start with "
            f"{data[:8].hex(' ')}; convert it to one of these"
        )
    bomb = bomb_in(data, max_pixels)
    if bomb is not None:
        raise BrokenPictureError(
            f"{name}: is stored so that it would cost far more than its pixels ({bomb}); save it "
            "again, as PNG or JPEG"
        )
    return _decode_known(data, max_pixels, name)


def read_picture(path: Path, max_pixels: int) -> NDArray[np.uint8]:
    """Decode a picture file as `decode_picture` does.

    Raises:
        ImageError: Also if the file cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ImageError(f"{path}: cannot be read: {error.strerror}") from error
    return decode_picture(data, max_pixels, str(path))


def _has_known_signature(data: bytes) -> bool:
    return any(
        data.startswith(start) and (middle is None or data[8:12] == middle)
        for start, middle in _SIGNATURES
    )


def _decode_known(data: bytes, max_pixels: int, name: str) -> NDArray[np.uint8]:
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_size(image.size, max_pixels, name)
            return _rgb(_upright(image))
    except LargePictureError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(name, max_pixels, str(error)) from error
    except UnidentifiedImageError as error:
        raise BrokenPictureError(
            f"{name}: starts like an image but cannot be decoded (its header is damaged, or of a "
            "kind that is not supported, such as floating-point colours); save it as 8 or 16 bits "
            "a channel, or send it again"
        ) from error
    except Exception as error:
        # Pillow's decoders meet damaged bytes with a dozen kinds of error (OSError, SyntaxError,
        # ValueError, struct.error, IndexError ...); all of them mean the same to the sender.
        raise BrokenPictureError(
            f"{name}: starts like an image but cannot be decoded ({type(error).__name__}: "
            f"{error}); it may be cut short or damaged, send it again"
        ) from error


def _check_size(size: tuple[int, int], max_pixels: int, name: str) -> None:
    width, height = size
    if width * height > max_pixels:
        raise _too_large(name, max_pixels, f"it is {width} x {height}")
    if max(width, height) > MAX_SIDE_PX:
        raise LargePictureError(
            f"{name}: has a side of more than {MAX_SIDE_PX} pixels (it is {width} x {height}); "
            "make it smaller"
        )
    if width * height == 0:
        raise BrokenPictureError(f"{name}: has no pixels ({width} x {height})")


def _too_large(name: str, max_pixels: int, fact: str) -> LargePictureError:
    return LargePictureError(
        f"{name}: has more than the {max_pixels / 1e6:g} megapixels allowed ({fact}); make it "
        "smaller; the service's bound is limits.max_megapixels in serve_config.yaml"
    )


def _upright(image: Image.Image) -> Image.Image:
    """Return the decoded picture turned as its EXIF orientation says."""
    image.load()
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        # Damaged EXIF, which Pillow meets with as many kinds of error, says nothing of the pixels.
        return image


def _rgb(image: Image.Image) -> NDArray[np.uint8]:
    """Return 8-bit RGB pixels of a decoded picture of any mode.

    Raises:
        ValueError: If the pixels are floating point or 32-bit numbers beyond 16 bits, whose
            white level nothing tells.
    """
    if image.mode in _SIXTEEN_BIT_GREY:
        return _grey_to_rgb(np.asarray(image, dtype=np.uint16))
    if image.mode == "I":
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 65535:
            raise ValueError("32-bit grey values outside 0..65535 have no known white level")
        return _grey_to_rgb(values.astype(np.uint16))
    if image.mode == "F":
        raise ValueError("floating-point grey values have no known white level")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.array(image.convert("RGB"), dtype=np.uint8)


def _grey_to_rgb(values: NDArray[np.uint16]) -> NDArray[np.uint8]:
    grey = (values >> 8).astype(np.uint8)
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)
