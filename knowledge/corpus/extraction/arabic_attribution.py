"""Find who says an Arabic sentence, by its verbs of saying and "according to" phrases."""

from dataclasses import replace
from itertools import pairwise

from knowledge.corpus.extraction import attribution_patterns as arabic
from knowledge.corpus.extraction.arabic_names import (
    COLON,
    COMMAS,
    ENDS,
    MAX_NAME_WORDS,
    Name,
    is_number,
    is_possessed,
    read_name,
    read_subject,
    tells,
    without_particle,
)
from knowledge.corpus.extraction.quotation_marks import MARKS
from knowledge.corpus.extraction.speaker_mention import Mention, Voice, clean
from knowledge.corpus.extraction.word_spans import Word

_MAX_LEADER = 12
_MAX_SUBJECT = 10
_MAX_SURE_NAME = 4
_MIN_SPEECH = 5
_DASHES = frozenset("-–—")
_TAIL_OPENERS = arabic.WEEKDAYS | {"في", "امس", "اليوم", "خلال", "عبر"}
_VERBS = {**arabic.SPEAKING, **arabic.TELLING, **arabic.PRESENT}
_TAKING_L = frozenset({"وفقا", "ووفقا", "فوفقا", "طبقا", "وطبقا"})
# In "للجنة" the second lam is the noun's own.
_L_STEMS = ("للجنة", "للجنه", "للجان", "للواء")
# "حسب" alone is more often "depending on".
_VAGUE = frozenset({"حسب", "وحسب"})
_CARRYING_ON = frozenset({"تابع", "اضاف"})
_REPORTED = frozenset({"نقل", "نقلت", "ونقل", "ونقلت"})
_SURELY_SPEECH = frozenset(arabic.SPEAKING.values())


def find(sentence: str, words: tuple[Word, ...]) -> Mention | None:
    """Find the first attribution in an Arabic sentence; None if there is none to be sure of."""
    return _opening_subject(sentence, words) or _first(sentence, words)


def _first(sentence: str, words: tuple[Word, ...]) -> Mention | None:
    for at, word in enumerate(words):
        if word.quoted:
            continue
        found: Mention | None = None
        if word.key in arabic.ACCORDING:
            found = _according(sentence, words, at)
        elif word.key in arabic.AS_TOLD:
            found = _as_told(sentence, words, at + 1)
        elif word.key in arabic.HIS_SAYING and at and words[at - 1].key in {"حد", "على"}:
            found = Mention(None, voice=_voice_of_suffix(word))
        elif word.key == "لسان" and at and words[at - 1].key == "على":
            found = _named(sentence, words, at + 1)
        elif word.key in _REPORTED and _opens_sentence(words, at):
            found = _reported(sentence, words, at)
        elif _verb(word) is not None:
            found = _verb_first(sentence, words, at)
        if found is not None:
            return found
    return None


def _verb(word: Word) -> str | None:
    """The masculine past form of a verb of saying, or None."""
    return None if word.key in arabic.IMPERSONAL else _VERBS.get(word.key)


def _voice(word: Word) -> Voice:
    key = word.key.lstrip("وف")
    if key.endswith(("وا", "ون", "ن")) and not key.endswith(("علن", "بين", "بان")):
        return Voice.PLURAL
    feminine = key.endswith(("ت", "تا")) and not key.endswith("لفت")
    if feminine or key.endswith("لفتت") or (key in arabic.PRESENT and key.startswith("ت")):
        return Voice.FEMININE
    return Voice.MASCULINE


def _voice_of_suffix(word: Word) -> Voice:
    return Voice.FEMININE if word.key.endswith("ها") else Voice.MASCULINE


def _verb_first(sentence: str, words: tuple[Word, ...], at: int) -> Mention | None:
    """Read "وقال X إن", or "، قال X." at the end of what was said."""
    before = words[at - 1] if at else None
    if before is not None and (before.key in arabic.RELATIVES or before.key == "ما"):
        return None
    opens = _opens_sentence(words, at)
    closes = not opens and before is not None and before.key in COMMAS | MARKS
    if not (opens or closes):
        return None
    verb = _verb(words[at])
    name = read_subject(words, at + 1, arabic.REACHES.get(verb or "", frozenset()))
    if name is None:
        return None
    voice = _voice(words[at])
    if name.start == name.end:
        unnamed = opens and verb in arabic.CONTINUING and _told_follows(words, name.next)
        return Mention(None, _relay(sentence, words, name), voice) if unnamed else None
    if closes:
        finished = words[at].key[0] not in "وف" and _finished(words, name.next)
        return _mention(sentence, words, name, voice) if finished else None
    if verb == "بين" and not _told_directly(words, name.next):
        # Without vowel signs "وبين" is more often "and between".
        return None
    certain = verb in _SURELY_SPEECH or (
        _certain_end(words, name, verb or "") and not is_possessed(words[name.end - 1])
    )
    return _mention(sentence, words, name, voice) if certain else None


