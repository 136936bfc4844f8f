"""One wristband."""

import itertools
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.places import Position, distance_m
from simulators.bands import Band
from simulators.days import Activity, Truth
from simulators.fixes import CLEAR, Receiver
from simulators.scripts import Event, Happening
from simulators.uplinks import Kind, Uplink

HOME = Position(120.68, 30.53)
START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


class Walker:
    """Rests at home, walks from second *begins_s* on, for ten minutes."""

    def __init__(self, begins_s: float = 1e9) -> None:
        """Begin to walk then."""
        self._begins = START + timedelta(seconds=begins_s)
        self._ends = self._begins + timedelta(seconds=600)

    def truth(self, at: datetime) -> Truth:
        """Return home, or somewhere on the walk."""
        if not self._begins <= at < self._ends:
            return Truth(position=HOME, activity=Activity.HOME)
        walked_m = 0.8 * (at - self._begins).total_seconds()
        return Truth(position=HOME.moved(east_m=walked_m), activity=Activity.WALK, speed_mps=0.8)

    def next_change(self, after: datetime) -> datetime | None:
        """Return the begin or the end of the walk."""
        return next((at for at in (self._begins, self._ends) if at > after), None)


def band(
    *,
    begins_s: float = 1e8,
    events: Sequence[tuple[float, Happening]] = (),
    battery_pct: float = 80,
    seed: int = 1,
) -> Band:
    """Return a band whose events happen at the given seconds."""
    return Band(
        device_id="hn-0001",
        life=Walker(begins_s),
        receiver=Receiver(random.Random(seed), indoors=CLEAR),
        starts_at=START,
        rng=random.Random(seed),
        battery_pct=battery_pct,
        events=[Event(at=at(s), what=what, east_m=2000, accuracy_m=60) for s, what in events],
    )


def at(seconds: float) -> datetime:
    """Return the instant *seconds* into the test."""
    return START + timedelta(seconds=seconds)


def steadily(wrist: Band, begin_s: int, end_s: int) -> list[Uplink]:
    """Wake the band every second from *begin_s* to before *end_s*; return what it says."""
    return [uplink for second in range(begin_s, end_s) for uplink in wrist.wake(at(second))]


def reports(said: Sequence[Uplink]) -> list[dict[str, Any]]:
    """Return the reports among what was said."""
    return [uplink.body for uplink in said if uplink.kind is Kind.REPORT]


def times_s(said: Sequence[Uplink]) -> list[float]:
    """Return when each report was measured, seconds into the test."""
    return [body["t"] - START.timestamp() for body in reports(said)]


def gaps_s(times: Sequence[float]) -> set[float]:
    """Return the gaps between reports, rounded."""
    return {round(b - a, 1) for a, b in itertools.pairwise(times)}


def test_at_rest_it_reports_every_five_minutes() -> None:
    """One report every 300 s, the first within the first interval."""
    times = times_s(steadily(band(), 0, 3600))

    assert {300.0} == gaps_s(times)
    assert times[0] < 300


def test_on_the_move_it_reports_every_minute() -> None:
    """The first step is reported at once, then every 60 s until the walk ends."""
    said = steadily(band(begins_s=1000), 0, 2000)
    walking = [t for t in times_s(said) if 1000 <= t <= 1600]

    assert 1000 == walking[0]
    assert {60.0} == gaps_s(walking)


def test_a_report_has_the_native_form() -> None:
    """Fields, units and names are those of the wire format."""
    body = reports(steadily(band(), 0, 301))[0]

    assert {"v", "id", "t", "why", "fix", "bat", "worn", "steps", "alarms", "wifi"} == set(body)
    assert {"src", "lat", "lon", "acc_m", "age_s", "sat", "kmh"} == set(body["fix"])
    assert (1, "timer", True, []) == (body["v"], body["why"], body["worn"], body["alarms"])
    assert distance_m(HOME, Position(body["fix"]["lon"], body["fix"]["lat"])) < 100


