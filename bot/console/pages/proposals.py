"""Pages of proposals that wait for a second person: list, look, approve, decline, withdraw."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from bot.console import previews
from bot.console.names import names
from bot.console.previews import Preview
from bot.console.problems import told
from bot.console.visit import Visit
from knowledge import approvals, curation
from knowledge.approvals import Answer, Attach, Detach, Proposed, Prospect, Undo
from knowledge.models import NotificationKind, ProposalState, StatementStatus, SubjectKind
from knowledge.reports import SourcedStatement

#: Statements whose messages are shown, and entries of what is changed. Who approves looks at all
#: of them here; past these a page would be too long for a browser.
_PREVIEWED: Final = 100
_ENTRIES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Shown:
    """A statement as it is and as it would be, with what people would read; empty for nothing.

    ``letters`` is what those read who are told of it.
    """

    before: SourcedStatement | None
    after: SourcedStatement
    previews: tuple[Preview, ...]
    letters: tuple[Preview, ...] = ()


def show_list(visit: Visit) -> Response:
    """Show what waits, and what was decided lately."""
    with visit.transaction() as session:
        waiting = approvals.waiting(session)
        decided = approvals.decided(session)
        known = names(session, visit)
    return visit.page("proposals.html", waiting=waiting, decided=decided, names=known)


def show(visit: Visit) -> Response:
    """Show a proposal: what it changes, and the very messages that people would read."""
    number = visit.number
    with visit.transaction() as session:
        approvals.overtake(session)
        proposed = approvals.proposal(session, number)
        known = names(session, visit)
    pending = proposed.state is ProposalState.PENDING
    foreseen = approvals.foresee(visit.desk.sessions, number) if pending else approvals.Foreseen()
    told_of = {
        each.subject_id
        for each in foreseen.entries
        if each.subject is SubjectKind.STATEMENT and (each.after or {}).get(curation.TOLD)
    }
    return visit.page(
        "proposal.html",
        proposed=proposed,
        pending=pending,
        own=proposed.by == visit.actor,
        may=visit.visitor.may(approvals.role_needed(proposed.act)),
        unreviewed=_unreviewed(proposed) if pending else None,
        relation=proposed.act.relation if isinstance(proposed.act, Answer | Attach) else None,
        names=known,
        problem=told(foreseen.problem, visit.words.say) if foreseen.problem else None,
        entries=foreseen.entries[:_ENTRIES],
        further=max(0, len(foreseen.entries) - _ENTRIES),
        statements=[
            _shown(visit, proposed, each, str(each.after.id) in told_of, foreseen.takes_back)
            for each in foreseen.statements[:_PREVIEWED]
        ],
        left_out=max(0, len(foreseen.statements) - _PREVIEWED),
    )


def approve(visit: Visit) -> Response:
    """Do what a colleague proposed."""
    number = visit.number
    with visit.transaction() as session:
        done = approvals.approve(session, number, visit.actor, visit.desk.policy)
    visit.embed(done)
    return visit.to(f"/proposals/{number}", "approved")


def decline(visit: Visit) -> Response:
    """Leave everything as it is."""
    number, reason = visit.number, visit.sent.needed("reason")
    with visit.transaction() as session:
        approvals.decline(session, number, visit.actor, reason, visit.desk.policy)
    return visit.to(f"/proposals/{number}", "declined")


def withdraw(visit: Visit) -> Response:
    """Take one's own proposal back."""
    number = visit.number
    with visit.transaction() as session:
        approvals.withdraw(session, number, visit.actor)
    return visit.to(f"/proposals/{number}", "withdrawn")


def _unreviewed(proposed: Proposed) -> int | None:
    """Return the statement that whoever approves an answer reviews by that, if there is one."""
    act = proposed.act
    return act.statement_id if isinstance(act, Answer) and act.unreviewed else None


def _shown(
    visit: Visit, proposed: Proposed, each: Prospect, tells: bool, takes_back: bool
) -> Shown:
    today, statement = visit.now.date(), each.after
    messages: tuple[Preview, ...] = ()
    if statement.status is StatementStatus.PUBLISHED:
        match proposed.act:
            case Answer(relation=relation):
                answered = NotificationKind.ANSWERED
                messages = previews.told(answered, proposed.title, statement, relation, today)
            case Attach(relation=relation):
                messages = previews.ruled(proposed.title, statement, relation, today)
            case Undo() | Detach() if takes_back:
                gone = NotificationKind.TAKEN_BACK
                messages = previews.told(gone, proposed.title, statement, None, today)
            case _:
                messages = previews.asked(statement, today)
    letters = previews.corrected(each, today) if tells else ()
    return Shown(each.before, statement, messages, letters)
