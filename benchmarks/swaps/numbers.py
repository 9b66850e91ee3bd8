"""Numbers and years of a text, exchanged for clearly different ones of the same form."""

import random
import re
from collections.abc import Iterator

from benchmarks.swaps.entities import Exchange
from benchmarks.swaps.lexicon import Phrases, attach, words

_DIGITS = re.compile(
    r"(?<![\w.,:/#&-])\d{1,9}(?:[.,٫٬]\d{1,9})*(?![\w:/;-])|(?<=[\u0621-\u064a]ـ)\d{1,9}"
)
_ARABIC_LETTER = re.compile(r"[\u0621-\u064a]")
_PERCENT = re.compile(
    r"\s{0,2}\)?\s?(?:[%٪]|(?:في|ب)\s?ال(?:مئة|مائة)|بالم[ئا]ئ?ة|percent|per cent)"
)
_MONTHS = frozenset(
    "يناير فبراير مارس ابريل مايو يونيو يوليو اغسطس سبتمبر اكتوبر نوفمبر ديسمبر محرم صفر رجب شعبان"
    " رمضان شوال ذو ذي ربيع جمادى january february march april may june july august september"
    " october november december".split()
)
#: What stands before a year. Elsewhere four digits count something.
_YEAR_LEADS = (
    frozenset(
        "عام العالم العام لعام بعام وعام سنة لسنة منذ مونديال رؤية اولمبياد موسم كاس نسخة صيف شتاء"
        " in since by until of year summer".split()
    )
    | _MONTHS
)
_YEAR_WEAK_LEADS = frozenset("في حتى قبل بعد الى لـ بـ ل ب from to before after".split())
_BOUNDS = (  # the first is what the text says, the second what excludes it with a smaller number
    ("أكثر من", "أقل من"), ("بأكثر من", "بأقل من"), ("لأكثر من", "لأقل من"), ("يزيد عن", "يقل عن"),
    ("يزيد على", "يقل عن"), ("لا يقل عن", "لا يزيد عن"), ("فوق", "دون"), ("يتجاوز", "لا يتجاوز"),
    ("تتجاوز", "لا تتجاوز"), ("يفوق", "لا يتجاوز"), ("more than", "fewer than"),
    ("over", "under"), ("at least", "at most"), ("above", "below"),
)  # fmt: skip
_UPPER = (
    ("دون", "فوق"),     ("أقل من", "أكثر من"), ("بأقل من", "بأكثر من"), ("لا يزيد عن", "لا يقل عن"),
    ("less than", "more than"), ("fewer than", "more than"), ("under", "over"),
    ("at most", "at least"), ("below", "above"),
)  # fmt: skip
_SETS = [  # words that may stand for one another without changing what is around them
    line.split()
    for line in (
        "ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة",
        "الثلاثة الأربعة الخمسة الستة السبعة الثمانية التسعة العشرة",
        "ثلاث أربع خمس سبع ثماني تسع",
        "عشرون ثلاثون أربعون خمسون ستون سبعون ثمانون تسعون",
        "عشرين ثلاثين أربعين خمسين ستين سبعين ثمانين تسعين",
        "ثلاثمائة أربعمائة خمسمائة ستمائة سبعمائة ثمانمائة تسعمائة",
        "الثالثة الرابعة الخامسة السادسة السابعة الثامنة التاسعة العاشرة",
        "الثالث الرابع الخامس السادس السابع الثامن التاسع العاشر",
        "الثانية الثالثة الرابعة الخامسة السادسة السابعة",
        "ثالث رابع خامس سادس سابع ثامن تاسع عاشر",
        "نصف ربع ثلث خمس",
        "two three four five six seven eight nine ten",
        "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
        "twenty thirty forty fifty sixty seventy eighty ninety",
        "second third fourth fifth sixth seventh eighth ninth tenth",
        "million billion",
    )
]
_ONE_WAY = {
    "شخصين": "خمسة أشخاص", "مواطنين": "ستة مواطنين", "عامين": "خمسة أعوام",
    "يومين": "ستة أيام", "شهرين": "سبعة أشهر", "ساعتين": "تسع ساعات", "طفلين": "أربعة أطفال",
    "جنديين": "خمسة جنود", "هدفين": "أربعة أهداف", "بهدفين": "بخمسة أهداف",
    "مرتين": "خمس مرات", "أسبوعين": "ستة أسابيع", "سنتين": "سبع سنوات", "عشرات": "آلاف",
    "مئات": "آلاف", "once": "five times", "twice": "seven times", "dozens": "thousands",
    "hundreds": "dozens",
}  # fmt: skip
del _ONE_WAY["مواطنين"]  # the dual and the plural are written alike
_SPELLED = Phrases([*{word for each in _SETS for word in each}, *_ONE_WAY])
_SCALES = {
    "مليون": "مليار",
    "مليار": "مليون",
    "ألف": "مليون",
    "آلاف": "ملايين",
    "ملايين": "آلاف",
}
#: How often the scale is exchanged where digits could be: a thousandfold is easily seen through.
_SCALE_SHARE = 0.15
_SCALED = Phrases(list(_SCALES))
#: Part of a name where these stand before them: كانون الثاني، ربيع الأول، عبدالله الثاني.
_NAMES_BEFORE = frozenset("كانون تشرين ربيع جمادي جمادى عبدالله الله اليزابيث الطابق".split())


