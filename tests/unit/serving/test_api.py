"""Routes about the model and the service, and the documentation."""

import httpx

from tests.unit.serving.talking import check_error


def test_unknown_route_and_method_get_the_same_schema(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        check_error(await client.get("/nothing"), 404, "not_found")
        check_error(await client.get("/predict"), 405, "method_not_allowed")
        check_error(await client.post("/predict/"), 404, "not_found")

    talk(conversation)


def test_file_that_cannot_be_read_gets_the_same_schema(talk, monkeypatch):
    def too_many_open(*_: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("starlette.staticfiles.StaticFiles.lookup_path", too_many_open)

    async def conversation(client: httpx.AsyncClient) -> None:
        check_error(await client.get("/page/app.js"), 500, "internal")

    talk(conversation)


def test_model_and_drawings_are_told(talk, registry):
    async def conversation(client: httpx.AsyncClient) -> None:
        model = (await client.get("/model")).json()
        assert model["version"] == registry.champion().version
        assert model["card"]["labels"] == ["plate", "ring"]
        drawings = (await client.get("/drawings")).json()["drawings"]
        assert drawings[1] == {
            "name": "ring",
            "width_mm": 50.0,
            "height_mm": 50.0,
            "hole_count": 1,
        }

    talk(conversation)


def test_documentation_needs_nothing_from_elsewhere(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        page = (await client.get("/docs")).text
        assert "http://" not in page
        assert "https://" not in page
        for asset in ("swagger-ui-bundle.js", "swagger-ui.css"):
            assert f"/docs/assets/{asset}" in page
            assert (await client.get(f"/docs/assets/{asset}")).status_code == 200

    talk(conversation)


def test_documentation_lists_routes_schemas_and_errors(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        document = (await client.get("/docs/openapi.json")).json()
        predict = document["paths"]["/predict"]["post"]
        assert set(predict["requestBody"]["content"]) == {"multipart/form-data", "image/*"}
        assert {"200", "400", "413", "415", "422", "429", "503", "504"} <= set(predict["responses"])
        for status in ("413", "422"):
            schema = predict["responses"][status]["content"]["application/json"]["schema"]
            assert schema["$ref"].endswith("/ErrorAnswer")

    talk(conversation)


def test_documentation_tells_that_overlays_are_png_and_their_errors_json(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        document = (await client.get("/docs/openapi.json")).json()
        for path in ("/predict/overlay", "/inspect/overlay"):
            responses = document["paths"][path]["post"]["responses"]
            assert set(responses["200"]["content"]) == {"image/png"}
            assert set(responses["415"]["content"]) == {"application/json"}

    talk(conversation)


def test_documentation_tells_of_probes_tokens_and_every_refusal(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        document = (await client.get("/docs/openapi.json")).json()
        paths = document["paths"]
        assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
        assert set(paths["/livez"]["get"]["responses"]) == {"200"}
        assert set(paths["/readyz"]["get"]["responses"]) == {"200", "503"}
        ready = (await client.get("/readyz")).json()
        assert set(document["components"]["schemas"]["ReadyAnswer"]["properties"]) == set(ready)
        for path in ("/model", "/drawings", "/metrics"):
            assert {"401", "403", "429"} <= set(paths[path]["get"]["responses"])
        assert set(paths["/metrics"]["get"]["responses"]["200"]["content"]) == {"text/plain"}

    talk(conversation)
