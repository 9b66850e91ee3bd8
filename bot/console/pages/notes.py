"""Edit the moderators' note with an answer, after a preview of what people read then."""

from dataclasses import replace

from starlette.responses import Response

from bot.console import previews
from bot.console.error_pages import describe_error, status_of
from bot.console.new_answer import read_note, read_note_fields
from bot.console.pages.statements import Tell
from bot.console.requests import Visit
from bot.conversation.translations import Language
from knowledge import approvals
from knowledge.approvals import Explain
from knowledge.claim_queue.explanations import Note
from knowledge.curation import TOLD, explanation_edits
from knowledge.curation.explanation_edits import ExplainedAnswer
from knowledge.domain import NotificationKind, SubjectKind
from knowledge.errors import KnowledgeError, NoteTooLong


def show(visit: Visit) -> Response:
    """Show the form for an answer's note."""
    kept = _answer(visit, visit.asked.number("statement"))
    return _form(visit, kept, {each.value: kept.note.in_language(each.value) for each in Language})


def edit(visit: Visit) -> Response:
    """Change the note, after a preview of who is notified and what they read."""
    sent = visit.sent
    kept = _answer(visit, sent.number("statement"))
    try:
        note = read_note(sent)
    except NoteTooLong as error:
        return _form(visit, kept, read_note_fields(sent), error)
    tell, reason = sent.choice("tell", Tell), sent.line("reason") or None
    act = Explain(
        kept.cluster.id, kept.statement.id, note, _read_previous_note(visit, kept), tell is Tell.YES
    )
    if tell is None:
        return _preview(visit, kept, act, reason)
    outcome = visit.submit(act, reason)
    return visit.conclude(outcome) or visit.to(f"/clusters/{kept.cluster.id}", "edited")


def _answer(visit: Visit, statement_id: int) -> ExplainedAnswer:
    return visit.do(explanation_edits.load_explained_answer, visit.number, statement_id, visit.now)


def _read_previous_note(visit: Visit, kept: ExplainedAnswer) -> Note:
    """Return the note that was shown before this one was written."""
    looked_at = {each.value: visit.sent.line(f"was_{each.value}") for each in Language}
    return Note(**looked_at) if visit.sent.text("looked_at") else kept.note


def _form(
    visit: Visit,
    kept: ExplainedAnswer,
    noted: dict[str, str],
    error: KnowledgeError | None = None,
) -> Response:
    page = visit.page(
        "note.html",
        cluster=kept.cluster,
        statement=kept.statement,
        kept=kept,
        noted=noted,
        problem=describe_error(error, visit.words.say) if error is not None else None,
    )
    if error is not None:
        page.status_code = status_of(error)
    return page


def _preview(visit: Visit, kept: ExplainedAnswer, act: Explain, reason: str | None) -> Response:
    """Show the change, how many people could be notified, and what they would read.

    Raises what saving it would.
    """
    foreseen = visit.do(approvals.rehearse, replace(act, tell=True), visit.actor, reason)
    entry = next((e for e in foreseen.entries if e.subject is SubjectKind.CLUSTER), None)
    if entry is None:
        return visit.to(f"/clusters/{kept.cluster.id}", "unchanged")
    title, statement, relation = kept.cluster.title, kept.statement, kept.relation
    today, changed = visit.now.date(), act.note.languages_changed(act.was)
    notifications = previews.preview_notification(
        NotificationKind.EXPLAINED, title, statement, relation, today, note=act.note
    )
    return visit.page(
        "note_preview.html",
        cluster=kept.cluster,
        statement=statement,
        act=act,
        reason=reason,
        told=int((entry.after or {}).get(TOLD) or 0),
        changed=changed,
        notifications=[each for each in notifications if each.language.value in changed],
        later=previews.preview_judged(title, statement, relation, today, act.note),
    )
