"""Numbers written in digits or words, Arabic, English and (simple ones) French.

Digits: ``٫`` and ``ر`` between digits are decimal points; ``٬``, ``'`` and spaces between groups of
three are separators. Of ``,`` and ``.``: where both occur the last is the decimal point; one that
occurs several times separates thousands; a single comma before exactly three digits separates
thousands (``3,400``), any other is a decimal comma (``99,5``); a single point is a decimal point
(``1.234``) unless three digits that end in ``00`` follow (``6.000``): nobody writes such fractions.

Words are read term by term: a term joins the number so far only where grammar allows it there, so
``ثلاثة وأربعة`` are two numbers and ``ثلاثة وأربعين`` is one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from knowledge.agreement.fractions import FRACTIONS, read_fraction
from knowledge.agreement.number_lexicon import ARTICLES, EITHER, LABELS, OF, WORDS, Term, lookup
from knowledge.agreement.quantity_words import ORDINAL_SUFFIXES
from knowledge.agreement.tokens import Kind, Token, stems
from knowledge.agreement.units import read_unit

MAX_TERMS = 24
"""A number has no more words than this; it bounds the work on hostile input."""
MAX_DIGITS = 15
"""Longer digit strings are identifiers, and floats would no longer hold them exactly."""

_ZERO = frozenset({"صفر", "zero"})
_ELEVEN = frozenset({"احد", "احدي"})
_TEN = frozenset({"عشر", "عشره"})
_NOT_FIRST = frozenset({"cent", "cents", "hundreds", "sept", "neuf"})  # money, month, "new"
_AMBIGUOUS_HUNDRED = frozenset({"ميه", "مايه"})  # also "water" and a name
_SUFFIXES = {"k": 1e3, "m": 1e6, "mn": 1e6, "bn": 1e9, "b": 1e9}


@dataclass(frozen=True, slots=True)
class Number:
    """A number read from tokens: ``tokens[start:end]`` spell it.

    ``step`` is the place value of the last significant digit; ``scale`` the last multiplier
    (1000 in "37 thousand"), 1.0 without; ``lone`` marks a single word for one or zero, which may
    be a pronoun; ``conjoined`` a number whose first word carries "and".
    """

    value: float
    step: float
    scale: float
    start: int
    end: int
    lone: bool = False
    conjoined: bool = False


_DIGITS = re.compile(r"\d+")


def parse_digits(text: str) -> tuple[float, int] | None:
    """Value and number of decimal places of a folded digit string; None if it is no number.

    A point in front may be that of the sentence before, so nothing is made of it.
    """
    if sum(map(str.isdigit, text)) > MAX_DIGITS or not text[:1].isdigit():
        return None
    groups = _DIGITS.findall(text)
    marks = [mark for mark in _DIGITS.split(text)[1:-1] if mark]
    decimals = _decimal_places(groups, marks)
    if decimals is None:
        return None
    digits = "".join(groups)
    if decimals:
        return float(f"{digits[:-decimals]}.{digits[-decimals:]}"), decimals
    return float(digits), 0


def _decimal_places(groups: list[str], marks: list[str]) -> int | None:
    thousands = all(len(group) == 3 for group in groups[1:]) and 0 < len(groups[0]) <= 3
    if not marks:
        return 0
    last, others = marks[-1], set(marks[:-1])
    if last in "٫ر" or (others and last in ".," and last not in others):
        inner = all(len(group) == 3 for group in groups[1:-1])
        return len(groups[-1]) if inner and len(others) <= 1 else None
    if len(marks) > 1 or last not in ".,":
        return 0 if thousands and len(set(marks)) == 1 else None
    zeros = groups[1].endswith("00") or last == ","
    return 0 if thousands and zeros and groups[0] != "0" else len(groups[1])


def _step_of(value: float) -> float:
    """Place value of the last non-zero digit, but no coarser than a tenth of the number."""
    whole = int(abs(value))
    step = 1
    while whole and whole % (step * 10) == 0 and step * 100 <= whole:
        step *= 10
    return float(step)


def _conjunction_at(tokens: Sequence[Token], index: int) -> int:
    """Index after a free-standing "and" (``و 400``, ``و400``), or the same index."""
    return index + 1 if index < len(tokens) and tokens[index].text in ("و", "and", "et") else index


@dataclass(slots=True)
class _Reader:
    """The number so far; ``take`` adds the next token if grammar lets it."""

    tokens: Sequence[Token]
    start: int
    end: int = 0
    total: float = 0.0
    group: float = 0.0
    scale: float = float("inf")
    last: Term | None = None
    filled: set[Term] = field(default_factory=set)
    decimals: int = 0
    count: int = 0
    conjoined: bool = False

    def take(self) -> bool:
        """Read one more term; False when the number is over."""
        index = self.end if self.count else self.start
        linked = _conjunction_at(self.tokens, index) if self.count else index
        hyphen = self.count and index < len(self.tokens) and self.tokens[index].text == "-"
        if hyphen and self.last is Term.TENS:  # thirty-seven
            linked = index + 1
        if linked >= len(self.tokens):
            return False
        token = self.tokens[linked]
        if token.kind is Kind.NUMBER:
            return self._digits(token, linked, linked > index)
        if token.kind is not Kind.WORD:
            return False
        return self._word(token.text, linked, linked > index)

    def _digits(self, token: Token, index: int, linked: bool) -> bool:
        after_scale = self.last in (Term.SCALE, Term.SCALES, Term.DUAL) and linked
        if self.count and not after_scale:
            return False
        parsed = parse_digits(token.text)
        if parsed is None or (self.count and not 0 < parsed[0] < self.scale):
            return False
        self.group, self.decimals = parsed
        self.filled = {Term.UNIT, Term.TENS, Term.HUNDRED}
        return self._took(None, index)

    def _word(self, word: str, index: int, linked: bool) -> bool:
        if word in EITHER:
            return self._either(word, index, linked)
        if self._eleven(word, index, linked):
            return True
        found = lookup(word)
        if found is None:
            return False
        term, value, stem = found
        if self.count == 0:
            self.conjoined = stem.conjunction
            if stem.text in _NOT_FIRST or (term is Term.SCALES):
                return False
        elif stem.preposition:
            return False
        linked = linked or stem.conjunction
        latin = word.isascii()
        if not (
            self._multiplies(term, value, linked) or self._adds(term, value, index, linked, latin)
        ):
            return False
        return self._took(term, index)

    def _eleven(self, word: str, index: int, linked: bool) -> bool:
        stem = next((s for s in stems(word) if s.text in _ELEVEN), None)
        following = self.tokens[index + 1].text if index + 1 < len(self.tokens) else ""
        if stem is None or following not in _TEN:
            return False
        if self.count == 0:
            self.conjoined = stem.conjunction
        # وأحد عشر is written like واحد عشر: read before "one" is.
        if not self._adds(Term.TEEN, 11, index, linked or stem.conjunction, latin=False):
            return False
        return self._took(Term.TEEN, index + 1)

    def _either(self, word: str, index: int, linked: bool) -> bool:
        value = EITHER[word]
        if self._multiplies(Term.SCALE, value, linked):
            return self._took(Term.SCALE, index)
        if self.count:
            return False
        after = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
        dual = after is not None and after.kind is Kind.WORD and after.text not in OF
        self.total, self.scale = (2 if dual else 1) * value, value
        return self._took(Term.DUAL, index)

    def _multiplies(self, term: Term, value: float, linked: bool) -> bool:
        """Terms that multiply what stands right before them: مئة, عشر, ألف."""
        if linked or not self.count:
            return False
        if term is Term.HUNDRED and 0 < self.group < 10 and self.filled <= {Term.UNIT}:
            self.group *= value
            self.filled = {Term.HUNDRED}
            return True
        if term is Term.TEEN and value == 10 and self.last is Term.UNIT:
            if not self.filled & {Term.TENS}:
                self.group += value
                self.filled.add(Term.TENS)
                return True
            return False
        if term is Term.TEEN and value == 12:  # two dozen
            self.group *= value
            return self.last is Term.UNIT
        if term not in (Term.SCALE, Term.SCALES):
            return False
        if self.group and value < self.scale:
            self.total += self.group * value
        elif not self.group and self.last in (Term.SCALE, Term.SCALES, Term.DUAL):
            self.total *= value  # ألف مليار
        else:
            return False
        self.group, self.scale, self.filled = 0.0, value, set()
        return True

    def _adds(self, term: Term, value: float, index: int, linked: bool, latin: bool) -> bool:
        """Terms that add to what stands before them, joined by "and" (Arabic always)."""
        if self.count and not linked and not latin:
            return False
        if term in (Term.SCALE, Term.DUAL):
            if self.group or value >= self.scale:
                return False
            self.total += value * (2 if term is Term.DUAL else 1)
            self.scale, self.filled = value, set()
            return True
        places = {
            Term.UNIT: {Term.UNIT},
            Term.TENS: {Term.TENS},
            Term.TEEN: {Term.UNIT, Term.TENS},
        }.get(term, {Term.HUNDRED, Term.UNIT, Term.TENS})
        if self.filled & places or self.last is Term.TEEN:
            return False
        if latin and self.last is Term.UNIT:  # English has tens first: "two twenty" is no number
            return False
        if not latin and term is Term.UNIT and Term.TENS in self.filled:
            return False
        if term is Term.UNIT and Term.HUNDRED in self.filled and self._hundred_follows(index):
            return False  # ثلاث مئة وتسع مئة: two numbers
        self.group += value
        self.filled |= places - ({Term.UNIT, Term.TENS} if Term.HUNDRED in places else set())
        return True

    def _hundred_follows(self, index: int) -> bool:
        found = lookup(self.tokens[index + 1].text) if index + 1 < len(self.tokens) else None
        return found is not None and found[0] is Term.HUNDRED and not found[2].conjunction

    def _took(self, term: Term | None, index: int) -> bool:
        self.last, self.end, self.count = term, index + 1, self.count + 1
        return True

    @property
    def multiplier(self) -> float:
        return 1.0 if self.scale == float("inf") else self.scale


def read_number(tokens: Sequence[Token], start: int) -> Number | None:
    """The longest number that begins at a token, None where none does."""
    if start >= len(tokens):
        return None
    first = tokens[start]
    if first.text in ARTICLES:
        return _after_article(tokens, start)
    if first.text in _ZERO:
        return Number(0.0, 1.0, 1.0, start, start + 1, lone=True)
    share = _scaled_fraction(tokens, start)
    if share is not None:
        return share
    reader = _Reader(tokens, start)
    while reader.count < MAX_TERMS and reader.take():
        if reader.count == 1 and first.kind is Kind.NUMBER:
            _take_suffix(reader)
    if not reader.count:
        return None
    half = _half_more(tokens, reader)
    value = reader.total + reader.group
    lone = reader.count == 1 and value == 1 and first.kind is Kind.WORD
    if reader.count == 1 and any(s.text in _AMBIGUOUS_HUNDRED for s in stems(first.text)):
        lone = True
    if half:
        step = reader.multiplier / 10
    elif reader.decimals:
        step = reader.multiplier * 10.0**-reader.decimals
    else:
        step = _step_of(value)
    value = round(value, 12 if value < 1 else 6)
    return Number(
        value, step, reader.multiplier, start, reader.end, lone and not half, reader.conjoined
    )


def _take_suffix(reader: _Reader) -> None:
    """``37k``, ``5bn``: a multiplier glued to the digits."""
    if reader.end >= len(reader.tokens):
        return
    token = reader.tokens[reader.end]
    value = None if token.gap else _SUFFIXES.get(token.text)
    # "5m" is five metres unless money stands before it.
    money = reader.start and reader.tokens[reader.start - 1].text in "$€£"
    if value is None or (token.text in ("m", "b") and not money):
        return
    reader.total, reader.group, reader.scale = reader.group * value, 0.0, value
    reader._took(Term.SCALE, reader.end)


def _half_more(tokens: Sequence[Token], reader: _Reader) -> float:
    """``مليون ونصف المليون``, ``ثلاثة ونصف``, ``one and a half million``: the share added."""
    index = _conjunction_at(tokens, reader.end)
    if index < len(tokens) and tokens[index].text in ARTICLES and index > reader.end:
        index += 1
    if index >= len(tokens):
        return 0.0
    word = tokens[index].text
    linked = index > reader.end or word.startswith("و")
    share = FRACTIONS.get(word if index > reader.end else word.removeprefix("و"))
    glued = word in "½¼¾⅓⅔" and not tokens[index].gap
    if share is None or not (linked or glued):
        return 0.0
    following = lookup(tokens[index + 1].text) if index + 1 < len(tokens) else None
    scaled = following is not None and following[0] is Term.SCALE and not following[2].conjunction
    reader.end = index + 1
    if following is not None and scaled:
        reader.end = index + 2
        if reader.total:  # مليون ونصف المليون
            reader.total += share * following[1]
        else:  # one and a half million
            reader.total, reader.group = (reader.group + share) * following[1], 0.0
            reader.scale, reader.last = following[1], Term.SCALE
    elif reader.total and not reader.group:
        reader.total += share * reader.multiplier
    else:
        reader.group += share
    return share


def _after_article(tokens: Sequence[Token], start: int) -> Number | None:
    """``a hundred``, ``a million``, ``a dozen``; never "a one"."""
    following = tokens[start + 1] if start + 1 < len(tokens) else None
    found = WORDS.get(following.text) if following else None
    if found is None or not (found[0] in (Term.SCALE, Term.HUNDRED) or found[1] == 12):
        return None
    number = read_number(tokens, start + 1)
    return number and Number(number.value, number.step, number.scale, start, number.end)


def _scaled_fraction(tokens: Sequence[Token], start: int) -> Number | None:
    """``نصف مليون``, ``half a million``: a fraction of a scale is a number."""
    fraction = read_fraction(tokens, start)
    if fraction is None:
        return None
    index = fraction.end
    if index < len(tokens) and tokens[index].text in ARTICLES:
        index += 1
    found = lookup(tokens[index].text) if index < len(tokens) else None
    if found is None or found[0] is not Term.SCALE or found[2].preposition or found[2].conjunction:
        return None
    value = fraction.value * found[1]
    return Number(value, found[1] / 10, found[1], start, index + 1)


def is_name(tokens: Sequence[Token], index: int) -> bool:
    """Whether the digits at a token name something (COVID-19, القرار 2254, 10:30), not count it."""
    token = tokens[index]
    if token.kind is not Kind.NUMBER:
        return False
    before = tokens[index - 1] if index else None
    after = tokens[index + 1] if index + 1 < len(tokens) else None
    if before is not None:
        if any(s.text in LABELS for s in stems(before.text)) or (
            not token.gap and before.text in ("@", "_", ":", "#")
        ):
            return True
        if not token.gap and before.kind is Kind.WORD and not _is_arabic(before.text):
            return True
        if not token.gap and before.text == "-" and not before.gap and index > 1:
            prior = tokens[index - 2]
            return prior.kind is Kind.WORD and (prior.text.isascii() or len(prior.text) > 2)
    if after is None or after.gap:
        return False
    if after.kind is Kind.WORD and after.text.isascii():  # 3D
        known = after.text in _SUFFIXES or after.text in ORDINAL_SUFFIXES or lookup(after.text)
        return not known and read_unit(tokens, index + 1) is None
    if after.text in (":", "_"):
        return index + 2 < len(tokens) and tokens[index + 2].kind is Kind.NUMBER
    return False


def _is_arabic(word: str) -> bool:
    return "\u0600" <= word[0] <= "\u06ff"
