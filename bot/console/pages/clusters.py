"""Show one cluster of claims and handle everything that can be done with it."""

from datetime import UTC, datetime, time, timedelta
from math import ceil

from starlette.responses import Response

from bot.console import previews
from bot.console.claim_queue_view import list_query_fields
from bot.console.error_pages import describe_error
from bot.console.errors import BadForm
from bot.console.forms import Form
from bot.console.new_answer import compute_digest, read_note, read_note_fields
from bot.console.pages.claim_queue import SNOOZE
from bot.console.requests import Visit
from bot.conversation.delivery_failures import compose_failures
from bot.conversation.translations import Language
from knowledge import approvals
from knowledge.approvals import Answer, Applied, Attach, Detach, SplitCluster
from knowledge.claim_queue import cluster_actions, cluster_notes
from knowledge.claim_queue.explanations import NO_NOTE, Note
from knowledge.claim_queue.opposite_claims import may_oppose
from knowledge.claim_queue.similar_clusters import find_similar
from knowledge.domain import RejectReason, Relation, Role
from knowledge.errors import NoteTooLong
from knowledge.outbox import pending_notifications

#: Wordings of a cluster, beside its title, that are used to search for statements.
_WORDINGS = 3
#: Statements that the search suggests for a cluster.
_OFFERED = 8
#: Maximum days of a snooze.
_LONGEST_SNOOZE = timedelta(days=365)


def show(visit: Visit) -> Response:
    """Show a cluster; redirect from a merged one to its successor."""
    number, services = visit.number, visit.services
    # Only those who may block people need to tell them apart.
    page = visit.do(
        approvals.load_cluster_page, number, visit.now, with_askers=visit.visitor.may(Role.ADMIN)
    )
    detail, names = page.detail, visit.names
    if detail.summary.id != number:
        return visit.to(f"/clusters/{detail.summary.id}")
    # Only statements about the claim, as in answers; people may have been shown looser matches.
    about = services.checker.about(detail.phrasings(_WORDINGS))
    attached = {statement.id for statement, _ in page.attached}
    found = {each.id: each for each in about if each.id not in attached}
    candidates = [each for each in detail.candidates if found.pop(each.statement.id, None)]
    left = page.held.at + services.undo_for - visit.now if page.held else timedelta()
    return visit.page(
        "cluster.html",
        page=page,
        detail=detail,
        cluster=detail.summary,
        names=names,
        similar=find_similar(services.sessions, services.encoder, services.meanings, number),
        longest_tag=cluster_notes.LONGEST_TAG,
        longest_note=cluster_notes.LONGEST_NOTE,
        undelivered=compose_failures(page.delivered.failures, visit.words),
        candidates=candidates,
        found=list(found.values())[:_OFFERED],
        undoable=page.held if left > timedelta() else None,
        seconds_left=ceil(left.total_seconds()),
        colleagues=sorted(names, key=lambda key: (key != visit.visitor.key, names[key])),
        reasons=tuple(RejectReason),
        tomorrow=visit.now.date() + SNOOZE,
    )


def assign(visit: Visit) -> Response:
    """Assign a cluster to a colleague, or to nobody."""
    assignee, held_by = read_assignee(visit), visit.sent.text("held_by") or None
    visit.do(cluster_actions.assign, visit.number, assignee, visit.actor, held_by=held_by)
    return redirect_back(visit, "assigned" if assignee else "unassigned")


def snooze(visit: Visit) -> Response:
    """Snooze a cluster until a date."""
    visit.do(cluster_actions.snooze, visit.number, read_snooze_end(visit), visit.actor)
    return redirect_back(visit, "snoozed")


def split(visit: Visit) -> Response:
    """Split some claims off into a cluster of their own."""
    outcome = visit.submit(SplitCluster(visit.number, tuple(visit.sent.numbers("claim"))))
    if isinstance(outcome, Applied):
        return visit.to(f"/clusters/{outcome.count}", "split")
    return visit.to(f"/proposals/{outcome.proposal_id}", "proposed")


def preview_merge(visit: Visit) -> Response:
    """Show the effects of merging another cluster into this one."""
    preview = visit.do(
        cluster_actions.preview_merge, visit.number, visit.asked.number("other"), visit.now
    )
    both = preview.kept, preview.other
    return visit.page(
        "merge.html",
        cluster=preview.kept.summary,
        both=both,
        merged=preview.merged,
        opposed=may_oppose(*(each.summary.title for each in both)),
    )


def merge(visit: Visit) -> Response:
    """Merge another cluster into this one; the next page says who waits for its answer."""
    number, others = visit.number, visit.sent.numbers("other")
    merged = visit.do(cluster_actions.merge_clusters, number, others, visit.actor)
    if merged.answer is None:
        return visit.to(f"/clusters/{number}", "merged")
    statement, said = merged.answer
    return visit.to(
        f"/clusters/{number}/answer", "merged", statement=statement, relation=said.relation.value
    )


def preview(visit: Visit) -> Response:
    """Show exactly what the people who asked will read."""
    return _preview(visit, visit.sent if visit.sent.fields else visit.asked)


def answer(visit: Visit) -> Response:
    """Answer a cluster with a statement, publish it, and notify everybody who asked."""
    if _is_note_changed(visit):
        return _preview(visit, visit.sent, changed=True)
    sent, act = visit.sent, _answer(visit, visit.sent, _read_note_field(visit))
    shown = {act.statement_id: sent.number("shown")} if sent.text("shown") else None
    outcome = visit.submit(act, seen=sent.number("seen"), shown=shown)
    people = outcome.count if isinstance(outcome, Applied) else None
    return visit.conclude(outcome) or visit.to(f"/clusters/{visit.number}", "answered", n=people)


