"""Return the success message of an act; a query can select nothing but these."""

from collections.abc import Callable

from bot.console.errors import BadForm
from bot.console.forms import Form


def describe_success(asked: Form, say: Callable[[str], str]) -> str:
    """Return the message that the query's ``said`` names; empty if it is unknown."""
    lines = {
        "granted": say("The role was granted."),
        "revoked": say("The role was removed and their sessions were ended."),
        "ended": say("Their sessions were ended: {n}."),
        "blocked": say("The bot will not reply to this person until then."),
        "unblocked": say("The person is unblocked."),
        "undone": say("It was undone."),
        "assigned": say("The cluster was assigned."),
        "unassigned": say("The cluster is unassigned."),
        "snoozed": say("The cluster was snoozed."),
        "rejected": say("The cluster was rejected. People who are told: {n}."),
        "reopened": say("The cluster is open again. People who are told: {n}."),
        "reopened_unanswered": say("The claim is open again, and its answer is taken back."),
        "search_saved": say("The search was saved."),
        "search_deleted": say("The search was deleted."),
        "several_assigned": say("Clusters assigned: {n}."),
        "several_snoozed": say("Clusters snoozed: {n}."),
        "several_rejected": say("Clusters rejected: {n}."),
        "several_merged": say("Clusters merged into another: {n}."),
        "split": say("The claims were split off into this cluster."),
        "merged": say("The clusters were merged."),
        "tagged": say("The tag was added."),
        "untagged": say("The tag was removed."),
        "noted": say("The note was saved."),
        "note_deleted": say("The note was deleted."),
        "answered": say("Published. People who are told: {n}."),
        "unsent": say("It was taken back. Nothing was sent."),
        "attached": say("The statement was attached to the claims."),
        "detached": say("The statement was detached from the claims."),
        "kept": say("The report is saved. Choose its statements."),
        "known": say("This report exists already: here it is."),
        "several": say("Reports saved: {n}."),
        "added": say("Statements added as drafts: {n}."),
        "edited": say("The change is saved."),
        "unchanged": say("Nothing was changed."),
        "reviewed": say("Statements reviewed: {n}."),
        "published": say("Statements published: {n}."),
        "retracted": say("Statements retracted: {n}."),
        "discarded": say("Statements discarded: {n}."),
        "recheck": say("The date was noted."),
        "one": say("The statements were merged."),
        "feed": say("The feed was added."),
        "feed_changed": say("The feed was changed."),
        "polled": say("The feed was read. New reports: {n}."),
        "proposed": say("It waits for a second person. Until then nothing changes."),
        "approved": say("It was approved and done."),
        "declined": say("It was declined. Everything stays as it is."),
        "withdrawn": say("It was withdrawn."),
        "trust": say("The publisher was changed."),
    }
    try:
        line = lines.get(asked.text("said"), "")
        return line.format(n=asked.number("n")) if "{n}" in line else line
    except BadForm:
        return ""
