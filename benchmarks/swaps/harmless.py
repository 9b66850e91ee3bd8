"""Rewordings that leave the meaning alone, so that not every difference is a contradiction."""

import random
import re
from collections.abc import Callable

from benchmarks.swaps.lexicon import WORD, Phrases, attach, lines, words

_TO_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_TO_ASCII = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")
_UNITS = ("ثلاثة", "أربعة", "خمسة", "ستة", "سبعة", "ثمانية", "تسعة", "عشرة")
_ENGLISH_UNITS = ("three", "four", "five", "six", "seven", "eight", "nine", "ten")
_SCALED = re.compile(r"(?<![\d.,])([3-9]|10) (ملايين|آلاف|مليارات)(?!\w)")
_PERCENT = re.compile(r"(\d) ?[%٪]")
_ENGLISH_PERCENT = re.compile(r"(\d) ?(?:%|percent)")
_TAGS = ("عاجل | ", "عاجل: ", "#عاجل ", "خبر عاجل: ", "🔴 ", "عاجل.. ", "الآن: ", "متداول: ")
_ENGLISH_TAGS = ("Breaking: ", "BREAKING: ", "Just in: ", "#news ", "Update: ")
_TAILS = (" #السعودية", " #أخبار", " ..", " !!", " 🚨", " .", " انشروها", " والله المستعان")
_ENGLISH_TAILS = (" #news", " ...", "!", " 🚨", " .")
#: A phrase, and words before it with which it means something else.
_NOT_AFTER = {"خلال": {"من"}, "بعد": {"عن", "على", "من", "ما"}, "إثر": {"على"}, "نحو": {"على"}}
#: Synonyms only before a number: elsewhere "نحو" is a direction, "أكثر من" compares.
_COUNTING = frozenset({"نحو", "حوالي", "قرابة", "أكثر من"})
#: "بعد" before what happened, not before a span of time or "غد".
_AFTER_EVENT = re.compile(r" (?!غد|أن|ما |أيام|يوم|شهر|عام|سن|أسبوع|ساع)[\u0621-\u064a]{3}")
_NOT_TODAY = frozenset("عين صباح مساء ظهر منذ من بعد حتى قبل عصر فجر يوم اخبار".split())
_ARABIC_LETTER = re.compile(r"[\u0621-\u064a]")


def _synonyms() -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    for line in lines("synonyms.tsv"):
        same = line.removeprefix(">").split(",")
        for each in same[:1] if line.startswith(">") else same:
            table.setdefault(each, []).extend(word for word in same if word != each)
    return table


_SYNONYMS = _synonyms()
_SYNONYM_PHRASES = Phrases(list(_SYNONYMS))


def harmless(text: str, rng: random.Random) -> str | None:
    """Return ``text`` said otherwise with the same meaning; None where nothing could be done."""
    arabic = _ARABIC_LETTER.search(text) is not None
    ways = list(_ARABIC_WAYS if arabic else _ENGLISH_WAYS)
    rng.shuffle(ways)
    # What touches words or numbers teaches more than ornaments do: it goes first.
    ways.sort(key=lambda way: way not in (_synonym, _spelling_of_number, _percent))
    wanted = rng.choice((1, 1, 2, 3))
    result = text
    for way in ways:
        if rng.random() < 0.25:
            continue
        changed = way(result, rng)
        if changed is not None and changed != result:
            result = changed
            wanted -= 1
        if not wanted:
            break
    if result == text:
        result = _tag(text, rng)
    return result


def _synonym(text: str, rng: random.Random) -> str | None:
    found = words(text)
    hits = [
        hit
        for hit in _SYNONYM_PHRASES.find(text, found)
        if (hit.index == 0 or found[hit.index - 1].key not in _NOT_AFTER.get(hit.phrase, ()))
        and (hit.phrase not in _COUNTING or text[hit.end :].lstrip()[:1].isdecimal())
        and (hit.phrase != "بعد" or _AFTER_EVENT.match(text, hit.end))
    ]
    if not hits:
        return None
    hit = rng.choice(hits)
    return (
        text[: hit.start] + attach(hit.prefix, rng.choice(_SYNONYMS[hit.phrase])) + text[hit.end :]
    )


def _digit_script(text: str, rng: random.Random) -> str | None:
    return text.translate(_TO_ASCII if any("٠" <= c <= "٩" for c in text) else _TO_ARABIC)


