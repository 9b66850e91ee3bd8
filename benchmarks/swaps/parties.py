"""Made sentences of what one party did to another, told by common nouns, and turned about.

``deeds`` does it with names; people are told of ministries, unions, judges and players, too. What
one did to the other excludes the reverse only for some deeds: both may accuse each other.
"""

import random
from typing import Final

from benchmarks.swaps.told import Told, capital
from knowledge.domain import Relation

_FEMININE: Final = (
    "الشرطة", "العصابة", "الوزارة", "الشركة", "النقابة", "البلدية", "الجامعة", "المدرسة",
    "الصحيفة", "القناة", "الميليشيا", "المعارضة", "الحكومة", "المحكمة", "القبيلة", "الطبيبة",
)  # fmt: skip
_MASCULINE: Final = (
    "الجيش", "القاضي", "المدرب", "اللاعب", "الحكم", "النائب", "الوزير", "المصرف", "النادي",
    "الاتحاد", "الحزب", "الرئيس", "السفير", "المعلم", "التاجر", "المدير", "الجار", "الحارس",
)  # fmt: skip
_ENGLISH: Final = (
    "the police", "the gang", "the union", "the newspaper", "the university", "the airline",
    "the coach", "the referee", "the mayor", "the senator", "the bishop", "the tenant",
    "the landlord", "the museum", "the militia", "the navy", "the tribe", "the publisher",
)  # fmt: skip

#: Deeds that say nothing of the reverse, and deeds that exclude it.
_OPEN_FEMININE: Final = (
    ("{a} تتهم {b}", "اتهمت {a} {b}", "{b} متهمة من {a}"),
    ("{a} تهاجم {b}", "هاجمت {a} {b}", "{b} تتعرض لهجوم من {a}"),
    ("{a} تقاضي {b}", "رفعت {a} دعوى على {b}", "{b} تواجه دعوى من {a}"),
    ("{a} تنتقد {b}", "انتقدت {a} {b}", "{b} تتعرض لانتقادات من {a}"),
    ("{a} تشكر {b}", "شكرت {a} {b}", "{b} تتلقى الشكر من {a}"),
    ("{a} تحذر {b}", "حذرت {a} {b}", "{b} تتلقى تحذيرا من {a}"),
)
_SHUT_FEMININE: Final = (
    ("{a} تشتري {b}", "اشترت {a} {b}", "{b} مملوكة الآن لـ {a}"),
    ("{a} تهزم {b}", "هزمت {a} {b}", "{b} تخسر أمام {a}"),
    ("{a} تدفع تعويضا إلى {b}", "دفعت {a} تعويضا إلى {b}", "{b} تحصل على تعويض من {a}"),
)
_OPEN_MASCULINE: Final = (
    ("{a} يتهم {b}", "اتهم {a} {b}", "{b} متهم من {a}"),
    ("{a} يهاجم {b}", "هاجم {a} {b}", "{b} يتعرض لهجوم من {a}"),
    ("{a} يقاضي {b}", "رفع {a} دعوى على {b}", "{b} يواجه دعوى من {a}"),
    ("{a} يضرب {b}", "ضرب {a} {b}", "{b} يتعرض للضرب من {a}"),
    ("{a} ينتقد {b}", "انتقد {a} {b}", "{b} يتعرض لانتقادات من {a}"),
    ("{a} يشكر {b}", "شكر {a} {b}", "{b} يتلقى الشكر من {a}"),
)
_SHUT_MASCULINE: Final = (
    ("{a} يقتل {b}", "قتل {a} {b}", "{b} يلقى مصرعه على يد {a}"),
    ("{a} يهزم {b}", "هزم {a} {b}", "{b} يخسر أمام {a}"),
    ("{a} يقيل {b}", "أقال {a} {b}", "{b} يفقد منصبه بقرار من {a}"),
)
_OPEN_ENGLISH: Final = (
    ("{a} accused {b}", "{b} was accused by {a}"),
    ("{a} attacked {b}", "{b} was attacked by {a}", "{b} came under attack from {a}"),
    ("{a} took {b} to court", "{b} was taken to court by {a}"),
    ("{a} praised {b}", "{b} was praised by {a}", "{b} won praise from {a}"),
    ("{a} apologised to {b}", "{b} received an apology from {a}"),
)
_SHUT_ENGLISH: Final = (
    ("{a} defeated {b}", "{b} lost to {a}", "{b} was defeated by {a}"),
    ("{a} paid damages to {b}", "{b} received damages from {a}"),
    ("{a} killed {b}", "{b} was killed by {a}"),
)
_KINDS: Final = (
    (_FEMININE, _OPEN_FEMININE, _SHUT_FEMININE),
    (_MASCULINE, _OPEN_MASCULINE, _SHUT_MASCULINE),
    (_ENGLISH, _OPEN_ENGLISH, _SHUT_ENGLISH),
)
_TAILS: Final = ("", "", " أمس", " في العاصمة", " بعد الخلاف")
_TAILS_ENGLISH: Final = ("", "", " yesterday", " in public")


def parties(count: int, rng: random.Random) -> list[Told]:
    """Return ``count`` made pairs: the deed told twice, or told with its two sides exchanged."""
    found = []
    for _ in range(count):
        names, open_rows, shut_rows = rng.choice(_KINDS)
        shut = rng.random() < 0.35
        told, again = rng.choices(rng.choice(shut_rows if shut else open_rows), k=2)
        one, other = rng.sample(names, 2)
        tail = rng.choice(_TAILS_ENGLISH if names is _ENGLISH else _TAILS)
        same = rng.random() < 0.5
        claim = again.format(a=one, b=other) if same else again.format(a=other, b=one)
        relation = Relation.REFUTES if shut else Relation.NOT_ENOUGH_INFO
        found.append(
            Told(
                capital(claim) + rng.choice((tail, "")),
                capital(told.format(a=one, b=other)) + tail,
                Relation.SUPPORTS if same else relation,
            )
        )
    return found
