"""Extract a sentence's content words with polarity, its numbers and dates, for comparison."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from embeddings.text.normalisation import fold, visible
from embeddings.text.tokenisation import STOP_WORDS
from knowledge.agreement.calendar_points import Moment
from knowledge.agreement.concepts import concepts, is_listed
from knowledge.agreement.dates import moments
from knowledge.agreement.intervals import Quantity
from knowledge.agreement.multiword_names import name_at
from knowledge.agreement.negation import Operator, Stance, find_operators
from knowledge.agreement.quantities import quantities
from knowledge.agreement.tokens import Kind, Token, tokenise
from knowledge.corpus.extraction.attribution import attribution

_KEPT: Final = 512

#: Content words a "not" reaches at most before its clause is taken to be over.
_REACH: Final = 1

# Words that say that something is said, when, or how surely, but not what: a claim need not share
# them with a statement. None of them denies or doubts.
_ANY: Final = frozenset({fold("أي"), fold("أية"), "any"})
_LIGHT: Final = frozenset(
    fold(
        "تعادل يعادل تبلغ يبلغ بلغ بلغت تقدر يقدر بينهم وبينهم equals amounts estimated"
        " ال ما لسا لسه هاد هذي اللي يلي مشان عشان علشان بس شو ليش هلق دلوقتي عدد مجموع ضمن تحت"
        " يوجد توجد وجد سماه سماها يسمي تسمي بعدها وثق وثقت قرابه near mostly against number total"
        " قال قالت قالوا يقول تقول يقولون قائلا اكد اكدت يؤكد تؤكد اوضح اوضحت اضاف اضافت صرح"
        " صرحت ذكر ذكرت افاد افادت كشف كشفت شدد شددت اشار اشارت وفق وفقا بحسب حسب نقلا تقرير"
        " تقارير بيان خبر اخبار عاجل حاليا الان اليوم مؤخرا ايضا جدا فقط لقد بات باتت اصبح"
        " اصبحت صار صارت ظل يزال تزال زال زالت زالوا مازال هل ام اي حيث بينما لكن لكنه بل ثم"
        " حتى انهم انهن انك انني انا نحن انتم بانه بانها بان لان لانه كي لكي منه منها عنه عنها"
        " عليه عليها فيه فيها به بها له لها لهم بهم اليه اليها تم يتم جرى يجري قام قامت يقوم"
        " تقوم كل جميع احد تلك اولئك هناك هنا اذا لو قد سوف صحيح حقيقه فعلا حقا يعني نحو حوالي"
        " قرابه زهاء تقريبا مثل لدى الذين اللذين اللتين اللواتي اللاتي التى الى و ف ب ل ك وهو"
        " وهي وهم ومن وفي وعلى وان كان كانت كانوا يكون تكون سيكون وكان وكانت said says say"
        " confirmed confirms according report reports reported reportedly news breaking"
        " currently now today recently also very only really just still already than less"
        " about around nearly almost some there here who which what when where how then but so"
        " if do does did done can us we you i me my our your him her them into out up down"
        " over under after before during while since until all any each other such own same"
        " too s t d ll ve re m"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Word:
    """A content word: folded, its token's place, its span in the text, and whether it is denied.

    ``suspended`` marks a word that is only supposed, planned, feared or alleged; ``clause`` counts
    the clauses of the sentence; ``relative`` marks the word right after a relative pronoun, whose
    subject stands before it ("the group which declared"), ``future`` an Arabic verb of the future.
    """

    text: str
    place: int
    start: int
    end: int
    denied: bool
    suspended: bool
    clause: int
    relative: bool
    future: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything of a sentence that agreement is decided on.

    ``speaker`` holds the spans that name who is quoted, ``bare_numbers`` the numbers that measure
    nothing ("#68"); ``passive_agent`` tells that a doer is named behind a passive, ``restricts``
    that the sentence says "only".
    """

    text: str
    words: tuple[Word, ...]
    quantities: tuple[Quantity, ...]
    moments: tuple[Moment, ...]
    operators: tuple[Operator, ...]
    speaker: tuple[tuple[int, int], ...]
    bare_numbers: tuple[str, ...]
    folded: tuple[str, ...]
    arabic: bool
    passive_agent: bool
    restricts: bool

    def near(self, start: int, end: int, before: int, after: int) -> tuple[Word, ...]:
        """Return the content words next to a span: so many before it, so many after."""
        left = [w for w in self.words if w.end <= start][-before:] if before else []
        right = [w for w in self.words if w.start >= end][:after]
        return (*left, *right)


# "Ghika: …", as headlines quote: up to four words and a colon.
_QUOTED_BY: Final = re.compile(r"\s*((?:[^\s:]+\s+){0,3}[^\s:]+)\s*:\s")

_CLAUSE_MARKS: Final = frozenset('.,;:!?()[]{}"«»“”—–…؟')
# Words that open a clause of their own, which a "not" before them does not reach into.
_CLAUSE_WORDS: Final = frozenset(
    fold("بل لكن لكنه لكنها انما حيث بينما فيما كما اذ التي الذي الذين مما").split()
) | frozenset({"but", "while", "whereas", "although", "which", "who", "because", "mais", "qui"})
_ARABIC: Final = re.compile("[\u0621-\u064a]")
_FUTURE: Final = frozenset({"سي", "ست", "سن"})
_RELATIVE: Final = frozenset({"الذي", "التي", "الذين", "which", "who"})
_PASSIVE: Final = (("من", "قبل"), ("علي", "يد"), ("علي", "ايدي"), ("by",))


