"""An erased person is found nowhere: in no table, and not in the bytes of the database's files."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Boolean, Column, Date, LargeBinary, Table, select
from sqlalchemy.types import JSON, Float, Integer

from alerts import desk, inbox
from alerts.triggers import Signal, SignalKind
from core.accounts import EVERYWHERE, Scope
from core.errors import Conflict, NotFound, Refused
from core.history import Subject
from core.incidents import Outcome, Trigger
from core.people import Channel
from core.pings import RejectReason
from core.sealing import Sealer
from store import (
    credit_ledger,
    elder_secrets,
    erasing,
    erasures,
    history,
    phone_use,
    rejects,
    schema,
)
from store.columns import Instant
from store.database import reading
from store.elder_secrets import SecretKind
from store.erasure_rules import OF_ELDER, OF_PERSON
from store.erasures import Erased
from store.personal_data import PERSONAL, What
from store.scoping import check_elder
from tests.conftest import NOON
from tests.scenes import (
    HOME,
    AlertsRole,
    Town,
    message,
    on_both_databases,
    phone_of,
    report,
    rows,
    take,
)
from tests.store.searching import places_of

#: stands in every personal column of every table that refers to the person
MARK = "海棠红木梳"
NAME = "王秀英"
KIN = ("王小燕", "+8613900007777")
IDENTITY = "330481194403070021"
_OURS = (What.STAFF, What.SECRET)


def fill(town: Town, tables: Mapping[str, Any], **ids: Any) -> None:
    """Write one more row into each table that refers to somebody, with the mark wherever it may."""
    known: dict[str, Any] = ids | {"zone_set": f"set-{len(tables)}", "subscriber": 1}
    with town.engine.begin() as connection:
        if "decision" in tables:
            zones = {"digest": known["zone_set"], "zones": MARK.encode()}
            connection.execute(schema.zone_set.insert().values(zones))
        if not connection.scalar(select(schema.subscriber.c.id)):
            connection.execute(
                schema.subscriber.insert().values(
                    kind="room", name="x", address="x", events=[], added_at=NOON, added_by="x"
                )
            )
        for table in schema.metadata.sorted_tables:
            if table.name in tables and table.name not in ("incident", "notification", "band"):
                values = _row(table, known)
                if table.name == "latest":
                    connection.execute(table.update().values(screening={MARK: MARK}))
                else:
                    connection.execute(table.delete().where(_same(table, values)))
                    connection.execute(table.insert().values(values))


def _same(table: Table, values: dict[str, Any]) -> Any:
    keys = [column for column in table.primary_key if column.name in values]
    condition = schema.elder.c.id == -1
    for position, column in enumerate(keys):
        same = column == values[column.name]
        condition = same if position == 0 else condition & same
    return condition if keys else table.c[table.columns.keys()[0]].is_(None)


def _row(table: Table, ids: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column in table.columns:
        key = next(iter(column.foreign_keys), None)
        if key is not None:
            if key.column.table.name in ids:
                values[column.name] = ids[key.column.table.name]
        elif not (column.primary_key and column.name in ("id", "cursor")):
            values[column.name] = _value(table, column)
    return values


def _value(table: Table, column: Column[Any]) -> Any:
    what = PERSONAL.get(table.name, {}).get(column.name)
    if column.name in _GIVEN:
        return _GIVEN[column.name]
    if isinstance(column.type, JSON):
        return {MARK: [MARK]} if what else []
    for kind, value in _BY_TYPE.items():
        if isinstance(column.type, kind):
            return value
    return "x" if what in (None, *_OURS) else MARK


_GIVEN = {"position": 2, "shape": "SRID=4326;POINT(120.68945 30.52811)"}
_BY_TYPE: dict[type, Any] = {
    Instant: NOON,
    Date: NOON.date(),
    Boolean: False,
    Integer: 770,
    Float: 120.5,
    LargeBinary: MARK.encode(),
}


def live_through(town: Town) -> int:
    """Let a band speak, an incident open, people answer, notes be written; close it."""
    elder_id, now = town.household.elder_id, town.clock.now()
    take(
        town.engine,
        message("band-1", report("r-1", at=now, position=HOME.moved(east_m=900)), at=now),
        message("band-1", b'{"lon": 120.69, "v": ', at=now),
    )
    signal = Signal(
        elder_id=elder_id,
        kind=SignalKind.ALARM,
        trigger=Trigger.SOS,
        at=now,
        report_id="r-1",
        evidence={"lon": 120.69, "place": MARK},
    )
    with town.engine.begin() as connection:
        incident_id = desk.report(connection, signal, ping_id=None, now=now)
    assert incident_id is not None
    role = AlertsRole(town.engine, town.clock)
    role.tick()
    guardian = town.household.guardians[0]
    with town.engine.begin() as connection:
        inbox.keep(
            connection,
            source="twilio",
            event_key="e-1",
            kind="reply",
            body={"from": phone_of(guardian), "text": f"1 {MARK}"},
            now=now,
        )
        phone_use.note(connection, phone_of(guardian), Channel.SMS, now)
        desk.note(
            connection,
            incident_id,
            text=f"{NAME}（{MARK}）在桥头，{KIN[1]} 已通知，陈志强在路上",
            by="li.na",
            now=now,
        )
    role.tick()
    with town.engine.begin() as connection:
        inbox.keep(
            connection,
            source="console",
            event_key="e-2",
            kind="order",
            body={"incident_id": incident_id, "do": "note", "by": "li.na", "text": MARK},
            now=now,
        )
    role.tick()
    with town.engine.begin() as connection:
        desk.order_close(connection, incident_id, outcome=Outcome.FOUND, by="li.na", now=now)
    role.tick()
    return incident_id


def confirm(town: Town, subject: Erased, subject_id: int) -> dict[str, int]:
    """Ask for an erasure as one person and confirm it as another."""
    now = town.clock.now()
    with town.engine.begin() as connection:
        erasure_id = erasures.request(
            connection, subject, subject_id, scope=EVERYWHERE, by="li.na", now=now
        )
    return erasures.confirm(town.engine, erasure_id, scope=EVERYWHERE, by="anna", now=now)


@on_both_databases
def test_an_erased_elder_is_found_nowhere(town: Town) -> None:
    """No name, number, word, photo or place is left in any table, nor in the file's bytes."""
    elder_id, now = town.household.elder_id, town.clock.now()
    incident_id = live_through(town)
    fill(town, OF_ELDER, elder=elder_id, incident=incident_id, person=town.team.operators[0])
    sealer = Sealer([Fernet.generate_key().decode()])
    sealed = sealer.seal(b"\xff\xd8 a photo", about="x").token
    with town.engine.begin() as connection:
        connection.execute(
            schema.elder.update()
            .where(schema.elder.c.id == elder_id)
            .values(appearance=MARK, hint=MARK, habits=MARK, home_address=MARK, risks=["river"])
        )
        connection.execute(
            schema.family_contact.update().values(name=KIN[0], phone=KIN[1], note=MARK)
        )
        connection.execute(schema.elder_photo.update().values(sealed=sealed))
        elder_secrets.put(connection, sealer, elder_id, SecretKind.IDENTITY_NUMBER, IDENTITY)
        digest = connection.scalar(
            select(schema.elder_secret.c.digest).where(schema.elder_secret.c.digest != MARK)
        )
        history.record(
            connection,
            subject=Subject.ELDER,
            subject_id=elder_id,
            version=2,
            changes={"hint": ("", MARK), "name": (NAME, NAME)},
            by="li.na",
            now=now,
            elder_id=elder_id,
        )
        connection.execute(
            schema.command.insert().values(
                device_id="band-1",
                do="call",
                args={"number": KIN[1]},
                state="confirmed",
                created_at=now,
                expires_at=now,
            )
        )
        rejects.add(
            connection,
            topic="121/v1/gw/g1",
            payload=b'{"device": "band-1", "lon": 120.69945}',
            reason=RejectReason.NOT_JSON,
            detail="line 1",
            now=now,
        )
    assert digest is not None
    searched = (NAME, MARK, *KIN, KIN[1].removeprefix("+86"), IDENTITY, sealed, digest)
    before = places_of(town.engine, searched)

    counts = confirm(town, Erased.ELDER, elder_id)

    assert {"ping", "zone", "timeline", "elder", "family_contact"} <= set(counts)
    assert {"elder.name", "timeline.detail", "command.args", "elder_photo.sealed"} <= before
    assert set() == places_of(town.engine, searched)
    assert [] == rows(town.engine, schema.reject)
    assert [("band-1", None)] == rows(town.engine, schema.band, "device_id", "elder_id")
    assert [None] == rows(town.engine, schema.latest, "lon")
    assert ["已删除"] == rows(town.engine, schema.elder, "name")
    assert [elder_id] == rows(town.engine, schema.incident, "elder_id")


