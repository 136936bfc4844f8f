"""Where a process can die: before and after each commit, named by what the transaction wrote.

Nothing in the product knows of this: SQLAlchemy tells what is executed and committed.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, event

_WRITES = re.compile(r"\s*(INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE)
_WROTE, _COMMITTED = "crashes.wrote", "crashes.committed"


class Boundary(StrEnum):
    """A transaction, by what it is for."""

    PING = "ping"  #: reports with all they mean: T0, T1, T1b, T11
    STEP = "step"  #: an incident moved on with time: T1, T2, T3, T5, T7, T12
    KEEP = "keep"  #: what came back was stored raw
    ANSWER = "answer"  #: what a person said took effect: T3, T4, T4b, T6, T8
    RECEIPT = "receipt"  #: what a provider said took effect: T9
    LATE = "late"  #: a receipt that never came: T10
    CLAIM = "claim"  #: sender's step 1
    RECORD = "record"  #: sender's step 3
    OTHER = "other"


class Moment(StrEnum):
    """On which side of the commit."""

    BEFORE = "before"
    AFTER = "after"


Wrote = set[tuple[str, str]]


def name_of(wrote: Wrote) -> Boundary:
    """Return what a transaction is for that *wrote* these (verb, table) pairs."""
    tables = {table for _, table in wrote}
    rules = (
        (Boundary.PING, ("insert into", "ping") in wrote),
        (Boundary.KEEP, ("insert into", "inbox") in wrote),
        (Boundary.RECEIPT, {"inbox", "attempt"} <= tables),
        (Boundary.ANSWER, "inbox" in tables),
        (Boundary.CLAIM, ("insert into", "attempt") in wrote),
        (Boundary.RECORD, "attempt" in tables),
        (Boundary.STEP, "incident" in tables),
        (Boundary.LATE, "notification" in tables),
    )
    return next((boundary for boundary, holds in rules if holds), Boundary.OTHER)


def watch(engine: Engine, reached: Callable[[Boundary, Moment], None]) -> None:
    """Call *reached* right before and right after each commit of *engine* that wrote something."""

    def begins(connection: Connection) -> None:
        connection.info[_WROTE] = set()
        connection.info.pop(_COMMITTED, None)

    def executes(connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        found = _WRITES.match(statement)
        if found:
            wrote: Wrote = connection.info.setdefault(_WROTE, set())
            wrote.add((found.group(1).lower(), found.group(2)))

    def commits(connection: Connection) -> None:
        wrote: Wrote = connection.info.pop(_WROTE, set())
        if wrote:
            name = name_of(wrote)
            reached(name, Moment.BEFORE)
            connection.info[_COMMITTED] = name

    def rolls_back(connection: Connection) -> None:
        connection.info.pop(_COMMITTED, None)

    def returns(_dbapi_connection: Any, record: Any) -> None:
        # The first that happens after a commit: its connection goes back to the pool.
        name = record.info.pop(_COMMITTED, None)
        if name is not None:
            reached(name, Moment.AFTER)

    event.listen(engine, "begin", begins)
    event.listen(engine, "before_cursor_execute", executes)
    event.listen(engine, "commit", commits)
    event.listen(engine, "rollback", rolls_back)
    event.listen(engine, "checkin", returns)
