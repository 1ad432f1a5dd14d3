"""Requests that nobody means well, against a real service; `make fuzz-http` sends 6,000."""

import os
import random
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from components.serving.access import PICTURE_ROUTES
from tests.bundles import encoded, scene

pytestmark = pytest.mark.service

REQUESTS = int(os.environ.get("DXFVISION_HTTP_FUZZ", "300"))
MOST_GROWTH_MB = 100.0
DOCUMENTED = {200, 400, 405, 413, 415, 422}
SMALL = scene(0, 120, 160)
PICTURES = [encoded(SMALL, name) for name in ("JPEG", "PNG", "BMP", "TIFF", "WEBP")]
TYPES = [
    b"",
    b"image/jpeg",
    b"application/json",
    b"text/plain; charset=\xff",
    b"multipart/form-data",
    b"multipart/form-data; boundary=b",
    b"multipart/form-data; boundary=" + b"x" * 300,
]
QUERIES = [
    "",
    "?score_threshold=nan",
    "?score_threshold=1e999",
    "?masks=maybe",
    "?masks=0&masks=1",
    "?px_per_mm=2",
    "?px_per_mm=-1",
    "?camera=..%2F..%2Fetc",
    "?above_mm=5&camera=camera",
]
PART = b'--b\r\nContent-Disposition: form-data; name="image"; filename="../../x"\r\n\r\n'


def damaged(rng: random.Random) -> bytes:
    data = bytearray(rng.choice(PICTURES))
    for _ in range(rng.choice([0, 1, 3, 20])):
        place = rng.randrange(min(len(data), rng.choice([64, len(data)])))
        if rng.random() < 0.8:
            data[place] = rng.randrange(256)
        else:
            data = data[: max(place, 1)]
    return bytes(data)


def requests(rng: random.Random) -> Iterator[tuple[str, str, bytes, bytes]]:
    for _ in range(REQUESTS):
        route = rng.choice(PICTURE_ROUTES)
        body = damaged(rng)
        if rng.random() < 0.4:
            body = PART + body + rng.choice([b"\r\n--b--\r\n", b"\r\n--b\r\n", b""])
        method = rng.choice(["POST", "POST", "POST", "PUT"])
        yield method, route + rng.choice(QUERIES), rng.choice(TYPES), body


def resident_mb(client: httpx.Client) -> float:
    lines = client.get("/metrics").text.splitlines()
    name = "dxfvision_process_resident_bytes "
    return sum(float(line.split()[1]) for line in lines if line.startswith(name)) / 1e6


def test_no_request_breaks_the_service(client: httpx.Client):
    statuses: Counter[int] = Counter()
    before_mb = 0.0
    rng = random.Random(20261123)
    for number, (method, url, content_type, body) in enumerate(requests(rng)):
        if number == REQUESTS // 5:
            # By now every code path has run once and every buffer has its size.
            before_mb = resident_mb(client)
        headers = [(b"content-type", content_type)]
        response = client.request(method, url, content=body, headers=headers)
        assert response.status_code in DOCUMENTED, (method, url, content_type, body[:80])
        statuses[response.status_code] += 1
        if response.status_code != 200:
            error = response.json()["error"]
            assert set(error) == {"status", "code", "message", "remedy", "id"}
    after_mb = resident_mb(client)
    print(f"{statuses.total()} requests by status: {dict(sorted(statuses.items()))}")
    print(f"memory of the workers: {before_mb:.0f} MB after a fifth, {after_mb:.0f} MB at the end")
    assert set(statuses) >= {200, 400, 405, 415, 422}
    assert after_mb - before_mb <= MOST_GROWTH_MB