def test_report_ids_are_never_used_twice() -> None:
    """Within one boot ids differ, and another boot begins other ids."""
    first = [body["id"] for body in reports(steadily(band(), 0, 9000))]
    later = Band(
        device_id="hn-0001",
        life=Walker(),
        receiver=Receiver(random.Random(1)),
        starts_at=at(7),
        rng=random.Random(1),
    )
    second = [body["id"] for body in reports(steadily(later, 7, 9000))]

    assert len(first) == len(set(first))
    assert not set(first) & set(second)
    assert max(map(len, first)) <= 40


def test_the_same_seed_says_the_same() -> None:
    """However often it is woken in between, a seed says the same things."""
    one, other = band(begins_s=1000), band(begins_s=1000)
    often = [uplink.body for uplink in steadily(one, 0, 3600)]
    seldom = [uplink.body for s in range(0, 3600, 90) for uplink in other.wake(at(s))]

    assert often[: len(seldom)] == seldom


def test_locate_is_answered_and_then_done() -> None:
    """The answer comes at receipt, the position 8 s later, with the command's name."""
    wrist = band()
    answer = wrist.command({"v": 1, "cmd": "c-55", "do": "locate", "args": {}}, at(10))
    said = wrist.wake(at(20))

    assert [{"cmd": "c-55", "ok": True, "err": None}] == [uplink.body for uplink in answer]
    assert [("reply", "c-55", 18.0)] == [
        (body["why"], body["cmd"], body["t"] - START.timestamp()) for body in reports(said)
    ]


def test_a_command_twice_is_done_once() -> None:
    """The broker may deliver a command again; it is confirmed again and not done again."""
    wrist = band()
    answers = [wrist.command({"cmd": "c-1", "do": "locate"}, at(10))[0].body for _ in range(2)]

    assert answers[0] == answers[1]
    assert 1 == len(reports(wrist.wake(at(25))))


def test_a_shorter_interval_is_kept() -> None:
    """After `interval 20` reports come every 20 s, after `interval 300` as before."""
    wrist = band()
    wrist.command({"cmd": "c-1", "do": "interval", "args": {"s": 20}}, at(30))
    fast = times_s(steadily(wrist, 30, 130))
    wrist.command({"cmd": "c-2", "do": "interval", "args": {"s": 300}}, at(130))
    slow = times_s(steadily(wrist, 130, 900))

    assert {20.0} == gaps_s(fast)
    assert {300.0} == gaps_s(slow[1:])


def test_an_ordered_interval_ends_by_itself() -> None:
    """If nobody takes the order back the band saves its battery after half an hour."""
    wrist = band()
    wrist.command({"cmd": "c-1", "do": "interval", "args": {"s": 20}}, at(0))
    later = [t for t in times_s(steadily(wrist, 0, 4000)) if t > 1900]

    assert {300.0} == gaps_s(later)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"cmd": "c-1", "do": "dance"}, [("c-1", "unknown")]),
        ({"cmd": "c-1", "do": "interval", "args": {"s": 1}}, [("c-1", "bad_args")]),
        ({"cmd": "c-1", "do": "interval"}, [("c-1", "bad_args")]),
        ({"cmd": "c-1", "do": "locate", "exp": START.timestamp() - 1}, []),  # too old: dropped
        ({"cmd": "c-1", "do": "find"}, [("c-1", None)]),
    ],
)
def test_commands_it_cannot_do(
    body: dict[str, Any], expected: list[tuple[str, str | None]]
) -> None:
    """An unknown or senseless command is refused, one past its time is dropped."""
    answers = band().command(body, at(10))

    assert expected == [(uplink.body["cmd"], uplink.body["err"]) for uplink in answers]


