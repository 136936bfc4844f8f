"""`aihuijia status`: look at database and broker, judge, say it. Changes nothing."""

import json
import socket
from collections import Counter
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from aihuijia.existing_database import missing_file
from alerts import guard, promise
from alerts.auditor import audit
from alerts.budget import Limits
from alerts.dead_man import any_works
from alerts.promise import Point
from alerts.promise_words import line_of
from core.audit import Rule
from core.canary import Result, Round, spread
from core.errors import ServerMissing
from core.people import Channel, Language
from core.service_state import CanaryState, ServiceState
from core.settings import Settings
from store import canary, phone_use, providers, retention_runs, service_state, workers
from store.database import check_reachable, open_database, reading
from store.migrate import versions
from store.rota import gaps_ahead
from store.service_state import age_s

#: how long the broker may take to open a connection, wall seconds
_CONNECT_S = 3.0
#: as in the alerts role: what is due may be over by this, wall seconds
_AUDIT_PATIENCE_S = 60.0
#: shares of the canary's rounds whose times are told
SHARES = (0.5, 0.95)


def show_status(settings: Settings, *, as_json: bool, english: bool) -> bool:
    """Print how the service is; say whether all is well."""
    engine = open_database(settings.database_url)
    now = settings.clock().now()
    state = look(settings, engine, now)
    points = promise.judge(state)
    is_well = all(point.is_well for point in points)
    language = Language.ENGLISH if english else Language.CHINESE
    lines = [line_of(point, state, language) for point in points]
    if as_json:
        lines = [json.dumps(to_json(state, points, now), ensure_ascii=False, indent=2)]
    console = Console(markup=False, highlight=False, soft_wrap=True)
    for line in lines:
        console.print(line)
    return is_well


def to_json(state: ServiceState, points: tuple[Point, ...], now: datetime) -> dict[str, Any]:
    """Return everything for programs: the judgement, then what it stands on."""
    facts = asdict(state)
    if state.rota_gap is not None:
        facts["rota_gap"] = [at.isoformat() for at in state.rota_gap]
    for name in ("newest", "last_good", "nightly"):
        one: Round | None = getattr(state.canary, name)
        facts["canary"][name] = None if one is None else _round_json(one)
    return {
        "well": all(point.is_well for point in points),
        "at": now.isoformat(),
        "points": [
            {"subject": p.subject.value, "well": p.is_well, "reason": p.reason and p.reason.value}
            for p in points
        ],
        "facts": facts,
    }


def look(settings: Settings, engine: Engine, now: datetime) -> ServiceState:
    """Gather what is judged; what is away is named."""
    speed = settings.clock().speed
    state = ServiceState(speed=speed, broker_problem=_broker_problem(settings))
    file = missing_file(engine)
    if file:
        return replace(state, database_problem=f"AIHUIJIA_DATABASE_URL: no file {file}")
    try:
        check_reachable(engine)
        found, wanted = versions(engine)
    except (ServerMissing, DBAPIError) as error:
        text = str(error) if isinstance(error, ServerMissing) else type(error).__name__
        return replace(state, database_problem=text)
    state = replace(state, schema_found=found, schema_wanted=wanted)
    if found != wanted:
        return state
    with reading(engine) as connection:
        return _read(connection, state, settings, now)


def _read(
    connection: Connection, state: ServiceState, settings: Settings, now: datetime
) -> ServiceState:
    waits = service_state.backlog(connection, now)
    cases = service_state.open_incidents(connection)
    heard = service_state.heard_since(connection, now - timedelta(hours=1))
    silent, mass = service_state.silent_bands(connection)
    beats = workers.last_beats(connection)
    return replace(
        state,
        beat_age_s={role: age_s(at, now) or 0.0 for role, at in sorted(beats.items())},
        message_late_s=age_s(waits.message_due_at, now),
        arrival_late_s=age_s(waits.arrival_at, now),
        open_incidents=cases.total,
        unanswered=cases.unanswered,
        longest_asked_s=age_s(cases.asked_since, now),
        waiting_orders=waits.orders,
        order_late_s=age_s(waits.order_at, now),
        pings=heard.pings,
        rejects=heard.rejects,
        failed_messages=heard.failed_messages,
        silent_bands=silent,
        mass_silences=mass,
        retention_age_s=age_s(_deleted_at(connection), now),
        canary=_canary(connection, settings, now, beats=beats),
        **_guarded(connection, state, settings, now),
        **_reach(connection, state, settings, now),
    )


