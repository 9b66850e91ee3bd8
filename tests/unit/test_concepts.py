"""Words of one thing share a concept in either language; opposites never do."""

from importlib import resources

import pytest

from embeddings.text.normalisation import fold
from embeddings.text.tokenisation import words
from knowledge.agreement.concepts import ANTONYMS, concepts, opposed

# Opposites in the words people use: every word of one side against every word of the other.
OPPOSITES = [
    line.split("|")
    for line in """
ارتفاع ارتفع يرتفع صعود زيادة|انخفاض انخفض تراجع هبوط خفض
rise rose increased soared|fall fell dropped declined reduced cut
فاز فوز يفوز انتصار|خسر خسارة تخسر هزيمة
win won victory|lost loses losing defeat
نجح نجاح تنجح|فشل يفشل إخفاق
succeeded success|failed failure
فتح افتتاح مفتوح|أغلق إغلاق مغلق تغلق
open opened|close closed closure
سمح يسمح مسموح|منع حظر ممنوع محظور
allow allowed permitted|ban banned prohibited
قبول وافق موافقة|رفض يرفض مرفوض
accepted approved|rejected refused
أكد تؤكد تأكيد|نفى ينفي نفي نفت
confirmed confirms|denied denies
اعتقل اعتقال معتقل توقيف|أفرج إفراج
arrested detained|released freed
alive survived survivors|dead died killed
نجا نجوا|قتل قتلى توفي
تقدم تتقدم|انسحب انسحاب
advance advanced|withdraw withdrew retreat
دخل دخول|خرج خروج غادر
entered|left exited
بدأ بداية|انتهى نهاية توقف
began started|ended stopped
continue continued|stopped suspended
حرب|سلام
war|peace ceasefire
صحيح حقيقي|كاذب مزيف مفبرك
true real|false fake
مذنب|بريء
guilty|innocent
دعم تأييد|معارضة
support|opposition
باع بيع|اشترى شراء
sold sale|bought purchase
تصدير صادرات|استيراد واردات
exports|imports
ربح|خسارة
غني|فقير
rich|poor
قوي|ضعيف
strong|weak
كبير|صغير
big large|small
أكبر|أصغر
أغلبية|أقلية
majority|minority
أفضل|أسوأ
best|worst
سهولة|صعوبة
easy|difficult
ممكن|مستحيل
possible|impossible
early|late
ذكور|إناث
male|female
حالي|سابق
current|former
دائم|مؤقت
permanent|temporary
جديد|قديم
new|old
طويل|قصيرة
hot|cold
إيجابي|سلبي
positive|negative
زواج|طلاق
marriage|divorce
ولادة|وفاة
born|died
تعيين|إقالة استقالة
appointed|dismissed resigned
هجوم هاجم|دفاع
attacked|defended
بناء إعادة|تدمير دمر
built|destroyed
استقرار|توتر
إثبات أثبت|تفنيد دحض
proved|debunked refuted
أشاد|انتقد ندد
praised|criticised condemned
أخفى|كشف
hid|revealed
تسريع|تأخير
داخلية|خارجية
داخل|خارج
شمال|جنوب
north|south
شرق|غرب
east|west
مدني|عسكري
civilian|military
أرسل|تلقى
sent|received
فائض|عجز
surplus|deficit
تحرير|احتلال
""".strip().splitlines()
]

SAME = [
    line.split("|")
    for line in """
محاصر حاصر تحاصر حصار محاصراً|besieged surrounded encircled
داعش وداعش|isis isil daesh
مقتل قتلى وقتل يقتلون|killed kills dead
خروج يخرجون المغادرة|left leaves departure
مساحة المناطق أراضيها|area territories land
خلافته الخلافة|caliphate
أعلنها يعلن إعلانه|announced declares
سيطرتهم وسيطر تسيطر|controls controlled held
لقوات القوات|forces troops
أطفالهم والأطفال طفلة|children child
نساء والنساء امرأة|women woman
كدروع دروعاً|shields
المدنيين مدني|civilians
المفخخات والمتفجرات|explosives
الألغام|mines
عائلات عائلته|families
السوريين سورية سوريا|syrian syria
الأميركية أمريكا|american usa
رئيسها للرئيس|president presidency
لقاحات اللقاح|vaccines vaccinated
زلازل زلزال|earthquakes quake
الانتخابات انتخابي|elections electoral
أسعار سعره|prices
""".strip().splitlines()
]

