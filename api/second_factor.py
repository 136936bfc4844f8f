"""A link alone shows nothing: a device that is not known yet must name the end of a number.

Links are passed on, in families and in groups. Whoever holds one and does not know the last four
digits of the volunteer's own number learns nothing, not even whose link it is. A device is asked
once and known afterwards; an answer by SMS or by a key in a call needs none of this.
"""

import hmac
import unicodedata
from datetime import timedelta
from enum import StrEnum

from fastapi import Response
from sqlalchemy import Connection

from api.access import DEVICE_COOKIE, Viewer
from api.services import Services
from core.people import PHONE
from store import credentials, devices
from store.contact_points import points_of
from store.database import reading

#: so long a device is known
DEVICE_LIFE = timedelta(days=180)
#: wrong digits at one link in this time; then SMS and the duty room remain
MOST_GUESSES = 5
GUESSES_WITHIN = timedelta(minutes=15)
#: at one link altogether; a stranger who has weeks must not come through ten thousand numbers
MOST_GUESSES_EVER = 20
_EVER = timedelta(days=3650)


class Shown(StrEnum):
    """What came of the digits that somebody gave."""

    RIGHT = "right"
    WRONG = "wrong"
    TOO_MANY = "too_many"


def is_stranger(services: Services, viewer: Viewer, person_id: int) -> bool:
    """Say whether this device has yet to show that it is the person's own."""
    return services.settings.guardian_second_factor and viewer.person_id != person_id


def tries_left(services: Services, incident_id: int, person_id: int) -> int:
    """Return how many more wrong digits one link takes now."""
    with reading(services.engine) as connection:
        return _tries_left(connection, services, incident_id, person_id)


def check(services: Services, incident_id: int, person_id: int, digits: str) -> Shown:
    """Compare *digits* with the end of the person's own numbers; a wrong try is counted."""
    given = unicodedata.normalize("NFKC", digits).strip().encode("utf-8", "replace")
    with services.engine.begin() as connection:
        devices.take_turn(connection, person_id)
        if _tries_left(connection, services, incident_id, person_id) == 0:
            return Shown.TOO_MANY
        numbers = [
            point.value
            for point in points_of(connection, [person_id]).get(person_id, [])
            if point.channel in PHONE and point.disabled_reason is None
        ]
        if any(hmac.compare_digest(number[-4:].encode(), given) for number in numbers):
            return Shown.RIGHT
        devices.add_guess(connection, incident_id, person_id, services.clock.now())
        left = _tries_left(connection, services, incident_id, person_id)
    return Shown.WRONG if left else Shown.TOO_MANY


def trust(services: Services, response: Response, person_id: int) -> str:
    """Make the browser that gets *response* a device of the person; return what it shows."""
    with services.engine.begin() as connection:
        value = credentials.trust_device(
            connection, person_id, lifetime=DEVICE_LIFE, now=services.clock.now()
        )
    response.set_cookie(
        DEVICE_COOKIE,
        value,
        max_age=int(DEVICE_LIFE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=services.settings.public_url.startswith("https://"),
    )
    return value


def _tries_left(
    connection: Connection, services: Services, incident_id: int, person_id: int
) -> int:
    now = services.clock.now()
    lately = devices.guesses_since(connection, incident_id, person_id, now - GUESSES_WITHIN)
    ever = devices.guesses_since(connection, incident_id, person_id, now - _EVER)
    return max(0, min(MOST_GUESSES - lately, MOST_GUESSES_EVER - ever))
