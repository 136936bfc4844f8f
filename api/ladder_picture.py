"""A ladder on a time line: who is asked when, as shapes for a picture in units of its own."""

from dataclasses import dataclass

from core.people import Channel
from core.policies import Policy

WIDTH, HEIGHT = 720, 196
_LEFT, _RIGHT = 96, 20
#: the middle of each line: guardians, team, duty room
GUARDIANS_Y, TEAM_Y, DUTY_Y = 44, 96, 148
AXIS_Y = 176
#: shorter pauses between the marks on the axis would be unreadable, seconds
_TICKS_S = (30, 60, 120, 300, 600, 1200, 1800, 3600, 7200)
_MOST_TICKS = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Somebody is asked: at *x*, by SMS, call, or both."""

    x: float
    y: float
    after_s: float
    has_sms: bool
    has_call: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderPicture:
    """Everything the picture shows."""

    marks: tuple[Mark, ...]
    #: (x, width, y) of the guardians' window and of the team's turns
    bars: tuple[tuple[float, float, float], ...]
    #: where nobody answered and the duty room is alarmed
    duty_x: float
    window_x: float
    #: (x, seconds) on the axis
    ticks: tuple[tuple[float, float], ...]


def ladder_picture(policy: Policy) -> LadderPicture:
    """Draw *policy* from the first ask to the alarm in the duty room, when nobody ever answers."""
    window_s = policy.guardian_window_s
    # Asked beside the guardians already, the team's turns go on from the second one.
    turns = range(1 if policy.rescue_at_once else 0, policy.rescue_rounds)
    team_from_s = window_s - turns.start * policy.rescue_round_s
    duty_s = team_from_s + policy.rescue_rounds * policy.rescue_round_s
    duty_s = max(duty_s, window_s)

    def x(after_s: float) -> float:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * after_s / duty_s, 1)

    marks = [
        Mark(
            x=x(step.after_s),
            y=GUARDIANS_Y,
            after_s=step.after_s,
            has_sms=Channel.SMS in step.channels,
            has_call=Channel.VOICE in step.channels,
        )
        for step in policy.guardian_steps
    ]
    times = [(0, 0.0)] if policy.rescue_at_once else []
    times += [(turn, team_from_s + turn * policy.rescue_round_s) for turn in turns]
    marks += [
        Mark(
            x=x(after_s),
            y=TEAM_Y,
            after_s=after_s,
            has_sms=turn in policy.rescue_sms_rounds,
            has_call=True,
        )
        for turn, after_s in times
    ]
    every = next((t for t in _TICKS_S if duty_s / t <= _MOST_TICKS), duty_s)
    return LadderPicture(
        marks=tuple(marks),
        bars=(
            (x(0), round(x(window_s) - x(0), 1), GUARDIANS_Y),
            (x(times[0][1]), round(x(duty_s) - x(times[0][1]), 1), TEAM_Y),
        ),
        duty_x=x(duty_s),
        window_x=x(window_s),
        ticks=tuple((x(n * every), n * every) for n in range(int(duty_s // every) + 1)),
    )