def number(text: str, rng: random.Random) -> Exchange | None:
    """Return a number of a text, in digits or words, and a clearly different one; or None."""
    in_digits = (_digits(text, match, rng) for match in _digit_spans(text))
    options = [option for option in in_digits if option is not None]
    options.extend(_word_numbers(text, rng))
    scales = list(_scales(text))
    if scales and (not options or rng.random() < _SCALE_SHARE):
        options = scales
    return rng.choice(options) if options else None


def year(text: str, rng: random.Random) -> Exchange | None:
    """Return a calendar year of a text and another near it; None without one."""
    spans = [m for m in _DIGITS.finditer(text) if _is_year(text, m)]
    if not spans:
        return None
    match = rng.choice(spans)
    old = int(match.group())
    held = text.translate(_ASCII)
    new = [
        y for step in (1, 2, 3, 4, 5, 7, 10) for y in (old - step, old + step) if str(y) not in held
    ]
    return Exchange(match.start(), match.end(), _in_script(str(rng.choice(new)), match.group()))


def _is_year(text: str, match: re.Match[str]) -> bool:
    digits = match.group()
    if not digits.isdecimal() or len(digits) != 4:
        return False
    if "/" in (text[: match.start()].rstrip()[-1:], text[match.end() :].lstrip()[:1]):
        return False  # one season of two years
    value = int(digits)
    if not (1900 <= value <= 2049 or 1350 <= value <= 1460):
        return False
    rest = text[match.end() : match.end() + 6].lstrip(' )»"”،.:!؟?')
    if re.match(r"(?:هـ|م|ه)(?!\w)", rest):
        return True
    before = words(text[max(0, match.start() - 30) : match.start()])
    lead = before[-1].key.lower() if before else ""
    if lead in _YEAR_LEADS:
        return True
    if not _ARABIC_LETTER.search(text):
        return True  # English parts the thousands of what it counts with a comma
    ends = not rest or not re.match(r"\w", text[match.end() :].lstrip()[:1] or " ")
    return ends if value > 1950 else ends and lead in _YEAR_WEAK_LEADS


def _digit_spans(text: str) -> Iterator[re.Match[str]]:
    for match in _DIGITS.finditer(text):
        if not _is_year(text, match):
            yield match


def _digits(text: str, match: re.Match[str], rng: random.Random) -> Exchange | None:
    written = match.group()
    most = _most(text, match)
    for pairs, factors in ((_BOUNDS, (0.2, 0.6)), (_UPPER, (1.6, 3.0))):
        bound = _bound_before(text, match.start(), pairs)
        if bound is not None:
            start, words_after = bound
            new = _other(written, rng, *factors, most)
            if new is None:
                return None
            gap = text[match.start() - 1] if text[match.start() - 1] in " (" else " "
            return Exchange(start, match.end(), f"{words_after} {gap.strip()}{new}")
    low, high = rng.choice(((0.25, 0.65), (1.4, 3.0)))
    new = _other(written, rng, low, high, most) or _other(written, rng, 0.2, 4.0, most)
    return None if new is None else Exchange(match.start(), match.end(), new)


def _most(text: str, match: re.Match[str]) -> int | None:
    """The most a number may be where it stands: a share, a day of a month, an hour."""
    if _PERCENT.match(text, match.end()):
        return 100
    following = words(text[match.end() : match.end() + 20])
    if following and following[0].key.lower() in _MONTHS:
        return 28
    before = words(text[max(0, match.start() - 12) : match.start()])
    return 12 if before and before[-1].key in ("الساعة", "الساعه") else None


