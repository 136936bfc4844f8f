"""Bring a database to this version's schema, and refuse to work with another one."""

from functools import cache
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from core.errors import SettingError
from store.database import reading

#: any number, but always the same: PostgreSQL's name for "migrates the schema"
_MIGRATION_LOCK = 121_002


def migrate(engine: Engine) -> str:
    """Apply every missing migration in one transaction; return the version reached."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            # Roles that start together take turns; the second finds nothing to do.
            connection.execute(
                text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK}
            )
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return _version(connection) or ""


def check_version(engine: Engine) -> None:
    """Raise SettingError when the database has another schema than this code."""
    found, wanted = versions(engine)
    if found != wanted:
        raise SettingError(
            f"The database has schema {found or 'none'}, this version needs {wanted}."
            " Run: aihuijia migrate"
        )


def versions(engine: Engine) -> tuple[str | None, str | None]:
    """Return the schema the database has, and the one this code needs."""
    with reading(engine) as connection:
        return _version(connection), wanted_version()


@cache
def wanted_version() -> str | None:
    """Return the schema this code needs; it is in its own files, which are read once."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def alembic_config() -> Config:
    """Return Alembic's configuration; it needs no file."""
    config = Config()
    config.set_main_option("script_location", str(files("store").joinpath("migrations")))
    return config


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
