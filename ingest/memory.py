"""What the worker remembers from one batch to the next, so that it need not read it again.

Never more than the database holds, and never trusted blindly. Who is registered, with which zones,
counts as long as the registry's number has not grown; what is known and believed of a band and its
wearer is saved only over the version it followed from. When that fails, everything is forgotten
and the batch is done again (docs/decisions/0013).
"""

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy import Connection

from core.people import Elder
from core.zones import Zone
from geofence import saving
from geofence.learning import learning_day
from geofence.saving import UNSAVED, Saved, Written
from ingest import surroundings
from ingest.surroundings import Surroundings
from store import beliefs, newest, registry, registry_version
from store import surroundings as stored_surroundings
from store.beliefs import StoredBelief
from store.newest import Newest
from store.zones import zones_for

log = logging.getLogger(__name__)

#: bands and elders that are remembered; who was not heard for longest is forgotten first
MOST_BANDS = 20_000
#: beliefs are larger: some 15 KiB with a window of half an hour at a fix a minute
MOST_BELIEFS = 5_000
#: no band keeps its reports for longer before it sends them
LATE_REPORTS = timedelta(days=7)

Key = TypeVar("Key")
Value = TypeVar("Value")


class _Recent(dict[Key, Value], Generic[Key, Value]):
    """A dictionary that knows which entries were used last."""

    def use(self, keys: Iterable[Key]) -> list[Key]:
        """Note that *keys* are used; return those that are not here."""
        missing = []
        for key in keys:
            if key in self:
                self[key] = self.pop(key)
            else:
                missing.append(key)
        return missing

    def shrink(self, most: int) -> None:
        """Forget what was not used for longest, until *most* are left."""
        for key in list(self)[: max(0, len(self) - most)]:
            del self[key]


@dataclass(frozen=True, slots=True)
class Wearer:
    """An elder, and the zones that count, now or at other times, for them and for everyone."""

    elder: Elder
    zones: tuple[Zone, ...]


@dataclass(frozen=True, slots=True)
class Believed:
    """What is believed of one elder, and in which version it is stored (0: not at all)."""

    saved: Saved
    version: int


def belief_row(elder_id: int, known: Believed, written: Written) -> StoredBelief:
    """Return the row of a belief that followed from the one *known*."""
    return StoredBelief(
        elder_id=elder_id, version=known.version, short=written.short, long=written.long
    )


class Memory:
    """One worker's memory. The worker hands in what it committed, and nothing else."""

    def __init__(self) -> None:
        """Nothing is remembered."""
        self._registry: int | None = None
        #: device id to elder id; a band that nobody registered has no entry in the value
        self._wearers: _Recent[str, tuple[int | None, ...]] = _Recent()
        self._elders: _Recent[int, Wearer] = _Recent()
        self._newest: _Recent[str, Newest | None] = _Recent()
        self._beliefs: _Recent[int, Believed] = _Recent()
        self._surroundings: _Recent[int, Surroundings] = _Recent()

    def forget(self) -> None:
        """Forget everything: something of it was not the newest."""
        for part in (self._wearers, self._elders, self._newest, self._beliefs):
            part.clear()
        self._surroundings.clear()

    def keep(
        self,
        rows: Mapping[str, Newest],
        judged: Mapping[int, Believed],
        learned: Mapping[int, Surroundings],
    ) -> None:
        """Remember what was committed, and what was learned and is written later."""
        self._newest.update(rows)
        self._beliefs.update(judged)
        self._surroundings.update(learned)
        self._wearers.shrink(MOST_BANDS)
        self._elders.shrink(MOST_BANDS)
        self._newest.shrink(MOST_BANDS)
        self._beliefs.shrink(MOST_BELIEFS)
        self._surroundings.shrink(MOST_BELIEFS)

    # -- recalled at the beginning of a batch ------------------------------------------------------

    def wearers(self, connection: Connection, device_ids: Collection[str]) -> dict[str, int | None]:
        """Return elder id by device id for the registered bands among *device_ids*."""
        version = registry_version.version(connection)
        if version is None or version != self._registry:
            self._wearers.clear()
            self._elders.clear()
            self._registry = version
        unknown = self._wearers.use(device_ids)
        if unknown:
            found = registry.wearers(connection, unknown)
            self._wearers.update((one, (found[one],) if one in found else ()) for one in unknown)
        return {one: elder_id for one in device_ids for elder_id in self._wearers[one]}

    def newest(self, connection: Connection, device_ids: Collection[str]) -> dict[str, Newest]:
        """Return what each band said last; a band never heard is not in it."""
        unknown = self._newest.use(device_ids)
        if unknown:
            found = newest.load(connection, unknown)
            self._newest.update((one, found.get(one)) for one in unknown)
        return {one: row for one in device_ids if (row := self._newest[one]) is not None}

    def elders(
        self, connection: Connection, elder_ids: Collection[int], now: datetime
    ) -> dict[int, Wearer]:
        """Return these elders with their zones, as of this batch's `wearers`.

        Zones that were given up lately are among them: they still count for what happened before.
        """
        unknown = self._elders.use(elder_ids)
        if unknown:
            zones = zones_for(connection, unknown, retired_after=now - LATE_REPORTS)
            found = registry.elders(connection, unknown)
            self._elders.update((one, Wearer(found[one], zones[one])) for one in unknown)
        return {one: self._elders[one] for one in elder_ids}

    def beliefs(self, connection: Connection, elder_ids: Collection[int]) -> dict[int, Believed]:
        """Return what is believed of each of these elders."""
        unknown = self._beliefs.use(elder_ids)
        if unknown:
            found = beliefs.load(connection, unknown)
            self._beliefs.update((one, _recalled(found.get(one), one)) for one in unknown)
        return {one: self._beliefs[one] for one in elder_ids}

    def surroundings(
        self, connection: Connection, elders: Mapping[int, Wearer], now: datetime
    ) -> dict[int, Surroundings]:
        """Return what is known of the radio around each of *elders*."""
        unknown = self._surroundings.use(elders)
        if unknown:
            found = stored_surroundings.load(connection, unknown)
            self._surroundings.update(
                (one, surroundings.recalled(found.get(one), one)) for one in unknown
            )
        day = learning_day(now)
        return {
            one: surroundings.at(self._surroundings[one], wearer.zones, now, day)
            for one, wearer in elders.items()
        }


def _recalled(stored: StoredBelief | None, elder_id: int) -> Believed:
    """Return a saved belief; one that cannot be read is forgotten, or it would silence an SOS."""
    if stored is None:
        return Believed(UNSAVED, 0)
    try:
        return Believed(saving.read(stored.short, stored.long), stored.version)
    except ValueError:
        log.exception(
            "What was believed of an elder cannot be read; judging begins anew.",
            extra={"action": "belief_unreadable", "elder": elder_id},
        )
        return Believed(UNSAVED, stored.version)
