"""What the same bytes mean on which model: profiles, kept as data. Pure.

`ingest/data/profiles.toml` holds one table a model; a band's registration names its model, and a
model nobody named is read by its protocol's table `default`. A new model starts in *observe* mode:
stored and shown, only its SOS rings.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

PROTOCOLS = ("watch", "gt06", "jt808", "h02", "iw", "owntracks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How to read one model. The defaults are the documented ones of the protocols."""

    model: str = "default"
    protocol: str = ""
    date_order: Literal["DMY", "YMD"] = "DMY"
    #: minutes that the device's clock is ahead of UTC
    utc_offset_min: int = 0
    #: does the protocol leave the zone open, so that the offset above is an assumption?
    zone_is_assumed: bool = False
    coordinate_system: Literal["wgs84", "gcj02", "bd09"] = "wgs84"
    #: alarm codes or bit numbers of this model, as text, to our alarm names
    alarm_map: Mapping[str, str] = field(default_factory=dict)
    #: what an alarm frame means that names no alarm: an alarm name
    bare_alarm: str = "sos"
    #: keyword to the keyword of its reply, where it differs
    reply_names: Mapping[str, str] = field(default_factory=dict)
    #: refuse frames whose checksum is wrong?
    crc_required: bool = False
    #: `percent`, `level6` (0 to 6)
    battery_scale: Literal["auto", "percent", "level6"] = "auto"
    #: may a clear bit say "worn"?
    trust_worn_bit: bool = False
    #: how often it reports when nothing happens, seconds
    expected_interval_s: int = 300
    #: letters in front of what we send, where they differ from the device's own
    letters_down: str = ""
    #: an order's `do` to this model's text, with {s}, {n1}, {n2}, {n3} filled in
    commands: Mapping[str, str] = field(default_factory=dict)
    #: on trial: stored and shown, only its SOS rings
    observe: bool = False


def profile_of(protocol: str, model: str | None = None) -> Profile:
    """Return the profile of *model*; of the protocol's default when it is None or unknown.

    An unknown model is observed: nobody has tried what its bytes mean.
    """
    known = _profiles()
    if model is not None and (protocol, model) in known:
        return known[protocol, model]
    default = known.get((protocol, "default"), Profile(protocol=protocol))
    return default if model is None else replace(default, model=model, observe=True)


def models() -> dict[str, tuple[str, ...]]:
    """Return the known models by protocol."""
    return {
        protocol: tuple(sorted(model for known, model in _profiles() if known == protocol))
        for protocol in PROTOCOLS
    }


@cache
def _profiles() -> Mapping[tuple[str, str], Profile]:
    text = files("ingest").joinpath("data/profiles.toml").read_text(encoding="utf-8")
    tables: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(text)
    profiles = {}
    for protocol, by_model in tables.items():
        default = Profile(protocol=protocol, **by_model.get("default", {}))
        for model, values in by_model.items():
            profiles[protocol, model] = replace(default, **(values | {"model": model}))
    return MappingProxyType(profiles)
