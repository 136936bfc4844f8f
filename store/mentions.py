"""Rows that mention somebody: names and numbers, wherever words of people or providers are kept."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from sqlalchemy import Column, ColumnElement, Text, cast, false, or_

#: stands where a name or a number stood
GONE = "…"
#: shorter ones would be found in everything
_LEAST_LETTERS = 2
_MOBILE = re.compile(r"(1\d\d)(\d{4})(\d{4})")


def needles(texts: Iterable[str]) -> tuple[str, ...]:
    """Return what to search for: names, and numbers without their country's code.

    A mobile number also as people write it, in groups.
    """
    found = set()
    for text in filter(None, texts):
        bare = text.removeprefix("+86") if text.startswith("+86") else text.removeprefix("+")
        found.add(bare)
        if groups := _MOBILE.fullmatch(bare):
            found |= {sign.join(groups.groups()) for sign in " -"}
    return tuple(sorted((one for one in found if len(one) >= _LEAST_LETTERS), key=len)[::-1])


def mentions(column: Column[Any], searched: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a text or document mentions one of *searched*."""
    text = cast(column, Text)
    ways = [
        text.contains(way, autoescape=True, escape="/")
        for one in searched
        # Documents lie on SQLite as JSON in ASCII, on PostgreSQL as they are.
        for way in dict.fromkeys((one, json.dumps(one)[1:-1]))
    ]
    return or_(*ways) if ways else false()


def is_in_bytes(content: bytes, searched: Sequence[str]) -> bool:
    """Say whether *content*, as a band sent it, mentions one of *searched*, escaped or not."""
    lowered = content.lower()
    return any(
        way.lower().encode() in lowered
        for one in searched
        for way in dict.fromkeys((one, json.dumps(one)[1:-1], quote(one)))
    )


def clean(value: Any, searched: Sequence[str]) -> Any:
    """Return a document or text with nothing of *searched* in it, keys included."""
    if isinstance(value, str):
        return _clean_text(value, searched)
    if isinstance(value, dict):
        return {_clean_text(str(k), searched): clean(v, searched) for k, v in value.items()}
    if isinstance(value, list):
        return [clean(one, searched) for one in value]
    return value


def _clean_text(text: str, searched: Sequence[str]) -> str:
    for one in searched:
        text = text.replace(one, GONE)
    return text
