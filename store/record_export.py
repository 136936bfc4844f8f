"""Lists for spreadsheets that are read only: pairings, incidents, history, accounts."""

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, or_, select, true

from core.accounts import Scope
from core.clock import LOCAL_ZONE
from core.history import HIDDEN
from store import accounts, schema
from store.register_export import Page, Values, paged
from store.scoping import elder_ids

_PAGE = 1_000


class RecordList(StrEnum):
    """A list that cannot be imported."""

    PAIRINGS = "pairings"
    INCIDENTS = "incidents"
    HISTORY = "history"
    ACCOUNTS = "accounts"


#: Chinese and English heading of each column, in order
HEADINGS: Mapping[RecordList, tuple[tuple[str, str, str], ...]] = {
    RecordList.PAIRINGS: (
        ("elder_id", "老人编号", "Elder number"),
        ("elder", "老人", "Elder"),
        ("organisation_id", "所属单位", "Organisation"),
        ("position", "第几看护者", "First or second"),
        ("person_id", "看护者编号", "Guardian number"),
        ("guardian", "看护者", "Guardian"),
    ),
    RecordList.INCIDENTS: (
        ("id", "事件编号", "Incident"),
        ("elder_id", "老人编号", "Elder number"),
        ("elder", "老人", "Elder"),
        ("organisation_id", "所属单位", "Organisation"),
        ("trigger", "原因", "Trigger"),
        ("severity", "级别", "Severity"),
        ("state", "状态", "State"),
        ("opened_at", "开始时间", "Opened"),
        ("closed_at", "结束时间", "Closed"),
        ("outcome", "结果", "Outcome"),
        ("drill", "演练", "Drill"),
    ),
    RecordList.HISTORY: (
        ("id", "编号", "Id"),
        ("at", "时间", "When"),
        ("by", "谁", "By"),
        ("subject", "对象", "Subject"),
        ("subject_id", "对象编号", "Subject id"),
        ("version", "版本", "Version"),
        ("elder_id", "老人编号", "Elder number"),
        ("changes", "更改", "Changes"),
    ),
    RecordList.ACCOUNTS: (
        ("name", "账号", "Account"),
        ("shown_name", "显示名", "Shown name"),
        ("rights", "权限", "Rights"),
        ("created_at", "建立时间", "Made"),
        ("created_by", "建立人", "Made by"),
        ("disabled_at", "停用时间", "Disabled"),
    ),
}


def record_lines(engine: Engine, name: RecordList, scope: Scope) -> Iterator[Values]:
    """Yield the lines of one list, narrowed to *scope*; times are those of Haining."""
    match name:
        case RecordList.PAIRINGS:
            yield from paged(engine, lambda one, after: _pairings(one, scope, after))
        case RecordList.INCIDENTS:
            yield from paged(engine, lambda one, after: _incidents(one, scope, after))
        case RecordList.HISTORY:
            yield from paged(engine, lambda one, after: _history(one, scope, after))
        case RecordList.ACCOUNTS:
            yield from paged(engine, _accounts)


def _pairings(connection: Connection, scope: Scope, after: tuple[int, int] | None) -> Page:
    table, elder, person = schema.guardianship, schema.elder, schema.person
    elder_id, place = after or (0, 0)
    rows = connection.execute(
        select(
            table,
            elder.c.name.label("elder"),
            elder.c.organisation_id,
            person.c.name.label("guardian"),
        )
        .join(elder, elder.c.id == table.c.elder_id)
        .join(person, person.c.id == table.c.person_id)
        .where(
            table.c.elder_id.in_(elder_ids(scope)),
            or_(
                table.c.elder_id > elder_id,
                (table.c.elder_id == elder_id) & (table.c.position > place),
            ),
        )
        .order_by(table.c.elder_id, table.c.position)
        .limit(_PAGE)
    ).all()
    return [_values(row) for row in rows], (
        (rows[-1].elder_id, rows[-1].position) if rows else None
    )


def _incidents(connection: Connection, scope: Scope, after: int | None) -> Page:
    table, elder = schema.incident, schema.elder
    rows = connection.execute(
        select(
            table.c.id,
            table.c.elder_id,
            elder.c.name.label("elder"),
            elder.c.organisation_id,
            table.c.trigger,
            table.c.severity,
            table.c.state,
            table.c.opened_at,
            table.c.closed_at,
            table.c.outcome,
            table.c.is_drill.label("drill"),
        )
        .join(elder, elder.c.id == table.c.elder_id)
        .where(table.c.id > (after or 0), table.c.elder_id.in_(elder_ids(scope)))
        .order_by(table.c.id)
        .limit(_PAGE)
    ).all()
    return [_values(row) for row in rows], rows[-1].id if rows else None


def _history(connection: Connection, scope: Scope, after: int | None) -> Page:
    table = schema.registry_change
    rows = connection.execute(
        select(table)
        .where(
            table.c.id > (after or 0),
            true() if scope.everywhere else table.c.elder_id.in_(elder_ids(scope)),
        )
        .order_by(table.c.id)
        .limit(_PAGE)
    ).all()
    lines = [
        {**_values(row), "changes": json.dumps(row.changes, ensure_ascii=False)} for row in rows
    ]
    return lines, rows[-1].id if rows else None


def _accounts(connection: Connection, after: str | None) -> Page:
    found = accounts.accounts(connection, after=after, limit=_PAGE)
    lines = [
        {
            "name": one.name,
            "shown_name": one.shown_name,
            "rights": "；".join(
                f"{grant.role.value}@{grant.organisation_id or '*'}" for grant in one.grants
            ),
            "created_at": _plain(one.created_at),
            "created_by": one.created_by,
            "disabled_at": _plain(one.disabled_at),
        }
        for one in found
    ]
    return lines, found[-1].name if found else None


def _values(row: Any) -> dict[str, Any]:
    return {name: _plain(value) for name, value in row._mapping.items()}


def _plain(value: Any) -> Any:
    """Return a value as a cell holds it; instants as the clock of Haining shows them."""
    if hasattr(value, "astimezone"):
        return value.astimezone(LOCAL_ZONE).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, bool):
        return int(value)
    return value if isinstance(value, str | int | float) or value is None else HIDDEN
