"""Orders given at the command line: checked, recorded, followed to their end."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aihuijia.band_orders import ORDERS, read_order
from core.clock import ManualClock
from core.errors import Refused
from store.database import open_database
from store.migrate import migrate
from tests.processes import run
from tests.scenes import Town


@pytest.mark.parametrize(
    ("do", "words", "args"),
    [
        ("locate", [], {}),
        ("interval", ["60"], {"s": 60}),
        ("find", [], {}),
        ("contacts", ["13800000001", "+8613800000002"], {"sos": ["13800000001", "+8613800000002"]}),
        ("removal_alarm", ["off"], {"on": False}),
        ("reboot", [], {}),
    ],
)
def test_an_order_has_its_arguments(do: str, words: list[str], args: dict[str, object]) -> None:
    """Words of the command line become an order's arguments."""
    assert args == read_order(do, words)


@pytest.mark.parametrize(
    ("do", "words", "says"),
    [
        ("listen", [], "There are: locate"),
        ("interval", ["5"], "10 to 86400"),
        ("interval", [], "interval 60"),
        ("interval", ["soon"], "interval 60"),
        ("contacts", ["110,CENTER"], "Number 1"),
        ("contacts", ["1", "2", "3", "4"], "at most three"),
        ("locate", ["now"], "measure and report now"),
    ],
)
def test_a_wrong_order_is_refused_with_the_right_one(do: str, words: list[str], says: str) -> None:
    """The sentence names what would be right."""
    with pytest.raises(Refused, match=says):
        read_order(do, words)


@given(st.sampled_from(sorted(ORDERS)), st.lists(st.text(max_size=20), max_size=4))
def test_nothing_slips_into_a_frame(do: str, words: list[str]) -> None:
    """Only digits, a leading + and switches ever become arguments: no text reaches a device."""
    try:
        args = read_order(do, words)
    except Refused:
        return
    for number in args.get("sos", []):
        assert set(number) <= set("+0123456789")


def test_an_order_is_given_and_shown(tmp_path: Path, clock: ManualClock) -> None:
    """An operator gives an order to a band that was heard and sees that it waits."""
    url = f"sqlite:///{tmp_path / 'aihuijia.db'}"
    engine = open_database(url)
    migrate(engine)
    Town(engine, clock).hears("r-1")
    settings = {"DATABASE_URL": url}

    unknown = run(["order", "band-9", "locate"], settings, cwd=tmp_path)
    given_ = run(["order", "band-1", "interval", "60"], settings, cwd=tmp_path)
    shown = run(["orders", "band-1"], settings, cwd=tmp_path)

    assert (2, True) == (unknown.returncode, "No band 'band-9'" in unknown.stderr)
    assert (0, True) == (given_.returncode, "Order c-1 waits" in given_.stdout)
    assert "queued" in shown.stdout
    assert "interval 60 s" in shown.stdout
