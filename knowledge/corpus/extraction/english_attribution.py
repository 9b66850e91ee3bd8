"""Find who says an English (or, for "selon X", a French) sentence."""

from knowledge.corpus.extraction.quotation_marks import MARKS
from knowledge.corpus.extraction.speaker_mention import Mention, Voice, clean
from knowledge.corpus.extraction.word_spans import Word, keys

_SAYING = keys("said says told tweeted insisted explained testified acknowledged")
# These are adjectives too ("confirmed cases"); what follows must show that they are verbs.
_TELLING = keys(
    "announced confirmed stated added reported claimed warned denied noted declared "
    "revealed argued stressed wrote"
)
_VERBS = _SAYING | _TELLING
_AFTER_TELLING = keys(
    "that the a an on in it he she they there at its his her their no all more about late "
    "early this these earlier yesterday today some another and"
)
_NOT_ACTIVE = keys("is was were are be been being never not n't which who that what and or to as")
_PRONOUNS = {"he": Voice.MASCULINE, "she": Voice.FEMININE}
_NOBODY = keys(
    "it they we i you who that this these those there many some few others one both which "
    "what anyone nobody everyone someone his her their the a an all more most if when not"
)
_BEFORE_VERB = keys(
    "also later earlier then has had have further reportedly separately repeatedly "
    "recently yesterday today once immediately previously publicly"
)
_WEEKDAYS = keys("monday tuesday wednesday thursday friday saturday sunday")
_CLAUSE = keys(
    "but that while as after because when which who if although though where before since "
    "whether what said until unless than"
)
_LEADING = keys("but and yet meanwhile however earlier later still also so then while")
_OPENING_PREPOSITIONS = keys("in on at after during for with from by since when as under to of")
_NAME_STOPS = (
    _WEEKDAYS
    | _CLAUSE
    | keys(
        "on during released published cited told more about nearly some over at least "
        "yesterday today is was are were has had have will would could may might can there "
        "because via late early adding it he she they this these to citing speaking in"
    )
)
_STATEMENTS = keys(
    "statement interview report briefing news tweet post speech letter press televised "
    "video email written joint an a the his her its response comments remarks january "
    "february march april may june july august september october november december 2019 "
    "2020 2021 2022 2023 2024 2025 2026"
)
_NOT_SPEAKERS = keys("plan law rules schedule their his her its this that these those article need")
_TITLES = keys(
    "adm brig capt cmdr col cpl dr gen gov hon lt maj mr mrs ms pres prof rep rev sen sgt "
    "jr sr st inc ltd corp co u.s u.k u.n"
)
_APPOSITION_NOT = keys(
    "in on at speaking citing during who which after before when while where whose adding "
    "with but and so as"
)
_NOT_TOLD = keys("reporters journalists lawmakers a an the them him her me us people parliament")

_ARTICLES = keys("the a an")
_NOT_A_NAME = keys(
    "is was are were be been has had have will would could may might can not did does do "
    "he she it they we i you his her who which left went came took began killed wounded "
    "visited met"
)

_MAX_NAME = 14
_MAX_APPOSITION = 15
_MAX_RELAY = 5
_MAX_PARENTHESIS = 6
_SELON = keys("selon d'après")
_SELON_STOPS = keys("qui que dont le la les a est sont ont où")


def find(sentence: str, words: tuple[Word, ...]) -> Mention | None:
    """Find the first attribution in an English sentence; None if there is none to be sure of."""
    for at, word in enumerate(words):
        if word.quoted:
            continue
        found: Mention | None = None
        if word.key == "according" and at + 1 < len(words) and words[at + 1].key == "to":
            found = _according(sentence, words, at + 2)
        elif word.key in _SELON:
            found = _selon(sentence, words, at + 1)
        elif word.key in _VERBS and _is_active(words, at):
            found = _subject_first(sentence, words, at) or _verb_first(sentence, words, at)
        if found is not None:
            return found
    return None


def _is_active(words: tuple[Word, ...], at: int) -> bool:
    if at and words[at - 1].key in _NOT_ACTIVE:
        return False
    if words[at].key in _SAYING:
        return True
    if at + 1 >= len(words):
        return True
    after = words[at + 1]
    return (
        after.key in _AFTER_TELLING
        or after.key in MARKS | {",", ":", "."}
        or after.key in _WEEKDAYS
        or after.key.isdigit()
    )


def _according(sentence: str, words: tuple[Word, ...], at: int) -> Mention | None:
    end = _name_end(words, at)
    if end is None or end == at or any(w.key in _NOT_SPEAKERS for w in words[at : at + 2]):
        return None
    name = clean(sentence[words[at].start : words[end - 1].end])
    return Mention(name) if name else None


def _selon(sentence: str, words: tuple[Word, ...], at: int) -> Mention | None:
    end = at
    while end < len(words) and words[end].is_word and end - at <= _MAX_NAME:
        if end > at and words[end].key in _SELON_STOPS - {"le", "la", "les"}:
            break
        end += 1
    if end == at or end - at > _MAX_NAME or words[at].key in {"que", "lui", "elle", "eux"}:
        return None
    name = clean(sentence[words[at].start : words[end - 1].end])
    return Mention(name) if name else None


