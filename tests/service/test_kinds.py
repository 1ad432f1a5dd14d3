"""Every kind of picture, as a raw body and as a form, and the commands of the README."""

import io
import json
import shutil
import subprocess

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.bundles import scene

pytestmark = pytest.mark.service

ROTATED_BY_CAMERA = 6
"""EXIF orientation: turn by 90 degrees clockwise to see it upright."""


def saved(image: Image.Image, format_name: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_name, **options)
    return buffer.getvalue()


def turned() -> bytes:
    """The scene as a camera on its side stores it."""
    exif = Image.Exif()
    exif[0x0112] = ROTATED_BY_CAMERA
    return saved(RGB.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif, quality=95)


def see_through() -> Image.Image:
    image = RGB.convert("RGBA")
    image.putalpha(255)
    return image


RGB = Image.fromarray(scene())
GREY_16 = Image.fromarray(np.asarray(RGB.convert("L")).astype(np.uint16) * 257)
KINDS = {
    "JPEG": saved(RGB, "JPEG", quality=95),
    "grey JPEG": saved(RGB.convert("L"), "JPEG", quality=95),
    "CMYK JPEG": saved(RGB.convert("CMYK"), "JPEG", quality=95),
    "JPEG turned by EXIF": turned(),
    "PNG": saved(RGB, "PNG"),
    "PNG with alpha": saved(see_through(), "PNG"),
    "PNG with a palette": saved(RGB.quantize(), "PNG"),
    "16-bit grey PNG": saved(GREY_16, "PNG"),
    "BMP": saved(RGB, "BMP"),
    "TIFF": saved(RGB, "TIFF"),
    "packed TIFF": saved(RGB, "TIFF", compression="tiff_lzw"),
    "16-bit grey TIFF": saved(GREY_16, "TIFF"),
    "CMYK TIFF": saved(RGB.convert("CMYK"), "TIFF"),
    "WebP": saved(RGB, "WEBP", quality=95),
    "WebP with alpha": saved(see_through(), "WEBP", lossless=True),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_picture_is_answered_raw_and_as_form(client: httpx.Client, kind: str) -> None:
    data = KINDS[kind]
    # What a client says about the type does not matter: the bytes tell.
    raw = client.post("/predict", content=data, headers={"Content-Type": "image/jpeg"})
    form = client.post("/predict", files={"image": ("picture", data)})
    inspected = client.post("/inspect?px_per_mm=2", content=data)
    assert [raw.status_code, form.status_code, inspected.status_code] == [200] * 3, raw.text
    answer = raw.json()
    assert (answer["image"]["width_px"], answer["image"]["height_px"]) == (320, 240)
    assert sorted(each["label"] for each in answer["detections"]) == ["plate", "ring"]
    assert form.json()["detections"] == answer["detections"]
    assert len(inspected.json()["detections"]) == 2


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize(
    "arguments",
    [
        ["-F", "image=@{file}", "{url}/predict"],
        ["--data-binary", "@{file}", "{url}/predict?masks=false"],
        ["-F", "image=@{file}", "{url}/inspect?px_per_mm=2&contours=false"],
        ["--data-binary", "@{file}", "-o", "{drawn}", "{url}/inspect/overlay?px_per_mm=2"],
        ["-F", "image=@{file}", "-F", "image=@{file}", "{url}/predict/batch"],
        ["{url}/model"],
        ["{url}/drawings"],
    ],
    ids=lambda words: " ".join(words),
)
def test_curl_gets_an_answer(service_url: str, tmp_path, arguments: list[str]) -> None:
    file, drawn = tmp_path / "picture.jpg", tmp_path / "drawn.png"
    file.write_bytes(KINDS["JPEG"])
    words = [word.format(file=file, drawn=drawn, url=service_url) for word in arguments]
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--fail", *words], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    if "{drawn}" in arguments:
        assert drawn.read_bytes().startswith(b"\x89PNG")
    else:
        assert json.loads(done.stdout)
