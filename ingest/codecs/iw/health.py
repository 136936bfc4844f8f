"""The wellness figures of IW watches, one reader a message type. Pure. Never a medical statement.

A figure of 0, and one that no body has, is a failed measurement: None.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from core.pings import Health
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Flag, Kind
from ingest.codecs.sentences import decimal, instant, whole

Values = dict[str, Any]
Reader = Callable[[str, Profile], Values]

#: yyyy-MM-dd HH:mm:ss, or without what stands between
_INSTANT = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2}) ?([0-9]{2}):?([0-9]{2}):?([0-9]{2})")
#: what `APJK` measures: its codes
_PRESSURE, _HEART, _TEMPERATURE, _OXYGEN = "1", "2", "3", "4"


def figures(*names: str) -> Reader:
    """Return a reader of comma-separated figures with these names; those of no use are left."""

    def read(body: str, _profile: Profile) -> Values:
        said = dict(zip(names, body.split(",")[1:], strict=False))
        battery_pct = whole(said.get("battery", ""), 0, 100)
        return {"kind": Kind.HEALTH, "health": _health(said), "battery_pct": battery_pct}

    return read


def _measured(body: str, profile: Profile) -> Values:
    """Read `APJK`: when, what, and its figures. From 5 on it tells of sleep, which we leave."""
    fields = [*body.split(","), "", "", ""]
    what, told = fields[2].strip(), fields[3].strip()
    if what == _PRESSURE:
        # Documents disagree on which comes first; the higher one is the systolic.
        both = sorted((part.strip() for part in told.split("|")), key=lambda part: part.zfill(4))
        said = dict(zip(("dia", "sys"), both, strict=False)) if len(both) == 2 else {}
    else:
        name = {_HEART: "bpm", _TEMPERATURE: "temp", _OXYGEN: "spo2"}.get(what)
        said = {} if name is None else {name: told}
    is_known = what in (_PRESSURE, _HEART, _TEMPERATURE, _OXYGEN)
    values: Values = {"kind": Kind.HEALTH, "health": _health(said)} if is_known else {}
    return {"kind": Kind.INFO} | values | _when(fields[1], profile)


def _when(text: str, profile: Profile) -> Values:
    shape = _INSTANT.fullmatch(text.strip())
    if shape is None:
        return {"flags": frozenset({Flag.BAD_FIELD})} if text.strip() else {}
    date, time = "".join(shape.groups()[:3])[2:], "".join(shape.groups()[3:])
    at, quality = instant(date, time, replace(profile, date_order="YMD"))
    return {"fix_time": at, "fix_time_quality": quality}


def _health(said: Mapping[str, str]) -> Health:
    return Health(
        bpm=whole(said.get("bpm", ""), 20, 300),
        sys=whole(said.get("sys", ""), 40, 300),
        dia=whole(said.get("dia", ""), 20, 200),
        spo2_pct=whole(said.get("spo2", ""), 50, 100),
        temp_c=decimal(said.get("temp", ""), 25, 45),
    )


#: message type to its reader
HEALTH_READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "AP49": figures("bpm"),
        "AP50": figures("temp", "battery"),
        "APHT": figures("bpm", "sys", "dia"),
        "APHP": figures("bpm", "sys", "dia", "spo2", "sugar", "temp"),
        "APJK": _measured,
        "APSP": figures("spo2"),
        "APTP": figures("temp"),
    }
)
