"""Indexes for boxes on the map"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_incident_elder", "incident", ["elder_id", "id"])
    op.create_index("ix_zone_origin", "zone", ["origin"])
    if op.get_bind().dialect.name == "sqlite":  # PostgreSQL has a GiST index on latest.geom
        op.create_index("ix_latest_lon_lat", "latest", ["lon", "lat"])


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("ix_latest_lon_lat", "latest")
    op.drop_index("ix_zone_origin", "zone")
    op.drop_index("ix_incident_elder", "incident")
