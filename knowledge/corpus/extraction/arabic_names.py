"""Find where an Arabic name with its titles ends: the hard part of Arabic attribution."""

import re
from dataclasses import dataclass

from knowledge.corpus.extraction import attribution_patterns as arabic
from knowledge.corpus.extraction.quotation_marks import MARKS
from knowledge.corpus.extraction.word_spans import Word

# Longer runs without an end are not a name and its titles.
MAX_NAME_WORDS = 18
MAX_APPOSITION = 6
_MAX_RELAY = 6
_MAX_QUOTED = 5
_MAX_PARENTHESIS = 6

COMMAS = frozenset("،,")
ENDS = frozenset(".!؟?؛;…")
COLON = ":"

# افتعال، انفعال، استفعال، تفعيل: verbal nouns by their form alone.
_ACTION_FORM = re.compile("ا.ت.ا.|ان..ا.|است..ا.|ت..ي.")
_POSSESSED = ("ها", "هم", "هما")
_MIN_POSSESSED = 5


@dataclass(frozen=True, slots=True)
class Name:
    """Words ``start:end`` name somebody; ``relay`` is what they spoke to, ``next`` what follows.

    ``start == end`` means that nobody is named.
    """

    start: int
    end: int
    next: int
    relay: tuple[int, int] | None = None


def read_subject(words: tuple[Word, ...], at: int, stops: frozenset[str]) -> Name | None:
    """Read the subject after a verb, with ", name," in apposition and "to AFP" behind it.

    None if no end is found.
    """
    if _relay_starts(words, at):
        end = _relay_end(words, at)
        return Name(at, at, end, (at, end))
    if at < len(words) and _listens(words[at].key):
        return Name(at, at, at)
    name = read_name(words, at, stops)
    if name is None or name.start == name.end or name.relay is not None:
        return name
    apposed = _apposition_end(words, name.next)
    if apposed is None:
        return name
    return Name(name.start, apposed, apposed)


def read_name(words: tuple[Word, ...], at: int, stops: frozenset[str] = frozenset()) -> Name | None:
    """Read a name and its titles from ``words[at]`` on; None if no end is found."""
    i = at
    while i < len(words) and i - at <= MAX_NAME_WORDS:
        step = _step(words, at, i, stops)
        if step == i:
            break
        i = step
    if i - at > MAX_NAME_WORDS:
        return None
    if i > at and _relay_starts(words, i):
        end = _relay_end(words, i)
        return Name(at, i, end, (i, end))
    return Name(at, i, i)


def tells(words: tuple[Word, ...], at: int) -> bool:
    """Whether a word cannot belong to a name because it begins what is told about."""
    key = words[at].key
    if key in arabic.EVENTS or key in arabic.SURE_ACTIONS or _by_action(key):
        return True
    before = words[at - 1].key if at else ""
    definite = before.startswith(("ال", "لل")) or before.endswith("يه")
    return definite and (
        key in arabic.ACTIONS or _ACTION_FORM.fullmatch(key) is not None or is_possessed(words[at])
    )


def is_possessed(word: Word) -> bool:
    """Whether a noun ends in "his" or "their" ("حرصه"); careless typing of "ة" looks the same."""
    if word.key.startswith("ال") or word.key.endswith("لله"):
        return False
    if word.key.endswith(_POSSESSED):
        return len(word.key) >= _MIN_POSSESSED
    return word.text.endswith("ه") and len(word.key) >= _MIN_POSSESSED - 1


def is_number(word: Word) -> bool:
    """Whether a word starts with a digit."""
    return word.key[:1].isdigit()


def without_particle(key: str) -> str:
    """Take the "ل" of "لفرانس" and "للمرصد" off a key."""
    if key.startswith("لل"):
        return "ال" + key[2:]
    return key[1:] if key.startswith("ل") else key


def _listens(key: str) -> bool:
    return key.startswith("ل") and without_particle(key).removeprefix("ال") in arabic.LISTENERS


def _by_action(key: str) -> bool:
    return key.startswith("ب") and (key[1:] in arabic.ACTIONS or key[1:] in arabic.SURE_ACTIONS)


