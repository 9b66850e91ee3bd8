"""Statements: listed, reviewed, published after a look at what people will see, corrected."""

from dataclasses import replace
from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.console import previews
from bot.console.edit_conflicts import require_moved
from bot.console.errors import BadForm
from bot.console.highlighting import locate
from bot.console.requests import Visit
from knowledge import approvals, curation
from knowledge.approvals import (
    Applied,
    EditStatement,
    MergeStatements,
    Publish,
    SplitStatement,
)
from knowledge.claim_queue import cluster_listing
from knowledge.corpus import reports, statement_search
from knowledge.curation import StatementEdit
from knowledge.curation.edit_conflicts import last_shown, require_as_shown
from knowledge.domain import NotificationKind, Rating, Span, StatementStatus, VersionKind
from knowledge.notifications.corrections import count_audience

#: Characters of a statement.
_TEXT: Final = 10_000
_LINE: Final = 2_000
_NEAR: Final = 5
#: Statements handled at once.
_MOST: Final = 500


class Tell(StrEnum):
    """Whether people are told of an edit."""

    YES = "yes"
    NO = "no"


def show_list(visit: Visit) -> Response:
    """Show statements of one status, or those to look at again."""
    status = visit.asked.choice("status", StatementStatus)
    after = visit.asked.text("after") or None
    with visit.transaction() as session:
        due = curation.due(session, visit.now.date(), limit=_MOST)
        page = statement_search.list_statements(session, status, after)
        seen = last_shown(session, [each.id for each in page.items])
    return visit.page(
        "statements.html",
        page=page,
        seen=seen,
        due=due.items,
        status=status,
        states=tuple(StatementStatus),
    )


def show(visit: Visit) -> Response:
    """Show one statement and all that can be done with it."""
    number, desk = visit.number, visit.desk
    with visit.transaction() as session:
        seen = last_shown(session, [number]).get(number)
        held = curation.load_statement(session, number)
        (sourced,) = reports.load_by_ids(session, [number])
        history = curation.load_history(session, VersionKind.STATEMENT, number)
        known = visit.names
        pending = approvals.list_about_statement(session, number, held.report_id)
        near = curation.near_duplicates(
            session, desk.index.current(), desk.encoder, desk.meanings, number, _NEAR
        )
    return visit.page(
        "statement.html",
        held=held,
        statement=sourced,
        history=history,
        names=known,
        near=near,
        seen=seen,
        pending=pending,
        ratings=tuple(Rating),
        previews=previews.preview_asked(sourced, visit.now.date()),
    )


def edit(visit: Visit) -> Response:
    """Keep a statement's new version; of a published one, after a look at what comes of it."""
    sent, number = visit.sent, visit.number
    tell = sent.choice("tell", Tell)
    reason = sent.line("reason") or None
    with visit.transaction() as session:
        held = curation.load_statement(session, number)
        text = sent.needed_text("text", _TEXT)
        edited = StatementEdit(
            text=text,
            span=held.span if text == held.text else _span(session, held.report_id, text),
            speaker=sent.line("speaker", _LINE) or None,
            rating=sent.choice("rating", Rating),
            rating_text=sent.line("rating_text", _LINE) or None,
            as_of=sent.past_day("as_of", visit.now),
        )
        act = EditStatement(
            number, edited, sent.number("version"), None if tell is None else tell is Tell.YES
        )
        undecided = tell is None and held.status is StatementStatus.PUBLISHED
    if undecided:
        return _preview_edit(visit, act, reason)
    outcome = visit.submit(act, reason)
    return visit.conclude(outcome) or visit.to(f"/statements/{number}", "edited")


def _preview_edit(visit: Visit, act: EditStatement, reason: str | None) -> Response:
    """Show what an edit changes, how many people could be told, and exactly what they would read.

    Raises what keeping it would.
    """
    act = replace(act, tell=True)
    foreseen = visit.do(approvals.rehearse, act, visit.actor, reason)
    if foreseen.problem is not None:
        raise foreseen.problem
    if not foreseen.entries:
        return visit.to(f"/statements/{act.statement_id}", "unchanged")
    (prospect,) = (each for each in foreseen.statements if each.after.id == act.statement_id)
    (edited,) = (each for each in foreseen.entries if each.action == "edited")
    entries = [each for each in foreseen.entries if each is not edited]
    after = dict(edited.after or {})
    told = after.pop(curation.TOLD, 0)
    return visit.page(
        "edit.html",
        statement=prospect.before,
        act=act,
        reason=reason,
        entries=[replace(edited, after=after), *entries],
        told=told,
        tells=curation.changes_meaning(edited.before or {}, after),
        previews=previews.preview_corrected(prospect, visit.now.date()),
    )


def review(visit: Visit) -> Response:
    """Mark drafts as reviewed, as they were when they were looked at."""
    ids = _ids(visit)
    seen = {n: visit.sent.number(f"seen-{n}") for n in ids if visit.sent.text(f"seen-{n}")}
    with visit.transaction() as session:
        require_as_shown(session, seen)
        moved = curation.review(session, ids, visit.actor)
        require_moved(session, ids, moved)
    return _back(visit, "reviewed", moved)


def discard(visit: Visit) -> Response:
    """Put drafts away for good."""
    ids, reason = _ids(visit), visit.sent.line("reason") or visit.words.say("not needed")
    with visit.transaction() as session:
        moved = curation.discard(session, ids, visit.actor, reason)
        require_moved(session, ids, moved)
    return _back(visit, "discarded", moved)


