"""What is registered and edited, and how a change of it is written down. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

#: stands for a value that a history must not repeat (a sealed number, a photo)
HIDDEN = "…"


class Subject(StrEnum):
    """What was changed."""

    ORGANISATION = "organisation"
    ELDER = "elder"
    PERSON = "person"
    BAND = "band"
    PAIRING = "pairing"  #: which guardians an elder has; its id is the elder's
    ZONE = "zone"
    ACCOUNT = "account"
    FAMILY = "family"  #: somebody to call; part of the elder's history
    CONSENT = "consent"  #: what was agreed to; part of the elder's history


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of a history."""

    id: int
    at: datetime
    by: str
    subject: Subject
    subject_id: str
    version: int
    #: field -> (before, after); before is None of what was new, after of what is gone
    changes: Mapping[str, tuple[Any, Any]]


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any], *, hidden: frozenset[str] = frozenset()
) -> dict[str, tuple[Any, Any]]:
    """Return what differs, field by field; of *hidden* fields only that they differ."""
    found: dict[str, tuple[Any, Any]] = {}
    for field in sorted({*before, *after}):
        old, new = before.get(field), after.get(field)
        if old != new:
            found[field] = (_shown(old), _shown(new)) if field in hidden else (old, new)
    return found


def _shown(value: Any) -> str | None:
    return None if value in (None, "") else HIDDEN
