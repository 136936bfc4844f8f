"""Everything that is known of one elder goes; what stays is a number and what happened."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, or_, select, update

from core.incidents import IncidentState
from core.pairing_rules import ChangeState
from store import history, incident_texts, schema
from store.mentions import mentions, needles

ERASED = "已删除"
#: what a history says of it; the one change that stays
ERASURE = "erased"
#: rows that go with the elder, in an order that keys allow
_DELETED: tuple[Table, ...] = (
    schema.notice,
    schema.family_link,
    schema.family_contact,
    schema.elder_consent,
    schema.elder_photo,
    schema.elder_secret,
    schema.guardianship,
    schema.band_task,
    schema.zone_proposal,
    schema.zone_study,
    schema.zone,
    schema.belief_window,
    schema.belief,
    schema.ping,
)


#: what is known of a band's wearer beside their number
_PLACES = (
    *("elder_id", "ping_id", "position_at", "lon", "lat", "accuracy_m", "source"),
    *("doubted_lon", "doubted_lat", "doubted_at", "screening", "worn", "worn_at"),
)


def searched_for(connection: Connection, elder_id: int) -> tuple[str, ...]:
    """Return names and numbers by which others may have written of this elder."""
    elder, family = schema.elder, schema.family_contact
    name = connection.scalar(select(elder.c.name).where(elder.c.id == elder_id))
    kin = connection.execute(
        select(family.c.name, family.c.phone).where(family.c.elder_id == elder_id)
    ).all()
    former = history.former_names(connection, _history_of(elder_id))
    return needles([name or "", *(text for row in kin for text in row), *former])


def open_incident(connection: Connection, elder_id: int) -> int | None:
    """Return the incident of this elder that is open."""
    table = schema.incident
    found: int | None = connection.scalar(
        select(table.c.id).where(
            table.c.elder_id == elder_id, table.c.state != IncidentState.CLOSED.value
        )
    )
    return found


def take_band_off(connection: Connection, elder_id: int) -> Counter[str]:
    """Let nobody wear the elder's band; forget where it was, what it was told and what failed.

    The band lives on: it may have another wearer tomorrow.
    """
    band, latest = schema.band, schema.latest
    worn = or_(band.c.elder_id == elder_id, band.c.last_elder_id == elder_id)
    devices = list(connection.scalars(select(band.c.device_id).where(worn)))
    gone: Counter[str] = Counter()
    gone["band"] = connection.execute(
        update(band)
        .where(band.c.elder_id == elder_id)
        .values(elder_id=None, version=band.c.version + 1)
    ).rowcount
    connection.execute(
        update(band).where(band.c.last_elder_id == elder_id).values(last_elder_id=None)
    )
    own = list(
        connection.scalars(
            select(latest.c.device_id).where(
                or_(
                    latest.c.elder_id == elder_id,
                    and_(latest.c.device_id.in_(devices), latest.c.elder_id.is_(None)),
                )
            )
        )
    )
    places = dict.fromkeys(_PLACES)
    gone["latest"] = connection.execute(
        update(latest)
        .where(latest.c.device_id.in_(own))
        .values(**places, side="unsure", version=latest.c.version + 1)
    ).rowcount
    for device_id in {*devices, *own}:
        gone += _forget_device(connection, device_id)
    return gone


def delete_rows(connection: Connection, elder_id: int, now: datetime) -> Counter[str]:
    """Delete or empty the rows that are about this elder; return how many of each table."""
    gone = take_band_off(connection, elder_id)
    gone += _decisions(connection, elder_id)
    for table in _DELETED:
        gone[table.name] += connection.execute(
            delete(table).where(table.c.elder_id == elder_id)
        ).rowcount
    around, change, pairing = schema.surroundings, schema.registry_change, schema.guardian_change
    gone["surroundings"] = connection.execute(
        update(around)
        .where(around.c.elder_id == elder_id, around.c.learned != b"")
        .values(learned=b"", version=around.c.version + 1, updated_at=now)
    ).rowcount
    gone["registry_change"] = _emptied(connection, change, _history_of(elder_id))
    gone["guardian_change"] = connection.execute(
        update(pairing)
        .where(pairing.c.elder_id == elder_id, or_(pairing.c.reason != "", pairing.c.answer != ""))
        .values(reason="", answer="")
    ).rowcount
    connection.execute(
        update(pairing)
        .where(pairing.c.elder_id == elder_id, pairing.c.state == ChangeState.WAITING.value)
        .values(state=ChangeState.LAPSED.value)
    )
    gone += _incidents(connection, elder_id)
    return +gone


def empty_row(connection: Connection, elder_id: int, now: datetime) -> None:
    """Leave of the elder's row its number, organisation and that they were erased."""
    table = schema.elder
    kept = {"id", "organisation_id", "is_virtual", "archived_at", "version", "erased_at"}
    empty: dict[str, object] = {}
    for column in table.columns:
        if column.name in kept:
            continue
        if column.nullable:
            empty[column.name] = None
        elif column.type.python_type is bool:
            empty[column.name] = False
        elif column.type.python_type in (dict, list):
            empty[column.name] = []
        else:
            empty[column.name] = ""
    empty |= {"name": ERASED, "birth_year": 1900, "sex": "f", "archived_why": "withdrew"}
    connection.execute(
        update(table)
        .where(table.c.id == elder_id)
        .values(**empty, archived_at=now, erased_at=now, version=table.c.version + 1)
    )


