"""Find due notifications about statements, and record what became of each.

They are written in the transaction that causes them: ``notifications.corrections`` for corrections,
``curation.resolution`` for answers, ``notifications.withdrawals`` for withdrawn answers and
``notifications.rejections`` for rejections.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from knowledge.claim_queue import demand, verdicts
from knowledge.claim_queue.cluster_listing import resolve_merged_cluster
from knowledge.claim_queue.explanations import NO_NOTE, Note
from knowledge.corpus.reports import SourcedStatement, load_by_ids
from knowledge.curation.resolution import answer_cluster, undo_held
from knowledge.domain import (
    NotificationKind,
    NotificationStatus,
    Relation,
    StatementStatus,
    VersionKind,
    now,
)
from knowledge.models import (
    Claim,
    Cluster,
    Inquiry,
    Notification,
    Person,
    ShownStatement,
    Statement,
    Verdict,
    Version,
)
from knowledge.notifications import rejections
from knowledge.notifications.corrections import note_corrected
from knowledge.notifications.due_notification import Notice, Readers, load_readers
from knowledge.notifications.withdrawals import note_sent_after_all
from knowledge.storage.pagination import bound_limit

__all__ = [
    "Audience",
    "DueNotification",
    "answer_cluster",
    "count_waiting",
    "foresee",
    "list_due",
    "mark_sent",
    "mark_unreachable",
    "note_corrected",
    "postpone",
    "undo_held",
]

_WAITING: Final = NotificationStatus.WAITING
#: Kinds sent only while a verdict holds.
_OF_VERDICTS: Final = (NotificationKind.ANSWERED, NotificationKind.EXPLAINED)
_SETTLING: Final = (Relation.SUPPORTS, Relation.REFUTES)
#: Characters of an error that are stored.
_LONGEST_ERROR: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class DueNotification(Notice):
    """A due notification about a statement.

    For an answer, ``relation`` is that of ``statement`` to ``claim``; ``text_before`` is what the
    person saw, if the text has changed since; ``again`` is whether they were told another answer
    before. ``open`` is whether they wait for an answer again; ``note`` is the moderators' note on
    it.
    """

    kind: NotificationKind
    relation: Relation | None
    statement: SourcedStatement
    text_before: str | None
    again: bool = False
    open: bool = False
    note: Note = NO_NOTE


@dataclass(frozen=True, slots=True)
class Audience:
    """How many people an answer would reach, and which, by language."""

    people: int
    readers: tuple[Readers[DueNotification], ...] = ()


def foresee(
    session: Session,
    cluster_id: int,
    statement_id: int,
    relation: Relation,
    actor: str,
    two_people: bool = False,
    note: Note | None = None,
) -> Audience:
    """Return whom an answer would reach: it is given, read, and rolled back.

    Raises as ``answer_cluster``.
    """
    demand.lock_queue(session)
    with session.begin_nested() as savepoint:
        count = answer_cluster(
            session, cluster_id, statement_id, relation, actor, two_people=two_people, note=note
        )
        readers = _by_language(
            session, resolve_merged_cluster(session, cluster_id).id, statement_id
        )
        savepoint.rollback()
    return Audience(count, readers)


def list_due(session: Session, by: datetime, limit: int = 50) -> list[DueNotification]:
    """Return the notifications about statements due ``by`` a moment, longest due first.

    Left out are answers whose statement is withdrawn, answers without a verdict any more, and those
    that a later change replaced.
    """
    limit = bound_limit(limit)
    query = (
        select(Notification, Inquiry, Person, Statement.id)
        .join(Inquiry, Inquiry.id == Notification.inquiry_id)
        .join(Statement, Statement.id == Notification.statement_id)
        .outerjoin(Person, Person.key == Notification.person_key)
        .where(*_is_due(by))
        .order_by(Notification.due_at, Notification.id)
        .limit(limit)
    )
    place = tuple_(Notification.due_at, Notification.id)
    found: list[DueNotification] = []
    rows = session.execute(query).all()
    while rows:
        statements = {
            each.id: each for each in load_by_ids(session, sorted({number for *_, number in rows}))
        }
        for note, inquiry, person, number in rows:
            told = _load_due(session, note, inquiry, person, statements[number])
            # The answer may be a duplicate, which another statement stands for.
            if told.kind not in _OF_VERDICTS or told.relation in _SETTLING:
                found.append(told)
        if len(found) >= limit or len(rows) < limit:
            break
        # Those that stay blocked must not hold up the ones behind them.
        last = rows[-1][0]
        rows = session.execute(query.where(place > (last.due_at, last.id))).all()
    return found[:limit]


def count_waiting(session: Session, by: datetime) -> tuple[int, datetime | None]:
    """Return how many notifications are due ``by`` a moment, and when the first was written."""
    counted = session.execute(
        select(func.count(), func.min(Notification.created_at))
        .join(Inquiry, Inquiry.id == Notification.inquiry_id)
        .outerjoin(Statement, Statement.id == Notification.statement_id)
        .where(*_is_due(by))
    ).one()
    return counted[0], counted[1]


def mark_sent(session: Session, notification_id: int, relation: Relation | None = None) -> bool:
    """Record that a person was told; False if that was recorded before.

    From then on they count as shown the statement: they hear of its corrections, and at once if it
    was withdrawn or changed while they were being told. ``relation`` is what an answer said: if
    another one was given while it was sent, they are told that one as well.

    Everything that changes what people are told takes its locks in one order, so that no two
    transactions deadlock: ``demand.lock_queue``, then the statement, then its notifications and
    inquiries.
    """
    demand.lock_queue(session)
    statement = _locked_statement(session, notification_id)
    note = _settle(session, notification_id, NotificationStatus.SENT, now(), None)
    if note is None:
        # Whatever happened meanwhile, the person saw it.
        taken_back = note_sent_after_all(session, notification_id)
        if taken_back is not None:
            _show(session, taken_back)
        return taken_back is not None
    if note.kind is NotificationKind.ANSWERED:
        _show(session, note)
        if relation in (None, note.relation):
            _no_longer_waiting(session, note)
        else:
            note.status, note.holder = _WAITING, None
        if statement is not None:
            _catch_up(session, note, statement)
    return True


def postpone(session: Session, notification_id: int, until: datetime, error: str) -> None:
    """Schedule another try; ``error`` is what went wrong this time."""
    session.execute(
        update(Notification)
        .where(Notification.id == notification_id, Notification.status == _WAITING)
        .values(
            due_at=until,
            holder=None,
            tries=Notification.tries + 1,
            error=error[:_LONGEST_ERROR],
        )
    )


def mark_unreachable(session: Session, notification_id: int, error: str) -> None:
    """Give up telling a person: they blocked the bot, or no address is known."""
    demand.lock_queue(session)
    note = _settle(session, notification_id, NotificationStatus.UNREACHABLE, None, error)
    waited_for = (NotificationKind.ANSWERED, NotificationKind.TAKEN_BACK)
    if note is not None and note.kind in waited_for:
        _no_longer_waiting(session, note)


def _is_due(by: datetime) -> tuple[ColumnElement[bool], ...]:
    published = Statement.status == StatementStatus.PUBLISHED
    latest = Notification.version == Statement.version
    # Answered by the statement itself or by a duplicate that it stands for;
    # ``verdicts.load_verdicts`` tells which.
    judged = aliased(Statement)
    ruled = (
        select(Verdict.claim_id)
        .join(judged, judged.id == Verdict.statement_id)
        .where(
            Verdict.claim_id == Inquiry.claim_id,
            Verdict.relation.in_(_SETTLING),
            or_(judged.id == Notification.statement_id, judged.merged_into.is_not(None)),
        )
        .exists()
    )
    # Rejected after it was answered, while the answer was held.
    rejected = rejections.rejected_where(Cluster.reject_reason.is_not(None))
    kind = Notification.kind
    return (
        Notification.status == _WAITING,
        Notification.due_at <= by,
        or_(
            kind.in_(_OF_VERDICTS) & published & ruled & ~rejected,
            (kind == NotificationKind.CORRECTED) & published & latest,
            (kind == NotificationKind.RETRACTED) & ~published,
            kind == NotificationKind.TAKEN_BACK,
            rejections.still_holds(),
        ),
    )


def _by_language(
    session: Session, cluster_id: int, statement_id: int
) -> tuple[Readers[DueNotification], ...]:
    """Return the people who would be told an answer to a cluster, by language, most first."""
    rows = load_readers(
        session,
        Claim.cluster_id == cluster_id,
        Notification.statement_id == statement_id,
        Notification.kind == NotificationKind.ANSWERED,
        Notification.status == _WAITING,
    )
    (statement,) = load_by_ids(session, [statement_id])
    return tuple(
        Readers(_load_due(session, note, inquiry, who, statement), people)
        for note, inquiry, who, people in rows
    )


def _load_due(
    session: Session,
    note: Notification,
    inquiry: Inquiry,
    person: Person | None,
    statement: SourcedStatement,
) -> DueNotification:
    said = verdicts.load_said(session, inquiry.claim).get(statement.id)
    return DueNotification.read(
        note,
        inquiry,
        person,
        kind=note.kind,
        relation=said.relation if said else None,
        statement=statement,
        text_before=_load_text_seen(session, note, inquiry, statement),
        again=note.sent_at is not None or _was_told(session, note, inquiry),
        open=note.kind is NotificationKind.TAKEN_BACK
        and inquiry.waiting
        and rejections.load_reason(session, inquiry.id) is None,
        note=said.note if said else NO_NOTE,
    )


def _was_told(session: Session, note: Notification, inquiry: Inquiry) -> bool:
    """Return whether a person was told another answer to the cluster of an inquiry."""
    cluster_id = select(Claim.cluster_id).where(Claim.id == inquiry.claim_id).scalar_subquery()
    earlier = (
        select(Notification.id)
        .join(Inquiry, Inquiry.id == Notification.inquiry_id)
        .join(Claim, Claim.id == Inquiry.claim_id)
        .where(
            Notification.person_key == note.person_key,
            Notification.kind == NotificationKind.ANSWERED,
            Notification.status == NotificationStatus.SENT,
            Claim.cluster_id == cluster_id,
        )
    )
    return session.scalar(earlier.limit(1)) is not None


def _load_text_seen(
    session: Session, note: Notification, inquiry: Inquiry, statement: SourcedStatement
) -> str | None:
    """Return the text that the person saw of a statement, None if it is the current one."""
    if note.kind in (*_OF_VERDICTS, NotificationKind.TAKEN_BACK):
        return None
    told = session.scalar(
        select(func.max(Notification.sent_at)).where(
            Notification.person_key == note.person_key,
            Notification.statement_id == note.statement_id,
            Notification.kind != NotificationKind.TAKEN_BACK,
            Notification.sent_at.is_not(None),
        )
    )
    since = max(inquiry.asked_at, told) if told is not None else inquiry.asked_at
    seen = session.scalar(
        select(Version.content)
        .where(
            Version.kind == VersionKind.STATEMENT,
            Version.subject_id == note.statement_id,
            Version.replaced_at > since,
        )
        .order_by(Version.version)
        .limit(1)
    )
    text: str | None = seen.get("text") if seen else None
    return text if text != statement.text else None


def _settle(
    session: Session,
    notification_id: int,
    status: NotificationStatus,
    at: datetime | None,
    error: str | None,
) -> Notification | None:
    return session.scalars(
        update(Notification)
        .where(Notification.id == notification_id, Notification.status == _WAITING)
        .values(
            status=status,
            sent_at=at,
            tries=Notification.tries + 1,
            error=error[:_LONGEST_ERROR] if error else None,
            # For what is given up, the time of that: it is no longer due.
            **({} if at else {"due_at": now()}),
        )
        .returning(Notification),
        execution_options={"populate_existing": True, "synchronize_session": False},
    ).one_or_none()


def _show(session: Session, note: Notification) -> None:
    mine = ShownStatement.inquiry_id == note.inquiry_id
    seen = select(ShownStatement.position).where(
        mine, ShownStatement.statement_id == note.statement_id
    )
    if session.scalar(seen.limit(1)) is not None:
        return
    places = select(func.max(ShownStatement.position)).where(mine)
    last = session.scalar(places)
    session.add(
        ShownStatement(
            inquiry_id=note.inquiry_id,
            position=0 if last is None else last + 1,
            statement_id=note.statement_id,
        )
    )
    session.flush()


def _no_longer_waiting(session: Session, note: Notification) -> None:
    """Record that the person waits for nothing more about the claim's cluster."""
    claim_id = select(Inquiry.claim_id).where(Inquiry.id == note.inquiry_id).scalar_subquery()
    cluster_id = select(Claim.cluster_id).where(Claim.id == claim_id).scalar_subquery()
    together = select(Claim.id).where(Claim.cluster_id == cluster_id)
    session.execute(
        update(Inquiry)
        .where(
            Inquiry.person_key == note.person_key,
            or_(
                Inquiry.id == note.inquiry_id,
                Inquiry.claim_id == claim_id,
                Inquiry.claim_id.in_(together),
            ),
        )
        .values(waiting=False),
        execution_options={"synchronize_session": False},
    )


def _locked_statement(session: Session, notification_id: int) -> Statement | None:
    """Return a notification's statement, locked until the transaction ends."""
    of_note = select(Notification.statement_id).where(Notification.id == notification_id)
    return session.scalars(
        select(Statement)
        .where(Statement.id == of_note.scalar_subquery())
        .with_for_update(key_share=True),
        execution_options={"populate_existing": True},
    ).one_or_none()


def _catch_up(session: Session, note: Notification, statement: Statement) -> None:
    # Everybody else was notified with the change.
    ids, them = [statement.id], Inquiry.person_key == note.person_key
    if statement.status is not StatementStatus.PUBLISHED:
        note_corrected(session, ids, NotificationKind.RETRACTED, them)
    elif statement.version != note.version:
        note_corrected(session, ids, NotificationKind.CORRECTED, them)
