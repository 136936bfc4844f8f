"""The journey of a ping, as one visible list of steps.

A batch is one transaction: everything that its messages mean is committed together, and only then
are they acknowledged. The caller owns the transaction.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from alerts import desk, triggers
from core.errors import BadMessage
from core.pings import Doubt, Ping, RejectReason
from core.places import Position
from core.zones import Side
from geofence.beliefs import FRESH, Belief
from geofence.engine import Case, Change, judge
from ingest.codecs import native, owntracks
from ingest.messages import CommandAnswer, Decoded, Message, Presence
from ingest.screening import Place, Previous, is_news, remember, screen
from ingest.topics import TopicKind, read_topic
from store import beliefs, commands, pings, registry, rejects
from store.pings import Newest

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Batch:
    """One batch on its way through the steps."""

    connection: Connection
    prefix: str
    now: datetime
    messages: Sequence[Message]
    pings: list[Ping] = field(default_factory=list)
    #: reports that are safe once this batch is committed: (device, report id)
    seen: list[tuple[str, str]] = field(default_factory=list)
    presences: list[Presence] = field(default_factory=list)
    command_answers: list[CommandAnswer] = field(default_factory=list)
    wearers: dict[str, int | None] = field(default_factory=dict)
    newest: dict[str, Newest] = field(default_factory=dict)
    #: the jump of each band that is not believed yet
    doubted: dict[str, Place | None] = field(default_factory=dict)
    #: ids of the pings that are new, by (device, report id)
    stored: dict[tuple[str, str], int] = field(default_factory=dict)
    sides: dict[int, Side] = field(default_factory=dict)
    changes: list[tuple[int, Change]] = field(default_factory=list)
    rejected: int = 0
    #: incidents that were opened or changed
    incidents: set[int] = field(default_factory=set)


def process(
    connection: Connection, messages: Sequence[Message], *, prefix: str, now: datetime
) -> Batch:
    """Take a batch of messages through all steps; the caller commits."""
    batch = Batch(connection=connection, prefix=prefix, now=now, messages=messages)
    for step in STEPS:
        step(batch)
    return batch


def decode(batch: Batch) -> None:
    """Bytes to pings; what cannot be read is kept with its reason."""
    for message in batch.messages:
        try:
            decoded, own_format = _decode(message, batch.prefix)
        except BadMessage as error:
            _reject(batch, message, error.reason, error.detail)
            continue
        for complaint in decoded.complaints:
            _reject(batch, message, complaint.reason, complaint.detail)
        for ping in decoded.pings:
            batch.pings.append(_marked(ping, message))
            if own_format:
                batch.seen.append((ping.device_id, ping.report_id))
        if decoded.presence is not None:
            batch.presences.append(decoded.presence)
        if decoded.command_answer is not None:
            batch.command_answers.append(decoded.command_answer)


def recognise(batch: Batch) -> None:
    """Who wears these bands, and what they said before. An unknown band has no wearer."""
    devices = {ping.device_id for ping in batch.pings}
    batch.wearers = registry.wearers(batch.connection, devices)
    batch.newest = pings.newest_of(batch.connection, devices)


def screen_pings(batch: Batch) -> None:
    """Doubt has a name; times are put right. In order, so that a batch is like single pings."""
    previous = {device: _previous(known) for device, known in batch.newest.items()}
    screened = []
    # A clock that is an hour ahead is put right first: only then its place in the order is known.
    for ping in sorted(batch.pings, key=lambda p: screen(p, previous={}).at):
        checked = screen(ping, previous=previous)
        previous[ping.device_id] = remember(checked, previous.get(ping.device_id, Previous()))
        screened.append(checked)
    batch.pings = screened
    batch.doubted = {device: said.doubted for device, said in previous.items()}


def store_once(batch: Batch) -> None:
    """Keep every ping, once. What was stored before goes no further."""
    batch.stored = pings.add(batch.connection, batch.pings, batch.wearers)
    unique = {(p.device_id, p.report_id): p for p in reversed(batch.pings)}
    batch.pings = [
        ping
        for ping in batch.pings
        if (ping.device_id, ping.report_id) in batch.stored
        and unique[ping.device_id, ping.report_id] is ping
    ]


def judge_zones(batch: Batch) -> None:
    """Decide for every elder in the batch whether they have really left."""
    by_elder: dict[int, list[Ping]] = {}
    for ping in batch.pings:
        elder_id = batch.wearers.get(ping.device_id)
        if elder_id is not None:
            by_elder.setdefault(elder_id, []).append(ping)
    if not by_elder:
        return
    saved = beliefs.load(batch.connection, by_elder)
    zones = registry.zones_for(batch.connection, by_elder)
    cases = [
        Case(
            belief=_belief(saved.get(elder_id), elder_id),
            zones=tuple(zone for zone in zones[elder_id] if zone.counts_at(batch.now)),
            pings=tuple(said),
        )
        for elder_id, said in by_elder.items()
    ]
    judgements = dict(zip(by_elder, judge(cases), strict=True))
    beliefs.save(
        batch.connection,
        {elder_id: judged.belief.to_json() for elder_id, judged in judgements.items()},
        batch.now,
    )
    for elder_id, judged in judgements.items():
        batch.sides[elder_id] = judged.belief.side
        batch.changes.extend((elder_id, change) for change in judged.changes)


def show(batch: Batch) -> None:
    """Bring the map up to date: the newest position, battery and side of each band."""
    positions: dict[str, tuple[Ping, int]] = {}
    for ping in batch.pings:
        if is_news(ping):
            positions[ping.device_id] = (ping, batch.stored[ping.device_id, ping.report_id])
    doubted = {
        device: None if place is None else (place.position, place.at)
        for device, place in batch.doubted.items()
    }
    pings.touch(batch.connection, batch.pings, batch.wearers, positions, doubted, batch.sides)
    for presence in batch.presences:
        pings.set_online(
            batch.connection, presence.device_id, online=presence.online, now=batch.now
        )


def report(batch: Batch) -> None:
    """Tell the desk what may need people, in the order in which it happened."""
    wearers = {
        elder_id
        for ping in batch.pings
        if (elder_id := batch.wearers.get(ping.device_id)) is not None
    }
    elders = registry.elders(batch.connection, wearers)
    wear = {device: (known.worn, known.worn_at) for device, known in batch.newest.items()}
    signals: list[triggers.Signal] = []
    for ping in batch.pings:
        elder_id = batch.wearers.get(ping.device_id)
        if elder_id is None:
            continue
        was_worn, worn_at = wear.get(ping.device_id, (None, None))
        if worn_at is not None and ping.at < worn_at:
            ping = replace(ping, worn=None, charging=None)  # older than what is known of wearing it
        signals.extend(triggers.from_ping(elders[elder_id], ping, was_worn=was_worn))
        if ping.worn is not None and not ping.is_backlog:
            wear[ping.device_id] = (ping.worn, ping.at)
    for elder_id, change in batch.changes:
        signal = triggers.from_change(elder_id, change)
        if signal is not None:
            signals.append(signal)
    signals.sort(key=lambda signal: signal.at)  # as they would have come one by one
    ids = {
        (batch.wearers.get(device_id), report_id): ping_id
        for (device_id, report_id), ping_id in batch.stored.items()
    }
    for signal in signals:
        ping_id = ids.get((signal.elder_id, signal.report_id))
        incident_id = desk.report(batch.connection, signal, ping_id=ping_id, now=batch.now)
        if incident_id is not None:
            batch.incidents.add(incident_id)


def note_answers(batch: Batch) -> None:
    """Record what bands answered to our orders."""
    for answer in batch.command_answers:
        number = answer.command.removeprefix("c-")
        if number.isdecimal() and len(number) < 18:
            commands.mark_answered(
                batch.connection,
                answer.device_id,
                int(number),
                error=answer.error,
                now=batch.now,
            )


#: the journey
STEPS: tuple[Callable[[Batch], None], ...] = (
    decode,
    recognise,
    screen_pings,
    store_once,
    judge_zones,
    show,
    report,
    note_answers,
)


def _decode(message: Message, prefix: str) -> tuple[Decoded, bool]:
    topic = read_topic(message.topic, prefix)
    if topic is None:
        raise BadMessage(RejectReason.UNKNOWN_TOPIC, "no band reports on this topic")
    match topic.kind:
        case TopicKind.REPORT:
            return native.decode_report(message, topic.device_id), True
        case TopicKind.ACK:
            return native.decode_ack(message, topic.device_id), True
        case TopicKind.STATE:
            return native.decode_state(message, topic.device_id), True
        case TopicKind.OWNTRACKS:
            return owntracks.decode(message, topic.device_id), False
        case TopicKind.OWN_ECHO:
            return Decoded(), False


def _belief(saved: dict[str, Any] | None, elder_id: int) -> Belief:
    """Return a saved belief; one that cannot be read is forgotten, or it would silence an SOS."""
    if saved is None:
        return FRESH
    try:
        return Belief.from_json(saved)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        log.exception(
            "What was believed of an elder cannot be read; judging begins anew.",
            extra={"action": "belief_unreadable", "elder": elder_id},
        )
        return FRESH


def _previous(known: Newest) -> Previous:
    return Previous(
        believed=_place(known.lon, known.lat, known.position_at, known.accuracy_m),
        doubted=_place(known.doubted_lon, known.doubted_lat, known.doubted_at, None),
    )


def _place(
    lon: float | None, lat: float | None, at: datetime | None, accuracy_m: float | None
) -> Place | None:
    if lon is None or lat is None or at is None:
        return None
    return Place(position=Position(lon, lat), at=at, accuracy_m=accuracy_m or 0.0)


def _marked(ping: Ping, message: Message) -> Ping:
    """What the broker kept is old news."""
    if message.retained:
        return replace(ping, doubts=ping.doubts | {Doubt.RETAINED})
    return ping


def _reject(batch: Batch, message: Message, reason: RejectReason, detail: str) -> None:
    batch.rejected += 1
    rejects.add(
        batch.connection,
        topic=message.topic,
        payload=message.payload,
        reason=reason,
        detail=detail,
        now=batch.now,
    )
