"""Every transition, as a row: how it is come to, what then happens, where all of it must end.

Transition names are those of docs/architecture.md, "Incident states". Numbers of people are those
of `tests.scenes.Town`: two guardians, two rescuers, an operator.
"""

from collections.abc import Callable
from dataclasses import dataclass

from core.incidents import IncidentState, Outcome
from tests.crashes.boundaries import Boundary
from tests.crashes.stage import PUBLIC_URL, TICK, Act, Stage, hears, lives, waits
from tests.scenes import phone_of

CHEN, SHEN, LI, WU, MA = 1, 2, 3, 4, 5
GUARDIANS = frozenset({CHEN, SHEN})
TEAM = frozenset({LI, WU})

#: an ordinary suspicion waits so long to be contradicted, seconds
SILENCE_S = 360
#: the ladder of an SOS, seconds
NEXT_STEP_S, WINDOW_S, ROUNDS_S = 90, 180, 600
LEASE_S, REMIND_BEFORE_S = 1200, 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One transition."""

    name: str
    #: bring the incident to just before it
    before: tuple[Act, ...]
    #: happens at the end of that, known only then
    on_the_way: Callable[[Stage], Act] | None = None
    #: what happens then; the world repeats it until it is thanked
    act: Act | Callable[[Stage], Act]
    boundaries: tuple[Boundary, ...]
    #: how long the service lives on
    rest_s: float
    state: IncidentState
    #: who must have been reached, and nobody else
    reached: frozenset[int]
    outcome: Outcome | None = None
    #: how many answers of people must be on record
    answers: int = 0
    round: int = 0


# -- what happens ----------------------------------------------------------------------------------

_AT_HOME = hears("walk-0", east_m=0)
_OUT = (hears("walk-1", east_m=600), hears("walk-2", east_m=700))
_SOS = hears("sos-1", alarms=["sos"], why="alarm")


def _texts(person: int, text: str) -> Act:
    form = {"MessageSid": f"SM-{person}-{text}", "From": phone_of(person), "Body": text}
    return Act("posts", {"path": "/hooks/twilio/sms", "form": form})


def _orders(do: str, **more: str | int) -> Act:
    body = {"incident_id": 1, "do": do, "by": "duty room", **more}
    return Act("hands_in", {"key": f"order-{do}", "kind": "order", "body": body})


def _says_no(stage: Stage) -> Act:
    """Return the receipt that the provider posts about the first message."""
    first = stage.taken()[0].detail
    path = first["status_callback"].partition(PUBLIC_URL)[2]
    form = {"MessageSid": first["sid"], "MessageStatus": "undelivered", "ErrorCode": "30003"}
    return Act("posts", {"path": path, "form": form})


#: how one comes to …
_SUSPECTED = (_AT_HOME, waits(60), _OUT[0])
_WANDERING = (*_SUSPECTED, waits(60), _OUT[1], TICK)
_ASKED = (_SOS, TICK)
_GOING = (*_ASKED, _texts(CHEN, "1"), TICK)


def _asked_for(seconds: float) -> tuple[Act, ...]:
    """… the last second before a step of the ladder that begins with an SOS."""
    return (*_ASKED, lives(seconds - 1), waits(1))


def _going_for(seconds: float) -> tuple[Act, ...]:
    return (*_GOING, lives(seconds - 1), waits(1))


_OUTSIDE = (Boundary.KEEP, Boundary.ANSWER)
_PING, _STEP = (Boundary.PING,), (Boundary.STEP,)

ROWS = (
    Row(
        name="T0 suspected, then silence",
        before=(_AT_HOME, waits(60)),
        act=_OUT[0],
        boundaries=_PING,
        rest_s=SILENCE_S + 20,
        state=IncidentState.GUARDIANS,
        reached=GUARDIANS,
    ),
    Row(
        name="T0 loud, then nobody answers",
        before=(),
        act=_SOS,
        boundaries=_PING,
        rest_s=WINDOW_S + ROUNDS_S + 60,
        state=IncidentState.UNANSWERED,
        reached=GUARDIANS | TEAM | {MA},
    ),
    Row(
        name="T1 second fix",
        before=(*_SUSPECTED, TICK, waits(60)),
        act=_OUT[1],
        boundaries=_PING,
        rest_s=30,
        state=IncidentState.GUARDIANS,
        reached=GUARDIANS,
    ),
    Row(
        name="T1 silence",
        before=(*_SUSPECTED, waits(SILENCE_S)),
        act=TICK,
        boundaries=_STEP,
        rest_s=30,
        state=IncidentState.GUARDIANS,
        reached=GUARDIANS,
    ),
    Row(
        name="T1b well inside",
        before=(*_SUSPECTED, waits(60)),
        act=hears("walk-9", east_m=0),
        boundaries=_PING,
        rest_s=SILENCE_S + 60,
        state=IncidentState.CLOSED,
        outcome=Outcome.NOT_CONFIRMED,
        reached=frozenset(),
    ),
    Row(
        name="T2 next step",
        before=_asked_for(NEXT_STEP_S),
        act=TICK,
        boundaries=_STEP,
        rest_s=30,
        state=IncidentState.GUARDIANS,
        reached=GUARDIANS,
    ),
    Row(
        name="T3 window ends",
        before=_asked_for(WINDOW_S),
        act=TICK,
        boundaries=_STEP,
        rest_s=30,
        state=IncidentState.RESCUE,
        reached=GUARDIANS | TEAM,
    ),
    Row(
        name="T3 both cannot",
        before=(*_ASKED, _texts(CHEN, "2"), TICK),
        act=_texts(SHEN, "2"),
        boundaries=_OUTSIDE,
        rest_s=30,
        state=IncidentState.RESCUE,
        reached=GUARDIANS | TEAM,
        answers=2,
    ),
    Row(
        name="T4 a guardian goes",
        before=_ASKED,
        act=_texts(CHEN, "1"),
        boundaries=_OUTSIDE,
        rest_s=180,
        state=IncidentState.ACCEPTED,
        reached=GUARDIANS,
        answers=1,
    ),
    Row(
        name="T4 the team goes",
        before=(*_asked_for(WINDOW_S), TICK),
        act=_texts(LI, "1"),
        boundaries=_OUTSIDE,
        rest_s=180,
        state=IncidentState.RESCUE_ACCEPTED,
        reached=GUARDIANS | TEAM,
        answers=1,
    ),
    Row(
        name="T4 after all were asked",
        before=(*_asked_for(WINDOW_S + ROUNDS_S), TICK),
        act=_texts(SHEN, "1"),
        boundaries=_OUTSIDE,
        rest_s=180,
        state=IncidentState.ACCEPTED,
        reached=GUARDIANS | TEAM | {MA},
        answers=1,
    ),
    Row(
        name="T4b one cannot",
        before=_ASKED,
        act=_texts(CHEN, "2"),
        boundaries=_OUTSIDE,
        rest_s=30,
        state=IncidentState.GUARDIANS,
        reached=GUARDIANS,
        answers=1,
    ),
    Row(
        name="T5 reminder",
        before=_going_for(LEASE_S - REMIND_BEFORE_S),
        act=TICK,
        boundaries=_STEP,
        rest_s=30,
        state=IncidentState.ACCEPTED,
        reached=GUARDIANS,
        answers=1,
    ),
    Row(
        name="T5 lease ends",
        before=_going_for(LEASE_S),
        act=TICK,
        boundaries=_STEP,
        rest_s=30,
        state=IncidentState.GUARDIANS,
        reached=GUARDIANS,
        answers=1,
        round=1,
    ),
    Row(
        name="T6 a guardian, late",
        before=(*_asked_for(WINDOW_S), TICK),
        act=_texts(CHEN, "1"),
        boundaries=_OUTSIDE,
        rest_s=30,
        state=IncidentState.RESCUE,
        reached=GUARDIANS | TEAM,
        answers=1,
    ),
    Row(
        name="T7 rounds used up",
        before=_asked_for(WINDOW_S + ROUNDS_S),
        act=TICK,
        boundaries=_STEP,
        rest_s=60,
        state=IncidentState.UNANSWERED,
        reached=GUARDIANS | TEAM | {MA},
    ),
    Row(
        name="T8 found",
        before=_GOING,
        act=_texts(CHEN, "3"),
        boundaries=_OUTSIDE,
        rest_s=180,
        state=IncidentState.CLOSED,
        outcome=Outcome.FOUND,
        reached=GUARDIANS,
        answers=2,
    ),
    Row(
        name="T8 closed by a coordinator",
        before=_ASKED,
        act=_orders("close", outcome="false_alarm"),
        boundaries=_OUTSIDE,
        rest_s=180,
        state=IncidentState.CLOSED,
        outcome=Outcome.FALSE_ALARM,
        reached=GUARDIANS,
    ),
    Row(
        name="the team is sent for",
        before=_ASKED,
        act=_orders("rescue"),
        boundaries=_OUTSIDE,
        rest_s=30,
        state=IncidentState.RESCUE,
        reached=GUARDIANS | TEAM,
    ),
    Row(
        name="T9 a receipt says no",
        before=_WANDERING,
        act=_says_no,
        boundaries=(Boundary.KEEP,),
        rest_s=30,
        state=IncidentState.GUARDIANS,
        reached=GUARDIANS,
    ),
    Row(
        name="T9 a receipt is taken up",
        before=_WANDERING,
        on_the_way=_says_no,
        act=TICK,
        boundaries=(Boundary.RECEIPT,),
        rest_s=30,
        state=IncidentState.GUARDIANS,
        reached=GUARDIANS,
    ),
    Row(
        name="T10 no receipt comes",
        before=(*_WANDERING, waits(60)),
        act=TICK,
        boundaries=(Boundary.LATE,),
        rest_s=30,
        state=IncidentState.GUARDIANS,
        reached=GUARDIANS,
    ),
    Row(
        name="T12 a pause begins",
        before=_ASKED,
        act=_orders("pause", seconds=600),
        boundaries=_OUTSIDE,
        rest_s=590,
        state=IncidentState.GUARDIANS,
        reached=GUARDIANS,
    ),
    Row(
        name="T12 a pause ends by itself",
        before=(*_ASKED, _orders("pause", seconds=600), lives(599), waits(1)),
        act=TICK,
        boundaries=_STEP,
        rest_s=30,
        state=IncidentState.RESCUE,
        reached=GUARDIANS | TEAM,
    ),
    Row(
        name="T11 SOS while guardians are asked",
        before=_WANDERING,
        act=_SOS,
        boundaries=_PING,
        rest_s=30,
        state=IncidentState.GUARDIANS,
        reached=GUARDIANS,
        round=1,
    ),
    Row(
        name="T11 worse while somebody goes",
        before=(*_WANDERING, _texts(CHEN, "1"), TICK),
        act=_SOS,
        boundaries=_PING,
        rest_s=30,
        state=IncidentState.ACCEPTED,
        reached=GUARDIANS,
        answers=1,
    ),
)
