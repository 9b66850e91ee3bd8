"""Let moderators explain an answer in their own words: kept with the verdict, by language."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("verdicts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("note", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    # Nobody is told of a change to a note that is not kept any more.
    op.execute("DELETE FROM notifications WHERE kind = 'explained'")
    with op.batch_alter_table("verdicts", schema=None) as batch_op:
        batch_op.drop_column("note")
