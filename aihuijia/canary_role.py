"""The canary role: a virtual band leaves its zone every few minutes, through all real parts.

A round: the band is at home, says good fixes from outside until the provider has taken the message
to the test number, then the canary closes its own incident, and the band goes home. How long each
stage took, or where it stuck, is one row of `canary_round`. Exactly one process does this.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import Connection, Engine

from aihuijia.canary_band import CanaryBand, Login
from aihuijia.canary_tables import AGAIN_S, CanaryTables
from aihuijia.canary_walk import Walk
from alerts import desk
from alerts.notices import NoticeKind, tell_operators
from alerts.promise_words import STAGES
from core.band_passwords import key_mark, password
from core.canary import Result, Round, Sight, Stage, is_nightly, next_begin
from core.clock import Clock
from core.errors import SettingError
from core.settings import Settings
from store import canary, canary_cast
from store.canary_cast import DEVICE_ID, HOME, Cast

log = logging.getLogger(__name__)

#: where the band walks to: well outside, and no faster than somebody in a hurry on a bicycle
OUTSIDE = HOME.moved(east_m=0.0, north_m=400.0)
#: a round that is not with the provider after this is failed: four fixes' time in seconds of
#: service time, and so many wall seconds for the machines
_FIXES_S, _MACHINES_S = 180.0, 20.0
#: the receipt is waited for this long: service seconds, and wall seconds
_RECEIPT_S, _RECEIPT_WALL_S = 15.0, 5.0
#: how often the tables are looked at, wall seconds: on the way, and at home
_LOOK_S, _REST_LOOK_S = 0.1, 1.0


class CanaryRole:
    """Runs until it is stopped; survives the broker's and the database's absence."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        clock: Clock,
        *,
        broker_url: str = "",
        machines_s: float = _MACHINES_S,
    ) -> None:
        """SettingError when a setting is missing.

        *broker_url*: where the broker is when the settings do not know. *machines_s*: what the
        machines may need in a round, wall seconds.
        """
        self._machines_s = machines_s
        self._number = settings.require_canary_number()
        self._every = timedelta(seconds=settings.canary_every_s)
        self._answer_within_s = settings.canary_answer_within_s
        self._settings = settings
        self._engine = engine
        self._clock = clock
        self._url = settings.canary_broker_url or broker_url or settings.broker_url
        #: a broker that asks us who we are asks bands, too
        asked = bool(urlsplit(self._url).username) or bool(settings.band_key.get_secret_value())
        self._key = settings.require_band_key() if asked else b""
        self._generation: int | None = None
        self._walk: Walk | None = None
        self._stopping = threading.Event()
        self._tables = CanaryTables(engine, clock, self._stopping)
        self._thread = threading.Thread(target=self._run, name="canary", daemon=True)

    def start(self) -> None:
        """Register what is missing and begin; SettingError when the test number is somebody's."""
        with self._engine.begin() as connection:
            self._ensure(connection)
        self._thread.start()

    def stop(self) -> None:
        """End the round under way and stop."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def _run(self) -> None:
        self._tables.write(self._tidy_up)
        while not self._stopping.is_set():
            began_at = self._clock.now()
            try:
                self._round(began_at)
                self._rest(until=next_begin(began_at, self._every))
            except SettingError as error:
                log.error("The canary cannot fly: %s", error, extra={"action": "canary_unfit"})
                self._stopping.wait(self._every.total_seconds() / self._clock.speed)
            except Exception:
                log.exception("The canary stumbled.", extra={"action": "canary_fault"})
                self._stopping.wait(AGAIN_S)
        if self._walk is not None:
            self._walk.band.stop()

    # -- one round -------------------------------------------------------------------------------

    def _round(self, began_at: datetime) -> None:
        begun = self._tables.write(lambda connection: self._begin(connection, began_at))
        if begun is None:
            return
        number, cast, nightly = begun
        walk = self._walk_of(cast)
        played = Round(started_at=began_at, is_nightly=nightly)
        if self._clock.now() > self._late_at(began_at):
            # All this time the database was away.
            played = replace(played, result=Result.FAILED, problem=Stage.STORED)
        else:
            played = self._play(walk, cast, played)
        if self._stopping.is_set() and played.result is not Result.GOOD:
            played = replace(played, result=Result.INTERRUPTED, problem=None)
        self._tables.write(
            lambda connection: self._end(connection, number, cast, played), at_last=True
        )
        if played.problem is not None:
            log.error(
                "The canary's alarm did not reach the provider in time; it stuck at: %s.",
                played.problem.value,
                extra={"action": "canary_failed", "stage": played.problem.value, "round": number},
            )

    def _play(self, walk: Walk, cast: Cast, played: Round) -> Round:
        walk.go(HOME)
        sight = self._stay(walk, cast, lambda seen: seen.is_home)
        if not sight.is_home:
            at_home = walk.told(played, sight)
            stuck = at_home.stuck_at()
            problem = Stage.HOME if stuck is Stage.TRIGGERED else stuck
            return replace(played, result=Result.FAILED, problem=problem)
        walk.go(OUTSIDE)
        sight = self._stay(walk, cast, lambda seen: seen.handed_over_at is not None)
        if sight.handed_over_at is None:
            stuck_round = walk.told(played, sight)
            return replace(stuck_round, result=Result.FAILED, problem=stuck_round.stuck_at())
        wait_s = _RECEIPT_S + _RECEIPT_WALL_S * self._clock.speed
        until = self._clock.now() + timedelta(seconds=wait_s)
        sight = self._stay(walk, cast, lambda seen: seen.receipt_at is not None, until=until)
        if not (played.is_nightly and self._answer_within_s):
            return replace(walk.told(played, sight), result=Result.GOOD)
        # The receipt was waited for meanwhile: both count from the provider's taking it.
        wait_s = self._answer_within_s + _RECEIPT_WALL_S * self._clock.speed
        until = (sight.handed_over_at or self._clock.now()) + timedelta(seconds=wait_s)
        sight = self._stay(walk, cast, lambda seen: seen.answered_at is not None, until=until)
        heard = walk.told(played, sight)
        if sight.answered_at is None:
            return replace(heard, result=Result.FAILED, problem=Stage.ANSWERED)
        return replace(heard, result=Result.GOOD)

    def _stay(
        self,
        walk: Walk,
        cast: Cast,
        is_reached: Callable[[Sight], bool],
        *,
        until: datetime | None = None,
    ) -> Sight:
        """Report as often as the service wants until it has got so far, or the time is over."""
        until = until or self._late_at(self._clock.now())
        sight = Sight()
        while not self._stopping.is_set():
            walk.speak()
            sight = self._tables.look(cast, walk.report_ids) or sight
            self._tables.beat()
            if is_reached(sight) or self._clock.now() >= until:
                break
            self._stopping.wait(_LOOK_S)
        return sight

    def _rest(self, *, until: datetime) -> None:
        """Be at home until the next round; whatever opened late is closed."""
        walk = self._walk
        if walk is None:
            return
        walk.go(HOME)
        while not self._stopping.is_set() and self._clock.now() < until:
            cast = walk.cast
            sight = self._tables.look(cast, walk.report_ids)
            walk.speak(hurry=sight is not None and not sight.is_home)
            self._tables.beat()
            if sight is not None and sight.incident_id is not None:
                self._tables.write(
                    lambda connection, elder_id=cast.elder_id: desk.end_drill(  # type: ignore[misc]
                        connection, elder_id, now=self._clock.now()
                    )
                )
            self._stopping.wait(max(_LOOK_S, _REST_LOOK_S / self._clock.speed))

    def _late_at(self, begin: datetime) -> datetime:
        return begin + timedelta(seconds=_FIXES_S + self._machines_s * self._clock.speed)

    # -- the database ----------------------------------------------------------------------------

    def _ensure(self, connection: Connection) -> Cast:
        return canary_cast.ensure(
            connection,
            number=self._number,
            key_mark=key_mark(self._key) if self._key else None,
            now=self._clock.now(),
        )

    def _tidy_up(self, connection: Connection) -> None:
        """End what a canary that was killed left open."""
        now = self._clock.now()
        canary.end_left_open(connection, now)
        desk.end_drill(connection, self._ensure(connection).elder_id, now=now)

    def _begin(self, connection: Connection, began_at: datetime) -> tuple[int, Cast, bool]:
        cast = self._ensure(connection)  # each time: a number that was refused gets another chance
        desk.end_drill(connection, cast.elder_id, now=self._clock.now())
        last = canary.last_nightly(connection)
        nightly = is_nightly(began_at, None if last is None else last.started_at)
        return canary.begin(connection, began_at), cast, nightly

    def _end(self, connection: Connection, number: int, cast: Cast, played: Round) -> None:
        now = self._clock.now()
        closed = desk.end_drill(connection, cast.elder_id, now=now)
        ended = replace(played, ended_at=now, incident_id=closed)
        canary.finish(connection, number, ended)
        canary.forget_old(connection, elder_id=cast.elder_id, device_id=DEVICE_ID)
        if played.is_nightly and played.problem is not None:
            stage = {"stage": STAGES[played.problem]}
            tell_operators(connection, NoticeKind.CANARY_FAILED, "nightly", stage, now)

    # -- the band --------------------------------------------------------------------------------

    def _walk_of(self, cast: Cast) -> Walk:
        """Return the band's walk; with a new password it is a new connection."""
        if self._walk is not None and self._generation == cast.generation:
            return self._walk
        if self._walk is not None:
            self._walk.band.stop()
        self._generation = cast.generation
        login = Login(
            url=self._url,
            device_id=DEVICE_ID,
            password=password(self._key, DEVICE_ID, cast.generation) if self._key else "",
            ca_file=self._settings.broker_ca,
        )
        band = CanaryBand(login, self._clock, prefix=self._settings.topic_prefix)
        band.start()
        self._walk = Walk(band, self._clock, cast)
        return self._walk
