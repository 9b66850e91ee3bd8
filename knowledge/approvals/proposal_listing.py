"""List proposals, with what each would change."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge.accounts import roles
from knowledge.approvals.acts import Act, Subject, load, role_needed, subjects
from knowledge.approvals.decisions import overtake
from knowledge.approvals.execution import apply, collect_effects
from knowledge.approvals.preconditions import name_of, subject_named
from knowledge.claim_queue import demand
from knowledge.corpus import reports
from knowledge.corpus.reports import SourcedStatement
from knowledge.domain import ProposalState, Role, SubjectKind
from knowledge.errors import KnowledgeError, NotFound
from knowledge.models import Claim, Cluster, Feed, Proposal, Report, Source, Statement
from knowledge.storage.audit_log import Entry

#: Decided proposals listed.
_DECIDED: Final = 20


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal in any state.

    ``subjects`` are what it depends on; ``title`` is that of the first: a statement's text, a
    report's or cluster's title, a publisher's name.
    """

    id: int
    act: Act
    subjects: tuple[Subject, ...]
    title: str
    reason: str | None
    by: str
    at: datetime
    state: ProposalState
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str | None


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a statement says now, None if it does not exist yet, and what it would say."""

    before: SourcedStatement | None
    after: SourcedStatement


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The effects of an act: audit entries, and the statements that people see.

    ``problem`` is why it would have none.
    """

    entries: tuple[Entry, ...] = ()
    statements: tuple[Prospect, ...] = ()
    problem: KnowledgeError | None = None

    @property
    def takes_back(self) -> bool:
        """Whether a verdict on a statement would be withdrawn.

        If the statement itself changes, verdicts on its words go with it: nobody is told those.
        """
        if any(each.subject is SubjectKind.STATEMENT for each in self.entries):
            return False
        return any(
            each.subject is SubjectKind.CLAIM and (each.after or {}).get("relation") is None
            for each in self.entries
        )


@dataclass(frozen=True, slots=True)
class NextProposal:
    """A proposal to decide: who proposed it, by name, and its effects.

    ``own`` is whether the reader proposed it, ``may`` whether their role suffices to approve it,
    ``more`` whether others wait.
    """

    proposed: Proposed
    by: str
    foreseen: Foreseen
    own: bool
    may: bool
    more: bool


def load_proposal(session: Session, proposal_id: int) -> Proposed:
    """Return a proposal. Raises NotFound."""
    row = session.get(Proposal, proposal_id, populate_existing=True)
    if row is None:
        raise NotFound(f"there is no proposal number {proposal_id}; reload the list of proposals")
    return _proposed(session, row)


def list_waiting(session: Session) -> tuple[Proposed, ...]:
    """Return waiting proposals, oldest first, after closing outdated ones."""
    overtake(session)
    pending = select(Proposal).where(Proposal.state == ProposalState.PENDING)
    return tuple(_proposed(session, row) for row in session.scalars(pending.order_by(Proposal.id)))


def list_proposals(session: Session) -> tuple[tuple[Proposed, ...], tuple[Proposed, ...]]:
    """Return waiting proposals, oldest first, and recently decided ones, latest first."""
    decided = (
        select(Proposal)
        .where(Proposal.state != ProposalState.PENDING)
        .order_by(Proposal.decided_at.desc(), Proposal.id.desc())
        .limit(_DECIDED)
    )
    return list_waiting(session), tuple(_proposed(session, row) for row in session.scalars(decided))


def list_about(session: Session, subjects: Iterable[Subject]) -> tuple[Proposed, ...]:
    """Return waiting proposals that would change one of the subjects."""
    names = {name_of(each) for each in subjects}
    pending = select(Proposal).where(Proposal.state == ProposalState.PENDING)
    rows = session.scalars(pending.order_by(Proposal.id))
    return tuple(_proposed(session, row) for row in rows if names & row.basis.keys())


