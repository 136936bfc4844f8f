"""Open the database: one engine, two dialects, the same guarantees.

SQLite: write-ahead log, `synchronous=FULL`, every transaction begins IMMEDIATE (a read that becomes
a write would fail at once, ignoring the busy timeout). PostgreSQL: its defaults.
"""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import shapely
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError

from core.errors import ServerMissing
from store.boxes import Extent, meets_box

#: how long a writer waits for another, seconds
BUSY_TIMEOUT_S = 10


def open_database(url: str) -> Engine:
    """Return the engine for *url* (`sqlite:///file` or `postgresql://…`).

    Its errors do not repeat values: they end up in logs, where no position may be.
    """
    if url.startswith("postgresql://"):
        # SQLAlchemy copies here what the driver can send; ours must be known to it by now.
        import store.arrays  # noqa: F401

        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
        return create_engine(
            url,
            pool_pre_ping=True,
            pool_size=10,
            connect_args={"connect_timeout": 5},
            hide_parameters=True,
        )
    engine = create_engine(
        url, connect_args={"timeout": BUSY_TIMEOUT_S, "factory": _File}, hide_parameters=True
    )
    turns = _Turns()
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", turns.begin)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection that only reads; on SQLite it waits for no writer."""
    with engine.connect().execution_options(aihuijia_reads=True) as connection:
        yield connection


def check_reachable(engine: Engine) -> None:
    """Raise ServerMissing, with how to mend it, when the database does not answer."""
    try:
        with reading(engine) as connection:
            connection.execute(text("SELECT 1"))
    except OperationalError as error:
        where = engine.url.render_as_string(hide_password=True)
        if engine.dialect.name == "sqlite":
            advice = "is the folder writable and the disk not full?"
        else:
            advice = "start it (systemctl start postgresql) or mend AIHUIJIA_DATABASE_URL"
        raise ServerMissing(f"The database {where} does not answer: {advice}") from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # what was erased is gone from the file, too
    cursor.close()
    # The few spatial functions GeoAlchemy2 calls; Shapely answers instead of SpatiaLite.
    connection.create_function("GeomFromEWKT", 1, _ewkt_to_ewkb, deterministic=True)
    connection.create_function("AsEWKB", 1, lambda blob: blob, deterministic=True)
    connection.create_function("RecoverGeometryColumn", -1, lambda *_: 1)
    connection.create_function("DiscardGeometryColumn", -1, lambda *_: 1)
    connection.create_function("CheckSpatialIndex", -1, lambda *_: 0)
    connection.create_function("meets_box", 6, meets_box, deterministic=True)
    connection.create_aggregate("ST_Extent", 1, Extent)  # type: ignore[arg-type]


def _ewkt_to_ewkb(ewkt: str | None) -> str | None:
    if ewkt is None:
        return None
    srid, _, wkt = ewkt.partition(";")
    shape = shapely.set_srid(shapely.from_wkt(wkt), int(srid.removeprefix("SRID=")))
    return str(shapely.to_wkb(shape, hex=True, include_srid=True))


class _Turns:
    """Writers of one process take turns on SQLite.

    SQLite's own waiting is a poll without a queue: under many short writers one of them starves
    until its time-out. Other processes still meet at the busy timeout.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._taken = False
        #: one closed lock for each writer who waits, first come first served
        self._waiting: deque[threading.Lock] = deque()

    def begin(self, connection: Connection) -> None:
        """Begin: a reader at once, a writer when it is its turn."""
        if connection.get_execution_options().get("aihuijia_reads"):
            connection.exec_driver_sql("BEGIN")
            return
        file = connection.connection.dbapi_connection
        assert isinstance(file, _File)
        self._take()
        file.at_end = self._give
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            file.end_turn()
            raise

    def _take(self) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            my_turn = threading.Lock()
            my_turn.acquire()
            self._waiting.append(my_turn)
        my_turn.acquire()  # whoever ends before us opens it

    def _give(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


class _File(sqlite3.Connection):
    """A connection that ends its turn when its transaction has really ended, not before."""

    at_end: Callable[[], None] | None = None

    def commit(self) -> None:
        """Commit, then let the next writer begin; a commit that fails is still our turn."""
        super().commit()
        self.end_turn()

    def rollback(self) -> None:
        """Roll back, then let the next writer begin."""
        try:
            super().rollback()
        finally:
            self.end_turn()

    def end_turn(self) -> None:
        """Let the next writer begin, if it was our turn."""
        give, self.at_end = self.at_end, None
        if give is not None:
            give()


def lost_a_race(error: OperationalError) -> bool:
    """Say whether *error* only means that another transaction was in the way: try again."""
    return getattr(error.orig, "sqlstate", None) in ("40001", "40P01")
