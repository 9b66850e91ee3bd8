"""List, review, publish, correct and retract statements; previews come first."""

from dataclasses import replace
from enum import StrEnum
from typing import Final

from starlette.responses import Response

from bot.console import previews
from bot.console.errors import BadForm
from bot.console.requests import Visit
from knowledge import curation
from knowledge.approvals import EditStatement, Foreseen, MergeStatements, statement_acts
from knowledge.approvals.report_pages import load_statement_page
from knowledge.curation import StatementEdit, moderator_views
from knowledge.curation.edit_conflicts import move_all
from knowledge.domain import NotificationKind, Rating, StatementStatus

#: Maximum characters of a statement.
_TEXT: Final = 10_000
_LINE: Final = 2_000
_NEAR: Final = 5
#: Maximum statements handled at once.
_MOST: Final = 500


class Tell(StrEnum):
    """Whether people are notified of an edit."""

    YES = "yes"
    NO = "no"


def show_list(visit: Visit) -> Response:
    """Show statements of one status, or those due for a recheck."""
    status = visit.asked.choice("status", StatementStatus)
    after = visit.asked.text("after") or None
    found = visit.do(moderator_views.list_statements, visit.now.date(), status, after)
    return visit.page(
        "statements.html",
        page=found.page,
        seen=found.seen,
        due=found.due,
        status=status,
        states=tuple(StatementStatus),
    )


def show(visit: Visit) -> Response:
    """Show one statement and all that can be done with it."""
    services = visit.services
    found = visit.do(
        load_statement_page,
        visit.number,
        services.index.current(),
        services.encoder,
        services.meanings,
        _NEAR,
    )
    return visit.page(
        "statement.html",
        held=found.held,
        statement=found.sourced,
        history=found.history,
        names=visit.names,
        near=found.near,
        seen=found.seen,
        pending=found.pending,
        ratings=tuple(Rating),
        previews=previews.preview_asked(found.sourced, visit.now.date()),
    )


def edit(visit: Visit) -> Response:
    """Save a statement's new version; preview the effects first if it is published."""
    sent, number = visit.sent, visit.number
    tell = sent.choice("tell", Tell)
    reason = sent.line("reason") or None
    edited = StatementEdit(
        text=sent.needed_text("text", _TEXT),
        speaker=sent.line("speaker", _LINE) or None,
        rating=sent.choice("rating", Rating),
        rating_text=sent.line("rating_text", _LINE) or None,
        as_of=sent.past_day("as_of", visit.now),
    )
    act = EditStatement(
        number, edited, sent.number("version"), None if tell is None else tell is Tell.YES
    )
    outcome = visit.do(statement_acts.submit_edit, act, visit.actor, reason, visit.services.policy)
    if isinstance(outcome, Foreseen):
        return _show_edit(visit, act, reason, outcome)
    return visit.conclude(outcome) or visit.to(f"/statements/{number}", "edited")


def _show_edit(
    visit: Visit, act: EditStatement, reason: str | None, foreseen: Foreseen
) -> Response:
    """Show an edit's changes, how many people could be notified, and what they would read."""
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
    """Mark drafts as reviewed, unless they changed since they were shown."""
    ids = _ids(visit)
    seen = {n: visit.sent.number(f"seen-{n}") for n in ids if visit.sent.text(f"seen-{n}")}
    moved = visit.do(move_all, seen, curation.review, ids, visit.actor)
    return _back(visit, "reviewed", moved)


def discard(visit: Visit) -> Response:
    """Discard drafts."""
    reason = visit.sent.line("reason") or visit.words.say("not needed")
    moved = visit.do(move_all, {}, curation.discard, _ids(visit), visit.actor, reason)
    return _back(visit, "discarded", moved)


def preview(visit: Visit) -> Response:
    """Show exactly what people will see of statements before they are published."""
    found, seen = visit.do(moderator_views.load_shown, _ids(visit))
    return visit.page(
        "publish.html",
        shown=[(each, previews.preview_asked(each, visit.now.date())) for each in found],
        seen=seen,
        cluster=visit.sent.number("cluster") if visit.sent.text("cluster") else None,
        report=visit.sent.text("report"),
    )


def publish(visit: Visit) -> Response:
    """Publish drafts and reviewed statements, unless they changed since they were shown."""
    seen = {number: visit.sent.number(f"seen-{number}") for number in _ids(visit)}
    reason = visit.sent.line("reason") or None
    outcome = visit.do(statement_acts.publish_all, seen, visit.actor, reason, visit.services.policy)
    return visit.conclude(outcome) or _back(visit, "published", len(seen))


def preview_retraction(visit: Visit) -> Response:
    """Show exactly what people who saw a statement will read once it is retracted."""
    statement, told = visit.do(moderator_views.preview_retraction, visit.number)
    return visit.page(
        "retract.html",
        told=told,
        statement=statement,
        previews=previews.preview_notification(
            NotificationKind.RETRACTED, statement.text, statement, None, visit.now.date()
        ),
    )


def retract(visit: Visit) -> Response:
    """Retract published statements and notify everybody who was shown them."""
    reason = visit.sent.needed("reason")
    moved = visit.do(move_all, {}, curation.retract, _ids(visit), visit.actor, reason)
    return _back(visit, "retracted", moved)


def recheck(visit: Visit) -> Response:
    """Set the date of a statement's next recheck."""
    number = visit.number
    visit.do(curation.set_recheck_day, number, visit.sent.day("by"), visit.actor)
    return visit.to(f"/statements/{number}", "recheck")


def merge(visit: Visit) -> Response:
    """Merge duplicates into this statement, after a preview of the effects."""
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
    """Show which statements would be retracted, who saw them, and what people read then."""
    merged = visit.do(statement_acts.preview_merge, act, visit.actor)
    kept = merged.statements[0]
    return visit.page(
        "merge_statements.html",
        kept=kept,
        statements=merged.statements,
        readers=merged.readers,
        seen=merged.seen,
        two_people=visit.services.two_people,
        previews=previews.preview_asked(kept, visit.now.date())
        if kept.status is StatementStatus.PUBLISHED
        else (),
    )


def split(visit: Visit) -> Response:
    """Replace a statement by its parts, one a line."""
    lines = visit.sent.needed_text("parts", _TEXT).split("\n")
    report_id, outcome = visit.do(
        statement_acts.split_statement,
        visit.number,
        [line for line in lines if line.strip()],
        visit.actor,
        visit.sent.line("reason") or None,
        visit.services.policy,
    )
    return visit.conclude(outcome) or visit.to(f"/reports/{report_id}", "edited")


def _ids(visit: Visit) -> list[int]:
    ids = visit.sent.numbers("id")
    if not 0 < len(ids) <= _MOST:
        raise BadForm("id", f"none, or more than {_MOST}, were chosen")
    return ids


def _back(visit: Visit, said: str, n: int) -> Response:
    sent = visit.sent
    cluster = sent.number("cluster") if sent.text("cluster") else None
    if sent.text("report"):
        return visit.to(f"/reports/{sent.number('report')}", said, n=n, cluster=cluster)
    ids = sent.numbers("id")
    if len(ids) == 1:
        return visit.to(f"/statements/{ids[0]}", said, n=n)
    return visit.to("/statements", said, n=n)
