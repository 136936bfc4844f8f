"""Look at the bands themselves: open and end operators' tasks, raise a silence that is an incident.

A task is for an operator in working hours; nobody is woken by one. Many bands silent at once are
one task, and no incident: that is a mast or a broker, not a hundred people.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from alerts import desk
from alerts.band_health import (
    find_troubles,
    is_confirmed_low,
    mass_silences,
    predict_empty,
)
from alerts.notices import NoticeKind, tell_operators
from alerts.triggers import Signal, SignalKind
from core.accounts import EVERYWHERE
from core.bands import STANDARD_HEALTH, BandState, Finding, HealthPolicy, Level, Trouble
from core.incidents import Trigger
from core.zones import Side
from store import band_health, band_tasks, workers
from store.band_tasks import Task

log = logging.getLogger(__name__)

#: a band heard within this is one of those a network carries
_ACTIVE = timedelta(hours=24)
#: as far back as a battery's readings are looked at
_BATTERY_PAST = timedelta(hours=48)


def look(
    connection: Connection,
    now: datetime,
    *,
    ingest_gone_s: float,
    policy: HealthPolicy = STANDARD_HEALTH,
) -> None:
    """Examine every band that may be in trouble; the caller commits.

    *ingest_gone_s*: without a beat for so long, seconds, the ingest role is not listening.
    """
    band_health.fold_new_reports(connection, now=now, policy=policy)
    tasks = band_tasks.open_tasks(connection, scope=EVERYWHERE)
    by_band: dict[str, dict[Trouble, Task]] = {}
    for task in tasks:
        if task.trouble is not Trouble.MASS_SILENCE:
            by_band.setdefault(task.subject, {})[task.trouble] = task
    bands = band_health.examined(connection, now=now, policy=policy, also=by_band)
    hearing_since = workers.listening_since(
        connection, now=now, gone_after=timedelta(seconds=ingest_gone_s)
    )
    found = {
        band.device_id: find_troubles(
            band,
            now=now,
            hearing_since=hearing_since,
            already=by_band.get(band.device_id, {}),
            policy=policy,
        )
        for band in bands
    }
    places = _mass(connection, bands, found, tasks, now, policy)
    for band in bands:
        hushed = "" in places or band.organisation_id in places
        _settle(
            connection,
            band,
            found[band.device_id],
            by_band.pop(band.device_id, {}),
            hushed=hushed,
            deaf=hearing_since is None,
            now=now,
            policy=policy,
        )
    # What is left belongs to bands that nobody wears any more.
    gone = [task.id for open_ones in by_band.values() for task in open_ones.values()]
    band_tasks.end(connection, gone, now)


def _mass(
    connection: Connection,
    bands: list[BandState],
    found: Mapping[str, tuple[Finding, ...]],
    tasks: list[Task],
    now: datetime,
    policy: HealthPolicy,
) -> frozenset[str]:
    """Open and end the tasks about many bands; return where there are such."""
    known = {task.subject: task for task in tasks if task.trouble is Trouble.MASS_SILENCE}
    silent = [
        band
        for band in bands
        if band.heard_at is not None
        and band.heard_at >= now - _ACTIVE
        and any(finding.trouble is Trouble.SILENT for finding in found[band.device_id])
    ]
    if not silent and not known:
        return frozenset()
    active = band_health.active_by_organisation(connection, now - _ACTIVE)
    places = mass_silences(active, silent, already=known, policy=policy)
    for place in places - known.keys():
        here = [band for band in silent if place in ("", band.organisation_id)]
        among = sum(active.values()) if place == "" else active.get(place, 0)
        band_tasks.open_task(
            connection,
            trouble=Trouble.MASS_SILENCE,
            subject=place,
            elder_id=None,
            organisation_id=place,
            level=Level.NOW,
            since=min(band.heard_at for band in here if band.heard_at is not None),
            now=now,
            detail={"bands": len(here), "of": among},
        )
        log.error(
            "%d of %d bands are silent at once: look at the network, the broker, the SIM house.",
            len(here),
            among,
            extra={"action": "mass_silence"},
        )
        count = {"bands": str(len(here)), "of": str(among), "place": place}
        tell_operators(connection, NoticeKind.BAND_MASS_SILENCE, place, count, now)
    band_tasks.end(connection, [known[place].id for place in known.keys() - places], now)
    return places


def _settle(
    connection: Connection,
    band: BandState,
    found: tuple[Finding, ...],
    tasks: dict[Trouble, Task],
    *,
    hushed: bool,
    deaf: bool,
    now: datetime,
    policy: HealthPolicy,
) -> None:
    """Make the band's open tasks equal to what was found."""
    for finding in found:
        task = tasks.pop(finding.trouble, None)
        if finding.trouble is Trouble.SILENT and hushed and task is None:
            continue
        detail = _detail(connection, band, finding, task, now, policy)
        if detail is None:
            continue
        if finding.is_alarm and not hushed and not detail.get("alarmed"):
            detail["alarmed"] = True
            _raise_silence(connection, band, finding, now)
        if task is None:
            band_tasks.open_task(
                connection,
                trouble=finding.trouble,
                subject=band.device_id,
                elder_id=band.elder_id,
                organisation_id=band.organisation_id,
                level=finding.level,
                since=finding.since,
                now=now,
                detail=detail,
            )
        elif task.level < finding.level or task.detail != detail:
            level = max(task.level, finding.level)
            band_tasks.change(connection, task.id, level=level, detail=detail)
    if deaf:
        tasks.pop(Trouble.SILENT, None)  # nobody listens, so nobody can have been heard
    silence = tasks.get(Trouble.SILENT)
    if silence is not None and silence.detail.get("alarmed") and band.side is Side.INSIDE:
        _say_heard_again(connection, band, now)
    band_tasks.end(connection, [task.id for task in tasks.values()], now)


