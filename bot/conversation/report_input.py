"""Parse what a moderator sends with /add into a report (pure)."""

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from knowledge.corpus.readers import fields
from knowledge.corpus.readers.fields import FieldError
from knowledge.domain import ReportDraft
from knowledge.text.language import guess_language
from knowledge.text.plain_text import plain_text, single_line

#: Reads the reports at a URL, at least one. Raises FetchError or UnreadableFile.
Reading: TypeAlias = Callable[[str], Sequence[ReportDraft]]

#: Maximum reports from one URL: a page seldom holds more, and a feed should be polled.
MOST_REPORTS: Final = 20

#: Maximum characters of a title: a longer first line is part of the text.
TITLE: Final = 300
_CLUSTER = re.compile(r"#([0-9]{1,18})(?:\s+|$)")
_ADDRESS = re.compile(r"https?://\S+")


def parse_row_number(text: str) -> int | None:
    """Parse a row id; None if no row could have it."""
    if text.isascii() and text.isdecimal() and len(text) < 19:
        return int(text)
    return None


def split_cluster_reference(argument: str) -> tuple[int | None, str]:
    """Split a leading ``#NUMBER`` of a cluster, if any, from the rest."""
    named = _CLUSTER.match(argument)
    if named is None:
        return None, argument.strip()
    return int(named[1]), argument[named.end() :].strip()


def is_address(content: str) -> bool:
    """Return whether the text is a report's URL rather than the report itself."""
    return _ADDRESS.fullmatch(content) is not None


def read_pasted(text: str) -> ReportDraft:
    """Parse a pasted report: the first line is the title if more follows.

    A line that is only a URL is the report's URL.
    """
    lines = [line.strip() for line in plain_text(text).split("\n")]
    link = next((line for line in lines if _parse_url(line)), None)
    kept = "\n".join(line for line in lines if line != link).strip()
    title, _, body = kept.partition("\n")
    if not body.strip() or len(title) > TITLE:
        title, body = "", kept
    body = body.strip()
    return ReportDraft(
        title=single_line(title),
        url=_parse_url(link) if link else None,
        language=guess_language(body),
        body=body,
    )


def _parse_url(line: str) -> str | None:
    """Return the URL that a line consists of; None if it is not a web URL."""
    try:
        return fields.url_of(line, "url") if _ADDRESS.fullmatch(line) else None
    except FieldError:
        return None
