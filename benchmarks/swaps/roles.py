"""Who did what to whom, changed about."""

import random
import re
from collections.abc import Iterator
from itertools import pairwise

from benchmarks.swaps.entities import Exchange, entities
from benchmarks.swaps.lexicon import Found, Phrases, Word, attach, key, words

#: Verbs of which only one side does what they say, with the preposition they take.
_ONE_SIDED = frozenset(
    key(word)
    for word in (
        "يهزم تهزم هزم هزمت يتهم تتهم اتهم اتهمت يهدد تهدد هدد هددت يقصف تقصف قصف يهاجم تهاجم هاجم"
        " ينتقد تنتقد انتقد يدعم تدعم يطالب تطالب طالب يدعو تدعو يزور تزور زار يستقبل تستقبل استقبل"
        " يسقط يكتسح يقصي تستدعي يستدعي تستهدف يستهدف تغزو تحارب يحارب يشكر تدين يدين تحذر يحذر"
        " حذر تشكر تشتري يهنئ تهنئ يعزي يكرم يودع يكلف"
        " يسلم تسلم ينتقد يعين يقيل يقتل تقتل يعاقب تعاقب يقاضي تقاضي يشتري ترفض"
        " beats defeated defeats accuses accused attacks attacked threatens threatened"
        " invades invaded visits visited criticises criticizes criticized"
        " sues sued acquires acquired"
    ).split()
)
#: Classes of names that may be on either side of such a verb, and their grammatical gender.
_SIDES = {
    **dict.fromkeys(("country", "country_plain", "capital", "armed_f"), ("power", "f")),
    **dict.fromkeys(("country_m", "armed_m"), ("power", "m")),
    **dict.fromkeys(("leader", "coach", "player", "football"), ("person", "m")),
    **dict.fromkeys(("club", "club_saudi"), ("club", "m")),
    **dict.fromkeys(("company", "carmaker", "network"), ("company", "f")),
    **dict.fromkeys(("country_en", "capital_en"), ("power_en", "")),
    **dict.fromkeys(("leader_en", "family_en"), ("person_en", "")),
    **dict.fromkeys(("club_en",), ("club_en", "")),
    **dict.fromkeys(("company_en", "carmaker_en", "pharma_en"), ("company_en", "")),
}
_ALSO_ONE_SIDED = ("يفوز على", "تفوز على", "فاز على", "فازت على", "يتغلب على", "تغلب على")


#: Words that open the mention of a man by his office.
_TITLES = frozenset(
    key(
        "وزير الوزير رئيس الرئيس أمير الأمير ملك الملك ولي نائب مدير سفير السفير قائد القائد محافظ"
        " وكيل أمين مفتي المفتي خادم الشيخ مستشار المستشار مساعد السلطان سلطان الفريق اللواء"
    ).split()
)
#: Where the second side is over.
_ENDS = frozenset(
    key(
        "في على من إلى بعد قبل خلال لدى عن مع اليوم أمس غدا غداً بمناسبة بذكرى بعيد ويبحث ويبحثان"
        " ويؤكد ويستعرض ويشيد ويناقش لبحث لمناقشة بجدة بالرياض بمكة بمكتبه بحضور بسبب لتعزيز"
    ).split()
)
#: Another deed, or with what.
_STARTS_ANEW = ("وي", "بال", "بنجاح", "لل")
#: No side has more words than this, and one.
_LONGEST = 6
#: Between two sides that these part nobody knows who did what; after "in" stands no side.
_BREAKS = re.compile(r"[.،,:؛;|/–-]| في | in | at ")
_OTHER_GENDER = {
    verb: other
    for verb in (*_ONE_SIDED, *_ALSO_ONE_SIDED)
    for other in ("ت" + verb[1:], "ي" + verb[1:], verb + "ت", verb[:-1])
    if other != verb and (other in _ONE_SIDED or other in _ALSO_ONE_SIDED)
}
_VERB_OF_ROLES = Phrases([*_ONE_SIDED, *_ALSO_ONE_SIDED])


def roles(text: str, rng: random.Random) -> Exchange | None:
    """Return the two sides of a one-sided verb changed about; None where that is not certain.

    Certain is: two names of one class around such a verb ("X beats Y"), or right after it. The verb
    follows the gender of its new subject.
    """
    found = words(text)
    named = [(hit, *_SIDES[group]) for hit, group in entities(text) if group in _SIDES]
    verbs = [v for v in _VERB_OF_ROLES.find(text, found) if not v.prefix]
    options = []
    for (one, side, gender), (other, other_side, other_gender) in pairwise(named):
        middle = text[one.end : other.start]
        if side != other_side or one.prefix or other.prefix not in ("", "ب"):
            continue
        if one.phrase == other.phrase or _BREAKS.search(middle) or other.index - one.last > 4:
            continue
        verb = next((v for v in verbs if v.last + 1 == one.index or v.index == one.last + 1), None)
        if verb is None or (verb.start < one.start and other.index != one.last + 1):
            continue
        said = text[verb.start : verb.end]
        turned = said if gender == other_gender else _OTHER_GENDER.get(said)
        if turned is None:
            continue
        pattern = text[min(verb.start, one.start) : other.end]
        after = f"{other.phrase}{middle}{attach(other.prefix, one.phrase)}"
        if verb.start < one.start:
            after = f"{turned}{text[verb.end : one.start]}{after}"
        else:
            after = after.replace(said, turned, 1)
        options.append(Exchange(other.end - len(pattern), other.end, after))
    options.extend(_titled(text, found, verbs))
    return rng.choice(options) if options else None


def _titled(text: str, found: tuple[Word, ...], verbs: list[Found]) -> Iterator[Exchange]:
    """The same where both sides are people by their titles: the minister receives the ambassador.

    The first side is all that stands before the verb, the second ends at a break or a preposition.
    """
    for verb in verbs:
        first, last = verb.index - 1, verb.last + 1
        if not text[verb.start : verb.end].startswith("ي") or last >= len(found):
            continue
        start = next((w for w in range(first, -1, -1) if _breaks(text, found, w)), 0)
        if first < start or first - start > _LONGEST or found[start].key not in _TITLES:
            continue
        end = last
        while end + 1 < len(found) and not (
            _breaks(text, found, end + 1)
            or found[end + 1].key in _ENDS
            or found[end + 1].key.startswith(_STARTS_ANEW)
        ):
            end += 1
        if found[last].key not in _TITLES or end - last > _LONGEST:
            continue
        one, other = (found[start].start, found[first].end), (found[last].start, found[end].end)
        middle = text[one[1] : other[0]]
        after = f"{text[slice(*other)]}{middle}{text[slice(*one)]}"
        if text.count('"') == 0 and not set("«»“”()") & set(after):
            yield Exchange(one[0], other[1], after)


def _breaks(text: str, found: tuple[Word, ...], index: int) -> bool:
    """Tell whether something other than a space stands before a word."""
    return index == 0 or text[found[index - 1].end : found[index].start].strip() != ""
