"""Submit moderators' acts; if two people are required, one proposes and another approves.

Every channel passes its moderators' acts to ``submit``. If two people are required, the act is
first done in a savepoint; if it changed what people are told, it is rolled back and stored as a
proposal, and what was served before stays served.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from knowledge.accounts import roles
from knowledge.approvals.acts import (
    Act,
    Answer,
    Attach,
    Detach,
    Explain,
    Publish,
    SplitCluster,
    Subject,
    dump,
    load,
    role_needed,
    subjects,
)
from knowledge.approvals.execution import (
    Effects,
    apply,
    changes_what_is_told,
    collect_effects,
    list_changed_feeds,
)
from knowledge.approvals.preconditions import basis_of, lock, subject_named
from knowledge.claim_queue import demand
from knowledge.claim_queue.cluster_actions import HeldAct
from knowledge.curation.edit_conflicts import (
    make_stale_error,
    require_as_shown,
    require_unchanged,
)
from knowledge.curation.publication import list_reviewers
from knowledge.curation.resolution import HELD, UNDO_FOR
from knowledge.domain import ProposalState, Role, SubjectKind, now
from knowledge.errors import (
    CannotDecide,
    DecisionProblem,
    NotAllowed,
    NotFound,
    TwoPeopleNeeded,
)
from knowledge.models import Proposal
from knowledge.storage import audit_log


@dataclass(frozen=True, slots=True)
class Policy:
    """The installation's rules: whether two people are required, and who is an admin by settings.

    These have no defaults, so that no caller forgets them. ``undo_for`` is how long an answer can
    be undone before people are told.
    """

    two_people: bool
    first_admins: frozenset[str] = field(repr=False)
    undo_for: timedelta = UNDO_FOR


@dataclass(frozen=True, slots=True)
class Applied:
    """An act was done.

    ``count`` is how many it changed or will tell, or the number of what it created.
    ``statement_ids`` need vectors now; ``held`` is set for an answer.
    """

    count: int
    statement_ids: tuple[int, ...]
    held: HeldAct | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An act waits for a second person: nothing was changed."""

    proposal_id: int


def submit(
    session: Session,
    act: Act,
    actor: str,
    reason: str | None,
    policy: Policy,
    *,
    seen: int | None = None,
    shown: Mapping[int, int] | None = None,
) -> Applied | Waiting:
    """Do an act, or store it as a proposal if it needs a second person.

    ``seen`` is what ``last_seen`` returned for its cluster when that was shown, and ``shown`` what
    ``last_shown`` returned for statements. Raises Stale if something changed since, NotAllowed, and
    as the act itself.
    """
    roles.require(session, actor, role_needed(act), policy.first_admins)
    # The queue's lock before any row, as everywhere; and SQLite begins its transaction here.
    demand.lock_queue(session)
    if seen is not None and isinstance(act, Answer | Attach | Detach | Explain | SplitCluster):
        require_unchanged(session, SubjectKind.CLUSTER, act.cluster_id, seen)
    if shown:
        require_as_shown(session, shown)
    if policy.two_people:
        _require_reviewers(session, act, policy)
    if not policy.two_people or isinstance(act, Publish):
        return _apply(session, act, actor, reason, policy.two_people, policy.undo_for)
    with session.begin_nested() as savepoint:
        with collect_effects(session) as effects:
            count = apply(session, act, actor, reason, two_people=True)
        if not changes_what_is_told(session, effects):
            return _applied(act, count, effects)
        rests_on = subjects(session, act)
        rests_on += [
            (SubjectKind.SOURCE, f.source_id) for f in list_changed_feeds(session, effects)
        ]
        savepoint.rollback()
    return Waiting(_propose(session, act, rests_on, actor, reason))


def approve(session: Session, proposal_id: int, actor: str, policy: Policy) -> Applied:
    """Do what another person proposed, exactly as they submitted it; the audit names both.

    Raises CannotDecide for one's own proposal, a decided one, and if the proposer lost the role;
    NotAllowed; Stale if what it depends on changed since; NotFound; and as the act itself.
    """
    row = _take(session, proposal_id)
    act = load(row.act)
    if row.proposed_by == actor:
        raise CannotDecide(
            DecisionProblem.OWN, "you cannot approve your own proposal; ask a colleague"
        )
    roles.require(session, actor, role_needed(act), policy.first_admins)
    _require_proposer(session, row.proposed_by, role_needed(act), policy)
    rests_on = [subject_named(name) for name in row.basis]
    lock(session, rests_on)
    _require_reviewers(session, act, policy)
    if (changed := _changed(session, row)) is not None:
        raise make_stale_error(session, *subject_named(changed))
    with audit_log.name_approver(session, actor):
        applied = _apply(session, act, row.proposed_by, row.reason, True, policy.undo_for)
    _decide(session, row, ProposalState.APPROVED, actor, None)
    return applied


def decline(
    session: Session, proposal_id: int, actor: str, reason: str | None, policy: Policy
) -> None:
    """Decline a proposal, changing nothing else. Raises CannotDecide, NotAllowed, NotFound."""
    row = _take(session, proposal_id)
    if row.proposed_by == actor:
        raise CannotDecide(DecisionProblem.OWN, "this is your own proposal; withdraw it instead")
    roles.require(session, actor, Role.MODERATOR, policy.first_admins)
    _decide(session, row, ProposalState.DECLINED, actor, reason)


