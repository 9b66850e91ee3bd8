"""Words for units and currencies, Arabic, English and French, and how they convert.

Base units: metre, square metre, cubic metre, kilogram, second, metre per second, degree Celsius;
money stays in its own currency. A year is 365.25 days (Julian year), a month a twelfth of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from knowledge.agreement.intervals import Dimension
from knowledge.agreement.tokens import Kind, Token, fold, stems

_DAY = 86_400.0
_YEAR = 365.25 * _DAY


@dataclass(frozen=True, slots=True)
class Unit:
    """A dimension, the canonical base unit (or currency) and how many of it one of these is."""

    dimension: Dimension
    name: str | None
    factor: float


@dataclass(frozen=True, slots=True)
class UnitReading:
    """A unit found in a text: ``end`` is the index of the first token after it."""

    unit: Unit
    end: int


def _unit(dimension: Dimension, name: str, factor: float) -> Unit:
    return Unit(dimension, name, factor)


# (dimension, base unit, factor, singulars, other forms). Arabic accusatives and duals are derived.
_TABLE: tuple[tuple[Dimension, str, float, str, str], ...] = (
    (Dimension.LENGTH, "m", 1000, "كيلومتر كلم كم",
     "كيلومترات km kilometer kilometers kilometre kilometres kilomètre kilomètres"),
    (Dimension.LENGTH, "m", 1, "متر", "أمتار م metre metres meter meters mètre mètres m"),
    (Dimension.LENGTH, "m", 0.01, "سنتيمتر سنتمتر سم",
     "سنتيمترات cm centimetre centimetres centimeter centimeters"),
    (Dimension.LENGTH, "m", 0.001, "مليمتر ملليمتر ملم مم",
     "مليمترات mm millimetre millimetres millimeter millimeters"),
    (Dimension.LENGTH, "m", 1609.344, "ميل", "أميال mile miles"),
    (Dimension.LENGTH, "m", 0.3048, "قدم", "أقدام foot feet ft"),
    (Dimension.AREA, "m2", 10_000, "هكتار", "هكتارات hectare hectares ha"),
    (Dimension.AREA, "m2", 1000, "دونم", "دونمات dunam dunams dunum dunums"),
    (Dimension.AREA, "m2", 4200.83, "فدان", "أفدنة feddan feddans"),
    (Dimension.AREA, "m2", 4046.856, "", "acre acres"),
    (Dimension.VOLUME, "m3", 0.001, "لتر ليتر", "لترات ليترات litre litres liter liters"),
    (Dimension.VOLUME, "m3", 0.158987, "برميل", "براميل barrel barrels baril barils bpd"),
    (Dimension.MASS, "kg", 1000, "طن", "أطنان tonne tonnes ton tons"),
    (Dimension.MASS, "kg", 1, "كيلوغرام كيلوجرام كغم كجم كغ كيلو",
     "كيلوغرامات كيلوجرامات kg kilo kilos kilogram kilograms kilogramme kilogrammes"),
    (Dimension.MASS, "kg", 1e-6, "مليغرام ملليغرام ملغ ملغم", "مليغرامات mg milligram milligrams"),
    (Dimension.MASS, "kg", 0.001, "غرام جرام", "غرامات جرامات gram grams gramme grammes"),
    (Dimension.MASS, "kg", 0.45359237, "", "lb lbs"),
    (Dimension.DURATION, "s", 1, "ثانية", "ثوان ثواني second seconds seconde secondes sec"),
    (Dimension.DURATION, "s", 60, "دقيقة", "دقائق minute minutes min mins"),
    (Dimension.DURATION, "s", 3600, "ساعة", "ساعات hour hours heure heures hr hrs"),
    (Dimension.DURATION, "s", _DAY, "يوم", "أيام day days jour jours ليلة ليال ليالي"),
    (Dimension.DURATION, "s", 7 * _DAY, "أسبوع", "أسابيع week weeks semaine semaines"),
    (Dimension.DURATION, "s", _YEAR / 12, "شهر", "أشهر شهور month months mois"),
    (Dimension.DURATION, "s", _YEAR, "سنة عام", "سنوات سنين أعوام year years an ans année années"),
    (Dimension.DURATION, "s", 10 * _YEAR, "عقد", "عقود decade decades décennie décennies"),
    (Dimension.DURATION, "s", 100 * _YEAR, "قرن", "قرون century centuries siècle siècles"),
    (Dimension.MONEY, "USD", 1, "دولار", "دولارات usd dollar dollars $"),
    (Dimension.MONEY, "USD", 0.01, "سنت", "سنتات"),
    (Dimension.MONEY, "EUR", 1, "يورو", "euro euros eur €"),
    (Dimension.MONEY, "GBP", 1, "", "gbp sterling £"),
    (Dimension.MONEY, "JPY", 1, "", "jpy yen ¥"),
    (Dimension.MONEY, "CNY", 1, "يوان", "cny yuan"),
    (Dimension.MONEY, "RUB", 1, "روبل", "روبلات rub rouble roubles ruble rubles"),
    (Dimension.MONEY, "INR", 1, "روبية", "روبيات inr rupee rupees"),
    (Dimension.MONEY, "ILS", 1, "شيكل شيقل", "شواكل ils shekel shekels"),
    (Dimension.MONEY, "SAR", 1, "", "sar"),
    (Dimension.MONEY, "AED", 1, "", "aed"),
    (Dimension.MONEY, "EGP", 1, "", "egp"),
    (Dimension.MONEY, "riyal", 1, "ريال", "ريالات riyal riyals rial rials"),
    (Dimension.MONEY, "dinar", 1, "دينار", "دنانير dinar dinars"),
    (Dimension.MONEY, "dirham", 1, "درهم", "دراهم dirham dirhams"),
    (Dimension.MONEY, "pound", 1, "جنيه", "جنيهات pound pounds"),
    (Dimension.MONEY, "lira", 1, "ليرة", "ليرات lira liras"),
)  # fmt: skip

_NATIONS = {
    "riyal": "سعودي SAR saudi SAR قطري QAR qatari QAR يمني YER yemeni YER عماني OMR omani OMR "
    "إيراني IRR iranian IRR",
    "dinar": "كويتي KWD kuwaiti KWD عراقي IQD iraqi IQD أردني JOD jordanian JOD بحريني BHD "
    "bahraini BHD ليبي LYD libyan LYD تونسي TND tunisian TND جزائري DZD algerian DZD",
    "dirham": "إماراتي AED emirati AED مغربي MAD moroccan MAD",
    "pound": "مصري EGP egyptian EGP استرليني GBP إسترليني GBP british GBP سوداني SDG sudanese SDG",
    "lira": "تركي TRY تركية TRY turkish TRY سوري SYP سورية SYP syrian SYP لبناني LBP لبنانية LBP "
    "lebanese LBP",
    "USD": "أمريكي USD أميركي USD american USD أسترالي AUD australian AUD كندي CAD canadian CAD",
}

# Nouns people count whose dual is told from a sound plural (جنديين, but مدنيين may be civilians).
_DUAL_NOUNS = fold(
    "شخص طفل جندي رجل امرأة فتاة قتيل جريح شهيد ضابط رحلة سيارة طائرة صاروخ منزل قذيفة هدف مرة "
    "دولة مدينة قرية شركة مباراة نقطة مدرسة قنبلة عبوة سفينة ناقلة مليشيا جثة حالة ضحية غارة "
    "امراة قاعدة مرحلة"
).split()
_COUNTABLE = fold(
    "شخص أشخاص قتيل قتلى جريح جرحى مصاب مصابا عنصر عنصرا عناصر مقاتل مقاتلا جندي جنديا جنود "
    "مدني مدنيا مواطن مواطنا نازح نازحا لاجئ لاجئا طفل طفلا طالب طالبا طالبة حالة إصابة وفاة "
    "منزل منزلا وظيفة نسمة ضحية شهيد شهيدا أسرة عائلة مسلح مسلحا سيارة صاروخ صاروخا مرة مشارك "
    "مشاركا موظف موظفا وحدة سرير معتمر حاج حاجا متطوع متطوعا people persons person killed "
    "dead wounded injured soldiers fighters troops civilians children women men refugees "
    "cases deaths victims students homes houses jobs members militants times personnes morts "
    "blesses soldats cas"
).split()


def _dual_stems(singular: str) -> str:
    return singular[:-1] + "ت" if singular.endswith("ه") else singular


def _forms(singular: str) -> Iterable[str]:
    yield singular
    if not singular.endswith("ه"):
        yield singular + "ا"


_UNITS: dict[str, Unit] = {}
_DUAL_UNITS: dict[str, Unit] = {}
for _dimension, _name, _factor, _singulars, _others in _TABLE:
    _entry = Unit(_dimension, _name, float(_factor))
    for _singular in fold(_singulars).split():
        _UNITS.update(dict.fromkeys(_forms(_singular), _entry))
        if len(_singular) > 2 or _singular == "طن":
            for _ending in ("ين", "ان"):
                _DUAL_UNITS.setdefault(_dual_stems(_singular) + _ending, _entry)
    _UNITS.update(dict.fromkeys(fold(_others).split(), _entry))

for _word in ("ميلان", "قدمين", "قدمان", "كيلوين", "كيلوان"):  # Milan, two feet to stand on
    _DUAL_UNITS.pop(_word, None)

_CURRENCIES: dict[tuple[str, str], str] = {}
for _money, _pairs in _NATIONS.items():
    _words = _pairs.split()
    for _nation, _code in zip(_words[::2], _words[1::2], strict=True):
        for _form in (*_forms(fold(_nation)), fold(_nation) + "ه"):
            _CURRENCIES[_money, _form] = _code

_DUAL_COUNTED = {
    _dual_stems(_noun) + _ending: _noun for _noun in _DUAL_NOUNS for _ending in ("ين", "ان")
}
COUNTABLE = frozenset(form for noun in _COUNTABLE for form in _forms(noun))
"""Folded nouns that make a bare four-digit number a count and not a year."""

_SQUARE = frozenset(fold("مربع مربعا مربعة مربعين sq square carre carres").split())
_CUBIC = frozenset(fold("مكعب مكعبا مكعبة cubic cube cubes").split())
_PERCENT_PAIRS = {
    ("في", "المئه"), ("في", "المائه"), ("في", "الميه"), ("في", "المايه"), ("فى", "المئه"),
    ("per", "cent"), ("pour", "cent"),
}  # fmt: skip
_PERCENT_WORDS = frozenset({"%", "بالمئه", "بالمائه", "بالميه", "بالمايه", "percent", "pct"})
_PER_HOUR = (
    ("في", "الساعه"),
    ("بالساعه",),
    ("per", "hour"),
    ("an", "hour"),
    ("/", "h"),
    ("/", "س"),
)
_CELSIUS = frozenset(fold("مئوية سلزيوس سيلسيوس celsius c centigrade").split())
_DEGREE = frozenset(fold("درجة درجات degree degrees degre degres °").split())

PERCENT = Unit(Dimension.PROPORTION, "percent", 0.01)


def _texts(tokens: Sequence[Token], start: int, count: int) -> tuple[str, ...]:
    return tuple(token.text for token in tokens[start : start + count])


def read_unit(tokens: Sequence[Token], index: int) -> UnitReading | None:
    """The longest unit that begins at a token (after its number), None where there is none."""
    if index >= len(tokens):
        return None
    word = tokens[index].text
    if word in _PERCENT_WORDS:
        return UnitReading(PERCENT, index + 1)
    if _texts(tokens, index, 2) in _PERCENT_PAIRS:
        return UnitReading(PERCENT, index + 2)
    if word == "c" and not tokens[index].gap:
        return UnitReading(Unit(Dimension.TEMPERATURE, "C", 1.0), index + 1)
    if word in _DEGREE:
        after = _texts(tokens, index + 1, 1)
        if after and after[0] in _CELSIUS:
            return UnitReading(Unit(Dimension.TEMPERATURE, "C", 1.0), index + 2)
        return None
    if word in _SQUARE | _CUBIC:  # English says it first
        return _powered(_named_unit(tokens, index + 1), 2 if word in _SQUARE else 3)
    return _named_unit(tokens, index)


def _named_unit(tokens: Sequence[Token], index: int) -> UnitReading | None:
    if index >= len(tokens):
        return None
    word = tokens[index].text
    # Never with ال: "قتل 37 اليوم" is today, not 37 days.
    end = index + 1
    if word == "كيلو" and end < len(tokens) and tokens[end].text in ("متر", "مترا", "مترات"):
        word, end = "كيلومتر", end + 1
    found = _UNITS.get(word)
    return _with_qualifier(tokens, UnitReading(found, end)) if found else None


def _powered(reading: UnitReading | None, power: int) -> UnitReading | None:
    if reading is None or reading.unit.dimension is not Dimension.LENGTH:
        return None
    dimension = Dimension.AREA if power == 2 else Dimension.VOLUME
    return replace(reading, unit=_unit(dimension, f"m{power}", reading.unit.factor**power))


def _with_qualifier(tokens: Sequence[Token], reading: UnitReading) -> UnitReading:
    """The unit with the word after it that changes it: square, an hour, Saudi."""
    unit, end = reading.unit, reading.end
    if end >= len(tokens):
        return reading
    after = tokens[end]
    if unit.dimension is Dimension.LENGTH:
        for power, words, digit in ((2, _SQUARE, "2²"), (3, _CUBIC, "3³")):
            is_digit = not after.gap and after.kind is not Kind.WORD and after.text in digit
            if after.text in words or is_digit:
                return _powered(replace(reading, end=end + 1), power) or reading
        for phrase in _PER_HOUR:
            if _texts(tokens, end, len(phrase)) == phrase:
                speed = _unit(Dimension.SPEED, "m/s", unit.factor / 3600)
                return UnitReading(speed, end + len(phrase))
    if unit.dimension is Dimension.MONEY:
        nation = after.text.removeprefix("ال")
        code = _CURRENCIES.get((unit.name or "", nation))
        if code is not None:
            return UnitReading(_unit(Dimension.MONEY, code, unit.factor), end + 1)
    return reading


def read_prefixed_currency(tokens: Sequence[Token], index: int) -> Unit | None:
    """The currency written before a number: ``$ 5``, ``USD 5``."""
    if index < 0:
        return None
    token = tokens[index]
    unit = _UNITS.get(token.text)
    is_code = token.kind is Kind.MARK or (len(token.text) == 3 and token.text.isascii())
    return unit if unit and unit.dimension is Dimension.MONEY and is_code else None


def dual_unit(word: str) -> Unit | None:
    """The unit a dual word is two of (``كيلومترين``, ``العامين``)."""
    return next((_DUAL_UNITS[s.text] for s in stems(word) if s.text in _DUAL_UNITS), None)


def is_dual_noun(word: str) -> bool:
    """Whether a word is the dual of a common counted noun (``شخصين``, ``مرتين``)."""
    return any(stem.text in _DUAL_COUNTED for stem in stems(word))
