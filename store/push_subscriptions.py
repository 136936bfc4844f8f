"""Browsers that people want to be told on, beside SMS and calls.

Whoever knows a subscription can push to it (with our key), so it stays out of logs and answers.
"""

import json
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select

from store import schema
from store.upsert import insert

#: browsers of one person that are kept; the oldest makes room
MOST_PER_PERSON = 5


def add(
    connection: Connection,
    person_id: int,
    *,
    endpoint: str,
    p256dh: str,
    auth: str,
    now: datetime,
) -> None:
    """Remember a browser of *person_id*; a known one is renewed with its present keys."""
    table = schema.push_subscription
    statement = insert(connection.dialect.name, table).values(
        person_id=person_id,
        endpoint=endpoint,
        p256dh=p256dh,
        auth=auth,
        created_at=now,
        renewed_at=now,
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["person_id", "endpoint"],
            set_={"p256dh": p256dh, "auth": auth, "renewed_at": now},
        )
    )
    kept = (
        select(table.c.id)
        .where(table.c.person_id == person_id)
        .order_by(table.c.renewed_at.desc(), table.c.id.desc())
        .limit(MOST_PER_PERSON)
    )
    connection.execute(
        table.delete().where(
            table.c.person_id == person_id, table.c.id.not_in(list(connection.scalars(kept)))
        )
    )


def remove(connection: Connection, endpoint: str, *, person_id: int | None = None) -> int:
    """Forget a browser, of everybody or of one person; return how many rows that were."""
    table = schema.push_subscription
    statement = table.delete().where(table.c.endpoint == endpoint)
    if person_id is not None:
        statement = statement.where(table.c.person_id == person_id)
    return connection.execute(statement).rowcount


def remove_address(connection: Connection, address: str) -> int:
    """Forget the browser behind *address* (as `address_of` gave it): its service said it is gone.

    Without this the next message would go there again; with it, it goes to the person's next one.
    """
    try:
        endpoint = json.loads(address)["endpoint"]
    except (ValueError, TypeError, KeyError):
        return 0
    return remove(connection, endpoint) if isinstance(endpoint, str) else 0


def is_known(connection: Connection, person_id: int, endpoint: str) -> bool:
    """Say whether this browser of *person_id* is remembered already."""
    table = schema.push_subscription
    found = connection.scalar(
        select(table.c.id).where(table.c.person_id == person_id, table.c.endpoint == endpoint)
    )
    return found is not None


def usable(connection: Connection, person_ids: Iterable[int]) -> set[int]:
    """Return those of these people who have a browser that can be told."""
    table = schema.push_subscription
    found = connection.scalars(
        select(table.c.person_id).where(table.c.person_id.in_(list(person_ids))).distinct()
    )
    return set(found)


def address_of(connection: Connection, person_id: int) -> str | None:
    """Return the subscription of the browser heard of last, as JSON; None when there is none.

    This is what `Outgoing.to` holds on the push channel.
    """
    table = schema.push_subscription
    row = connection.execute(
        select(table)
        .where(table.c.person_id == person_id)
        .order_by(table.c.renewed_at.desc(), table.c.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    keys = {"p256dh": row.p256dh, "auth": row.auth}
    return json.dumps({"endpoint": row.endpoint, "keys": keys}, separators=(",", ":"))
