"""Note how far indexes on other servers have followed the changes."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "index_positions",
        sa.Column("server", sa.String(length=300), nullable=False),
        sa.Column("build", sa.String(length=120), nullable=False),
        sa.Column("change_number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("server", "build", name=op.f("pk_index_positions")),
    )


def downgrade() -> None:
    op.drop_table("index_positions")