@on_both_databases
def test_an_erased_volunteer_is_found_nowhere(town: Town) -> None:
    """No name, number, absence, shift or text is left; that somebody went stays, by a number."""
    live_through(town)
    person_id, now = town.household.guardians[0], town.clock.now()
    number = phone_of(person_id)
    others = {name: rule for name, rule in OF_PERSON.items() if name != "guardianship"}
    fill(town, others, person=person_id, elder=town.household.elder_id, incident=1)
    with town.engine.begin() as connection:
        history.record(
            connection,
            subject=Subject.PERSON,
            subject_id=person_id,
            version=2,
            changes={"name": (MARK, "陈志强"), "numbers": ([number], [])},
            by="li.na",
            now=now,
        )
    searched = ("陈志强", MARK, number, number.removeprefix("+86"))
    before = places_of(town.engine, searched)
    answers = len(rows(town.engine, schema.answer))
    counts = confirm(town, Erased.PERSON, person_id)

    assert {"person", "contact_point", "attempt", "phone_use", "inbox"} <= set(counts)
    assert {"person.name", "attempt.address", "phone_use.address", "timeline.detail"} <= before
    assert set() == places_of(town.engine, searched)
    assert answers == len(rows(town.engine, schema.answer)) > 0


@on_both_databases
def test_what_others_wrote_of_an_erased_volunteer_goes(town: Town) -> None:
    """Neither a correction, another elder's register nor a stranger's band names them any more."""
    person_id, other_id = town.household.guardians
    elder_id, now, number = town.household.elder_id, town.clock.now(), phone_of(person_id)
    bare = number.removeprefix("+86")
    grouped = f"{bare[:3]}-{bare[3:7]}-{bare[7:]}"
    text = f"陈志强（原名陈志刚）{number}"
    with town.engine.begin() as connection:
        history.record(
            connection,
            subject=Subject.PERSON,
            subject_id=person_id,
            version=2,
            changes={"name": ("陈志刚", "陈志强")},
            by="li.na",
            now=now,
        )
        history.record(
            connection,
            subject=Subject.ELDER,
            subject_id=elder_id,
            version=2,
            changes={"hint": ("", text)},
            by="li.na",
            now=now,
            elder_id=elder_id,
        )
        connection.execute(schema.elder.update().values(hint=text, habits=grouped))
        connection.execute(schema.zone.update().values(name="陈志强家旁"))
        credit_ledger.correct(
            connection,
            person_id=other_id,
            organisation_id="maqiao",
            minutes=10,
            reason=text,
            key="of-a-test",
            corrects=None,
            by="li.na",
            now=now,
        )
    escaped = json.dumps({"v": 9, "who": "陈志强"}).encode()
    take(
        town.engine,
        message(bare, report("s-1", at=now, position=HOME), at=now),
        message("stray", report("s-2", at=now, position=HOME, from_=number), at=now),
        message("stray", escaped, at=now),
        message("stray", report("s-3", at=now, position=HOME), at=now),
    )
    searched = ("陈志强", "陈志刚", bare, grouped, escaped)
    before = places_of(town.engine, searched)
    confirm(town, Erased.PERSON, person_id)

    assert {"elder.hint", "zone.name", "ping.raw", "ping.device_id", "reject.payload"} <= before
    assert {"credit_entry.reason", "registry_change.changes", "latest.device_id"} <= before
    assert set() == places_of(town.engine, searched)
    assert ["s-3"] == rows(town.engine, schema.ping, "report_id")


