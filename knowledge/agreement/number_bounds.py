"""Words that turn a number into a range: "less than", ``ما لا يقل عن``, "at least", ``تقريبا``."""

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.agreement.intervals import Bound
from knowledge.agreement.tokens import Kind, Token, fold, stems

_MAX_WORDS = 4
_MAX_FILLERS = 2  # "يتخطى حاجز الـ80"
_SUFFIX_REACH = 3  # "37 شخصا سوريا على الأقل": nouns between the number and its bound


@dataclass(frozen=True, slots=True)
class WordedBound:
    """A bound and the tokens that word it."""

    bound: Bound
    start: int
    end: int


_BEFORE: dict[tuple[str, ...], Bound] = {}
_AFTER: dict[tuple[str, ...], Bound] = {}


def _learn(table: dict[tuple[str, ...], Bound], bound: Bound, phrases: str) -> None:
    table.update({tuple(fold(phrase).split()): bound for phrase in phrases.split(",")})


_learn(
    _BEFORE,
    Bound.LESS_THAN,
    "أقل من,أدنى من,أصغر من,اقل عن,دون,تحت,يقل عن,تقل عن,قل عن,أقصر من,"
    "less than,fewer than,lower than,under,below,"
    "moins de,moins d '",
)
_learn(
    _BEFORE,
    Bound.AT_MOST,
    "لا يزيد عن,لا تزيد عن,لا يزيد على,لا تزيد على,لا يزيدون عن,لا يزيدون على,لا يتجاوز,لا تتجاوز,"
    "لم يتجاوز,لم تتجاوز,لا يتعدى,لا تتعدى,لم يتعد,لا يفوق,لا تفوق,حتى,ليس أكثر من,لا أكثر من,"
    "بحد أقصى,up to,at most,no more than,not more than,a maximum of,as many as,as much as,"
    "not exceeding,jusqu'a,au plus,pas plus de",
)
_learn(
    _BEFORE,
    Bound.MORE_THAN,
    "أكثر من,أكبر من,أزيد من,أعلى من,فوق,يفوق,تفوق,فاق,فاقت,تجاوز,تجاوزت,يتجاوز,تتجاوز,متجاوزا,"
    "يتخطى,تتخطى,تخطى,تخطت,يزيد عن,تزيد عن,يزيد على,تزيد على,زاد عن,زاد على,تعدى,more than,over,"
    "above,greater than,larger than,higher than,exceeds,exceeding,exceeded,in excess of,upwards of,"
    "plus de,plus d '",
)
_learn(
    _BEFORE,
    Bound.AT_LEAST,
    "لا يقل عن,لا تقل عن,لا يقلون عن,ليس أقل من,على الأقل,بحد أدنى,at least,no less than,"
    "no fewer than,not less than,a minimum of,au moins",
)
_learn(
    _BEFORE,
    Bound.APPROXIMATE,
    "نحو,حوالي,حوالى,قرابة,زهاء,تقريبا,يقارب,تقارب,قارب,يقرب من,تقرب من,يناهز,تناهز,ناهز,قريبا من,"
    "about,around,nearly,almost,some,roughly,approximately,approx,circa,close to,environ,pres de,"
    "quelque,presque,~,≈",
)
_learn(_AFTER, Bound.AT_LEAST, "على الأقل,كحد أدنى,بحد أدنى,أو أكثر,فأكثر,فما فوق,at least,or more")
_learn(_AFTER, Bound.AT_LEAST, "au moins,ou plus")
_learn(_AFTER, Bound.AT_MOST, "على الأكثر,كحد أقصى,بحد أقصى,أو أقل,فأقل,at most,or less,or fewer")
_learn(_AFTER, Bound.AT_MOST, "au plus,ou moins")
_learn(_AFTER, Bound.APPROXIMATE, "تقريبا,or so,approximately,environ")

# Words that may stand between a bound and its number.
_FILLERS = frozenset(fold("حاجز عتبة نسبة بنسبة مبلغ بمبلغ ب ال ل عدد the a an").split()) | {
    "-",
    "$",
    "€",
    "£",
}
_WHAT = frozenset({"ما", "بما", "وما", "لما"})
_WITHOUT = frozenset({"من", "ب"})  # "من دون" is "without"


def bound_before(tokens: Sequence[Token], index: int) -> WordedBound | None:
    """The bound worded right before a token; of several, the one that limits.

    ``لا يقل عن نحو 30`` is at least 30, though "about" stands nearer.
    """
    nearest = _one_before(tokens, index)
    if nearest is None or nearest.bound is not Bound.APPROXIMATE:
        return nearest
    outer = _one_before(tokens, nearest.start)
    return WordedBound(outer.bound if outer else nearest.bound, (outer or nearest).start, index)


def _one_before(tokens: Sequence[Token], index: int) -> WordedBound | None:
    for end in range(index, max(0, index - _MAX_FILLERS - 1), -1):
        if end < index and tokens[end].text not in _FILLERS:
            return None
        for size in range(min(_MAX_WORDS, end), 0, -1):
            bound = _match(_BEFORE, tokens, end - size, end)
            if bound is None:
                continue
            alone = size == 1 and tokens[end - 1].text == "دون"
            if alone and end > 1 and tokens[end - 2].text in _WITHOUT:
                return None
            start = end - size
            if start and tokens[start - 1].text in _WHAT:  # ما لا يقل عن
                start -= 1
            return WordedBound(bound, start, index)
    return None


def _match(
    table: dict[tuple[str, ...], Bound], tokens: Sequence[Token], start: int, end: int
) -> Bound | None:
    words = tuple(token.text for token in tokens[start:end])
    if words in table:
        return table[words]
    for stem in stems(words[0]):
        found = table.get((stem.text, *words[1:]))
        if found is not None and not stem.definite:
            return found
    return None


def bound_after(tokens: Sequence[Token], index: int) -> WordedBound | None:
    """The bound worded soon after a quantity, before any mark or other number."""
    for start in range(index, min(index + _SUFFIX_REACH + 1, len(tokens))):
        for size in (2, 1):
            bound = _match(_AFTER, tokens, start, min(start + size, len(tokens)))
            if bound is not None:
                return WordedBound(bound, start, min(start + size, len(tokens)))
        if tokens[start].kind is not Kind.WORD:
            return None
    return None
