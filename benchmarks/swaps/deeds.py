"""Made sentences of who did what to whom, each told in several orders.

Headlines that can be turned about with certainty are few (``roles``); these show that the order of
the same words decides, and that another order with other words may say the same.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.swaps.lexicon import groups

_PLACES = groups("places.tsv")
_NAMES = groups("names.tsv")

#: One deed a row, in forms that say the same of {a} and {b}; the names of a row are of one gender.
_COUNTRIES: Final = (
    ("{a} تتهم {b}", "اتهمت {a} {b}", "{b} تتلقى اتهامات من {a}", "اتهامات من {a} إلى {b}"),
    ("{a} تهدد {b}", "هددت {a} {b}", "{b} تتلقى تهديدا من {a}", "تهديدات من {a} إلى {b}"),
    ("{a} تهاجم {b}", "هاجمت {a} {b}", "{b} تتعرض لهجوم من {a}", "هجوم من {a} على {b}"),
    ("{a} تقصف {b}", "قصفت {a} {b}", "{b} تتعرض لقصف من {a}", "قصف من {a} على {b}"),
    ("{a} تنتقد {b}", "انتقدت {a} {b}", "{b} تتعرض لانتقادات من {a}", "انتقادات من {a} إلى {b}"),
    ("{a} تدعم {b}", "دعمت {a} {b}", "{b} تتلقى دعما من {a}", "دعم من {a} إلى {b}"),
    ("{a} تحذر {b}", "حذرت {a} {b}", "{b} تتلقى تحذيرا من {a}", "تحذير من {a} إلى {b}"),
    ("{a} تقرض {b}", "أقرضت {a} {b}", "{b} تحصل على قرض من {a}", "قرض من {a} إلى {b}"),
    ("{a} تهزم {b}", "هزمت {a} {b}", "{b} تخسر أمام {a}", "خسارة {b} أمام {a}"),
    ("{a} تبيع أسلحة إلى {b}", "باعت {a} أسلحة إلى {b}", "{b} تشتري أسلحة من {a}"),
    ("{a} تسلم {b} مطلوبين", "سلمت {a} {b} مطلوبين", "{b} تتسلم مطلوبين من {a}"),
    ("{a} تغزو {b}", "غزت {a} {b}", "{b} تتعرض لغزو من {a}", "غزو من {a} على {b}"),
    ("{a} تسبق {b} في الترتيب", "{b} تأتي بعد {a} في الترتيب"),
    ("{a} تصدر القمح إلى {b}", "{b} تستورد القمح من {a}"),
)
_CLUBS: Final = (
    ("{a} يهزم {b}", "{a} يفوز على {b}", "{b} يخسر أمام {a}", "خسارة {b} أمام {a}"),
    ("{a} يقصي {b}", "{b} يودع البطولة أمام {a}", "خروج {b} من البطولة على يد {a}"),
    ("{a} يشتري لاعبا من {b}", "{b} يبيع لاعبا إلى {a}", "انتقال لاعب من {b} إلى {a}"),
)
_ENGLISH: Final = (
    ("{a} attacked {b}", "{b} was attacked by {a}", "{b} came under attack from {a}"),
    ("{a} accused {b} of lying", "{b} was accused of lying by {a}"),
    ("{a} defeated {b}", "{b} was defeated by {a}", "{b} lost to {a}"),
    ("{a} invaded {b}", "{b} was invaded by {a}"),
    ("{a} sold weapons to {b}", "{b} bought weapons from {a}"),
    ("{a} lent money to {b}", "{b} borrowed money from {a}"),
    ("{a} warned {b}", "{b} was warned by {a}", "{b} received a warning from {a}"),
)
_TAILS: Final = (
    "",
    "",
    " أمس",
    " للمرة الثانية هذا العام",
    " بعد أيام من التوتر",
    " في مفاجأة كبيرة",
)
_TAILS_ENGLISH: Final = ("", "", " yesterday", " for the second time", " after days of tension")


@dataclass(frozen=True, slots=True)
class Deed:
    """A claim and a statement with the same words or deed; ``same`` where they say the same."""

    claim: str
    statement: str
    same: bool


def deeds(count: int, rng: random.Random) -> list[Deed]:
    """Return ``count`` made pairs: the deed told twice, or told with its two sides exchanged."""
    kinds: tuple[tuple[Sequence[str], Sequence[tuple[str, ...]], Sequence[str]], ...] = (
        (_PLACES["country"], _COUNTRIES, _TAILS),
        (_NAMES["club"], _CLUBS, _TAILS),
        (_PLACES["country_en"], _ENGLISH, _TAILS_ENGLISH),
    )
    found = []
    for _ in range(count):
        names, rows, tails = rng.choices(kinds, weights=(3, 1, 1))[0]
        one, other = rng.sample(names, 2)
        told, again = rng.choices(rng.choice(rows), k=2)
        tail, same = rng.choice(tails), rng.random() < 0.5
        statement = told.format(a=one, b=other) + tail
        turned = again.format(a=one, b=other) if same else again.format(a=other, b=one)
        found.append(Deed(turned + rng.choice((tail, "")), statement, same))
    return found