def _guarded(
    connection: Connection, state: ServiceState, settings: Settings, now: datetime
) -> dict[str, Any]:
    """Return what the rules say, here and to the guards, and what the outside hears."""
    limits = _limits(settings)
    patience_s = _AUDIT_PATIENCE_S * state.speed
    broken = Counter(p.rule for p in audit(connection, now, patience_s=patience_s, limits=limits))
    fresh = now - timedelta(seconds=promise.GONE_S * state.speed)
    guards = workers.told_by(connection, guard.ROLE, fresh)
    for told in guards:
        # What was made due a moment ago, and is not mended, only the guard knows.
        broken |= Counter({Rule(rule): rows for rule, rows in told.get("found", {}).items()})
    alerts = workers.told_by(connection, "alerts", fresh)
    pings = [told["heartbeat_at"] for told in guards if told.get("heartbeat_at")]
    pinged_at = max((datetime.fromisoformat(at) for at in pings), default=None)
    # Of several workers one that pings is enough.
    silent = [tuple(told.get("heartbeat_silent", ())) for told in guards]
    return {
        "broken_rules": {rule.value: rows for rule, rows in sorted(broken.items())},
        "idle_workers": sum("schema_found" in told for told in alerts),
        "heartbeat_is_on": bool(settings.heartbeat_url.get_secret_value()) or bool(pings),
        "heartbeat_age_s": age_s(pinged_at, now),
        "heartbeat_silent": min(silent, key=len, default=()),
    }


def _reach(
    connection: Connection, state: ServiceState, settings: Settings, now: datetime
) -> dict[str, Any]:
    """Return whether people can be reached: providers, budgets, the team's rota."""
    states = providers.states(connection)
    keys = {
        f"{name}/{channel.value}"
        for channel, names in (
            (Channel.SMS, settings.sms_providers()),
            (Channel.VOICE, settings.voice_providers()),
        )
        for name in names
    } or {key for key in states if not key.endswith(f"/{Channel.PUSH.value}")}
    gaps = sorted((one.gap for one in gaps_ahead(connection, now, 1.0)), key=lambda g: g.from_at)
    day_ago, limits = now - timedelta(days=1), _limits(settings)
    return {
        "resting_providers": tuple(sorted(k for k, one in states.items() if one.rests(now))),
        "provider_works": any_works(keys, states, now, speed=state.speed),
        "used_up_numbers": phone_use.used_up(connection, Channel.SMS, limits.sms_per_day, day_ago)
        + phone_use.used_up(connection, Channel.VOICE, limits.calls_per_day, day_ago),
        "rota_gaps": len(gaps),
        "rota_gap": (gaps[0].from_at, gaps[0].until_at) if gaps else None,
    }


def _limits(settings: Settings) -> Limits:
    return Limits(
        sms_per_day=settings.sms_per_day,
        calls_per_hour=settings.calls_per_hour,
        calls_per_day=settings.calls_per_day,
    )


def _deleted_at(connection: Connection) -> datetime | None:
    turn = retention_runs.turn(connection)
    return None if turn is None else turn.done_at or turn.since_at


def _canary(
    connection: Connection, settings: Settings, now: datetime, *, beats: dict[str, datetime]
) -> CanaryState:
    stands = canary.standing(connection)
    rounds = canary.ended_since(connection, now - timedelta(hours=24))
    counted = [one for one in rounds if one.result is not Result.INTERRUPTED]
    good = stands.last_good
    beat_age_s = age_s(beats.get(promise.CANARY_ROLE), now)
    flies = beat_age_s is not None and beat_age_s <= promise.GONE_S * settings.clock().speed
    return CanaryState(
        is_on=bool(settings.canary_number) or flies,
        every_s=settings.canary_every_s,
        newest=stands.newest,
        last_good=good,
        nightly=canary.last_nightly(connection),
        last_good_age_s=None if good is None else age_s(good.ended_at, now),
        rounds=len(counted),
        failed=sum(one.result is Result.FAILED for one in counted),
        spread_s=spread(counted, SHARES),
    )


def _broker_problem(settings: Settings) -> str:
    """Return why the broker's port does not open, "" when it does."""
    parts = urlsplit(settings.broker_url)
    host, port = parts.hostname, parts.port or (8883 if parts.scheme == "mqtts" else 1883)
    if settings.broker_url == "embedded":
        host, port = "127.0.0.1", settings.embedded_broker_port
    try:
        with socket.create_connection((host or "127.0.0.1", port), timeout=_CONNECT_S):
            return ""
    except OSError as error:
        return f"{host}:{port}: {error.strerror or type(error).__name__}"


def _round_json(one: Round) -> dict[str, Any]:
    return {
        "started_at": one.started_at.isoformat(),
        "ended_at": None if one.ended_at is None else one.ended_at.isoformat(),
        "result": one.result and one.result.value,
        "problem": one.problem and one.problem.value,
        "seconds": {stage: round(span_s, 3) for stage, span_s in one.spans_s().items()},
    }
