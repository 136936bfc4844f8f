"""Which rows are too old, table by table; `store.retention` deletes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, and_, func, or_, true

from core.notifications import NotificationStatus
from core.relays import RelayStatus
from core.retention import Kind
from store import schema
from store.commands import ENDED

#: a receipt that was tried in vain for so long is never handled
_GIVEN_UP_AFTER = 20
_ENDED_NOTICES = tuple(
    status.value
    for status in NotificationStatus
    if status not in (NotificationStatus.READY, NotificationStatus.SENDING)
)
_ENDED_RELAYS = (
    RelayStatus.DONE.value,
    RelayStatus.GIVEN_UP.value,
    RelayStatus.DROPPED.value,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """How rows of one table go."""

    table: Table
    #: how old a row is
    age: ColumnElement[Any]
    #: what must hold beside its age
    condition: ColumnElement[bool] = field(default_factory=true)
    #: columns that are emptied; without any the row is deleted
    blanked: tuple[str, ...] = ()
    #: ages grow with the keys, so that the first young batch is the end
    grows: bool = True

    @property
    def key(self) -> Column[Any]:
        """Return the column that rows are read by."""
        return next(iter(self.table.primary_key.columns))


def _sweeps() -> dict[Kind, tuple[Sweep, ...]]:
    t = schema
    receipts_given_up = and_(t.inbox.c.kind == "receipt", t.inbox.c.tries >= _GIVEN_UP_AFTER)
    return {
        Kind.INBOX: (
            Sweep(
                table=t.inbox,
                age=t.inbox.c.received_at,
                condition=or_(t.inbox.c.processed_at.is_not(None), receipts_given_up),
            ),
        ),
        Kind.ADDRESSES: (
            Sweep(
                table=t.attempt,
                age=t.attempt.c.requested_at,
                condition=t.attempt.c.address.is_not(None),
                blanked=("address",),
            ),
            Sweep(table=t.phone_use, age=t.phone_use.c.used_at),
        ),
        Kind.NOTICES: (
            Sweep(
                table=t.notice,
                age=t.notice.c.created_at,
                condition=t.notice.c.status.in_(_ENDED_NOTICES),
            ),
        ),
        Kind.RELAYS: (
            Sweep(table=t.relay, age=t.relay.c.at, condition=t.relay.c.status.in_(_ENDED_RELAYS)),
        ),
        Kind.REJECTS: (Sweep(table=t.reject, age=t.reject.c.received_at),),
        Kind.COMMANDS: (
            Sweep(
                table=t.command,
                age=t.command.c.created_at,
                condition=t.command.c.state.in_([state.value for state in ENDED]),
            ),
        ),
        Kind.TASKS: (Sweep(table=t.band_task, age=t.band_task.c.ended_at, grows=False),),
        Kind.ZONES: (
            Sweep(table=t.zone_proposal, age=t.zone_proposal.c.decided_at, grows=False),
            Sweep(table=t.zone, age=t.zone.c.retired_at, grows=False),
        ),
        Kind.LOOKS: (Sweep(table=t.look, age=t.look.c.at),),
        Kind.SIGN_INS: (
            Sweep(
                table=t.account_session,
                age=func.coalesce(t.account_session.c.ended_at, t.account_session.c.expires_at),
                grows=False,
            ),
            Sweep(
                table=t.api_token,
                age=func.coalesce(t.api_token.c.revoked_at, t.api_token.c.expires_at),
                grows=False,
            ),
            Sweep(
                table=t.trusted_device,
                age=func.coalesce(t.trusted_device.c.revoked_at, t.trusted_device.c.expires_at),
                grows=False,
            ),
            Sweep(
                table=t.family_link,
                age=func.coalesce(t.family_link.c.revoked_at, t.family_link.c.expires_at),
                grows=False,
            ),
            Sweep(table=t.link_guess, age=t.link_guess.c.at),
            Sweep(table=t.verification, age=t.verification.c.expires_at),
        ),
        Kind.HISTORY: (Sweep(table=t.registry_change, age=t.registry_change.c.at),),
        Kind.ABSENCES: (
            Sweep(
                table=t.absence,
                age=func.coalesce(t.absence.c.ended_at, t.absence.c.until_at),
                grows=False,
            ),
            Sweep(table=t.rota_shift, age=t.rota_shift.c.ended_at, grows=False),
            Sweep(table=t.quiet_hours, age=t.quiet_hours.c.retired_at, grows=False),
        ),
    }


SWEEPS: Mapping[Kind, tuple[Sweep, ...]] = _sweeps()
