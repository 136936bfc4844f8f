"""Rows of every kind in the small world's street, and an account of each kind to knock with."""

from dataclasses import dataclass
from datetime import timedelta

from alerts.drill_desk import start_drill
from core.accounts import AccountRole, Grant
from core.bands import Level, Trouble
from core.false_alarms import Proof, ProposalKind, Suggestion
from core.hours_text import parse_hours
from core.zones import Circle
from store import absences, accounts, band_tasks, credentials, registry, rota, zone_proposals
from tests.accounts import staff_token
from tests.api.world import HOME, World

#: a street that has nobody in the small world
ELSEWHERE = "maqiao"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What paths may name, by the name of the part: all of it belongs to Xiashi."""

    incident_id: int
    drill_id: int
    proposal_id: int
    task_id: int
    shift_id: int
    absence_id: int


def populate(world: World) -> Rows:
    """Add an incident, a drill, a proposal, a task, a shift and an absence; and a second street."""
    now = world.clock.now()
    incident_id = world.lose_elder()
    with world.engine.begin() as connection:
        registry.add_organisation(
            connection, ELSEWHERE, kind="street", name_zh="马桥街道", name_en="Maqiao Street"
        )
        drill_id = start_drill(
            connection, world.other_elder_id, with_rescue=False, by="test", now=now
        )
        proposal_id = zone_proposals.add(
            connection,
            world.elder_id,
            Suggestion(
                kind=ProposalKind.MISSING_PLACE,
                zone_id=None,
                shape=Circle(HOME, 150),
                proof=Proof(
                    days_seen=9,
                    days_known=14,
                    alarms_before=4,
                    alarms_after=1,
                    false_alarms=3,
                    spared=3,
                    others_hidden=0,
                ),
            ),
            now,
        )
        task_id = band_tasks.open_task(
            connection,
            trouble=Trouble.LOW_BATTERY,
            subject="hn-0001",
            elder_id=world.elder_id,
            organisation_id="xiashi",
            level=Level.SOON,
            since=now,
            now=now,
            detail={"pct": 9},
        )
        shift_id = rota.add_shift(
            connection, world.rescuer_id, parse_hours("Mon-Fri 08:00-17:00"), by="test", now=now
        )
        absence_id = absences.add_absence(
            connection,
            away_id=world.guardian_id,
            stand_in_id=None,
            from_at=now + timedelta(days=1),
            until_at=now + timedelta(days=2),
            by="test",
            now=now,
        )
    assert task_id is not None
    return Rows(
        incident_id=incident_id,
        drill_id=drill_id,
        proposal_id=proposal_id,
        task_id=task_id,
        shift_id=shift_id,
        absence_id=absence_id,
    )


def token_of(world: World, role: AccountRole, organisation_id: str | None = None) -> str:
    """Return a token of a new account with one role, in one street or everywhere."""
    name = f"{role.value}.{organisation_id or 'all'}"
    now = world.clock.now()
    return staff_token(world.engine, now, name=name, grants=[Grant(role, organisation_id)])


def token_of_street(world: World, organisation_id: str) -> str:
    """Return a token of an account that is all that one can be in one street."""
    roles = [one for one in AccountRole if one is not AccountRole.ADMINISTRATOR]
    return staff_token(
        world.engine,
        world.clock.now(),
        name=f"all.{organisation_id}",
        grants=[Grant(role, organisation_id) for role in roles],
    )


def dead_tokens(world: World) -> dict[str, str]:
    """Return tokens that were good once: revoked, run out, and of a disabled account."""
    now, every = world.clock.now(), [Grant(role, None) for role in AccountRole]
    disabled = staff_token(world.engine, now, name="disabled", grants=every)
    with world.engine.begin() as connection:
        gone = accounts.find_account(connection, "disabled")
        accounts.set_disabled(connection, gone.id, disabled=True, now=now)
        token_id, revoked = credentials.add_token(
            connection, world.staff_id, name="x", lifetime=timedelta(days=1), by="test", now=now
        )
        credentials.revoke_token(connection, token_id, now)
        _id, expired = credentials.add_token(
            connection, world.staff_id, name="x", lifetime=timedelta(0), by="test", now=now
        )
    return {"disabled": disabled, "revoked": revoked, "expired": expired}


def device_of(world: World) -> str:
    """Return what a guardian's own phone shows."""
    with world.engine.begin() as connection:
        return credentials.trust_device(
            connection, world.guardian_id, lifetime=timedelta(days=1), now=world.clock.now()
        )
