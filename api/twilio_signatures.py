"""Who posts to our hooks: only Twilio knows the secret its signatures are made with.

The signature covers the address as Twilio knows it (the public one, with or without its port) and
every field of the form, or a hash of a JSON body. While the secret is being changed, either counts.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, HTTPException, Request
from starlette.datastructures import MultiDict
from twilio.request_validator import (
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

from api.services import services_of
from core.settings import Settings

#: a callback has a few dozen short fields
MOST_BYTES = 64 * 1024
_MOST_FIELDS = 200


@dataclass(frozen=True, slots=True)
class Fields:
    """What a callback says; a name that did not come is the empty text."""

    values: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """Return the last value of *name*."""
        return self.values.get(name, "")

    def first_of(self, *names: str) -> str:
        """Return the first of these that says something."""
        return next((self[name] for name in names if self[name]), "")


async def signed_fields(request: Request) -> Fields:
    """Return what the provider says; 403 unless it signed it for our public address."""
    settings = services_of(request).settings
    body = await _bounded_body(request)
    is_json = request.headers.get("content-type", "").startswith("application/json")
    said: MultiDict | str
    try:
        text = body.decode()
        said = text if is_json else _form(text)
    except ValueError:
        raise HTTPException(400, "a callback is text in UTF-8") from None
    if not _is_signed(request, settings, said):
        raise HTTPException(403, "the signature does not fit; is AIHUIJIA_PUBLIC_URL right?")
    return Fields(_json(said) if isinstance(said, str) else dict(said))


SignedFields = Annotated[Fields, Depends(signed_fields)]


async def _bounded_body(request: Request) -> bytes:
    """Return the body; 413 as soon as it is too long, however much is still to come."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise HTTPException(413, "a callback is smaller than this")
    return bytes(body)


def _form(text: str) -> MultiDict:
    return MultiDict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))


def _json(text: str) -> dict[str, str]:
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise HTTPException(400, "a callback in JSON is one object")
    return {name: value if isinstance(value, str) else str(value) for name, value in said.items()}


def _is_signed(request: Request, settings: Settings, said: MultiDict | str) -> bool:
    url = settings.public_url + request.scope["path"]
    if query := request.scope["query_string"].decode("latin-1"):
        url += f"?{query}"
    if isinstance(said, str) and "bodySHA256" not in request.query_params:
        return False  # nothing would hold the body to the signature
    signature = request.headers.get(SIGNATURE_HEADER, "")
    algorithm = get_signature_algorithm(request.headers.get(SIGNATURE_SETTINGS_HEADER))
    secrets = (settings.twilio_auth_token, settings.twilio_auth_token_previous)
    return any(
        RequestValidator(token).validate(url, said, signature, algorithm)
        for token in (secret.get_secret_value() for secret in secrets)
        if token  # anybody can sign with an empty secret
    )
