"""Store moderators' verdicts on a claim and a statement; they override the judge's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, String, cast, delete, select, update
from sqlalchemy.orm import Session

from knowledge.claim_queue import demand
from knowledge.claim_queue.explanations import NO_NOTE, Note, note_from
from knowledge.claim_queue.reopening import reopen_unanswered
from knowledge.claims import ClaimText
from knowledge.corpus.ratings import follow_rating
from knowledge.domain import ChangeKind, Relation, StatementStatus, SubjectKind, now
from knowledge.errors import BadEdit, EditProblem, NotFound
from knowledge.models import AuditEntry, Claim, Statement, Verdict
from knowledge.notifications.withdrawals import cancel_withdrawal, note_withdrawn
from knowledge.storage import audit_log
from knowledge.storage.bulk_insert import insert_new
from knowledge.storage.change_log import append
from knowledge.storage.merges import resolve_merged
from knowledge.storage.row_locks import lock_statements

_KEPT: Final = select(Verdict.relation, Verdict.explanation)


@dataclass(frozen=True, slots=True)
class Ruling:
    """A verdict on one claim and one statement; without a relation it is left to the judge.

    Without a ``note`` the stored one stays, unless the relation changes: it explained the old one.
    """

    claim_id: int
    statement_id: int
    relation: Relation | None
    note: Note | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """The verdict on a claim and a statement, with the moderators' note."""

    relation: Relation
    note: Note = NO_NOTE


def attach(
    session: Session,
    claim_ids: Sequence[int],
    statement_id: int,
    relation: Relation,
    actor: str,
    reason: str | None = None,
    note: Note | None = None,
) -> int:
    """Set the relation of a statement to claims, as their answer; returns how many changed.

    It is served once it is published. People who were told that it answers claims which it no
    longer answers are notified.

    Raises NotFound for what does not exist, BadEdit for a retracted statement and for one said to
    support what its rating does not confirm.
    """
    demand.lock_queue(session)
    # Locked: a withdrawal meanwhile sees what the statement answers, and reopens it.
    row = lock_statements(session, [statement_id])[statement_id]
    if row.status is StatementStatus.RETRACTED:
        raise BadEdit(
            EditProblem.RETRACTED_ANSWER,
            "a retracted statement answers nothing; choose another one",
        )
    if follow_rating(relation, row.rating) is not relation:
        raise BadEdit(
            EditProblem.AGAINST_RATING,
            f"a statement rated {row.rating} confirms no claim; if fact-checkers reviewed this"
            " very claim, choose that it is refuted",
        )
    if relation is Relation.NOT_ENOUGH_INFO:
        note_withdrawn(session, claim_ids, statement_id)
    else:
        cancel_withdrawal(session, claim_ids, statement_id, relation)
    rulings = [Ruling(number, statement_id, relation, note) for number in dict.fromkeys(claim_ids)]
    return rule(session, rulings, actor, "attached", reason)


def detach(
    session: Session,
    claim_ids: Sequence[int],
    statement_id: int,
    actor: str,
    reason: str | None = None,
) -> int:
    """Leave the relation of a statement to claims to the judge again; returns how many changed.

    People who were told that it answers them will be told that this is withdrawn.
    """
    demand.lock_queue(session)
    note_withdrawn(session, claim_ids, statement_id)
    rulings = [Ruling(number, statement_id, None) for number in dict.fromkeys(claim_ids)]
    return rule(session, rulings, actor, "detached", reason)


def rule(
    session: Session,
    rulings: Sequence[Ruling],
    actor: str,
    action: str,
    reason: str | None,
    undoes: int | None = None,
) -> int:
    """Store each ruling, with its audit entry; returns how many changed.

    Clusters that nothing answers any more are reopened, and nobody else is told that they were
    answered.

    Raises NotFound if there is no such claim.
    """
    known = _known(session, {ruling.claim_id for ruling in rulings})
    changed = []
    for ruling in rulings:
        if ruling.claim_id not in known:
            raise NotFound(f"there is no claim number {ruling.claim_id}; look at the inbox again")
        before, after = _keep(session, ruling, actor)
        if before == after:
            continue
        changed.append(ruling)
        audit_log.record(
            session,
            actor,
            action,
            SubjectKind.CLAIM,
            ruling.claim_id,
            before=to_json(ruling.statement_id, before),
            after=to_json(ruling.statement_id, after),
            reason=reason,
            undoes=undoes,
        )
    # Indexes reload the statement, which also empties the cache of answers.
    append(session, sorted({each.statement_id for each in changed}), ChangeKind.ADDED)
    gone = [each for each in changed if each.relation in (None, Relation.NOT_ENOUGH_INFO)]
    reopen_unanswered(session, sorted({each.claim_id for each in gone}), actor, reason)
    return len(changed)


def load_verdicts(session: Session, *claims: str) -> dict[int, Relation]:
    """Return moderators' relations on exactly these claims, by statement; see ``load_said``."""
    return {number: each.relation for number, each in load_said(session, *claims).items()}


def load_said(session: Session, *claims: str) -> dict[int, Said]:
    """Return moderators' verdicts on exactly these claims, by statement.

    A verdict on a duplicate applies to the statement that stands for it, as its rating allows.
    """
    rows = session.execute(
        select(Verdict.statement_id, Verdict.relation, Verdict.explanation)
        .join(Claim, Claim.id == Verdict.claim_id)
        .where(Claim.key.in_({ClaimText(claim).key for claim in claims}))
        .order_by(Verdict.decided_at)
    ).all()
    if not rows:
        return {}
    return dict(_resolve_duplicates(session, rows))


