"""Bound a page's markup, counted in one pass before it is parsed (pure)."""

import re
from typing import Final

#: Tags of a page. Real pages have thousands.
MAX_TAGS: Final = 100_000
#: Attributes of one tag. Real tags have a few dozen; libxml2 compares each with all before it.
MAX_ATTRIBUTES: Final = 200
#: Attributes of a page: five a tag.
MAX_ALL_ATTRIBUTES: Final = 5 * MAX_TAGS

_TAG = re.compile(r"<!--|</?([a-zA-Z][^\s/>]*+)")
#: A name, and a value in quotes or without: https://html.spec.whatwg.org/#attributes-2.
_ATTRIBUTE = re.compile(
    r"[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"?|'[^']*+'?|[^\s>]*+))?"
)
#: What stands in these is no markup, up to their own end.
_RAW: Final = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style")}


def excess(markup: str) -> str | None:
    """Return what ``markup`` has more of than is parsed, in words; None if it is within bounds.

    Depth is libxml2's to bound (it closes what is nested deeper than 256), length the readers'.
    """
    if markup.count("<") > MAX_TAGS:
        return f"more than {MAX_TAGS:,} tags"
    at = attributes = 0
    while tag := _TAG.search(markup, at):
        at = tag.end()
        if tag[1] is None:
            at = markup.find("-->", at)
            if at < 0:
                break
            continue
        before = attributes
        while attribute := _ATTRIBUTE.match(markup, at):
            at = attribute.end()
            attributes += 1
            if attributes - before > MAX_ATTRIBUTES:
                return f"a tag with more than {MAX_ATTRIBUTES:,} attributes"
        if attributes > MAX_ALL_ATTRIBUTES:
            return f"more than {MAX_ALL_ATTRIBUTES:,} attributes"
        raw = _RAW.get(tag[1].lower()) if not tag[0].startswith("</") else None
        if raw is not None:
            end = raw.search(markup, at)
            if end is None:
                break
            at = end.start()
    return None
