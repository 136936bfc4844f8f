"""Other systems that are told what happens: administrators look after them (docs/relays.md)."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from alerts.webhooks import (
    MOST_ADDRESS,
    check_address,
    good_secrets,
    is_signed,
    receipt_in,
    secret_of,
    shown,
)
from api.access import Caller, Viewer, callers
from api.band_shapes import iso
from api.services import Held, Services, services_of
from core.errors import Refused
from core.relays import (
    ALL_EVENTS,
    Relay,
    RelayEvent,
    RelayStatus,
    Subscriber,
    SubscriberKind,
    read_event_id,
)
from store import relays, subscribers
from store.database import reading

router = APIRouter()

Administrator = Annotated[Viewer, callers(Caller.ADMINISTRATOR, everywhere=True)]
SubscriberId = Annotated[int, Path(ge=1, le=2**53)]
Events = Annotated[list[RelayEvent], Field(min_length=1, max_length=20)]
MOST_DELIVERIES = 200
MOST_RECEIPT_BYTES = 4096


class Adding(BaseModel):
    """A system that wants to be told."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    address: Annotated[str, Field(min_length=1, max_length=MOST_ADDRESS)]
    #: only elders of this organisation; absent: all
    organisation: Annotated[str | None, Field(max_length=40)] = None
    events: Events = list(ALL_EVENTS)
    with_position: bool = False


class Pausing(BaseModel):
    """Stop, or go on."""

    paused: bool


@router.get("/api/subscribers")
def list_subscribers(services: Held, _viewer: Administrator) -> dict[str, Any]:
    """Return every system that is told, rooms included; no secret is in it."""
    with reading(services.engine) as connection:
        found = subscribers.all_of(connection)
    return {"subscribers": [_shape(subscriber) for subscriber in found]}


@router.post("/api/subscribers", status_code=201)
def add_subscriber(services: Held, viewer: Administrator, said: Adding) -> dict[str, Any]:
    """Register a system and return its secret, which is shown now and never again."""
    try:
        address = check_address(said.address)
    except Refused as error:
        raise HTTPException(422, str(error)) from None
    with services.engine.begin() as connection:
        made = subscribers.add(
            connection,
            kind=SubscriberKind.WEBHOOK,
            name=said.name.strip() or address,
            address=address,
            organisation_id=said.organisation,
            events=set(said.events) - {RelayEvent.TEST},
            with_position=said.with_position,
            by=viewer.name,
            now=services.clock.now(),
        )
    return _shape(made) | {"secret": _secret(services, made)}


@router.post("/api/subscribers/{subscriber_id}/pause")
def pause(
    services: Held, _viewer: Administrator, subscriber_id: SubscriberId, said: Pausing
) -> dict[str, Any]:
    """Stop sending or go on; what happens meanwhile is sent afterwards."""
    with services.engine.begin() as connection:
        held = subscribers.set_paused(
            connection, subscriber_id, paused=said.paused, now=services.clock.now()
        )
    return _shape(held)


@router.post("/api/subscribers/{subscriber_id}/rotate")
def rotate(services: Held, _viewer: Administrator, subscriber_id: SubscriberId) -> dict[str, Any]:
    """Return its next secret, shown once; for a week events are signed with both."""
    with services.engine.begin() as connection:
        _webhook(subscribers.load(connection, subscriber_id))
        held = subscribers.rotate(connection, subscriber_id, now=services.clock.now())
    return _shape(held) | {"secret": _secret(services, held)}


@router.post("/api/subscribers/{subscriber_id}/remove")
def remove(services: Held, _viewer: Administrator, subscriber_id: SubscriberId) -> dict[str, Any]:
    """Tell it nothing any more."""
    with services.engine.begin() as connection:
        _webhook(subscribers.load(connection, subscriber_id))
        subscribers.remove(connection, subscriber_id, now=services.clock.now())
    return {"removed": subscriber_id}


@router.post("/api/subscribers/{subscriber_id}/test")
def send_test(
    services: Held, _viewer: Administrator, subscriber_id: SubscriberId
) -> dict[str, Any]:
    """Send a test event; its result stands among the deliveries a moment later."""
    with services.engine.begin() as connection:
        held = subscribers.load(connection, subscriber_id)
        relay_id = relays.enqueue_test(connection, held.id, now=services.clock.now())
        made = relays.load(connection, relay_id)
    assert made is not None
    return {"event_id": made.event_id}