def preview(visit: Visit) -> Response:
    """Show exactly what people will see of statements before they are published."""
    ids = _ids(visit)
    with visit.transaction() as session:
        # Before what is shown: what is done in between is not taken for seen.
        seen = last_shown(session, ids)
        found = reports.load_by_ids(session, ids)
        cluster = (
            cluster_listing.load_cluster(session, visit.sent.number("cluster")).summary
            if visit.sent.text("cluster")
            else None
        )
    return visit.page(
        "publish.html",
        shown=[(each, previews.preview_asked(each, visit.now.date())) for each in found],
        seen=seen,
        cluster=cluster,
        report=visit.sent.text("report"),
    )


def publish(visit: Visit) -> Response:
    """Publish drafts and reviewed statements, as they were when they were looked at."""
    ids = _ids(visit)
    seen = {number: visit.sent.number(f"seen-{number}") for number in ids}
    with visit.transaction() as session:
        require_as_shown(session, seen)
        act, reason = Publish(tuple(ids)), visit.sent.line("reason") or None
        outcome = approvals.submit(session, act, visit.actor, reason, visit.desk.policy)
        if isinstance(outcome, Applied):
            require_moved(session, ids, outcome.count)
    return visit.conclude(outcome) or _back(visit, "published", len(ids))


def preview_retraction(visit: Visit) -> Response:
    """Show exactly what those will read who were shown a statement, once it is withdrawn."""
    number = visit.number
    with visit.transaction() as session:
        held = curation.load_statement(session, number)
        (sourced,) = reports.load_by_ids(session, [number])
        told = count_audience(session, number)
    return visit.page(
        "retract.html",
        held=held,
        told=told,
        statement=sourced,
        previews=previews.preview_notification(
            NotificationKind.RETRACTED, sourced.text, sourced, None, visit.now.date()
        ),
    )


def retract(visit: Visit) -> Response:
    """Withdraw published statements; who was shown them is told."""
    ids, reason = _ids(visit), visit.sent.needed("reason")
    with visit.transaction() as session:
        moved = curation.retract(session, ids, visit.actor, reason)
        require_moved(session, ids, moved)
    return _back(visit, "retracted", moved)


def recheck(visit: Visit) -> Response:
    """Set the day by which a statement is looked at again."""
    number = visit.number
    with visit.transaction() as session:
        curation.recheck(session, number, visit.sent.day("by"), visit.actor)
    return visit.to(f"/statements/{number}", "recheck")


def merge(visit: Visit) -> Response:
    """Let this statement stand for others that say the same, after a look at what comes of it."""
    number, others = visit.number, tuple(visit.sent.numbers("other"))
    if not 0 < len(others) <= _MOST:
        raise BadForm("other", f"none, or more than {_MOST}, were chosen")
    act = MergeStatements(number, others)
    if not visit.sent.text("looked_at"):
        return _preview_merge(visit, act)
    seen = {n: visit.sent.number(f"seen-{n}") for n in (number, *others)}
    outcome = visit.submit(act, visit.sent.line("reason") or None, shown=seen)
    return visit.conclude(outcome) or visit.to(f"/statements/{number}", "one")


def _preview_merge(visit: Visit, act: MergeStatements) -> Response:
    """Show which statements are retracted, who saw them, and what people read from then on.

    Raises what merging would.
    """
    ids = [act.keep, *(number for number in act.others if number != act.keep)]
    with visit.transaction() as session:
        # Before what is shown: what is done in between is not taken for seen.
        seen = last_shown(session, ids)
        found = {each.id: each for each in reports.load_by_ids(session, ids)}
        readers = {number: count_audience(session, number) for number in ids}
    foreseen = visit.do(approvals.rehearse, act, visit.actor, None)
    if foreseen.problem is not None:
        raise foreseen.problem
    kept = found[act.keep]
    return visit.page(
        "merge_statements.html",
        kept=kept,
        statements=[found[number] for number in ids],
        readers=readers,
        seen=seen,
        two_people=visit.desk.two_people,
        previews=previews.preview_asked(kept, visit.now.date())
        if kept.status is StatementStatus.PUBLISHED
        else (),
    )


def split(visit: Visit) -> Response:
    """Put the parts of a statement, one a line, in its place."""
    number = visit.number
    with visit.transaction() as session:
        held = curation.load_statement(session, number)
        spans = []
        for line in visit.sent.needed_text("parts", _TEXT).split("\n"):
            if not line.strip():
                continue
            found = locate(held.text, line)
            if found is None:
                raise BadForm("parts", "not in the statement")
            start = held.span.start if held.span else 0
            spans.append(Span(start + found.start, start + found.end))
        act = SplitStatement(number, tuple(spans))
    outcome = visit.submit(act, visit.sent.line("reason") or None)
    return visit.conclude(outcome) or visit.to(f"/reports/{held.report_id}", "edited")


def _ids(visit: Visit) -> list[int]:
    ids = visit.sent.numbers("id")
    if not 0 < len(ids) <= _MOST:
        raise BadForm("id", f"none, or more than {_MOST}, were chosen")
    return ids


def _span(session: Session, report_id: int, text: str) -> Span | None:
    body = curation.load_report(session, report_id).body
    return locate(body, text) if body else None


def _back(visit: Visit, said: str, n: int) -> Response:
    sent = visit.sent
    cluster = sent.number("cluster") if sent.text("cluster") else None
    if sent.text("report"):
        return visit.to(f"/reports/{sent.number('report')}", said, n=n, cluster=cluster)
    ids = sent.numbers("id")
    if len(ids) == 1:
        return visit.to(f"/statements/{ids[0]}", said, n=n)
    return visit.to("/statements", said, n=n)
