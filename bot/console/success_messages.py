"""Say after an act what was done. An address can name nothing else."""

from collections.abc import Callable

from bot.console.errors import BadForm
from bot.console.forms import Form


def describe_success(asked: Form, say: Callable[[str], str]) -> str:
    """Return the line for ``said`` in an address; empty for what no page of ours said."""
    lines = {
        "granted": say("The role was granted."),
        "revoked": say("The role was taken away, and their sessions ended."),
        "ended": say("Their sessions were ended: {n}."),
        "blocked": say("The bot will not reply to this person until then."),
        "unblocked": say("They are answered again."),
        "undone": say("It was taken back."),
        "assigned": say("The cluster was assigned."),
        "unassigned": say("The cluster is nobody's now."),
        "snoozed": say("The cluster was put off."),
        "rejected": say("The cluster was rejected. People who are told: {n}."),
        "reopened": say("The cluster is open again. People who hear so: {n}."),
        "reopened_unanswered": say("The claim is open again, and its answer is taken back."),
        "search_saved": say("The search was saved."),
        "search_deleted": say("The search was deleted."),
        "several_assigned": say("Clusters assigned: {n}."),
        "several_snoozed": say("Clusters put off: {n}."),
        "several_rejected": say("Clusters rejected: {n}."),
        "several_merged": say("Clusters merged into another: {n}."),
        "split": say("The claims have a cluster of their own now: this one."),
        "merged": say("The clusters are one now."),
        "tagged": say("The tag was added."),
        "untagged": say("The tag was removed."),
        "noted": say("The note was kept."),
        "note_deleted": say("The note was deleted."),
        "answered": say("Published. People who are told: {n}."),
        "unsent": say("It was taken back. Nothing was sent."),
        "attached": say("The statement was attached to the claims."),
        "detached": say("The statement was detached from the claims."),
        "kept": say("The report is saved. Choose what it states."),
        "known": say("This report is known already: here it is."),
        "several": say("Reports saved: {n}."),
        "added": say("Statements added as drafts: {n}."),
        "edited": say("The change is saved."),
        "unchanged": say("Nothing was changed."),
        "reviewed": say("Statements reviewed: {n}."),
        "published": say("Statements published: {n}."),
        "retracted": say("Statements retracted: {n}."),
        "discarded": say("Statements discarded: {n}."),
        "recheck": say("The date was noted."),
        "one": say("The statements are one now."),
        "feed": say("The feed was added."),
        "feed_changed": say("The feed was changed."),
        "polled": say("The feed was read. New reports: {n}."),
        "proposed": say("It waits for a second person. Until then nothing changes."),
        "approved": say("It was approved, and done."),
        "declined": say("It was declined. Everything stays as it is."),
        "withdrawn": say("It was withdrawn."),
        "trust": say("The publisher was changed."),
    }
    try:
        line = lines.get(asked.text("said"), "")
        return line.format(n=asked.number("n")) if "{n}" in line else line
    except BadForm:
        return ""
