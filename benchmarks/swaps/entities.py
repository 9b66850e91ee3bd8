"""Places, nationalities and names, exchanged for others of their kind."""

import random
from dataclasses import dataclass

from benchmarks.swaps.lexicon import Found, Phrases, attach, groups, key, words

#: Clubs named like other words: names only beside a verb that beats.
_ROLES_ONLY = frozenset({"club_saudi"})
_PLACES = groups("places.tsv")
_NAMES = groups("names.tsv")
#: Swapped out into places of another group, never in.
_OUT_ONLY = {"country_plain": "country"}
_SAME = ({"سوريا", "سورية"}, {"أمريكا", "أميركا"}, {"إسطنبول", "اسطنبول"}, {"أفريقيا", "إفريقيا"},
         {"مكة", "مكة المكرمة"}, {"جوجل", "غوغل"}, {"أمريكي", "أميركي"})  # fmt: skip
_ENDINGS = ("", "ة", "ين", "ون", "ات", "اً", "ا", "ان", "تين", "تان")
_TITLES = frozenset(
    "الرئيس رئيس الأمير أمير الملك الوزير وزير الشيخ الدكتور د اللواء العميد العقيد المدرب مدرب"
    " اللاعب لاعب النجم الفنان المهندس الأستاذ السفير الشهيد الجندي الفريق الكابتن والشيخ"
    " والأمير للأمير بالأمير الشاعر الإعلامي الداعية القاضي ابن بن أبو".translate(
        str.maketrans("أإآ", "ااا")
    ).split()
)
#: After these a name is a dynasty, a party or a place.
_NOT_AFTER = frozenset(
    {"ال", "حزب", "ابو", "ام", "بني", "كاس", "ربيع", "عبد", "بندر", "ريال", "اتلتيكو"}
)
#: Bandar Abbas; a base of the army.
_NOT_BEFORE = frozenset({"عباس", "الله", "الجوية", "العسكرية", "البحرية", "الشعبية"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """What stands at a span of a text and what may stand there instead."""

    start: int
    end: int
    after: str


def _forms() -> dict[str, tuple[str, int, int]]:
    """Return the Arabic nationality adjectives: form to (stem, ending, article)."""
    made = {}
    for stem in _PLACES["nationality"]:
        for which, ending in enumerate(_ENDINGS):
            made[stem + ending] = (stem, which, 0)
            made["ال" + stem + ending] = (stem, which, 1)
    return made


_ADJECTIVES = _forms()
_GROUP_OF = {p: g for g, ps in _PLACES.items() if g != "nationality" for p in ps}
_NAME_GROUP_OF = {p: g for g, ps in _NAMES.items() for p in ps}
# "السعودية" the country and the adjective are written alike: read below.
_PLACE_PHRASES = Phrases([*_ADJECTIVES, *_GROUP_OF])
_NAME_PHRASES = Phrases(list(_NAME_GROUP_OF))


def place(text: str, rng: random.Random) -> Exchange | None:
    """Return a place or a nationality of a text and another of its kind; None without one."""
    found = words(text)
    hits = _PLACE_PHRASES.find(text, found)
    rng.shuffle(hits)
    for hit in hits:
        before = found[hit.index - 1].key if hit.index else ""
        if before in _NOT_AFTER:
            continue
        adjective = _ADJECTIVES.get(hit.phrase)
        if adjective is not None and not (
            hit.phrase in _GROUP_OF and not before.startswith(("ال", "بال", "لل", "وال"))
        ):
            if hit.phrase == "تركي":  # also a first name
                continue
            return _nationality(text, hit, adjective, rng)
        group = _GROUP_OF.get(hit.phrase)
        if group is not None:
            pool = _after_article(before, _PLACES[_OUT_ONLY.get(group, group)])
            new = _another(text, hit.phrase, pool, rng)
            if new:
                return Exchange(hit.start, hit.end, attach(hit.prefix, new))
    return None


def _nationality(
    text: str, hit: Found, form: tuple[str, int, int], rng: random.Random
) -> Exchange | None:
    stem, ending, article = form
    new = _another(text, stem, _PLACES["nationality"], rng)
    if not new:
        return None
    after = ("ال" if article else "") + new + _ENDINGS[ending]
    return Exchange(hit.start, hit.end, attach(hit.prefix, after))


def name(text: str, rng: random.Random) -> Exchange | None:
    """Return the name of a person, club or company and another of its kind; None without one."""
    found = words(text)
    hits = _NAME_PHRASES.find(text, found)
    spans = {hit.index: hit for hit in hits} | {hit.last: hit for hit in hits}
    rng.shuffle(hits)
    for hit in hits:
        before = found[hit.index - 1].key if hit.index else ""
        after = found[hit.last + 1].key if hit.last + 1 < len(found) else ""
        group = _NAME_GROUP_OF[hit.phrase]
        if group in _ROLES_ONLY:
            continue
        if before in _NOT_AFTER or after in _NOT_BEFORE:
            continue
        beside = before in _TITLES or after == "بن" or hit.index - 1 in spans
        if group == "beside" and not (beside or hit.last + 1 in spans):
            continue
        if group == "family" and before.startswith("ال") and before not in _TITLES:
            continue  # an adjective: الطيران الحربي
        pool = "first" if group == "beside" else group
        new = _another(text, hit.phrase, _NAMES[pool], rng)
        if new:
            return Exchange(hit.start, hit.end, attach(hit.prefix, new))
    return None


def _after_article(before: str, pool: list[str]) -> list[str]:
    """Return those of the pool that may stand after "a" or "an" where one of them goes before."""
    if before not in ("a", "an", "A", "An"):
        return pool
    return [each for each in pool if (each[0] in "AEIOU") == before.lower().endswith("n")]


def _another(text: str, old: str, pool: list[str], rng: random.Random) -> str | None:
    """Return another of the pool that the text does not already hold."""
    same = next((names for names in _SAME if old in names), {old})
    bare = key(text)
    new = [each for each in pool if each not in same and key(each).removeprefix("ال") not in bare]
    return rng.choice(new) if new else None


def entities(text: str) -> list[tuple[Found, str]]:
    """Return the places and names of a text with the group each belongs to, in order."""
    found = words(text)
    hits = [
        (hit, group_of[hit.phrase])
        for phrases, group_of in ((_PLACE_PHRASES, _GROUP_OF), (_NAME_PHRASES, _NAME_GROUP_OF))
        for hit in phrases.find(text, found)
        if hit.phrase in group_of
    ]
    return sorted(hits, key=lambda pair: pair[0].start)
