"""The comparison that the long runs rest on sees everything that can go wrong."""

from typing import Any

import pytest

from tests.journeys.ledger import Ledger, Stored, compare

SAID = [("a", "1"), ("b", "1"), ("a", "2"), ("a", "3")]


def ledger() -> Ledger:
    """Return what two bands said: the last word of `a` was not thanked for."""
    kept = Ledger()
    kept.say(SAID)
    kept.say([("a", "1")])
    kept.promise(SAID[:3])
    kept.see(SAID[:1])
    return kept


def stored(*keys: tuple[str, str], **changed: Any) -> Stored:
    """Return a database with these pings, and what the map counts."""
    counted = {band: sum(band == other for other, _ in keys) for band, _ in keys}
    return Stored(**({"keys": keys, "counted": counted, "rejects": {}} | changed))


@pytest.mark.parametrize("keys", [SAID, SAID[:3], [SAID[1], SAID[0], SAID[2]]])
def test_promises_that_were_kept(keys: list[tuple[str, str]]) -> None:
    """What nobody was thanked for may be missing, and bands may lie between each other."""
    found = compare(ledger(), stored(*keys))

    assert () == found.examples
    assert (4, 3, 1, 1, len(keys)) == (
        found.said,
        found.promised,
        found.seen,
        found.repeats,
        found.stored,
    )


@pytest.mark.parametrize(
    ("broken", "kept"),
    [
        ("lost", stored(*SAID[1:])),
        ("doubled", stored(*SAID, ("a", "3"))),
        ("invented", stored(*SAID, ("c", "1"))),
        ("disordered", stored(SAID[2], *SAID[:2])),
        ("miscounted", stored(*SAID, counted={"a": 3, "b": 2})),
        ("rejected", stored(*SAID, rejects={"failed": 2})),
    ],
)
def test_a_broken_promise_is_named(broken: str, kept: Stored) -> None:
    """Each kind of fault is counted under its name, and no other."""
    found = compare(ledger(), kept)

    assert not found.is_clean
    assert {broken} == {example.split(":")[0] for example in found.examples}
    assert found.to_json()[broken] > 0


def test_what_bands_keep_until_seen_must_all_be_there() -> None:
    """A band that keeps its reports may expect each of them, thanked for or not."""
    found = compare(ledger(), stored(*SAID[:3]), must_have_all=True)

    assert ("lost: a 3",) == found.examples


def test_order_matters_only_where_it_was_promised() -> None:
    """Bands that say things again may be stored in another order."""
    assert compare(ledger(), stored(*reversed(SAID)), keeps_order=False).is_clean
