"""Take a whole file over: planned and done in one transaction, all of it or nothing.

Every change is checked and in the history as if somebody had typed it (`store/register_hands.py`).
Who guards whom is only asked for: a second person approves the batch, which bears the digest of the
file.
"""

from sqlalchemy import Connection, Engine

from core.clock import LOCAL_ZONE
from core.register_known import wanted
from core.register_plan import Plan, plan
from core.register_tables import Lines
from store import register_reading
from store.database import reading
from store.register_hands import Hands, Importer, Stopped


def try_out(engine: Engine, lines: Lines, importer: Importer) -> Plan:
    """Return what taking the file over would do; nothing is changed."""
    with reading(engine) as connection:
        return _planned(connection, lines, importer)


def take_over(engine: Engine, lines: Lines, importer: Importer) -> Plan:
    """Take the file over if there is nothing to mend; return what was planned and, then, done."""
    try:
        with engine.begin() as connection:
            planned = _planned(connection, lines, importer)
            if not planned.problems:
                Hands(connection, importer).do(planned)
    except Stopped as stop:
        return Plan(
            steps=planned.steps, remarks=(*planned.remarks, stop.remark), titles=planned.titles
        )
    return planned


def _planned(connection: Connection, lines: Lines, importer: Importer) -> Plan:
    known = register_reading.known_of(
        connection, wanted(lines), importer.scope, now=importer.now, sealer=importer.sealer
    )
    return plan(lines, known, importer.now.astimezone(LOCAL_ZONE).date())
