"""Very many elders at once, each with two guardians, and an incident for each of them."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert

from alerts import lifecycle
from core.incidents import Trigger
from core.people import Channel, Language, Role
from store import incidents, registry, schema, timeline

#: ids and numbers of made-up people begin here, above those of any scene
FIRST_ELDER, FIRST_PERSON = 10_000, 100_000
_PHONES = (Channel.SMS, Channel.VOICE)


def guardians_of(elder_id: int) -> tuple[int, int]:
    """Return the two people who look after an elder of the crowd."""
    first = FIRST_PERSON + 2 * (elder_id - FIRST_ELDER)
    return first, first + 1


def number_of(person_id: int) -> str:
    """Return a made-up number."""
    return f"+8610{person_id:09d}"


def register_crowd(connection: Connection, elders: int) -> list[int]:
    """Register so many elders with two guardians each; return their ids."""
    registry.add_organisation(
        connection, "crowd", kind="street", name_zh="测试街道", name_en="Crowd Street"
    )
    ids = list(range(FIRST_ELDER, FIRST_ELDER + elders))
    people = [person_id for elder_id in ids for person_id in guardians_of(elder_id)]
    connection.execute(
        insert(schema.elder),
        [
            {
                "id": elder_id,
                "organisation_id": "crowd",
                "name": f"老人{elder_id}",
                "birth_year": 1944,
                "sex": "f",
            }
            for elder_id in ids
        ],
    )
    connection.execute(
        insert(schema.person),
        [
            {
                "id": person_id,
                "role": Role.GUARDIAN.value,
                "name": f"志愿者{person_id}",
                "language": Language.CHINESE.value,
            }
            for person_id in people
        ],
    )
    connection.execute(
        insert(schema.contact_point),
        [
            {"person_id": person_id, "channel": channel.value, "value": number_of(person_id)}
            for person_id in people
            for channel in _PHONES
        ],
    )
    connection.execute(
        insert(schema.guardianship),
        [
            {"elder_id": elder_id, "position": position, "person_id": person_id}
            for elder_id in ids
            for position, person_id in enumerate(guardians_of(elder_id), start=1)
        ],
    )
    return ids


def suspect_all(
    connection: Connection, elder_ids: list[int], *, now: datetime, wait_s: float
) -> list[int]:
    """Open a quiet incident for each; all are due *wait_s* seconds from *now*."""
    opened = []
    for elder_id in elder_ids:
        move = lifecycle.suspect(
            elder_id=elder_id, trigger=Trigger.CROSSING, wait_s=wait_s, evidence={}, now=now
        )
        incident_id = incidents.insert(connection, move.incident, trigger_ping_id=None)
        timeline.append(connection, incident_id, move.entries, state=move.incident.state)
        opened.append(incident_id)
    return opened


def is_due_at(now: datetime, wait_s: float) -> datetime:
    """Return when those incidents are due."""
    return now + timedelta(seconds=wait_s)
