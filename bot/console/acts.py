"""Entries of the audit as a moderator reads them."""

from collections.abc import Callable, Iterator
from typing import Final

from knowledge.audit import Entry
from knowledge.models import SubjectKind

#: Where the page of a subject is; those that are absent have none of their own.
_PLACES: Final = {
    SubjectKind.STATEMENT: "/statements/{}",
    SubjectKind.REPORT: "/reports/{}",
    SubjectKind.CLUSTER: "/clusters/{}",
}


def act_name(action: str, say: Callable[[str], str]) -> str:
    """Name what was done."""
    names = {
        "added": say("Added"),
        "reviewed": say("Reviewed"),
        "published": say("Published"),
        "retracted": say("Retracted"),
        "discarded": say("Discarded"),
        "edited": say("Edited"),
        "merged": say("Merged"),
        "split": say("Split"),
        "recheck set": say("Date to look again"),
        "attached": say("Verdict given"),
        "detached": say("Verdict taken back"),
        "answered": say("Published and told"),
        "assigned": say("Assigned"),
        "snoozed": say("Postponed"),
        "rejected": say("Rejected"),
        "reopened": say("Reopened"),
        "granted": say("Role granted"),
        "revoked": say("Role taken away"),
        "blocked": say("Blocked"),
        "unblocked": say("Unblocked"),
        "trusted": say("Trusted"),
        "distrusted": say("Trusted no more"),
        "moved": say("Moved with its report"),
        "removed": say("Removed"),
        "paused": say("Paused"),
        "resumed": say("Resumed"),
        "undone": say("Taken back"),
    }
    return names.get(action, action)


def place_of(entry: Entry) -> str | None:
    """Return the address of what an entry is about, None if it has no page."""
    pattern = _PLACES.get(entry.subject)
    usable = pattern is not None and entry.subject_id.isdecimal()
    return pattern.format(entry.subject_id) if pattern is not None and usable else None


def differences(entry: Entry) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield what was changed: its name, how it was and how it is."""
    before, after = entry.before or {}, entry.after or {}
    for name in dict.fromkeys((*before, *after)):
        was, is_now = before.get(name), after.get(name)
        if was != is_now:
            yield name, _text(was), _text(is_now)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
