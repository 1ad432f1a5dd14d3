import json
import time

import pytest

from components.errors import SettingsError
from components.serving.access import (
    Doorkeeper,
    RateLimit,
    is_loopback,
    known_hashes,
    new_token,
    token_hash,
)
from components.serving.problems import RequestError
from components.settings.serve import AccessSettings, TokenHashes

# SHA-256 of "abc": FIPS 180-2, appendix B.1.
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def access(**changes: object) -> AccessSettings:
    values = {
        "tokens": TokenHashes(predict=(token_hash("seer"),), operate=(token_hash("chief"),)),
        "tokens_file": None,
        "public_metrics": False,
        "requests_per_s": 1000,
        "burst": 1000,
    }
    return AccessSettings(**(values | changes))


def refusal(access_settings: AccessSettings, route: str, authorization: str) -> RequestError:
    with pytest.raises(RequestError) as refused:
        Doorkeeper(access_settings).admit(route, "box:3000", authorization, "1.2.3.4")
    return refused.value


def test_hash_is_the_standard_one():
    assert token_hash("abc") == ABC


def test_new_tokens_are_long_and_different():
    first, second = new_token(), new_token()
    assert first != second
    assert len(first[0]) >= 43
    assert first[1] == token_hash(first[0])


@pytest.mark.parametrize(
    ("route", "authorization"),
    [
        ("/predict", "Bearer seer"),
        ("/predict", "bearer  seer"),
        ("/drawings", "Bearer seer"),
        ("/predict", "Bearer chief"),
        ("/metrics", "Bearer chief"),
        # The page holds no data, and a browser that opens it cannot send a token.
        ("/", ""),
        ("/page/app.js", ""),
    ],
)
def test_known_token_of_the_right_role_and_the_page_pass(route, authorization):
    Doorkeeper(access()).admit(route, "box:3000", authorization, "1.2.3.4")


@pytest.mark.parametrize(
    ("route", "authorization", "status", "code"),
    [
        ("/predict", "", 401, "token_missing"),
        ("/predict", "Bearer guess", 401, "token_unknown"),
        ("/predict", "Basic seer", 401, "token_unknown"),
        ("/predict", "seer", 401, "token_unknown"),
        ("/predict", f"Bearer {token_hash('seer')}", 401, "token_unknown"),
        ("/metrics", "", 401, "token_missing"),
        ("/metrics", "Bearer seer", 403, "wrong_role"),
        ("/docs", "Bearer seer", 403, "wrong_role"),
        ("/page", "", 401, "token_missing"),
        ("/pages/app.js", "", 401, "token_missing"),
    ],
)
def test_everybody_else_is_turned_away(route, authorization, status, code):
    refused = refusal(access(), route, authorization)
    assert (refused.status, refused.code) == (status, code)


def test_refusal_names_the_scheme():
    assert refusal(access(), "/predict", "").headers == {"WWW-Authenticate": "Bearer"}


def test_public_metrics_need_no_token():
    Doorkeeper(access(public_metrics=True)).admit("/metrics", "localhost", "", "1.2.3.4")


def test_without_any_token_set_everybody_passes():
    Doorkeeper(access(tokens=TokenHashes(predict=(), operate=()))).admit(
        "/metrics", "localhost", "", "1.2.3.4"
    )


def test_hashes_of_file_and_settings_add_up(tmp_path):
    file = tmp_path / "tokens.json"
    file.write_text(json.dumps({"predict": [ABC], "operate": []}))
    hashes = known_hashes(access(tokens_file=file))
    assert hashes == {token_hash("seer"): "predict", token_hash("chief"): "operate", ABC: "predict"}


@pytest.mark.parametrize("content", ["", "{}", '{"predict": ["plain"], "operate": []}'])
def test_wrong_file_of_hashes_is_named(tmp_path, content):
    file = tmp_path / "tokens.json"
    file.write_text(content)
    with pytest.raises(SettingsError, match=r"tokens\.json: cannot be read as token hashes"):
        known_hashes(access(tokens_file=file))


def test_client_that_asks_too_often_is_told_when_to_come_again(monkeypatch):
    monkeypatch.setattr(time, "monotonic", lambda: 100.0)
    rates = RateLimit(per_s=0.5, burst=3)
    for _ in range(3):
        rates.take("a")
    with pytest.raises(RequestError) as refused:
        rates.take("a")
    assert (refused.value.status, refused.value.code) == (429, "too_often")
    assert refused.value.headers == {"Retry-After": "2"}
    rates.take("b")
    monkeypatch.setattr(time, "monotonic", lambda: 102.0)
    rates.take("a")
    with pytest.raises(RequestError):
        rates.take("a")


def test_guessing_tokens_is_slowed_down_by_address():
    doorkeeper = Doorkeeper(access(requests_per_s=0.001, burst=2))
    codes = []
    for number in range(4):
        with pytest.raises(RequestError) as refused:
            doorkeeper.admit("/predict", "box", f"Bearer guess{number}", "1.2.3.4")
        codes.append(refused.value.code)
    assert codes == ["token_unknown", "token_unknown", "too_often", "too_often"]


def test_memory_for_clients_is_bounded(monkeypatch):
    monkeypatch.setattr("components.serving.access._MAX_CLIENTS", 10)
    rates = RateLimit(per_s=0.001, burst=1)
    for number in range(11):
        rates.take(str(number))
    rates.take("0")
    with pytest.raises(RequestError):
        rates.take("10")


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:3000", "127.0.0.1:3000", "127.8.0.1", "[::1]:3000", "LOCALHOST"],
)
def test_without_tokens_names_of_this_machine_are_answered(host):
    open_to_all = access(tokens=TokenHashes(predict=(), operate=()))
    Doorkeeper(open_to_all).admit("/predict", host, "", "127.0.0.1")


@pytest.mark.parametrize(
    "host",
    ["rebound.example:3000", "192.0.2.7", "", "[::1", "localhost.evil.example", "10.0.0.1:80"],
)
def test_without_tokens_another_name_is_refused(host):
    open_to_all = access(tokens=TokenHashes(predict=(), operate=()))
    with pytest.raises(RequestError) as refused:
        Doorkeeper(open_to_all).admit("/predict", host, "", "127.0.0.1")
    assert (refused.value.status, refused.value.code) == (403, "host_unknown")


@pytest.mark.parametrize(
    ("host", "wanted"),
    [("127.0.0.1", True), ("::1", True), ("0.0.0.0", False), ("example", False)],
)
def test_loopback_is_known(host, wanted):
    assert is_loopback(host) is wanted


@pytest.mark.parametrize(
    ("origin", "passes"),
    [
        ("", True),
        ("http://127.0.0.1:3000", True),
        ("http://localhost:8080", True),
        ("https://[::1]:3000", True),
        ("https://localhost.example.org", False),
        ("https://example.org", False),
        ("null", False),
        ("http://[", False),
    ],
)
def test_without_tokens_only_pages_of_this_machine_are_answered(origin, passes):
    doorkeeper = Doorkeeper(access(tokens=TokenHashes(predict=(), operate=())))
    if passes:
        doorkeeper.admit("/predict", "localhost", "", "127.0.0.1", origin)
        return
    with pytest.raises(RequestError, match="page of another origin") as refused:
        doorkeeper.admit("/predict", "localhost", "", "127.0.0.1", origin)
    assert (refused.value.status, refused.value.code) == (403, "origin_unknown")


def test_with_tokens_the_origin_does_not_matter():
    Doorkeeper(access()).admit("/predict", "box", "Bearer seer", "1.2.3.4", "https://box.example")
