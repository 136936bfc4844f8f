"""What one judgement was given, as bytes and back, exact to the last bit.

A decision keeps these beside its pings, so that it can be judged again when the zones were redrawn
and the belief has moved on. ValueError: the bytes are of a version that nobody can read any more.
"""

import zlib
from functools import cache, lru_cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec
import shapely
from msgspec import Struct
from shapely.geometry import Polygon

from core.zones import Circle, Zone
from geofence import saving
from geofence.beliefs import Belief
from geofence.surroundings import UNLEARNED, Home

#: sets of zones that are held ready; those for everyone are in every decision
_SETS_HELD = 256

_Kind = TypeVar("_Kind")


def pack_belief(belief: Belief) -> bytes:
    """Return *belief* as bytes, with its whole window."""
    written = saving.write(belief)
    return zlib.compress(_encode((written.short, written.long)))


def unpack_belief(data: bytes) -> Belief:
    """Return the belief that `pack_belief` packed."""
    short, long = _unpack(tuple[bytes, bytes | None], data)
    return saving.read(short, long).belief


def pack_home(home: Home) -> bytes:
    """Return what was learned of the radio at home as bytes."""
    return zlib.compress(_encode(home))


def unpack_home(data: bytes) -> Home:
    """Return the home that `pack_home` packed."""
    home = _unpack(Home, data)
    return UNLEARNED if home == UNLEARNED else home


def pack_zones(zones: tuple[Zone, ...]) -> bytes:
    """Return *zones* as bytes: every field, the shapes as they are. Remembered."""
    key = tuple(map(id, zones))
    held = _packed.get(key)
    if held is None:
        if len(_packed) >= _SETS_HELD:
            _packed.clear()
        held = _packed[key] = (zones, zlib.compress(_encode(zones)))  # keeps their ids true
    return held[1]


#: found by identity: those for everyone are many, and the same in each batch
_packed: dict[tuple[int, ...], tuple[tuple[Zone, ...], bytes]] = {}


@lru_cache(maxsize=_SETS_HELD)
def unpack_zones(data: bytes) -> tuple[Zone, ...]:
    """Return the zones that `pack_zones` packed; a field younger than they has its default."""
    return _unpack(tuple[Zone, ...], data)


# -- plain forms -----------------------------------------------------------------------------------


def _polygon(shape: Any) -> dict[str, bytes]:
    if isinstance(shape, Polygon):
        return {"polygon": shapely.to_wkb(shape, include_srid=True)}
    raise NotImplementedError(f"{type(shape).__name__} has no form to be kept in")


_encode = msgspec.msgpack.Encoder(enc_hook=_polygon, order="deterministic").encode


def _unpack(kind: type[_Kind], data: bytes) -> _Kind:
    try:
        found: _Kind = _read(kind, msgspec.msgpack.decode(zlib.decompress(data)))
    except (zlib.error, msgspec.MsgspecError, shapely.GEOSException) as error:
        raise ValueError(f"not what was kept: {error}") from error
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"not what was kept: {type(error).__name__}") from error
    return found


def _read(kind: Any, value: Any) -> Any:
    """Return the *kind* in a plain value. Polygons are nothing that msgspec could read alone."""
    if kind == Circle | Polygon:
        return shapely.from_wkb(value["polygon"]) if "polygon" in value else _read(Circle, value)
    if get_origin(kind) is tuple:
        first, *others = get_args(kind)
        kinds = [first] * len(value) if others == [...] else [first, *others]
        return tuple([_read(one, item) for one, item in zip(kinds, value, strict=True)])
    if isinstance(kind, type) and (kind is Zone or issubclass(kind, Struct)):
        fields = _fields(kind)
        return kind(**{name: _read(fields[name], item) for name, item in value.items()})
    return msgspec.convert(value, kind)


@cache
def _fields(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
