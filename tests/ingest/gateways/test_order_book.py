"""Orders stand until they are answered or too old, each once."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from ingest.codecs.readings import Confirmation
from ingest.gateways.orders import MOST_FOR_ONE_BAND, SEND_AGAIN_AFTER_S, OrderBook, Standing

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SOON = NOW + timedelta(minutes=10)


def accept(
    book: OrderBook, command: str, do: str = "find", *, exp: datetime = SOON, now: datetime = NOW
) -> Standing | None:
    """Give *book* an order for the band b."""
    said = {"v": 1, "cmd": command, "do": do, "args": {}, "exp": exp.timestamp()}
    return book.accept("b", json.dumps(said).encode(), now)


def send(book: OrderBook, at: datetime = NOW) -> list[str]:
    """Send what is due, numbered from 1; return what it was."""
    due = book.due("b", at)
    for serial, one in enumerate(due, start=1):
        one.sent_at, one.serial = at, serial
    return [one.command for one in due]


def test_an_order_is_due_once() -> None:
    """What was sent is not sent again by itself."""
    book = OrderBook()
    accept(book, "c-1")
    accept(book, "c-2")

    assert ["c-1", "c-2"] == send(book)
    assert [] == send(book)


def test_an_order_that_comes_again_is_sent_again() -> None:
    """The ingest role repeats what is not confirmed; a moment later it is sent, not at once."""
    book = OrderBook()
    accept(book, "c-1")
    send(book)

    accept(book, "c-1", now=NOW + timedelta(seconds=1))
    assert [] == send(book)

    later = NOW + timedelta(seconds=SEND_AGAIN_AFTER_S)
    accept(book, "c-1", now=later)
    assert ["c-1"] == send(book, later)
    assert 1 == len(book)


def test_too_old_is_dropped() -> None:
    """An order past its time is neither taken nor sent, and is forgotten."""
    book = OrderBook()
    assert accept(book, "c-0", exp=NOW) is None
    accept(book, "c-1")

    assert [] == book.due("b", SOON)
    book.expire(SOON)
    assert 0 == len(book)


def test_a_confirmation_answers_the_order_it_means() -> None:
    """By its name the first one sent; by its serial the one with that serial; each once."""
    book = OrderBook()
    accept(book, "c-1", "locate")
    accept(book, "c-2", "find")
    accept(book, "c-3", "find")
    assert book.confirm("b", Confirmation(do="find")) is None  # nothing was sent yet
    send(book)

    answered = [
        book.confirm("b", Confirmation(do="find")),
        book.confirm("b", Confirmation(serial=3, ok=False)),
        book.confirm("b", Confirmation(do="find")),
        book.confirm("other", Confirmation(do="locate")),
    ]

    assert ["c-2", "c-3", None, None] == [one and one.command for one in answered]
    assert ["", "refused by the band"] == [one.answer for one in answered if one]


def test_a_serial_means_the_newest_order_with_it() -> None:
    """A new connection counts from the beginning again."""
    book = OrderBook()
    accept(book, "c-1", "locate")
    send(book)
    accept(book, "c-2", "find")
    send(book, NOW + timedelta(seconds=5))

    answered = book.confirm("b", Confirmation(serial=1))

    assert answered is not None
    assert "c-2" == answered.command


def test_a_nameless_answer_means_the_only_order_there_is() -> None:
    """Of two nobody could tell which."""
    book = OrderBook()
    accept(book, "c-1", "locate")
    accept(book, "c-2", "find")
    send(book)

    assert book.confirm("b", Confirmation()) is None
    book.confirm("b", Confirmation(do="locate"))
    answered = book.confirm("b", Confirmation())

    assert answered is not None
    assert "c-2" == answered.command


def test_an_answered_order_that_comes_again_shows_its_answer() -> None:
    """The answer did not arrive; the band is not asked twice."""
    book = OrderBook()
    accept(book, "c-1")
    send(book)
    book.confirm("b", Confirmation(do="find"))

    again = accept(book, "c-1", now=NOW + timedelta(minutes=1))

    assert again is not None
    assert "" == again.answer
    assert [] == book.due("b", NOW + timedelta(minutes=1))


def test_one_band_has_only_so_many() -> None:
    """The oldest make room."""
    book = OrderBook()
    for number in range(MOST_FOR_ONE_BAND + 3):
        accept(book, f"c-{number}")

    assert MOST_FOR_ONE_BAND == len(book) == len(book.due("b", NOW))
    assert "c-3" == book.due("b", NOW)[0].command


@pytest.mark.parametrize(
    "change",
    [{"cmd": ""}, {"cmd": "x" * 41}, {"do": 5}, {"args": []}, {"exp": "soon"}, {"exp": 1e300}],
)
def test_a_malformed_order_is_refused(change: dict[str, object]) -> None:
    """It never reaches a band."""
    said = {"v": 1, "cmd": "c-1", "do": "find", "args": {}, "exp": SOON.timestamp()} | change

    assert OrderBook().accept("b", json.dumps(said).encode(), NOW) is None
