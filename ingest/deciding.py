"""What is kept of each decision, so that it can be judged again from what is stored."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from core.zones import Zone
from geofence import records, versions
from geofence.engine import Case, Change, Judgement
from store import decisions, pings
from store.decisions import Basis, Decision


def keep_decisions(
    connection: Connection,
    cases: Sequence[Case],
    judgements: Mapping[int, Judgement],
    stored: Mapping[pings.Key, int],
    now: datetime,
) -> None:
    """Keep each change of a batch with all that was given to judge; *judgements* are by elder."""
    decided: list[tuple[Decision, Basis]] = []
    for (elder_id, judged), case in zip(judgements.items(), cases, strict=True):
        if judged.changes:
            ids = [stored[ping.device_id, ping.report_id] for ping in case.pings]
            decided += _decisions(elder_id, case, judged.changes, ids, now)
    decisions.add(connection, decided)


def _decisions(
    elder_id: int, case: Case, changes: Sequence[Change], ping_ids: Sequence[int], now: datetime
) -> list[tuple[Decision, Basis]]:
    basis = Basis(
        belief_before=records.pack_belief(case.belief),
        own_zones=records.pack_zones(_zones(case, common=False)),
        common_zones=records.pack_zones(_zones(case, common=True)),
        home=records.pack_home(case.home),
        ping_ids=tuple(ping_ids),
        model=versions.digest(),
    )
    names = {zone.id: zone.name for zone in case.zones}
    return [
        (
            Decision(
                elder_id=elder_id,
                at=change.at,
                decided_at=now,
                kind=change.kind.value,
                rule=change.evidence.rule.value,
                zone_id=change.zone_id,
                zone_name="" if change.zone_id is None else names.get(change.zone_id, ""),
                report_id=change.report_id,
                silence_confirms=change.silence_confirms,
                evidence=change.evidence.to_json(),
            ),
            basis,
        )
        for change in changes
    ]


def _zones(case: Case, *, common: bool) -> tuple[Zone, ...]:
    """Return the danger zones for everyone, which all elders share, or the elder's own zones."""
    return tuple([zone for zone in case.zones if (zone.elder_id is None) is common])
