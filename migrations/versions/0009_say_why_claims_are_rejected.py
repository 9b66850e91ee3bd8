"""Let people be told why moderators rejected what they asked: that is of no statement."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_REASONS = ("spam", "opinion", "not_checkable")


def upgrade() -> None:
    reason = sa.Enum(*_REASONS, name="rejectreason", native_enum=False, length=24)
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reject_reason", reason, nullable=True))
        batch_op.alter_column("statement_id", existing_type=sa.Integer(), nullable=True)
        batch_op.alter_column("version", existing_type=sa.Integer(), nullable=True)


def downgrade() -> None:
    op.execute(
        "DELETE FROM notifications"
        " WHERE kind IN ('rejected', 'reopened', 'taken_back') OR status = 'taken_back'"
    )
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.alter_column("version", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("statement_id", existing_type=sa.Integer(), nullable=False)
        batch_op.drop_column("reject_reason")
