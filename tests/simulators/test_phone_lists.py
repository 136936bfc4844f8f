"""Lists of messages and calls, as the provider's package reads them."""

from datetime import timedelta

import pytest
from twilio.base.exceptions import TwilioException

from simulators.phone_network import Habit, PicksUp
from tests.simulators.phone_bench import ANNA, BERT, Bench


def test_calls_are_listed_by_number_and_time(bench: Bench) -> None:
    """A call that was picked up is listed by its start; one that was not has only an end."""
    bench.learn(Habit(number=ANNA, call=PicksUp(after_s=1)))
    taken = bench.call(to=ANNA)
    bench.call(to=BERT)
    for _ in range(2):
        bench.service.next("status")
    now = bench.clock.now()
    hour_ago = now - timedelta(hours=1)

    assert [taken.sid] == [c.sid for c in bench.client.calls.list(to=ANNA)]
    assert [taken.sid] == [c.sid for c in bench.client.calls.list(start_time_after=hour_ago)]
    assert [] == bench.client.calls.list(start_time_before=hour_ago)
    assert 2 == len(bench.client.calls.list(end_time_after=hour_ago))
    assert [] == bench.client.calls.list(end_time_before=hour_ago)
    assert [taken.sid] == [c.sid for c in bench.client.calls.list(status="completed")]
    assert 2 == len(bench.client.calls.list(page_size=1))


def test_a_message_that_waits_has_no_date(bench: Bench) -> None:
    """What has not left yet is listed by number, and by no date."""
    bench.clock.set_speed(0.001)
    sent = bench.text()
    hour_ago = bench.clock.now() - timedelta(hours=1)

    assert [sent.sid] == [m.sid for m in bench.client.messages.list(to=ANNA)]
    assert [] == bench.client.messages.list(to=ANNA, date_sent_after=hour_ago)


@pytest.mark.parametrize(
    "query", ["PageSize=0", "PageSize=1001", "Page=-1", "PageSize=x", "DateSent=yesterday"]
)
def test_a_bad_query_is_refused(bench: Bench, query: str) -> None:
    """What the provider would not understand is refused."""
    path = f"/2010-04-01/Accounts/{bench.client.username}/Messages.json?{query}"
    bench.text()
    answer = bench.client.request("GET", bench.url + path)

    assert 400 == answer.status_code


def test_a_page_at_a_time(bench: Bench) -> None:
    """Pages follow one another by the address that each names."""
    sent = [bench.text().sid for _ in range(3)]
    page = bench.client.messages.page(page_size=2)
    following = page.next_page()
    assert following is not None

    assert sent[::-1] == [m.sid for m in page] + [m.sid for m in following]
    assert following.next_page() is None


def test_a_stranger_lists_nothing(bench: Bench) -> None:
    """Lists are for the account alone."""
    answer = bench.ask_people("GET", f"/2010-04-01/Accounts/{bench.client.username}/Calls.json")

    assert 401 == answer.status_code
    with pytest.raises(TwilioException):
        bench.client.api.accounts("AC" + "1" * 32).calls.list()