@router.get("/api/subscribers/{subscriber_id}/deliveries")
def deliveries(
    services: Held, _viewer: Administrator, subscriber_id: SubscriberId
) -> dict[str, Any]:
    """Return what it was told last and what came of it, the newest first; no position is in it."""
    with reading(services.engine) as connection:
        held = subscribers.load(connection, subscriber_id)
        found = relays.of_subscriber(connection, held.id, limit=MOST_DELIVERIES)
    return {"deliveries": [_delivery(relay) for relay in found]}


@router.post("/hooks/relays/{event_id}", dependencies=[callers(Caller.PROVIDER)])
async def take_receipt(
    request: Request, event_id: Annotated[str, Path(max_length=24)]
) -> dict[str, str]:
    """Keep an agency's own number for an event; signed with its secret, as our events are."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_RECEIPT_BYTES:
            raise HTTPException(413)
    services = services_of(request)
    receipt = await run_in_threadpool(_keep_receipt, services, event_id, body, request)
    return {"receipt": receipt}


def _keep_receipt(services: Services, event_id: str, body: bytes, request: Request) -> str:
    relay_id = read_event_id(event_id)
    now = services.clock.now()
    with reading(services.engine) as connection:
        relay = None if relay_id is None else relays.load(connection, relay_id)
        # What is unknown and what is badly signed look the same from outside.
        if relay is None:
            raise HTTPException(403)
        held = subscribers.load_any(connection, relay.subscriber_id)
    secrets = good_secrets(services.settings.require_secret_key(), held, now)
    is_webhook = held.kind is SubscriberKind.WEBHOOK and held.removed_at is None
    if not is_webhook or not is_signed(secrets, body=body, headers=dict(request.headers)):
        raise HTTPException(403)
    try:
        receipt = receipt_in(json.loads(body))
    except (ValueError, RecursionError):
        receipt = ""
    if not receipt:
        raise HTTPException(422)
    with services.engine.begin() as connection:
        relays.record_receipt(connection, relay.id, receipt=receipt, now=now)
    return receipt


def _webhook(subscriber: Subscriber) -> None:
    if subscriber.kind is not SubscriberKind.WEBHOOK:
        raise Refused("a room comes and goes with the setting AIHUIJIA_TEAM_ROOMS")


def _secret(services: Services, subscriber: Subscriber) -> str:
    key = services.settings.require_secret_key()
    return shown(secret_of(key, subscriber.id, subscriber.generation))


def _shape(subscriber: Subscriber) -> dict[str, Any]:
    is_room = subscriber.kind is SubscriberKind.ROOM
    paused_at, rotated_at = subscriber.paused_at, subscriber.rotated_at
    return {
        "id": subscriber.id,
        "kind": subscriber.kind.value,
        "name": subscriber.name,
        "address": None if is_room else subscriber.address,
        "organisation": subscriber.organisation_id,
        "events": sorted(event.value for event in subscriber.events),
        "with_position": subscriber.with_position,
        "generation": subscriber.generation,
        "rotated_at": None if rotated_at is None else iso(rotated_at),
        "paused_at": None if paused_at is None else iso(paused_at),
        "added_at": iso(subscriber.added_at),
        "added_by": subscriber.added_by,
    }


def _delivery(relay: Relay) -> dict[str, Any]:
    is_waiting = relay.status is RelayStatus.WAITING
    return {
        "event_id": relay.event_id,
        "incident": relay.incident_id,
        "event": relay.event.value,
        "at": iso(relay.at),
        "status": relay.status.value,
        "attempts": relay.attempts,
        "answer_code": relay.answer_code,
        "reason": relay.reason,
        "receipt": relay.receipt,
        "receipt_at": None if relay.receipt_at is None else iso(relay.receipt_at),
        "next_try_at": iso(relay.next_try_at) if is_waiting else None,
        "finished_at": None if relay.finished_at is None else iso(relay.finished_at),
    }
