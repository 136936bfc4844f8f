"""Rota, absences and quiet hours decide who is asked; they never leave an elder with nobody."""

from datetime import timedelta

from core.people import Role
from core.weekly_hours import WEEK_MIN, WeeklyHours
from store.absences import add_absence
from store.quiet import set_quiet_hours
from store.rota import add_shift
from tests.stories.scene import Person, Story

ALWAYS = WeeklyHours(((0, WEEK_MIN),))
#: Tuesday, when the stories happen on a Monday
TUESDAY = WeeklyHours(((24 * 60, 48 * 60),))


def shift(story: Story, person: Person, hours: WeeklyHours) -> None:
    """Put a rescuer on the rota."""
    with story.engine.begin() as connection:
        add_shift(connection, person.id, hours, by="coordinator", now=story.clock.now())


def is_away(story: Story, person: Person, stand_in: Person | None = None) -> None:
    """Have somebody be away for a week."""
    now = story.clock.now()
    with story.engine.begin() as connection:
        add_absence(
            connection,
            away_id=person.id,
            stand_in_id=None if stand_in is None else stand_in.id,
            from_at=now,
            until_at=now + timedelta(days=7),
            by="coordinator",
            now=now,
        )


def sleeps(story: Story, *people: Person) -> None:
    """Have people in their quiet hours all week."""
    with story.engine.begin() as connection:
        for person in people:
            set_quiet_hours(connection, person.id, ALWAYS, by="coordinator", now=story.clock.now())


def reaches_rescue(story: Story) -> None:
    """Let the window end; seconds count from then."""
    story.wanders_off()
    story.passes(295)
    story.sent()
    story.passes(5)
    story.from_here()


def test_only_the_shift_is_asked(story: Story) -> None:
    """With a rota the members on shift are asked, the others sleep."""
    shift(story, story.li, ALWAYS)
    shift(story, story.wu, TUESDAY)
    reaches_rescue(story)

    assert ["0 sms ask: li", "0 voice ask: li"] == [line for line in story.sent() if "ask:" in line]
    story.wraps_up()


def test_a_gap_in_the_rota_asks_the_whole_team(story: Story) -> None:
    """In hours that nobody took the whole team is asked, not nobody."""
    shift(story, story.li, TUESDAY)
    shift(story, story.wu, TUESDAY)
    reaches_rescue(story)

    assert "0 sms ask: li wu" in story.sent()
    story.wraps_up()


def test_a_shift_without_a_phone_asks_the_others(story: Story) -> None:
    """Whoever is on shift and has no phone is no reason to ask nobody."""
    shift(story, story.li, ALWAYS)
    shift(story, story.wu, TUESDAY)
    story.has_no_phone(story.li)
    reaches_rescue(story)

    assert any(line.startswith("0 sms ask:") and "wu" in line for line in story.sent())
    story.wraps_up()


def test_a_guardian_on_holiday_has_a_stand_in(story: Story) -> None:
    """Who stands in for a guardian is asked in their place."""
    other = story.registers("other", Role.GUARDIAN)
    is_away(story, story.chen, other)
    story.wanders_off()

    assert ["0 sms ask: other shen"] == story.sent()
    story.wraps_up()


def test_a_guardian_on_holiday_without_a_stand_in(story: Story) -> None:
    """The other guardian is asked alone."""
    is_away(story, story.chen)
    story.wanders_off()

    assert ["0 sms ask: shen"] == story.sent()
    story.wraps_up()


def test_both_guardians_on_holiday(story: Story) -> None:
    """With nobody else to ask those on holiday are asked all the same: they may know what to do."""
    is_away(story, story.chen)
    is_away(story, story.shen)
    story.wanders_off()

    assert ["0 sms ask: chen shen"] == story.sent()
    story.wraps_up()


def test_quiet_hours_spare_one_of_two(story: Story) -> None:
    """Who would rather sleep is left out while the other guardian can be asked."""
    sleeps(story, story.chen)
    story.wanders_off()

    assert ["0 sms ask: shen"] == story.sent()
    story.wraps_up()


def test_quiet_hours_of_both_spare_nobody(story: Story) -> None:
    """Quiet hours never leave an elder with nobody."""
    sleeps(story, story.chen, story.shen)
    story.wanders_off()

    assert ["0 sms ask: chen shen"] == story.sent()
    story.wraps_up()


def test_an_sos_wakes_everybody(story: Story) -> None:
    """Where minutes count quiet hours spare nobody."""
    sleeps(story, story.chen)
    story.presses_sos()

    assert "0 sms ask: chen shen" in story.sent()
    story.wraps_up()


def test_when_the_other_cannot_the_sleeper_is_asked(story: Story) -> None:
    """Who was spared is asked as soon as the only other guardian cannot."""
    sleeps(story, story.chen)
    story.wanders_off()
    story.sent()
    story.texts(story.shen, "2")
    story.passes(minutes=3)

    assert any("ask: chen" in line for line in story.sent())
    story.wraps_up()