def test_a_namesake_is_still_found(town: Town) -> None:
    """What is written of somebody with the same name who stays is not taken out."""
    person_id, other_id = town.household.guardians
    with town.engine.begin() as connection:
        connection.execute(
            schema.person.update().where(schema.person.c.id == other_id).values(name="陈志强")
        )
        connection.execute(schema.elder.update().values(hint=f"找陈志强，{phone_of(person_id)}"))
    confirm(town, Erased.PERSON, person_id)

    assert ["找陈志强，+86…"] == rows(town.engine, schema.elder, "hint")


def test_four_eyes_erase(town: Town) -> None:
    """Whoever asked cannot confirm; a request that was withdrawn cannot be confirmed either."""
    elder_id, now = town.household.elder_id, town.clock.now()
    with town.engine.begin() as connection:
        erasure_id = erasures.request(
            connection, Erased.ELDER, elder_id, scope=EVERYWHERE, by="li.na", now=now
        )
    with pytest.raises(Refused, match="four eyes"):
        erasures.confirm(town.engine, erasure_id, scope=EVERYWHERE, by="li.na", now=now)
    with pytest.raises(Conflict, match="waits"), town.engine.begin() as connection:
        erasures.request(connection, Erased.ELDER, elder_id, scope=EVERYWHERE, by="x", now=now)
    with town.engine.begin() as connection:
        erasures.withdraw(connection, erasure_id, scope=EVERYWHERE, by="li.na", now=now)
    with pytest.raises(Conflict, match="over"):
        erasures.confirm(town.engine, erasure_id, scope=EVERYWHERE, by="anna", now=now)

    assert ["王秀英"] == rows(town.engine, schema.elder, "name")


