"""A guardian's browser asks to be told beside the SMS, and takes that back.

The token of the answer link says who asks; that the device is known, or the last four digits of
their own number, that it is not somebody to whom the link was passed on, who would get every later
one. Nothing but a POST changes anything.
"""

import hmac
from datetime import timedelta
from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel, Field

from alerts.channels.web_push import PushKeys
from alerts.links import read_token
from alerts.push_addresses import MOST_ENDPOINT, read_subscription
from api.access import Caller, Viewer, callers
from api.second_factor import is_stranger
from api.services import Held, Services
from api.throttle import Throttle
from core.people import PHONE
from store import contacts, incidents, push_subscriptions, registry
from store.database import reading

router = APIRouter(prefix="/a/{token}/push")

#: the link works this long after the end
_AFTER_CLOSE = timedelta(hours=24)

Holder = Annotated[Viewer, callers(Caller.LINK)]
Endpoint = Annotated[str, Field(min_length=1, max_length=MOST_ENDPOINT)]


class Keys(BaseModel):
    """What messages for this browser are encrypted with."""

    p256dh: Annotated[str, Field(max_length=100)]
    auth: Annotated[str, Field(max_length=40)]


class Subscribing(BaseModel):
    """What `PushSubscription.toJSON()` gives."""

    endpoint: Endpoint
    keys: Keys
    #: the last four digits of their own number; a browser that is known needs none
    digits: Annotated[str, Field(max_length=8)] = ""


class Leaving(BaseModel):
    """The browser that is not to be told any more."""

    endpoint: Endpoint


def public_key(services: Services) -> str:
    """Return the key that browsers subscribe with, "" where Web Push is off."""
    private_key = services.settings.vapid_private_key.get_secret_value()
    return _public_key(private_key) if private_key else ""


@router.post("", status_code=204)
def subscribe(
    request: Request, services: Held, viewer: Holder, token: str, said: Subscribing
) -> Response:
    """Remember the browser; doing it again renews it. 403: the digits are not theirs."""
    if not public_key(services):
        raise HTTPException(404)
    person_id = _person(services, viewer, token)
    found = read_subscription(
        said.endpoint,
        said.keys.p256dh,
        said.keys.auth,
        services=services.settings.push_services.split(),
    )
    if found is None:
        raise HTTPException(422)
    if viewer.person_id != person_id:
        _check_digits(request, services, person_id, found.endpoint, said.digits)
    with services.engine.begin() as connection:
        push_subscriptions.add(
            connection,
            person_id,
            endpoint=found.endpoint,
            p256dh=found.p256dh,
            auth=found.auth,
            now=services.clock.now(),
        )
    return Response(status_code=204)


@router.post("/remove", status_code=204)
def unsubscribe(services: Held, viewer: Holder, token: str, said: Leaving) -> Response:
    """Forget the browser, for this person; nothing happens when it was not known."""
    person_id = _person(services, viewer, token)
    with services.engine.begin() as connection:
        push_subscriptions.remove(connection, said.endpoint, person_id=person_id)
    return Response(status_code=204)


def _person(services: Services, viewer: Viewer, token: str) -> int:
    """Return whose link this is; NotFound when it is none, 410 long over, 403 for a stranger."""
    incident_id, person_id = read_token(services.settings.require_secret_key(), token)
    with reading(services.engine) as connection:
        incident = incidents.load(connection, incident_id)
        person = registry.person(connection, person_id)
    closed_at = incident.closed_at
    if closed_at is not None and services.clock.now() > closed_at + _AFTER_CLOSE:
        raise HTTPException(410)
    if is_stranger(services, viewer, person.id):
        raise HTTPException(403)
    return person.id


def _check_digits(
    request: Request, services: Services, person_id: int, endpoint: str, digits: str
) -> None:
    """HTTPException 403 unless it is the person's own browser, 429 after too many guesses."""
    throttle: Throttle = request.app.state.throttle
    place = f"digits of person {person_id}"
    with reading(services.engine) as connection:
        if push_subscriptions.is_known(connection, person_id, endpoint):
            return
        numbers = [contacts.reachable_at(connection, person_id, channel) for channel in PHONE]
    if throttle.tries_left(place) == 0:
        raise HTTPException(429)
    given = digits.strip().encode()
    if not any(hmac.compare_digest(number[-4:].encode(), given) for number in numbers if number):
        throttle.count_wrong(place)
        raise HTTPException(403)


@lru_cache(maxsize=4)
def _public_key(private_key: str) -> str:
    return PushKeys(private_key, "").public_key
