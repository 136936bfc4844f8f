"""Columns as PostgreSQL's arrays, in its binary form, for one statement with many rows.

Psycopg can do this, value by value in Python; a column at a time takes a quarter of its time.
Format: PostgreSQL 15, `array_recv` and the `…recv` of the element types; object ids: `pg_type.dat`.
"""

import json
import struct
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Float,
    Integer,
    LargeBinary,
    String,
)
from sqlalchemy.types import TypeEngine

from store.columns import Instant

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_NULL = struct.pack("!i", -1)
_HEAD = struct.Struct("!iiIii").pack
_LENGTH = struct.Struct("!i").pack
_INT4 = struct.Struct("!ii").pack
_INT8 = struct.Struct("!iq").pack
_FLOAT8 = struct.Struct("!id").pack
_BOOL = {True: _LENGTH(1) + b"\1", False: _LENGTH(1) + b"\0", None: _NULL}


class Array:
    """One column, ready to be sent. A subclass for each type of element."""

    element_oid: int
    oid: int
    element: Callable[[Any], bytes]

    def __init__(self, values: Sequence[Any]) -> None:
        """Convert *values*; None is NULL."""
        element = type(self).element
        body = b"".join([_NULL if value is None else element(value) for value in values])
        self.data = _HEAD(1, 1, self.element_oid, len(values), 1) + body


class _Dumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Array) -> bytes:
        return obj.data


def array_of(type_: TypeEngine[Any]) -> type[Array]:
    """Return the array for values of a column's type; TypeError for a type without one."""
    for kind, array in _ARRAYS:
        if isinstance(type_, kind):
            return array
    raise TypeError(f"no array for {type_!r}")


def _text(value: str) -> bytes:
    data = value.encode()
    return _LENGTH(len(data)) + data


def _bytes(value: bytes) -> bytes:
    return _LENGTH(len(value)) + value


def _document(value: Any) -> bytes:
    return _text(json.dumps(value)) if value else _NO_ENTRIES if value == [] else _NO_MEMBERS


_NO_ENTRIES, _NO_MEMBERS = _text("[]"), _text("{}")


def _instant(value: datetime) -> bytes:
    since = value - _EPOCH
    return _INT8(8, (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


def _array(name: str, oid: int, element_oid: int, element: Callable[[Any], bytes]) -> type[Array]:
    members = {"oid": oid, "element_oid": element_oid, "element": staticmethod(element)}
    array = type(name, (Array,), members)
    dumper = type(f"{name}Dumper", (_Dumper,), {"oid": oid})
    psycopg.adapters.register_dumper(array, dumper)
    return array


_TEXT = _array("TextArray", 1009, 25, _text)

#: a type stands before those it is a kind of
_ARRAYS: tuple[tuple[type[TypeEngine[Any]], type[Array]], ...] = (
    (Instant, _array("InstantArray", 1185, 1184, _instant)),
    (JSON, _array("DocumentArray", 1009, 25, _document)),
    (BigInteger, _array("BigArray", 1016, 20, lambda value: _INT8(8, value))),
    (Integer, _array("IntegerArray", 1007, 23, lambda value: _INT4(4, value))),
    (Float, _array("FloatArray", 1022, 701, lambda value: _FLOAT8(8, value))),
    (Boolean, _array("BooleanArray", 1000, 16, _BOOL.__getitem__)),
    (LargeBinary, _array("BytesArray", 1001, 17, _bytes)),
    (String, _TEXT),
)
