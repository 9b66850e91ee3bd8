"""Handle several clusters at once; what changes messages to people is previewed first."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial, wraps

from starlette.responses import Response

from bot.console import previews
from bot.console.claim_queue_view import list_query_fields
from bot.console.errors import BadForm
from bot.console.forms import Form
from bot.console.pages import claim_queue
from bot.console.pages.clusters import read_assignee, read_snooze_end
from bot.console.requests import Handler, Visit
from knowledge.claim_queue import cluster_actions
from knowledge.curation import bulk_actions
from knowledge.curation.bulk_actions import Act, Foreseen, Refused
from knowledge.domain import RejectReason


def _keep_form(handler: Handler) -> Handler:
    """Show the inbox again with its selection if a field is invalid."""

    @wraps(handler)
    def kept_open(visit: Visit) -> Response:
        try:
            return handler(visit)
        except BadForm as error:
            problem = _problems(visit.words.say).get(error.field)
            if problem is None:
                raise
            return claim_queue.show(visit, problem=problem, code=400)

    return kept_open


@_keep_form
def assign(visit: Visit) -> Response:
    """Assign clusters to a colleague, or to nobody."""
    ids, assignee = _read_selection(visit), read_assignee(visit)
    act = partial(cluster_actions.assign, assignee=assignee, actor=visit.actor)
    return _apply_to_each(visit, "several_assigned", ids, act)


@_keep_form
def snooze(visit: Visit) -> Response:
    """Snooze clusters until a date."""
    ids, until = _read_selection(visit), read_snooze_end(visit)
    act = partial(cluster_actions.snooze, until=until, actor=visit.actor)
    return _apply_to_each(visit, "several_snoozed", ids, act)


@_keep_form
def preview_rejection(visit: Visit) -> Response:
    """Show which clusters would be rejected, and how many people would be notified."""
    ids, why = _read_selection(visit), visit.sent.chosen("why", RejectReason)
    foreseen = visit.do(
        bulk_actions.foresee, ids, visit.sent.number("seen"), _make_rejection(visit, why), visit.now
    )
    return _show_preview(visit, "several_rejected", foreseen, why=why)


@_keep_form
def reject(visit: Visit) -> Response:
    """Reject clusters."""
    ids, why = _read_selection(visit), visit.sent.chosen("why", RejectReason)
    return _apply_to_each(visit, "several_rejected", ids, _make_rejection(visit, why))


@_keep_form
def preview_merge(visit: Visit) -> Response:
    """Show which clusters would be merged, and let the remaining one be chosen."""
    ids, seen = _read_selection(visit, least=2), visit.sent.number("seen")
    keep, foreseen = visit.do(bulk_actions.foresee_merge, ids, seen, visit.actor, visit.now)
    return _show_preview(visit, "several_merged", foreseen, keep=keep)


@_keep_form
def merge(visit: Visit) -> Response:
    """Merge clusters into one of them."""
    ids, keep = _read_selection(visit, least=2), visit.sent.number("keep")
    if keep not in ids:
        raise BadForm("cluster", "the one that is kept was not ticked")
    seen = visit.sent.number("seen")
    refused = bulk_actions.merge_each(visit.do, ids, keep, seen, visit.actor)
    return _return_to_list(visit, "several_merged", [n for n in ids if n != keep], refused)


def _make_rejection(visit: Visit, why: RejectReason) -> Act:
    return partial(cluster_actions.reject, why=why, actor=visit.actor, held=visit.services.undo_for)


def _apply_to_each(visit: Visit, said: str, ids: Sequence[int], act: Act) -> Response:
    """Apply an act to each cluster, and report how many."""
    refused = bulk_actions.do_each(visit.do, ids, visit.sent.number("seen"), act)
    return _return_to_list(visit, said, ids, refused)


def _read_selection(visit: Visit, least: int = 1) -> list[int]:
    ids = visit.sent.numbers("cluster")
    if not least <= len(ids) <= claim_queue.PAGE:
        raise BadForm("cluster" if least == 1 else "clusters", "too few or too many were ticked")
    return ids


def _show_preview(
    visit: Visit,
    said: str,
    foreseen: Foreseen,
    why: RejectReason | None = None,
    keep: int | None = None,
) -> Response:
    """Show the effects of an act; if there are none, say why on the list."""
    if len(foreseen.clusters) <= (keep is not None):
        return _return_to_list(visit, said, (), foreseen.refused)
    return replace(visit, path="/inbox").page(
        "bulk.html",
        foreseen=foreseen,
        notifications=previews.preview_for_readers(foreseen.readers, visit.now.date()),
        held=visit.services.held_seconds,
        refused=claim_queue.explain_refused(visit, foreseen.refused),
        seen=visit.sent.number("seen"),
        why=why,
        keep=keep,
    )


def _return_to_list(
    visit: Visit, said: str, ids: Sequence[int], refused: Sequence[Refused]
) -> Response:
    """Return to the list; show there which clusters were refused and why."""
    done = len(set(ids) - {each.cluster_id for each in refused})
    if not refused:
        return visit.to("/inbox", said, n=done, **list_query_fields(visit.asked))
    told = Form({**visit.asked.fields, "said": [said], "n": [str(done)]})
    return claim_queue.show(replace(visit, asked=told), refused=refused, code=200 if done else 409)


def _problems(say: Callable[[str], str]) -> dict[str, str]:
    return {
        "cluster": say("Tick between 1 and {most} clusters.").format(most=claim_queue.PAGE),
        "clusters": say("Tick between 2 and {most} clusters to merge them.").format(
            most=claim_queue.PAGE
        ),
        "until": say("Choose a day within a year from now."),
        "assignee": say("Choose a colleague who holds a role."),
        "why": say("Choose why they are rejected."),
    }
