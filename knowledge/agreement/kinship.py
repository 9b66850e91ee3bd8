"""Whether two words of one language are one root in one basic sense: أعلن and إعلان, fled and flee.

Arabic builds words by laying a root into patterns, and a root alone does not keep one sense
(حكم a verdict, حكومة a government, محكمة a court). So words are kin here only where the *pattern*
promises it too: the inflections of one word, and the past, present, verbal noun and participle of
one verb form. What no pattern tells (broken plurals, irregular verbs) is listed in
``kinship.tsv``. A missed kinship costs a silence, a false one a wrong answer: rules stay narrow.

Verb forms are numbered as grammars do (I-X); C1, C2, C3 are the root's consonants.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import resources
from typing import Final

from embeddings.normalise import fold
from embeddings.words import stem
from knowledge.agreement.inflection import (
    bases,
    is_arabic,
    noun_bases,
    past_bases,
    present_bases,
    without_clitics,
)
from knowledge.agreement.kinship_exceptions import (
    DISTINCT,
    FALSE_STEMS,
    FORM_II,
    FORM_III,
    FORM_IV,
    NOT_VERBAL,
    REFLEXIVE,
    RIGID,
)

_TABLE: Final = "kinship.tsv"
#: Shortest word the rules take apart; shorter ones are kin by light stem only.
_SHORTEST: Final = 3
#: Longer words are compared as they are.
_LONGEST: Final = 24


def kin(a: str, b: str) -> bool:
    """Tell whether two folded words of one language share root and basic sense.

    Words are as ``embeddings.words.words`` gives them. Words of different scripts are never kin.
    """
    if a == b:
        return True
    if max(len(a), len(b)) > _LONGEST:
        return False
    if is_arabic(a) != is_arabic(b):
        return False
    if not is_arabic(a):
        return _latin_kin(a, b)
    return not _arabic_senses(a).isdisjoint(_arabic_senses(b))


def _latin_kin(a: str, b: str) -> bool:
    mine, theirs = _latin_senses(a), _latin_senses(b)
    return not mine.isdisjoint(theirs)


@lru_cache(maxsize=16_384)
def _latin_senses(word: str) -> frozenset[str]:
    families = _families()
    root = stem(word)
    senses = set(families.get(word, ()))
    for base in bases(word):
        senses.update(families.get(base, ()))
    if root in FALSE_STEMS or len(root) < _SHORTEST:
        senses.update(f"form {base}" for base in bases(word))
    else:
        senses.add(f"stem {root}")
    return frozenset(senses)


@lru_cache(maxsize=16_384)
def _arabic_senses(word: str) -> frozenset[str]:
    """Return keys of what ``word`` may be: ``n`` a noun, ``v`` a past verb, ``v2`` one of form II,
    ``f`` a listed family."""
    if len(word) < _SHORTEST:
        return frozenset({f"n {word}", f"n {stem(word)}"})
    senses = {f"n {word}"}
    if word not in RIGID:
        verbal = True
        for core in _cores(word):
            nouns = _safe_nouns(core)
            senses.update(f"n {base}" for base in nouns)
            verbal = verbal and NOT_VERBAL.isdisjoint(nouns) and DISTINCT.isdisjoint(nouns)
            if NOT_VERBAL.isdisjoint(nouns):
                senses.update(sense for base in nouns for sense in _of_noun(core, base))
        if verbal:
            senses.update(_of_verb(word))
    families = _families()
    for sense in tuple(senses):
        kind, _, base = sense.partition(" ")
        if kind in {"n", "v"}:
            senses.update(families.get(base, ()))
    return frozenset(senses)


def _cores(word: str) -> tuple[str, ...]:
    """Return ``word`` without its clitics, but for those that belong to the word: ورقة, not و."""
    cores = without_clitics(word)
    shortest = max((len(core) for core in cores if core in DISTINCT), default=0)
    return tuple(core for core in cores if len(core) >= shortest)


def _safe_nouns(core: str) -> tuple[str, ...]:
    """Return the noun bases of ``core`` but for those that are most likely another word.

    A short word and the same with teh marbuta are mostly two words: شرط, شرطة; عمل, عملة.
    """
    nouns = noun_bases(core)
    shortest = max((len(base) for base in nouns if base in DISTINCT), default=0)
    return tuple(
        base
        for base in nouns
        if len(base) >= shortest and (len(base) > _SHORTEST or base + "ه" not in nouns)
    )


def _of_verb(word: str) -> Iterator[str]:
    """Yield the verbs of which ``word`` may be a past or a present."""
    for core in _without_conjunction(word):
        for base in past_bases(core):
            yield from _of_past(core, base)
    # What ends like "she": تقدم is mostly "advanced" and seldom "she presents".
    if not any(word.endswith(base) and len(word) - len(base) < 2 for base in REFLEXIVE):
        for base in present_bases(word):
            yield from _of_present(base)


def _without_conjunction(word: str) -> tuple[str, ...]:
    """Return the word and the word without و or ف: what may stand before a past verb."""
    if (word[0] == "و" and len(word) > _SHORTEST) or (word[0] == "ف" and len(word) > 4):
        return (word, word[1:])
    return (word,)


def _of_past(core: str, base: str) -> Iterator[str]:
    """Yield the verb whose past ``base`` may be, inflected or with an object as ``core``."""
    if len(base) == 3:
        # One short letter more is as often another word: حمل and حملة.
        if core == base + "ه":
            return
        if base in FORM_II:
            yield f"v2 {base}"
    elif base[1] == "ا" and len(base) == 4 and base not in FORM_III:
        return
    yield f"v {base}"


def _of_noun(core: str, base: str) -> Iterator[str]:
    """Yield the verbs whose verbal noun or participle ``base`` may be."""
    size = len(base)
    if size == 4 and base[2] == "و" and base[1] not in ("ا", base[3]):  # I: خروج
        yield f"v {base[:2]}{base[3]}"
    if size == 5 and base[0] == "م" and base[3] == "و":  # I: مفقود
        yield f"v {base[1:3]}{base[4]}"
    if size == 5 and base[0] == "ت" and base[3] == "ي":  # II: تدمير
        yield f"v2 {base[1:3]}{base[4]}"
    # استقالة is the verbal noun of a hollow verb; its heh is no pronoun after استقال. What still
    # begins with the article has no verb: العمال is workers, not the verbal noun of العمل.
    barred = base.startswith("ال") or (base.startswith("است") and core == base + "ه")
    if size >= 5 and base[0] == "ا" and base[-2] == "ا" and not barred:  # IV, VII-X: انسحاب
        yield f"v {base[:-2]}{base[-1]}"
    if size == 6 and base[0] == "م" and base[2] == "ا" and base[-1] == "ه":  # III: محاصرة
        yield f"v {base[1:-1]}"
    if size >= 5 and base[0] == "م" and base[-2] not in "وا" and base[-1] != "ه":
        if base[1] == "ت" or base[2] == "ا":  # III, V, VI: محاصر، متحدث، متعاون
            yield f"v {base[1:]}"
        elif base[1] == "ن" or base[2] == "ت":  # VII, VIII, X: منسحب، معتقل، مستخدم
            yield f"v ا{base[1:]}"
    if base in REFLEXIVE:
        yield f"v {base}"  # V, VI: تقدم، تراجع


def _of_present(base: str) -> Iterator[str]:
    """Yield the verbs whose present, without its person prefix, ``base`` may be."""
    if len(base) == 3:
        yield f"v {base}"
        yield f"v2 {base}"
        if "ا" + base in FORM_IV:
            yield f"v ا{base}"
    elif len(base) != 4 or base[2] != "ي":  # تقديم is a verbal noun, no present of قديم
        yield f"v {base}"
        yield f"v ا{base}"


@cache
def _families() -> dict[str, frozenset[str]]:
    """Return the listed families of each word; read once, when the first pair is compared."""
    families: dict[str, set[str]] = {}
    text = resources.files(__package__).joinpath(_TABLE).read_text(encoding="utf-8")
    for number, row in enumerate(text.splitlines()):
        if not row.startswith("#"):
            for word in fold(row).split():
                families.setdefault(word, set()).add(f"f {number}")
    return {word: frozenset(found) for word, found in families.items()}
