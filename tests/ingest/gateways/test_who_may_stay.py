"""Counting without a socket: buckets, addresses, and who is on which connection."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from ingest.gateways.limits import Addresses, Bucket
from ingest.gateways.switchboard import SWAP_SPAN_S, Switchboard


@given(takes=st.lists(st.tuples(st.integers(1, 50), st.floats(0, 30)), min_size=1, max_size=50))
def test_a_bucket_lets_through_what_it_promises(takes: list[tuple[int, float]]) -> None:
    """Whoever waits as told never gets more than a full bucket and its filling since."""
    bucket = Bucket(60.0, 60.0, 0.0)
    now = 0.0
    taken = 0
    for frames, pause_s in takes:
        now += pause_s
        now += bucket.take(frames, now)
        taken += frames

        assert taken <= 60 + now + 1e-6


def test_strangers_are_let_in_until_the_bucket_is_empty() -> None:
    """It fills again with time; who is not let in takes nothing."""
    bucket = Bucket(60.0, 2.0, 0.0)

    assert [True, True, False, False] == [bucket.admits(0.0) for _ in range(4)]
    assert bucket.admits(1.0)


def test_an_address_that_left_is_forgotten() -> None:
    """Places are given back, one by one."""
    addresses = Addresses(most_connections=1, frames_per_minute=60)

    assert [True, False, True] == [addresses.enter(a) for a in ("a", "a", "b")]
    addresses.leave("a")
    assert addresses.enter("a")
    assert 0.0 == addresses.take("a", 60, 0.0)
    assert 1.0 == addresses.take("a", 1, 0.0)
    assert 0.0 == addresses.take("b", 60, 0.0)  # others do not pay for it


@dataclass(eq=False)
class Wire:
    """A connection that notes that it was ended."""

    ended: bool = False

    def replace(self) -> None:
        """End."""
        self.ended = True


@dataclass
class Exchange:
    """A switchboard and what it forgot."""

    forgotten: list[str] = field(default_factory=list)
    most_bands: int = 100

    def __post_init__(self) -> None:
        self.board = Switchboard(self.most_bands, self.forgotten.extend)


def test_swaps_are_counted_within_their_span() -> None:
    """Each newer connection ends the older; old changes are not held against a band."""
    board = Exchange().board
    wires = [Wire() for _ in range(4)]

    counts = [board.arrived("b", wire, 10.0 * at) for at, wire in enumerate(wires)]
    late = board.arrived("b", Wire(), 1000.0 + SWAP_SPAN_S)

    assert [0, 1, 2, 3] == counts
    assert 1 == late
    assert all(wire.ended for wire in wires)


def test_an_old_connection_does_not_take_the_band_along() -> None:
    """Its end comes after the new one's beginning."""
    board = Exchange().board
    old, new = Wire(), Wire()
    board.arrived("b", old, 0.0)
    board.arrived("b", new, 1.0)

    board.left("b", old)

    assert new is board.line("b")


def test_bands_that_are_gone_make_room() -> None:
    """Whoever invents names does not fill our memory; those who are connected stay."""
    exchange = Exchange(most_bands=10)
    here = Wire()
    exchange.board.arrived("here", here, 0.0)
    for number in range(50):
        wire = Wire()
        exchange.board.arrived(f"b{number}", wire, 0.0)
        exchange.board.left(f"b{number}", wire)

    assert here is exchange.board.line("here")
    assert "here" not in exchange.forgotten
    assert "b0" == exchange.forgotten[0]
    assert len(exchange.forgotten) >= 40