APART = """
بحرين البحر|مدينة مدنية|مدن مدني|شرطة شرط|عملة عمل|killed died|قتل توفي|منطقة منطق|police policy
import important|organ organization|قاتل قتل|قديم تقديم|حرير تحرير|car caring|wind win|sea seed
والده والدة|بغداد البغدادي|رياض رياضي|تعليم تعليمات|تأمين أمين|طالباني طالبان|ليسوا أسوأ
""".replace("\n", "|").strip("|")


def _folded(text: str) -> list[str]:
    return words(text)


@pytest.mark.parametrize("row", OPPOSITES, ids=lambda row: row[0].split()[0])
def test_opposites_never_share_a_concept(row: list[str]) -> None:
    ours, theirs = (_folded(side) for side in row)
    shared = [(a, b) for a in ours for b in theirs if concepts(a) & concepts(b)]
    assert not shared


@pytest.mark.parametrize("row", SAME, ids=lambda row: row[1].split()[0])
def test_inflected_words_of_both_languages_share_a_concept(row: list[str]) -> None:
    forms = _folded(" ".join(row))
    assert len(forms) > 1
    assert frozenset.intersection(*(concepts(form) for form in forms)), [
        (form, sorted(concepts(form))) for form in forms
    ]


@pytest.mark.parametrize("pair", APART.split("|"))
def test_words_that_only_look_alike_share_none(pair: str) -> None:
    a, b = _folded(pair)
    if pair == "killed died":  # a killed person died, but a dying one need not be killed
        assert "killed" not in concepts(b)
    assert not concepts(a) & concepts(b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("ارتفع", "انخفاض"), ("rose", "fell"), ("فوز", "خسارة"), ("won", "loses"),
        ("فتح", "أغلقت"), ("allowed", "banned"), ("نجح", "تفشل"), ("accept", "rejected"),
        ("alive", "killed"), ("أكد", "نفى"), ("اعتقل", "أفرج"), ("ارتفع", "fell"),
        ("entered", "غادر"), ("انسحب", "advanced"),
    ],
)  # fmt: skip
def test_opposed_words_exclude_each_other_both_ways(a: str, b: str) -> None:
    assert opposed(fold(a), fold(b))
    assert opposed(fold(b), fold(a))


@pytest.mark.parametrize(
    ("a", "b"),
    [("rose", "rise"), ("rise", "win"), ("مقتل", "وفاة"), ("dead", "died"), ("nonsense", "fall")],
)
def test_other_words_are_not_opposed(a: str, b: str) -> None:
    assert not opposed(fold(a), fold(b))


def test_unknown_words_numbers_and_hostile_input_have_no_concept() -> None:
    for word in ("", "كيكا", "37", "99.5", "x" * 5000, "ا" * 5000, "'s", "ed", "ها"):
        assert concepts(word) == frozenset()


def _rows() -> list[tuple[str, list[str]]]:
    table = resources.files("knowledge.agreement").joinpath("concepts.tsv")
    lines = table.read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("\t") for line in lines if not line.startswith("#"))
    return [(key, forms.split()) for key, _, forms in pairs]


def test_the_table_is_well_formed() -> None:
    keys = [key for key, _ in _rows()]
    assert len(keys) == len(set(keys))
    for key, forms in _rows():
        assert forms, key
        assert len(forms) == len(set(forms)), key
        for form in forms:
            assert words(form) in ([fold(form)], fold(form).split("-")), (key, form)


def test_no_form_is_both_listed_and_set_aside() -> None:
    rows = dict(_rows())
    aside = {fold(form) for form in rows.pop("_")}
    assert not aside & {fold(form) for forms in rows.values() for form in forms}


def test_antonyms_name_listed_concepts_and_no_word_is_its_own_opposite() -> None:
    rows = dict(_rows())
    for pair in ANTONYMS:
        assert len(pair) == 2
        assert pair <= rows.keys()
        one, other = ({fold(form) for form in rows[key]} for key in sorted(pair))
        assert not one & other, pair
