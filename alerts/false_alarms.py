"""After a false alarm: study the elder's past days, and propose a better zone to people.

One elder at a time, outside any transaction; what was proposed before is renewed, not repeated.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from alerts.desk import REPORT_GRACE_S
from core.accounts import EVERYWHERE
from core.clock import LOCAL_ZONE
from core.errors import Conflict, Refused
from core.false_alarms import (
    STANDARD_FALSE_ALARMS,
    FalseAlarmPolicy,
    ProposalKind,
    ProposalState,
    Suggestion,
    month_of,
)
from core.policies import STANDARD
from core.zones import Zone, ZoneKind
from geofence import learning
from geofence.drawn import try_drawn
from geofence.knowing import home_of, safe_zones
from geofence.past import Past
from geofence.planes import far_apart_m
from geofence.proposals import propose
from geofence.surroundings import UNLEARNED, Home
from store import false_alarms, pings, registry, surroundings, zone_proposals
from store.database import reading
from store.false_alarms import Study
from store.zone_proposals import Proposal
from store.zones import add_zone, edit_zone, zones_for

log = logging.getLogger(__name__)

#: two weeks of a ping every minute; of more the newest are taken
MOST_PINGS = 20_160
#: proposals for places nearer together than this are for the same place, metres
_SAME_PLACE_M = 150.0
#: a refused proposal that would spare so many times as many false alarms comes again at once
_FAR_STRONGER = 2


def study_next(
    engine: Engine, now: datetime, *, policy: FalseAlarmPolicy = STANDARD_FALSE_ALARMS
) -> bool:
    """Study one elder whose turn it is; False when there is none, or another worker was first."""
    with reading(engine) as connection:
        study = _due(connection, now, policy)
    if study is None:
        return False
    with engine.begin() as connection:
        if not false_alarms.begin_study(connection, study, now):
            return False
    with reading(engine) as connection:
        past = load_past(connection, study.elder_id, now, policy=policy)
        begin, end = month_of(now)
        this_month = false_alarms.counts(connection, begin, end, scope=EVERYWHERE).get(
            study.elder_id, 0
        )
    suggestions = propose(past, now, policy=policy)
    with engine.begin() as connection:
        added = settle(connection, study.elder_id, suggestions, now, policy=policy)
    log.log(
        logging.WARNING if this_month > policy.most_a_month else logging.INFO,
        "An elder had %d false alarms this month (%d are too many from); %d zones proposed.",
        this_month,
        policy.most_a_month + 1,
        added,
        extra={"action": "false_alarms_studied", "elder": study.elder_id},
    )
    return True


def load_past(
    connection: Connection,
    elder_id: int,
    now: datetime,
    *,
    policy: FalseAlarmPolicy = STANDARD_FALSE_ALARMS,
) -> Past:
    """Return what is known of one elder's past days; NotFound when there is no such elder."""
    registry.elder(connection, elder_id)
    since = now - timedelta(days=policy.looks_back_days)
    interval_s = registry.expected_interval_s(connection, elder_id)
    zones = zones_for(connection, [elder_id])[elder_id]
    return Past(
        elder_id=elder_id,
        zones=zones,
        pings=tuple(pings.lately(connection, elder_id, since=since, limit=MOST_PINGS)),
        incidents=false_alarms.past_incidents(connection, elder_id, since=since),
        silence_s=max(STANDARD.suspect_s, interval_s + REPORT_GRACE_S),
        home=_home(connection, elder_id, zones),
    )


def settle(
    connection: Connection,
    elder_id: int,
    suggestions: Sequence[Suggestion],
    now: datetime,
    *,
    policy: FalseAlarmPolicy = STANDARD_FALSE_ALARMS,
) -> int:
    """Make an elder's open proposals equal to *suggestions*; return how many are new.

    What a person refused stays refused for a while, unless it would spare far more by now.
    """
    earlier = zone_proposals.of_elder(connection, elder_id)
    still_open = {p.id: p for p in earlier if p.state is ProposalState.OPEN}
    added = 0
    for suggestion in suggestions:
        same = [p for p in earlier if _is_same(p.suggestion, suggestion)]
        renewed = next((p for p in same if p.id in still_open), None)
        if renewed is not None:
            zone_proposals.renew(connection, renewed.id, suggestion)
            del still_open[renewed.id]
        elif not any(_stays_refused(p, suggestion, now, policy) for p in same):
            zone_proposals.add(connection, elder_id, suggestion, now)
            added += 1
    zone_proposals.outdate(connection, still_open, now)
    return added


