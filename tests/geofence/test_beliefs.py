"""A belief survives being stored."""

import json
from base64 import b85decode
from datetime import timedelta
from zlib import decompress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pings import Ping
from core.zones import Side
from geofence.beliefs import FRESH
from geofence.changes import ChangeKind, Evidence
from geofence.saving import MOST_NEW, UNSAVED, Saved, read, write
from tests.geofence.test_order import ZONES, tracks
from tests.geofence.walks import START, Watch, ping, unhurried

#: as schema 0003 kept it: at home, outside three times, one of them late
EARLIER = (
    b'{"now":{"log_odds":5.0,"side":"outside","suspicious":false,"well_founded":false,"supports":['
    b'"2026-03-01T06:01:00+00:00","2026-03-01T06:02:00+00:00","2026-03-01T06:03:00+00:00"],"in_a_r'
    b'ow":3,"contradicted_at":null,"last":["2026-03-01T06:03:00+00:00","3/320/10.0",120.6833410120'
    b'6506,30.53,"gps",10.0,false,220.0,[[7,70.0]],"e0b7db7f4731"],"last_good":["2026-03-01T06:03:'
    b'00+00:00","3/320/10.0",120.68334101206506,30.53,"gps",10.0,false,220.0,[[7,70.0]],"e0b7db7f4'
    b'731"],"in_danger":[],"leaving_danger":[]},"checkpoint":{"log_odds":null,"side":"unsure","sus'
    b'picious":false,"well_founded":false,"supports":[],"in_a_row":0,"contradicted_at":null,"last"'
    b':null,"last_good":null,"in_danger":[],"leaving_danger":[]},"recent":[["2026-03-01T06:00:00+0'
    b'0:00","0/0/10.0",120.68,30.53,"gps",10.0,false,-100.0,[[7,150.0]],"e0b7db7f4731"],["2026-03-'
    b'01T06:01:00+00:00","1/300/10.0",120.683132198811,30.53,"gps",10.0,false,200.0,[[7,50.0]],"e0'
    b'b7db7f4731"],["2026-03-01T06:02:00+00:00","2/310/10.0",120.68323660543803,30.53,"gps",10.0,f'
    b'alse,210.0,[[7,60.0]],"e0b7db7f4731"],["2026-03-01T06:03:00+00:00","3/320/10.0",120.68334101'
    b'206506,30.53,"gps",10.0,false,220.0,[[7,70.0]],"e0b7db7f4731"]],"told":{"left":true,"suspici'
    b'ous":false,"well_founded":false,"in_danger":[]}}'
)

#: as schema 0006 kept it: eighteen fixes at home and one outside; compressed
FORM_2_SHORT = decompress(
    b85decode(
        "c-ouJH2bvux5p0-_UlzG%gigzOi4X_c;dDHnTxMQFdmo*VXQLJH#RWPH#E>Qm~`49PJ2gztiHu*2fOxlB2^D"
        "P7N-{!pLS4T0E0uP9Wo)TiIdn*J9t9aYf=r8%u|xg(@e~b4QXQNgbA|`EGx|`E-gwubZ7#@fddC7Oqg=$@Zk"
        "wU3=?T$ApmF#afA"
    )
)
FORM_2_LONG = decompress(
    b85decode(
        "c-p(eAT;yZ|IEb~4OZzI8R#468ye^tOgillr`;;IBk;{>2fOxlB2^DP7N-{!pLS4T0E0uP4@5#(6DP5sc1St"
        "^X0J&#NHR}JGEXxxH#USAnzKsR(30AQt^gWpL2W~y01Y*#vZ0q0fQFh;+t3)Gp{CR}bOz8+6KWfJ1!$--l?}"
        "Zt05sHy+J^c74K<{;p&dX&shy)PA6cnO?F@B=VWlp$^V1cZmAcf<PFE^c>QXy5UD>iym)e=>%7>M@)Xqy+by"
        "n(9F)IN89BdG>"
    )
)


