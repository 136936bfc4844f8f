"""Read the wellness figures of Watch bands. Pure. Never a medical statement.

A sensor that failed says 0 (temperature: 0 or 1); such a figure is None, and no alarm follows.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from ingest.codecs.readings import Flag, Health
from ingest.codecs.watch.fields import Fields

#: degrees Celsius up to which a temperature is a failed measurement
_FAILED_C = 1
_SITES = {"0": "forehead", "1": "wrist"}


def read_health(word: str, values: Sequence[str]) -> tuple[Health, frozenset[Flag]]:
    """Return what the values behind the health keyword *word* (upper case) say."""
    fields = Fields(values)
    return HEALTH_WORDS[word](fields), frozenset(fields.flags)


def _heart(fields: Fields) -> Health:
    return Health(bpm=fields.whole(0, 0, 300) or None)


def _pressure(fields: Fields) -> Health:
    """Read `systolic,diastolic`, and the heart rate behind them if there is one."""
    return Health(
        sys=fields.whole(0, 0, 350) or None,
        dia=fields.whole(1, 0, 250) or None,
        bpm=fields.whole(2, 0, 300) or None,
    )


def _oxygen(fields: Fields) -> Health:
    """Read `origin,percent`, or the percentage alone."""
    at = 1 if len(fields) > 1 else 0
    return Health(spo2_pct=fields.whole(at, 0, 100) or None)


def _temperature(fields: Fields) -> Health:
    return Health(temp_c=_celsius(fields, 0))


def _temperature_at(fields: Fields) -> Health:
    """Read `site,degrees`, or the degrees alone."""
    if len(fields) < 2:
        return _temperature(fields)
    return Health(temp_c=_celsius(fields, 1), site=_SITES.get(fields.text(0)))


def _celsius(fields: Fields, at: int) -> float | None:
    said = fields.number(at, 0, 60)
    return said if said is not None and said > _FAILED_C else None


HEALTH_WORDS: Mapping[str, Callable[[Fields], Health]] = MappingProxyType(
    {
        "HEART": _heart,
        "PULSE": _heart,
        "BPHRT": _pressure,
        "BLOOD": _pressure,
        "OXYGEN": _oxygen,
        "TEMP": _temperature,
        "BTEMP2": _temperature_at,
    }
)
