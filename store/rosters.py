"""Who can be asked for an elder at a moment, and how they are reached."""

from datetime import datetime

from sqlalchemy import Connection, select

from core.people import Channel, Role, Roster
from store import schema


def roster(connection: Connection, elder_id: int, now: datetime) -> Roster:
    """Return who can be asked for one elder at the instant *now*."""
    del now
    guardianship, table = schema.guardianship, schema.person
    guardians_of = connection.scalars(
        select(guardianship.c.person_id)
        .where(guardianship.c.elder_id == elder_id)
        .order_by(guardianship.c.position)
    )
    guardians = tuple(guardians_of)
    ward = schema.elder  # nobody on duty may ever hear of a virtual one, the canary's
    virtual = select(ward.c.id).where(ward.c.id == elder_id, ward.c.is_virtual).exists()
    on_duty = select(table.c.id).where(table.c.on_duty.is_(True), ~virtual).order_by(table.c.id)
    rescuers = tuple(connection.scalars(on_duty.where(table.c.role == Role.RESCUER.value)))
    operators = tuple(connection.scalars(on_duty.where(table.c.role == Role.OPERATOR.value)))
    point = schema.contact_point
    usable = connection.execute(
        select(point.c.person_id, point.c.channel).where(
            point.c.person_id.in_([*guardians, *rescuers, *operators]),
            point.c.disabled_reason.is_(None),
        )
    )
    return Roster(
        guardians=guardians,
        rescuers=rescuers,
        operators=operators,
        reachable=frozenset((row.person_id, Channel(row.channel)) for row in usable),
    )
