"""Why something was decided: what each decision stood on, so that it can be judged again"""

import sqlalchemy as sa
from alembic import op

from store.columns import BigId, Document, Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ping", sa.Column("satellites", sa.Integer))
    op.add_column("ping", sa.Column("network", Document))
    op.create_table(
        "zone_set",
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("zones", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_zone_set")),
    )
    op.create_table(
        "decision",
        sa.Column("id", BigId, nullable=False),
        sa.Column("elder_id", BigId, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("decided_at", Instant(), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("rule", sa.String(30), nullable=False),
        sa.Column("zone_id", BigId, nullable=True),
        sa.Column("zone_name", sa.String(80), nullable=False),
        sa.Column("report_id", sa.String(64), nullable=False),
        sa.Column("silence_confirms", sa.Boolean, nullable=False),
        sa.Column("evidence", Document, nullable=False),
        sa.Column("belief_before", sa.LargeBinary, nullable=False),
        sa.Column("own_zones", sa.String(32), nullable=False),
        sa.Column("common_zones", sa.String(32), nullable=False),
        sa.Column("home", sa.LargeBinary, nullable=False),
        sa.Column("ping_ids", Document, nullable=False),
        sa.Column("model", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(
            ["elder_id"], ["elder.id"], name=op.f("fk_decision_elder_id_elder")
        ),
        sa.ForeignKeyConstraint(
            ["own_zones"], ["zone_set.digest"], name=op.f("fk_decision_own_zones_zone_set")
        ),
        sa.ForeignKeyConstraint(
            ["common_zones"], ["zone_set.digest"], name=op.f("fk_decision_common_zones_zone_set")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index("ix_decision_elder_decided_at", "decision", ["elder_id", "decided_at"])


def downgrade() -> None:
    op.drop_table("decision")
    op.drop_table("zone_set")
    op.drop_column("ping", "network")
    op.drop_column("ping", "satellites")
