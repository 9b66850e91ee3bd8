"""Names of months and weekdays and the words that stand around dates, folded."""

from knowledge.agreement.tokens import fold

# One line a month: Levantine, Egyptian, Maghrebi spellings, English, French; ``_`` is a space.
_MONTH_NAMES = (
    "كانون_الثاني يناير جانفي ينّاير january jan janvier",
    "شباط فبراير فيفري february feb fevrier",
    "آذار اذار مارس march mars",
    "نيسان أبريل إبريل ابريل أفريل april avril",
    "أيار مايو ماي may mai",
    "حزيران يونيو يونية يونيه جوان june juin",
    "تموز يوليو يولية يوليه يوليوز جويلية july juillet",
    "آب أغسطس اغسطس غشت أوت august aug aout",
    "أيلول سبتمبر شتنبر september sept septembre",
    "تشرين_الأول أكتوبر اكتوبر october oct octobre",
    "تشرين_الثاني نوفمبر نونبر november nov novembre",
    "كانون_الأول ديسمبر دجنبر december dec decembre",
)
MONTHS: dict[str, int] = {
    name.replace("_", " "): month
    for month, names in enumerate(_MONTH_NAMES, start=1)
    for name in fold(names).split()
}
"""Month names; the two-word ones with one space."""

NEED_CONTEXT = frozenset(
    fold("مارس نيسان آب ماي أوت جوان may march mars mai jan sept dec oct nov").split()
)
"""Names that are also other words ("may", ``مارس`` he practised, ``آب`` father, Nissan)."""

HIJRI = frozenset(
    name.replace("_", " ")
    for name in fold(
        "محرم المحرم صفر ربيع_الأول ربيع_الثاني ربيع_الآخر جمادى_الأولى جمادى_الأول جمادى_الآخرة "
        "جمادى_الثانية رجب شعبان رمضان شوال ذو_القعدة ذي_القعدة ذو_الحجة ذي_الحجة"
    ).split()
)

_WEEKDAY_NAMES = (
    "اثنين إثنين monday lundi",
    "ثلاثاء ثلاثا tuesday mardi",
    "أربعاء أربعا wednesday mercredi",
    "خميس thursday jeudi",
    "جمعة friday vendredi",
    "سبت saturday samedi",
    "أحد sunday dimanche",
)
WEEKDAYS: dict[str, int] = {
    name: day for day, names in enumerate(_WEEKDAY_NAMES) for name in fold(names).split()
}
"""Weekday names, Arabic ones without the article; 0 is Monday."""

ORDINAL_DAYS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "أول حادي",
            "ثاني",
            "ثالث",
            "رابع",
            "خامس",
            "سادس",
            "سابع",
            "ثامن",
            "تاسع",
            "عاشر",
        ),
        start=1,
    )
    for name in fold(names).split()
} | {"عشرين": 20, "عشرون": 20, "ثلاثين": 30, "ثلاثون": 30}
ORDINAL_TENS = {"والعشرين": 20, "والعشرون": 20, "والثلاثين": 30, "والثلاثون": 30}

YEAR_CUES = frozenset(fold("عام العام سنة السنة عامي year annee").split())
PART_WORDS = YEAR_CUES | frozenset(
    fold(
        "مطلع أوائل اوائل بداية بدايات منتصف أواسط أواخر نهاية ختام شهر شهري يوم تاريخ صباح مساء "
        "فجر ليل ليلة ظهر عصر the of early mid late end beginning start middle month day morning "
        "evening debut fin mi"
    ).split()
)
"""Words between "since" and the date itself."""