def accept(engine: Engine, proposal_id: int, *, by: str, name: str, now: datetime) -> int:
    """Draw the proposed zone in the name of *by*; return its id.

    *name* is for a new zone. Refused when it would hide an incident that was settled since the
    proposal was made; Conflict when somebody decided, or drew the zone anew, meanwhile.
    """
    with reading(engine) as connection:
        proposal = zone_proposals.load(connection, proposal_id, scope=EVERYWHERE)
        if proposal.state is not ProposalState.OPEN:
            raise Conflict(f"proposal {proposal_id} was decided already")
        past = load_past(connection, proposal.elder_id, now)
    zone = _zone_of(proposal, past, name)
    if try_drawn(past, zone, now).compared.hidden:  # a second of work, in no transaction
        raise Refused(
            "With this zone an incident in which the elder was found, or one that is still open,"
            " would not have alarmed in time. Nothing was changed."
        )
    with engine.begin() as connection:
        made_id = _draw(connection, zone, by=by, now=now)
        zone_proposals.decide(
            connection,
            proposal_id,
            state=ProposalState.ACCEPTED,
            by=by,
            reason="",
            now=now,
            made_zone_id=made_id,
        )
    return made_id


def refuse(
    connection: Connection, proposal_id: int, *, by: str, reason: str, now: datetime
) -> None:
    """Keep the zones as they are; the same proposal does not come again for a while."""
    zone_proposals.load(connection, proposal_id, scope=EVERYWHERE)
    zone_proposals.decide(
        connection, proposal_id, state=ProposalState.REFUSED, by=by, reason=reason, now=now
    )


def _draw(connection: Connection, zone: Zone, *, by: str, now: datetime) -> int:
    if zone.id:
        return edit_zone(connection, zone, by=by, now=now)
    return add_zone(
        connection,
        elder_id=zone.elder_id,
        kind=zone.kind,
        name=zone.name,
        shape=zone.shape,
        by=by,
        now=now,
    )


def _zone_of(proposal: Proposal, past: Past, name: str) -> Zone:
    """Return the zone as it would be drawn; id 0 for a new one."""
    suggestion = proposal.suggestion
    if suggestion.zone_id is None:
        return Zone(
            id=0,
            elder_id=proposal.elder_id,
            kind=ZoneKind.SAFE,
            name=name,
            shape=suggestion.shape,
        )
    for zone in past.zones:
        if zone.id == suggestion.zone_id:
            return replace(zone, shape=suggestion.shape)
    raise Conflict(f"zone {suggestion.zone_id} was drawn anew or given up meanwhile")


def _home(connection: Connection, elder_id: int, zones: Sequence[Zone]) -> Home:
    """Return what is known by now of the radio in an elder's safe zones."""
    stored = surroundings.load(connection, [elder_id]).get(elder_id)
    try:
        learned = learning.read(b"" if stored is None else stored.learned)
    except ValueError:  # of another version: the ingest role begins anew and says so
        return UNLEARNED
    return home_of(learned.known, safe_zones(zones))


def _due(connection: Connection, now: datetime, policy: FalseAlarmPolicy) -> Study | None:
    return false_alarms.due_for_study(
        connection,
        since=now - timedelta(days=policy.looks_back_days),
        month_began=month_of(now)[0],
        night=_last_night(now, policy),
        most=policy.most_a_month,
    )


def _last_night(now: datetime, policy: FalseAlarmPolicy) -> datetime:
    """Return the last time at which elders over budget are looked at again."""
    local = now.astimezone(LOCAL_ZONE)
    tonight = local.replace(hour=policy.studies_at_h, minute=0, second=0, microsecond=0)
    return tonight if tonight <= local else tonight - timedelta(days=1)


def _is_same(one: Suggestion, other: Suggestion) -> bool:
    """Say whether two suggestions would do the same, perhaps with other numbers."""
    if one.kind is not other.kind:
        return False
    near = far_apart_m(one.shape, other.shape) <= _SAME_PLACE_M
    return near or (one.kind is ProposalKind.BETTER_HOME and one.zone_id == other.zone_id)


def _stays_refused(
    earlier: Proposal, suggestion: Suggestion, now: datetime, policy: FalseAlarmPolicy
) -> bool:
    if earlier.state is not ProposalState.REFUSED or earlier.decided_at is None:
        return False
    lately = now - earlier.decided_at < timedelta(days=policy.refused_for_days)
    return lately and suggestion.proof.spared < _FAR_STRONGER * earlier.suggestion.proof.spared