def list_about_statement(
    session: Session, statement_id: int, report_id: int
) -> tuple[Proposed, ...]:
    """Return waiting proposals that would change a statement or its report."""
    return list_about(
        session, [(SubjectKind.STATEMENT, statement_id), (SubjectKind.REPORT, report_id)]
    )


def list_about_report(session: Session, report_id: int) -> tuple[Proposed, ...]:
    """Return waiting proposals that would change a report or one of its statements."""
    ids = session.scalars(select(Statement.id).where(Statement.report_id == report_id))
    statements = [(SubjectKind.STATEMENT, number) for number in ids]
    return list_about(session, [(SubjectKind.REPORT, report_id), *statements])


def load_next_waiting(
    session: Session, after: int, viewer: str, first_admins: frozenset[str]
) -> NextProposal | None:
    """Return the oldest waiting proposal numbered above ``after``, otherwise of all.

    Outdated proposals are closed first. None if nothing waits.
    """
    waiting = list_waiting(session)
    if not waiting:
        return None
    first = next((each for each in waiting if each.id > after), waiting[0])
    return NextProposal(
        first,
        by=roles.name_of(session, first.by),
        foreseen=foresee(session, first.id),
        own=first.by == viewer,
        may=roles.role_of(session, viewer, first_admins) in (Role.ADMIN, role_needed(first.act)),
        more=len(waiting) > 1,
    )


def open_proposal(session: Session, proposal_id: int) -> tuple[Proposed, Foreseen]:
    """Return a proposal, and its effects while it waits. Raises NotFound.

    Outdated proposals are closed first.
    """
    overtake(session)
    found = load_proposal(session, proposal_id)
    waits = found.state is ProposalState.PENDING
    return found, foresee(session, proposal_id) if waits else Foreseen()


def foresee(session: Session, proposal_id: int) -> Foreseen:
    """Return a proposal's effects, or why it would have none. Raises NotFound."""
    found = load_proposal(session, proposal_id)
    try:
        return rehearse(session, found.act, found.by, found.reason)
    except KnowledgeError as error:
        return Foreseen(problem=error)


def rehearse(session: Session, act: Act, actor: str, reason: str | None = None) -> Foreseen:
    """Return the effects of an act: it is done, read, and rolled back. Raises as the act."""
    demand.lock_queue(session)
    about = subjects(session, act)
    with session.begin_nested() as savepoint:
        with collect_effects(session) as effects:
            apply(session, act, actor, reason, two_people=True)
        named = [n for kind, n in about if kind is SubjectKind.STATEMENT]
        ids = list(dict.fromkeys((*effects.statement_ids, *named)))
        after = reports.load_by_ids(session, ids)
        savepoint.rollback()
    # Otherwise rows changed by plain SQL would be read as the act left them.
    session.expire_all()
    before = {each.id: each for each in reports.load_by_ids(session, ids)}
    statements = tuple(Prospect(before.get(each.id), each) for each in after)
    return Foreseen(tuple(effects.entries), statements)


def _proposed(session: Session, row: Proposal) -> Proposed:
    subjects = tuple(subject_named(name) for name in row.basis)
    return Proposed(
        id=row.id,
        act=load(row.act),
        subjects=subjects,
        title=_title(session, *subjects[0]) if subjects else "",
        reason=row.reason,
        by=row.proposed_by,
        at=row.proposed_at,
        state=row.state,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        decision_reason=row.decision_reason,
    )


def _title(session: Session, kind: SubjectKind, number: int) -> str:
    match kind:
        case SubjectKind.STATEMENT:
            query = select(Statement.text).where(Statement.id == number)
        case SubjectKind.REPORT:
            query = select(Report.title).where(Report.id == number)
        case SubjectKind.CLUSTER:
            query = select(Cluster.title).where(Cluster.id == number)
        case SubjectKind.CLAIM:
            query = select(Claim.text).where(Claim.id == number)
        case SubjectKind.SOURCE:
            query = select(Source.name).where(Source.id == number)
        case SubjectKind.FEED:
            query = select(Feed.url).where(Feed.id == number)
        case _:
            return ""
    return session.scalar(query) or ""
