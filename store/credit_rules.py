"""What volunteers' service counts for: rules with the day from which they hold, never edited."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select

from core.credits import CreditKind, Rule
from store import schema


def rules(connection: Connection, organisation_ids: Iterable[str | None]) -> list[Rule]:
    """Return the rules of these organisations and everybody's, all versions, in order."""
    table = schema.credit_rule
    named = sorted({one for one in organisation_ids if one is not None})
    rows = connection.execute(
        select(table)
        .where(table.c.organisation_id.is_(None) | table.c.organisation_id.in_(named))
        .order_by(table.c.valid_from, table.c.id)
    )
    return [
        Rule(
            organisation_id=row.organisation_id,
            kind=CreditKind(row.kind),
            minutes=row.minutes,
            most_per_day_min=row.most_per_day_min,
            valid_from=row.valid_from,
            id=row.id,
        )
        for row in rows
    ]


def add_rule(connection: Connection, rule: Rule, *, by: str, now: datetime) -> int:
    """Keep a new rule; return its id. It must begin on a day to come: nothing is counted anew."""
    table = schema.credit_rule
    result = connection.execute(
        table.insert()
        .values(
            organisation_id=rule.organisation_id,
            kind=rule.kind.value,
            minutes=rule.minutes,
            most_per_day_min=rule.most_per_day_min,
            valid_from=rule.valid_from,
            made_at=now,
            made_by=by[:80],
        )
        .returning(table.c.id)
    )
    return int(result.scalar_one())
