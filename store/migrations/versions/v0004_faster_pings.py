"""Beliefs in two parts as bytes; versions of what is remembered between batches"""

import sqlalchemy as sa
from alembic import op

from store.columns import BigId, Document

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

#: what the ingest role remembers between batches, and must read again when it changed
WATCHED = ("band", "elder", "zone")


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    _beliefs_to_bytes(on_postgresql)
    op.add_column("latest", _version())
    op.create_table(
        "belief_window",
        sa.Column("elder_id", BigId, nullable=False),
        sa.Column("fixes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["elder_id"], ["elder.id"], name=op.f("fk_belief_window_elder_id_elder")
        ),
        sa.PrimaryKeyConstraint("elder_id", name=op.f("pk_belief_window")),
    )
    op.create_table(
        "registry_version",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("version", BigId, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_version")),
    )
    op.execute("INSERT INTO registry_version (id, version) VALUES (1, 1)")
    if on_postgresql:
        _watch_on_postgresql()
    else:
        _watch_on_sqlite()


def _beliefs_to_bytes(on_postgresql: bool) -> None:
    """Keep each belief as the bytes of its JSON: the geofence still reads those."""
    op.add_column("belief", _version())
    if on_postgresql:
        op.execute(
            "ALTER TABLE belief ALTER COLUMN state TYPE bytea USING convert_to(state::text, 'UTF8')"
        )
        # Rewritten with each batch: room to do it in place, and no time lost on compressing.
        op.execute("ALTER TABLE belief SET (fillfactor = 50)")
        op.execute("ALTER TABLE belief ALTER COLUMN state SET STORAGE MAIN")
        return
    op.execute("UPDATE belief SET state = CAST(state AS BLOB)")
    with op.batch_alter_table("belief") as batch_op:
        batch_op.alter_column("state", existing_type=Document, type_=sa.LargeBinary())


def _version() -> sa.Column[int]:
    return sa.Column("version", BigId, server_default=sa.text("0"), nullable=False)


def _watch_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION registry_changed() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN UPDATE registry_version SET version = version + 1; RETURN NULL; END $$"
    )
    for table in WATCHED:
        op.execute(
            f"CREATE TRIGGER registry_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE"
            f" ON {table} FOR EACH STATEMENT EXECUTE FUNCTION registry_changed()"
        )


def _watch_on_sqlite() -> None:
    for table in WATCHED:
        for event in ("insert", "update", "delete"):
            op.execute(
                f"CREATE TRIGGER registry_changed_{table}_{event} AFTER {event.upper()} ON {table}"  # noqa: S608
                " BEGIN UPDATE registry_version SET version = version + 1; END"
            )


def downgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in WATCHED:
        if on_postgresql:
            op.execute(f"DROP TRIGGER registry_changed ON {table}")
            continue
        for event in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER registry_changed_{table}_{event}")
    if on_postgresql:
        op.execute("DROP FUNCTION registry_changed()")
    op.drop_table("registry_version")
    op.drop_column("latest", "version")
    op.drop_table("belief_window")
    # The earlier version cannot read what this one wrote: it begins to judge anew.
    op.execute("DELETE FROM belief")
    if on_postgresql:
        op.execute("ALTER TABLE belief ALTER COLUMN state TYPE jsonb USING '{}'::jsonb")
        op.drop_column("belief", "version")
        return
    with op.batch_alter_table("belief") as batch_op:
        batch_op.alter_column("state", existing_type=sa.LargeBinary(), type_=Document)
        batch_op.drop_column("version")
