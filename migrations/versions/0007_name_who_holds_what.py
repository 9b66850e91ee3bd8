"""Name the process that holds a letter, an errand or a feed, as updates do."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_HELD = ("notifications", "errands", "feeds")


def upgrade() -> None:
    for table in _HELD:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("holder", sa.String(length=64), nullable=True))


def downgrade() -> None:
    for table in reversed(_HELD):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("holder")
