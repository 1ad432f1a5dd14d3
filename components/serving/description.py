"""What the service's OpenAPI document says beside its routes: the probes, and how a token is sent.

The gate and BentoML answer the probes before any route is looked for.
"""

from typing import Any

from fastapi import FastAPI

from components.serving.schemas import ReadyAnswer

_TEXT = {"text/plain": {"schema": {"type": "string"}}}


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


_PROBES: dict[str, Any] = {
    "/livez": {
        "get": {
            "tags": ["service"],
            "summary": "Whether the process answers; independent of the model",
            "responses": {"200": {"description": "It does.", "content": _TEXT}},
            "security": [],
        }
    },
    "/readyz": {
        "get": {
            "tags": ["service"],
            "summary": "Whether a model that answered its golden pictures right is in use",
            "responses": {
                "200": {"description": "It is.", "content": _json("ReadyAnswer")},
                "503": {"description": "Not yet, and why.", "content": _json("ErrorAnswer")},
            },
            "security": [],
        }
    },
}
_SECURITY: dict[str, Any] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "Needed where the service was given hashes of tokens.",
    }
}


class DescribedApi(FastAPI):
    """An application whose document is whole."""

    def openapi(self) -> dict[str, Any]:
        """Return the document, made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            document["paths"].update(_PROBES)
            document["components"]["schemas"]["ReadyAnswer"] = ReadyAnswer.model_json_schema()
            document["components"]["securitySchemes"] = _SECURITY
            document["security"] = [{}, {"token": []}]
        return super().openapi()
