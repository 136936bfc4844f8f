"""Beliefs as they were written until schema 0003: one JSON document. Nothing writes it any more.

They are read for as long as a band may be silent and come back: whoever was believed outside must
not be forgotten by an upgrade.
"""

import json
from datetime import datetime
from typing import Any

from core.places import Position
from core.zones import Side
from geofence.announcing import Told
from geofence.beliefs import Belief
from geofence.estimate import Estimate
from geofence.model import FixClass
from geofence.observations import Observation


def read_json(data: bytes) -> Belief:
    """Return the belief in a JSON document; ValueError if it is none."""
    try:
        document = json.loads(data)
        return Belief(
            now=_estimate(document["now"]),
            checkpoint=_estimate(document["checkpoint"]),
            recent=tuple(_observation(seen) for seen in document["recent"]),
            told=Told(**{**document["told"], "in_danger": tuple(document["told"]["in_danger"])}),
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise ValueError(f"not a belief: {type(error).__name__}") from error


def _estimate(data: dict[str, Any]) -> Estimate:
    last, last_good = data["last"], data["last_good"]
    contradicted_at = data["contradicted_at"]
    return Estimate(
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
