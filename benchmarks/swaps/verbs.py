"""Words exchanged for their opposites."""

import random

from benchmarks.swaps.entities import Exchange
from benchmarks.swaps.lexicon import Phrases, attach, key, lines, words

#: Only with these before it is it a time: الأسبوع الماضي.
_TIMES = frozenset(
    key(
        "الأسبوع الشهر العام الموسم اليوم الأحد الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت القرن"
        " الصيف السنة الأيام الفترة المرحلة الأشهر الساعات يوليو أغسطس يونيو سبتمبر أكتوبر رمضان"
    ).split()
)
_TIMED = frozenset({"الماضي", "المقبل", "القادم", "المقبلة", "الماضية"})
#: Feminine forms of the present that are nouns, too.
_NOUNS = frozenset({"تدخل", "تقدم", "تصعد", "تخرج", "تسلم"})
_NOT_AFTER = {  # a phrase, and words before it with which it means something else
    "قبل": {"من", "قبل"}, "بعد": {"عن", "على", "ما"}, "أول": {"لاول"}, "رفض": {"لا"},
    "شمال": {"حلف"}, "نفي": {"لا"}, "خارج": {"في"},
}  # fmt: skip
_NOT_BEFORE = {
    "بعد": {"غد", "ان"}, "أول": {"من", "امس"}, "قبل": {"ان"}, "أعلى": {"من"},
    "جنوب": {"افريقيا", "السودان"}, "شرق": {"اسيا"}, "first": {"lady", "time"},
    "دعم": {"فني"}, "الفشل": {"الكلوي"}, "فشل": {"كلوي"},
}  # fmt: skip


def _table() -> tuple[dict[str, list[str]], set[str]]:
    """Return the opposites of each form, and which forms are verbs."""
    table: dict[str, list[str]] = {}
    finite: set[str] = set()

    def add(one: str, other: str) -> None:
        table.setdefault(one, []).append(other)

    derived = True
    for line in lines("opposites.tsv"):
        if line == "-":
            derived = False
            continue
        left, right = line.split("\t")
        if not derived:
            add(left, right)
            continue
        ways = [(left.removeprefix(">"), right)]
        if not left.startswith(">"):
            ways.append((right, left))
        for one, other in ways:
            forms = list(zip(_inflected(one), _inflected(other), strict=True))
            nouns = {noun for noun, _ in forms[-2:]}
            for place, (a, b) in enumerate(forms):
                verb = place < len(forms) - 2
                if verb and a in nouns:
                    continue  # دعم, خفض: a headline means the noun
                add(a, b)
                if verb:
                    finite.add(a)
    return table, finite


def _inflected(row: str) -> list[str]:
    past, present, noun = row.split()
    feminine = (past[:-1] if past.endswith("ى") else past) + "ت"
    return [
        past,
        feminine,
        present,
        "ت" + present[1:],
        "س" + present,
        "ست" + present[1:],
        noun,
        "ال" + noun,
    ]


_OPPOSITES, _FINITE = _table()
_PHRASES = Phrases([form for form in _OPPOSITES if form not in _NOUNS or form == "تقدم"])


def opposite(text: str, rng: random.Random) -> Exchange | None:
    """Return a word of a text and one that excludes it; None where it holds none of the list."""
    found = words(text)
    hits = _PHRASES.find(text, found)
    rng.shuffle(hits)
    for hit in hits:
        before = found[hit.index - 1].key if hit.index else ""
        after = found[hit.last + 1].key if hit.last + 1 < len(found) else ""
        if before in _NOT_AFTER.get(hit.phrase, ()) or after in _NOT_BEFORE.get(hit.phrase, ()):
            continue
        if hit.phrase in _FINITE and hit.prefix not in ("", "و"):
            continue  # فيصل is a name
        if hit.phrase in _TIMED and before not in _TIMES:
            continue
        new = [w for w in _OPPOSITES[hit.phrase] if key(w) not in key(text)]
        if new:
            return Exchange(hit.start, hit.end, attach(hit.prefix, rng.choice(new)))
    return None
