"""The journey of a ping, as one visible list of steps.

A batch is one transaction: everything that its messages mean is committed together, and only then
are they acknowledged. The caller owns the transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from alerts import desk, triggers
from core.errors import BadMessage
from core.pings import Doubt, Ping, RejectReason
from geofence import saving
from geofence.engine import Case, Change, judge
from ingest import answers, following
from ingest.codecs.owntracks import BY_HAND, doubting_the_map
from ingest.deciding import keep_decisions
from ingest.decoding import decode_message
from ingest.locating import Locator, located
from ingest.memory import Believed, Memory, Wearer, belief_row
from ingest.messages import CommandAnswer, Message, Presence
from ingest.recalling import previous_of
from ingest.screening import Previous, is_news, screen_all
from ingest.surroundings import Surroundings, learn
from store import band_models, beliefs, newest, pings, rejects, timeline
from store.newest import Newest, Said


@dataclass(slots=True)
class Batch:
    """One batch on its way through the steps."""

    connection: Connection
    prefix: str
    now: datetime
    messages: Sequence[Message]
    locator: Locator | None = None
    phones_secret: bytes | None = None
    memory: Memory = field(default_factory=Memory)
    pings: list[Ping] = field(default_factory=list)
    #: reports that are safe once this batch is committed: (device, report id)
    seen: list[tuple[str, str]] = field(default_factory=list)
    presences: list[Presence] = field(default_factory=list)
    command_answers: list[CommandAnswer] = field(default_factory=list)
    wearers: dict[str, int | None] = field(default_factory=dict)
    newest: dict[str, Newest] = field(default_factory=dict)
    #: what the next ping of each band is compared with
    remembered: dict[str, Previous] = field(default_factory=dict)
    #: ids of the pings that are new, by (device, report id)
    stored: dict[tuple[str, str], int] = field(default_factory=dict)
    elders: dict[int, Wearer] = field(default_factory=dict)
    #: what is believed, shown and known of the radio after this batch
    judged: dict[int, Believed] = field(default_factory=dict)
    #: what was believed before it
    believed: dict[int, Believed] = field(default_factory=dict)
    shown: dict[str, Newest] = field(default_factory=dict)
    learned: dict[int, Surroundings] = field(default_factory=dict)
    changes: list[tuple[int, Change]] = field(default_factory=list)
    rejected: int = 0
    #: incidents that were opened or changed
    incidents: set[int] = field(default_factory=set)


def process(
    connection: Connection,
    messages: Sequence[Message],
    *,
    prefix: str,
    now: datetime,
    locator: Locator | None = None,
    phones_secret: bytes | None = None,
    memory: Memory | None = None,
) -> Batch:
    """Take a batch of messages through all steps; the caller commits.

    After the commit, and only then, *memory* keeps what the batch found. Outdated: it remembered
    something that is not the newest; nothing may be committed, and without it all will be well.
    """
    batch = Batch(
        connection=connection,
        prefix=prefix,
        now=now,
        messages=messages,
        locator=locator,
        phones_secret=phones_secret,
        memory=memory or Memory(),
    )
    with timeline.written_last(connection):
        for step in STEPS:
            step(batch)
    return batch


def decode(batch: Batch) -> None:
    """Bytes to pings; what cannot be read is kept with its reason."""
    for message in batch.messages:
        try:
            decoded, own_format = decode_message(
                message, batch.prefix, phones_secret=batch.phones_secret
            )
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
    if devices:
        batch.wearers = batch.memory.wearers(batch.connection, devices)
        batch.newest = batch.memory.newest(batch.connection, devices)
    by_hand = {ping.device_id for ping in batch.pings if ping.why == BY_HAND}
    if by_hand:
        models = band_models.models(batch.connection, by_hand)
        batch.pings = [doubting_the_map(p, models.get(p.device_id)) for p in batch.pings]


def locate(batch: Batch) -> None:
    """Where a band has no fix, what is around it may tell its place."""
    if batch.locator is not None:
        batch.pings = [located(ping, batch.locator) for ping in batch.pings]


def screen_pings(batch: Batch) -> None:
    """Doubt has a name; times are put right. In order, so that a batch is like single pings."""
    previous = {device: previous_of(known) for device, known in batch.newest.items()}
    batch.pings, batch.remembered = screen_all(batch.pings, previous)


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
    batch.elders = batch.memory.elders(batch.connection, by_elder, batch.now)
    before = batch.believed = batch.memory.beliefs(batch.connection, by_elder)
    around = batch.memory.surroundings(batch.connection, batch.elders, batch.now)
    cases = [
        Case(
            belief=before[elder_id].saved.belief,
            zones=batch.elders[elder_id].zones,
            pings=tuple(said),
            home=around[elder_id].home,
        )
        for elder_id, said in by_elder.items()
    ]
    rows = []
    judgements = dict(zip(by_elder, judge(cases), strict=True))
    for elder_id, judged in judgements.items():
        known = before[elder_id]
        written = saving.write(judged.belief, known.saved)
        rows.append(belief_row(elder_id, known, written))
        batch.judged[elder_id] = Believed(written.saved, known.version + 1)
        batch.changes.extend((elder_id, change) for change in judged.changes)
    beliefs.save(batch.connection, rows, batch.now)
    batch.learned = learn(batch.connection, around, judgements, batch.now)
    keep_decisions(batch.connection, cases, judgements, batch.stored, batch.now)


def show(batch: Batch) -> None:
    """Bring the map up to date: the newest position, battery and side of each band."""
    positions: dict[str, tuple[Ping, int]] = {}
    for ping in batch.pings:
        if is_news(ping):
            positions[ping.device_id] = (ping, batch.stored[ping.device_id, ping.report_id])
    by_device: dict[str, list[Ping]] = {}
    for ping in batch.pings:
        by_device.setdefault(ping.device_id, []).append(ping)
    for device_id, said in by_device.items():
        elder_id = batch.wearers.get(device_id)
        judged = None if elder_id is None else batch.judged.get(elder_id)
        compared = batch.remembered[device_id]
        jump = compared.doubted
        words = Said(
            device_id=device_id,
            elder_id=elder_id,
            pings=said,
            shown=positions.get(device_id),
            doubted=None if jump is None else (jump.position.lon, jump.position.lat, jump.at),
            screening=compared.to_json() or None,
            side=None if judged is None else judged.saved.belief.side,
        )
        batch.shown[device_id] = newest.following(batch.newest.get(device_id), words)
    newest.save(batch.connection, list(batch.shown.values()))
    for presence in batch.presences:
        newest.set_online(
            batch.connection, presence.device_id, online=presence.online, now=batch.now
        )


def report(batch: Batch) -> None:
    """Tell the desk what may need people, in the order in which it happened."""
    wear = {device: (known.worn, known.worn_at) for device, known in batch.newest.items()}
    signals: list[triggers.Signal] = []
    for ping in batch.pings:
        elder_id = batch.wearers.get(ping.device_id)
        if elder_id is None:
            continue
        was_worn, worn_at = wear.get(ping.device_id, (None, None))
        if worn_at is not None and ping.at < worn_at:
            ping = replace(ping, worn=None, charging=None)  # older than what is known of wearing it
        signals.extend(triggers.from_ping(batch.elders[elder_id].elder, ping, was_worn=was_worn))
        if ping.worn is not None and not ping.is_backlog:
            wear[ping.device_id] = (ping.worn, ping.at)
    for elder_id, change in batch.changes:
        signal = triggers.from_change(elder_id, change, batch.elders[elder_id].zones)
        if signal is not None:
            signals.append(signal)
    signals.sort(key=lambda signal: signal.at)  # as they would have come one by one
    ids = {
        (batch.wearers.get(device_id), report_id): ping_id
        for (device_id, report_id), ping_id in batch.stored.items()
    }
    for signal in triggers.without_brief_returns(signals):
        ping_id = ids.get((signal.elder_id, signal.report_id))
        incident_id = desk.report(batch.connection, signal, ping_id=ping_id, now=batch.now)
        if incident_id is not None:
            batch.incidents.add(incident_id)


def note_answers(batch: Batch) -> None:
    """Record what bands answered to our orders; a report made for one is an answer, too."""
    answers.note(batch.connection, batch.pings, batch.command_answers, batch.now)


def follow(batch: Batch) -> None:
    """Have the band of whoever is on the way asked again, if it does not speak by itself."""
    bands = {
        device_id: (
            elder_id,
            batch.believed[elder_id].saved.belief,
            batch.judged[elder_id].saved.belief,
        )
        for device_id, elder_id in batch.wearers.items()
        if elder_id in batch.judged
    }
    following.follow(batch.connection, bands, batch.shown, batch.now)


#: the journey
STEPS: tuple[Callable[[Batch], None], ...] = (
    decode,
    recognise,
    locate,
    screen_pings,
    store_once,
    judge_zones,
    show,
    report,
    note_answers,
    follow,
)


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
