"""Beliefs as earlier versions wrote them. Nothing writes these forms any more.

They are read for as long as a band may be silent and come back: whoever was believed outside must
not be forgotten by an upgrade. How many witnesses there were is kept; where each stood was not
written then, and is taken to be where the last good fix was.
"""

import json
import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from core.places import Position
from core.zones import Side
from geofence.announcing import Told
from geofence.beliefs import Belief
from geofence.estimate import Estimate, from_rows, ground_number
from geofence.model import MODEL, FixClass
from geofence.observations import Observation
from geofence.rows import SIDES, WITNESSES, blanks

#: the second byte of a short part in form 2; the first says that it is a list
FORM_2 = b"\x02"


class _Estimate(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """An estimate as forms 1 (JSON) and 2 had it."""

    log_odds: float | None
    side: Side
    suspicious: bool
    well_founded: bool
    supports: tuple[datetime, ...]
    in_a_row: int
    contradicted_at: datetime | None
    last: Observation | None
    last_good: Observation | None
    in_danger: tuple[int, ...]
    leaving_danger: tuple[tuple[int, datetime], ...]


class _Short(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """The short part of form 2."""

    form: int
    now: _Estimate
    checkpoint: _Estimate
    told: Told
    kept: int
    left: int
    new: tuple[Observation, ...]


_decode_short = msgspec.msgpack.Decoder(_Short).decode


def read_form_2(short: bytes, kept: Sequence[Observation]) -> Belief:
    """Return the belief of form 2 with this long part; ValueError if the parts do not fit."""
    found = _decode_short(short)
    if len(kept) < found.kept:
        raise ValueError("the parts of a belief do not belong together")
    return Belief(
        now=_today(found.now),
        checkpoint=_today(found.checkpoint),
        recent=(*kept[: found.kept][found.left :], *found.new),
        told=found.told,
    )


def read_json(data: bytes) -> Belief:
    """Return the belief in a JSON document; ValueError if it is none."""
    try:
        document = json.loads(data)
        return Belief(
            now=_today(_estimate(document["now"])),
            checkpoint=_today(_estimate(document["checkpoint"])),
            recent=tuple(_observation(seen) for seen in document["recent"]),
            told=Told(**{**document["told"], "in_danger": tuple(document["told"]["in_danger"])}),
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise ValueError(f"not a belief: {type(error).__name__}") from error


def _today(old: _Estimate) -> Estimate:
    rows = blanks(1)
    row, last, good = rows[0], old.last, old.last_good
    row["log_odds"] = math.nan if old.log_odds is None else old.log_odds
    row["side"] = SIDES.index(old.side)
    row["suspicious"], row["well_founded"] = old.suspicious, old.well_founded
    row["in_a_row"] = old.in_a_row
    if old.contradicted_at is not None:
        row["contradicted_t"] = old.contradicted_at.timestamp()
    if last is not None:
        row["ground"] = ground_number(last.ground)
        row["last_t"], row["last_lon"], row["last_lat"] = last.t, *_place(last)
        row["last_beyond_m"] = math.nan if last.beyond_m is None else last.beyond_m
    if good is not None and good.beyond_m is not None:
        row["good_t"], row["good_lon"], row["good_lat"] = good.t, *_place(good)
        row["good_beyond_m"], row["good_accuracy_m"] = good.beyond_m, good.accuracy_m
        row["good_evidence"] = MODEL.evidence(
            MODEL.probability_beyond(good.beyond_m, good.accuracy_m), good.fix_class
        )
        for place, at in enumerate(reversed(old.supports[-WITNESSES:]), start=1):
            row["witness_t"][-place] = at.timestamp()
            row["witness_lon"][-place], row["witness_lat"][-place] = _place(good)
            row["witness_news"][-place] = 1.0
    danger = (old.in_danger, old.leaving_danger)
    return from_rows(rows, [last], [good], [danger])[0]


def _place(seen: Observation) -> tuple[float, float]:
    return seen.position.lon, seen.position.lat


def _estimate(data: dict[str, Any]) -> _Estimate:
    last, last_good = data["last"], data["last_good"]
    contradicted_at = data["contradicted_at"]
    return _Estimate(
        log_odds=data["log_odds"],
        side=Side(data["side"]),
        suspicious=data["suspicious"],
        well_founded=data["well_founded"],
        supports=tuple(datetime.fromisoformat(at) for at in data["supports"]),
        in_a_row=data["in_a_row"],
        contradicted_at=datetime.fromisoformat(contradicted_at) if contradicted_at else None,
        last=_observation(last) if last else None,
        last_good=_observation(last_good) if last_good else None,
        in_danger=tuple(data["in_danger"]),
        leaving_danger=tuple(
            (zone_id, datetime.fromisoformat(at)) for zone_id, at in data["leaving_danger"]
        ),
    )


def _observation(data: list[Any]) -> Observation:
    at, report_id, lon, lat, fix_class, accuracy_m, is_backlog, beyond_m, dangers, ground = data
    return Observation(
        at=datetime.fromisoformat(at),
        report_id=report_id,
        position=Position(lon, lat),
        fix_class=FixClass(fix_class),
        accuracy_m=accuracy_m,
        is_backlog=is_backlog,
        beyond_m=beyond_m,
        dangers=tuple((zone_id, metres) for zone_id, metres in dangers),
        ground=ground,
    )
