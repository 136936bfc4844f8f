"""A band teaches its home what it sounds like; then drift wakes nobody and leaving still does."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from ingest.memory import Memory
from ingest.messages import Message
from ingest.pipeline import process
from store import schema
from tests.conftest import NOON
from tests.scenes import (
    HOME,
    PREFIX,
    RADIUS_M,
    Household,
    Town,
    message,
    on_both_databases,
    register_household,
    report,
    rows,
)

ROUTER, STREET = "00:00:5e:00:53:01", "00:00:5e:00:53:c8"
#: two learning days, and then some
TAUGHT_H = 48


class Pair:
    """Two elders with the same days: one band hears access points, the other does not."""

    def __init__(self, town: Town) -> None:
        """Register the second one."""
        self._engine = town.engine
        self._memory = Memory()
        self._listening = town.household
        with town.engine.begin() as connection:
            self._deaf = register_household(connection, "band-2", now=NOON)

    def say(self, minutes: Iterable[float], east_m: float, *points: str, **fix: Any) -> None:
        """Report from both bands at these minutes, so far east of home; only one hears *points*."""
        for minute in minutes:
            at = NOON + timedelta(minutes=minute)
            wifi = [{"mac": mac, "dbm": -60} for mac in points]
            said = report(f"r-{minute}", at=at, position=HOME.moved(east_m=east_m))
            said["fix"] |= fix
            self._take(
                message(self._listening.device_id, said | {"wifi": wifi}, at=at),
                message(self._deaf.device_id, said, at=at),
            )

    def _take(self, *messages: Message) -> None:
        now = max(one.received_at for one in messages)
        with self._engine.begin() as connection:
            batch = process(connection, messages, prefix=PREFIX, now=now, memory=self._memory)
        self._memory.keep(batch.shown, batch.judged, batch.learned)

    def restart(self) -> None:
        """Forget everything that is not in the database."""
        self._memory = Memory()

    def opened(self) -> tuple[list[Any], list[Any]]:
        """Return when incidents were opened: of the one whose band listens, of the other."""
        return self._opened(self._listening), self._opened(self._deaf)

    def _opened(self, household: Household) -> list[Any]:
        return rows(self._engine, schema.incident, "opened_at", elder_id=household.elder_id)


def taught(town: Town) -> Pair:
    """Return two elders who were at home for two days."""
    pair = Pair(town)
    pair.say(range(0, TAUGHT_H * 60, 10), 3, ROUTER)
    pair.restart()
    return pair


@on_both_databases
def test_drift_in_reach_of_the_router_wakes_nobody(town: Town) -> None:
    """Two wrong Wi-Fi places in a row open an incident only where no router contradicts them."""
    pair = taught(town)
    at = TAUGHT_H * 60

    pair.say([at, at + 5], RADIUS_M + 160, ROUTER, src="wifi", acc_m=40)
    pair.say([at + 10], 3, ROUTER)

    listening, deaf = pair.opened()
    assert ([], 1) == (listening, len(deaf))


@on_both_databases
def test_a_real_exit_is_seen_without_delay(town: Town) -> None:
    """Who walks away is seen at the same report with and without radio."""
    pair = taught(town)
    at = TAUGHT_H * 60

    for minute in range(12):
        points = [ROUTER] if minute < 2 else [STREET]
        pair.say([at + minute], 48 * (minute + 1), *points)

    listening, deaf = pair.opened()
    assert 1 == len(deaf)
    assert deaf == listening


@on_both_databases
def test_a_router_that_comes_along_hides_nobody(town: Town) -> None:
    """Somebody who carries the home's access point away is still seen, well outside."""
    pair = taught(town)
    at = TAUGHT_H * 60

    for minute in range(15):
        pair.say([at + minute], 48 * (minute + 1), ROUTER)

    listening, deaf = pair.opened()
    assert (1, 1) == (len(listening), len(deaf))
