"""What the register knows of all that a file speaks of, in a few queries however long it is."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from core.accounts import Scope
from core.band_life import BandState, state_of
from core.elders import DETAILS, ElderDetails, FamilyMember, Risk
from core.pairing_rules import ChangeState
from core.people import PHONE, Language, Role
from core.register_known import (
    BandTold,
    Known,
    KnownBand,
    KnownContact,
    KnownElder,
    KnownGuardian,
    KnownOrganisation,
    Wanted,
)
from core.sealing import Sealer
from core.zones import Zone
from store import elder_secrets, organisations, schema
from store.elder_secrets import SecretKind
from store.scoping import within
from store.zones import zones_for

#: values in one query; SQLite takes 32 766, PostgreSQL 65 535
_AT_ONCE = 5_000
#: a band in these states is not given out by a list
_OBSTACLES = (BandState.LOST, BandState.IN_REPAIR, BandState.RETIRED)


def known_of(
    connection: Connection, wanted: Wanted, scope: Scope, *, now: datetime, sealer: Sealer | None
) -> Known:
    """Return what is registered, narrowed to *scope*; without *sealer* nothing sealed is looked at.

    Bands, guardians and identity numbers outside of the scope are known to be there, no more.
    """
    ours = tuple(
        KnownOrganisation(id=one.id, name_zh=one.name_zh, name_en=one.name_en)
        for one in organisations.organisations(connection)
        if scope.covers(one.id)
    )
    elders = _elders(connection, wanted, scope)
    if wanted.has_notes and sealer is not None:
        elders = {one: _with_notes(connection, sealer, elder) for one, elder in elders.items()}
    ids = sorted(elders)
    return Known(
        organisations=ours,
        elders=elders,
        bands=_bands(connection, wanted.device_ids, scope, elders),
        guardians=_guardians(connection, wanted.guardian_phones, scope),
        holders=_holders(connection, ids),
        waiting=_waiting(connection, ids, now),
        zones=_zones(connection, ids, now),
        contacts=_contacts(connection, ids),
        identities={}
        if sealer is None
        else _identities(connection, sealer, wanted.identity_numbers, elders),
        has_keys=sealer is not None,
    )


def _parts(values: Iterable[Any]) -> Iterator[list[Any]]:
    ordered = sorted(values)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]


def _rows(
    connection: Connection,
    statement: Select[Any],
    column: ColumnElement[Any],
    values: Iterable[Any],
) -> Iterator[Any]:
    for part in _parts(values):
        yield from connection.execute(statement.where(column.in_(part)))


def _elders(connection: Connection, wanted: Wanted, scope: Scope) -> dict[int, KnownElder]:
    table, band = schema.elder, schema.band
    ours = select(table).where(
        ~table.c.is_virtual, table.c.erased_at.is_(None), within(scope, table.c.organisation_id)
    )
    rows = {row.id: row for row in _rows(connection, ours, table.c.id, wanted.elder_ids)}
    rows |= {row.id: row for row in _rows(connection, ours, table.c.name, wanted.elder_names)}
    worn_bands = select(band.c.elder_id, band.c.device_id)
    worn = {
        row.elder_id: row.device_id
        for row in _rows(connection, worn_bands, band.c.elder_id, list(rows))
    }
    # Bands of the file may be on elders that it does not name.
    on_file_bands = _rows(connection, worn_bands, band.c.device_id, wanted.device_ids)
    wearers = {row.elder_id for row in on_file_bands if row.elder_id is not None} - set(rows)
    rows |= {row.id: row for row in _rows(connection, ours, table.c.id, wearers)}
    return {
        row.id: KnownElder(
            id=row.id,
            version=row.version,
            details=_details(row),
            is_archived=row.archived_at is not None,
            band=worn.get(row.id),
        )
        for row in rows.values()
    }


def _details(row: Any) -> ElderDetails:
    values = {name: getattr(row, name) for name in DETAILS}
    return ElderDetails(**{**values, "risks": tuple(Risk(one) for one in row.risks)})


def _with_notes(connection: Connection, sealer: Sealer, elder: KnownElder) -> KnownElder:
    """Return *elder* with the notes, to compare them; nobody is shown them."""
    kind = SecretKind.MEDICAL_NOTES
    found = elder_secrets.opened(connection, sealer, elder.id, frozenset({kind}))
    return KnownElder(
        id=elder.id,
        version=elder.version,
        details=elder.details,
        is_archived=elder.is_archived,
        band=elder.band,
        medical_notes=found.get(kind, ""),
    )


def _bands(
    connection: Connection, device_ids: Iterable[str], scope: Scope, elders: dict[int, KnownElder]
) -> dict[str, KnownBand]:
    table = schema.band
    found = {}
    for row in _rows(connection, select(table), table.c.device_id, device_ids):
        state = state_of(
            is_retired=row.retired_at is not None,
            is_worn=row.elder_id is not None,
            shelf=BandState(row.shelf),
        )
        is_ours = (
            row.organisation_id is None or scope.covers(row.organisation_id)
            if row.elder_id is None
            else row.elder_id in elders
        )
        found[row.device_id] = KnownBand(
            device_id=row.device_id,
            version=row.version,
            elder_id=row.elder_id,
            told=BandTold(
                model=row.model,
                interval_s=row.expected_interval_s,
                serial=row.serial,
                imei=row.imei,
                sim_number=row.sim_number,
                note=row.note,
                organisation_id=row.organisation_id,
            ),
            obstacle=state.value if state in _OBSTACLES else "",
            is_ours=is_ours,
        )
    return found


def _guardians(
    connection: Connection, phones: Iterable[str], scope: Scope
) -> dict[str, tuple[KnownGuardian, ...]]:
    table, point = schema.person, schema.contact_point
    channels = [channel.value for channel in PHONE]
    statement = (
        select(table, point.c.value)
        .join(point, point.c.person_id == table.c.id)
        .where(
            table.c.role == Role.GUARDIAN.value,
            table.c.archived_at.is_(None),
            point.c.channel.in_(channels),
        )
        .order_by(table.c.id)
    )
    found: dict[str, dict[int, KnownGuardian]] = {}
    for row in _rows(connection, statement, point.c.value, phones):
        found.setdefault(row.value, {})[row.id] = KnownGuardian(
            id=row.id,
            version=row.version,
            name=row.name,
            language=Language(row.language),
            organisation_id=row.organisation_id,
            numbers=frozenset({row.value}),
            is_ours=scope.covers(row.organisation_id),
        )
    return {phone: tuple(people.values()) for phone, people in found.items()}


def _holders(connection: Connection, ids: Sequence[int]) -> dict[int, dict[int, int]]:
    table = schema.guardianship
    found: dict[int, dict[int, int]] = {}
    for row in _rows(connection, select(table), table.c.elder_id, ids):
        found.setdefault(row.elder_id, {})[row.position] = row.person_id
    return found


def _waiting(
    connection: Connection, ids: Sequence[int], now: datetime
) -> dict[int, dict[int, int | None]]:
    table = schema.guardian_change
    statement = select(table.c.elder_id, table.c.position, table.c.person_id).where(
        table.c.state == ChangeState.WAITING.value, table.c.expires_at > now
    )
    found: dict[int, dict[int, int | None]] = {}
    for row in _rows(connection, statement, table.c.elder_id, ids):
        found.setdefault(row.elder_id, {})[row.position] = row.person_id
    return found


def _zones(
    connection: Connection, ids: Sequence[int], now: datetime
) -> dict[int, tuple[Zone, ...]]:
    found: dict[int, tuple[Zone, ...]] = {}
    for part in _parts(ids):
        for elder_id, zones in zones_for(connection, part).items():
            found[elder_id] = tuple(
                zone
                for zone in zones
                if zone.elder_id == elder_id
                and (zone.valid_until is None or zone.valid_until > now)
            )
    return found


def _contacts(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[KnownContact, ...]]:
    table = schema.family_contact
    statement = select(table).where(table.c.removed_at.is_(None)).order_by(table.c.id)
    found: dict[int, list[KnownContact]] = {}
    for row in _rows(connection, statement, table.c.elder_id, ids):
        member = FamilyMember(
            name=row.name,
            relation=row.relation,
            phone=row.phone,
            position=row.position,
            note=row.note,
            is_told=row.is_told,
            language=Language(row.language),
        )
        found.setdefault(row.elder_id, []).append(
            KnownContact(id=row.id, version=row.version, member=member)
        )
    return {elder_id: tuple(theirs) for elder_id, theirs in found.items()}


def _identities(
    connection: Connection,
    sealer: Sealer,
    numbers: Iterable[str],
    elders: dict[int, KnownElder],
) -> dict[str, tuple[int | None, ...]]:
    table, kind = schema.elder_secret, SecretKind.IDENTITY_NUMBER
    owners: dict[str, str] = {}
    for number in numbers:
        for digest in sealer.digests(number.encode(), about=kind.value):
            owners[digest] = number
    found: dict[str, set[int]] = {}
    for row in _rows(connection, select(table.c.elder_id, table.c.digest), table.c.digest, owners):
        found.setdefault(owners[row.digest], set()).add(row.elder_id)
    return {
        number: tuple(one if one in elders else None for one in sorted(holders))
        for number, holders in found.items()
    }
