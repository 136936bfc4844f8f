"""Elders as operators keep them: added, changed, archived, found; every change written down."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from datetime import date, timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Connection, Engine, select

from alerts import desk, drill_desk
from alerts.triggers import Signal, SignalKind
from core.accounts import EVERYWHERE, NOWHERE, Scope
from core.elders import (
    ArchiveReason,
    Consent,
    ConsentBy,
    ConsentScope,
    FamilyMember,
    NewElder,
    Risk,
)
from core.errors import BadInput, Conflict, NotFound, Refused, Stale
from core.history import HIDDEN, Subject
from core.incidents import Trigger
from core.people import Language
from core.sealing import Sealer
from store import (
    band_register,
    canary_cast,
    consents,
    elder_lists,
    elder_secrets,
    elders,
    family,
    history,
    photos,
    readiness,
    registry,
    resealing,
    schema,
)
from store.database import reading
from store.elder_lists import ElderFilter
from store.elder_secrets import SecretKind
from tests.conftest import NOON
from tests.core.test_elder_rules import NUMBER
from tests.scenes import Town, on_both_databases

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))
SEALER = Sealer([OLD])
XIASHI = Scope(organisations=frozenset({"xiashi"}))
AFEN = NewElder(
    organisation_id="xiashi",
    name="演示 张阿芬",
    birth_year=1944,
    sex="f",
    height_cm=155,
    hint="叫小名阿芬",
    risks=(Risk.RIVER, Risk.HEARING),
    home_address="演示路 121 号",
)
SECRET = replace(AFEN, identity_number=NUMBER, medical_notes="演示：每天两次降压药")


@pytest.fixture
def streets(database: Engine) -> Engine:
    """Give a database with two streets."""
    with database.begin() as connection:
        for one in ("xiashi", "haizhou"):
            registry.add_organisation(connection, one, kind="street", name_zh=one, name_en=one)
    return database


def add(connection: Connection, new: NewElder = AFEN, *, also: bool = False) -> int:
    """Register somebody as the operator Anna."""
    return elders.add(connection, new, by="anna", now=NOON, sealer=SEALER, also=also)


def written(connection: Connection, elder_id: int) -> list[tuple[str, int, list[str]]]:
    """Return (subject, version, fields) of the elder's history, the oldest first."""
    return [
        (one.subject.value, one.version, sorted(one.changes))
        for one in reversed(history.changes_of(connection, elder_id=elder_id))
    ]


def test_an_elder_comes_back_as_registered(streets: Engine) -> None:
    """All that was written is read back; of what is sealed only that it is there."""
    with streets.begin() as connection:
        elder_id = add(connection, SECRET)
        record = elder_lists.record(connection, elder_id, XIASHI)
        said = history.changes_of(connection, elder_id=elder_id)[0]

    assert {"river", "hearing"} == set(record.risks)
    assert (AFEN.name, 155, "演示路 121 号", 1) == (
        record.name,
        record.height_cm,
        record.home_address,
        record.version,
    )
    assert (True, True, False) == (
        record.has_identity_number,
        record.has_medical_notes,
        record.has_photo,
    )
    assert (None, HIDDEN) == tuple(said.changes["identity_number"])
    assert ("anna", 1, Subject.ELDER) == (said.by, said.version, said.subject)
    assert NUMBER not in str(said)


def test_what_is_sealed_is_in_no_column(streets: Engine) -> None:
    """Whoever reads the tables finds neither the number nor the notes; the key opens both."""
    with streets.begin() as connection:
        elder_id = add(connection, SECRET)
        rows = [
            str(row)
            for table in schema.metadata.sorted_tables
            for row in connection.execute(select(table))
        ]
        opened = elder_secrets.opened(connection, SEALER, elder_id, frozenset(SecretKind))

    assert [] == [row for row in rows if NUMBER in row or "降压药" in row]
    assert {
        SecretKind.IDENTITY_NUMBER: NUMBER,
        SecretKind.MEDICAL_NOTES: SECRET.medical_notes,
    } == opened


