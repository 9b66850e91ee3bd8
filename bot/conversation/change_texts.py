"""Describe the changes of an act, field by field (pure)."""

from collections.abc import Callable, Iterator
from typing import Final

from knowledge.storage.audit_log import Entry

#: Fields that are not shown: a span is visible in the text itself.
_UNSAID: Final = frozenset({"span_start", "span_end"})


def list_changes(entry: Entry) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield each changed field: its name, the old value and the new one."""
    before, after = entry.before or {}, entry.after or {}
    for name in dict.fromkeys((*before, *after)):
        was, is_now = before.get(name), after.get(name)
        if was != is_now and name not in _UNSAID:
            yield name, _format_value(name, was), _format_value(name, is_now)


def name_field(name: str, say: Callable[[str], str]) -> str:
    """Return a field's name for people; the field's own name if it has no translation."""
    names = {
        "text": say("Words"),
        "speaker": say("Speaker"),
        "rating": say("Rating"),
        "rating_text": say("The rating in the fact-checker’s words"),
        "as_of": say("As of"),
        "status": say("Status"),
        "answer": say("Its answer"),
        "held_by": say("Assigned to"),
        "reviewed_by": say("Reviewed by"),
        "merged_into": say("Part of"),
        "recheck_by": say("Review date"),
        "title": say("Title"),
        "publisher": say("Publisher"),
        "url": say("Address"),
        "published_at": say("Date"),
        "language": say("Language"),
        "kind": say("Kind"),
        "body": say("Text"),
        "statement": say("Statement"),
        "relation": say("Relation to the claim"),
        "source": say("Publisher"),
        "homepage": say("Homepage"),
        "minutes": say("Minutes between readings"),
        "feeds": say("Feeds"),
        "trusted": say("Trusted"),
        "paused": say("Paused"),
        "cluster": say("Cluster"),
        "role": say("Role"),
        "name": say("Name that colleagues know"),
        "reason": say("Reason for the audit log"),
        "told": say("People who are told"),
        "tag": say("Tag"),
        "assignee": say("Assigned to"),
        "reject_reason": say("Reason"),
        "snoozed_until": say("Snooze until"),
        "claims": say("Wordings"),
        "note": say("Note"),
        "telegram_id": say("Telegram id"),
        "key": say("Person"),
        "days": say("Days"),
        "until": say("Snooze until"),
        "assigned": say("Assigned to"),
        "other": say("The other one"),
        "claim": say("Wordings"),
        "id": say("Statements"),
        "proposal": say("Other possible statements"),
        "marked": say("The quote, exactly as in the text"),
        "words": say("The quote, exactly as in the text"),
        "parts": say("Its parts, one per line"),
        "choice": say("Statement"),
        "why": say("Reason"),
        "by": say("Review date"),
        "file": say("File"),
        "people": say("People, at least"),
        "growth": say("Growth in a day, at least"),
        "outcome": say("What people were told"),
        "tab": say("Parts of the inbox"),
        "order": say("Sorting"),
        "q": say("Search"),
        "keep": say("Cluster"),
        "clusters": say("Clusters"),
        "note_ar": say("Note"),
        "note_en": say("Note"),
        "note_fr": say("Note"),
    }
    return names.get(name, name)


def _format_value(name: str, value: object) -> str | None:
    if name == "claims" and isinstance(value, list):
        # Ids mean nothing to a reader.
        return str(len(value))
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, dict):
        return " · ".join(f"{name}: {text}" for name, text in value.items())
    if isinstance(value, list):
        return " · ".join(map(str, value))
    return None if value is None else str(value)
