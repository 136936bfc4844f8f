"""What must happen in a story: states, who is asked by which channel and when, how it ends.

People go by alias: `guardian-1`, `guardian-2`, `rescuer-1` … Seconds of service time count from the
instant the first person had to be asked. Latest times are those of the policy; whoever compares
adds what the clock's speed makes of the machine's own delays.
"""

from dataclasses import dataclass

from core.incidents import IncidentState, Outcome, Trigger
from core.people import Channel

GUARDIANS = ("guardian-1", "guardian-2")
RESCUERS = tuple(f"rescuer-{n}" for n in range(1, 7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One person is asked once by one channel, at *at_s* seconds or up to *late_s* later."""

    who: str
    channel: Channel
    at_s: float
    late_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """How a story ends when the service keeps its promise."""

    #: why people are woken; None when nobody may be
    trigger: Trigger | None
    #: states of the incident in order; a first SUSPECT may be missing unless *suspects* is set
    states: tuple[IncidentState, ...] = ()
    suspects: bool = False
    #: the timer has to raise it, no ping
    by_silence: bool = False
    asks: tuple[Ask, ...] = ()
    outcome: Outcome | None = Outcome.FOUND

    @property
    def told_the_end(self) -> frozenset[str]:
        """Everyone who was woken is told how it ended."""
        return frozenset(ask.who for ask in self.asks)


def asks(
    who: tuple[str, ...], *channels: Channel, at_s: float, late_s: float = 0.0
) -> tuple[Ask, ...]:
    """Return one ask for each of *who* on each of *channels*."""
    return tuple(
        Ask(who=one, channel=channel, at_s=at_s, late_s=late_s)
        for one in who
        for channel in channels
    )