def test_sos_is_said_at_once_and_again_until_seen() -> None:
    """The alarm comes without a fix, the fix follows, and the alarm repeats until committed."""
    wrist = band(events=[(100, Happening.SOS)])
    steadily(wrist, 0, 100)
    said = {second: wrist.wake(at(second)) for second in range(100, 340)}
    alarm, position = reports(said[100])
    wrist.seen([alarm["id"]])
    later = steadily(wrist, 340, 600)
    again = [s for s, uplinks in said.items() if any(u.is_resend for u in uplinks)]

    assert (["sos"], False) == (alarm["alarms"], "fix" in alarm)
    assert "fix" in position
    # 10, 20, 40 s, then every minute
    assert [110, 130, 170, 230, 290] == again
    assert not any(uplink.is_resend for uplink in later)


def test_a_band_taken_off_says_so() -> None:
    """The removal alarm says `worn` false, and so do the reports until it is put on again."""
    wrist = band(events=[(50, Happening.TAKEN_OFF), (700, Happening.PUT_ON)])
    said = [uplink for uplink in steadily(wrist, 0, 1000) if not uplink.is_resend]
    alarm = next(body for body in reports(said) if body["alarms"])
    worn = {body["t"] - START.timestamp(): body["worn"] for body in reports(said)}

    assert (["removed"], False) == (alarm["alarms"], alarm["worn"])
    assert {False} == {value for t, value in worn.items() if 50 <= t < 700}
    assert {True} == {value for t, value in worn.items() if t >= 700}


def test_silence_is_silence() -> None:
    """A silent band neither reports nor answers, and speaks when the silence ends."""
    wrist = band(events=[(100, Happening.GOES_SILENT), (2000, Happening.SPEAKS_AGAIN)])
    steadily(wrist, 0, 101)
    during = steadily(wrist, 101, 1999)
    answer = wrist.command({"cmd": "c-1", "do": "locate"}, at(1999))

    assert ([], []) == (during, answer)
    assert 2000 == times_s(wrist.wake(at(2010)))[0]


def test_a_flat_battery_is_silence_and_a_will() -> None:
    """The last report says so, the broker says offline, and after charging it is back."""
    wrist = band(battery_pct=0.05)
    said = steadily(wrist, 0, 8000)
    states = [uplink.body["online"] for uplink in said if uplink.kind is Kind.STATE]
    last = next(body for body in reports(said) if "power_off" in body["alarms"])
    times = times_s(said)

    assert [False, True] == states
    assert 0 == last["bat"]["pct"]
    assert max(gaps_s(times)) > 3600


def test_a_stray_fix_is_believed_by_the_band() -> None:
    """A wrong position comes as an ordinary report, with the accuracy of the story."""
    wrist = band(events=[(100, Happening.STRAY_FIX)])
    stray = next(body for body in reports(wrist.wake(at(101))) if body["fix"]["acc_m"] == 60)

    assert "timer" == stray["why"]
    assert distance_m(HOME, Position(stray["fix"]["lon"], stray["fix"]["lat"])) > 1900


def test_steps_grow_while_walking() -> None:
    """The counter grows with the walk and stays at rest."""
    said = reports(steadily(band(begins_s=400), 0, 3000))
    steps = [body["steps"] for body in said]

    assert sorted(steps) == steps
    assert 500 < steps[-1] < 1500


def test_after_a_long_sleep_it_goes_on_from_now() -> None:
    """When the machine slept for an hour the band does not send an hour's reports at once."""
    wrist = band()
    wrist.wake(at(300))

    assert len(reports(wrist.wake(at(4000)))) <= 2


def test_at_night_it_is_charged() -> None:
    """Between one and four in the morning the battery fills and the band says so."""
    night = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)  # half past midnight in Haining
    wrist = Band(
        device_id="hn-0001",
        life=Walker(),
        receiver=Receiver(random.Random(1)),
        starts_at=night,
        rng=random.Random(1),
        battery_pct=20,
    )
    said = [u for m in range(300) for u in wrist.wake(night + timedelta(minutes=m))]
    batteries = [body["bat"] for body in reports(said)]

    assert batteries[0]["pct"] <= 20
    assert max(battery["pct"] for battery in batteries) > 85
    assert [False, True, False] == [
        on for on, _ in itertools.groupby(b["charging"] for b in batteries)
    ]