def load_answer(session: Session, cluster_id: int) -> tuple[int, Said] | None:
    """Return the published statement that answers a cluster's claims, the latest verdict first."""
    return next(iter(load_answers(session, cluster_id).items()), None)


def load_answers(session: Session, cluster_id: int) -> dict[int, Said]:
    """Return the published statements that answer a cluster's claims, the latest verdict first.

    Whoever asks those claims gets them, whatever the status of the cluster.
    """
    rows = session.execute(
        select(Verdict.statement_id, Verdict.relation, Verdict.explanation)
        .join(Claim, Claim.id == Verdict.claim_id)
        .where(Claim.cluster_id == cluster_id, Verdict.relation != Relation.NOT_ENOUGH_INFO)
        .order_by(Verdict.decided_at.desc())
    ).all()
    found: dict[int, Said] = {}
    for number, each in _resolve_duplicates(session, rows):
        if each.relation is not Relation.NOT_ENOUGH_INFO:
            found.setdefault(number, each)
    served = set(
        session.scalars(
            select(Statement.id).where(
                Statement.id.in_(found), Statement.status == StatementStatus.PUBLISHED
            )
        )
    )
    return {number: each for number, each in found.items() if number in served}


def load_verdict(session: Session, claim_id: int, statement_id: int) -> Said | None:
    """Return the verdict on one claim and one statement, None if there is none."""
    row = session.execute(_KEPT.where(*_here(claim_id, statement_id))).one_or_none()
    return Said(row.relation, note_from(row.explanation)) if row is not None else None


def load_last_note(
    session: Session, cluster_id: int, statement_id: int, relation: Relation
) -> Note:
    """Return the note of an answer that was last withdrawn, to reuse when it is given again."""
    claims = select(cast(Claim.id, String)).where(Claim.cluster_id == cluster_id)
    undone = session.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.subject == SubjectKind.CLAIM,
            AuditEntry.subject_id.in_(claims),
            AuditEntry.undoes.is_not(None),
            AuditEntry.before["statement"].as_integer() == statement_id,
            AuditEntry.before["relation"].as_string() == relation.value,
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    ).one_or_none()
    said = from_json(undone.before or {}) if undone is not None else None
    return said.note if said is not None else NO_NOTE


def to_json(statement_id: int, said: Said | None) -> dict[str, Any]:
    """Return a verdict as JSON values for the audit."""
    found: dict[str, Any] = {
        "statement": statement_id,
        "relation": said.relation.value if said else None,
    }
    return found | ({"note": said.note.plain()} if said and said.note else {})


def from_json(values: Mapping[str, Any]) -> Said | None:
    """Return the verdict that ``to_json`` wrote."""
    relation = values.get("relation")
    return Said(Relation(relation), note_from(values.get("note"))) if relation else None


def _resolve_duplicates(
    session: Session, rows: Sequence[Row[int, Relation, Any]]
) -> list[tuple[int, Said]]:
    """Return verdicts, each with the statement that stands for the one it was given on."""
    stands = resolve_merged(session, [row.statement_id for row in rows])
    query = select(Statement.id, Statement.rating).where(Statement.id.in_(set(stands.values())))
    ratings = {row.id: row.rating for row in session.execute(query)}
    return [
        (stood, Said(follow_rating(row.relation, ratings[stood]), note_from(row.explanation)))
        for row, stood in ((row, stands[row.statement_id]) for row in rows)
    ]


def _known(session: Session, ids: set[int]) -> set[int]:
    return set(session.scalars(select(Claim.id).where(Claim.id.in_(ids))))


def _keep(session: Session, ruling: Ruling, actor: str) -> tuple[Said | None, Said | None]:
    """Store a ruling and return the verdict before and after."""
    session.flush()
    here = _here(ruling.claim_id, ruling.statement_id)
    if ruling.relation is None:
        gone = session.execute(
            delete(Verdict).where(*here).returning(Verdict.relation, Verdict.explanation)
        ).one_or_none()
        return Said(gone.relation, note_from(gone.explanation)) if gone else None, None
    after = Said(ruling.relation, ruling.note or Note())
    values = {
        "claim_id": ruling.claim_id,
        "statement_id": ruling.statement_id,
        "relation": ruling.relation,
        "explanation": after.note.plain() or None,
        "actor": actor,
    }
    if insert_new(session, Verdict, values):
        return None, after
    row = session.execute(_KEPT.where(*here).with_for_update()).one()
    before = Said(row.relation, note_from(row.explanation))
    same = before.relation is after.relation
    if same and ruling.note is None:
        after = before
    if before != after:
        changed = {
            "relation": after.relation,
            "explanation": after.note.plain() or None,
            "actor": actor,
        }
        # The time from which it answers the claim: whoever asks from then on sees it.
        since = {} if same else {"decided_at": now()}
        session.execute(update(Verdict).where(*here).values(**changed, **since))
    return before, after


def _here(claim_id: int, statement_id: int) -> tuple[ColumnElement[bool], ...]:
    return Verdict.claim_id == claim_id, Verdict.statement_id == statement_id
