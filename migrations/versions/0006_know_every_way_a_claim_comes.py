"""Find what an edit changes; keep where forwards come from, what was told, and groups."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_ORIGINS = ("person", "hidden", "group", "channel")
_RELATIONS = ("SUPPORTS", "REFUTES", "NOT_ENOUGH_INFO")


def upgrade() -> None:
    forwarded = sa.Enum(*_ORIGINS, name="forwarded", native_enum=False, length=24)
    with op.batch_alter_table("updates", schema=None) as batch_op:
        batch_op.add_column(sa.Column("message", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("content", sa.String(length=64), nullable=True))
        batch_op.create_index(batch_op.f("ix_updates_message"), ["message"], unique=False)
    with op.batch_alter_table("inquiries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("forwarded", forwarded, nullable=True))
        batch_op.add_column(sa.Column("origin", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("origin_name", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("rest", sa.JSON(none_as_null=True), nullable=True))
    relation = sa.Enum(*_RELATIONS, name="relation", native_enum=False, length=24)
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.add_column(sa.Column("relation", relation, nullable=True))
    with op.batch_alter_table("clusters", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("forwarded", sa.Integer(), nullable=False, server_default="0")
        )
    with op.batch_alter_table("clusters", schema=None) as batch_op:
        batch_op.alter_column("forwarded", server_default=None)
    op.create_table(
        "groups",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("watching", sa.Boolean(), nullable=False),
        sa.Column("per_hour", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=True),
        sa.Column("spoken_at", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_groups")),
    )


def downgrade() -> None:
    op.drop_table("groups")
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.drop_column("relation")
    with op.batch_alter_table("clusters", schema=None) as batch_op:
        batch_op.drop_column("forwarded")
    with op.batch_alter_table("inquiries", schema=None) as batch_op:
        batch_op.drop_column("rest")
        batch_op.drop_column("origin_name")
        batch_op.drop_column("origin")
        batch_op.drop_column("forwarded")
    with op.batch_alter_table("updates", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_updates_message"))
        batch_op.drop_column("content")
        batch_op.drop_column("message")