def _opens_sentence(words: tuple[Word, ...], at: int) -> bool:
    """Whether only a dateline or a word like "من جهته" stands before a verb."""
    leader = words[:at]
    if not leader or all(word.key in arabic.LEADERS or word.key in COMMAS for word in leader):
        return True
    if len(leader) > _MAX_LEADER or any(word.quoted for word in leader):
        return False
    return leader[-1].key in _DASHES | {COLON} or (
        leader[-1].key in COMMAS and leader[0].key in arabic.LEADERS | arabic.OPENINGS
    )


def _finished(words: tuple[Word, ...], at: int) -> bool:
    return at >= len(words) or words[at].key in ENDS or words[at].key in _TAIL_OPENERS


def _told_directly(words: tuple[Word, ...], at: int) -> bool:
    return at < len(words) and words[at].key in arabic.COMPLEMENTIZERS


def _told_follows(words: tuple[Word, ...], at: int) -> bool:
    """Whether "أن", a colon or a quotation comes within a few words."""
    for word in words[at : at + MAX_NAME_WORDS]:
        if word.key in arabic.COMPLEMENTIZERS or word.key == COLON or word.key in MARKS:
            return True
        if word.key in ENDS:
            return False
    return False


def _certain_end(words: tuple[Word, ...], name: Name, verb: str) -> bool:
    """Whether the subject of a verb that takes an object surely ended where ``name`` does."""
    at = name.next
    if at >= len(words) or words[at].key in ENDS | {"بين"} or is_number(words[at]):
        return False
    key = words[at].key
    reach = arabic.REACHES.get(verb, frozenset())
    direct = arabic.COMPLEMENTIZERS | reach | {COLON}
    if key in MARKS and not _quotes_speech(words, at):
        return False
    if verb == "اكد" and key in reach and name.end - name.start > _MAX_SURE_NAME:
        # "أكد X جاهزية ... على": the object swallowed may be anything.
        return at + 1 < len(words) and words[at + 1].key in arabic.COMPLEMENTIZERS
    if key in direct | MARKS or name.relay is not None:
        return True
    if tells(words, at):
        # "وتابع الوزير جولته" is no saying.
        return verb not in _CARRYING_ON
    if key == "من" and at + 1 < len(words) and words[at + 1].key in arabic.COMPLEMENTIZERS:
        return True
    # Something is put in between ("، في بيان،", "خلال مؤتمر"); what was said must come behind.
    following = words[at : at + 2 * MAX_NAME_WORDS]
    for previous, word in pairwise(following):
        if word.key in ENDS:
            return False
        if word.key in MARKS or word.key == COLON:
            return True
        if word.key in arabic.COMPLEMENTIZERS:
            return key not in COMMAS or previous.key in COMMAS
        if word.key in direct and previous.key in COMMAS:
            return True
    return False


def _quotes_speech(words: tuple[Word, ...], at: int) -> bool:
    """Whether a quotation is long enough to be what was said, not a name or a scare quote."""
    return all(word.quoted for word in words[at : at + _MIN_SPEECH])


def _according(sentence: str, words: tuple[Word, ...], at: int) -> Mention | None:
    """Read "وفق X", "وفقا لX", "نقلا عن X", "بحسب قوله", "بحسب ما أعلن X"."""
    key = words[at].key
    bare = key[1:] if key[0] in "وف" and key[1:] in arabic.ACCORDING_LINK else key
    at += 1
    if bare in arabic.ACCORDING_LINK:
        if at >= len(words) or words[at].key not in arabic.ACCORDING_LINK[bare]:
            return None
        at += 1
    if at >= len(words):
        return None
    following = words[at]
    if without_particle(following.key) in arabic.HIS_SAYING:
        return Mention(None, voice=_voice_of_suffix(following))
    if following.key in arabic.AS_TOLD | {"لما"}:
        return _as_told(sentence, words, at + 1)
    return _named(sentence, words, at)


def _as_told(sentence: str, words: tuple[Word, ...], at: int) -> Mention | None:
    """Read the "أعلنت X" of "بحسب ما أعلنت X" and "كما قال X"."""
    if at >= len(words) or words[at].key not in arabic.TOLD or words[at - 1].quoted:
        return None
    previous = words[at - 2] if at >= 2 else None
    introduced = previous is not None and (
        previous.key in COMMAS | MARKS or previous.key in arabic.ACCORDING
    )
    if not (introduced or words[at - 1].key in {"حسبما", "وفقما"}):
        return None
    return _named(sentence, words, at + 1)


