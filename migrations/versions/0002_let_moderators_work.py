"""Let moderators work: versions, a general audit, claims in clusters, feeds, roles, sessions."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "clusters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "settled",
                "open",
                "snoozed",
                "answered",
                "rejected",
                name="clusterstatus",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "reject_reason",
            sa.Enum(
                "spam",
                "opinion",
                "not_checkable",
                name="rejectreason",
                native_enum=False,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("assignee", sa.String(length=64), nullable=True),
        sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("first_asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heat", sa.Double(), nullable=False),
        sa.Column("alerted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clusters")),
    )
    with op.batch_alter_table("clusters", schema=None) as batch_op:
        batch_op.create_index("ix_clusters_status_heat", ["status", "heat"], unique=False)
        batch_op.create_index("ix_clusters_status_last", ["status", "last_asked_at"], unique=False)
        batch_op.create_index("ix_clusters_status_people", ["status", "people"], unique=False)

    op.create_table(
        "console_sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person_key", sa.String(length=64), nullable=False),
        sa.Column("form_token", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_console_sessions")),
    )
    with op.batch_alter_table("console_sessions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_console_sessions_person_key"), ["person_key"], unique=False
        )

    op.create_table(
        "errands",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_errands")),
    )
    op.create_table(
        "grants",
        sa.Column("person_key", sa.String(length=64), nullable=False),
        sa.Column(
            "role",
            sa.Enum("moderator", "admin", name="role", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("granted_by", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_key", name=op.f("pk_grants")),
    )
    op.create_table(
        "sign_in_links",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person_key", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_links")),
    )
    with op.batch_alter_table("sign_in_links", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sign_in_links_person_key"), ["person_key"], unique=False
        )

    op.create_table(
        "versions",
        sa.Column(
            "kind",
            sa.Enum("report", "statement", name="versionkind", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("subject_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject_id", "version", name=op.f("pk_versions")),
    )
    op.create_table(
        "claims",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("cluster_id", sa.Integer(), nullable=True),
        sa.Column("placed_by_hand", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["cluster_id"], ["clusters.id"], name=op.f("fk_claims_cluster_id_clusters")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
        sa.UniqueConstraint("key", name=op.f("uq_claims_key")),
    )
    with op.batch_alter_table("claims", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claims_cluster_id"), ["cluster_id"], unique=False)

    op.create_table(
        "feeds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("syndication", "claimreview", name="feedkind", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_poll_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_feeds_source_id_sources")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feeds")),
        sa.UniqueConstraint("url", name=op.f("uq_feeds_url")),
    )
    with op.batch_alter_table("feeds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feeds_next_poll_at"), ["next_poll_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_feeds_source_id"), ["source_id"], unique=False)

    op.create_table(
        "feed_items",
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feeds.id"], name=op.f("fk_feed_items_feed_id_feeds")
        ),
        sa.PrimaryKeyConstraint("feed_id", "key", name=op.f("pk_feed_items")),
    )
    op.create_table(
        "notifications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inquiry_id", sa.Integer(), nullable=False),
        sa.Column("person_key", sa.String(length=64), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "answered",
                "corrected",
                "retracted",
                name="notificationkind",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "waiting",
                "sent",
                "unreachable",
                name="notificationstatus",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["inquiry_id"],
            ["inquiries.id"],
            name=op.f("fk_notifications_inquiry_id_inquiries"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["statements.id"],
            name=op.f("fk_notifications_statement_id_statements"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
    )
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_notifications_person_key"), ["person_key"], unique=False
        )
        batch_op.create_index("ix_notifications_status_due", ["status", "due_at"], unique=False)
        batch_op.create_index(
            "uq_notifications_person_kind_statement",
            ["person_key", "kind", "statement_id", "version"],
            unique=True,
        )

    op.create_table(
        "shown",
        sa.Column("inquiry_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inquiry_id"],
            ["inquiries.id"],
            name=op.f("fk_shown_inquiry_id_inquiries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("inquiry_id", "position", name=op.f("pk_shown")),
    )
    with op.batch_alter_table("shown", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shown_statement_id"), ["statement_id"], unique=False)

    op.create_table(
        "verdicts",
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column(
            "relation",
            sa.Enum(
                "SUPPORTS",
                "REFUTES",
                "NOT_ENOUGH_INFO",
                name="relation",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claims.id"], name=op.f("fk_verdicts_claim_id_claims")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statements.id"], name=op.f("fk_verdicts_statement_id_statements")
        ),
        sa.PrimaryKeyConstraint("claim_id", "statement_id", name=op.f("pk_verdicts")),
    )
    with op.batch_alter_table("verdicts", schema=None) as batch_op:
        batch_op.create_index("ix_verdicts_statement_id", ["statement_id"], unique=False)

    _alter_audit()
    _alter_inquiries()
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.add_column(sa.Column("address", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("sources", schema=None) as batch_op:
        batch_op.add_column(sa.Column("homepage", sa.Text(), nullable=True))
        batch_op.add_column(
            sa.Column("trusted", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("statements", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("recheck_by", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("reviewed_by", sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column("merged_into", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_statements_recheck_by"), ["recheck_by"], unique=False)


def _alter_audit() -> None:
    """Let entries be about anything, with what was before and after as JSON."""
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "subject",
                sa.Enum(
                    "statement",
                    "report",
                    "source",
                    "feed",
                    "cluster",
                    "claim",
                    "person",
                    name="subjectkind",
                    native_enum=False,
                    length=24,
                ),
                nullable=False,
                server_default="statement",
            )
        )
        batch_op.add_column(
            sa.Column("subject_id", sa.String(length=64), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("undoes", sa.Integer(), nullable=True))
        batch_op.alter_column("before", new_column_name="before_status")
        batch_op.alter_column("after", new_column_name="after_status")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("before", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("after", sa.JSON(), nullable=True))
    old = sa.table(
        "audit",
        sa.column("id", sa.Integer),
        sa.column("statement_id", sa.Integer),
        sa.column("before_status", sa.String),
        sa.column("after_status", sa.String),
    )
    new = sa.table(
        "audit",
        sa.column("id", sa.Integer),
        sa.column("subject_id", sa.String),
        sa.column("before", sa.JSON(none_as_null=True)),
        sa.column("after", sa.JSON(none_as_null=True)),
    )
    bind = op.get_bind()
    for row in bind.execute(sa.select(old)).all():
        bind.execute(
            sa.update(new)
            .where(new.c.id == row.id)
            .values(
                subject_id="" if row.statement_id is None else str(row.statement_id),
                before=row.before_status and {"status": row.before_status},
                after=row.after_status and {"status": row.after_status},
            )
        )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_statement_id"))
        batch_op.drop_constraint(batch_op.f("fk_audit_statement_id_statements"), type_="foreignkey")
        batch_op.drop_column("statement_id")
        batch_op.drop_column("before_status")
        batch_op.drop_column("after_status")
        batch_op.create_index(batch_op.f("ix_audit_actor"), ["actor"], unique=False)
        batch_op.create_index("ix_audit_subject", ["subject", "subject_id"], unique=False)


def _alter_inquiries() -> None:
    """Let inquiries name their claim, and what they were shown have a table of its own."""
    old = sa.table("inquiries", sa.column("id", sa.Integer), sa.column("statement_ids", sa.JSON))
    shown = sa.table(
        "shown",
        sa.column("inquiry_id", sa.Integer),
        sa.column("position", sa.Integer),
        sa.column("statement_id", sa.Integer),
    )
    bind = op.get_bind()
    rows = [
        {"inquiry_id": row.id, "position": position, "statement_id": statement}
        for row in bind.execute(sa.select(old))
        for position, statement in enumerate(row.statement_ids)
    ]
    with op.batch_alter_table("inquiries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("claim_id", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "feedback",
                sa.Enum("useful", "not_useful", name="feedback", native_enum=False, length=24),
                nullable=True,
            )
        )
        batch_op.add_column(
            sa.Column("language", sa.String(length=16), nullable=False, server_default="ar")
        )
        batch_op.add_column(
            sa.Column("waiting", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_inquiries_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_inquiries_claim_id"), ["claim_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_inquiries_claim_id_claims"), "claims", ["claim_id"], ["id"]
        )
        batch_op.drop_column("statement_ids")
    if rows:
        bind.execute(sa.insert(shown), rows)


def downgrade() -> None:
    with op.batch_alter_table("statements", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_statements_recheck_by"))
        batch_op.drop_column("merged_into")
        batch_op.drop_column("reviewed_by")
        batch_op.drop_column("recheck_by")
        batch_op.drop_column("version")
    with op.batch_alter_table("sources", schema=None) as batch_op:
        batch_op.drop_column("trusted")
        batch_op.drop_column("homepage")
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.drop_column("version")
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.drop_column("blocked_until")
        batch_op.drop_column("address")
    _restore_inquiries()
    _restore_audit()
    with op.batch_alter_table("verdicts", schema=None) as batch_op:
        batch_op.drop_index("ix_verdicts_statement_id")

    op.drop_table("verdicts")
    with op.batch_alter_table("shown", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shown_statement_id"))

    op.drop_table("shown")
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.drop_index("uq_notifications_person_kind_statement")
        batch_op.drop_index("ix_notifications_status_due")
        batch_op.drop_index(batch_op.f("ix_notifications_person_key"))

    op.drop_table("notifications")
    op.drop_table("feed_items")
    with op.batch_alter_table("feeds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feeds_source_id"))
        batch_op.drop_index(batch_op.f("ix_feeds_next_poll_at"))

    op.drop_table("feeds")
    with op.batch_alter_table("claims", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_claims_cluster_id"))

    op.drop_table("claims")
    op.drop_table("versions")
    with op.batch_alter_table("sign_in_links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_links_person_key"))

    op.drop_table("sign_in_links")
    op.drop_table("grants")
    op.drop_table("errands")
    with op.batch_alter_table("console_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_console_sessions_person_key"))

    op.drop_table("console_sessions")
    with op.batch_alter_table("clusters", schema=None) as batch_op:
        batch_op.drop_index("ix_clusters_status_people")
        batch_op.drop_index("ix_clusters_status_last")
        batch_op.drop_index("ix_clusters_status_heat")

    op.drop_table("clusters")


def _restore_inquiries() -> None:
    bind = op.get_bind()
    shown = sa.table(
        "shown", sa.column("inquiry_id"), sa.column("position"), sa.column("statement_id")
    )
    found: dict[int, list[int]] = {}
    for row in bind.execute(sa.select(shown).order_by(shown.c.inquiry_id, shown.c.position)):
        found.setdefault(row.inquiry_id, []).append(row.statement_id)
    with op.batch_alter_table("inquiries", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("statement_ids", sa.JSON(), nullable=False, server_default="[]")
        )
        batch_op.drop_constraint(batch_op.f("fk_inquiries_claim_id_claims"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_inquiries_claim_id"))
        batch_op.drop_index(batch_op.f("ix_inquiries_at"))
        batch_op.drop_column("answered_at")
        batch_op.drop_column("waiting")
        batch_op.drop_column("language")
        batch_op.drop_column("feedback")
        batch_op.drop_column("claim_id")
    inquiries = sa.table(
        "inquiries", sa.column("id", sa.Integer), sa.column("statement_ids", sa.JSON)
    )
    for number, statements in found.items():
        bind.execute(
            sa.update(inquiries).where(inquiries.c.id == number).values(statement_ids=statements)
        )


def _restore_audit() -> None:
    """Keep what the first tables have room for: entries about a statement, and statuses."""
    bind = op.get_bind()
    audit = sa.table(
        "audit",
        sa.column("id", sa.Integer),
        sa.column("subject", sa.String),
        sa.column("subject_id", sa.String),
        sa.column("before", sa.JSON),
        sa.column("after", sa.JSON),
    )
    rows = bind.execute(sa.select(audit)).all()
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_subject")
        batch_op.drop_index(batch_op.f("ix_audit_actor"))
        for name in ("undoes", "subject", "subject_id", "before", "after"):
            batch_op.drop_column(name)
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("statement_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("before", sa.String(length=24), nullable=True))
        batch_op.add_column(sa.Column("after", sa.String(length=24), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_audit_statement_id_statements"), "statements", ["statement_id"], ["id"]
        )
        batch_op.create_index(batch_op.f("ix_audit_statement_id"), ["statement_id"], unique=False)
    old = sa.table(
        "audit",
        sa.column("id", sa.Integer),
        sa.column("statement_id", sa.Integer),
        sa.column("before", sa.String),
        sa.column("after", sa.String),
    )
    for row in rows:
        about_statement = row.subject == "statement" and row.subject_id
        bind.execute(
            sa.update(old)
            .where(old.c.id == row.id)
            .values(
                statement_id=int(row.subject_id) if about_statement else None,
                before=(row.before or {}).get("status"),
                after=(row.after or {}).get("status"),
            )
        )
