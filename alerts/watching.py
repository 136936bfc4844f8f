"""How often a band reports while its elder may be outside, and that it goes back afterwards.

A machine is asked before a person is woken: a suspicion alone already asks for a fresh fix. Orders
can be lost and batteries run down, so what a watched band was told last is looked at again.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from core.incidents import WatchedBand
from store import commands, incidents, registry
from store.commands import Command, CommandState

#: how often a watched band reports, seconds
WATCH_INTERVAL_S = 20
#: the same with little and with hardly any battery left: a band that is empty finds nobody
LOW_INTERVAL_S, LOW_PCT = 30, 30
LAST_INTERVAL_S, LAST_PCT = 60, 10


def watch_interval_s(battery_pct: int | None, *, charging: bool | None = None) -> int:
    """Return how often a band with this much battery reports while it is watched, seconds."""
    if battery_pct is None or charging:
        return WATCH_INTERVAL_S
    if battery_pct < LAST_PCT:
        return LAST_INTERVAL_S
    return LOW_INTERVAL_S if battery_pct < LOW_PCT else WATCH_INTERVAL_S


def locate(connection: Connection, elder_id: int, now: datetime) -> None:
    """Ask the elder's band where it is, now."""
    device_id = registry.band_of(connection, elder_id)
    if device_id is not None:
        commands.queue(connection, device_id, "locate", {}, now)


def begin(connection: Connection, elder_id: int, now: datetime) -> None:
    """Make the elder's band report often, and at once."""
    for band in incidents.watched_bands(connection, elder_id=elder_id):
        seconds = watch_interval_s(band.battery_pct, charging=band.charging)
        commands.queue(connection, band.device_id, "interval", {"s": seconds}, now)
    locate(connection, elder_id, now)


def end(connection: Connection, elder_id: int, now: datetime) -> None:
    """Let the elder's band report as usual again."""
    device_id = registry.band_of(connection, elder_id)
    if device_id is not None:
        usual_s = registry.expected_interval_s(connection, elder_id)
        commands.queue(connection, device_id, "interval", {"s": usual_s}, now)


def say_sos_is_taken(connection: Connection, elder_id: int, now: datetime) -> None:
    """Tell the band that somebody took its SOS.

    A band with a screen can say so to its wearer, and a JT/T 808 device goes on shouting until it
    hears it: after the end of the incident that would open the next one.
    """
    device_id = registry.band_of(connection, elder_id)
    if device_id is not None:
        commands.queue(connection, device_id, "sos_taken", {}, now)


def look_again(connection: Connection, now: datetime) -> int:
    """Put right what lost orders and falling batteries left behind; return how many orders.

    Orders whose time is over are marked; a watched band that was told something else, or never
    heard it, is told again; one that never heard that all is well again is told that.
    """
    commands.expire(connection, now)
    watched = {band.device_id: band for band in incidents.watched_bands(connection)}
    told = commands.newest_intervals(connection, watched)
    orders = {
        band.device_id: seconds
        for band in watched.values()
        if (seconds := _correction_s(band, told.get(band.device_id))) is not None
    }
    orders.update(_never_heard_the_end(connection, watched))
    for device_id, seconds in orders.items():
        commands.queue(connection, device_id, "interval", {"s": seconds}, now)
    return len(orders)


def _correction_s(band: WatchedBand, told: Command | None) -> int | None:
    """Return the interval to order; None when what the band was told is right, or it cannot."""
    wanted_s = watch_interval_s(band.battery_pct, charging=band.charging)
    if told is None:
        return wanted_s
    if told.state is CommandState.FAILED:
        return None  # it said that it cannot: asking every second helps nobody
    told_s = int(told.args.get("s", 0))
    if told.state is CommandState.EXPIRED:
        return wanted_s if band.heard_at is not None and band.heard_at > told.expires_at else None
    # A battery near a limit goes up and down: while watched, an interval only grows.
    already_watching = told_s in (WATCH_INTERVAL_S, LOW_INTERVAL_S, LAST_INTERVAL_S)
    if already_watching and told_s >= wanted_s:
        return None
    return wanted_s


def _never_heard_the_end(connection: Connection, watched: Iterable[str]) -> list[tuple[str, int]]:
    lost = set(commands.lost_intervals(connection)) - set(watched)
    usual = registry.usual_intervals(connection, lost)
    return [(device_id, usual[device_id]) for device_id in sorted(lost & set(usual))]