@pytest.mark.parametrize("subject", list(Erased))
def test_nobody_is_erased_while_being_looked_for(town: Town, subject: Erased) -> None:
    """An open incident keeps the elder, and those who are asked about them."""
    town.sos()
    AlertsRole(town.engine, town.clock).tick()
    who = {
        Erased.ELDER: town.household.elder_id,
        Erased.PERSON: town.household.guardians[0],
    }[subject]
    with pytest.raises(Conflict, match="is open"), town.engine.begin() as connection:
        erasures.request(connection, subject, who, scope=EVERYWHERE, by="x", now=town.clock.now())


def test_beyond_the_scope_nobody_is_there(town: Town) -> None:
    """Elsewhere, and after an erasure, there is no such elder."""
    elder_id, now = town.household.elder_id, town.clock.now()
    elsewhere = Scope(organisations=frozenset({"xiashi"}))
    with pytest.raises(NotFound), town.engine.begin() as connection:
        erasures.request(connection, Erased.ELDER, elder_id, scope=elsewhere, by="x", now=now)
    confirm(town, Erased.ELDER, elder_id)
    with pytest.raises(NotFound), town.engine.begin() as connection:
        erasures.request(connection, Erased.ELDER, elder_id, scope=EVERYWHERE, by="x", now=now)
    with reading(town.engine) as connection, pytest.raises(NotFound):
        check_elder(connection, elder_id, EVERYWHERE)


@on_both_databases
def test_what_comes_after_an_erasure_goes_at_night(town: Town) -> None:
    """A report that was on its way is deleted by the next run."""
    elder_id, now = town.household.elder_id, town.clock.now()
    town.hears("r-1", position=HOME)
    late = rows(town.engine, schema.ping)[0]
    confirm(town, Erased.ELDER, elder_id)
    with town.engine.begin() as connection:
        connection.execute(schema.ping.insert().values(late))
    found = erasing.erase_again(town.engine, now + timedelta(hours=9))

    assert 1 == found
    assert [] == rows(town.engine, schema.ping)
