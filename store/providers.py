"""How providers have been of late: who failed several times in a row rests for a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from store import schema
from store.upsert import insert

#: so many failures one after another, and a provider rests
MOST_FAILURES = 5
#: a provider that rests is tried again after this, seconds of wall time
REST_S = 30.0
#: a success is noted again only after this: most change nothing
_NOTE_OK_EVERY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderState:
    """What is remembered of one provider on one channel."""

    provider: str  #: "twilio/sms"
    failures: int
    resting_until: datetime | None
    reason: str
    last_ok_at: datetime | None

    def rests(self, now: datetime) -> bool:
        """Say whether it should be left alone at the instant *now*."""
        return self.resting_until is not None and self.resting_until > now


def states(connection: Connection) -> dict[str, ProviderState]:
    """Return what is remembered, by provider."""
    return {
        row.provider: ProviderState(
            provider=row.provider,
            failures=row.failures,
            resting_until=row.resting_until,
            reason=row.reason or "",
            last_ok_at=row.last_ok_at,
        )
        for row in connection.execute(select(schema.provider_state))
    }


def note_success(connection: Connection, provider: str, now: datetime) -> bool:
    """Remember that *provider* took something; say whether it rested before."""
    table = schema.provider_state
    known = connection.execute(select(table).where(table.c.provider == provider)).first()
    is_well = known is not None and not known.failures and known.last_ok_at is not None
    if known is not None and is_well and now - known.last_ok_at < _NOTE_OK_EVERY:
        return False
    values = {
        "failures": 0,
        "resting_until": None,
        "reason": None,
        "last_ok_at": now,
        "changed_at": now,
    }
    statement = insert(connection.dialect.name, table).values(provider=provider, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["provider"], set_=values))
    return known is not None and known.resting_until is not None


def note_failure(
    connection: Connection, provider: str, *, reason: str, is_out: bool, speed: float, now: datetime
) -> bool:
    """Remember that *provider* failed; say whether it begins to rest with this.

    *is_out*: it can serve nobody, so it rests at once. *speed*: seconds of service time in a wall
    second.
    """
    table = schema.provider_state
    fresh = insert(connection.dialect.name, table).values(
        provider=provider, failures=1, reason=reason[:120], changed_at=now
    )
    connection.execute(
        fresh.on_conflict_do_update(
            index_elements=["provider"],
            set_={"failures": table.c.failures + 1, "reason": reason[:120], "changed_at": now},
        )
    )
    row = connection.execute(select(table).where(table.c.provider == provider)).one()
    if row.failures < MOST_FAILURES and not is_out:
        return False
    rests_already = row.resting_until is not None
    connection.execute(
        table.update()
        .where(table.c.provider == provider)
        .values(resting_until=now + timedelta(seconds=REST_S * speed))
    )
    return not rests_already
