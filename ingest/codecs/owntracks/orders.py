"""Put orders into OwnTracks' commands (Booklet, "JSON", `_type` `cmd`). Pure.

A phone obeys only if its owner allowed remote commands, and says nothing when it does; a location
with the trigger `r` is its answer to `locate`.
"""

from typing import Any

from ingest.codecs.order_words import seconds_of
from ingest.codecs.readings import Order

#: "move": the mode in which the app reports by a timer; and "significant changes"
_MOVE, _SIGNIFICANT = 2, 1
#: an interval that needs the mode "move", seconds; a slower one is left to the phone
_WATCHED_S = 300


def command_of(order: Order) -> dict[str, Any] | None:
    """Return *order* as the app's command; None where it has none.

    Raises BadOrder for an interval that cannot be one.
    """
    if order.do == "locate":
        return {"_type": "cmd", "action": "reportLocation"}
    if order.do != "interval":
        return None
    seconds = seconds_of(order)
    settings: dict[str, Any] = {"_type": "configuration", "monitoring": _SIGNIFICANT}
    if seconds < _WATCHED_S:
        settings["monitoring"] = _MOVE
        settings["moveModeLocatorInterval"] = seconds  # Android
        settings["locatorInterval"] = seconds  # iOS
    return {"_type": "cmd", "action": "setConfiguration", "configuration": settings}
