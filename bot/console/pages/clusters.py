"""One cluster of claims: what is known of it, and everything that can be done with it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from math import ceil

from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.console import previews
from bot.console.claim_queue_view import kept
from bot.console.error_pages import describe_error
from bot.console.errors import BadForm
from bot.console.forms import Form
from bot.console.new_answer import digest, note_fields, written_note
from bot.console.pages.claim_queue import SNOOZE
from bot.console.requests import Visit
from bot.conversation.delivery_failures import compose_failures
from bot.conversation.translations import Language
from knowledge import approvals, curation
from knowledge.approvals import Answer, Applied, Attach, Detach, SplitCluster
from knowledge.claim_queue import askers, cluster_actions, cluster_listing, cluster_notes, verdicts
from knowledge.claim_queue.explanations import NO_NOTE, Note
from knowledge.claim_queue.opposite_claims import may_oppose
from knowledge.claim_queue.similar_clusters import similar
from knowledge.corpus import reports
from knowledge.curation.edit_conflicts import (
    last_seen,
)
from knowledge.curation.resolution import HELD
from knowledge.domain import RejectReason, Relation, Role, SubjectKind
from knowledge.errors import BadEdit, NoteTooLong
from knowledge.notifications import rejections
from knowledge.outbox import delivery, pending_notifications
from knowledge.storage import audit_log

#: Wordings of a cluster, beside its title, that statements are looked for with.
_WORDINGS = 3
#: Statements that search offers for a cluster.
_OFFERED = 8
#: Days that a cluster may be put off for.
_LONGEST_SNOOZE = timedelta(days=365)


def show(visit: Visit, refused: Mapping[str, str] | None = None) -> Response:
    """Show a cluster; an old number leads to the cluster it was merged into.

    ``refused`` is why what was sent cannot be used, by its field.
    """
    number = visit.number
    with visit.transaction() as session:
        detail = cluster_listing.load_cluster(session, number, now=visit.now)
        known = visit.names
        seen = last_seen(session, SubjectKind.CLUSTER, detail.summary.id)
        past = audit_log.list_entries(session, SubjectKind.CLUSTER, detail.summary.id, limit=10)
        last = audit_log.load_latest(session, SubjectKind.CLUSTER, detail.summary.id)
        held = last if last is not None and last.action in HELD else None
        in_audit = held is not None and bool(curation.list_undoable(session, [held]))
        # Of any wording: what was merged into an answered cluster has no answer of its own yet.
        ruled = verdicts.load_verdicts(session, *(wording.text for wording in detail.wordings))
        attached = reports.load_by_ids(session, sorted(ruled))
        pending = approvals.list_about(session, [(SubjectKind.CLUSTER, detail.summary.id)])
        hear_reopened = rejections.count_to_reopen(session, detail.summary.id)
        delivered = delivery.count_delivered(session, detail.summary.id)
        asking = askers.askers(session, detail.summary.id) if _may_block(visit) else ()
        marked, in_use = (
            cluster_notes.of(session, detail.summary.id),
            cluster_notes.tags_in_use(session),
        )
    if detail.summary.id != number:
        return visit.to(f"/clusters/{detail.summary.id}")
    # Only what is about the claim, as answers are: what people were shown may have been about less.
    about = visit.desk.answering.about(detail.phrasings(_WORDINGS))
    found = {each.id: each for each in about if each.id not in ruled}
    candidates = [each for each in detail.candidates if found.pop(each.statement.id, None)]
    desk = visit.desk
    alike = similar(desk.sessions, desk.encoder, desk.meanings, detail.summary.id)
    left = held.at + visit.desk.undo_for - visit.now if held else timedelta()
    return visit.page(
        "cluster.html",
        400 if refused else 200,
        refused=refused or {},
        detail=detail,
        cluster=detail.summary,
        names=known,
        seen=seen,
        past=past.items,
        similar=alike,
        asking=asking,
        remarks=marked,
        suggested=[tag for tag in in_use if tag not in marked.tags],
        longest_tag=cluster_notes.LONGEST_TAG,
        longest_note=cluster_notes.LONGEST_NOTE,
        pending=pending,
        delivered=delivered,
        undelivered=compose_failures(delivered.failures, visit.words),
        attached=[(statement, ruled[statement.id]) for statement in attached],
        candidates=candidates,
        found=list(found.values())[:_OFFERED],
        undoable=held if left > timedelta() else None,
        seconds_left=ceil(left.total_seconds()),
        in_audit=in_audit,
        hear_reopened=hear_reopened,
        colleagues=sorted(known, key=lambda key: (key != visit.visitor.key, known[key])),
        reasons=tuple(RejectReason),
        tomorrow=visit.now.date() + SNOOZE,
    )


def assign(visit: Visit) -> Response:
    """Give a cluster to a colleague, or to nobody."""
    number = visit.number
    with visit.transaction() as session:
        assignee = colleague(session, visit)
        held_by = visit.sent.text("held_by") or None
        cluster_actions.assign(session, number, assignee, visit.actor, held_by=held_by)
    return back(visit, "assigned" if assignee else "unassigned")


def snooze(visit: Visit) -> Response:
    """Put a cluster off until a day."""
    until = put_off_until(visit)
    with visit.transaction() as session:
        cluster_actions.snooze(session, visit.number, until, visit.actor)
    return back(visit, "snoozed")


def split(visit: Visit) -> Response:
    """Give some claims a cluster of their own."""
    act = SplitCluster(visit.number, tuple(visit.sent.numbers("claim")))
    outcome = visit.submit(act)
    if isinstance(outcome, Applied):
        return visit.to(f"/clusters/{outcome.count}", "split")
    return visit.to(f"/proposals/{outcome.proposal_id}", "proposed")


def preview_merge(visit: Visit) -> Response:
    """Show what comes of making another cluster part of this one."""
    number, other = visit.number, visit.asked.number("other")
    with visit.transaction() as session:
        merged = cluster_actions.foresee_merge(session, number, [other])
        both = [
            cluster_listing.load_cluster(session, each, now=visit.now) for each in (number, other)
        ]
    titles = [each.summary.title for each in both]
    return visit.page(
        "merge.html",
        cluster=both[0].summary,
        both=both,
        merged=merged,
        opposed=may_oppose(*titles),
    )


def merge(visit: Visit) -> Response:
    """Make another cluster part of this one; who waits for its answer is told on the next page."""
    number = visit.number
    with visit.transaction() as session:
        merged = cluster_actions.merge_clusters(
            session, number, visit.sent.numbers("other"), visit.actor
        )
        known = verdicts.answer_of(session, number) if merged.untold else None
    if known is None:
        return visit.to(f"/clusters/{number}", "merged")
    statement, said = known
    return visit.to(
        f"/clusters/{number}/answer", "merged", statement=statement, relation=said.relation.value
    )


def preview(visit: Visit) -> Response:
    """Show exactly what those who asked will read."""
    return _preview(visit, visit.sent if visit.sent.fields else visit.asked)


def answer(visit: Visit) -> Response:
    """Publish a statement as the answer to a cluster, and have everybody told who asked."""
    if _note_was_changed(visit):
        return _preview(visit, visit.sent, changed=True)
    sent, act = visit.sent, _answer(visit, visit.sent, _note(visit))
    shown = {act.statement_id: sent.number("shown")} if sent.text("shown") else None
    outcome = visit.submit(act, seen=sent.number("seen"), shown=shown)
    people = outcome.count if isinstance(outcome, Applied) else None
    return visit.conclude(outcome) or visit.to(f"/clusters/{visit.number}", "answered", n=people)


def _answer(visit: Visit, form: Form, note: Note | None) -> Answer:
    """Return the answer that a form holds."""
    relation = form.chosen("relation", Relation)
    return Answer(visit.number, form.number("statement"), relation, note=note)


def _preview(visit: Visit, form: Form, changed: bool = False) -> Response:
    """Show what would be read of the answer that ``form`` holds, with the note in it if any."""
    problem = None
    if form is visit.sent:
        try:
            note = written_note(form)
        except NoteTooLong as error:
            note, problem = NO_NOTE, describe_error(error, visit.words.say)
        foreseen = visit.do(
            approvals.preview_answer, _answer(visit, form, note), visit.actor, visit.now
        )
        noted = note_fields(form)
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
        two_people=visit.desk.two_people,
        noted=noted,
        previewed=digest(note),
        problem=problem,
        changed=changed and problem is None,
        outlook=previews.outlook(foreseen.audience, title, statement, relation, today, note)
        if foreseen.audience is not None and problem is None
        else None,
    )


def _note(visit: Visit) -> Note | None:
    """Return the note that a form holds; None where it has no place for one."""
    return written_note(visit.sent) if visit.sent.text("previewed") else None


def _note_was_changed(visit: Visit) -> bool:
    """Tell whether a form holds another note than the one whose messages were looked at."""
    looked_at = visit.sent.text("previewed")
    try:
        return bool(looked_at) and digest(written_note(visit.sent)) != looked_at
    except NoteTooLong:
        return True


def undo(visit: Visit) -> Response:
    """Take back an answer or a rejection that nobody was told of yet."""
    number, entry_id, within = visit.number, visit.sent.number("entry"), visit.desk.undo_for
    with visit.transaction() as session:
        pending_notifications.undo_held(session, number, entry_id, visit.actor, within)
    return back(visit, "unsent")


def attach(visit: Visit) -> Response:
    """Set a statement's relation to the cluster's claims, and tell nobody."""
    if _note_was_changed(visit):
        return _preview(visit, visit.sent, changed=True)
    act = _answer(visit, visit.sent, _note(visit))
    outcome = visit.submit(Attach(act.cluster_id, act.statement_id, act.relation, act.note))
    return visit.conclude(outcome) or back(visit, "attached")


def detach(visit: Visit) -> Response:
    """Leave a statement's relation to the cluster's claims to the judge again."""
    outcome = visit.submit(Detach(visit.number, visit.sent.number("statement")))
    return visit.conclude(outcome) or back(visit, "detached")


def colleague(session: Session, visit: Visit) -> str | None:
    """Return whom a form gives work to, None for nobody. Raises BadForm."""
    assignee = visit.sent.text("assignee") or None
    if assignee not in (None, visit.visitor.key, *visit.names):
        raise BadForm("assignee", "nobody who holds a role")
    return assignee


def put_off_until(visit: Visit) -> datetime:
    """Return when what a form puts off comes back. Raises BadForm."""
    day = visit.sent.day("until")
    until = datetime.combine(day, time(), UTC) if day else visit.now + SNOOZE
    if not visit.now < until <= visit.now + _LONGEST_SNOOZE:
        raise BadForm("until", "no day within a year from now")
    return until


def tag(visit: Visit) -> Response:
    """Put a tag on a cluster."""
    say = visit.words.say
    try:
        name = visit.sent.needed("tag")
        with visit.transaction() as session:
            cluster_notes.tag(session, visit.number, name, visit.actor)
    except (BadForm, BadEdit):
        why = say("A tag has 1 to {n} characters, and a cluster has {most} tags at most.")
        why = why.format(n=cluster_notes.LONGEST_TAG, most=cluster_notes.MOST_TAGS)
        return _again(visit, "tag", why)
    return back(visit, "tagged")


def untag(visit: Visit) -> Response:
    """Take a tag off a cluster."""
    name = visit.sent.needed("tag")
    with visit.transaction() as session:
        cluster_notes.untag(session, visit.number, name, visit.actor)
    return back(visit, "untagged")


def note(visit: Visit) -> Response:
    """Write a note about a cluster."""
    say = visit.words.say
    try:
        # Browsers count a line's end as one character, and send two.
        text = visit.sent.needed_text("note", 2 * cluster_notes.LONGEST_NOTE)
        with visit.transaction() as session:
            cluster_notes.add_note(session, visit.number, text, visit.actor)
    except (BadForm, BadEdit):
        why = say("A note has 1 to {n} characters, and a cluster has {most} notes at most.")
        why = why.format(n=cluster_notes.LONGEST_NOTE, most=cluster_notes.MOST_NOTES)
        return _again(visit, "note", why)
    return back(visit, "noted")


def delete_note(visit: Visit) -> Response:
    """Delete a note of one's own."""
    number = visit.sent.number("note")
    with visit.transaction() as session:
        cluster_notes.delete_note(session, visit.number, number, visit.actor)
    return back(visit, "note_deleted")


def _may_block(visit: Visit) -> bool:
    """Tell whether they may leave people unanswered: nobody else needs to tell people apart."""
    return visit.visitor.may(Role.ADMIN)


def _again(visit: Visit, field: str, why: str) -> Response:
    """Show the cluster with what was written, and why it cannot be used."""
    return show(replace(visit, path=f"/clusters/{visit.number}"), {field: why})


def back(visit: Visit, said: str, of: int | None = None, **counts: int) -> Response:
    """Go back to where the act was done: the inbox's list, or the cluster's page.

    The list leads to what it is said ``of``.
    """
    searched = kept(visit.asked)
    if visit.sent.text("from") == "inbox":
        # Where the row stood, which may be gone from the list.
        row = visit.sent.number("row") if visit.sent.text("row") else visit.number
        of = visit.number if of is None else of
        return visit.to("/inbox", said, f"c{row}", of=of, **counts, **searched)
    return visit.to(f"/clusters/{visit.number}", said, "", **counts, **searched)