def _step(words: tuple[Word, ...], start: int, i: int, stops: frozenset[str]) -> int:
    """The index after the part of a name at ``i``; ``i`` itself where the name ends."""
    word = words[i]
    if word.key in MARKS:
        return _quoted_name(words, start, i)
    if not word.is_word:
        return _mark_in_name(words, start, i)
    following = words[i + 1].key if i + 1 < len(words) else ""
    tail = (word.key == "في" and (following in arabic.TAILS or following in MARKS)) or (
        following in arabic.COMPLEMENTIZERS and word.key in ("من", "ب")
    )
    if word.key in arabic.REACHING and i > start and words[i - 1].key in arabic.HOLDING:
        return i + 1
    # Told apart by the hamza alone: "أمام" and "إمام", "فإن" and "فان غال".
    if word.key in ("امام", "فان") and (word.key == "فان") == ("إ" in word.text):
        return i
    time = word.key in arabic.TIMES and following in arabic.DAYS
    if word.key in arabic.STOPS or word.key in stops or tail or time:
        return i
    verb = word.key in arabic.SPEAKING or word.key in arabic.TELLING or word.key in arabic.PRESENT
    if i == start:
        suffixed = word.key.endswith(_POSSESSED) and is_possessed(word)
        return i if verb or suffixed or tells(words, i) or word.key in arabic.ACTIONS else i + 1
    other = word.key in arabic.ACCORDING or word.key in arabic.AS_TOLD
    number = is_number(word) and not words[i - 1].key.endswith("قناه")
    if other or verb or number or _relay_starts(words, i) or tells(words, i):
        return i
    return i + 1


def _quoted_name(words: tuple[Word, ...], start: int, i: int) -> int:
    """Step over the quotes of صحيفة "الحياة"; any other quotation ends the name."""
    before = words[i - 1].key if i > start else ""
    if before != "ل" and without_particle(before).removeprefix("ال") not in arabic.NAMED:
        return i
    for j in range(i + 1, min(i + _MAX_QUOTED + 2, len(words))):
        if words[j].key in MARKS:
            return j + 1
    return i


def _mark_in_name(words: tuple[Word, ...], start: int, i: int) -> int:
    """Step over the marks a name may hold: "#", "د.", a short parenthesis."""
    key = words[i].key
    if key == "#":
        return i + 1
    if i == start or i + 1 >= len(words):
        return i
    if key == "." and (len(words[i - 1].key) == 1 or words[i - 1].key in arabic.PERSON_TITLES):
        return i + 1
    if key == "/" and len(words[i - 1].key) == 1:
        return i + 1
    if key == "(":
        for j in range(i + 1, min(i + _MAX_PARENTHESIS, len(words))):
            if words[j].key == ")":
                return j + 1
    return i


def _relay_starts(words: tuple[Word, ...], i: int) -> bool:
    if i >= len(words) or not words[i].key.startswith("ل"):
        return False
    if words[i].key == "ل":
        return i + 1 < len(words) and words[i + 1].key in MARKS | {"("}
    return without_particle(words[i].key) in arabic.MEDIA


def _relay_end(words: tuple[Word, ...], i: int) -> int:
    j = i + 1
    while j < len(words) and j - i <= _MAX_RELAY:
        step = _step(words, i, j, frozenset())
        if step == j:
            break
        if step > j + 1:
            return step
        j = step
    return j


def _apposition_end(words: tuple[Word, ...], at: int) -> int | None:
    """The end of "، عدنان حزام" where what was said follows right behind it."""
    if at >= len(words) or words[at].key not in COMMAS:
        return None
    name = read_name(words, at + 1)
    if name is None or not 0 < name.end - name.start <= MAX_APPOSITION or name.end >= len(words):
        return None
    first = words[name.start].key
    if first in arabic.NOT_SUBJECTS or name.relay is not None:
        return None
    follows = words[name.end]
    if follows.key in arabic.COMPLEMENTIZERS:
        return name.end
    if follows.key not in COMMAS or name.end + 1 >= len(words):
        return None
    after = words[name.end + 1].key
    told = after in arabic.COMPLEMENTIZERS | arabic.REACHING | arabic.WEEKDAYS | MARKS
    return name.end if told or after in ("في", "خلال", "امس", "اليوم") else None
