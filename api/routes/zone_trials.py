"""How often a zone that is being drawn would have alarmed in the last days."""

from typing import Annotated, Any

from fastapi import APIRouter, Request

from alerts.false_alarms import load_past
from api.access import Caller, Viewer, callers
from api.band_shapes import iso
from api.drawn_zones import DrawnZone
from api.labels import CAUSES
from api.pages import gettext_of
from api.services import Held
from core.false_alarms import STANDARD_FALSE_ALARMS
from geofence.drawn import try_drawn
from store import looks, scoping
from store.database import reading

router = APIRouter(prefix="/api")

Operator = Annotated[Viewer, callers(Caller.OPERATOR)]
#: alarms that are listed one by one, the newest; the numbers count all of them
MOST_ALARMS = 200


@router.post("/zones/try")
def try_zone(
    request: Request, services: Held, viewer: Operator, drawn: DrawnZone
) -> dict[str, Any]:
    """Return the alarms of the last 14 days with the drawn zone, and with the zones there are."""
    now = services.clock.now()
    with reading(services.engine) as connection:
        scoping.check_elder(connection, drawn.elder, viewer.scope)
        past = load_past(connection, drawn.elder, now)
    with services.engine.begin() as connection:
        looks.record(connection, viewer.name, drawn.elder, "zone trial", now)
    tried = try_drawn(past, drawn.zone(), now)
    present = tried.present.per_day()
    _ = gettext_of(request)
    return {
        "elder": drawn.elder,
        "looks_back_days": STANDARD_FALSE_ALARMS.looks_back_days,
        "fixes": tried.drawn.fixes,
        "first_at": iso(tried.drawn.first_at),
        "last_at": iso(tried.drawn.last_at),
        "alarms": len(tried.drawn.alarms),
        "alarms_now": len(tried.present.alarms),
        "days": [
            {"day": day.isoformat(), "alarms": count, "alarms_now": present.get(day, 0)}
            for day, count in tried.drawn.per_day().items()
        ],
        "false_alarms": list(tried.compared.false_alarms),
        "spared": list(tried.compared.spared),
        "hidden": list(tried.compared.hidden),
        "would_alarm": [
            {
                "at": iso(alarm.at),
                "until": iso(alarm.until),
                "lasted_s": round(tried.drawn.lasted_s(alarm)),
                "farthest_m": round(alarm.farthest_m),
                "cause": alarm.cause.value,
                "words": _(CAUSES[alarm.cause]),
            }
            for alarm in tried.drawn.alarms[-MOST_ALARMS:]
        ],
    }
