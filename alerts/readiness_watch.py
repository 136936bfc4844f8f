"""Look at the readiness of everybody, and tell the operators once a week if somebody must act."""

from datetime import datetime

from sqlalchemy import Connection

from alerts.notices import NoticeKind, tell_operators
from alerts.readiness import ROTA_DAYS, Readiness, RotaGap, judge, week_of, week_to_list
from core.accounts import EVERYWHERE, Scope
from store import contact_points, readiness, rota


def look(connection: Connection, now: datetime, scope: Scope) -> Readiness:
    """Return who of *scope* could be reached tonight; reads only."""
    pairings = readiness.pairings(connection, scope=scope)
    teams = rota.teams_for(connection, scope)
    people = {person_id for pairing in pairings for person_id, _name in pairing.guardians}
    points = contact_points.points_of(connection, people)
    gaps = [
        RotaGap(
            team_id=found.team_id or "",
            from_at=found.gap.from_at,
            until_at=found.gap.until_at,
        )
        for found in rota.gaps_ahead(connection, now, ROTA_DAYS)
        if found.team_id in teams
    ]
    return judge(pairings, points, gaps, now)


def tell_weekly(connection: Connection, now: datetime) -> bool:
    """On Monday at 9 tell the operators what is missing, if anything is; the caller commits.

    True when there was something to tell. Whoever has just begun has a week to verify numbers.
    """
    last = readiness.last_week(connection)
    if last == 0:
        readiness.take_week(connection, week_of(now))
        return False
    week = week_to_list(now, last)
    if week is None or not readiness.take_week(connection, week):
        return False
    found = look(connection, now, EVERYWHERE)
    if found.is_fine:
        return False
    values = {
        "elders": str(len(found.not_ready_elders)),
        "guardians": str(len(found.not_ready_guardians)),
        "rota": str(len(found.gaps)),
    }
    tell_operators(connection, NoticeKind.WEEKLY_LIST, str(week), values, now)
    return True
