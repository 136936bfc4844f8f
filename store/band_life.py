"""A band's life as operators write it down: registered, given out, lost, repaired, retired.

`store.band_register` does the same for the command line; here every step is recorded with who, when
and why. A band that is lost, in repair or on the shelf has no wearer, so that nothing it reports
alarms anybody; its reports are kept all the same. The caller commits.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from core.band_life import BandState, BandStep, after, state_of
from core.errors import BadInput, Conflict, NotFound, Refused, Stale
from core.history import HIDDEN, Subject, differences
from core.worded import worded
from store import band_access, band_refusals, band_register, guardians, history, registry, schema
from store.band_details import BandDetails as BandDetails
from store.band_details import checked, in_history


def register(
    connection: Connection,
    device_id: str,
    details: BandDetails,
    *,
    elder_id: int | None = None,
    by: str,
    now: datetime,
    key_mark: str | None = None,
    reason: str = "",
) -> int:
    """Register a new band, on an elder or on the shelf; return its password's generation.

    BadInput says what is wrong with the details; Conflict names what is there already.
    """
    try:
        band_register.check_device_id(device_id)
    except Refused as error:
        raise BadInput(error.args[0], {"device": error.args[0]}) from None
    values = checked(connection, details)
    if _find(connection, device_id) is not None:
        raise Conflict(worded("The band %(band)s is registered already.", band=device_id))
    if elder_id is not None:
        band_refusals.check_free(connection, elder_id)
    with _taken(
        connection,
        worded("The band %(band)s has just been registered by somebody else.", band=device_id),
    ):
        registry.add_band(
            connection,
            device_id,
            elder_id=elder_id,
            now=now,
            expected_interval_s=details.expected_interval_s,
            model=details.model,
            key_mark=key_mark,
        )
        table = schema.band
        connection.execute(
            table.update()
            .where(table.c.device_id == device_id)
            .values(**values, shelf=BandState.NEW.value)
        )
    said = in_history(values) | {"elder_id": elder_id}
    _record(connection, device_id, 1, differences({}, said), reason, elder_id, by, now)
    return 1


def update(
    connection: Connection,
    device_id: str,
    details: BandDetails,
    *,
    seen: int,
    by: str,
    now: datetime,
) -> int:
    """Edit what is written down of a band; return the new version, the old where nothing changed.

    Stale when *seen* is not the newest version.
    """
    row = _locked(connection, device_id)
    if row.version != seen:
        raise Stale(
            worded(
                "The band %(band)s was changed meanwhile (version %(now)s, not %(seen)s): read"
                " it again, and repeat your change.",
                band=device_id,
                now=row.version,
                seen=seen,
            )
        )
    values = checked(connection, details, own=device_id)
    before = {name: getattr(row, name) for name in values}
    if before == values:
        return seen
    _set(connection, device_id, seen, values)
    changes = differences(in_history(before), in_history(values)) or {
        "sim_number": (HIDDEN, HIDDEN)
    }
    _record(connection, device_id, seen + 1, changes, "", row.elder_id, by, now)
    return seen + 1


def pair(
    connection: Connection,
    device_id: str,
    elder_id: int,
    *,
    reason: str = "",
    by: str,
    now: datetime,
    key_mark: str | None = None,
) -> int | None:
    """Put a band on an elder; Conflict names whoever wears it, or what the elder wears.

    Returns the generation of its new password where it was retired, else None.
    """
    elder = registry.elder(connection, elder_id)
    guardians.lock_elders(connection, [elder_id])
    row = _locked(connection, device_id)
    band_refusals.check_unworn(device_id, row.elder_id, elder_id)
    state = _state(row)
    after(state, BandStep.PAIR, device_id)
    if elder.archived_at is not None:
        raise Conflict(worded("Elder %(elder)s is archived: restore them first.", elder=elder_id))
    band_refusals.check_free(connection, elder_id)
    values: dict[str, Any] = {"elder_id": elder_id, "shelf": BandState.RETURNED.value}
    generation = None
    if state is BandState.RETIRED:
        values |= {"retired_at": None, "registered_at": now}
        generation = band_access.grant(connection, device_id, now=now, key_mark=key_mark)
    _set(connection, device_id, row.version, values)
    changes = {"state": (state.value, BandState.PAIRED.value), "elder_id": (None, elder_id)}
    _record(connection, device_id, row.version + 1, changes, reason, elder_id, by, now)
    return generation


def step(
    connection: Connection,
    device_id: str,
    which: BandStep,
    *,
    reason: str,
    by: str,
    now: datetime,
    while_searched: bool = False,
) -> BandState:
    """Take a band one step on (all but pairing); return its state.

    Conflict where the step is not possible from where the band is, and, unless *while_searched*,
    while whoever wears it is being looked for.
    """
    row = _locked(connection, device_id)
    before = _state(row)
    state = after(before, which, device_id)
    values: dict[str, Any] = {}
    if row.elder_id is not None:
        if not while_searched:
            band_refusals.check_not_searched(connection, row.elder_id)
        values |= _taken_off(connection, row)
    if state is BandState.RETIRED:
        values["retired_at"] = now
        band_access.revoke(connection, device_id, now=now)
    else:
        values["shelf"] = state.value
    _set(connection, device_id, row.version, values)
    changes: dict[str, tuple[Any, Any]] = {"state": (before.value, state.value)}
    if row.elder_id is not None:
        changes["elder_id"] = (row.elder_id, None)
    _record(connection, device_id, row.version + 1, changes, reason, row.elder_id, by, now)
    return state


def rotate(
    connection: Connection,
    device_id: str,
    *,
    reason: str,
    by: str,
    now: datetime,
    key_mark: str | None = None,
) -> int:
    """Give a band a new password; return its generation. The old one is good no longer."""
    row = _locked(connection, device_id)
    if row.retired_at is not None:
        raise Conflict(
            worded(
                "The band %(band)s is retired: give it to somebody, and it gets a new password.",
                band=device_id,
            )
        )
    generation = band_access.grant(connection, device_id, now=now, key_mark=key_mark)
    _set(connection, device_id, row.version, {})
    changes = {"password": (generation - 1, generation)}
    _record(connection, device_id, row.version + 1, changes, reason, row.elder_id, by, now)
    return generation


def _taken_off(connection: Connection, row: Any) -> dict[str, Any]:
    """Return what changes when nobody wears the band any more; the map forgets its wearer."""
    latest = schema.latest
    connection.execute(
        latest.update().where(latest.c.device_id == row.device_id).values(elder_id=None)
    )
    elder = registry.elder(connection, row.elder_id)
    return {
        "elder_id": None,
        "last_elder_id": row.elder_id,
        "organisation_id": row.organisation_id or elder.organisation_id,
    }


def _find(connection: Connection, device_id: str) -> Any:
    table = schema.band
    return connection.execute(select(table).where(table.c.device_id == device_id)).first()


def _locked(connection: Connection, device_id: str) -> Any:
    table = schema.band
    statement = select(table).where(table.c.device_id == device_id)
    if connection.dialect.name == "postgresql":  # SQLite has one writer
        statement = statement.with_for_update(key_share=True)
    row = connection.execute(statement).first()
    if row is None:
        raise NotFound(
            worded("There is no band %(id)s among those that you look after.", id=device_id)
        )
    return row


def _state(row: Any) -> BandState:
    return state_of(
        is_retired=row.retired_at is not None,
        is_worn=row.elder_id is not None,
        shelf=BandState(row.shelf),
    )


def _set(connection: Connection, device_id: str, seen: int, values: dict[str, Any]) -> None:
    table = schema.band
    said = worded(
        "Another band has just got a number of the band %(band)s, or its elder.", band=device_id
    )
    with _taken(connection, said):
        done = connection.execute(
            table.update()
            .where(table.c.device_id == device_id, table.c.version == seen)
            .values(version=seen + 1, **values)
        )
    if done.rowcount != 1:
        raise Stale(worded("Somebody else has just changed the band %(band)s.", band=device_id))


@contextmanager
def _taken(connection: Connection, text: str) -> Iterator[None]:
    try:
        with connection.begin_nested():
            yield
    except IntegrityError:
        raise Conflict(text) from None


def _record(
    connection: Connection,
    device_id: str,
    version: int,
    changes: dict[str, tuple[Any, Any]],
    reason: str,
    elder_id: int | None,
    by: str,
    now: datetime,
) -> None:
    history.record(
        connection,
        subject=Subject.BAND,
        subject_id=device_id,
        version=version,
        changes=changes | ({"reason": (None, reason)} if reason else {}),
        by=by,
        now=now,
        elder_id=elder_id,
    )
