"""The live feed as a stream of server-sent events, read from the database by a growing cursor.

Timeline entries carry their cursor as id, so a browser that lost the line says where it was and
misses nothing. Positions carry no id: a newer one replaces an older one. Nothing is pushed between
processes; every stream asks the database about twice a second.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool

from api.band_shapes import band_feature, iso
from api.moments import Gettext
from api.sentences import NOISE, sentence
from api.services import Services
from core.accounts import Scope
from core.clock import monotonic
from core.feature_queries import Box
from store import map_boxes, map_views
from store.database import reading
from store.map_views import BandView, EntryView

#: all in wall seconds
POLL_S = 0.5
BANDS_EVERY_S = 1.0
TICK_EVERY_S = 5.0
#: positions that were committed late are looked for again this far back
_OVERLAP_S = 10.0
_MOST_BANDS = 2000
#: who missed more than this reloads instead
MOST_ENTRIES = 1000

Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Follower:
    """What one viewer has been told. Its methods read the database; run them in a thread."""

    services: Services
    gettext: Gettext
    #: whose incidents and bands are told
    scope: Scope
    cursor: int
    #: the part of the map that is shown; None: all of it
    box: Box | None = None
    _heard_from: datetime | None = None
    #: bands that stand in the box as far as the viewer knows; None: there is no box
    _inside: set[str] | None = None
    #: what was sent of each band heard lately
    _sent: dict[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Look up which bands stand in the box when the viewer comes."""
        if self.box is not None:
            with reading(self.services.engine) as connection:
                self._inside = map_boxes.devices_in(connection, self.box, scope=self.scope)

    def news(self) -> list[str]:
        """Return the timeline events since last time."""
        with reading(self.services.engine) as connection:
            last = map_views.last_cursor(connection)
        if last == self.cursor:
            return []
        entries, resync = entries_since(self.services, self.cursor, self.scope)
        if resync is not None:
            self.cursor = resync
            return [event("resync", {"cursor": resync}, number=resync)]
        if entries:
            self.cursor = entries[-1].cursor
        # What was there before we looked and is not among them is the canary's or elsewhere's, and
        # never shown.
        self.cursor = max(self.cursor, last)
        return [
            event("incident", entry_json(entry, self.gettext), number=entry.cursor)
            for entry in entries
        ]

    def bands(self) -> list[str]:
        """Return one event with the bands that changed since last time, if any did."""
        speed = max(1.0, self.services.clock.speed)
        overlap = timedelta(seconds=_OVERLAP_S * speed)
        since = self._heard_from or self.services.clock.now() - overlap
        with reading(self.services.engine) as connection:
            heard = map_views.bands(connection, scope=self.scope, heard_from=since)
        shown = {band.device_id: band for band in heard if self._concerns(band)}
        features = {device: band_feature(band) for device, band in shown.items()}
        fresh = [f for device, f in features.items() if self._sent.get(device) != f][:_MOST_BANDS]
        if heard and len(fresh) < _MOST_BANDS:  # else the rest comes next time
            self._heard_from = max(band.heard_at for band in heard) - overlap
        if not fresh:
            return []
        told = {f["properties"]["device"]: f for f in fresh}
        if self._inside is not None:
            self._inside -= told.keys()
            self._inside |= {device for device in told if self._is_in_box(shown[device])}
        self._sent = {d: f for d, f in self._sent.items() if d in features} | told
        return [event("bands", {"type": "FeatureCollection", "features": fresh})]

    def _concerns(self, band: BandView) -> bool:
        """Say whether a band stands in the box, or has just left it: then it is told once more."""
        return self._inside is None or band.device_id in self._inside or self._is_in_box(band)

    def _is_in_box(self, band: BandView) -> bool:
        box, place = self.box, band.position
        if box is None or place is None:
            return box is None
        return box.west <= place.lon <= box.east and box.south <= place.lat <= box.north


def entries_since(
    services: Services, cursor: int, scope: Scope
) -> tuple[list[EntryView], int | None]:
    """Return the entries in *scope* after *cursor*.

    With them a cursor to begin anew at, if that is too far back.

    A cursor ahead of the timeline belongs to another database (a demo that was started again).
    """
    with reading(services.engine) as connection:
        entries = map_views.entries_after(connection, cursor, MOST_ENTRIES + 1, scope=scope)
        if len(entries) > MOST_ENTRIES:
            return [], map_views.last_cursor(connection)
        if not entries and cursor > (last := map_views.last_cursor(connection)):
            return [], last
    return entries, None


def tick_json(services: Services) -> Json:
    """Return the service's time and how fast it runs: ages on a page are computed from these."""
    return {"now": iso(services.clock.now()), "speed": services.clock.speed}


def entry_json(entry: EntryView, gettext: Gettext) -> Json:
    """Return a timeline entry for programs and pages, with its sentence."""
    return {
        "cursor": entry.cursor,
        "incident_id": entry.incident_id,
        "number": entry.number,
        "at": iso(entry.at),
        "kind": entry.kind.value,
        "state": entry.state.value,
        "person_id": entry.person_id,
        "person": entry.person_name,
        "detail": entry.detail,
        "text": sentence(entry, gettext),
        "is_noise": entry.kind in NOISE,
    }


def event(name: str, data: Json, *, number: int | None = None) -> str:
    """Return one server-sent event."""
    lines = [] if number is None else [f"id: {number}"]
    return "\n".join(
        [*lines, f"event: {name}", f"data: {json.dumps(data, ensure_ascii=False)}\n\n"]
    )


async def stream(follower: Follower, is_closing: Callable[[], bool]) -> AsyncIterator[str]:
    """Yield events until the reader leaves or the service closes."""
    services = follower.services
    speed = services.clock.speed
    yield "retry: 1000\n\n" + event("tick", tick_json(services))
    ticked = banded = monotonic()
    while not is_closing():
        for line in await run_in_threadpool(follower.news):
            yield line
        now = monotonic()
        if now - banded >= BANDS_EVERY_S:
            banded = now
            for line in await run_in_threadpool(follower.bands):
                yield line
        if now - ticked >= TICK_EVERY_S or services.clock.speed != speed:
            ticked, speed = now, services.clock.speed
            yield event("tick", tick_json(services))
        await asyncio.sleep(POLL_S)