def test_nobody_is_registered_twice(streets: Engine) -> None:
    """The same name, year and street, or the same number, names the record there is."""
    with streets.begin() as connection:
        elder_id = add(connection, SECRET)
        with pytest.raises(elders.SamePerson, match=str(elder_id)) as twin:
            add(connection)
        renamed = replace(SECRET, name="演示 张芬", organisation_id="haizhou")
        with pytest.raises(elders.SamePerson, match=str(elder_id)):
            add(connection, renamed)
        with pytest.raises(elders.SamePerson, match="another organisation"):
            elders.add(
                connection,
                renamed,
                by="b",
                now=NOON,
                sealer=SEALER,
                scope=Scope(organisations=frozenset({"haizhou"})),
            )
        other = add(connection, also=True)

    assert elder_id == twin.value.elder_id
    assert other != elder_id


def test_a_twin_is_found_after_the_key_was_changed(streets: Engine) -> None:
    """A number that an old key sealed is still recognised."""
    both = Sealer([NEW, OLD])
    with streets.begin() as connection:
        elder_id = add(connection, SECRET)

        assert [elder_id] == elder_secrets.holders_of(connection, both, NUMBER)
        assert [] == elder_secrets.holders_of(connection, Sealer([NEW]), NUMBER)


def test_what_cannot_be_meant_is_not_written(streets: Engine) -> None:
    """A bad field is named, an unknown street, too; nothing is registered."""
    with streets.begin() as connection:
        with pytest.raises(BadInput) as bad:
            add(connection, replace(AFEN, name=" ", birth_year=44))
        canary_cast.ensure(connection, number="+15005550199", key_mark=None, now=NOON)
        for nowhere in ("nowhere", canary_cast.ORGANISATION_ID):
            with pytest.raises(BadInput) as unknown:
                add(connection, replace(AFEN, organisation_id=nowhere))
        found = elder_lists.page(connection, EVERYWHERE, ElderFilter())

    assert {"name", "birth_year"} == set(bad.value.fields)
    assert {"organisation_id"} == set(unknown.value.fields)
    assert [] == found


def test_a_change_grows_the_version(streets: Engine) -> None:
    """A change is written with what was before; the same again changes nothing."""
    with streets.begin() as connection:
        elder_id = add(connection)
        taller = replace(AFEN, height_cm=157, habits="早上去公园")
        versions = [
            elders.change(connection, elder_id, taller, version=seen, by="bo", now=NOON)
            for seen in (1, 2)
        ]
        said = history.changes_of(connection, elder_id=elder_id)[0]

    assert [2, 2] == versions
    assert {"height_cm": (155, 157), "habits": ("", "早上去公园")} == said.changes
    assert "bo" == said.by


def test_nobody_overwrites_unseen(streets: Engine) -> None:
    """A change of a version that is not the newest is refused, whoever makes it."""
    with streets.begin() as connection:
        elder_id = add(connection, SECRET)
        elders.change(
            connection, elder_id, replace(AFEN, height_cm=150), version=1, by="a", now=NOON
        )
        with pytest.raises(Stale):
            elders.change(connection, elder_id, AFEN, version=1, by="b", now=NOON)
        with pytest.raises(Stale):
            elder_secrets.change(
                connection,
                elder_id,
                {SecretKind.MEDICAL_NOTES: ""},
                sealer=SEALER,
                version=1,
                by="b",
                now=NOON,
            )
        record = elder_lists.record(connection, elder_id, XIASHI)

    assert (150, 2) == (record.height_cm, record.version)