def _named(sentence: str, words: tuple[Word, ...], at: int) -> Mention | None:
    """Read the name after "وفق"; rules, plans and the like speak for nobody."""
    if at < len(words) and words[at].key == "ل":
        at += 1
    if at >= len(words) or {words[at].key, _head(words[at].key)} & arabic.NOT_SPEAKERS:
        return None
    if words[at - 1].key in _VAGUE and _head(words[at].key) not in arabic.SUBJECT_HEADS:
        return None
    name = read_name(words, at)
    if name is None or name.start == name.end:
        return None
    head = words[at]
    feminine = head.text.endswith("ة") or _head(head.key) in arabic.FEMININE_PLURALS
    mention = _mention(sentence, words, name, Voice.FEMININE if feminine else None)
    if mention is None or mention.name is None or words[at - 1].key not in _TAKING_L:
        return mention
    return replace(mention, name=_unprefixed(mention.name))


def _unprefixed(name: str) -> str:
    """Take the written "ل" off the name in "وفقا للمرصد", giving the article its alef back."""
    if name.startswith("لل"):
        return ("ال" + name[1:]) if name.startswith(_L_STEMS) else "ال" + name[2:]
    return name.removeprefix("ل").lstrip("ـ ")


def _head(key: str) -> str:
    return (
        without_particle(key).removeprefix("ال") if key.startswith("ل") else key.removeprefix("ال")
    )


def _opening_subject(sentence: str, words: tuple[Word, ...]) -> Mention | None:
    """Read "X قال إن" and "X، الخميس، أن", where the subject opens the sentence."""
    start = 1 if words and words[0].key in arabic.SUBJECT_LEADERS else 0
    if start >= len(words) or words[start].key in arabic.NOT_SUBJECTS or _verb(words[start]):
        return None
    name = read_name(words, start)
    if name is None or not 0 < name.end - name.start <= _MAX_SUBJECT or name.next >= len(words):
        return None
    if _weekday_then_told(words, name.next):
        return _mention(sentence, words, name, None)
    at = name.next + (words[name.next].key == "قد")
    first = words[start].key.removeprefix("و")
    subject = first.startswith("ال") or first in arabic.SUBJECT_HEADS or name.end - start == 1
    if not subject or at >= len(words) or words[at].key[0] in "وف":
        return None
    if _verb(words[at]) in {None, "بين"} or not _told_follows(words, at + 1):
        return None
    return _mention(sentence, words, name, _voice(words[at]))


def _weekday_then_told(words: tuple[Word, ...], at: int) -> bool:
    keys = [word.key for word in words[at : at + 6]]
    if "يوم" in keys[1:2]:
        del keys[1]
    return (
        keys[:1] != []
        and keys[0] in COMMAS
        and set(keys[1:2]) <= arabic.WEEKDAYS
        and set(keys[2:3]) <= COMMAS
        and len(keys) > 3
        and keys[3] in arabic.COMPLEMENTIZERS
    )


def _reported(sentence: str, words: tuple[Word, ...], at: int) -> Mention | None:
    """Read "ونقلت وكالة X عن Y قوله"."""
    through = read_name(words, at + 1)
    if through is None or through.start == through.end or through.next + 1 >= len(words):
        return None
    if words[through.next].key != "عن":
        return None
    name = read_name(words, through.next + 1)
    if name is None or name.start == name.end or not _told_follows(words, name.next - 1):
        return None
    if is_possessed(words[name.end - 1]):
        return None
    agency = clean(_text(sentence, words, through.start, through.end))
    who = clean(_text(sentence, words, name.start, name.end))
    return Mention(who, f"عبر {agency}") if who and agency else None


def _mention(
    sentence: str, words: tuple[Word, ...], name: Name, voice: Voice | None
) -> Mention | None:
    if words[name.end - 1].key in arabic.UNFINISHED:
        return None
    who = clean(_text(sentence, words, name.start, name.end))
    if words[name.start].key.removeprefix("ال") in arabic.PLURALS:
        voice = Voice.PLURAL
    return Mention(who, _relay(sentence, words, name), voice) if who else None


def _relay(sentence: str, words: tuple[Word, ...], name: Name) -> str | None:
    return None if name.relay is None else clean(_text(sentence, words, *name.relay))


def _text(sentence: str, words: tuple[Word, ...], start: int, end: int) -> str:
    return sentence[words[start].start : words[end - 1].end]