def _detail(
    connection: Connection,
    band: BandState,
    finding: Finding,
    task: Task | None,
    now: datetime,
    policy: HealthPolicy,
) -> dict[str, Any] | None:
    """Return what the task says beside its level; None when it is too early to say it."""
    if finding.trouble is Trouble.LOW_BATTERY:
        if task is not None and task.detail.get("pct") == band.battery_pct:
            return task.detail
        readings = band_health.battery_readings(
            connection, band.device_id, since=now - _BATTERY_PAST
        )
        if task is None and not is_confirmed_low(readings, policy.battery_notice_pct):
            return None
        empty_at = predict_empty(readings)
        return {
            "pct": band.battery_pct,
            "empty_at": None if empty_at is None else empty_at.isoformat(timespec="minutes"),
        }
    if finding.trouble is Trouble.SILENT:
        kept = {} if task is None else task.detail
        low = band.battery_pct is not None and band.battery_pct <= policy.battery_now_pct
        return {**kept, "side": band.side.value, "pct": band.battery_pct, "battery_was_low": low}
    return {} if task is None else task.detail


def _raise_silence(
    connection: Connection, band: BandState, finding: Finding, now: datetime
) -> None:
    assert band.elder_id is not None
    quiet_s = round((now - finding.since).total_seconds())
    signal = Signal(
        elder_id=band.elder_id,
        kind=SignalKind.ALARM,
        trigger=Trigger.SILENCE,
        at=now,
        report_id="",
        evidence={"quiet_s": quiet_s, "side": band.side.value, "battery_pct": band.battery_pct},
    )
    desk.report(connection, signal, ping_id=None, now=now)


def _say_heard_again(connection: Connection, band: BandState, now: datetime) -> None:
    assert band.elder_id is not None
    signal = Signal(
        elder_id=band.elder_id,
        kind=SignalKind.RETURNED,
        trigger=Trigger.SILENCE,
        at=now,
        report_id="",
        evidence={"heard_at": None if band.heard_at is None else band.heard_at.isoformat()},
    )
    desk.report(connection, signal, ping_id=None, now=now)