def test_of_two_at_once_one_wins(streets: Engine) -> None:
    """Registered, then changed, by five operators in the same instant: it happens once."""

    def together(what: Callable[[Connection], int]) -> list[str]:
        def attempt(_number: int) -> str:
            try:
                with streets.begin() as connection:
                    what(connection)
            except (elders.SamePerson, Stale) as error:
                return type(error).__name__
            return "done"

        with ThreadPoolExecutor(5) as pool:
            return sorted(pool.map(attempt, range(5)))

    registered = together(add)
    with reading(streets) as connection:
        (only,) = elder_lists.page(connection, EVERYWHERE, ElderFilter())
    taller = replace(AFEN, height_cm=157)
    changed = together(
        lambda connection: elders.change(connection, only.id, taller, version=1, by="a", now=NOON)
    )

    assert [*(["SamePerson"] * 4), "done"] == registered
    assert [*(["Stale"] * 4), "done"] == changed


def test_secrets_change_and_go(streets: Engine) -> None:
    """Notes are replaced and removed; the history says so without saying them."""
    with streets.begin() as connection:
        elder_id = add(connection, SECRET)
        for version, notes in ((1, "演示：花生过敏"), (2, "演示：花生过敏"), (2, "")):
            elder_secrets.change(
                connection,
                elder_id,
                {SecretKind.MEDICAL_NOTES: notes},
                sealer=SEALER,
                version=version,
                by="a",
                now=NOON,
            )
        kinds = elder_secrets.kinds_of(connection, elder_id)
        said = [one.changes for one in history.changes_of(connection, elder_id=elder_id)]

    assert {SecretKind.IDENTITY_NUMBER} == kinds
    assert [
        {"medical_notes": (HIDDEN, None)},
        {"medical_notes": (HIDDEN, HIDDEN)},
    ] == said[:2]


def test_the_list_is_narrowed(streets: Engine) -> None:
    """Filters and scope leave out the others; pages follow each other by number."""
    with streets.begin() as connection:
        first, second, third = (
            add(connection, replace(AFEN, name=name, organisation_id=street))
            for name, street in (
                ("演示 张一", "xiashi"),
                ("演示 张二", "haizhou"),
                ("演示 李三", "xiashi"),
            )
        )
        registry.add_band(connection, "b-1", elder_id=third, now=NOON)

        def ids(wanted: ElderFilter, scope: Scope = EVERYWHERE, after_id: int = 0) -> list[int]:
            found = elder_lists.page(connection, scope, wanted, after_id=after_id)
            lines = elder_lists.lines(connection, scope, wanted, after_id=after_id)
            names = [field.name for field in fields(elder_lists.ElderLine)]
            in_full = [[getattr(one, name) for name in names] for one in found]

            assert in_full == [[getattr(line, name) for name in names] for line in lines]
            return [one.id for one in found]

        assert [first, second, third] == ids(ElderFilter())
        assert [second, third] == ids(ElderFilter(), after_id=first)
        assert [first, third] == ids(ElderFilter(), XIASHI)
        assert [] == ids(ElderFilter(), NOWHERE)
        assert [second] == ids(ElderFilter(organisation_id="haizhou"))
        assert [first, second] == ids(ElderFilter(name="演示 张"))
        assert [] == ids(ElderFilter(name="演示%"))
        assert [first, second] == ids(ElderFilter(without_band=True))
        assert [third] == ids(ElderFilter(without_band=False))
        assert [first, second, third] == ids(ElderFilter(without_guardians=True))
        assert [] == ids(ElderFilter(archived=True))
        with pytest.raises(NotFound):
            elder_lists.record(connection, second, XIASHI)


# -- archived ------------------------------------------------------------------------------------


def archive(town: Town, version: int = 1) -> int:
    """Archive the elder of the town's household."""
    with town.engine.begin() as connection:
        return elders.archive(
            connection,
            town.household.elder_id,
            why=ArchiveReason.MOVED_AWAY,
            version=version,
            by="anna",
            now=NOON,
        )


def alarm(connection: Connection, elder_id: int) -> int | None:
    """Let somebody press SOS."""
    signal = Signal(
        elder_id=elder_id,
        kind=SignalKind.ALARM,
        trigger=Trigger.SOS,
        at=NOON,
        report_id="r",
        evidence={},
    )
    return desk.report(connection, signal, ping_id=None, now=NOON)


