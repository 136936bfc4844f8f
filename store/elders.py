"""Elders in full: register, change, archive, look up. Every change is in the history.

What `core.elder_rules` refuses is refused here, too, whoever calls. The caller commits.
"""

from datetime import datetime

from sqlalchemy import Connection, select

from core import elder_rules
from core.accounts import EVERYWHERE, Scope
from core.band_life import BandStep
from core.elders import DETAILS, ArchiveReason, ElderDetails, NewElder, details_of
from core.errors import BadInput, Conflict
from core.history import HIDDEN, Subject, differences
from core.sealing import Sealer
from core.worded import worded
from store import band_life, elder_secrets, elder_versions, history, incidents, registry, schema
from store.canary_cast import ORGANISATION_ID as CANARY
from store.elder_secrets import SecretKind
from store.elder_versions import refuse as refuse
from store.elder_versions import today_of as today_of

#: what a history does not say of a new record
_NOTHING: tuple[object, ...] = ("", None, [])


class SamePerson(Conflict):
    """Somebody is registered already; `elder_id` is their record, None when it is out of reach."""

    def __init__(self, elder_id: int | None, *, is_archived: bool) -> None:
        """Name the other record."""
        if elder_id is None:
            text = (
                "Somebody with this identity number is registered with another organisation. Ask an"
                " administrator."
            )
        else:
            state = " (archived: restore them instead)" if is_archived else ""
            text = (
                f"This seems to be elder {elder_id}{state}. If it is somebody else, say so with"
                " `also`."
            )
        super().__init__(text)
        self.elder_id = elder_id
        self.is_archived = is_archived


def add(
    connection: Connection,
    new: NewElder,
    *,
    by: str,
    now: datetime,
    sealer: Sealer | None = None,
    also: bool = False,
    scope: Scope = EVERYWHERE,
) -> int:
    """Register somebody; return the id.

    BadInput names every field to mend. SamePerson when they are registered already (same name,
    year and organisation, or the same identity number), unless *also*; records outside of *scope*
    are not named. *sealer* is needed for an identity number or medical notes.
    """
    refuse(elder_rules.check_elder(new, today=today_of(now)))
    _hold_organisation(connection, new.organisation_id)
    if not also:
        _refuse_twins(connection, new, sealer, scope)
    table = schema.elder
    values = details_of(new)
    elder_id = int(
        connection.execute(table.insert().values(**values).returning(table.c.id)).scalar_one()
    )
    secrets = {
        SecretKind.IDENTITY_NUMBER: new.identity_number.strip(),
        SecretKind.MEDICAL_NOTES: new.medical_notes.strip(),
    }
    for kind, value in secrets.items():
        if value:
            if sealer is None:
                raise ValueError(f"{kind.value} needs a sealer")
            elder_secrets.put(connection, sealer, elder_id, kind, value)
    history.record(
        connection,
        subject=Subject.ELDER,
        subject_id=elder_id,
        version=1,
        changes={
            **{name: (None, value) for name, value in values.items() if value not in _NOTHING},
            **{kind.value: (None, HIDDEN) for kind, value in secrets.items() if value},
        },
        by=by,
        now=now,
        elder_id=elder_id,
    )
    return elder_id


def change(
    connection: Connection,
    elder_id: int,
    details: ElderDetails,
    *,
    version: int,
    by: str,
    now: datetime,
) -> int:
    """Put *details* in the place of what is known, and return the new version.

    Stale when *version* is not the newest. What is sealed stays as it is, also of a `NewElder`.
    """
    row = elder_versions.locked(connection, elder_id, version)
    values = details_of(details)
    before = {name: getattr(row, name) for name in values}
    changes = differences(before, values)
    if changes:
        plain = ElderDetails(**{name: getattr(details, name) for name in DETAILS})
        refuse(elder_rules.check_elder(plain, today=today_of(now)))
        if "organisation_id" in changes:
            _hold_organisation(connection, details.organisation_id)
    return elder_versions.grow(connection, row, changes=changes, by=by, now=now, **values)


def archive(
    connection: Connection,
    elder_id: int,
    *,
    why: ArchiveReason,
    version: int,
    by: str,
    now: datetime,
) -> int:
    """Look after somebody no more: the band comes off, nothing alarms; return the new version.

    Conflict while an incident is open: end that first. What is known of them stays.
    """
    row = elder_versions.locked(connection, elder_id, version)
    if row.archived_at is not None:
        raise Conflict(worded("Elder %(elder)s is archived already.", elder=elder_id))
    incident = incidents.open_of(connection, elder_id)
    if incident is not None:
        raise Conflict(
            worded(
                "Elder %(elder)s has the open incident %(incident)s: close it first.",
                elder=elder_id,
                incident=incident.id,
            )
        )
    taken = registry.band_of(connection, elder_id)
    if taken is not None:
        band_life.step(
            connection, taken, BandStep.UNPAIR, reason=f"archived: {why.value}", by=by, now=now
        )
    changes = {"archived": (None, why.value), **({"band": (taken, None)} if taken else {})}
    return elder_versions.grow(
        connection, row, changes=changes, by=by, now=now, archived_at=now, archived_why=why.value
    )


def restore(connection: Connection, elder_id: int, *, version: int, by: str, now: datetime) -> int:
    """Look after somebody again; they wear no band yet. Return the new version."""
    row = elder_versions.locked(connection, elder_id, version)
    if row.archived_at is None:
        raise Conflict(worded("Elder %(elder)s is not archived.", elder=elder_id))
    return elder_versions.grow(
        connection,
        row,
        changes={"archived": (row.archived_why, None)},
        by=by,
        now=now,
        archived_at=None,
        archived_why=None,
    )


def same_person(
    connection: Connection, organisation_id: str, name: str, birth_year: int
) -> list[int]:
    """Return who is registered there with this name and year of birth, archived ones last."""
    table = schema.elder
    return list(
        connection.scalars(
            select(table.c.id)
            .where(
                table.c.name == name,
                table.c.birth_year == birth_year,
                table.c.organisation_id == organisation_id,
                ~table.c.is_virtual,
            )
            .order_by(table.c.archived_at.is_not(None), table.c.id)
        )
    )


def _hold_organisation(connection: Connection, organisation_id: str) -> None:
    """Let nobody else register there until the commit: two might register the same person."""
    table = schema.organisation
    known = connection.scalar(
        select(table.c.id)
        .where(table.c.id == organisation_id.strip(), table.c.id != CANARY)
        .with_for_update(key_share=True)
    )
    if known is None:
        text = "There is no such organisation."
        raise BadInput(text, {"organisation_id": text})


def _refuse_twins(
    connection: Connection, new: NewElder, sealer: Sealer | None, scope: Scope
) -> None:
    found = same_person(connection, new.organisation_id.strip(), new.name.strip(), new.birth_year)[
        :1
    ]
    if not found and sealer is not None and new.identity_number.strip():
        found = elder_secrets.holders_of(connection, sealer, new.identity_number)[:1]
    if found:
        raise_same_person(connection, found[0], scope)


def raise_same_person(connection: Connection, elder_id: int, scope: Scope) -> None:
    """Raise SamePerson for this record; one outside of *scope* is not named."""
    table = schema.elder
    row = connection.execute(
        select(table.c.organisation_id, table.c.archived_at).where(table.c.id == elder_id)
    ).one()
    named = elder_id if scope.covers(row.organisation_id) else None
    raise SamePerson(named, is_archived=row.archived_at is not None)
