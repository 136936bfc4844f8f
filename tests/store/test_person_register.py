"""People as operators register them: numbers, versions, who sees whom."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from core.accounts import EVERYWHERE, NOWHERE, Scope
from core.errors import BadInput, Conflict, NotFound, Stale
from core.history import Subject
from core.people import Channel, Language, Role
from store import credentials, history, person_lists, person_register, registry, verification
from store.database import reading
from store.person_lists import RegisteredPerson
from store.person_register import Reach, both_ways
from tests.conftest import NOON
from tests.scenes import Town, on_both_databases, phone_of

LATER = NOON + timedelta(hours=1)
STREET = Scope(organisations=frozenset({"maqiao"}))
ELSEWHERE = Scope(organisations=frozenset({"xiashi"}))


def add(
    connection: Connection,
    *numbers: Reach,
    role: Role = Role.GUARDIAN,
    organisation_id: str | None = "maqiao",
) -> int:
    """Register somebody with these numbers."""
    return person_register.add(
        connection,
        role=role,
        name="赵师傅",
        numbers=numbers or both_ways("139 0000 0021"),
        organisation_id=organisation_id,
        by="anna",
        now=NOON,
    )


def edit(connection: Connection, before: RegisteredPerson, *numbers: Reach) -> int:
    """Give somebody other numbers."""
    return person_register.update(
        connection,
        before.id,
        name=before.name,
        numbers=numbers,
        language=Language.CHINESE,
        organisation_id=before.organisation_id,
        on_duty=before.on_duty,
        seen=before.version,
        by="berta",
        now=LATER,
    )


@on_both_databases
def test_numbers_are_kept_in_one_form_and_found(town: Town) -> None:
    """However it was written, a number is E.164; a history repeats only its end."""
    with town.engine.begin() as connection:
        person_id = add(connection)
        (found,) = person_register.find_by_phone(connection, "+8613900000021")
        (entry,) = history.changes_of(connection, subject=Subject.PERSON)

    assert person_id == found.id
    assert {(Channel.SMS, "+8613900000021"), (Channel.VOICE, "+8613900000021")} == {
        (point.channel, point.value) for point in found.points
    }
    assert [None, ["sms …0021", "voice …0021"]] == [
        entry.changes["numbers"][0] or None,
        entry.changes["numbers"][1],
    ]


@on_both_databases
def test_a_landline_gets_no_text(town: Town) -> None:
    """What cannot read is only called; what is no number is refused with what to write."""
    assert ((Channel.VOICE, "+8657387012345"),) == both_ways("0573-87012345")
    with pytest.raises(BadInput, match="digits"), town.engine.begin() as connection:
        add(connection, (Channel.SMS, "anna"))


@on_both_databases
def test_a_changed_number_starts_anew(town: Town) -> None:
    """It is unverified, no device of the person is believed, and the version grows."""
    with town.engine.begin() as connection:
        before = person_lists.person(connection, add(connection))
        device = credentials.trust_device(
            connection, before.id, lifetime=timedelta(days=90), now=NOON
        )
        for point in before.points:
            code = verification.start(
                connection,
                contact_point_id=point.id,
                address=point.value,
                salt="s",
                digest="d",
                by="anna",
                now=NOON,
                expires_at=LATER,
            )
            sent = verification.load(connection, code)
            assert sent is not None
            verification.prove(connection, sent, NOON)
        version = edit(connection, before, (Channel.SMS, "13900000022"))
        after = person_lists.person(connection, before.id)
        holder = credentials.device_holder(connection, device, LATER)

    assert (2, None) == (version, holder)
    assert [("+8613900000022", None)] == [(p.value, p.verified_at) for p in after.points]


@on_both_databases
def test_nothing_changed_is_no_version(town: Town) -> None:
    """The same again leaves version, numbers and history as they are."""
    with town.engine.begin() as connection:
        before = person_lists.person(connection, add(connection))
        same = edit(connection, before, *((p.channel, p.value) for p in before.points))
        entries = history.changes_of(connection, subject=Subject.PERSON)

    assert (1, 1) == (same, len(entries))


@on_both_databases
def test_an_old_version_overwrites_nothing(town: Town) -> None:
    """Whoever read before somebody else's change is told so."""
    with town.engine.begin() as connection:
        before = person_lists.person(connection, add(connection))
        edit(connection, before, (Channel.SMS, "13900000022"))
        with pytest.raises(Stale):
            edit(connection, before, (Channel.SMS, "13900000023"))