def withdraw(session: Session, proposal_id: int, actor: str) -> None:
    """Withdraw one's own proposal. Raises CannotDecide, NotFound."""
    row = _take(session, proposal_id)
    if row.proposed_by != actor:
        raise CannotDecide(
            DecisionProblem.NOT_OWN,
            "only the person who proposed it can withdraw it; decline it instead",
        )
    _decide(session, row, ProposalState.WITHDRAWN, actor, None)


def overtake(session: Session) -> int:
    """Close the proposals whose preconditions changed; returns how many."""
    closed = 0
    waiting = select(Proposal).where(Proposal.state == ProposalState.PENDING)
    for row in session.scalars(waiting.order_by(Proposal.id)).all():
        if _changed(session, row) is None:
            continue
        closed += (
            session.execute(
                update(Proposal)
                .where(Proposal.id == row.id, Proposal.state == ProposalState.PENDING)
                .values(state=ProposalState.OVERTAKEN, decided_at=now())
                .returning(Proposal.id)
            ).one_or_none()
            is not None
        )
    return closed


def count(session: Session) -> int:
    """Return how many proposals wait."""
    waiting = select(func.count()).where(Proposal.state == ProposalState.PENDING)
    return session.scalar(waiting) or 0


def _apply(
    session: Session, act: Act, actor: str, reason: str | None, two_people: bool, held: timedelta
) -> Applied:
    with collect_effects(session) as effects:
        done = apply(session, act, actor, reason, two_people, held)
    return _applied(act, done, effects)


def _applied(act: Act, count: int, effects: Effects) -> Applied:
    held = None
    if isinstance(act, Answer):
        answered = next(each for each in effects.entries if each.action in HELD)
        held = HeldAct(int(answered.subject_id), answered.id)
    return Applied(count, effects.statement_ids, held)


def _propose(
    session: Session, act: Act, about: Sequence[Subject], actor: str, reason: str | None
) -> int:
    """Store an act as a proposal; an equal one that waits already is returned instead."""
    reason = audit_log.reason_on_one_line(reason)
    stored, rests_on = dump(act), basis_of(session, about)
    waiting = select(Proposal).where(Proposal.state == ProposalState.PENDING)
    for known in session.scalars(waiting.order_by(Proposal.id)):
        if known.act == stored and known.basis == rests_on:
            return known.id
    row = Proposal(
        act=stored,
        basis=rests_on,
        reason=reason,
        proposed_by=actor,
        state=ProposalState.PENDING,
    )
    session.add(row)
    session.flush()
    after = {"state": ProposalState.PENDING.value, "act": act.kind, "about": list(rests_on)}
    audit_log.record(
        session, actor, "proposed", SubjectKind.PROPOSAL, row.id, after=after, reason=reason
    )
    session.flush()
    return row.id


def _take(session: Session, proposal_id: int) -> Proposal:
    """Return a waiting proposal, locked until the transaction ends."""
    demand.lock_queue(session)
    row = session.scalars(
        update(Proposal)
        .where(Proposal.id == proposal_id)
        .values(state=Proposal.state)
        .returning(Proposal),
        execution_options={"populate_existing": True, "synchronize_session": False},
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no proposal number {proposal_id}; reload the list of proposals")
    if row.state is not ProposalState.PENDING:
        raise CannotDecide(
            DecisionProblem.DECIDED,
            f"proposal {proposal_id} is {row.state.value} already; reload the list of proposals",
        )
    return row


def _require_proposer(session: Session, key: str, role: Role, policy: Policy) -> None:
    try:
        roles.require(session, key, role, policy.first_admins)
    except NotAllowed as error:
        raise CannotDecide(
            DecisionProblem.PROPOSER_LEFT,
            "the person who proposed this no longer holds the role; decline it, and propose it"
            " again",
        ) from error


def _require_reviewers(session: Session, act: Act, policy: Policy) -> None:
    """Raise TwoPeopleNeeded if the reviewer of what an act publishes holds no role any more."""
    match act:
        case Publish(statement_ids=ids):
            published = ids
        case Answer(statement_id=number):
            published = (number,)
        case _:
            return
    for reviewer, ref in list_reviewers(session, published).items():
        # The command line reviews without a role, as it does everything.
        if reviewer == audit_log.COMMAND_LINE:
            continue
        if roles.role_of(session, reviewer, policy.first_admins) is None:
            raise TwoPeopleNeeded(
                f"the person who reviewed {ref} no longer holds a role; undo the review, and ask a"
                " colleague to review it",
                reviewer_left=True,
            )


def _changed(session: Session, row: Proposal) -> str | None:
    """Return the name of a subject that changed since the proposal was made."""
    current = basis_of(session, [subject_named(name) for name in row.basis])
    return next((name for name, was in row.basis.items() if current.get(name) != was), None)


def _decide(
    session: Session, row: Proposal, state: ProposalState, actor: str, reason: str | None
) -> None:
    row.state, row.decided_by, row.decided_at = state, actor, now()
    row.decision_reason = audit_log.reason_on_one_line(reason)
    audit_log.record(
        session,
        actor,
        state.value,
        SubjectKind.PROPOSAL,
        row.id,
        before={"state": ProposalState.PENDING.value, "proposed_by": row.proposed_by},
        after={"state": state.value, "proposed_by": row.proposed_by},
        reason=reason,
    )
    session.flush()
