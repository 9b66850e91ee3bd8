"""From what a moderator sends with /add to a report (pure, but for the reading of addresses)."""

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from knowledge.corpus.readers import fields
from knowledge.corpus.readers.fields import FieldError
from knowledge.domain import ReportDraft
from knowledge.text.language import guess_language
from knowledge.text.plain_text import plain_text, single_line

#: Reads the reports at a web address, at least one. Raises FetchError or UnreadableFile.
Reading: TypeAlias = Callable[[str], Sequence[ReportDraft]]

#: Reports of one address that are taken: a page seldom holds more, a feed is polled.
MOST_REPORTS: Final = 20

#: Characters of a first line that is taken for a title; a longer one is the text itself.
TITLE: Final = 300
_CLUSTER = re.compile(r"#([0-9]{1,18})(?:\s+|$)")
_ADDRESS = re.compile(r"https?://\S+")


def row_number(text: str) -> int | None:
    """Return the number that a person or a button wrote, None if it is none a row could have."""
    if text.isascii() and text.isdecimal() and len(text) < 19:
        return int(text)
    return None


def cluster_named(argument: str) -> tuple[int | None, str]:
    """Return the cluster that ``#NUMBER`` in front names, if any, and what comes after it."""
    named = _CLUSTER.match(argument)
    if named is None:
        return None, argument.strip()
    return int(named[1]), argument[named.end() :].strip()


def is_address(content: str) -> bool:
    """Tell whether what was sent is the address of a report, not the report."""
    return _ADDRESS.fullmatch(content) is not None


def read_pasted(text: str) -> ReportDraft:
    """Return the report in a pasted text: its first line is the title if more follows it.

    A line that is nothing but an address is the report's.
    """
    lines = [line.strip() for line in plain_text(text).split("\n")]
    link = next((line for line in lines if _address(line)), None)
    kept = "\n".join(line for line in lines if line != link).strip()
    title, _, body = kept.partition("\n")
    if not body.strip() or len(title) > TITLE:
        title, body = "", kept
    body = body.strip()
    return ReportDraft(
        title=single_line(title),
        url=_address(link) if link else None,
        language=guess_language(body),
        body=body,
    )


def _address(line: str) -> str | None:
    """Return the address that a line is, None if it is none that people may follow."""
    try:
        return fields.url_of(line, "url") if _ADDRESS.fullmatch(line) else None
    except FieldError:
        return None