class Shelf:
    """Keeps a belief as the database does: the long part stays until another one is written."""

    def __init__(self) -> None:
        """Nothing is stored."""
        self.saved: Saved = UNSAVED
        self.short = b""
        self.long: bytes | None = None
        self.long_parts = 0

    def keep(self, watch: Watch) -> None:
        """Store what is believed now."""
        written = write(watch.belief, self.saved)
        self.short, self.saved = written.short, written.saved
        if written.long is not None:
            self.long = written.long
            self.long_parts += 1

    def forget(self, watch: Watch) -> None:
        """Go on with what is stored, as after a restart."""
        self.saved = read(self.short, self.long)
        watch.belief = self.saved.belief


@unhurried
@given(tracks(minutes=120), st.data())
def test_a_stored_belief_is_the_same(track: list[Ping], data: st.DataObject) -> None:
    """Stored after each batch and read again at any time, a belief is equal to the last digit."""
    always, sometimes, shelf = Watch(zones=ZONES), Watch(zones=ZONES), Shelf()
    while track:
        size = data.draw(st.integers(1, len(track)))
        batch, track = track[:size], track[size:]
        always.see_together(*batch)
        sometimes.see_together(*batch)
        shelf.keep(sometimes)
        if data.draw(st.booleans()):
            shelf.forget(sometimes)

        assert always.belief == sometimes.belief == read(shelf.short, shelf.long).belief


def test_the_window_is_seldom_written() -> None:
    """Fixes in order are added to the short part; a late one, or many, write the long part anew."""
    watch, shelf = Watch(), Shelf()
    parts = []
    for minute in [*range(10, 40), 12.5, *range(40, 120)]:
        watch.see(ping(minute, 0))
        shelf.keep(watch)
        parts.append(shelf.long_parts)
        assert watch.belief == read(shelf.short, shelf.long).belief

    assert [0, 1, 1, 2] == [parts[MOST_NEW - 1], parts[MOST_NEW], parts[29], parts[30]]
    assert parts[-1] <= 3 + 80 // MOST_NEW


def test_parts_that_do_not_belong_together_are_refused() -> None:
    """A short part beside another belief's long part is no belief."""
    watch, shelf = Watch(), Shelf()
    watch.see(*(ping(minute, 0) for minute in range(20)))
    shelf.keep(watch)

    for long in (None, b"\x90", b"", b"{"):
        with pytest.raises(ValueError, match="belief"):
            read(shelf.short, long)


@pytest.mark.parametrize("damaged", [b"", b"{", b"{}", b"broken", b"\x90", b"[1]", b"\xff" * 9])
def test_what_is_no_belief_is_refused(damaged: bytes) -> None:
    """Bytes that nobody wrote are refused with one kind of error."""
    with pytest.raises(ValueError, match="belief"):
        read(damaged, None)


def test_a_belief_of_an_earlier_version_is_read() -> None:
    """What was stored as JSON is known after the upgrade: who was outside is still outside."""
    found = read(EARLIER, None).belief
    again = Watch(zones=ZONES, belief=found).see(ping(4, 0), ping(5, 0))

    assert (Side.OUTSIDE, True) == (found.side, found.told.left)
    assert (START + timedelta(minutes=3), 3) == (found.judged_at, len(found.now.witness_times))
    assert [ChangeKind.RETURNED] == again.crossings


def test_a_belief_of_form_2_is_read() -> None:
    """What the version before stored is known after the upgrade, witnesses and all."""
    found = read(FORM_2_SHORT, FORM_2_LONG).belief
    again = Watch(zones=ZONES, belief=found).see(ping(3, 320))

    assert (True, True) == (found.suspicious, found.told.suspicious)
    assert (19, 1) == (len(found.recent), len(found.now.witness_times))
    assert [ChangeKind.LEFT] == again.crossings


def test_fresh_knows_nothing() -> None:
    """At the beginning nothing is known and nothing suspected."""
    assert (Side.UNSURE, False, (), None, None) == (
        FRESH.side,
        FRESH.suspicious,
        FRESH.in_danger,
        FRESH.judged_at,
        FRESH.probability_outside,
    )
    assert FRESH == read(write(FRESH).short, None).belief


def test_evidence_can_be_stored() -> None:
    """The evidence of a change is the same after storing."""
    evidence = Watch().see(ping(0, 300)).changes[0].evidence

    assert evidence == Evidence.from_json(json.loads(json.dumps(evidence.to_json())))
