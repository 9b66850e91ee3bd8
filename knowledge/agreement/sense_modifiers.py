"""Detect small words that change the sense of otherwise shared words.

A claim can have every content word of a statement and say another thing: *before* for *after*,
*all* for *some*, *the minister* for *the minister's son*, *withdrew* for *will withdraw*. Each
check here finds one such difference; any of them keeps ``rule_judge`` from supporting, none
refutes.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from embeddings.text.normalisation import fold
from knowledge.agreement.alignment import Alignment
from knowledge.agreement.concepts import is_name
from knowledge.agreement.intervals import Quantity
from knowledge.agreement.sentence_features import Reading, Word

#: Tokens before the first shared word that still belong to it ("the wife of the …").
_LEAD: Final = 4


def _classes(table: str) -> dict[str, str]:
    rows = (row.partition(":") for row in table.strip().splitlines())
    return {fold(word): name.strip() for name, _, words in rows for word in words.split()}


# Words that place or direct what stands after them. Where both texts have one before the same word
# they must be of one kind.
_RELATIONS: Final = _classes(
    """
    before: before قبل
    after: after بعد
    during: during خلال أثناء
    from: from من
    to: to into towards إلى نحو
    against: against ضد
    for: for لصالح
    by: by
    than: than
    """
)
# Those that one text alone may not have.
_BINDING: Final = frozenset({"before", "after", "during", "against", "than"})
# Words that change how much, how often or in which direction; both texts have the kind or neither.
_LIMITS: Final = _classes(
    """
    all: all every كل جميع كافة
    some: some several few partly بعض عدد جزئيا
    up: up
    down: down
    opposed: ضد against
    rate: per daily weekly monthly annually yearly يوميا أسبوعيا شهريا سنويا
    """
)
# A person or office beside the one named: who a sentence is about changes with it.
_BESIDE: Final = frozenset(
    fold(
        "نائب سابق سابقة نجل ابن ابنة زوجة زوج شقيق شقيقة والد والدة مساعد مستشار وكيل مندوب"
        " ممثل مرشح حفيد صهر محامي قائد رئيس مدير عضو سفير منافس"
        " deputy vice former ex wife husband son daughter brother sister father mother aide adviser"
        " advisor assistant lawyer ambassador candidate rival acting commander head chief leader"
    ).split()
)
_BE: Final = frozenset({"was", "were", "been", "being", "be", "is", "are"})
_FUTURE: Final = frozenset({"will", "shall", fold("سوف"), fold("لن")})


def differs(claim: Reading, statement: Reading, alignment: Alignment) -> bool:
    """Return whether a small word or an omitted name makes the two texts say different things."""
    same_script = claim.arabic == statement.arabic
    stretch = _stretch(statement, alignment)
    return (
        _beside(claim, stretch)
        or _name_left_out(statement, alignment)
        or _head_left_out(statement, alignment)
        or _leaves_relative_clause(alignment)
        or _relations_differ(claim, statement, alignment)
        or (same_script and _limits_differ(claim, stretch))
        or _time_differs(claim, statement, alignment)
        or (same_script and _voice_differs(claim, statement, alignment))
    )


def leaves_out(statement: Reading, alignment: Alignment) -> bool:
    """Return whether the statement has a word of its own before its last shared one.

    In a clause that shares words, whatever is among or before them may be who or what the rest is
    said of, or whether it is said at all. Who is quoted ("وقال …:") is in a clause of its own.
    """
    shared = [w for _, found in alignment.pairs for w in found]
    places, clauses = {w.place for w in shared}, {w.clause for w in shared}
    last = max(w.place for w in shared)
    # "The minister opened the hospital that was built in 2014": what is said of the hospital is
    # said whole inside the relative clause.
    relative = max((w.clause for w in shared if w.relative), default=0)
    clauses = {clause for clause in clauses if clause >= relative}
    # English names what a thing is after what tells it apart: "the Paris football club".
    reach = last if statement.arabic else last + 1
    return any(
        w.place <= reach and w.clause in clauses and w.place not in places for w in statement.words
    )


def measures_differently(
    claim: Reading, ours: Quantity, statement: Reading, theirs: Quantity
) -> bool:
    """Return whether one number is a change *by* and the other a level *to*, or a start."""
    mine, other = _before_number(claim, ours), _before_number(statement, theirs)
    return mine is not None and other is not None and mine != other


def _before_number(reading: Reading, quantity: Quantity) -> str | None:
    words = reading.text[: quantity.start].split()
    if not words:
        return None
    word = fold(words[-1])
    if word in ("by", fold("بنسبة"), fold("بمقدار"), fold("بواقع")):
        return "by"
    return {"to": "to", fold("إلى"): "to", "from": "from", fold("من"): "from"}.get(word)


def _stretch(statement: Reading, alignment: Alignment) -> tuple[str, ...]:
    """Return the folded words from a little before the first shared word to the last one."""
    places = [w.place for _, found in alignment.said for w in found[:1]]
    if not places:
        return ()
    first = max(0, min(places) - _LEAD)
    return statement.folded[first : max(places) + _LEAD]


def _beside(claim: Reading, stretch: tuple[str, ...]) -> bool:
    said = set(claim.folded)
    return any(
        word not in said and (word in _BESIDE or word.removeprefix("ال") in _BESIDE)
        for word in stretch
    )


def _name_left_out(statement: Reading, alignment: Alignment) -> bool:
    shared = [w for _, found in alignment.said for w in found]
    places = {w.place for w in shared}
    first, last = min(places), max(places)
    return any(
        first < w.place < last and w.place not in places and is_name(w.text)
        for w in statement.words
    )


def _leaves_relative_clause(alignment: Alignment) -> bool:
    """Return whether shared words are both in a relative clause and after it.

    "The bridge, which was built in 1990, collapsed on Monday" has no bridge built on Monday.
    """
    found = [w for _, words in alignment.said for w in words[:1]]
    inside = [w.clause for w in found if w.relative]
    return bool(inside) and any(w.clause > max(inside) for w in found)


def _relations_differ(claim: Reading, statement: Reading, alignment: Alignment) -> bool:
    for ours, found in alignment.said:
        mine = _relation(claim, ours)
        theirs = {_relation(statement, w) for w in found}
        if mine in theirs:
            continue
        if mine is not None and None not in theirs:
            return True
        if mine in _BINDING or (theirs - {None}) & _BINDING:
            return True
    return False


def _relation(reading: Reading, word: Word) -> str | None:
    """Return the kind of relation word right before ``word``; an article may stand between."""
    for place in range(word.place - 1, max(-1, word.place - 3), -1):
        text = reading.folded[place]
        if text in _RELATIONS:
            return _RELATIONS[text]
        if text not in ("the", "a", "an"):
            return None
    return None


def _limits_differ(claim: Reading, stretch: tuple[str, ...]) -> bool:
    def kinds(words: tuple[str, ...]) -> set[str]:
        return {_LIMITS[word] for word in words if word in _LIMITS}

    return kinds(claim.folded) != kinds(stretch)


def _time_differs(claim: Reading, statement: Reading, alignment: Alignment) -> bool:
    """Return whether one text puts ahead what the other tells as done."""
    return any(
        all(_ahead(claim, ours) != _ahead(statement, theirs) for theirs in found)
        for ours, found in alignment.said
    )


def _ahead(reading: Reading, word: Word) -> bool:
    before = reading.folded[max(0, word.place - 3) : word.place]
    return word.future or any(text in _FUTURE for text in before)


def _voice_differs(claim: Reading, statement: Reading, alignment: Alignment) -> bool:
    """Return whether one text has "was" right before a word that the other has without it."""
    return any(
        all(_after_be(claim, ours) != _after_be(statement, theirs) for theirs in found)
        for ours, found in alignment.said
    )


def _after_be(reading: Reading, word: Word) -> bool:
    return word.place > 0 and reading.folded[word.place - 1] in _BE


def _head_left_out(statement: Reading, alignment: Alignment) -> bool:
    """Return whether a shared word only tells whose or which an omitted one is.

    "The wife of the minister was arrested", "the minister's son was convicted".
    """
    places = {w.place for _, found in alignment.said for w in found}
    return any((left in places) != (right in places) for left, right in _phrases(statement))


def _phrases(statement: Reading) -> Iterator[tuple[int, int]]:
    """Yield the places of the two nouns of every "X of (the) Y" and "Y's X"."""
    for first, second in pairwise(statement.words):
        between = statement.folded[first.place + 1 : second.place]
        if between and between[0] in ("of", "'") and len(between) < 4:
            yield first.place, second.place