def _answer(visit: Visit, form: Form, note: Note | None) -> Answer:
    """Build the answer from a form."""
    relation = form.chosen("relation", Relation)
    return Answer(visit.number, form.number("statement"), relation, note=note)


def _preview(visit: Visit, form: Form, changed: bool = False) -> Response:
    """Preview the messages of the answer in ``form``, including its note."""
    problem = None
    if form is visit.sent:
        try:
            note = read_note(form)
        except NoteTooLong as error:
            note, problem = NO_NOTE, describe_error(error, visit.words.say)
        foreseen = visit.do(
            approvals.preview_answer, _answer(visit, form, note), visit.actor, visit.now
        )
        noted = read_note_fields(form)
    else:
        foreseen = visit.do(
            approvals.draft_answer, _answer(visit, form, None), visit.actor, visit.now
        )
        note = foreseen.answer.note or NO_NOTE
        noted = {each.value: note.in_language(each.value) for each in Language}
    relation, statement, detail = foreseen.answer.relation, foreseen.statement, foreseen.detail
    title, today = detail.summary.title, visit.now.date()
    return visit.page(
        "answer.html",
        detail=detail,
        cluster=detail.summary,
        statement=statement,
        relation=relation,
        seen=foreseen.seen,
        shown=foreseen.shown,
        two_people=visit.services.two_people,
        noted=noted,
        previewed=compute_digest(note),
        problem=problem,
        changed=changed and problem is None,
        outlook=previews.preview_answer(foreseen.audience, title, statement, relation, today, note)
        if foreseen.audience is not None and problem is None
        else None,
    )


def _read_note_field(visit: Visit) -> Note | None:
    """Return a form's note; None if the form has no field for one."""
    return read_note(visit.sent) if visit.sent.text("previewed") else None


def _is_note_changed(visit: Visit) -> bool:
    """Return whether the note differs from the one that was previewed."""
    looked_at = visit.sent.text("previewed")
    try:
        return bool(looked_at) and compute_digest(read_note(visit.sent)) != looked_at
    except NoteTooLong:
        return True


def undo(visit: Visit) -> Response:
    """Undo an answer or a rejection before anybody was notified."""
    entry, within = visit.sent.number("entry"), visit.services.undo_for
    visit.do(pending_notifications.undo_held, visit.number, entry, visit.actor, within)
    return redirect_back(visit, "unsent")


def attach(visit: Visit) -> Response:
    """Set a statement's relation to the cluster's claims without notifying anybody."""
    if _is_note_changed(visit):
        return _preview(visit, visit.sent, changed=True)
    act = _answer(visit, visit.sent, _read_note_field(visit))
    outcome = visit.submit(Attach(act.cluster_id, act.statement_id, act.relation, act.note))
    return visit.conclude(outcome) or redirect_back(visit, "attached")


def detach(visit: Visit) -> Response:
    """Remove a statement's relation to the cluster's claims: the judge decides again."""
    outcome = visit.submit(Detach(visit.number, visit.sent.number("statement")))
    return visit.conclude(outcome) or redirect_back(visit, "detached")


def read_assignee(visit: Visit) -> str | None:
    """Return the key of the assignee in a form; None for nobody. Raises BadForm."""
    assignee = visit.sent.text("assignee") or None
    if assignee not in (None, visit.visitor.key, *visit.names):
        raise BadForm("assignee", "nobody who holds a role")
    return assignee


def read_snooze_end(visit: Visit) -> datetime:
    """Return the end of a snooze in a form. Raises BadForm."""
    day = visit.sent.day("until")
    until = datetime.combine(day, time(), UTC) if day else visit.now + SNOOZE
    if not visit.now < until <= visit.now + _LONGEST_SNOOZE:
        raise BadForm("until", "no day within a year from now")
    return until


def tag(visit: Visit) -> Response:
    """Add a tag to a cluster."""
    visit.do(cluster_notes.tag, visit.number, _read_text(visit, "tag"), visit.actor)
    return redirect_back(visit, "tagged")


def untag(visit: Visit) -> Response:
    """Remove a tag from a cluster."""
    visit.do(cluster_notes.untag, visit.number, visit.sent.needed("tag"), visit.actor)
    return redirect_back(visit, "untagged")


def note(visit: Visit) -> Response:
    """Add a note to a cluster."""
    visit.do(cluster_notes.add_note, visit.number, _read_text(visit, "note"), visit.actor)
    return redirect_back(visit, "noted")


def delete_note(visit: Visit) -> Response:
    """Delete one's own note."""
    visit.do(cluster_notes.delete_note, visit.number, visit.sent.number("note"), visit.actor)
    return redirect_back(visit, "note_deleted")


def _read_text(visit: Visit, name: str) -> str:
    """Return the tag or note in a form; empty, which is refused later, if it is invalid."""
    try:
        # Browsers count a line break as one character but send two.
        return visit.sent.text(name, 2 * cluster_notes.LONGEST_NOTE)
    except BadForm:
        return ""


def redirect_back(visit: Visit, said: str, of: int | None = None, **counts: int) -> Response:
    """Redirect to where the act was done: the inbox or the cluster's page.

    The inbox's success message links to the cluster ``of``.
    """
    searched = list_query_fields(visit.asked)
    if visit.sent.text("from") == "inbox":
        # Scroll to where the row was; it may be gone from the list.
        row = visit.sent.number("row") if visit.sent.text("row") else visit.number
        of = visit.number if of is None else of
        return visit.to("/inbox", said, f"c{row}", of=of, **counts, **searched)
    return visit.to(f"/clusters/{visit.number}", said, "", **counts, **searched)
