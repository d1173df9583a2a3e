"""Print the OpenAPI document of the page's routes, from which the page's TypeScript types are made."""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from ledgerflow.server.routes import routes


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document; it has no version of ours, so that a release changes nothing in it."""
    app = FastAPI(title="Ledgerflow's page", version="1", generate_unique_id_function=_operation)
    app.include_router(routes)
    return app.openapi()


def text() -> str:
    """The document as it stands in `ui/src/api/openapi.json`."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _operation(route: APIRoute) -> str:
    return route.name


if __name__ == "__main__":
    print(text(), end="")
