"""Whatever happens to an incident, in whatever order: the promise holds."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.incidents import Answer, IncidentState, Outcome, Trigger
from tests.alerts.plays import CHEN, LI, MA, SHEN, WU, Play, both, roster

EVERYONE = (CHEN, SHEN, LI, WU, MA)
#: the longest a stage may go without a new ask: the unanswered interval, and a little
LONGEST_SILENCE_S = 660
ASKING = (IncidentState.GUARDIANS, IncidentState.RESCUE, IncidentState.UNANSWERED)

#: where a state may lead within one round; going back to ask again begins a new one
FORWARD = {
    IncidentState.SUSPECT: {
        IncidentState.GUARDIANS,
        IncidentState.RESCUE,
        IncidentState.UNANSWERED,
        IncidentState.ACCEPTED,
        IncidentState.RESCUE_ACCEPTED,
        IncidentState.CLOSED,
    },
    IncidentState.GUARDIANS: {
        IncidentState.RESCUE,
        IncidentState.UNANSWERED,
        IncidentState.ACCEPTED,
        IncidentState.RESCUE_ACCEPTED,
        IncidentState.CLOSED,
    },
    IncidentState.ACCEPTED: {
        IncidentState.RESCUE,
        IncidentState.UNANSWERED,
        IncidentState.RESCUE_ACCEPTED,
        IncidentState.CLOSED,
    },
    IncidentState.RESCUE: {
        IncidentState.UNANSWERED,
        IncidentState.RESCUE_ACCEPTED,
        IncidentState.CLOSED,
    },
    IncidentState.RESCUE_ACCEPTED: {IncidentState.CLOSED},
    IncidentState.UNANSWERED: {
        IncidentState.ACCEPTED,
        IncidentState.RESCUE_ACCEPTED,
        IncidentState.CLOSED,
    },
}


class IncidentMachine(RuleBasedStateMachine):
    """One incident, thrown about."""

    play: Play
    #: did a human, or a contradicted suspicion, end it?
    may_be_closed = False
    #: how many moves were looked at, and what the last of them left
    checked = 0
    before: IncidentState | None = None
    round_before = 0

    @initialize(
        trigger=st.sampled_from(Trigger),
        is_quiet=st.booleans(),
        deaf=st.sets(st.sampled_from(EVERYONE), max_size=4),
    )
    def open(self, trigger: Trigger, is_quiet: bool, deaf: set[int]) -> None:
        """Open it, with some people out of reach."""
        self.reachable = set(EVERYONE) - deaf
        self.play = Play(roster(deaf=both(*deaf)))
        if is_quiet:
            self.play.suspects(trigger)
        else:
            self.play.opens(trigger)

    @rule(seconds=st.sampled_from([1, 30, 61, 130, 301, 700, 1900]))
    def time_passes(self, seconds: int) -> None:
        """Let time pass with the alerts role at work."""
        self.play.waits_until(self.play.now_s + seconds)

    @rule(seconds=st.sampled_from([200, 1000, 9000]))
    def outage(self, seconds: int) -> None:
        """Let time pass with nobody looking."""
        self.play.sleeps_until(self.play.now_s + seconds)

    @rule(person=st.sampled_from(EVERYONE), said=st.sampled_from(Answer))
    def answer(self, person: int, said: Answer) -> None:
        """Hear anything from anybody, asked or not."""
        if self.play.incident.is_open:
            self.may_be_closed = said in (Answer.FOUND, Answer.FALSE_ALARM)
        self.play.says(person, said)

    @precondition(lambda self: self.play.incident.is_open)
    @rule(trigger=st.sampled_from(Trigger))
    def trigger_again(self, trigger: Trigger) -> None:
        """Meet another cause."""
        self.play.triggers_again(trigger)

    @precondition(lambda self: self.play.incident.is_open)
    @rule()
    def seem_back(self) -> None:
        """Hear the band from inside."""
        if self.play.state is not IncidentState.SUSPECT:
            self.play.seems_back()

    @precondition(lambda self: self.play.state is IncidentState.SUSPECT)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        """Contradict one of the suspicions."""
        self.may_be_closed = True
        self.play.drops(data.draw(st.sampled_from(sorted(self.play.incident.suspicions))))

    @precondition(lambda self: self.play.state is IncidentState.SUSPECT)
    @rule(trigger=st.sampled_from([Trigger.CROSSING, Trigger.STRAP_REMOVED]))
    def suspect_more(self, trigger: Trigger) -> None:
        """Suspect something else as well."""
        self.play.suspects_also(trigger)

    @precondition(lambda self: self.play.incident.is_open)
    @rule()
    def order_rescue(self) -> None:
        """Have a coordinator send for the team, where it is not there already."""
        if self.play.state not in (IncidentState.RESCUE, IncidentState.RESCUE_ACCEPTED):
            self.play.sends_for_rescue()

    @precondition(lambda self: self.play.incident.is_open)
    @rule(outcome=st.sampled_from([Outcome.FOUND, Outcome.FALSE_ALARM]))
    def close(self, outcome: Outcome) -> None:
        """Have a human close it."""
        self.may_be_closed = True
        self.play.closes(outcome)

    @invariant()
    def an_open_incident_has_its_next_look(self) -> None:
        """Open means due some time, closed means never."""
        assert self.play.incident.is_open == (self.play.due_s is not None)

    @invariant()
    def only_people_and_contradictions_end_it(self) -> None:
        """No time, trigger, receipt or position closes an incident that woke somebody."""
        assert self.play.incident.is_open or self.may_be_closed

    @invariant()
    def every_change_of_state_is_on_the_timeline(self) -> None:
        """A state never changes without an entry, and never goes back within its round."""
        for move in self.play.moves[self.checked :]:
            after = move.incident
            if self.before is not None and after.state is not self.before:
                assert () != move.entries
                assert after.round > self.round_before or after.state in FORWARD[self.before]
            assert after.round >= self.round_before
            self.before, self.round_before = after.state, after.round
        self.checked = len(self.play.moves)

    @invariant()
    def somebody_new_is_always_being_asked(self) -> None:
        """While nobody is going, a message that was not sent before goes out again and again."""
        if self.play.state in ASKING and self.reachable:
            last_ask_s = max((second for second, _, _ in self.play.asked()), default=-1)
            assert self.play.now_s - last_ask_s <= LONGEST_SILENCE_S

    def teardown(self) -> None:
        """After hours without another answer, everyone who can be reached was asked."""
        if not hasattr(self, "play") or not self.play.incident.is_open:
            return
        self.play.waits_until(self.play.now_s + 4 * 3600)

        assert self.reachable == {person for _, person, _ in self.play.asked()}


#: the promise holds through any story
TestTheLifeOfAnIncident = IncidentMachine.TestCase
TestTheLifeOfAnIncident.settings = settings(
    max_examples=100, stateful_step_count=15, report_multiple_bugs=False
)
