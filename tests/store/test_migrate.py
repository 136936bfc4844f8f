"""The migrations make exactly the tables that the code speaks of, on both databases."""

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, inspect, text

from core.errors import SettingError
from store.database import open_database, reading
from store.migrate import alembic_config, check_version, migrate
from store.schema import metadata


def test_migrating_again_changes_nothing(database: Engine) -> None:
    """A database that is up to date stays as it is, and says the same version."""
    with reading(database) as connection:
        before = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()

    assert before == [migrate(database)] == [migrate(database)]


def test_postgresql_matches_the_schema(postgresql_database: Engine) -> None:
    """Alembic finds no difference between the migrated tables and the code."""
    with postgresql_database.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection

        command.check(config)  # raises with every difference


def test_every_table_and_column_is_there(database: Engine) -> None:
    """Each table of the code exists with the same columns, nullable or not, on both databases."""
    found = inspect(database)
    for table in metadata.sorted_tables:
        columns = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
        columns.pop("geom", None)  # PostGIS only

        assert {c.name: bool(c.nullable) for c in table.columns} == columns, table.name


def test_every_unique_rule_is_there(database: Engine) -> None:
    """The rules that keep rows from being doubled exist on both databases."""
    found = inspect(database)
    unique = {
        (table, tuple(constraint["column_names"]))
        for table in found.get_table_names()
        for constraint in found.get_unique_constraints(table)
    }

    assert {
        ("ping", ("device_id", "report_id")),
        ("notification", ("key",)),
        ("attempt", ("notification_id", "number")),
        ("attempt", ("provider", "provider_id")),
        ("timeline", ("incident_id", "number")),
        ("inbox", ("source", "event_key")),
        ("guardianship", ("elder_id", "person_id")),
        ("band", ("elder_id",)),
    } <= unique
    assert "uq_incident_one_open" in {index["name"] for index in found.get_indexes("incident")}


def test_positions_can_be_opened_in_a_map_program(postgresql_database: Engine) -> None:
    """PostGIS keeps a point beside longitude and latitude."""
    with postgresql_database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO latest (device_id, first_heard_at, heard_at, lon, lat)"
                " VALUES ('b', now(), now(), 120.5, 30.5)"
            )
        )
        point = connection.scalar(text("SELECT ST_AsEWKT(geom) FROM latest"))

    assert "SRID=4326;POINT(120.5 30.5)" == point


def test_bands_of_an_older_version_may_sign_in(tmp_path: Path) -> None:
    """A band that was registered before there were logins gets one; the way back works, too."""
    engine = open_database(f"sqlite:///{tmp_path}/older.db")
    config = alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            text("INSERT INTO band (device_id, registered_at) VALUES ('b', '2026-11-23 04:00:00')")
        )
        command.upgrade(config, "0002")
        rows = connection.execute(
            text("SELECT device_id, generation, wanted, next_try_at FROM band_access")
        ).all()
        command.downgrade(config, "0001")
        bands = connection.scalars(text("SELECT device_id FROM band")).all()
    engine.dispose()

    assert [("b", 1, "granted", "2026-11-23 04:00:00")] == rows
    assert ["b"] == bands


def test_a_database_without_our_schema_is_refused(tmp_path: Path) -> None:
    """Code never works on a database of another version: it says what to run."""
    engine = open_database(f"sqlite:///{tmp_path}/empty.db")

    with pytest.raises(SettingError, match="Run: aihuijia migrate"):
        check_version(engine)
    engine.dispose()


def test_the_right_version_is_accepted(database: Engine) -> None:
    """A migrated database is taken without a word; another version is refused by name."""
    check_version(database)
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(SettingError, match="9999"):
        check_version(database)
