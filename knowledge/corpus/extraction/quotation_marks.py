"""Find quotations: no sentence is cut and no speaker sought within one."""

import re

from knowledge.domain import Span

# Longer "quotations" are mostly a lost closing mark; cutting inside them does less harm than
# swallowing the rest of the report.
MAX_QUOTATION = 300

# ”…“ is how Arabic word processors often turn the English pair around.
_CLOSING = {'"': '"', "«": "»", "“": "”", "”": "“", "„": "“”", "‹": "›"}
_MARK = re.compile('["«»“”„‹›]')

OPENING_MARKS = frozenset(_CLOSING)
MARKS = frozenset(OPENING_MARKS | {"»", "›"})


def quotations(text: str) -> tuple[Span, ...]:
    """Find the quotations of at most ``MAX_QUOTATION`` characters, marks included, in order.

    A mark without its partner is taken for a stray and ignored.
    """
    found: list[Span] = []
    opened: re.Match[str] | None = None
    for mark in _MARK.finditer(text):
        if opened is not None and mark.start() - opened.start() > MAX_QUOTATION:
            opened = None
        if opened is None:
            opened = mark if _opens(text, mark) else None
        elif mark.group() in _CLOSING[opened.group()]:
            found.append(Span(opened.start(), mark.end()))
            opened = None
    return tuple(found)


def _opens(text: str, mark: re.Match[str]) -> bool:
    """Tell an opening mark from one that lost its partner."""
    if mark.group() not in OPENING_MARKS:
        return False
    if mark.group() not in '"”':
        return True
    before = text[mark.start() - 1 : mark.start()]
    after = text[mark.end() : mark.end() + 1]
    if mark.group() == "”":
        return not before.strip() and bool(after.strip())
    return not before.strip() or bool(after.strip() and (after.isalnum() or after in "#…."))
