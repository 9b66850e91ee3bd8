"""What was done against what is only planned, asked for, feared, rumoured, or denied.

A small model reads "the government raised prices" out of "the government considers raising prices":
the words are the same. Made sentences tell one deed in many ways, and real headlines that open with
a verbal noun ("closing of the airport") are put behind what hedges them.
"""

import random
from collections.abc import Sequence
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Final

from benchmarks.swaps.told import Told, capital
from knowledge.domain import Relation

SUPPORTS, REFUTES, OPEN = Relation.SUPPORTS, Relation.REFUTES, Relation.NOT_ENOUGH_INFO


class Standing(Enum):
    """How a sentence says that something stands. What is planned is neither done nor undone."""

    DONE = "done"
    UNDONE = "undone"
    PLANNED = "planned"
    ASKED = "asked"
    RUMOURED = "rumoured"
    FEARED = "feared"


#: Deeds in the forms that the sentences below need.
_DEEDS: Final = Path(__file__).with_name("hedged_deeds.tsv")
#: {p} is the verb (feminine, present: in Arabic also what follows "that it should"), {m} the verbal
#: noun, {o} its object, {a} who does it.
_ARABIC: Final = {
    Standing.DONE: (
        "{a} {p} {o}", "{p} {a} {o}", "{a} تعلن {m} {o} رسميا", "{a} تكمل {m} {o}",
        "{a} تنجح في {m} {o}", "بعد {m} {o}، {a} تشرح الأسباب", "تم {m} {o} من قبل {a}",
        "{a} تؤكد {m} {o}", "انتهت {a} من {m} {o}",
    ),
    Standing.UNDONE: (
        "{a} تنفي {m} {o}", "{a} ترفض {m} {o}", "{a} تستبعد {m} {o}", "{a} تتراجع عن {m} {o}",
        "{a} تفشل في {m} {o}", "كادت {a} أن {p} {o}", "{a} لم {p} {o}", "{a} ما {p}ش {o}",
        "{a} تلغي خطة {m} {o}", "لا نية لدى {a} ل{m} {o}", "{a} تؤجل {m} {o} إلى أجل غير مسمى",
    ),
    Standing.PLANNED: (
        "{a} تدرس {m} {o}", "{a} تعتزم {m} {o}", "{a} تخطط ل{m} {o}", "{a} تنوي {m} {o}",
        "{a} تبحث {m} {o}", "{a} تعد ب{m} {o}", "{a} تهدد ب{m} {o}", "{a} تستعد ل{m} {o}",
        "من المتوقع أن {p} {a} {o}", "قد {p} {a} {o}", "{a} تجري محادثات ل{m} {o}",
        "{a} تقترب من {m} {o}", "{a} تحاول {m} {o}", "{a} ستبدأ {m} {o} العام المقبل",
        "{a} تناقش احتمال {m} {o}", "ربما {p} {a} {o}",
    ),
    Standing.ASKED: (
        "مطالبات ل{a} ب{m} {o}", "المعارضة تدعو {a} إلى {m} {o}", "دعوات إلى {m} {o}",
        "خبراء ينصحون {a} ب{m} {o}", "مواطنون يطالبون {a} ب{m} {o}", "{a} تطلب {m} {o}",
        "ضغوط على {a} من أجل {m} {o}",
    ),
    Standing.RUMOURED: (
        "شائعات عن {m} {a} {o}", "أنباء غير مؤكدة عن {m} {o}", "ناشطون يتداولون خبر {m} {o}",
        "{a} ترد على شائعة {m} {o}", "هل {p} {a} {o}؟", "مصادر مجهولة تزعم أن {a} {p} {o}",
    ),
    Standing.FEARED: (
        "مخاوف من {m} {o}", "تحذيرات ل{a} من {m} {o}", "خبراء يحذرون {a} من {m} {o}",
        "موظفون يخشون أن {p} {a} {o}",
    ),
}  # fmt: skip
_ENGLISH: Final = {
    Standing.DONE: (
        "{a} {d} {o}", "{a} has {d} {o}", "{a} announced that it had {d} {o}",
        "{a} managed to {b} {o}", "{a} succeeded in {g} {o}", "After {g} {o}, {a} explained why",
        "It was {a} that {d} {o}", "{a} finished {g} {o}",
    ),
    Standing.UNDONE: (
        "{a} denied {g} {o}", "{a} refused to {b} {o}", "{a} failed to {b} {o}",
        "{a} decided not to {b} {o}", "{a} nearly {d} {o}", "{a} has yet to {b} {o}",
        "{a} ruled out {g} {o}", "{a} dropped its plan to {b} {o}", "{a} did not {b} {o}",
        "{a} stopped short of {g} {o}",
    ),
    Standing.PLANNED: (
        "{a} plans to {b} {o}", "{a} is considering {g} {o}", "{a} promised to {b} {o}",
        "{a} threatened to {b} {o}", "{a} is expected to {b} {o}", "{a} may {b} {o}",
        "{a} is in talks to {b} {o}", "{a} wants to {b} {o}", "{a} is trying to {b} {o}",
        "{a} is about to {b} {o}", "{a} could {b} {o} next year", "{a} will {b} {o}",
    ),
    Standing.ASKED: (
        "{a} was asked to {b} {o}", "The opposition called on {a} to {b} {o}",
        "Residents demand that {a} {b} {o}", "Experts advise {a} to {b} {o}",
        "{a} is under pressure to {b} {o}",
    ),
    Standing.RUMOURED: (
        "Rumours say that {a} {d} {o}", "A hoax claimed that {a} {d} {o}",
        "It is unclear whether {a} {d} {o}", "Users share an unconfirmed post that {a} {d} {o}",
        "Did {a} {b} {o}?", "Researchers examine whether {a} {d} {o}",
    ),
    Standing.FEARED: (
        "Workers fear that {a} could {b} {o}", "Experts warn {a} against {g} {o}",
        "Concern that {a} might {b} {o}",
    ),
}  # fmt: skip