def _spelling_of_number(text: str, rng: random.Random) -> str | None:
    def spelled(match: re.Match[str]) -> str:
        return f"{_UNITS[int(match.group(1)) - 3]} {match.group(2)}"

    changed = _SCALED.sub(spelled, text)
    if changed != text:
        return changed
    for word in words(text):
        for names in (_UNITS, _ENGLISH_UNITS):
            if word.key.lower() in {name.replace("أ", "ا") for name in names}:
                following = text[word.end :].lstrip()
                if following.startswith(("عشر", "و", "and ", "hundred")):
                    continue  # part of a longer number
                value = [name.replace("أ", "ا") for name in names].index(word.key.lower()) + 3
                return f"{text[: word.start]}{value}{text[word.end :]}"
    return None


def _percent(text: str, rng: random.Random) -> str | None:
    return _PERCENT.sub(rng.choice((r"\1 في المئة", r"\1 بالمئة", r"\1٪", r"\1 %")), text)


def _english_percent(text: str, rng: random.Random) -> str | None:
    return _ENGLISH_PERCENT.sub(rng.choice((r"\1 percent", r"\1%", r"\1 per cent")), text)


def _without_hamza(text: str, rng: random.Random) -> str | None:
    return text.translate(str.maketrans("أإآ", "ااا"))


def _loose_endings(text: str, rng: random.Random) -> str | None:
    """Egyptian and hurried spelling: ه for ة, ي and ى for each other at the end of words."""
    first, second = rng.choice((("ة", "ه"), ("ي", "ى"), ("ى", "ي")))
    return re.sub(rf"(?<=[\u0621-\u064a]{{2}}){first}(?![\u0621-\u064a])", second, text)


def _ornament(text: str, rng: random.Random) -> str | None:
    """A tatweel drawn into a word, or vowel signs on its letters."""
    long = [m for m in WORD.finditer(text) if m.end() - m.start() > 3 and not m.group().isascii()]
    if not long:
        return None
    match = rng.choice(long)
    word = match.group()
    at = rng.randint(1, len(word) - 2)
    if rng.random() < 0.5:
        joined = word[at - 1] not in "اأإآدذرزوؤةىء" and word[at] not in "ء"
        if not joined:
            return None
        word = word[:at] + "ـ" * rng.randint(1, 4) + word[at:]
    else:
        word = word[:at] + rng.choice("\u064e\u064f\u0650\u0651") + word[at:]
    return text[: match.start()] + word + text[match.end() :]


def _tag(text: str, rng: random.Random) -> str:
    arabic = _ARABIC_LETTER.search(text) is not None
    if rng.random() < 0.5:
        return rng.choice(_TAGS if arabic else _ENGLISH_TAGS) + text
    return text.rstrip(" .") + rng.choice(_TAILS if arabic else _ENGLISH_TAILS)


def _hashtag(text: str, rng: random.Random) -> str | None:
    long = [m for m in WORD.finditer(text) if m.end() - m.start() > 3]
    starts = [m.start() for m in long if not m.start() or text[m.start() - 1] == " "]
    if not starts:
        return None
    at = rng.choice(starts)
    return f"{text[:at]}#{text[at:]}"


def _quotes(text: str, rng: random.Random) -> str | None:
    return re.sub('[«»“”"]', "", text).strip()


def _spacing(text: str, rng: random.Random) -> str | None:
    """Colons and dots of headlines as others set them."""
    return re.sub(r" ?: ", rng.choice((": ", " : ", " - ", ".. ")), text)


def _today(text: str, rng: random.Random) -> str | None:
    """The word for "today" at the other end of the sentence."""
    found = words(text)
    if len(found) < 4 or found[-1].key != "اليوم" or found[-2].key in _NOT_TODAY:
        return None
    return f"اليوم.. {text[: found[-1].start].rstrip()}{text[found[-1].end :]}"


def _case(text: str, rng: random.Random) -> str | None:
    return rng.choice((text.upper(), text.lower()))


_Way = Callable[[str, random.Random], str | None]
_ARABIC_WAYS: tuple[_Way, ...] = (
    _synonym, _digit_script, _spelling_of_number, _percent, _without_hamza, _loose_endings,
    _ornament, _tag, _hashtag, _quotes, _spacing, _today,
)  # fmt: skip
_ENGLISH_WAYS: tuple[_Way, ...] = (
    _synonym, _spelling_of_number, _english_percent, _tag, _quotes, _case,
)  # fmt: skip
