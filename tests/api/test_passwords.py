"""Passwords: the brakes on guessing, and what a new one ends."""

import httpx
import pytest

from api.passwords import (
    CLOSED_FOR,
    TRIES_BEFORE_CLOSING,
    closed_until,
    hash_password,
    is_password,
)
from api.throttle import Throttle
from core.clock import ManualClock
from core.errors import Refused
from store import accounts
from tests.accounts import NAME, PASSWORD, add_staff, password_hash
from tests.api.conftest import OWN_PAGE, Site
from tests.api.world import World
from tests.conftest import NOON

GOOD = {"name": NAME, "password": PASSWORD}


@pytest.mark.parametrize("weak", ["", "short", "aaaaaaaaaaaa", "abababababab", "x" * 201])
def test_a_weak_password_is_refused(weak: str) -> None:
    """Too short, too long, or the same few letters again and again."""
    with pytest.raises(Refused, match="password needs"):
        hash_password(weak)


def test_only_the_password_itself_is_believed() -> None:
    """A hash is no password, an account without one believes none, a broken hash believes none."""
    kept = password_hash()
    answers = [
        is_password(kept, PASSWORD),
        is_password(kept, PASSWORD + " "),
        is_password(kept, kept),
        is_password(None, "a password that nobody has"),
        is_password("not a hash", PASSWORD),
    ]

    assert [True, False, False, False, False] == answers


def test_every_twentieth_wrong_try_closes_for_a_minute() -> None:
    """Wherever guesses come from, an account believes at most twenty a minute."""
    closed = [n for n in range(1, 61) if closed_until(n, NOON) is not None]

    assert [20, 40, 60] == closed
    assert NOON + CLOSED_FOR == closed_until(TRIES_BEFORE_CLOSING, NOON)
    assert None is closed_until(0, NOON)


def test_an_account_closes_wherever_guesses_come_from(
    client: httpx.Client, site: Site, clock: ManualClock
) -> None:
    """While an account is closed the right password is not believed; a minute later it is."""
    site.app.state.name_throttle = Throttle(tries=1000)
    site.app.state.place_throttle = Throttle(tries=1000)
    with site.world.engine.begin() as connection:
        accounts.note_tries(
            connection,
            site.world.staff_id,
            wrong_tries=TRIES_BEFORE_CLOSING - 1,
            locked_until=None,
        )
    wrong = client.post("/login", data=GOOD | {"password": "wrong"}, headers=OWN_PAGE)
    closed = client.post("/login", data=GOOD, headers=OWN_PAGE)
    clock.advance(CLOSED_FOR.total_seconds())
    later = client.post("/login", data=GOOD, headers=OWN_PAGE)

    assert (401, 401, 303) == (wrong.status_code, closed.status_code, later.status_code)


def test_one_place_cannot_try_many_names(client: httpx.Client) -> None:
    """After fifty wrong tries from one place no name is believed there for a while."""
    for n in range(50):
        client.post("/login", data={"name": f"guess-{n}", "password": "wrong"}, headers=OWN_PAGE)
    answer = client.post("/login", data=GOOD, headers=OWN_PAGE)

    assert 429 == answer.status_code


def test_a_new_password_ends_other_sessions(
    coordinator: httpx.Client, site: Site, world: World
) -> None:
    """Whoever changes the password stays signed in; every other session of theirs ends."""
    other = {"Cookie": f"aihuijia_session={world.session()}"}
    with site.client() as elsewhere:
        before = elsewhere.get("/api/bands", headers=other).status_code
        said = {"present": PASSWORD, "chosen": "another good one"}
        changed = coordinator.post("/account/password", data=said, headers=OWN_PAGE)
        after = elsewhere.get("/api/bands", headers=other).status_code
    own = coordinator.get("/api/bands").status_code

    assert (200, 200, 401, 200) == (before, changed.status_code, after, own)


def test_a_disabled_account_is_out_at_once(coordinator: httpx.Client, world: World) -> None:
    """Disabling ends what is open, and the form believes the password no more."""
    with world.engine.begin() as connection:
        accounts.set_disabled(connection, world.staff_id, disabled=True, now=world.clock.now())
    inside = coordinator.get("/api/bands").status_code
    again = coordinator.post("/login", data=GOOD, headers=OWN_PAGE).status_code

    assert (401, 401) == (inside, again)


def test_a_first_password_opens_one_page_only(client: httpx.Client, world: World) -> None:
    """Until it is changed every page leads to the one on which it is, and programs are told."""
    with world.engine.begin() as connection:
        account_id = add_staff(
            connection, world.clock.now(), name="new.one", password_hash=password_hash()
        )
        accounts.set_password(
            connection, account_id, password_hash(), must_change=True, now=world.clock.now()
        )
    entered = client.post(
        "/login", data={"name": "new.one", "password": PASSWORD}, headers=OWN_PAGE
    )
    page, program = client.get("/console"), client.get("/api/bands")
    other = client.get("/accounts")
    shown = client.get("/account").status_code
    said = {"present": PASSWORD, "chosen": "another good one"}
    client.post("/account/password", data=said, headers=OWN_PAGE)

    assert "/account" == entered.headers["location"]
    assert (303, "/account") == (page.status_code, page.headers["location"])
    assert (303, "/account") == (other.status_code, other.headers["location"])
    assert (403, 200, 200) == (program.status_code, shown, client.get("/console").status_code)
