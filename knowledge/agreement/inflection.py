"""Undo inflection of a folded word: Arabic clitics and endings, English endings.

Only inflection is undone, never derivation: a light or Porter stem also joins ``police`` with
``policy`` and ``البحرين`` with ``البحر``, which is right for searching and wrong for agreement.
"""

import re
from functools import lru_cache
from typing import Final

_ARABIC = re.compile("[\u0621-\u064a]")
_SHORT_CLOSED = re.compile("[^aeiou]?[^aeiou][aeiou][^aeiouwxy]")
#: Words in s of another sense than without it.
_NO_PLURAL: Final = frozenset(
    "news aids goods arms customs means series species always perhaps".split()
)
_SIBILANT_PLURALS: Final = ("ses", "xes", "zes", "ches", "shes", "oes")
#: Longer words are not inflected: no Arabic or English word with its clitics is this long.
_LONGEST: Final = 24

# (what stands before the word, fewest letters that must be left). One-letter prepositions also
# begin many words, so they are only taken from long ones.
_PROCLITICS: Final = (
    ("ال", 2), ("وال", 2), ("بال", 3), ("كال", 3), ("فال", 3), ("لل", 3), ("وبال", 3), ("ولل", 3),
    ("و", 3), ("ف", 4), ("ب", 4), ("ل", 4), ("ك", 4), ("وب", 4), ("ول", 4), ("وك", 4),
)  # fmt: skip
# Prefixes of the present, alone or after و ف س ل.
_PRESENT: Final = tuple(
    before + person for before in ("", "و", "ف", "س", "وس", "فس", "ل", "ول") for person in "يتن"
)
_PRONOUNS: Final = ("هما", "ها", "هم", "هن", "كم", "نا", "ه", "ك")
# What an ending stands for: (ending, what to put back, fewest letters before it).
_NOUN_ENDINGS: Final = (
    ("ات", "", 4), ("ات", "ه", 2), ("ون", "", 3), ("ين", "", 3), ("ان", "", 4),
    ("تين", "ه", 2), ("تان", "ه", 2), ("يين", "ي", 3), ("يون", "ي", 3),
    ("ا", "", 3), ("ه", "", 3), ("ي", "", 4), ("يه", "", 4), ("و", "", 4),
)  # fmt: skip
_VERB_ENDINGS: Final = (("ت", "", 3), ("وا", "", 3), ("تا", "", 3), ("نا", "", 3))
_PRESENT_ENDINGS: Final = (("ون", "", 3), ("وا", "", 3), ("ان", "", 3), ("ن", "", 3))


def is_arabic(word: str) -> bool:
    """Tell whether ``word`` holds an Arabic letter."""
    return _ARABIC.search(word) is not None


@lru_cache(maxsize=16_384)
def bases(word: str) -> tuple[str, ...]:
    """Return ``word`` and what it may be an inflection of, least changed first.

    ``word`` is one folded word as ``embeddings.text.tokenisation.words`` gives it. The candidates
    are forms, not lemmas known to exist: look them up and take the first that is known.
    """
    if len(word) > _LONGEST:
        return (word,)
    found = _arabic(word) if is_arabic(word) else _latin(word)
    # A stable sort: of two candidates that lost as many letters the one made first stays first.
    return tuple(sorted(found, key=lambda base: (len(word) - len(base), found[base])))


def without_clitics(word: str) -> tuple[str, ...]:
    """Return the Arabic ``word`` and what is left without article, conjunction, preposition."""
    cores = [word]
    for prefix, fewest in _PROCLITICS:
        if word.startswith(prefix) and len(word) - len(prefix) >= fewest:
            cores.append(word[len(prefix) :])
    return tuple(dict.fromkeys(cores))


def noun_bases(core: str) -> tuple[str, ...]:
    """Return the singular or masculine forms an Arabic ``core`` without clitics may belong to."""
    return tuple(dict.fromkeys(_ended(core, _NOUN_ENDINGS)))


def past_bases(core: str) -> tuple[str, ...]:
    """Return the bare pasts an Arabic ``core`` may be, without person and object."""
    return tuple(dict.fromkeys(_ended(core, _VERB_ENDINGS)))


def present_bases(word: str) -> tuple[str, ...]:
    """Return what follows the person prefix where an Arabic ``word`` may be a present verb."""
    found: dict[str, None] = {}
    for prefix in _PRESENT:
        if word.startswith(prefix) and len(word) - len(prefix) >= 3:
            for base in _ended(word[len(prefix) :], _PRESENT_ENDINGS):
                found[base] = None
    return tuple(found)


def _ended(core: str, endings: tuple[tuple[str, str, int], ...]) -> list[str]:
    """Return ``core`` bare, without a pronoun and without each ending, before and after both."""
    found = [core]
    for pronoun in _PRONOUNS:
        if core.endswith(pronoun) and len(core) - len(pronoun) >= 3:
            bare = core[: -len(pronoun)]
            found.append(bare)
            # A final teh marbuta opens before a pronoun: سيطرتهم is سيطرة with هم.
            if bare.endswith("ت"):
                found.append(bare[:-1] + "ه")
    for base in tuple(found):
        for ending, restored, fewest in endings:
            if not base.endswith(ending) or len(base) - len(ending) < fewest:
                continue
            # After a heh the alef belongs to the pronoun ها: عملها is عمل with ها, not عملة.
            if not (ending == "ا" and base[-2] == "ه"):
                found.append(base[: -len(ending)] + restored)
    return found


def _arabic(word: str) -> dict[str, int]:
    """Return each candidate with its rank among those of the same length: nouns, past, present."""
    found: dict[str, int] = {word: 0}
    for core in without_clitics(word):
        for base in noun_bases(core):
            found.setdefault(base, 1)
        for base in past_bases(core):
            found.setdefault(base, 2)
    for base in present_bases(word):
        found.setdefault(base, 3)
        # The past of derived verbs begins with an alef the present drops: يعلن, أعلن.
        found.setdefault("ا" + base, 4)
    return found


def _latin(word: str) -> dict[str, int]:
    found: dict[str, int] = {word: 0}
    bare = word.replace("’", "'").removesuffix("'s").removesuffix("'")
    found.setdefault(bare, 1)
    if len(bare) > 3 and bare.endswith("s") and not bare.endswith("ss") and bare not in _NO_PLURAL:
        found.setdefault(bare[:-1], 2)
        if bare.endswith(_SIBILANT_PLURALS):
            found.setdefault(bare[:-2], 2)
        if bare.endswith("ies"):
            found.setdefault(bare[:-3] + "y", 2)
    for ending in ("ed", "ing"):
        base = bare.removesuffix(ending)
        if base == bare or len(base) < 3:
            continue
        if ending == "ed" and base.endswith("i"):
            found.setdefault(base[:-1] + "y", 2)
        if base[-1] == base[-2]:
            found.setdefault(base[:-1], 3)
        # A short stem doubles its last consonant: caring comes from care, never from car.
        if not _SHORT_CLOSED.fullmatch(base):
            found.setdefault(base, 2)
        found.setdefault(base + "e", 3)
    return found
