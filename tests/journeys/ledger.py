"""What bands said and were promised, held against what the database keeps. Pure but for `stored`.

A report is named by its band and one word that the band chose: a report id, or the second that a
watch speaks of.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Engine, func, select

from store import schema
from store.database import reading

#: (band, its word for the report)
Key = tuple[str, str]
#: so many broken keys are named; the rest is counted
_MOST_NAMED = 5


class Ledger:
    """Written by the bands while they speak; a count may be read from any thread."""

    def __init__(self) -> None:
        """Nothing has been said yet."""
        self._guard = threading.Lock()
        #: in the order in which each band said them first
        self._said: dict[Key, None] = {}
        self._promised: set[Key] = set()
        self._seen: set[Key] = set()
        self._repeats = 0

    def say(self, keys: Iterable[Key]) -> None:
        """Note that a band is about to say these; what was said before is a repeat."""
        with self._guard:
            for key in keys:
                if key in self._said:
                    self._repeats += 1
                self._said.setdefault(key)

    def promise(self, keys: Iterable[Key]) -> None:
        """Note that a band was thanked for these."""
        with self._guard:
            self._promised.update(keys)

    def see(self, keys: Iterable[Key]) -> None:
        """Note that a band heard that these are committed."""
        with self._guard:
            self._seen.update(keys)

    @property
    def said(self) -> list[Key]:
        """Return all that was said, in order."""
        with self._guard:
            return list(self._said)

    @property
    def promised(self) -> frozenset[Key]:
        """Return what bands were thanked for."""
        with self._guard:
            return frozenset(self._promised)

    @property
    def seen(self) -> frozenset[Key]:
        """Return what bands know to be committed."""
        with self._guard:
            return frozenset(self._seen)

    @property
    def said_count(self) -> int:
        """Return how many different reports were said."""
        return len(self._said)

    @property
    def promised_count(self) -> int:
        """Return how many of them were thanked for."""
        return len(self._promised)

    @property
    def seen_count(self) -> int:
        """Return how many of them are known to be committed."""
        return len(self._seen)

    @property
    def repeats(self) -> int:
        """Return how often something was said that had been said before."""
        return self._repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the database keeps."""

    #: in the order of storing
    keys: tuple[Key, ...]
    #: how many reports each band is said to have sent, where the map looks
    counted: Mapping[str, int]
    rejects: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """How the ledger and the database compare; everything from `lost` on must be 0."""

    said: int
    promised: int
    seen: int
    repeats: int
    stored: int
    #: promised, or known as committed, and not stored
    lost: int
    #: stored more than once
    doubled: int
    #: stored and never said
    invented: int
    #: bands whose reports were stored in another order than they were said
    disordered: int
    #: bands whose count on the map is not the number of their pings
    miscounted: int
    #: messages put aside as unusable; every one was good
    rejected: int
    #: a few of them by name
    examples: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Say whether every promise was kept."""
        return not self.examples

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready copy."""
        return asdict(self)


def compare(
    ledger: Ledger, stored: Stored, *, keeps_order: bool = True, must_have_all: bool = False
) -> Findings:
    """Hold *stored* against *ledger*.

    *keeps_order*: each band's reports must lie in the order in which it said them.
    *must_have_all*: what was said must be there, promised or not.
    """
    said, kept = ledger.said, Counter(stored.keys)
    owed = ledger.promised | ledger.seen | (set(said) if must_have_all else set())
    broken: dict[str, Sequence[tuple[str, object]]] = {
        "lost": sorted(owed - kept.keys()),
        "doubled": sorted(key for key, times in kept.items() if times > 1),
        "invented": sorted(kept.keys() - set(said)),
        "disordered": _disordered(said, stored.keys) if keeps_order else [],
        "miscounted": _miscounted(stored),
        "rejected": sorted(stored.rejects.items()),
    }
    counts = {name: len(keys) for name, keys in broken.items()}
    return Findings(
        said=len(said),
        promised=ledger.promised_count,
        seen=ledger.seen_count,
        repeats=ledger.repeats,
        stored=len(stored.keys),
        examples=tuple(
            f"{name}: {' '.join(map(str, key))}"
            for name, keys in broken.items()
            for key in keys[:_MOST_NAMED]
        ),
        **counts | {"rejected": sum(stored.rejects.values())},
    )


def _disordered(said: Sequence[Key], stored: Sequence[Key]) -> list[Key]:
    """Return, of each band that is out of order, the first report that came too early."""
    is_stored = set(stored)
    expected = _by_band(key for key in said if key in is_stored)
    actual = _by_band(stored)
    wrong = []
    for band, words in actual.items():
        for should, is_here in zip(expected.get(band, []), words, strict=False):
            if should != is_here:
                wrong.append((band, is_here))
                break
    return wrong


def _miscounted(stored: Stored) -> list[Key]:
    pings = Counter(band for band, _ in stored.keys)
    return [
        (band, f"counted {stored.counted.get(band, 0)}, stored {pings[band]}")
        for band in sorted(pings.keys() | stored.counted.keys())
        if pings[band] != stored.counted.get(band, 0)
    ]


def _by_band(keys: Iterable[Key]) -> dict[str, list[str]]:
    words: dict[str, list[str]] = {}
    for band, word in keys:
        words.setdefault(band, []).append(word)
    return words


# -- what the database keeps ---------------------------------------------------------------------


def stored(engine: Engine, *, by_second: bool = False) -> Stored:
    """Read what is kept; *by_second*: a ping's word is the second that it speaks of."""
    ping, latest, reject = schema.ping, schema.latest, schema.reject
    with reading(engine) as connection:
        pings = connection.execute(
            select(ping.c.device_id, ping.c.report_id, ping.c.measured_at).order_by(ping.c.id)
        ).all()
        counted = connection.execute(select(latest.c.device_id, latest.c.reports)).all()
        rejects = connection.execute(
            select(reject.c.reason, func.count().label("n")).group_by(reject.c.reason)
        ).all()
    return Stored(
        keys=tuple(
            (row.device_id, f"{row.measured_at:%Y-%m-%d %H:%M:%S}" if by_second else row.report_id)
            for row in pings
        ),
        counted={row.device_id: row.reports for row in counted},
        rejects={row.reason: row.n for row in rejects},
    )


def count_stored(engine: Engine) -> int:
    """Return how many pings are kept."""
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).select_from(schema.ping)) or 0