def _forget_device(connection: Connection, device_id: str) -> Counter[str]:
    """Delete orders to a band (they may hold numbers), and what of it could not be used."""
    command, reject = schema.command, schema.reject
    return Counter(
        command=connection.execute(
            delete(command).where(command.c.device_id == device_id)
        ).rowcount,
        reject=connection.execute(
            delete(reject).where(reject.c.id.in_(_rejects_of(connection, device_id)))
        ).rowcount,
    )


def _rejects_of(connection: Connection, device_id: str) -> list[int]:
    table, own = schema.reject, device_id.encode()
    return [
        row.id
        for row in connection.execute(select(table.c.id, table.c.topic, table.c.payload))
        if device_id in row.topic.split("/") or own in bytes(row.payload)
    ]


def _decisions(connection: Connection, elder_id: int) -> Counter[str]:
    """Delete decisions, and the sets of zones that nothing else stands on."""
    table, zones = schema.decision, schema.zone_set
    mine = table.c.elder_id == elder_id
    digests = set(connection.scalars(select(table.c.own_zones).where(mine).distinct()))
    gone = connection.execute(delete(table).where(mine)).rowcount
    used = set()
    for column in (table.c.own_zones, table.c.common_zones):
        used |= set(connection.scalars(select(column).where(column.in_(digests)).distinct()))
    sets = connection.execute(delete(zones).where(zones.c.digest.in_(digests - used))).rowcount
    return Counter(decision=gone, zone_set=sets)


def _history_of(elder_id: int) -> ColumnElement[bool]:
    change = schema.registry_change
    return or_(
        change.c.elder_id == elder_id,
        and_(change.c.subject.in_(("elder", "pairing")), change.c.subject_id == str(elder_id)),
    )


def _emptied(connection: Connection, table: Table, where: ColumnElement[bool]) -> int:
    rows = connection.execute(select(table.c.id, table.c.changes).where(where)).all()
    full = [row.id for row in rows if set(row.changes) - {ERASURE}]
    connection.execute(update(table).where(table.c.id.in_(full)).values(changes={}))
    return len(full)


def _incidents(connection: Connection, elder_id: int) -> Counter[str]:
    """Take texts and places out of the elder's incidents; what happened and when stays."""
    incident, relay, inbox = schema.incident, schema.relay, schema.inbox
    ids: Sequence[int] = list(
        connection.scalars(select(incident.c.id).where(incident.c.elder_id == elder_id))
    )
    if not ids:
        return Counter()
    guess = schema.link_guess
    gone = Counter(timeline=incident_texts.empty(connection, list(ids)))
    gone["relay"] = connection.execute(delete(relay).where(relay.c.incident_id.in_(ids))).rowcount
    connection.execute(delete(guess).where(guess.c.incident_id.in_(ids)))
    connection.execute(update(incident).where(incident.c.id.in_(ids)).values(suspicions=[]))
    asked = _numbers_asked(connection, ids)
    arrived = [
        row.id
        for row in connection.execute(
            select(inbox.c.id, inbox.c.body).where(inbox.c.processed_at.is_not(None))
        )
        # Whatever was written back by those who were asked may speak of the elder.
        if row.body.get("incident_id") in ids or row.body.get("from") in asked
    ]
    gone["inbox"] = connection.execute(delete(inbox).where(inbox.c.id.in_(arrived))).rowcount
    return gone


def delete_arrivals(connection: Connection, searched: Sequence[str]) -> int:
    """Delete what came back from phones and mentions somebody; return how many rows.

    What waits to be handled stays: it may be somebody else's answer.
    """
    inbox = schema.inbox
    is_of_them = and_(inbox.c.processed_at.is_not(None), mentions(inbox.c.body, searched))
    return connection.execute(delete(inbox).where(is_of_them)).rowcount


def _numbers_asked(connection: Connection, incident_ids: Sequence[int]) -> set[str]:
    """Return the numbers of the people who were asked in these incidents."""
    point, message = schema.contact_point, schema.notification
    asked = select(message.c.person_id).where(message.c.incident_id.in_(incident_ids))
    return set(connection.scalars(select(point.c.value).where(point.c.person_id.in_(asked))))
