"""Number words and what each does to the number around it: Arabic, English, some French.

All keys are folded (see ``tokens.fold``).
"""

from enum import StrEnum

from knowledge.agreement.tokens import Stem, fold, stems


class Term(StrEnum):
    """What a number word does to the number read so far."""

    UNIT = "unit"  # 1..9
    TEEN = "teen"  # 10..19
    TENS = "tens"  # 20..90
    HUNDRED = "hundred"  # 100, multiplies a unit before it
    HUNDREDS = "hundreds"  # 200..900 in one word
    SCALE = "scale"  # 1e3, 1e6 ...
    SCALES = "scales"  # their plurals: multiply, but never begin a number
    DUAL = "dual"  # two of a scale in one word


_TEENS = (
    *("ten", "eleven", "twelve", "thirteen", "fourteen"),
    *("fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_FRENCH_TEENS = ("dix", "onze", "douze", "treize", "quatorze", "quinze", "seize")
WORDS: dict[str, tuple[Term, float]] = {}


def _learn(term: Term, value: float, words: str) -> None:
    WORDS.update(dict.fromkeys(fold(words).split(), (term, value)))


for _value, _names in enumerate(
    (
        "واحد واحدة one",
        "اثنان اثنين اثنتان اثنتين إثنان إثنين اثنا اثني اثنتا اثنتي two deux",
        "ثلاثة ثلاث تلاتة three trois",
        "أربعة أربع four quatre",
        "خمسة خمس five cinq",
        "ستة ست six",
        "سبعة سبع seven sept",
        "ثمانية ثماني ثمان تمانية eight huit",
        "تسعة تسع nine neuf",
    ),
    start=1,
):
    _learn(Term.UNIT, _value, _names)
for _value, _names in enumerate(
    _TEENS,
    start=10,
):
    _learn(Term.TEEN, _value, _names)
for _value, _names in enumerate(_FRENCH_TEENS, start=10):
    _learn(Term.TEEN, _value, _names)
_learn(Term.TEEN, 10, "عشرة عشر")
_learn(Term.TEEN, 12, "dozen")
for _value, _names in enumerate(
    (
        "عشرون عشرين twenty vingt",
        "ثلاثون ثلاثين تلاتين thirty trente",
        "أربعون أربعين forty quarante",
        "خمسون خمسين fifty cinquante",
        "ستون ستين sixty soixante",
        "سبعون سبعين seventy",
        "ثمانون ثمانين تمانين eighty",
        "تسعون تسعين ninety",
    ),
    start=2,
):
    _learn(Term.TENS, 10 * _value, _names)
_learn(Term.HUNDRED, 100, "مئة مائة مية ماية hundred hundreds cent cents")
_learn(Term.HUNDREDS, 200, "مئتان مئتين مائتان مائتين ميتين مئتا مائتا مئتي مائتي")
for _value, _names in enumerate(["ثلاث", "أربع", "خمس", "ست", "سبع", "ثمان", "تسع"], start=3):
    for _hundred in ["مئة", "مائة", "مية", "ماية"]:
        _learn(Term.HUNDREDS, 100 * _value, _names + _hundred)
        if _names == "ثمان":
            _learn(Term.HUNDREDS, 800, "ثماني" + _hundred)
for _value_float, _single, _plural, _dual in (
    (1e3, "ألف thousand mille", "آلاف ألاف", "ألفان ألفين ألفي"),
    (1e6, "مليون million", "ملايين millions", "مليونان مليونين مليوني"),
    (1e9, "مليار بليون billion milliard", "مليارات بلايين milliards", "ملياران مليارين ملياري"),
    (1e12, "تريليون ترليون trillion", "تريليونات", "تريليونان تريليونين تريليوني"),
):
    _learn(Term.SCALE, _value_float, _single)
    _learn(Term.SCALES, _value_float, _plural)
    _learn(Term.DUAL, _value_float, _dual)
# Accusative scale after a number (سبعة وثلاثين ألفا), dual in construct before a noun (ألفا شخص).
EITHER = {fold(word) + "ا": WORDS[fold(word)][1] for word in ("ألف", "مليون", "مليار", "تريليون")}
LABELS = frozenset(
    fold(
        "رقم برقم المادة مادة القرار قرار الفقرة بند البند صفحة الساعة هاتف الغرفة الفرقة "
        "قناة القناة ويندوز طريق شارع no number article page "
        "resolution chapter numero"
    ).split()
)
"""Words after which digits name something and count nothing."""
ARTICLES = frozenset({"a", "an", "un", "une", "la", "le"})
OF = frozenset({"of", "de", "d", "من"})


def lookup(word: str) -> tuple[Term, float, Stem] | None:
    """The number word in a folded word, under any clitics a number may carry."""
    for stem in stems(word):
        if stem.preposition == "ك" or (stem.text == "ست" and word in ("لست", "وست", "فست")):
            continue  # "كسبع" is no number we need, "لست" is "I am not", "وست" West (Ham)
        found = WORDS.get(stem.text)
        if found is not None:
            return *found, stem
    return None