_ACTORS: Final = (
    "الحكومة", "الوزارة", "الشركة", "البلدية", "الجامعة", "المحكمة", "النقابة", "اللجنة",
    "وزارة الصحة", "وزارة التعليم", "الخطوط الجوية", "شركة الكهرباء", "تركيا", "مصر", "السعودية",
    "الأردن", "تونس", "إيران", "روسيا", "الصين", "المفوضية", "إدارة المستشفى", "هيئة الطيران",
)  # fmt: skip
_ACTORS_ENGLISH: Final = (
    "the government", "the ministry", "the company", "the city council", "the university",
    "the court", "the union", "the committee", "Turkey", "Egypt", "France", "Brazil", "the airline",
    "the bank", "the club", "the health ministry", "the regulator", "the hospital", "the army",
)  # fmt: skip


@cache
def _deeds(language: str) -> tuple[tuple[str, ...], ...]:
    """Return the rows of a language: what fills {p} {m} {o}, or in English {b} {d} {g} {o}."""
    lines = _DEEDS.read_text("utf-8").splitlines()
    rows = (tuple(line.split("\t")) for line in lines)
    return tuple(row[1:] for row in rows if row[0] == language)


#: Put before a headline that opens with a verbal noun. "ل" and "ب" join the word.
_BEFORE_NOUN: Final = {
    Standing.DONE: ("تأكيد {h}", "الإعلان رسميا عن {h}", "بالصور: {h}", "السلطات تؤكد {h}"),
    Standing.UNDONE: (
        "نفي {h}", "السلطات تنفي {h}", "لا صحة لخبر {h}", "تراجع عن {h}", "تكذيب خبر {h}",
        "الوزارة تستبعد {h}",
    ),
    Standing.PLANNED: ("احتمال {h}", "دراسة مقترح {h}", "قرب {h}", "توقعات ب{h}", "محاولة {h}"),
    Standing.ASKED: ("مطالبات ب{h}", "دعوات إلى {h}", "ناشطون يطالبون ب{h}"),
    Standing.RUMOURED: (
        "شائعات عن {h}", "أنباء غير مؤكدة عن {h}", "حقيقة {h}", "ما حقيقة {h}؟",
        "إشاعة {h} تثير الجدل",
    ),
    Standing.FEARED: ("مخاوف من {h}", "تحذيرات من {h}", "إحباط مخطط ل{h}"),
}  # fmt: skip
_VERBAL_NOUNS: Final = frozenset(
    "مقتل وفاة اعتقال إلغاء إغلاق افتتاح إصابة ضبط انهيار تعيين إطلاق توقيع تحطم استقالة سقوط"
    " إقالة رفع خفض زيادة تمديد تأجيل فرض منع حظر بدء وقف قصف تفجير انفجار اندلاع هروب فرار طرد"
    " ترحيل إعدام سجن محاكمة توقيف استشهاد وصول انسحاب عودة تسليم صرف إعادة نقل هدم حريق"
    " غرق".split()
)


def hedges(count: int, rng: random.Random, headlines: Sequence[str]) -> list[Told]:
    """Return ``count`` pairs: a half made up, a third of ``headlines``, the rest English."""
    openings = [h for h in headlines if h.split()[0] in _VERBAL_NOUNS]
    found = []
    for _ in range(count):
        kind = rng.choices(("made", "headline", "english"), weights=(3, 2, 1))[0]
        if kind == "headline" and openings:
            found.append(_headline(rng.choice(openings), rng))
        elif kind == "english":
            words = dict(zip("bdgo", rng.choice(_deeds("en")), strict=True))
            found.append(_made(_ENGLISH, words | {"a": rng.choice(_ACTORS_ENGLISH)}, rng))
        else:
            words = dict(zip("pmo", rng.choice(_deeds("ar")), strict=True))
            found.append(_made(_ARABIC, words | {"a": rng.choice(_ACTORS)}, rng))
    return found


def _made(
    forms: dict[Standing, tuple[str, ...]], words: dict[str, str], rng: random.Random
) -> Told:
    first, second = _standings(rng)
    claim, statement = (
        _written(rng.choice(forms[standing]).format(**words)) for standing in (first, second)
    )
    return Told(claim, statement, _relation(first, second))


def _headline(headline: str, rng: random.Random) -> Told:
    second = rng.choice(list(Standing))
    hedged = rng.choice(_BEFORE_NOUN[second]).format(h=headline)
    if rng.random() < 0.8:
        return Told(headline, hedged, _relation(Standing.DONE, second))
    return Told(hedged, headline, _relation(second, Standing.DONE))


def _standings(rng: random.Random) -> tuple[Standing, Standing]:
    """Return how the claim and the statement tell it: people mostly ask what is told as done."""
    first = Standing.DONE if rng.random() < 0.7 else rng.choice(list(Standing))
    return first, first if rng.random() < 0.3 else rng.choice(list(Standing))


def _relation(claim: Standing, statement: Standing) -> Relation:
    if claim is statement:
        return SUPPORTS if claim in (Standing.DONE, Standing.UNDONE) else OPEN
    return REFUTES if {claim, statement} == {Standing.DONE, Standing.UNDONE} else OPEN


def _written(text: str) -> str:
    """Return ``text`` with a capital in front and the article after ``ل`` as it is written."""
    return capital(text.replace(" لال", " لل"))
