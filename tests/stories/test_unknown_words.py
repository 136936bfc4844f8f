"""Texts from strangers, texts nobody can read, and two matters on one phone."""

from core.incidents import EntryKind, IncidentState
from core.people import Role
from store import registry, schema
from tests.scenes import message as band_message
from tests.scenes import phone_of, register_household, report, take
from tests.stories.scene import Person, Story

STRANGER = Person(id=0, name="stranger", number="+8613999990000")


def asks(story: Story) -> None:
    """Have both guardians asked, and count seconds from the answer on."""
    story.wanders_off()
    story.passes(30)
    story.sent()
    story.from_here()


def second_elder(story: Story) -> int:
    """Have the same two guardians look after somebody else, whose SOS asks them, too."""
    with story.engine.begin() as connection:
        now = story.clock.now()
        other = register_household(connection, "band-2", now=now)
        connection.execute(
            schema.guardianship.delete().where(schema.guardianship.c.elder_id == other.elder_id)
        )
        for place, person in enumerate((story.chen, story.shen), start=1):
            registry.pair_guardian(connection, other.elder_id, place, person.id)
    at = story.clock.now()
    said = report("other-sos", at=at, alarms=["sos"], why="alarm")
    batch = take(story.engine, band_message("band-2", said, at=at))
    story.settles()
    return next(iter(batch.incidents))


def test_a_stranger_gets_no_answer(story: Story) -> None:
    """A text from a number nobody knows changes nothing and costs nothing."""
    asks(story)
    story.texts(STRANGER, "1")

    assert ["unknown_number"] == story.outcomes("reply")
    assert [] == story.sent()
    story.wraps_up()


def test_words_nobody_understands_are_asked_back(story: Story) -> None:
    """A guardian's text that is no answer is answered with what can be answered."""
    asks(story)
    story.texts(story.chen, "你们是谁")

    assert ["not_understood"] == story.outcomes("reply")
    assert IncidentState.GUARDIANS is story.state
    assert any("能去请回1" in body for body in story.replies_to(story.chen))
    story.wraps_up()


def test_strange_words_are_answered_three_times_an_hour(story: Story) -> None:
    """Two machines that answer each other stop: three answers to a number in an hour, no more."""
    asks(story)
    for number in range(6):
        story.texts(story.chen, f"自动回复：我在开会 {number}")

    assert 3 == len(story.replies_to(story.chen))
    story.wraps_up()


def test_half_a_sentence_is_no_answer(story: Story) -> None:
    """What says "没有找到" is not "found": only whole answers count."""
    asks(story)
    story.texts(story.chen, "没有找到")

    assert IncidentState.GUARDIANS is story.state
    assert EntryKind.ANSWERED not in story.timeline
    story.wraps_up()


def test_opt_out_words_are_no_answer(story: Story) -> None:
    """STOP, END and CANCEL belong to the providers and never answer for anybody."""
    asks(story)
    for words in ("STOP", "END", "CANCEL", "QUIT", "YES", "START"):
        story.texts(story.chen, words)

    assert EntryKind.ANSWERED not in story.timeline
    story.wraps_up()


def test_a_time_is_no_answer(story: Story) -> None:
    """What looks like "3:15" is a time of day and closes nothing."""
    asks(story)
    story.texts(story.chen, "3:15")

    assert IncidentState.GUARDIANS is story.state
    story.wraps_up()


def test_a_text_before_anything_was_asked(story: Story) -> None:
    """A guardian who texts 1 while nothing is open changes nothing."""
    story.texts(story.chen, "1")

    assert ["nothing_asked"] == story.outcomes("reply")
    assert 0 == story.incidents()


def test_a_number_of_a_case_that_does_not_exist(story: Story) -> None:
    """An answer that names another case is never taken for this one."""
    asks(story)
    story.texts(story.chen, "1 99999号")

    assert ["unknown_incident"] == story.outcomes("reply")
    assert IncidentState.GUARDIANS is story.state
    story.wraps_up()


def test_two_matters_on_one_phone(story: Story) -> None:
    """Who was asked about two elders answers the one whose number they name."""
    asks(story)
    first, second = story.incident_id, second_elder(story)
    story.sent()
    story.texts(story.chen, f"1 {first}号")

    assert IncidentState.ACCEPTED is story.town.incident(first).state
    assert IncidentState.GUARDIANS is story.town.incident(second).state
    story.sent()
    story.incident_id = second
    story.wraps_up()


def test_found_without_a_number_never_closes_the_wrong_case(story: Story) -> None:
    """With two open cases "3" alone leaves at least the other one open."""
    asks(story)
    first, second = story.incident_id, second_elder(story)
    story.texts(story.chen, f"3 {first}号")
    story.sent()

    assert IncidentState.CLOSED is story.town.incident(first).state
    assert story.town.incident(second).is_open
    story.incident_id = second
    story.wraps_up()


def test_two_people_share_a_number(story: Story) -> None:
    """A guardian who shares a phone with somebody else is known by what was asked of them."""
    twin = story.registers("twin", Role.RESCUER, on_duty=False)
    with story.engine.begin() as connection:
        point = schema.contact_point
        connection.execute(
            point.update().where(point.c.person_id == twin.id).values(value=phone_of(story.chen.id))
        )
    asks(story)
    story.texts(story.chen, "1")

    assert (story.chen.id,) == story.incident.going()
    assert ["0 sms confirm going: chen", "0 sms inform going: shen"] == story.sent()
