"""Write into the team's chat rooms through Apprise (WeCom, DingTalk, Feishu, ntfy, Bark …).

A room's address is a secret: it comes from the settings, and is neither logged nor stored. What is
stored is a digest, which tells the rooms apart.
"""

import hmac
import logging
import warnings
from collections.abc import Iterable

from alerts.relays import Reply
from core.errors import SettingError

#: connecting and answering, wall seconds each: less than the sender's lease together
_CONNECT_S, _READ_S = 3.0, 5.0


def digest_of(key: bytes, address: str) -> str:
    """Return the name under which a room is stored; nobody gets its address from it."""
    return hmac.digest(key, f"room:{address}".encode(), "sha256").hex()[:32]


class Rooms:
    """The rooms of the settings, by digest."""

    def __init__(self, addresses: Iterable[str], *, key: bytes) -> None:
        """SettingError when an address is none that Apprise knows; it is not repeated there."""
        _quieten()
        self._rooms = {}
        #: what operators call each room: its kind of service and its place in the setting
        self.names: dict[str, str] = {}
        for number, address in enumerate(addresses, start=1):
            room = _room(address)
            if room is None:
                raise SettingError(
                    f"Setting AIHUIJIA_TEAM_ROOMS: address {number} is none that Apprise knows."
                    " Example: AIHUIJIA_TEAM_ROOMS=wecombot://KEY"
                )
            room.socket_connect_timeout, room.socket_read_timeout = _CONNECT_S, _READ_S
            room.request_rate_per_sec = 0  # who may write how often is the sender's to keep
            digest = digest_of(key, address)
            self._rooms[digest] = room
            self.names[digest] = f"{str(room.service_name)[:60]} {number}"

    def post(self, digest: str, text: str) -> Reply:
        """Write *text* into one room. That it was taken says nothing about who read it."""
        room = self._rooms.get(digest)
        if room is None:
            return Reply(code=None, reason="unknown_room")
        try:
            taken = room.notify(body=text)
        except Exception as error:  # noqa: BLE001  a hundred plugins; one of them may raise anything
            return Reply(code=None, reason=type(error).__name__)
        return Reply(code=200) if taken else Reply(code=None, reason="refused")


def _room(address: str):  # type: ignore[no-untyped-def]  # noqa: ANN202  Apprise's own type
    import apprise

    # Apprise reads all its plugins now; some of them use what Python is about to lose.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        asset = apprise.AppriseAsset(app_id="121", async_mode=False, secure_logging=True)
        return apprise.Apprise.instantiate(address, asset=asset, suppress_exceptions=True)


def _quieten() -> None:
    """Let Apprise say nothing: its warnings repeat addresses, and addresses are secrets."""
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