def _name_end(words: tuple[Word, ...], at: int) -> int | None:
    """The end of a name with titles that starts at ``at``; None if no end is found."""
    i = at
    while i < len(words) and i - at <= _MAX_NAME:
        word = words[i]
        if not word.is_word:
            inner = word.key == "." and i > at and _abbreviates(words[i - 1])
            if not (inner and i + 1 < len(words)) and word.key != "&":
                break
        elif word.key == "in":
            if i + 1 < len(words) and words[i + 1].key in _STATEMENTS:
                break
        elif i > at and (word.key in _NAME_STOPS | _VERBS or word.key[0].isdigit()):
            break
        i += 1
    return None if i - at > _MAX_NAME else i


def _abbreviates(word: Word) -> bool:
    return word.key in _TITLES or len(word.key) == 1 or "." in word.key


def _subject_first(sentence: str, words: tuple[Word, ...], at: int) -> Mention | None:
    """Read "X said", "X, a spokesman, said", "he said" before the verb."""
    end = _before_adverbs(words, at)
    if end == 0:
        return None
    apposed: tuple[int, int] | None = None
    if words[end - 1].key == ",":
        opened = _comma_before(words, end - 1)
        if opened is None:
            return None
        if words[opened + 1].key not in _APPOSITION_NOT:
            apposed = (opened, end - 1)
        end = _before_adverbs(words, opened)
    start = _subject_start(words, end)
    if start is None or start >= end:
        return None
    key = words[start].key
    relay = _told_to(sentence, words, at)
    if end - start == 1 and key in _PRONOUNS:
        # "X left and he said": only at the start, or right after a quotation, is it clear who.
        clear = start == 0 or words[start - 1].key in MARKS
        return Mention(None, relay, _PRONOUNS[key]) if clear else None
    subject = words[start:end]
    if key in _OPENING_PREPOSITIONS or (
        key in _NOBODY and (end - start == 1 or key not in _ARTICLES)
    ):
        return None
    if any(word.key in _NOT_A_NAME and word.text != "WHO" for word in subject) or subject[
        -1
    ].key.endswith("'s"):
        return None
    if not (sentence[words[start].start].isupper() or key in _ARTICLES or start == 0):
        return None
    last = apposed[1] if apposed is not None else end
    name = clean(sentence[words[start].start : words[last - 1].end])
    return Mention(name, relay) if name else None


def _before_adverbs(words: tuple[Word, ...], at: int) -> int:
    """Step back over "also", "on Thursday", "in a statement" before a verb; the index behind X."""
    end = at
    while end:
        key = words[end - 1].key
        if key in _WEEKDAYS:
            end -= 1
            if end and words[end - 1].key in {"on", "late", "early"}:
                end -= 1
        elif key == "statement" and end >= 3 and words[end - 3].key == "in":
            end -= 3
        elif key in _BEFORE_VERB:
            end -= 1
        else:
            break
    return end


def _comma_before(words: tuple[Word, ...], comma: int) -> int | None:
    for i in range(comma - 2, max(-1, comma - _MAX_APPOSITION - 2), -1):
        if words[i].key == ",":
            return i
        if words[i].key in MARKS or words[i].key in {";", ":"}:
            return None
    return None


def _subject_start(words: tuple[Word, ...], end: int) -> int | None:
    start = end
    if start and words[start - 1].key == ")":
        # "The World Health Organization (WHO) said"
        start = _opening_parenthesis(words, start - 1) or end
    while start and end - start <= _MAX_NAME:
        word = words[start - 1]
        if not word.is_word:
            abbreviated = word.key == "." and start > 1 and _abbreviates(words[start - 2])
            if not abbreviated and word.key != "&":
                break
        elif word.key in _CLAUSE:
            break
        start -= 1
    if end - start > _MAX_NAME:
        return None
    while start < end and words[start].key in _LEADING:
        start += 1
    return _after_other_clause(words, start, end)


def _after_other_clause(words: tuple[Word, ...], start: int, end: int) -> int:
    """Drop "Troops entered the city and" in front of "Ghika said"."""
    acted = False
    for i in range(start, end):
        acted = acted or (words[i].text.endswith("ed") and words[i].text.islower())
        if acted and words[i].key == "and":
            return i + 1
    return start


def _opening_parenthesis(words: tuple[Word, ...], closing: int) -> int | None:
    for i in range(closing - 1, max(-1, closing - _MAX_PARENTHESIS), -1):
        if words[i].key == "(":
            return i
    return None


def _told_to(sentence: str, words: tuple[Word, ...], at: int) -> str | None:
    """Read "Reuters" of "told Reuters" as "to Reuters"."""
    if words[at].key != "told" or at + 1 >= len(words) or words[at + 1].key in _NOT_TOLD:
        return None
    end = at + 1
    while end < len(words) and end - at <= _MAX_RELAY:
        if not (words[end].is_word and sentence[words[end].start].isupper()):
            break
        if words[end].key in _WEEKDAYS:
            break
        end += 1
    if end == at + 1:
        return None
    return f"to {sentence[words[at + 1].start : words[end - 1].end]}"


def _verb_first(sentence: str, words: tuple[Word, ...], at: int) -> Mention | None:
    """Read ""...", said X" where X ends the sentence or a comma follows."""
    if at == 0 or at + 1 >= len(words) or words[at].key == "told":
        return None
    if words[at - 1].key not in MARKS | {","}:
        return None
    start = at + 1
    first = words[start]
    if not first.is_word or not (
        sentence[first.start].isupper() or first.key in _ARTICLES or first.key in {"officials"}
    ):
        return None
    end = _name_end(words, start)
    if end is None or end == start:
        return None
    name = clean(sentence[first.start : words[end - 1].end])
    return Mention(name) if name else None
