"""Who guards whom, and how that changes: asked for by one person, in force when another agrees.

`store.rosters` reads the same rows, so that whoever is bound is asked from that moment, also in an
incident that is open. Whoever was told of it and is replaced still hears its end. The caller
commits; `alerts/pairing_desk.py` tells people.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from core.errors import Conflict, NotFound
from core.history import Subject
from core.pairing_rules import (
    LIFE,
    ChangeKind,
    ChangeState,
    GuardianChange,
    Wish,
    applied,
    check_decider,
    check_first_in_line,
    check_requester,
    check_still_meant,
    check_wish,
)
from core.worded import worded
from store import history, schema
from store.guardian_changes import change as load
from store.guardian_changes import waiting_of_batch, waiting_of_elders
from store.guardians import (
    candidate,
    check_looked_after,
    holders_of,
    lock_candidate,
    lock_elders,
)

#: as the reason of a pairing that ended because somebody left the service
LEFT = "left the service"


@dataclass(frozen=True, slots=True, kw_only=True)
class ElderWish:
    """What is asked for, for one elder."""

    elder_id: int
    wish: Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What has come into force: who guards an elder no more, and who does now."""

    change_id: int
    elder_id: int
    place: int
    old_id: int | None
    new_id: int | None


def request(
    connection: Connection, elder_id: int, wish: Wish, *, reason: str, by: str, now: datetime
) -> int:
    """Ask for one change; return its id. Nothing is in force before somebody else agrees.

    BadInput or Conflict say what would be right; NotFound when somebody is not registered.
    """
    asked = ElderWish(elder_id=elder_id, wish=wish)
    return request_many(connection, [asked], reason=reason, by=by, now=now)[0]


def request_many(
    connection: Connection,
    wishes: Sequence[ElderWish],
    *,
    reason: str,
    by: str,
    now: datetime,
    batch: str | None = None,
) -> list[int]:
    """Ask for changes, all or none, each checked as if those before it were in force.

    With *batch*, of a file, they can be decided together.
    """
    elders = {one.elder_id for one in wishes}
    lock_elders(connection, elders)
    check_looked_after(connection, elders)
    for change in waiting_of_elders(connection, elders):
        if change.state_at(now) is ChangeState.LAPSED:
            _close(connection, change.id, ChangeState.LAPSED, by=None, now=change.expires_at)
    waiting = {
        (change.elder_id, change.wish.place): change
        for change in waiting_of_elders(connection, elders)
    }
    holders = {elder_id: holders_of(connection, elder_id) for elder_id in elders}
    before = {elder_id: dict(held) for elder_id, held in holders.items()}
    table, ids = schema.guardian_change, []
    for one in wishes:
        elder_id, wish = one.elder_id, one.wish
        check_first_in_line(waiting.get((elder_id, wish.place)))
        coming = None if wish.person_id is None else candidate(connection, wish.person_id)
        check_wish(wish, holders[elder_id], coming)
        holders[elder_id].pop(wish.place, None)
        if coming is not None:
            holders[elder_id][wish.place] = coming
        replaced = before[elder_id].get(wish.place)
        change_id = connection.execute(
            table.insert()
            .values(
                elder_id=elder_id,
                position=wish.place,
                kind=wish.kind.value,
                person_id=wish.person_id,
                replaces_id=None if replaced is None else replaced.person_id,
                reason=reason,
                batch=batch,
                state=ChangeState.WAITING.value,
                requested_by=by,
                requested_at=now,
                expires_at=now + LIFE,
            )
            .returning(table.c.id)
        ).scalar_one()
        ids.append(int(change_id))
        waiting[elder_id, wish.place] = load(connection, int(change_id))
    return ids


def approve(connection: Connection, change_id: int, *, by: str, now: datetime) -> Effect:
    """Let one change come into force.

    Refused when *by* asked for it; Conflict when it is decided, has lapsed, or the guardians have
    changed so that it cannot be any more.
    """
    return approve_many(connection, [change_id], by=by, now=now)[0]


def approve_many(
    connection: Connection, change_ids: Iterable[int], *, by: str, now: datetime
) -> list[Effect]:
    """Let these changes come into force, all or none."""
    wanted = list(dict.fromkeys(change_ids))
    elders = {load(connection, one).elder_id for one in wanted}
    lock_elders(connection, elders)
    check_looked_after(connection, elders)
    return [_approve(connection, load(connection, one), by=by, now=now) for one in wanted]


def approve_batch(connection: Connection, batch: str, *, by: str, now: datetime) -> list[Effect]:
    """Let all that still waits of one file come into force; NotFound when nothing does."""
    ids = waiting_of_batch(connection, batch, now)
    if not ids:
        raise NotFound(worded("Nothing of the batch %(batch)s waits to be decided.", batch=batch))
    return approve_many(connection, ids, by=by, now=now)


