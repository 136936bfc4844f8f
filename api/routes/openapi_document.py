"""The OpenAPI document, for programs and for those who write them."""

from typing import Any

from fastapi import APIRouter, Request

from api.access import Caller, callers

router = APIRouter()


@router.get("/openapi.json", dependencies=[callers(Caller.PUBLIC)])
def openapi(request: Request) -> dict[str, Any]:
    """Return what programs may ask of this service, as OpenAPI 3.1."""
    document: dict[str, Any] = request.app.openapi()
    return document
