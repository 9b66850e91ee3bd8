"""Handle proposals that need a second person: list, show, approve, decline, withdraw."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from bot.console import previews
from bot.console.error_pages import describe_error
from bot.console.previews import Preview
from bot.console.requests import Visit
from knowledge import approvals, curation
from knowledge.approvals import Answer, Attach, Detach, Explain, Foreseen, Proposed, Prospect, Undo
from knowledge.claim_queue.explanations import NO_NOTE
from knowledge.corpus.reports import SourcedStatement
from knowledge.domain import NotificationKind, ProposalState, Relation, StatementStatus, SubjectKind

#: Maximum statements with their messages, and changes, that are shown. The approver reviews all
#: of them here; with more the page would be too long for a browser.
_PREVIEWED: Final = 100
_ENTRIES: Final = 1_000
_OPEN: Final = Relation.NOT_ENOUGH_INFO


@dataclass(frozen=True, slots=True)
class StatementChange:
    """A statement before and after, with the messages people would read; empty if none.

    ``notifications`` are the messages to people who are notified.
    """

    before: SourcedStatement | None
    after: SourcedStatement
    previews: tuple[Preview, ...]
    notifications: tuple[Preview, ...] = ()


def show_list(visit: Visit) -> Response:
    """Show open proposals, and those decided recently."""
    waiting, decided = visit.do(approvals.list_proposals)
    return visit.page("proposals.html", waiting=waiting, decided=decided, names=visit.names)


def show(visit: Visit) -> Response:
    """Show a proposal: its changes, and the exact messages that people would read."""
    proposed, foreseen = visit.do(approvals.open_proposal, visit.number)
    pending = proposed.state is ProposalState.PENDING
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
        unreviewed=_find_unreviewed(proposed) if pending else None,
        relation=proposed.act.relation if isinstance(proposed.act, Answer | Attach) else None,
        names=visit.names,
        problem=describe_error(foreseen.problem, visit.words.say) if foreseen.problem else None,
        entries=foreseen.entries[:_ENTRIES],
        further=max(0, len(foreseen.entries) - _ENTRIES),
        statements=[
            _preview_change(visit, proposed, each, str(each.after.id) in told_of, foreseen)
            for each in foreseen.statements[:_PREVIEWED]
        ],
        left_out=max(0, len(foreseen.statements) - _PREVIEWED),
    )


def approve(visit: Visit) -> Response:
    """Approve a colleague's proposal and apply it."""
    number = visit.number
    visit.embed(visit.do(approvals.approve, number, visit.actor, visit.services.policy))
    return visit.to(f"/proposals/{number}", "approved")


def decline(visit: Visit) -> Response:
    """Decline a proposal: nothing changes."""
    number, reason = visit.number, visit.sent.needed("reason")
    visit.do(approvals.decline, number, visit.actor, reason, visit.services.policy)
    return visit.to(f"/proposals/{number}", "declined")


def withdraw(visit: Visit) -> Response:
    """Withdraw one's own proposal."""
    number = visit.number
    visit.do(approvals.withdraw, number, visit.actor)
    return visit.to(f"/proposals/{number}", "withdrawn")


def _find_unreviewed(proposed: Proposed) -> int | None:
    """Return the draft that approving an answer also marks as reviewed, if there is one."""
    act = proposed.act
    return act.statement_id if isinstance(act, Answer) and act.unreviewed else None


def _relation_of(foreseen: Foreseen) -> Relation:
    """Return the relation that an act states about its claims."""
    said = (each.after or {} for each in foreseen.entries if each.subject is SubjectKind.CLAIM)
    return next((Relation(e["relation"]) for e in said if e.get("relation")), _OPEN)


def _preview_change(
    visit: Visit, proposed: Proposed, each: Prospect, tells: bool, foreseen: Foreseen
) -> StatementChange:
    today, statement = visit.now.date(), each.after
    messages: tuple[Preview, ...] = ()
    notifications = previews.preview_corrected(each, today) if tells else ()
    if statement.status is StatementStatus.PUBLISHED:
        match proposed.act:
            case Answer(relation=relation, note=note):
                messages = previews.preview_notification(
                    NotificationKind.ANSWERED,
                    proposed.title,
                    statement,
                    relation,
                    today,
                    note=note or NO_NOTE,
                )
            case Attach(relation=relation, note=note):
                messages = previews.preview_judged(
                    proposed.title, statement, relation, today, note or NO_NOTE
                )
            case Explain(note=note, tell=tell):
                relation = _relation_of(foreseen)
                messages = previews.preview_judged(proposed.title, statement, relation, today, note)
                if tell:
                    explained = NotificationKind.EXPLAINED
                    notifications = previews.preview_notification(
                        explained, proposed.title, statement, relation, today, note=note
                    )
            case Undo() | Detach() if foreseen.takes_back:
                gone = NotificationKind.TAKEN_BACK
                messages = previews.preview_notification(
                    gone, proposed.title, statement, None, today
                )
            case _:
                messages = previews.preview_asked(statement, today)
    return StatementChange(each.before, statement, messages, notifications)
