"""One wristband: what it says, when, and how it obeys. Native JSON, no network, no thread.

It reports every 300 s at rest and every 60 s while its wearer moves, answers `locate` and
`interval`, says an alarm at once and says it again until the server has it (10, 20, 40 s, then
every minute), and falls silent when its battery is flat. It is woken in order of time and speaks
of the instant it was due, so the same seed says the same things however busy the machine is.
"""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from core.clock import LOCAL_ZONE
from core.pings import Alarm
from simulators.airwaves import Airwaves
from simulators.batteries import RECHARGED_AFTER_S, Battery
from simulators.days import Life, Truth
from simulators.fixes import Receiver, Seen
from simulators.scripts import Event, Happening
from simulators.unseen import Unseen
from simulators.uplinks import Kind, Uplink

REST_INTERVAL_S = 300.0
MOVING_INTERVAL_S = 60.0
#: a position asked for takes this long to find
LOCATE_S = 8.0
#: an interval that the server ordered is kept this long
ORDERED_FOR_S = 1800.0
#: later than this (the machine slept) it goes on from now instead of catching up
CATCH_UP_S = 120.0
STEP_M = 0.55


class Band:
    """One band on one wrist."""

    def __init__(
        self,
        *,
        device_id: str,
        life: Life,
        receiver: Receiver,
        starts_at: datetime,
        rng: random.Random,
        battery_pct: float | None = None,
        events: Sequence[Event] = (),
    ) -> None:
        """Boot at *starts_at*; the first report comes within one interval."""
        self.device_id = device_id
        self._receiver = receiver
        self._battery = Battery(rng.uniform(35, 100) if battery_pct is None else battery_pct)
        self._events: list[Event] = []
        # The boot time makes report ids unique for good, also over restarts.
        self._boot = f"{int(starts_at.timestamp()):x}"
        self._number = 0
        self._moving = life.truth(starts_at).moving
        self._next_report_at = starts_at + timedelta(seconds=rng.uniform(0, self._own_interval_s))
        self.direct(life, events, starts_at)
        self._locates: list[tuple[datetime, str]] = []
        self._done_commands: set[str] = set()
        self._ordered: tuple[float, datetime] | None = None
        self._unseen = Unseen()
        self._airwaves = Airwaves(device_id)
        self._worn = True
        self._silent = False
        self._flat_until: datetime | None = None
        self._steps = 0.0
        self._last_at = starts_at

    def direct(self, life: Life, events: Sequence[Event], now: datetime) -> None:
        """Live like this from *now* on: a story begins on this wrist."""
        self.life = life
        self._events = sorted(events, key=lambda event: event.at)
        self._next_change_at = life.next_change(now)

    # -- what it says ----------------------------------------------------------------------------

    def birth(self, now: datetime) -> Uplink:
        """Return the retained message that the band is there."""
        return self._state(online=True, now=now)

    def due_at(self) -> datetime:
        """Return when the band wants to be woken next."""
        waits = [self._next_report_at]
        if self._next_change_at is not None:
            waits.append(self._next_change_at)
        waits += [at for at, _ in self._locates]
        waits += self._unseen.due_times()
        if self._silent or self._flat_until is not None:
            # Nothing of this leaves the band: only what ends the silence matters.
            waits = [] if self._flat_until is None else [self._flat_until]
        if self._events:
            waits.append(self._events[0].at)
        return min(waits, default=self._next_report_at + timedelta(days=365))

    def wake(self, now: datetime) -> list[Uplink]:
        """Do everything that is due until *now*, in order; return what the band says."""
        said: list[Uplink] = []
        while (at := self.due_at()) <= now:
            if now - at > timedelta(seconds=CATCH_UP_S):
                self._skip_to(now)
                at = now
            said += self._step(at)
        return said

    def command(self, body: Mapping[str, Any], now: datetime) -> list[Uplink]:
        """Obey one command: answer it at receipt, then do it. One that is too old is dropped."""
        if self._silent or self._flat_until is not None:
            return []
        name = str(body.get("cmd", ""))
        expires = body.get("exp")
        if isinstance(expires, int | float) and expires < now.timestamp():
            return []
        error = None if name in self._done_commands else self._obey(name, body, now)
        self._done_commands.add(name)
        answer = {"cmd": name, "ok": error is None, "err": error}
        return [Uplink(device_id=self.device_id, kind=Kind.ACK, body=answer)]

    def seen(self, report_ids: Sequence[str]) -> None:
        """Forget reports that the server has committed."""
        if not self._silent:
            self._unseen.seen(report_ids)

    # -- inside ----------------------------------------------------------------------------------

    @property
    def _own_interval_s(self) -> float:
        return MOVING_INTERVAL_S if self._moving else REST_INTERVAL_S

    def _interval(self, at: datetime) -> timedelta:
        ordered_s = self._own_interval_s
        if self._ordered is not None and at < self._ordered[1]:
            ordered_s = min(ordered_s, self._ordered[0])
        return timedelta(seconds=ordered_s)

    def _obey(self, name: str, body: Mapping[str, Any], now: datetime) -> str | None:
        arguments = body.get("args")
        match body.get("do"):
            case "locate":
                self._locates.append((now + timedelta(seconds=LOCATE_S), name))
            case "interval":
                seconds = arguments.get("s") if isinstance(arguments, Mapping) else None
                if not isinstance(seconds, int | float) or not 5 <= seconds <= 86400:
                    return "bad_args"
                self._ordered = (float(seconds), now + timedelta(seconds=ORDERED_FOR_S))
                self._next_report_at = min(self._next_report_at, now + self._interval(now))
            case "find" | "contacts" | "removal_alarm" | "text" | "sos_taken":
                pass
            case _:
                return "unknown"
        return None

    def _step(self, at: datetime) -> list[Uplink]:
        """Do the one thing that is due at *at*."""
        if self._events and self._events[0].at <= at:
            return self._happen(self._events.pop(0), at)
        if self._flat_until is not None and self._flat_until <= at:
            self._flat_until = None
            self._battery.recharge()
            self._next_report_at = at
            return [self._state(online=True, now=at)]
        if self._next_change_at is not None and self._next_change_at <= at:
            return self._feel_steps(at)
        for n, (due_at, name) in enumerate(self._locates):
            if due_at <= at:
                del self._locates[n]
                return self._report(at, why="reply", command=name)
        if (again := self._unseen.again(at)) is not None:
            return [self._uplink(again, is_resend=True)]
        self._next_report_at = at + self._interval(at)
        return self._report(at, why="move" if self._moving else "timer")

    def _happen(self, event: Event, at: datetime) -> list[Uplink]:
        match event.what:
            case Happening.SOS:
                # At once, with no fix to wait for; the position follows.
                return self._report(at, why="alarm", alarm=Alarm.SOS, without_fix=True) + (
                    self._report(at, why="alarm")
                )
            case Happening.TAKEN_OFF:
                self._worn = False
                return self._report(at, why="alarm", alarm=Alarm.REMOVED)
            case Happening.PUT_ON:
                self._worn = True
                return self._report(at, why="timer")
            case Happening.GOES_SILENT:
                self._silent = True
            case Happening.SPEAKS_AGAIN:
                self._silent = False
                self._next_report_at = at
            case Happening.STRAY_FIX:
                truth = self.life.truth(at)
                stray = Seen(
                    position=truth.position.moved(east_m=event.east_m, north_m=event.north_m),
                    accuracy_m=event.accuracy_m,
                    source=event.source,
                )
                return self._report(at, why="timer", stray=stray)
        return []

    def _feel_steps(self, at: datetime) -> list[Uplink]:
        was_moving = self._moving
        self._moving = self.life.truth(at).moving
        self._next_change_at = self.life.next_change(at)
        if self._moving == was_moving:
            return []
        self._next_report_at = at + self._interval(at)
        return self._report(at, why="move")

    def _report(
        self,
        at: datetime,
        *,
        why: str,
        alarm: Alarm | None = None,
        command: str | None = None,
        stray: Seen | None = None,
        without_fix: bool = False,
    ) -> list[Uplink]:
        if self._flat_until is not None:
            return []
        truth = self.life.truth(at)
        self._spend(truth, at)
        if self._silent:
            return []
        alarms = [] if alarm is None else [alarm.value]
        if self._battery.falls_low():
            alarms.append(Alarm.LOW_BATTERY.value)
        if self._battery.is_flat:
            alarms.append(Alarm.POWER_OFF.value)
        self._number += 1
        body: dict[str, Any] = {
            "v": 1,
            "id": f"{self._boot}-{self._number}",
            "t": round(at.timestamp(), 3),
            "why": why,
        }
        if command is not None:
            body["cmd"] = command
        seen = None if without_fix else (stray or self._receiver.look(truth, at))
        if seen is not None:
            body["fix"] = _fix(seen, truth)
        battery = self._battery
        body["bat"] = {"pct": max(0, round(battery.pct)), "charging": battery.charging}
        body["worn"] = self._worn
        body["steps"] = int(self._steps)
        body["alarms"] = alarms
        body["wifi"] = self._airwaves.heard(truth)
        if alarms:
            self._unseen.keep(body, at)
        said = [self._uplink(body)]
        if self._battery.is_flat:
            # The broker says for it what the band no longer can: its last will.
            self._flat_until = at + timedelta(seconds=RECHARGED_AFTER_S)
            self._unseen.clear()
            said.append(self._state(online=False, now=at))
        return said

    def _uplink(self, body: dict[str, Any], *, is_resend: bool = False) -> Uplink:
        return Uplink(device_id=self.device_id, kind=Kind.REPORT, body=body, is_resend=is_resend)

    def _spend(self, truth: Truth, at: datetime) -> None:
        passed_s = max(0.0, (at - self._last_at).total_seconds())
        if at.astimezone(LOCAL_ZONE).date() != self._last_at.astimezone(LOCAL_ZONE).date():
            self._steps = 0.0  # the counter begins anew at local midnight
        self._last_at = at
        self._steps += truth.speed_mps * passed_s / STEP_M
        self._battery.use(passed_s=passed_s, at=at, indoors=truth.indoors)

    def _skip_to(self, now: datetime) -> None:
        self._next_report_at = max(self._next_report_at, now)
        if self._next_change_at is not None and self._next_change_at < now:
            self._next_change_at = now
        self._locates = [(max(at, now), name) for at, name in self._locates]
        self._unseen.postpone(now)
        if self._flat_until is not None:
            self._flat_until = max(self._flat_until, now)

    def _state(self, *, online: bool, now: datetime) -> Uplink:
        body: dict[str, Any] = {"online": online}
        if online:
            body |= {"fw": "sim-1", "t": int(now.timestamp())}
        return Uplink(device_id=self.device_id, kind=Kind.STATE, body=body)


def _fix(seen: Seen, truth: Truth) -> dict[str, Any]:
    fix: dict[str, Any] = {
        "src": seen.source.value,
        "lat": round(seen.position.lat, 6),
        "lon": round(seen.position.lon, 6),
        "acc_m": seen.accuracy_m,
        "age_s": 0,
    }
    if seen.satellites is not None:
        fix["sat"] = seen.satellites
        fix["kmh"] = round(truth.speed_mps * 3.6, 1)
    return fix
