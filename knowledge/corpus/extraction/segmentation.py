"""Segment a report's body into sentences with their offsets.

Rules rather than a trained model: they can be read, they work offline, and a wrong cut can be
traced to one line. Everything looks at a bounded window, so time is linear.
"""

import re
from collections.abc import Iterator

from knowledge.corpus.extraction.quotation_marks import quotations
from knowledge.corpus.extraction.word_spans import fold, keys
from knowledge.domain import Span

# Ten times the longest newspaper feature; what comes after is not read.
MAX_CHARACTERS = 1_000_000

_LINE = re.compile("[^\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
_WRAPPED = ("\n", "\r\n")
_INVISIBLE = "\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
_TERMINATORS = re.compile("[.…!?؟]+|؛")
_CLOSERS = re.compile(f'["”»’›)\\]{_INVISIBLE}]*')
_PARENTHESIS = re.compile(r"\([^()]{0,200}\)|\[[^\[\]]{0,200}\]")
_URL = re.compile(r"(?:https?://|www\.)\S*[^\s.,;:!?؟،؛…\"»”)\]]")
# Leftovers of joins and list markers in front of a sentence. A dash counts only when set apart:
# "-5" is a number.
_LEADING = re.compile(
    rf"(?:[\s,،;؛.|{_INVISIBLE}•·▪●■◦‣]|[-–—*](?=\s))*(?:\(?[0-9٠-٩]{{1,2}}[.)]\s+)?"
)
_TRAILING = re.compile(rf"[\s{_INVISIBLE}]")
_SPACE = re.compile(rf"[\s{_INVISIBLE}]*")
_NEXT_WORD = re.compile(r"[^\W_]+")
_NOT_IN_WORD = re.compile(r"[\s\"«»“”()\[\]،,:]")
_CLAUSE_MARK = re.compile(r"[؛،;,](?=\s)")
_LIST_NUMBER = re.compile(r"\(?[0-9٠-٩]{1,2}|[A-Za-z]")
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_ARABIC = re.compile("[\u0620-\u064a\u066e-\u06d3\ufb50-\ufdff\ufe70-\ufefc]")

_ARABIC_TITLES_AND = keys("ود وم وا")

# A word before a full stop is looked at this far back.
_WINDOW = 24

# Always followed by what they introduce.
_TITLES = keys(
    "adm brig capt cmdr col cpl dr fr gen gov hon lt maj messrs mgr mlle mm mme mr mrs ms "
    "pres prof rep rev sen sgt spc ste supt vs cf approx e.g i.e"
)
_BEFORE_NUMBER = keys("no nos nr fig pp vol art para sec")
# May end a sentence; they do so only before a word that commonly starts one.
_ABBREVIATIONS = keys(
    "jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun inc ltd "
    "corp co jr sr st ave dept est etc u.s u.k u.n e.u a.m p.m ph.d"
)
_STARTERS = keys(
    "the a an he she it they we i you this that these those in on at but and however "
    "meanwhile there their his her its after before since when while as if although "
    "according all most some many no more le la les il elle"
)
# After "؛" these lean on the clause before; cut off they would say something else.
_LEANING = keys(
    "لان لانه لانها اذ حيث مما ان وان انه وانه انها وانها بل لكن ولكن بسبب نتيجه كي لكي "
    "حتي وذلك وهو وهي فيما بينما الا ما وما من ومن اي مثل مع كما"
)
# Bare, after a closed quotation, these tell who said it.
_SAYS = keys("قال قالت يقول تقول هكذا بحسب وفق وفقا حسب")
_MIN_CLAUSE = 40
# A list marker with the leftovers of a join before it.
_MARKER = 8


def sentences(body: str) -> tuple[Span, ...]:
    """Cut a body into sentences.

    Returns half-open spans, ordered and disjoint; ``body[span.start:span.end]`` is stripped and
    never empty. At most ``MAX_CHARACTERS`` are read; a sentence that runs over that edge is left
    out rather than cut.
    """
    considered = body[:MAX_CHARACTERS]
    found: list[Span] = []
    for paragraph in _paragraphs(considered):
        text = considered[paragraph.start : paragraph.end]
        start = 0
        for cut in (*_cuts(text), len(text)):
            trimmed = _trim(text, start, cut)
            if trimmed is not None:
                found.append(Span(paragraph.start + trimmed.start, paragraph.start + trimmed.end))
            start = cut
    if len(body) > MAX_CHARACTERS and found and found[-1].end == MAX_CHARACTERS:
        found.pop()
    return tuple(found)


def clauses(text: str, limit: int) -> tuple[Span, ...]:
    """Cut an overlong sentence at "؛" or commas into parts of at most ``limit`` characters.

    Never inside a quotation. Parts that stay longer than ``limit`` are left out.
    """
    kept = iter(quotations(text))
    quotation = next(kept, None)
    places: list[int] = []
    for mark in _CLAUSE_MARK.finditer(text):
        while quotation is not None and quotation.end <= mark.start():
            quotation = next(kept, None)
        if quotation is None or mark.start() < quotation.start:
            places.append(mark.end())
    parts: list[Span] = []
    start = 0
    last = 0
    for place in (*places, len(text)):
        if place - start > limit and last > start:
            parts.append(Span(start, last))
            start = last
        last = place
    parts.append(Span(start, len(text)))
    trimmed = (_trim(text, part.start, part.end) for part in parts)
    return tuple(part for part in trimmed if part is not None and part.end - part.start <= limit)


def _paragraphs(body: str) -> Iterator[Span]:
    """Yield lines, with a line that merely wraps (it goes on in lower case) put back together."""
    current: Span | None = None
    for line in _LINE.finditer(body):
        if current is not None:
            wraps = (
                body[current.end : line.start()] in _WRAPPED
                and body[line.start()].islower()
                and (body[current.end - 1].isalnum() or body[current.end - 1] in ",-")
            )
            if wraps:
                current = Span(current.start, line.end())
                continue
            yield current
        current = Span(line.start(), line.end())
    if current is not None:
        yield current


def _trim(text: str, start: int, end: int) -> Span | None:
    """Shrink a range to what is said in it; None if that is nothing."""
    lead = _LEADING.match(text, start, end)
    if lead is not None:
        start = lead.end()
    while end > start and _TRAILING.match(text, end - 1):
        end -= 1
    while start < end and _TRAILING.match(text, start):
        start += 1
    return Span(start, end) if any(map(str.isalnum, text[start:end])) else None


def _cuts(text: str) -> Iterator[int]:
    """Yield the places where a sentence of this paragraph ends and another one follows."""
    whole = _unbreakable(text)
    at = 0
    start = 0
    for run in _TERMINATORS.finditer(text):
        while at < len(whole) and whole[at].end <= run.start():
            at += 1
        closed = _CLOSERS.match(text, run.end())
        cut = closed.end() if closed is not None else run.end()
        inside = at < len(whole) and whole[at].start < run.start()
        if inside and whole[at].end > cut:
            continue
        if _ends_sentence(text, start, run, cut, inside):
            yield cut
            start = cut


def _unbreakable(text: str) -> list[Span]:
    """Short quotations, parentheses and addresses, overlaps merged, in order."""
    spans = [
        *quotations(text),
        *(Span(*found.span()) for found in _PARENTHESIS.finditer(text)),
        *(Span(*found.span()) for found in _URL.finditer(text)),
    ]
    merged: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        if merged and span.start < merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def _ends_sentence(text: str, start: int, run: re.Match[str], cut: int, inside: bool) -> bool:
    marks = run.group()
    joined = text[cut : cut + 1] in (",", "،")
    space = _SPACE.match(text, cut + joined)
    following = space.end() if space is not None else cut
    if following >= len(text):
        return True
    spaced = following > cut
    next_character = text[following]
    if next_character.islower() or next_character in ".…!?؟؛)]":
        return False
    next_word = _NEXT_WORD.match(text, following)
    next_key = fold(next_word.group()) if next_word is not None else ""
    arabic = _ARABIC.match(next_character) is not None
    if marks == "؛":
        return not inside and run.start() - start >= _MIN_CLAUSE and next_key not in _LEANING
    if set(marks) & set("!?؟"):
        return spaced and not (inside and arabic)
    if len(marks) > 1 or marks == "…":
        # An ellipsis is a pause unless a capital shows that a new sentence begins.
        return spaced and next_character.isupper()
    if inside and next_key in _SAYS:
        return False
    return _full_stop(text, start, run.start(), following, next_key, spaced=spaced)


def _full_stop(
    text: str, start: int, dot: int, following: int, next_key: str, *, spaced: bool
) -> bool:
    """Tell a full stop from the point of a number, an abbreviation, an initial or a list."""
    window = text[max(start, dot - _WINDOW) : dot]
    before = _NOT_IN_WORD.split(window)[-1]
    if not spaced:
        # No space follows: a decimal, an address, an acronym; or careless Arabic typing.
        return (
            len(before.rpartition(".")[2]) > 2
            and _ARABIC.match(text, dot - 1) is not None
            and _ARABIC.match(text, following) is not None
            and text[following + 1 : following + 2] != "."
        )
    if dot - start <= _MARKER and _LIST_NUMBER.fullmatch(text[start:dot].strip(" \t,،.")):
        return False
    key = fold(before).lstrip("(-'")
    if key in _TITLES or (key in _BEFORE_NUMBER and text[following].isdigit()):
        return False
    if _DOTTED.fullmatch(key) or key in _ABBREVIATIONS:
        return next_key in _STARTERS
    if key in _ARABIC_TITLES_AND:
        return False
    if len(key) == 1 and key.isalpha():
        if _ARABIC.match(key):
            # "د. أحمد" is a title, "2019 م. وقال" is a year or a unit.
            number = window[: -len(before)].rstrip()[-1:]
            return number.isdigit() or "ـ" in before
        return next_key in _STARTERS
    return True