@on_both_databases
def test_a_guardian_cannot_take_the_others_number(town: Town) -> None:
    """Two guardians on one phone are as good as one; a guardian without a number is none."""
    first, second = town.household.guardians
    with reading(town.engine) as connection:
        before = person_lists.person(connection, first)
    with pytest.raises(BadInput, match="same number"), town.engine.begin() as connection:
        edit(connection, before, (Channel.VOICE, phone_of(second)))
    with pytest.raises(BadInput, match="no number"), town.engine.begin() as connection:
        edit(connection, before)


@on_both_databases
def test_everybody_sees_their_own(town: Town) -> None:
    """A street sees its people, its elders' guardians and all rescuers; operators only theirs."""
    with town.engine.begin() as connection:
        registry.add_organisation(
            connection, "xiashi", kind="street", name_zh="硖石街道", name_en="Xiashi"
        )
        ours = add(connection)
        theirs = add(connection, organisation_id="xiashi")
        seen = {
            name: {one.id for one in person_lists.people(connection, scope)}
            for name, scope in (("street", STREET), ("elsewhere", ELSEWHERE), ("none", NOWHERE))
        }
        person_lists.check_edited(connection, ours, STREET)
        for scope, person_id in ((ELSEWHERE, ours), (STREET, theirs), (NOWHERE, ours)):
            with pytest.raises(NotFound):
                person_lists.check_edited(connection, person_id, scope)
        everybody = {one.id for one in person_lists.people(connection, EVERYWHERE)}

    rescuers = set(town.team.rescuers)
    assert {ours, *rescuers, *town.household.guardians} == seen["street"]
    assert {theirs, *rescuers} == seen["elsewhere"]
    assert set() == seen["none"]
    assert {ours, theirs, *rescuers, *town.household.guardians, *town.team.operators} == everybody


@on_both_databases
def test_a_list_goes_on_where_it_ended(town: Town) -> None:
    """Pages by id hold everybody once, narrowed by role and by a part of the name."""
    with town.engine.begin() as connection:
        add(connection)
        first = person_lists.people(connection, EVERYWHERE, limit=3)
        rest = person_lists.people(connection, EVERYWHERE, after_id=first[-1].id)
        guardians = person_lists.people(connection, EVERYWHERE, role=Role.GUARDIAN, name="赵")
        odd = person_lists.people(connection, EVERYWHERE, name="%")

    ids = [one.id for one in (*first, *rest)]
    assert sorted(set(ids)) == ids
    assert ["赵师傅"] == [one.name for one in guardians]
    assert [] == odd


@on_both_databases
def test_whoever_left_can_come_back(town: Town) -> None:
    """Their numbers are used again and count as unverified; meanwhile nobody finds them."""
    with town.engine.begin() as connection:
        person_id = add(connection)
        person_register.archive(connection, person_id, scope=STREET, seen=1, by="anna", now=LATER)
        gone = person_register.find_by_phone(connection, "+8613900000021")
        listed = {one.id for one in person_lists.people(connection, STREET)}
        with pytest.raises(Conflict, match="left the service"):
            edit(connection, person_lists.person(connection, person_id))
        person_register.restore(connection, person_id, seen=2, by="anna", now=LATER)
        back = person_lists.person(connection, person_id)

    assert ([], False) == (gone, person_id in listed)
    assert (None, 3) == (back.archived_at, back.version)
    assert {None} == {point.disabled_reason for point in back.points}
