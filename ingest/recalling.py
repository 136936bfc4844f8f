"""What a band said last, as stored, in the form that the next ping is compared with."""

from datetime import datetime

from core.places import Position
from ingest.screening import Place, Previous, place_of
from store.newest import Newest


def previous_of(known: Newest) -> Previous:
    """Return what the band of *known* said before."""
    return Previous(
        believed=_place(known.lon, known.lat, known.position_at, known.accuracy_m, known.source),
        doubted=_place(known.doubted_lon, known.doubted_lat, known.doubted_at, None, None),
    ).recalling(known.screening)


def _place(
    lon: float | None,
    lat: float | None,
    at: datetime | None,
    accuracy_m: float | None,
    source: str | None,
) -> Place | None:
    if lon is None or lat is None or at is None:
        return None
    return place_of(Position(lon, lat), at, accuracy_m, source)
