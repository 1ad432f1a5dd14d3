"""The operator's page over the real application, without a browser; tests/service has one."""

import re

import httpx
import pytest

from components.serving.access import token_hash
from components.serving.operator_page import FOLDER
from components.settings.serve import TokenHashes


def private(settings):
    tokens = TokenHashes(predict=(token_hash("seer"),), operate=())
    return settings.model_copy(
        update={"access": settings.access.model_copy(update={"tokens": tokens})}
    )


def test_page_and_its_files_are_sent_with_their_types(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        page = await client.get("/")
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        for name in re.findall(r'(?:src|href)="/page/([^"]+)"', page.text):
            answer = await client.get(f"/page/{name}")
            assert answer.status_code == 200, name
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        script = await client.get("/page/app.js")
        assert "javascript" in script.headers["content-type"]

    talk(conversation)


def test_every_module_that_is_imported_is_there_and_every_module_is_imported():
    sources = {path.name: path.read_text() for path in FOLDER.glob("*.js")}
    wanted = {name for text in sources.values() for name in re.findall(r'from "\./(.+?)"', text)}
    assert wanted | {"app.js"} == set(sources)


def test_every_element_a_script_asks_for_is_in_the_page():
    page = (FOLDER / "index.html").read_text()
    for path in FOLDER.glob("*.js"):
        for name in re.findall(r'byId\("([\w-]+)"\)', path.read_text()):
            assert f'id="{name}"' in page, f"{path.name}: {name}"


def test_nothing_of_the_page_names_another_host():
    for path in FOLDER.iterdir():
        hosts = set(re.findall(r"https?://[\w.-]+", path.read_text()))
        assert hosts <= {"http://www.w3.org"}, path.name


def test_facts_are_those_of_the_settings(talk, settings):
    async def conversation(client: httpx.AsyncClient) -> None:
        facts = (await client.get("/page/facts.json")).json()
        assert facts == {
            "token_needed": False,
            "max_body_bytes": settings.limits.max_body_mib * 2**20,
            "max_pixels": settings.limits.max_megapixels * 1_000_000,
        }

    talk(conversation)


def test_page_opens_without_a_token_and_tells_that_one_is_needed(talk, settings):
    async def conversation(client: httpx.AsyncClient) -> None:
        assert (await client.get("/")).status_code == 200
        assert (await client.get("/page/app.js")).status_code == 200
        assert (await client.get("/page/facts.json")).json()["token_needed"] is True
        assert (await client.get("/model")).status_code == 401

    talk(conversation, private(settings))


@pytest.mark.parametrize(
    "path", ["/page/../model", "/page/%2e%2e/model", "/page/..%2fapi.py", "/page/none.js", "/page/"]
)
def test_folder_of_the_page_leads_nowhere_else(talk, settings, path):
    async def conversation(client: httpx.AsyncClient) -> None:
        # httpx would tidy the path up; a client that means harm does not.
        request = client.build_request("GET", "/")
        request.url = request.url.copy_with(raw_path=path.encode())
        answer = await client.send(request)
        assert answer.status_code in (401, 404)
        assert answer.json()["error"]["code"] in ("not_found", "token_missing")

    talk(conversation, private(settings))
