"""Let inquiries be counted by their indexes alone: of a claim, and of a time."""

from collections.abc import Sequence

from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("inquiries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inquiries_claim_id"))
        batch_op.drop_index(batch_op.f("ix_inquiries_at"))
        batch_op.create_index("ix_inquiries_claim", ["claim_id", "at", "person_key"])
        batch_op.create_index(
            "ix_inquiries_at", ["at", "outcome", "language", "feedback", "disputed"]
        )
        batch_op.create_index("ix_inquiries_answered_at", ["answered_at"])


def downgrade() -> None:
    with op.batch_alter_table("inquiries", schema=None) as batch_op:
        batch_op.drop_index("ix_inquiries_answered_at")
        batch_op.drop_index("ix_inquiries_at")
        batch_op.drop_index("ix_inquiries_claim")
        batch_op.create_index(batch_op.f("ix_inquiries_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_inquiries_claim_id"), ["claim_id"], unique=False)