@on_both_databases
def test_who_is_archived_wears_no_band_and_wakes_nobody(town: Town) -> None:
    """The band goes to the shelf, no signal opens an incident, nobody practises or is counted."""
    elder_id, device_id = town.household.elder_id, town.household.device_id
    archive(town)
    with town.engine.begin() as connection:
        with pytest.raises(Conflict, match="archived"):
            drill_desk.start_drill(connection, elder_id, with_rescue=False, by="a", now=NOON)
        with pytest.raises(Refused, match="archived"):
            band_register.claim(connection, device_id, elder_id=elder_id, now=NOON)

        assert None is alarm(connection, elder_id)
        assert None is registry.band_of(connection, elder_id)
        assert {device_id: None} == registry.wearers(connection, [device_id])
        assert elder_id not in [
            one.elder_id for one in readiness.pairings(connection, scope=EVERYWHERE)
        ]
        assert [
            ("band", 2, ["elder_id", "reason", "state"]),
            ("elder", 2, ["archived", "band"]),
        ] == written(connection, elder_id)


@on_both_databases
def test_who_is_looked_for_is_not_archived(town: Town) -> None:
    """An open incident is closed by a human first."""
    with town.engine.begin() as connection:
        alarm(connection, town.household.elder_id)

    with pytest.raises(Conflict, match="open incident"):
        archive(town)


@on_both_databases
def test_restored_elders_alarm_again(town: Town) -> None:
    """Who came back is looked after as before."""
    elder_id = town.household.elder_id
    version = archive(town)
    with pytest.raises(Conflict):
        archive(town, version)
    with town.engine.begin() as connection:
        restored = elders.restore(connection, elder_id, version=version, by="a", now=NOON)
        with pytest.raises(Conflict):
            elders.restore(connection, elder_id, version=restored, by="a", now=NOON)

        assert None is not alarm(connection, elder_id)


# -- the family, consents, photos ----------------------------------------------------------------

DAUGHTER = FamilyMember(name="演示 女儿", relation="女儿", phone="138 0000 0121", position=2)


def test_the_family_stands_in_order(streets: Engine) -> None:
    """Contacts are called by their position; who wants to hear nothing is not told."""
    son = FamilyMember(
        name="演示 儿子",
        relation="儿子",
        phone="+85291234567",
        is_told=False,
        language=Language.ENGLISH,
    )
    with streets.begin() as connection:
        elder_id = add(connection)
        for member in (DAUGHTER, son):
            family.add(connection, elder_id, member, by="a", now=NOON)
        found = family.contacts_of(connection, elder_id)
        told = family.to_be_told(connection, elder_id)

    assert ["+85291234567", "+8613800000121"] == [one.phone for one in found]
    assert [Language.ENGLISH, Language.CHINESE] == [one.language for one in found]
    assert ["演示 女儿"] == [one.name for one in told]


def test_a_family_contact_is_versioned(streets: Engine) -> None:
    """Changing needs the newest version, taking away blanks the row, the history has all."""
    with streets.begin() as connection:
        elder_id = add(connection)
        other_id = add(connection, replace(AFEN, name="演示 别人"))
        contact_id = family.add(connection, elder_id, DAUGHTER, by="a", now=NOON)
        moved = replace(DAUGHTER, phone="0573-87000121")
        version = family.change(
            connection, elder_id, contact_id, moved, version=1, by="a", now=NOON
        )
        with pytest.raises(Stale):
            family.change(connection, elder_id, contact_id, moved, version=1, by="b", now=NOON)
        with pytest.raises(NotFound):
            family.remove(connection, other_id, contact_id, version=2, by="a", now=NOON)
        with pytest.raises(BadInput):
            family.add(connection, elder_id, replace(DAUGHTER, phone="1"), by="a", now=NOON)
        family.remove(connection, elder_id, contact_id, version=version, by="a", now=NOON)
        left = connection.execute(select(schema.family_contact)).one()

        assert [] == family.contacts_of(connection, elder_id)
        assert ("", "") == (left.name, left.phone)
        assert ["add", "phone", "name"] == [
            "add" if version == 1 else names[0] if len(names) == 1 else "name"
            for subject, version, names in written(connection, elder_id)
            if subject == Subject.FAMILY
        ]


