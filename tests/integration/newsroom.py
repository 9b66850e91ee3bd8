"""A small newsroom's data: reports in every state, clusters in two languages, colleagues, feeds."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge import approvals, curation
from knowledge.accounts import roles
from knowledge.approvals import Policy
from knowledge.claim_queue import cluster_actions, cluster_notes, demand, inquiries
from knowledge.corpus import reports, sources
from knowledge.corpus.reports import Stored
from knowledge.curation import ReportEdit, StatementEdit
from knowledge.curation.manual_reports import file_report
from knowledge.domain import (
    ClusterStatus,
    FeedKind,
    Forwarded,
    NotificationKind,
    Outcome,
    Rating,
    Relation,
    ReportDraft,
    ReportKind,
    Role,
    StatementDraft,
    now,
)
from knowledge.models import Claim, Cluster, Notification, Report
from knowledge.notifications.corrections import note_corrected
from knowledge.outbox import pending_notifications
from knowledge.storage.database import Sessions
from knowledge.text.plain_text import single_line
from tests.integration.console import key_of
from tests.integration.snapshots import filled_once

BODY = (
    "أعلنت بلدية المدينة أن جسر النهر الجديد عبرته 250 سيارة في يوم افتتاحه.\n"
    "وقال رئيس البلدية إن كلفة الجسر بلغت أربعة ملايين دينار.\n"
    "ونفت البلدية إغلاق الجسر القديم أمام المشاة.\n"
    "وأكد المتحدث باسم البلدية أن حركة المرور عادت إلى طبيعتها صباح الأحد."
)
HOSTILE = "<script>alert(1)</script>\u202e{{ 7*7 }}'\" onload=x"

#: Where the claims about the crocodile were forwarded from.
_CHANNEL = inquiries.Origin(Forwarded.CHANNEL, key_of(999), HOSTILE)

#: The wordings of one claim, each with its language and how many people asked it.
Asked: TypeAlias = tuple[tuple[str, str, int], ...]

CLAIMS: tuple[Asked, ...] = (
    (
        ("أغلقت البلدية الجسر القديم أمام المشاة", "ar", 7),
        ("هل أُغلق الجسر القديم في وجه المشاة؟", "ar", 3),
        ("The old bridge is closed to pedestrians", "en", 2),
    ),
    (("ارتفع سعر الخبز إلى ضعفين في يوم واحد", "ar", 5),),
    (("A crocodile was seen in the city river", "en", 3), ("تمساح في نهر المدينة", "ar", 1)),
    (("أجمل مدينة هي مدينتنا", "ar", 1),),
    ((HOSTILE, "en", 1),),
    (("أغلقت البلدية الجسر القديم أمام المشاة والدراجات", "ar", 1),),
)


def keep_as_before(session: Session, stored: Stored, text: str) -> None:
    """Have every field of a report and its statements hold ``text``, as older versions kept it."""
    report = session.get_one(Report, stored.report_id)
    report.title = report.ref = text
    if report.source is not None:
        report.source.name = text
    for statement in report.statements:
        statement.text = statement.speaker = statement.rating_text = statement.ref = text
    session.flush()


@filled_once
def furnish(sessions: Sessions) -> None:
    """Fill a database."""
    with sessions.begin() as session:
        roles.grant(session, key_of(2), Role.MODERATOR, "سلمى", "command line")
        roles.grant(session, key_of(3), Role.MODERATOR, HOSTILE, key_of(1))
        filed = file_report(
            session,
            ReportDraft(
                title="جسر النهر الجديد",
                publisher="نشرة المدينة",
                url="https://example.org/bridge",
                published_at=(now() - timedelta(days=2)).date(),
                body=BODY,
            ),
            key_of(2),
        )
        proposals = curation.propose(session, filed.report_id)
        ids = [
            curation.add_statement(session, filed.report_id, each, key_of(2))
            for each in proposals[:2]
        ]
        curation.publish(session, ids[:1], key_of(2))
        curation.set_recheck_day(session, ids[0], now().date(), key_of(2))
        checked = reports.store(
            session,
            ReportDraft(
                title="هل ظهر تمساح في النهر؟",
                publisher="مرصد الشائعات",
                published_at=now().date(),
                kind=ReportKind.FACT_CHECK,
                statements=(
                    StatementDraft(
                        "ظهور تمساح كبير في نهر المدينة صباح اليوم",
                        rating=Rating.FALSE,
                        rating_text="زائف",
                        speaker="صفحة على فيسبوك",
                    ),
                ),
            ),
        )
        curation.publish(session, checked.statement_ids, key_of(2))
        hostile = reports.store(
            session,
            ReportDraft(
                title="hostile",
                publisher=single_line(HOSTILE),
                url="https://example.org/?q=<script>",
                statements=(StatementDraft("hostile"),),
            ),
        )
        keep_as_before(session, hostile, HOSTILE)
        curation.review(session, hostile.statement_ids, key_of(3), HOSTILE)
        curation.publish(session, hostile.statement_ids, key_of(2), HOSTILE)
        curation.retract(session, hostile.statement_ids, key_of(2), HOSTILE)
        sources.add_feed(
            session,
            "نشرة المدينة",
            "https://example.org/feed.xml",
            FeedKind.SYNDICATION,
            60,
            key_of(1),
        )
        sources.add_feed(
            session, HOSTILE, "https://example.org/claims", FeedKind.CLAIMREVIEW, 120, key_of(1)
        )
    with sessions.begin() as session:
        shown = {2: (checked.statement_ids, _CHANNEL)}
        clusters = [
            ask(session, number, claims, *shown.get(number, ()))
            for number, claims in enumerate(CLAIMS)
        ]
        cluster_actions.assign(session, clusters[1].id, key_of(2), key_of(2))
        cluster_actions.snooze(session, clusters[3].id, now() + timedelta(days=2), key_of(2))
        for number, tag in ((0, "جسور"), (0, "ask the city"), (1, "أسعار"), (4, HOSTILE[:30])):
            cluster_notes.tag(session, clusters[number].id, tag, key_of(2))
        cluster_notes.add_note(session, clusters[0].id, "سألتُ البلدية،\nوتردّ غدًا.", key_of(2))
        cluster_notes.add_note(
            session, clusters[0].id, "Their press office has a new number.", key_of(1)
        )
        cluster_notes.add_note(session, clusters[4].id, HOSTILE, key_of(3))


def ask(
    session: Session,
    number: int,
    claims: Asked,
    shown: Sequence[int] = (),
    origin: inquiries.Origin | None = None,
) -> Cluster:
    """Have people ask the wordings of one claim, and wait; ``number`` tells them from others."""
    cluster = Cluster(title=claims[0][0], status=ClusterStatus.OPEN)
    session.add(cluster)
    session.flush()
    for text, language, people in claims:
        for person in range(people):
            inquiries.record(
                session,
                key_of(100 * number + person + 10),
                text,
                Outcome.RELATED if shown else Outcome.NO_MATCH,
                shown,
                language,
                waiting=True,
                origin=origin,
            )
            row = session.query(Claim).filter_by(text=text).one()
            if row.cluster_id is None:
                demand.join_clusters(session, {row.id: cluster})
    return cluster


def add_cluster(sessions: Sessions, claim: str) -> int:
    """Have somebody ask what nobody asked before; returns the number of its cluster."""
    with sessions.begin() as session:
        cluster = Cluster(title=claim, status=ClusterStatus.OPEN)
        session.add(cluster)
        session.flush()
        inquiries.record(session, key_of(900), claim, Outcome.NO_MATCH, (), "en", waiting=True)
        row = session.query(Claim).filter_by(text=claim).one()
        demand.join_clusters(session, {row.id: cluster})
        return cluster.id


def propose(sessions: Sessions) -> None:
    """Have a moderator propose what waits: 1 an edit, 2 an answer, 3 hostile text."""
    checked = StatementEdit(
        "ظهور تمساح كبير في نهر المدينة صباح اليوم",
        speaker="صفحة على فيسبوك",
        rating=Rating.TRUE,
        rating_text="صحيح",
    )
    policy, title = Policy(True, frozenset()), single_line(HOSTILE)
    with sessions.begin() as session:
        for act, reason in (
            (approvals.EditStatement(3, checked, 1), "تبيّن أن الصورة أصلية"),
            (approvals.Answer(1, 1, Relation.REFUTES), None),
            (approvals.EditReport(1, ReportEdit(title, title, body=BODY), 1), HOSTILE),
        ):
            approvals.submit(session, act, key_of(2), reason, policy)


def deliver(sessions: Sessions) -> None:
    """Have a correction reach one of those who asked about the crocodile, and not two others."""
    with sessions.begin() as session:
        note_corrected(session, [3], NotificationKind.CORRECTED)
        told, blocked, gone = session.scalars(select(Notification.id).order_by(Notification.id))
        pending_notifications.mark_sent(session, told)
        pending_notifications.mark_unreachable(
            session, blocked, "Forbidden: bot was blocked by the user"
        )
        pending_notifications.mark_unreachable(session, gone, "Chat not found")
