"""A zone as programs send and get it. WGS-84 degrees, lon before lat; lengths in metres."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field
from shapely.geometry import Polygon, mapping

from api.moments import Gettext
from api.weekly_spans import HoursSpan, hours_of, spans_of
from api.wire_types import Id, When, Wire, example
from core.errors import BadInput
from core.hours_text import MOST_LETTERS, hours_text, parse_hours
from core.people import Language
from core.weekly_hours import MOST_SPANS, WeeklyHours
from core.working_days import DayRule
from core.zone_faults import BadZone
from core.zone_limits import check_in_area, check_zone, circle_of, polygon_of, zone_warnings
from core.zone_words import warning_text, zone_sentence
from core.zones import Circle, Urgency, Zone, ZoneKind
from store.zones import ZoneVersion

#: more than this many corners is not read at all; what is allowed says `core.zone_limits`
_MOST_READ = 6000
#: wide on purpose: numbers that are no degrees are answered with a sentence of our own
_Number = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]

#: the parts of a zone as `core.zone_faults` names them, and the fields that say them
_CIRCLE_FIELDS = {"radius_m": "circle.radius_m", "shape": "circle.centre"}


class Place(Wire):
    """A place on the ground, WGS-84 degrees."""

    lon: _Number
    lat: _Number


class CircleShape(Wire):
    """All within so many metres of a place."""

    centre: Place
    radius_m: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False, description="10 to 50000")]


class PolygonShape(Wire):
    """A polygon as GeoJSON writes it: rings of corners, the first is the edge, others are holes."""

    type: Literal["Polygon"]
    coordinates: Annotated[
        list[
            Annotated[
                list[Annotated[list[_Number], Field(max_length=3)]], Field(max_length=_MOST_READ)
            ]
        ],
        Field(max_length=50),
    ]


class PolygonAnswer(BaseModel):
    """A polygon as GeoJSON writes it, whoever drew it with how many corners."""

    type: Literal["Polygon"]
    coordinates: list[list[tuple[float, float]]]


class ZoneBody(Wire):
    """A zone: a circle or a polygon, and when it counts. Left out: around the clock, every day."""

    model_config = example(
        name="家",
        kind="safe",
        circle={"centre": {"lon": 120.69, "lat": 30.53}, "radius_m": 300},
        hours_text="周一至周五 06:00-20:00",
        days="every",
    )

    name: Annotated[str, Field(max_length=200)]
    kind: ZoneKind
    circle: CircleShape | None = None
    polygon: PolygonShape | None = None
    hours: Annotated[list[HoursSpan], Field(min_length=1, max_length=MOST_SPANS)] | None = None
    hours_text: Annotated[str, Field(max_length=MOST_LETTERS)] | None = None
    days: DayRule = DayRule.EVERY
    #: of a danger zone: does entering it alarm the rescue team at once?
    urgency: Urgency = Urgency.ALARM
    valid_from: When | None = None
    valid_until: When | None = None


class ZoneWarningWords(BaseModel):
    """What is unwise about a zone that was accepted."""

    code: str
    words: str


class ZoneAnswer(BaseModel):
    """A version of a zone. `id` stays when it is edited; `version` is what `If-Match` names."""

    id: Id
    version: Id
    elder_id: Id | None
    name: str
    kind: ZoneKind
    circle: CircleShape | None
    polygon: PolygonAnswer | None
    hours: list[HoursSpan] | None
    hours_text: str | None
    days: DayRule
    urgency: Urgency
    valid_from: datetime | None
    valid_until: datetime | None
    counts_now: bool
    #: when it begins or ends to count; null: not in the next three years
    changes_at: datetime | None
    sentence_zh: str
    sentence_en: str
    replaces: Id | None
    edited_by: str | None
    edited_at: datetime | None
    retired_by: str | None
    retired_at: datetime | None
    warnings: list[ZoneWarningWords]


class ZonePage(BaseModel):
    """Some zones, and where the list goes on."""

    items: list[ZoneAnswer]
    next: str | None


class ZonePreview(BaseModel):
    """What a zone that is being drawn would be. Nothing was saved."""

    sentence_zh: str
    sentence_en: str
    warnings: list[ZoneWarningWords]


def zone_meant(
    body: ZoneBody,
    *,
    zone_id: int,
    elder_id: int | None,
    margin_km: float,
    language: Language,
    gettext: Gettext,
) -> Zone:
    """Return the zone that *body* describes; BadInput, field by field, when it cannot be meant."""
    _ = gettext
    if elder_id is None and body.kind is not ZoneKind.DANGER:
        raise _bad("kind", _("A zone for everyone is a danger zone."))
    if (body.circle is None) == (body.polygon is None):
        raise _bad("circle", _("A zone is either a circle or a polygon."))
    hours = _hours(body, language, _)
    fields = {} if body.circle is None else _CIRCLE_FIELDS
    try:
        zone = Zone(
            id=zone_id,
            elder_id=elder_id,
            kind=body.kind,
            name=body.name.strip(),
            shape=_shape(body),
            valid_from=body.valid_from,
            valid_until=body.valid_until,
            hours=hours,
            days=body.days,
            urgency=body.urgency,
        )
        check_zone(zone)
        check_in_area(zone, margin_km=margin_km)
    except BadZone as fault:
        plain = "polygon" if fault.part == "shape" else fault.part
        raise _bad(fields.get(fault.part, plain), fault.sentence(language)) from None
    if any(not letter.isprintable() for letter in zone.name):
        raise _bad("name", _("The name holds characters that cannot be shown."))
    return zone


def zone_answer(version: ZoneVersion, now: datetime, language: Language) -> ZoneAnswer:
    """Return a version of a zone for programs."""
    zone = version.zone
    shape = zone.shape
    circle = polygon = None
    if isinstance(shape, Circle):
        place = Place(lon=shape.centre.lon, lat=shape.centre.lat)
        circle = CircleShape(centre=place, radius_m=shape.radius_m)
    else:
        polygon = PolygonAnswer.model_validate(mapping(shape))
    is_given_up = version.retired_at is not None
    return ZoneAnswer(
        id=version.origin,
        version=zone.id,
        elder_id=zone.elder_id,
        name=zone.name,
        kind=zone.kind,
        circle=circle,
        polygon=polygon,
        hours=None if zone.hours is None else spans_of(zone.hours),
        hours_text=None if zone.hours is None else hours_text(zone.hours, language),
        days=zone.days,
        urgency=zone.urgency,
        valid_from=zone.valid_from,
        valid_until=zone.valid_until,
        counts_now=zone.counts_at(now),
        changes_at=zone.next_change(now),
        sentence_zh=zone_sentence(zone, Language.CHINESE, now),
        sentence_en=zone_sentence(zone, Language.ENGLISH, now),
        replaces=version.replaces,
        edited_by=version.edited_by,
        edited_at=version.edited_at,
        retired_by=version.retired_by,
        retired_at=version.retired_at,
        warnings=[] if is_given_up else warnings_of(zone, language),
    )


def warnings_of(zone: Zone, language: Language) -> list[ZoneWarningWords]:
    """Return what is unwise about *zone*."""
    return [
        ZoneWarningWords(code=warning.value, words=warning_text(warning, language))
        for warning in zone_warnings(zone)
    ]


def _hours(body: ZoneBody, language: Language, _: Gettext) -> WeeklyHours | None:
    given = {}
    for field, read in (("hours", body.hours), ("hours_text", body.hours_text)):
        if read is None:
            continue
        try:
            given[field] = parse_hours(read) if isinstance(read, str) else hours_of(read)
        except ValueError as error:
            plain = _("Write hours like “Mon-Fri 08:00-17:00; Sat 22:00-Mon 06:00”.")
            said = plain if language is Language.CHINESE else str(error)
            raise _bad(field, said) from None
    if len(set(given.values())) > 1:
        raise _bad("hours", _("The hours and the hours in words differ: send one of them."))
    return next(iter(given.values()), None)


def _shape(body: ZoneBody) -> Circle | Polygon:
    if body.circle is not None:
        centre = body.circle.centre
        return circle_of(centre.lon, centre.lat, body.circle.radius_m)
    assert body.polygon is not None
    return polygon_of(body.polygon.coordinates)


def _bad(field: str, said: str) -> BadInput:
    return BadInput(said, {field: said})