def test_consents_are_kept_after_they_end(streets: Engine) -> None:
    """What was agreed to holds until it is withdrawn; that it was given stays on record."""
    consent = Consent(
        given_by=ConsentBy.SELF,
        given_on=date(2026, 11, 23),
        scopes=(ConsentScope.PHOTO_PUBLIC, ConsentScope.POSITION),
    )
    today, tomorrow = date(2026, 11, 23), date(2026, 11, 24)
    with streets.begin() as connection:
        elder_id = add(connection)
        consent_id = consents.add(connection, elder_id, consent, by="a", now=NOON)
        with pytest.raises(BadInput):
            consents.add(
                connection, elder_id, replace(consent, given_on=tomorrow), by="a", now=NOON
            )
        before = consents.scopes_in_force(connection, elder_id, today)
        consents.withdraw(connection, elder_id, consent_id, by="b", now=NOON + timedelta(minutes=1))
        with pytest.raises(Conflict):
            consents.withdraw(connection, elder_id, consent_id, by="b", now=NOON)
        with pytest.raises(NotFound):
            consents.withdraw(connection, elder_id, consent_id + 1, by="b", now=NOON)
        after = consents.scopes_in_force(connection, elder_id, today)
        (kept,) = consents.consents_of(connection, elder_id)

    assert {ConsentScope.PHOTO_PUBLIC, ConsentScope.POSITION} == before
    assert frozenset() == after
    assert ("a", "b", today) == (kept.recorded_by, kept.withdrawn_by, kept.given_on)


def test_a_photo_is_sealed_and_replaced(streets: Engine) -> None:
    """There is one photo, its bytes are nowhere to be read, and each change needs the version."""
    with streets.begin() as connection:
        elder_id = add(connection)
        for version, jpeg in ((1, b"one jpeg"), (2, b"two jpeg")):
            photos.put(
                connection,
                elder_id,
                jpeg,
                width_px=540,
                height_px=675,
                sealer=SEALER,
                version=version,
                by="a",
                now=NOON,
            )
        token = connection.scalar(select(schema.elder_photo.c.sealed))
        shown = photos.jpeg_of(connection, SEALER, elder_id)
        with pytest.raises(Stale):
            photos.remove(connection, elder_id, version=1, by="a", now=NOON)
        photos.remove(connection, elder_id, version=3, by="a", now=NOON)
        with pytest.raises(NotFound):
            photos.jpeg_of(connection, SEALER, elder_id)

    assert b"two jpeg" == shown
    assert token is not None
    assert b"jpeg" not in token


def test_all_that_is_sealed_gets_the_new_key(streets: Engine) -> None:
    """Sealed anew bit by bit, everything opens with the new key alone, and twins are found."""
    both, new = Sealer([NEW, OLD]), Sealer([NEW])
    with streets.begin() as connection:
        elder_id = add(connection, SECRET)
        photos.put(
            connection,
            elder_id,
            b"jpeg",
            width_px=1,
            height_px=1,
            sealer=SEALER,
            version=1,
            by="a",
            now=NOON,
        )
    before: dict[str, int] = {}
    done = []
    for _ in range(5):
        with streets.begin() as connection:
            before = before or resealing.by_key(connection)
            done.append(resealing.reseal_some(connection, both, limit=1))
    with reading(streets) as connection:
        opened = elder_secrets.opened(connection, new, elder_id, frozenset(SecretKind))

        assert [1, 1, 1, 0, 0] == done
        assert ({SEALER.key_mark: 3}, {both.key_mark: 3}) == (
            before,
            resealing.by_key(connection),
        )
        assert NUMBER == opened[SecretKind.IDENTITY_NUMBER]
        assert b"jpeg" == photos.jpeg_of(connection, new, elder_id)
        assert [elder_id] == elder_secrets.holders_of(connection, new, NUMBER)
