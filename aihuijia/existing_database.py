"""Open a database that is already there: commands that only look must not make an empty one."""

from pathlib import Path

from sqlalchemy import Engine

from core.errors import SettingError
from store.database import check_reachable, open_database
from store.migrate import check_version

#: SQLite's names for a database that is in no file
_IN_MEMORY = ("", ":memory:")


def open_existing(url: str) -> Engine:
    """Return the engine; SettingError or ServerMissing say what is missing and what to do."""
    engine = open_database(url)
    file = missing_file(engine)
    if file:
        raise SettingError(
            f"There is no database {file}. Name yours with AIHUIJIA_DATABASE_URL (docs/settings.md"
            " lists the settings); the demo's are read with: set -a; . var/demo/environment."
            " A new database is made by: aihuijia migrate"
        )
    check_reachable(engine)
    check_version(engine)
    return engine


def missing_file(engine: Engine) -> str:
    """Return the SQLite file that is not there, "" when it is or when there need be none."""
    if engine.dialect.name != "sqlite":
        return ""
    file = engine.url.database or ""
    return "" if file in _IN_MEMORY or Path(file).exists() else file