# "Only" makes a claim say more than its words: that nothing else is so.
_RESTRICTING: Final = frozenset(
    fold("فقط سوى الا وحده وحدها حصرا only solely exclusively alone just").split()
)


@lru_cache(maxsize=_KEPT)
def read(text: str) -> Reading:
    """Read ``text``. Never raises; beyond the parsers' bounds it is not read.

    Kept for a while: the statements people ask about are read again and again.
    """
    shown = visible(text)
    tokens = tokenise(shown)
    amounts, dates = quantities(shown), moments(shown)
    taken = [(q.start, q.end) for q in amounts] + [(m.start, m.end) for m in dates]
    acting = tuple(
        o for o in find_operators(tokens) if not any(s <= o.start and o.end <= e for s, e in taken)
    )
    return Reading(
        shown,
        _content(tokens, taken, acting),
        amounts,
        dates,
        acting,
        _speaker(shown),
        tuple(
            t.text
            for t in tokens
            if t.kind is Kind.NUMBER and not any(s <= t.start < e for s, e in taken)
        ),
        tuple(fold(t.text) for t in tokens),
        _ARABIC.search(shown) is not None,
        _passive(tokens),
        any(fold(t.text) in _RESTRICTING for t in tokens),
    )


def _content(
    tokens: Sequence[Token], taken: Sequence[tuple[int, int]], acting: Sequence[Operator]
) -> tuple[Word, ...]:
    operating = {place for o in acting for place in range(o.index, o.last + 1)}
    starts = {o.last: o.stance for o in acting}
    found: list[Word] = []
    clause = 0
    reach, rest_denied, suspended = 0, False, False
    folded = [fold(token.text) if token.kind is Kind.WORD else "" for token in tokens]
    named_until, denied_in = 0, -1
    relative = False
    for place, token in enumerate(tokens):
        if place < named_until:
            continue
        if token.kind is Kind.MARK:
            if token.text in _CLAUSE_MARKS:
                clause, reach = clause + 1, 0
                # A denial or doubt of what follows survives a comma or an opening quote.
                if token.text in ".;!?؟":
                    rest_denied = suspended = False
            continue
        text, end = folded[place], token.end
        if place in starts:
            stance = starts[place]
            if stance is Stance.DENIES_NEXT:
                reach, denied_in = 0 if reach else _REACH, clause
            elif stance is Stance.DENIES_REST:
                rest_denied = not rest_denied
            elif stance is Stance.SUSPENDS:
                suspended = True
            continue
        if place in operating:
            continue
        if text in _CLAUSE_WORDS:
            clause, reach = clause + 1, 0
            relative = text in _RELATIVE
            if text in ("بل", "لكن", "لكنه", "لكنها", "but", "mais"):
                rest_denied = suspended = False
            continue
        if text in _ANY and clause == denied_in:
            # "Recorded no case", "لم تسجل أي إصابة": the denial is of the thing, too.
            reach = _REACH
            continue
        name = name_at(folded, place) if text else None
        if name is not None:
            named_until, text = place + name[0], name[1]
            end = tokens[named_until - 1].end
        elif _skipped(token, text) or any(s <= token.start < e for s, e in taken):
            continue
        denied = (reach > 0) != rest_denied
        found.append(
            Word(text, place, token.start, end, denied, suspended, clause, relative, _future(text))
        )
        relative = False
        reach = max(reach - 1, 0)
    return tuple(found)


def _future(text: str) -> bool:
    """Tell whether an Arabic word is a verb with the future's prefix: ستسحب, not سيطرة."""
    return text[:2] in _FUTURE and not is_listed(text) and bool(concepts(text[1:]))


def _skipped(token: Token, text: str) -> bool:
    # A lone Arabic letter is a clitic come off; a lone Latin one is part of a name ("R & B").
    if token.kind is not Kind.WORD or (len(text) < 2 and not text.isascii()):
        return True
    bare = text[1:] if text[0] in "وف" and len(text) > 2 else text
    return text in STOP_WORDS or text in _LIGHT or bare in STOP_WORDS or bare in _LIGHT


def _speaker(text: str) -> tuple[tuple[int, int], ...]:
    """Return the spans that name who a sentence quotes: "Ghika said that …", "كيكا: …"."""
    heading = _QUOTED_BY.match(text)
    if heading:
        return (heading.span(1),)
    found = attribution(text)
    if found is None or not found.name:
        return ()
    at = text.find(found.name)
    return ((at, at + len(found.name)),) if at >= 0 else ()


def _passive(tokens: Sequence[Token]) -> bool:
    """Tell whether somebody is named as the doer behind a passive ("by", "من قبل")."""
    words = [fold(t.text) for t in tokens]
    return any(
        tuple(words[i : i + len(form)]) == form for i in range(len(words)) for form in _PASSIVE
    )
