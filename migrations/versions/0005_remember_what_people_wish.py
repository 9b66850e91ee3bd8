"""Remember how people read dates and whether they are told things; what an answer rested on."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_CALENDARS = ("international", "levantine", "hijri")


def upgrade() -> None:
    calendar = sa.Enum(*_CALENDARS, name="calendar", native_enum=False, length=24)
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.add_column(sa.Column("calendar", calendar, nullable=True))
        batch_op.add_column(
            sa.Column("muted", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.alter_column("muted", server_default=None)
    with op.batch_alter_table("inquiries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("encoder", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("judge", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("assert_at", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("suggest_at", sa.Double(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("inquiries", schema=None) as batch_op:
        batch_op.drop_column("suggest_at")
        batch_op.drop_column("assert_at")
        batch_op.drop_column("judge")
        batch_op.drop_column("encoder")
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.drop_column("muted")
        batch_op.drop_column("calendar")