def refuse(connection: Connection, change_id: int, *, by: str, answer: str, now: datetime) -> None:
    """Say no to a change; *answer* tells who asked for it why."""
    change = _locked(connection, change_id)
    check_decider(change, by, now)
    _close(connection, change_id, ChangeState.REFUSED, by=by, now=now, answer=answer)


def withdraw(connection: Connection, change_id: int, *, by: str, now: datetime) -> None:
    """Take a change back that *by* asked for."""
    change = _locked(connection, change_id)
    check_requester(change, by, now)
    _close(connection, change_id, ChangeState.WITHDRAWN, by=by, now=now)


def end_all(
    connection: Connection, person_id: int, *, by: str, now: datetime
) -> tuple[Effect, ...]:
    """End every pairing of somebody who leaves; nobody need agree, for nobody comes.

    The elders are locked already (`store.guardians`).
    """
    table, change = schema.guardianship, schema.guardian_change
    rows = connection.execute(
        select(table).where(table.c.person_id == person_id).order_by(table.c.elder_id)
    ).all()
    effects = []
    for row in rows:
        connection.execute(
            table.delete().where(table.c.elder_id == row.elder_id, table.c.position == row.position)
        )
        change_id = connection.execute(
            change.insert()
            .values(
                elder_id=row.elder_id,
                position=row.position,
                kind=ChangeKind.UNBIND.value,
                replaces_id=person_id,
                reason=LEFT,
                state=ChangeState.APPROVED.value,
                requested_by=by,
                requested_at=now,
                expires_at=now,
                decided_at=now,
            )
            .returning(change.c.id)
        ).scalar_one()
        effect = Effect(
            change_id=int(change_id),
            elder_id=row.elder_id,
            place=row.position,
            old_id=person_id,
            new_id=None,
        )
        _record(connection, effect, asked_by=by, reason=LEFT, by=by, now=now)
        effects.append(effect)
    return tuple(effects)


def _approve(connection: Connection, change: GuardianChange, *, by: str, now: datetime) -> Effect:
    check_decider(change, by, now)
    holders = holders_of(connection, change.elder_id)
    held = {place: one.person_id for place, one in holders.items()}
    wish = change.wish
    check_still_meant(change, held.get(wish.place))
    coming = None if wish.person_id is None else lock_candidate(connection, wish.person_id)
    check_wish(wish, holders, coming)
    _close(connection, change.id, ChangeState.APPROVED, by=by, now=now)
    table = schema.guardianship
    connection.execute(
        table.delete().where(table.c.elder_id == change.elder_id, table.c.position == wish.place)
    )
    new_id = applied(held, wish).get(wish.place)
    if new_id is not None:
        connection.execute(
            table.insert().values(elder_id=change.elder_id, position=wish.place, person_id=new_id)
        )
    effect = Effect(
        change_id=change.id,
        elder_id=change.elder_id,
        place=wish.place,
        old_id=change.replaces_id,
        new_id=new_id,
    )
    _record(connection, effect, asked_by=change.requested_by, reason=change.reason, by=by, now=now)
    return effect


def _close(
    connection: Connection,
    change_id: int,
    state: ChangeState,
    *,
    by: str | None,
    now: datetime,
    answer: str = "",
) -> None:
    """Decide a change that waits; Conflict when somebody was faster."""
    table = schema.guardian_change
    done = connection.execute(
        table.update()
        .where(table.c.id == change_id, table.c.state == ChangeState.WAITING.value)
        .values(state=state.value, decided_by=by, decided_at=now, answer=answer)
    )
    if done.rowcount != 1:
        raise Conflict(
            worded("Somebody else has just decided the change %(change)s.", change=change_id)
        )


def _locked(connection: Connection, change_id: int) -> GuardianChange:
    lock_elders(connection, {load(connection, change_id).elder_id})
    return load(connection, change_id)


def _record(
    connection: Connection,
    effect: Effect,
    *,
    asked_by: str,
    reason: str,
    by: str,
    now: datetime,
) -> None:
    changes: dict[str, tuple[Any, Any]] = {
        f"guardian_{effect.place}": (effect.old_id, effect.new_id),
        "asked_by": (None, asked_by),
        "reason": (None, reason),
    }
    history.record(
        connection,
        subject=Subject.PAIRING,
        subject_id=effect.elder_id,
        version=effect.change_id,
        changes=changes,
        by=by,
        now=now,
        elder_id=effect.elder_id,
    )
