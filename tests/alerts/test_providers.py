"""Several providers on a channel: who is asked first, who rests, who takes over."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.sender import Outgoing
from alerts.providers import Providers, key_of
from core.clock import ManualClock
from core.notifications import AttemptResult, SendResult
from core.people import Channel
from store import providers, schema
from store.database import reading
from store.providers import ProviderState
from tests.conftest import NOON
from tests.scenes import (
    AlertsRole,
    RecordingSender,
    Town,
    ambiguous,
    on_both_databases,
    permanent,
    phone_of,
    rows,
    temporary,
)


class Named(RecordingSender):
    """A recording sender of another provider."""

    def __init__(self, provider: str, clock: ManualClock, channel: Channel = Channel.SMS) -> None:
        """Be called *provider*."""
        super().__init__(clock, channel)
        self.provider = provider


class TwoProviders(AlertsRole):
    """The alerts role with a first and a second provider for SMS."""

    def __init__(self, town: Town) -> None:
        """Put a second provider behind the ordinary one."""
        super().__init__(town.engine, town.clock)
        self.second = Named("second", town.clock)
        self.more = {Channel.SMS: [self.second]}


def resting(provider: str) -> ProviderState:
    """Return the state of one that rests for another minute."""
    return ProviderState(
        provider=provider,
        failures=5,
        resting_until=NOON + timedelta(minutes=1),
        reason="503",
        last_ok_at=None,
    )


_NAMES = ("a", "b", "c")


_SOME = st.sets(st.sampled_from(_NAMES))


@given(_SOME, _SOME, _SOME)
def test_whoever_can_be_asked_is(
    refused: set[str], failed: set[str], resting_ones: set[str]
) -> None:
    """For any health: somebody is chosen unless all refused; the rested and unfailed come first."""
    clock = ManualClock(NOON)
    several = Providers({Channel.SMS: [Named(name, clock) for name in _NAMES]})
    states = {key_of(n, Channel.SMS): resting(key_of(n, Channel.SMS)) for n in resting_ones}

    chosen = several.choose(Channel.SMS, states, refused=refused, failed=failed, now=NOON)

    left = [name for name in _NAMES if name not in refused]
    assert (chosen is None) == (not left)
    if chosen is not None:
        best = min(left, key=lambda name: (name in resting_ones, name in failed, name))
        assert best == chosen.provider


@on_both_databases
def test_the_second_provider_takes_over_at_once(town: Town) -> None:
    """A refusal that another provider may not share costs no second: it is asked next."""
    town.wanders_off()
    role = TwoProviders(town)
    role.sms.script = [
        SendResult(result=AttemptResult.ELSEWHERE, reason="400/21612"),
        temporary("503/20503"),
    ]

    role.pass_time(1)

    assert [0, 0] == [round((one.at - role.began_at).total_seconds()) for one in role.second.sent]
    assert {one.message.to for one in role.sms.sent} == {one.message.to for one in role.second.sent}


@on_both_databases
@pytest.mark.parametrize("stumble", [temporary("429/20429"), ambiguous()])
def test_a_provider_that_cannot_serve_ends_no_retry_of_one_that_can(
    town: Town, stumble: SendResult
) -> None:
    """The first stumbles once, the second does not serve such numbers: the first is asked again."""
    town.wanders_off()
    role = TwoProviders(town)
    role.sms.script = [stumble, stumble]
    not_ours = SendResult(result=AttemptResult.ELSEWHERE, reason="not_a_mainland_number")
    role.second.script = [not_ours, not_ours]

    role.pass_time(20)

    assert (4, 2) == (len(role.sms.sent), len(role.second.sent))


@on_both_databases
def test_a_provider_that_fails_five_times_rests(town: Town) -> None:
    """After five failures the second provider is asked first, for half a minute."""
    town.wanders_off()
    role = TwoProviders(town)
    with town.engine.begin() as connection:
        for _ in range(5):
            providers.note_failure(
                connection,
                "recording/sms",
                reason="503",
                is_out=False,
                speed=1,
                now=town.clock.now(),
            )

    role.pass_time(1)

    assert ([], 2) == (role.sms.sent, len(role.second.sent))


@on_both_databases
def test_a_provider_that_rested_is_tried_again(town: Town) -> None:
    """Half a minute later the first provider is asked first again, and a success clears it."""
    role = TwoProviders(town)
    with town.engine.begin() as connection:
        for _ in range(5):
            providers.note_failure(
                connection, "recording/sms", reason="503", is_out=False, speed=1, now=NOON
            )
    town.clock.advance(31)
    town.wanders_off()

    role.pass_time(1)

    assert 2 == len(role.sms.sent)
    with reading(town.engine) as connection:
        assert 0 == providers.states(connection)["recording/sms"].failures


@on_both_databases
def test_one_provider_alone_is_asked_even_while_it_rests(town: Town) -> None:
    """A provider that rests is better than none: nothing waits for it to be well."""
    role = AlertsRole(town.engine, town.clock)
    with town.engine.begin() as connection:
        providers.note_failure(
            connection, "recording/sms", reason="401/20003", is_out=True, speed=1, now=NOON
        )
    town.wanders_off()

    role.pass_time(1)

    assert 2 == len(role.sms.sent)


@on_both_databases
def test_a_bad_number_is_no_fault_of_the_provider(town: Town) -> None:
    """However many numbers are wrong, the provider that says so does not rest."""
    role = AlertsRole(town.engine, town.clock, sms=[permanent()] * 9)
    town.sos()
    role.pass_time(400)

    with reading(town.engine) as connection:
        assert not any(one.failures for one in providers.states(connection).values())


@on_both_databases
def test_in_doubt_the_resend_goes_through_the_other_provider(town: Town) -> None:
    """One time-out at the first provider: the one resend is the second's, and there is no third."""
    town.wanders_off()
    role = TwoProviders(town)
    role.sms.script = [ambiguous(), ambiguous()]

    role.pass_time(20)

    assert (2, 2) == (len(role.sms.sent), len(role.second.sent))
    texts = rows(town.engine, schema.attempt, "number", "provider", provider="second")
    assert [(2, "second"), (2, "second")] == texts


class Dead(RecordingSender):
    """A provider that nobody reaches until it is back."""

    is_back = False

    def send(self, message: Outgoing) -> SendResult:
        """Refuse the connection, or take the message."""
        if self.is_back:
            return super().send(message)
        return SendResult(result=AttemptResult.TEMPORARY, reason="connection_refused")


@on_both_databases
def test_a_dead_provider_that_comes_back_reaches_everyone(town: Town) -> None:
    """After a time with no provider at all, whoever can be asked is, within a minute."""
    town.wanders_off()
    role = AlertsRole(town.engine, town.clock)
    role.sms, role.voice = Dead(town.clock, Channel.SMS), Dead(town.clock, Channel.VOICE)
    role.pass_time(980)
    role.sms.is_back = role.voice.is_back = True

    role.pass_time(60)

    everyone = (*town.household.guardians, *town.team.rescuers, *town.team.operators)
    assert {phone_of(person) for person in everyone} == {one.message.to for one in role.sent}
    most = Counter((one.message.to, one.channel) for one in role.sent)
    assert max(most.values()) <= 2  # the next turn asks one of them again
