"""A change of guardians is heard by the family, and by who came and who went."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from alerts import pairing_desk
from core.accounts import EVERYWHERE
from core.elders import FamilyMember
from core.errors import Conflict
from core.pairing_rules import ChangeKind, Wish
from core.people import Channel, Language, Role
from store import contacts, family, guardian_changes, pairing, person_lists, schema
from store.database import reading
from store.pairing import ElderWish
from tests.alerts.noticing import Postman, notices
from tests.alerts.test_notices import receipt
from tests.scenes import Town, on_both_databases, permanent, phone_of, register_person

FAMILY = "+8613900000077"


def add_family(
    town: Town, phone: str = FAMILY, language: Language = Language.CHINESE, *, told: bool = True
) -> None:
    """Register somebody of the elder's family."""
    member = FamilyMember(
        name="王小明", relation="儿子", phone=phone, language=language, is_told=told
    )
    with town.engine.begin() as connection:
        family.add(connection, town.household.elder_id, member, by="test", now=town.clock.now())


def change(town: Town, *places: int) -> Sequence[int]:
    """Let newcomers take these places; return their ids."""
    now = town.clock.now()
    with town.engine.begin() as connection:
        came = [register_person(connection, Role.GUARDIAN, f"新人{place}") for place in places]
        wishes = [
            ElderWish(
                elder_id=town.household.elder_id,
                wish=Wish(place=place, kind=ChangeKind.REPLACE, person_id=person_id),
            )
            for place, person_id in zip(places, came, strict=True)
        ]
        ids = pairing.request_many(connection, wishes, reason="搬家", by="anna", now=now)
        pairing_desk.approve(connection, ids, by="berta", now=now)
    return came


@on_both_databases
def test_the_family_and_both_guardians_are_told(town: Town) -> None:
    """Three SMS through the real sender; the family's names who came and who went."""
    add_family(town)
    add_family(town, "+8613900000078", told=False)
    first = town.household.guardians[0]
    postman = Postman(town)

    (came,) = change(town, 1)
    postman.deliver()

    texts = {sent.message.to: sent.message.text for sent in postman.sent}
    assert {FAMILY, phone_of(first), phone_of(came)} == set(texts)
    assert "王秀英的守护人有变动：新任新人1，离任陈志强。" in texts[FAMILY]
    assert "您已成为王秀英的守护人" in texts[phone_of(came)]
    assert "您不再是王秀英的守护人" in texts[phone_of(first)]
    with reading(town.engine) as connection:
        assert 1 == guardian_changes.change(connection, 1).family_told


@on_both_databases
def test_one_message_says_all_that_changed(town: Town) -> None:
    """Both places at once are one SMS to the family, in the language they read."""
    add_family(town, language=Language.ENGLISH)
    postman = Postman(town)

    change(town, 1, 2)
    postman.deliver()

    (text,) = [sent.message.text for sent in postman.sent if sent.message.to == FAMILY]
    assert "新人1, 新人2 comes, 陈志强, 沈丽华 goes" in text


@on_both_databases
def test_operators_hear_that_no_family_could_be_told(town: Town) -> None:
    """Without a family on the list an operator calls them."""
    postman = Postman(town)

    change(town, 1)
    postman.deliver()

    texts = {sent.message.to: sent.message.text for sent in postman.sent}
    assert "家属未能通知到" in texts[phone_of(town.team.operators[0])]


@on_both_databases
def test_a_dead_number_of_a_family_is_called_and_then_told(town: Town) -> None:
    """The SMS fails, the call fails, and an operator hears that nobody could be told."""
    add_family(town)
    postman = Postman(town, sms=[permanent()], voice=[permanent()])

    change(town, 1)
    postman.pass_time(600)

    to_family = [sent.channel for sent in postman.sent if sent.message.to == FAMILY]
    operator = phone_of(town.team.operators[0])
    assert [Channel.SMS, Channel.VOICE] == to_family
    assert any("家属未能通知到" in s.message.text for s in postman.sent if s.message.to == operator)


@on_both_databases
def test_a_landline_of_a_family_is_called(town: Town) -> None:
    """No text goes where none can be read, and a receipt for the call is taken."""
    add_family(town, "+8657387012345")
    postman = Postman(town)

    change(town, 1)
    postman.deliver()
    (sent,) = [one for one in postman.sent if one.message.to == "+8657387012345"]
    receipt(town, sent.message.token, "completed")

    assert Channel.VOICE is sent.channel
    assert ["delivered"] == notices(town, "status", kind="guardian_changed")


@on_both_databases
def test_whoever_leaves_guards_nobody_and_gets_nothing(town: Town) -> None:
    """The family hears of it; whoever left has no number in use, and nothing goes there."""
    add_family(town)
    first, second = town.household.guardians
    postman = Postman(town)

    with town.engine.begin() as connection:
        pairing_desk.archive_person(
            connection, first, scope=EVERYWHERE, seen=1, by="anna", now=town.clock.now()
        )
        number = contacts.reachable_at(connection, first, Channel.SMS)
    postman.deliver()

    assert number is None
    assert {FAMILY} == {sent.message.to for sent in postman.sent}
    assert "离任陈志强" in postman.sent[0].message.text
    table = schema.guardianship
    with reading(town.engine) as connection:
        assert [second] == list(connection.scalars(select(table.c.person_id)))
        assert person_lists.person(connection, first).archived_at is not None


@on_both_databases
def test_the_family_hears_who_stands_in(town: Town) -> None:
    """A substitute needs nobody's approval, so the family is told from when to when."""
    add_family(town)
    first = town.household.guardians[0]
    postman = Postman(town)

    with town.engine.begin() as connection:
        stand_in = register_person(connection, Role.GUARDIAN, "替班的")
        pairing_desk.add_absence(
            connection,
            away_id=first,
            stand_in_id=stand_in,
            from_at=town.clock.now(),
            until_at=town.clock.now() + timedelta(days=3),
            by="anna",
            now=town.clock.now(),
        )
    postman.deliver()

    (sent,) = postman.sent
    assert FAMILY == sent.message.to
    assert "11-23 12:00至11-26 12:00，替班的代替陈志强" in sent.message.text


@on_both_databases
def test_the_family_hears_of_another_number(town: Town) -> None:
    """Whoever has a guardian's number gets the alerts, so a family hears when it changes."""
    add_family(town)
    first = town.household.guardians[0]
    postman = Postman(town)
    with town.engine.begin() as connection:
        point = person_lists.person(connection, first).points[0]
        pairing_desk.change_number(
            connection, point.id, "+8613900001234", by="anna", now=town.clock.now()
        )
    postman.deliver()

    texts = [sent.message.text for sent in postman.sent if sent.message.to == FAMILY]
    assert 1 == len(texts)
    assert f"新任陈志强（尾号 1234），离任陈志强（尾号 {phone_of(first)[-4:]}）" in texts[0]


@on_both_databases
def test_the_last_reachable_guardian_cannot_leave(town: Town) -> None:
    """While nobody else could be reached the elder is named, and nothing changes."""
    first, second = town.household.guardians
    said = ""
    with town.engine.begin() as connection:
        for channel in (Channel.SMS, Channel.VOICE):
            contacts.disable_contact(connection, second, channel, "dead")
    try:
        with town.engine.begin() as connection:
            pairing_desk.archive_person(
                connection, first, scope=EVERYWHERE, seen=1, by="anna", now=town.clock.now()
            )
    except Conflict as error:
        said = str(error)

    assert "王秀英 (1): nobody else could be reached" in said
    assert [] == notices(town, "id")
