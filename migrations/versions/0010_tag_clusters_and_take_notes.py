"""Let moderators tag clusters and write notes about them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "cluster_tags",
        sa.Column("cluster_id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["cluster_id"], ["clusters.id"], name=op.f("fk_cluster_tags_cluster_id_clusters")
        ),
        sa.PrimaryKeyConstraint("cluster_id", "tag", name=op.f("pk_cluster_tags")),
    )
    with op.batch_alter_table("cluster_tags", schema=None) as batch_op:
        batch_op.create_index("ix_cluster_tags_tag", ["tag"], unique=False)
    op.create_table(
        "cluster_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cluster_id", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["cluster_id"], ["clusters.id"], name=op.f("fk_cluster_notes_cluster_id_clusters")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cluster_notes")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("cluster_notes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_cluster_notes_cluster_id"), ["cluster_id"], unique=False
        )


def downgrade() -> None:
    op.drop_table("cluster_notes")
    op.drop_table("cluster_tags")