def _bound_before(text: str, at: int, pairs: tuple[tuple[str, str], ...]) -> tuple[int, str] | None:
    before = text[:at].rstrip(" (")
    for said, opposite in sorted(pairs, key=lambda pair: -len(pair[0])):
        start = len(before) - len(said)
        boundary = start == 0 or (start > 0 and not before[start - 1].isalnum())
        if before.lower().endswith(said) and boundary:
            return start, opposite
    return None


def _other(
    written: str, rng: random.Random, low: float, high: float, most: int | None
) -> str | None:
    """Return another number between two shares of the one written, in its form; None without."""
    mark = next((c for c in written if not c.isdecimal()), "")
    groups = written.split(mark) if mark else [written]
    if mark and len(groups) > 2 and any(len(g) != 3 for g in groups[1:]):
        return None
    if not all(group.isdecimal() for group in groups):
        return None  # thousands and a fraction, each with a mark of its own
    thousands = len(groups) > 2 or (mark in ",٬" and len(groups) == 2 and len(groups[1]) == 3)
    if mark and not thousands:
        return _other_decimal(written, groups, mark, rng, low, high, most)
    old = int("".join(groups))
    if len(written) > 1 and written[0] in "0٠":
        return None  # a code, not a count
    new = _other_whole(old, rng, low, high, most)
    if new is None:
        return None
    plain = f"{new:,}".replace(",", mark) if thousands else str(new)
    return _in_script(plain, written)


def _other_whole(
    old: int, rng: random.Random, low: float, high: float, most: int | None
) -> int | None:
    def counted_alike(value: int) -> bool:  # Arabic nouns change after 3–10, 11–99, hundreds
        def kind(n: int) -> int:
            rest = n % 100
            return 0 if rest == 0 else 1 if rest < 3 else 2 if rest < 11 else 3

        return most is not None or kind(value) == kind(old) or (old < 3 and kind(value) == 2)

    step = 1
    while old % (step * 10) == 0 and old >= step * 20:
        step *= 10
    bottom, top = max(1, int(old * low)), max(int(old * high), 9 if old < 4 and high > 1 else 1)
    if most is not None:
        top = min(top, most)
    if bottom > top:
        return None
    for _ in range(_TRIES):
        value = rng.randint(bottom, top) // step * step
        if value > 0 and value != old and abs(value - old) >= 0.3 * old and counted_alike(value):
            return value
    return None


def _other_decimal(
    written: str,
    groups: list[str],
    mark: str,
    rng: random.Random,
    low: float,
    high: float,
    most: int | None,
) -> str | None:
    places = len(groups[1])
    old = float(f"{int(groups[0])}.{groups[1].translate(_ASCII)}")
    for _ in range(_TRIES):
        new = round(old * rng.uniform(low, high), places)
        if new > 0 and abs(new - old) >= 0.3 * old and (most is None or new <= most):
            return _in_script(f"{new:.{places}f}".replace(".", mark), written)
    return None


#: Draws before a number is given up as without another of its form.
_TRIES = 30
_ASCII = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def _in_script(digits: str, like: str) -> str:
    return digits.translate(_ARABIC) if any("٠" <= c <= "٩" for c in like) else digits


def _word_numbers(text: str, rng: random.Random) -> Iterator[Exchange]:
    found = words(text)
    for hit in _SPELLED.find(text, found):
        before = found[hit.index - 1].key if hit.index else ""
        if before in _NAMES_BEFORE:
            continue
        if hit.phrase in _ONE_WAY:
            yield Exchange(hit.start, hit.end, attach(hit.prefix, _ONE_WAY[hit.phrase]))
            continue
        if any(_bound_before(text, hit.start, pairs) for pairs in (_BOUNDS, _UPPER)):
            continue  # "more than six" may bear out "more than four"
        pool = rng.choice([each for each in _SETS if hit.phrase in each])
        at = pool.index(hit.phrase)
        far = [w for i, w in enumerate(pool) if abs(i - at) >= (2 if len(pool) > 4 else 1)]
        yield Exchange(hit.start, hit.end, attach(hit.prefix, rng.choice(far)))


def _scales(text: str) -> Iterator[Exchange]:
    for hit in _SCALED.find(text, words(text)):
        if not hit.prefix and re.search(r"\d\)? ?$", text[max(0, hit.start - 4) : hit.start]):
            yield Exchange(hit.start, hit.end, _SCALES[hit.phrase])
