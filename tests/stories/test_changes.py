"""People, numbers and rows change while somebody is looked for; one bad row stops nobody else."""

from collections import Counter

from core.incidents import IncidentState
from core.people import Channel, Role
from simulators.phone_network.record import Happened
from store import registry, schema
from tests.scenes import message, report, take
from tests.stories.scene import Person, Story

NEW_NUMBER = "+8613700000001"


def sets_number(story: Story, person: Person, number: str) -> None:
    """Enter another number for somebody."""
    point = schema.contact_point
    with story.engine.begin() as connection:
        connection.execute(
            point.update().where(point.c.person_id == person.id).values(value=number)
        )


def speaks(story: Story, person: Person, language: str) -> None:
    """Write a language into somebody's row, behind everybody's back."""
    table = schema.person
    with story.engine.begin() as connection:
        connection.execute(table.update().where(table.c.id == person.id).values(language=language))


def test_a_guardian_is_replaced_meanwhile(story: Story) -> None:
    """Who takes a guardian's place in the middle is asked from the next step on."""
    story.wanders_off()
    story.passes(20)
    story.sent()
    other = story.registers("other", Role.GUARDIAN)
    with story.engine.begin() as connection:
        table = schema.guardianship
        connection.execute(table.delete().where(table.c.person_id == story.chen.id))
        registry.pair_guardian(connection, story.town.household.elder_id, 1, other.id)
    story.passes(60)

    assert ["60 voice ask: other shen"] == story.sent()
    story.wraps_up()


def test_who_was_replaced_hears_the_end(story: Story) -> None:
    """Who was asked and stands on no list any more still hears that it is over."""
    story.wanders_off()
    story.passes(20)
    story.sent()
    with story.engine.begin() as connection:
        table = schema.guardianship
        connection.execute(table.delete().where(table.c.person_id == story.chen.id))
    story.from_here()
    story.texts(story.shen, "3")

    assert ["0 sms closing found: chen shen"] == story.sent()


def test_a_new_number_is_used_at_once(story: Story) -> None:
    """A number that is corrected in the middle is the one that rings next."""
    story.wanders_off()
    story.passes(20)
    sets_number(story, story.chen, NEW_NUMBER)
    story.passes(60)
    called = {entry.detail["to"] for entry in story.record(Happened.CALL_ACCEPTED)}

    assert {NEW_NUMBER, story.shen.number} == called
    story.sent()
    sets_number(story, story.chen, story.chen.number)
    story.wraps_up()


def test_a_number_is_taken_away_meanwhile(story: Story) -> None:
    """Without a number for calls the next step reaches the guardian by SMS."""
    story.wanders_off()
    story.passes(20)
    story.sent()
    story.has_no_phone(story.chen, Channel.VOICE)
    story.passes(60)

    assert ["60 sms ask: chen", "60 voice ask: shen"] == story.sent()
    story.wraps_up()


def test_a_couple_with_one_phone(story: Story) -> None:
    """Two guardians who share a phone are both asked, and it does not ring twice in a minute."""
    sets_number(story, story.shen, story.chen.number)
    story.wanders_off()
    story.passes(minutes=2)
    times = [entry.at for entry in story.record(Happened.CALL_ACCEPTED)]

    assert 2 == len(times)
    assert (times[1] - times[0]).total_seconds() >= 55
    story.sent()
    story.texts(story.chen, "3")
    story.passes(60)
    story.sent()


def test_a_rescuer_goes_off_duty_meanwhile(story: Story) -> None:
    """Who goes off duty between two rounds is not called in the next."""
    story.wanders_off()
    story.passes(310)
    story.sent()
    story.goes_off_duty(story.wu)
    story.passes(120)

    assert ["420 voice ask: li"] == story.sent()
    story.wraps_up()


def test_one_bad_row_stops_nobody_else(story: Story) -> None:
    """A row of one guardian that cannot be read does not keep the other from being asked."""
    speaks(story, story.chen, "xx")
    story.noise.may("prepare_failed", 50)
    story.noise.may("advance_failed", 50)
    story.noise.may("inbox_failed", 50)
    story.wanders_off()
    story.passes(20)

    assert "0 sms ask: shen" in story.sent()
    speaks(story, story.chen, "zh")
    story.passes(60)
    assert story.texts_to(story.chen)
    story.sent()
    story.wraps_up()


def test_twelve_elders_in_one_second(story: Story) -> None:
    """Twelve SOS in one second: everybody who is to be asked is asked in that second."""
    names = [(f"g{number}", f"h{number}") for number in range(12)]
    for number, guardians in enumerate(names):
        story.registers_household(f"band-{number + 10}", *guardians)
    story.from_here()
    at = story.clock.now()
    said = [
        message(
            f"band-{number + 10}",
            report(f"sos-{number}", at=at, alarms=["sos"], why="alarm"),
            at=at,
        )
        for number in range(12)
    ]
    take(story.engine, *said)
    story.settles()
    taken = Counter(
        entry.detail["to"]
        for entry in story.record(Happened.MESSAGE_ACCEPTED, Happened.CALL_ACCEPTED)
    )

    assert 12 == story.incidents()
    assert {2} == set(taken.values())
    assert 24 == len(taken)
    story.sent()
    for number in range(1, 13):
        story.incident_id = number
        story.operator("close", outcome="false_alarm")
        assert IncidentState.CLOSED is story.state
    story.passes(5)
    story.sent()
