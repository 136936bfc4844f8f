"""A volunteer signs in on a phone: a code goes to their number and comes back from the device.

Every answer is the same whether a number is registered or not, so that nobody learns who guards
whom by trying numbers.
"""

import secrets
from collections.abc import Callable

from fastapi import HTTPException, Request, Response

from alerts import codes, verification
from alerts.verification import Verdict
from api import second_factor
from api.access import DEVICE_COOKIE, Viewer, place_of
from api.services import Services
from api.throttle import Throttle
from core.errors import Conflict
from core.notices import NoticeKind
from core.phone_numbers import normalised
from store import credentials, devices, volunteers
from store.database import reading

N_: Callable[[str], str] = str  # marks a text for translation later

NOT_TOGETHER = N_("Number and code do not belong together, or the code is over. Ask for a new one.")
_BY = "sign-in"


def send_code(request: Request, services: Services, phone: str) -> None:
    """Send a code to *phone* if it is a volunteer's; ValueError when it is no number.

    HTTPException 429 for a place that asks too often.
    """
    number = normalised(phone)
    throttle: Throttle = request.app.state.place_throttle
    place = f"codes for {place_of(request)}"
    if throttle.tries_left(place) == 0:
        raise HTTPException(429)
    throttle.count_wrong(place)
    now = services.clock.now()
    with reading(services.engine) as connection:
        found = volunteers.point_to_sign_in(connection, number)
    if found is None:
        _take_as_long()
        return
    with services.engine.begin() as connection:
        is_sent = verification.start(
            connection,
            found[0],
            secret=services.settings.require_secret_key(),
            by=_BY,
            now=now,
            kind=NoticeKind.SIGN_IN_CODE,
        )
    if is_sent:
        services.inbox_arrived()
    else:
        _take_as_long()


def sign_in(
    request: Request, services: Services, response: Response, phone: str, code: str
) -> tuple[int, str]:
    """Make the device a volunteer's own; return (person, what a program shows as bearer).

    HTTPException 403 when number and code do not belong together, 429 after too many guesses;
    ValueError when *phone* is no number.
    """
    number = normalised(phone)
    throttle: Throttle = request.app.state.code_throttle
    place = f"sign-in from {place_of(request)}"
    if throttle.tries_left(place) == 0:
        raise HTTPException(429)
    found, verdict = None, Verdict.NONE_SENT
    if codes.read_code(code) is None:
        _take_as_long()  # whose number it is, nobody looks
    else:
        found, verdict = _confirm(services, number, code)
    if found is None or verdict is not Verdict.VERIFIED:
        throttle.count_wrong(place)
        raise HTTPException(403, NOT_TOGETHER)
    return found[1], second_factor.trust(services, response, found[1])


def _confirm(services: Services, number: str, code: str) -> tuple[tuple[int, int] | None, Verdict]:
    """Return (contact point, person) of *number*, if it is a volunteer's, and what the code did."""
    try:
        with services.engine.begin() as connection:
            found = volunteers.point_to_sign_in(connection, number)
            if found is not None:
                now = services.clock.now()
                return found, verification.confirm(connection, found[0], code, now=now)
    except Conflict:  # two tries at once; to say so would tell that a code waits there
        return None, Verdict.WRONG
    _take_as_long()
    return None, Verdict.NONE_SENT


def _take_as_long() -> None:
    """Compute what a real code costs, so that nobody measures whether a number is registered."""
    codes.digest("000000", secrets.token_hex(16))


def sign_out(request: Request, services: Services, viewer: Viewer, response: Response) -> None:
    """Believe this device no more."""
    now = services.clock.now()
    cookie = request.cookies.get(DEVICE_COOKIE, "")
    with services.engine.begin() as connection:
        if viewer.by_header and viewer.credential_id is not None:
            devices.revoke(connection, viewer.credential_id, now)
        elif (device := credentials.device_holder(connection, cookie, now)) is not None:
            devices.revoke(connection, device.id, now)
    response.delete_cookie(DEVICE_COOKIE)
