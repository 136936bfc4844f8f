"""Alembic's entry: runs the migrations on the connection that `store.migrate` hands over."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from geoalchemy2 import Geometry

from store.columns import Instant
from store.schema import metadata

_ONLY_POSTGIS = {
    ("spatial_ref_sys", "table"),
    ("geom", "column"),
    ("ix_latest_geom", "index"),
    ("ix_zone_shape", "index"),
}
_ONLY_SQLITE = {("ix_latest_lon_lat", "index")}


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Name our own column types in a new migration file."""
    if kind == "type" and isinstance(item, Instant):
        autogen.imports.add("from store.columns import Instant")
        return "Instant()"
    if kind == "type" and isinstance(item, Geometry):
        autogen.imports.add("from geoalchemy2 import Geometry")
        return 'Geometry("GEOMETRY", srid=4326, spatial_index=False)'
    return False


def include_object(
    item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any
) -> bool:
    """Leave out of comparisons what only PostGIS has: its table, our `geom` and their indexes.

    And the index that stands in for those on SQLite.
    """
    del item, compare_to
    return (name, kind) not in (_ONLY_POSTGIS if reflected else _ONLY_SQLITE)


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_item=render_item,
    include_object=include_object,
    compare_type=True,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
