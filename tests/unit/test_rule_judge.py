"""The rules, one reason at a time: what they settle, and above all what they leave open."""

import pytest

from knowledge.agreement.judgement import Evidence, ReasonKind
from knowledge.agreement.negation import Stance, find_operators
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.agreement.sentence_features import read
from knowledge.agreement.tokens import tokenise
from knowledge.domain import Relation

S, R, N = Relation.SUPPORTS, Relation.REFUTES, Relation.NOT_ENOUGH_INFO


def relation(claim: str, statement: str, context: str = "", preceding: str = "") -> Relation:
    return RuleJudge().judge(claim, [Evidence(statement, context, preceding=preceding)])[0].relation


LEFT = "غادر نحو 1200 عامل الميناء منذ مطلع آذار/مارس، وفق نقابة العمال"


class TestNumbers:
    @pytest.mark.parametrize(
        ("claim", "expected"),
        [
            ("غادر نحو 1200 عامل الميناء", S),
            ("غادر ١٢٠٠ عامل الميناء", S),
            ("غادر ألف ومئتا عامل الميناء", S),
            ("غادر 400 عامل الميناء", R),
            ("غادر أكثر من خمسة آلاف عامل الميناء", R),
            ("غادر 400 مهندس الميناء", N),
            ("غادر 1200 عامل المصنع", N),
            ("عاد 1200 عامل إلى الميناء", N),
        ],
    )
    def test_of_the_same_thing_only(self, claim: str, expected: Relation) -> None:
        assert relation(claim, LEFT) is expected

    def test_the_reason_quotes_both(self) -> None:
        judged = RuleJudge().judge("غادر 400 عامل الميناء", [Evidence(LEFT)])[0]
        (reason,) = judged.reasons
        assert reason.kind is ReasonKind.NUMBER_DIFFERS
        assert (reason.claim, reason.statement) == ("400", "نحو 1200")

    def test_across_languages(self) -> None:
        statement = "أكثر من 37 ألف شخص خرجوا من المنطقة"
        assert relation("More than 37,000 people left the area", statement) is S
        assert relation("Only 5,000 people left the area", statement) is R

    def test_what_is_freed_and_what_is_held_are_different_numbers(self) -> None:
        held = "الجيش محاصر في خمسة في المئة من مساحة المدينة"
        freed = "تحرير 95 في المئة من مساحة المدينة من الجيش"
        assert relation(held, freed) is N

    def test_that_the_title_has_the_word_does_not_change_what_is_measured(self) -> None:
        freed = "حررت القوات 99 في المئة من الأراضي الخاضعة للتنظيم"
        claim = "التنظيم محاصر في أقل من واحد في المئة من الأراضي"
        assert relation(claim, freed, "التنظيم محاصر في مساحة صغيرة") is N

    def test_ranks_tell_events_apart(self) -> None:
        assert relation("وصلت السفينة الثالثة إلى الميناء", "وصلت السفينة الرابعة إلى الميناء") is N


class TestDates:
    def test_of_the_same_event(self) -> None:
        statement = "افتتح الوزير المستشفى الذي بني في العام 2014"
        assert relation("بني المستشفى في العام 2016", statement) is R
        assert relation("المستشفى بني في العام 2014", statement) is S

    def test_of_another_event(self) -> None:
        statement = "حوصرت القرية التي بنيت في العام 1950 بعد المعارك"
        assert relation("حوصرت القرية في العام 2019 بعد المعارك", statement) is N


ENTERED = "دخل الجيش المدينة أمس"
NOT_ENTERED = "لم يدخل الجيش المدينة أمس"
ENTERED_EN = "The army entered the city today"
NOT_ENTERED_EN = "The army did not enter the city today"
ENTERED_FR = "L'armée est entrée dans la ville hier"
NOT_ENTERED_FR = "L'armée n'est pas entrée dans la ville hier"


class TestNegation:
    @pytest.mark.parametrize(
        ("claim", "statement", "expected"),
        [
            ("لم يدخل الجيش المدينة القديمة", "دخل الجيش المدينة القديمة أمس", R),
            ("دخل الجيش المدينة القديمة", "لم يدخل الجيش المدينة القديمة أمس", R),
            ("لم يدخل الجيش المدينة القديمة", "لم يدخل الجيش المدينة القديمة أمس", S),
            ("The army did not enter the old city", "The army entered the old city today", R),
            ("The army didn't enter the old city", "The army entered the old city today", R),
            ("دخل الجيش المدينة القديمة", "نفى الجيش أن يكون دخل المدينة القديمة", N),
            ("دخل الجيش المدينة القديمة", "لو دخل الجيش المدينة القديمة لانتهت الحرب", N),
            ("دخل الجيش المدينة القديمة", "يعتزم الجيش دخول المدينة القديمة", N),
            ("وافق الوزير على القانون الجديد", "رفض الوزير القانون الجديد", N),
        ],
    )
    def test_polarity(self, claim: str, statement: str, expected: Relation) -> None:
        assert relation(claim, statement) is expected

    @pytest.mark.parametrize(
        ("claim", "statement", "expected"),
        [
            # Denied whole, and the denial of a denial beside it: the one settles, the other never.
            ("ليس صحيحا أن الجيش دخل المدينة", ENTERED, R),
            ("ليس صحيحا أن الجيش لم يدخل المدينة", ENTERED, N),
            ("ليس صحيحا أن الجيش لم يدخل المدينة", NOT_ENTERED, N),
            ("غير صحيح أنه لم يدخل الجيش المدينة", NOT_ENTERED, N),
            ("لم ينف الجيش أنه دخل المدينة", ENTERED, N),
            ("لم ينف الجيش أنه دخل المدينة", NOT_ENTERED, N),
            ("لا أحد من الجيش لم يدخل المدينة", NOT_ENTERED, N),
            ("It is not true that the army entered the city", ENTERED_EN, R),
            ("It isn't true that the army entered the city", ENTERED_EN, R),
            ("It is not true that the army did not enter the city", ENTERED_EN, N),
            ("It is not true that the army did not enter the city", NOT_ENTERED_EN, N),
            ("It is false that the army never entered the city", ENTERED_EN, N),
            ("The army never failed to enter the city", ENTERED_EN, N),
            ("The army didn't not enter the city", NOT_ENTERED_EN, N),
            ("It is not true that nobody left the city", "Nobody left the city", N),
            ("L'armée est entrée dans la ville", NOT_ENTERED_FR, R),
            ("Il est faux que l'armée n'est pas entrée dans la ville", ENTERED_FR, N),
            ("Il est faux que l'armée n'est pas entrée dans la ville", NOT_ENTERED_FR, N),
            ("Il n'est pas vrai que l'armée n'est pas entrée dans la ville", ENTERED_FR, N),
            # Two denials side by side are none of that; nor is one said twice.
            ("لم يدخل الجيش المدينة ولم يقصفها", "لم يدخل الجيش المدينة ولم يقصفها أمس", S),
            ("لم يدخل الجيش المدينة أبدا", ENTERED, R),
            ("The army did not enter the city at all", ENTERED_EN, R),
            # What asks denies nothing.
            ("أليس صحيحا أن الجيش دخل المدينة", ENTERED, N),
            ("ألم يدخل الجيش المدينة", ENTERED, N),
            ("ألم يدخل الجيش المدينة", NOT_ENTERED, N),
            ("Isn't it true that the army entered the city", ENTERED_EN, N),
            ("Didn't the army enter the city", ENTERED_EN, N),
            ("N'est-il pas vrai que l'armée est entrée dans la ville", ENTERED_FR, N),
            # A denial at the end is of what stands before it.
            ("دخول الجيش المدينة غير صحيح", ENTERED, N),
            ("دخل الجيش المدينة كذب", ENTERED, N),
            ("That the army entered the city is not true", ENTERED_EN, N),
            ("L'armée est entrée dans la ville: c'est faux", ENTERED_FR, N),
        ],
    )
    def test_a_denial_is_never_read_the_wrong_way_round(
        self, claim: str, statement: str, expected: Relation
    ) -> None:
        assert relation(claim, statement) is expected
        assert relation(statement, claim) in (expected, N)

    @pytest.mark.parametrize(
        ("claim", "expected"),
        [
            ("ليس صحيحا أن 37 ألف شخص خرجوا من المنطقة", R),
            ("لم يخرج 37 ألف شخص من المنطقة", R),
            # Ten may be what is not true of it.
            ("ليس صحيحا أن 10 آلاف شخص خرجوا من المنطقة", N),
            ("لم يخرج 10 آلاف شخص من المنطقة", N),
        ],
    )
    def test_a_denial_is_of_the_number_too(self, claim: str, expected: Relation) -> None:
        assert relation(claim, "خرج 37 ألف شخص من المنطقة") is expected

    def test_the_reason_names_the_denial_however_far(self) -> None:
        claim = "It is not true that 37,000 people left the area"
        judged = RuleJudge().judge(claim, [Evidence("37,000 people left the area")])[0]
        (reason,) = judged.reasons
        assert (reason.claim, reason.statement) == ("not true … people", "people")

    @pytest.mark.parametrize(
        ("text", "stance"),
        [
            ("لا يزال الطريق مغلقا", Stance.NEUTRAL),
            ("ولم يصل أحد", Stance.DENIES_NEXT),
            ("لم يبق إلا القليل", Stance.NEUTRAL),
            ("ما بيعرف شي", Stance.DENIES_NEXT),
            ("ليس صحيحا أن الطريق مغلق", Stance.DENIES_REST),
            ("ربما يصل غدا", Stance.SUSPENDS),
            ("they don't know", Stance.DENIES_NEXT),
        ],
    )
    def test_operators(self, text: str, stance: Stance) -> None:
        assert stance in {o.stance for o in find_operators(tokenise(text))}

    def test_a_negator_reaches_its_predicate_only(self) -> None:
        denied = {w.text for w in read("لم يدخل الجيش المدينة").words if w.denied}
        assert denied == {"يدخل"}


class TestSilence:
    @pytest.mark.parametrize(
        ("claim", "statement"),
        [
            ("الدولار يتراجع والذهب يرتفع", "ارتفاع الدولار يهبط بأسعار الذهب"),
            ("قتل الجندي اللص في السوق", "قتل اللص الجندي في السوق"),
            ("أوقف القاضي من قبل الشرطي في المطار", "أوقف القاضي الشرطي في المطار"),
            ("Libya is the largest state in Africa", "Libya is the fourth largest state in Africa"),
            ("Residents only work in the town", "Some residents work in the city and the town"),
            ("The song grew out of R&B music", "The song grew out of reggae music"),
            ("فاز فريق طالبان بالمباراة النهائية", "فاز فريق الجامعة بالمباراة النهائية"),
            ("", "دخل الجيش المدينة"),
            ("المدينة", "دخل الجيش المدينة"),
        ],
    )  # fmt: skip
    def test_nothing_is_asserted(self, claim: str, statement: str) -> None:
        assert relation(claim, statement) is N

    @pytest.mark.parametrize(
        ("claim", "statement"),
        [
            ("Oil prices went up after the meeting", "Oil prices went down after the meeting"),
            ("The prices fell before the vote", "The prices fell after the vote"),
            ("The council voted for the plan", "The council voted against the plan"),
            ("All schools in the city closed", "Some schools in the city closed"),
            ("Delegates flew to Cairo from Paris", "Delegates flew from Cairo to Paris"),
            ("Prices fell to 5 percent in June", "Prices fell by 5 percent in June"),
            (
                "The minister was arrested in Tunis",
                "The wife of the minister was arrested in Tunis",
            ),
            ("The president was ill in June", "The former president was ill in June"),
            ("Turkey withdrew its troops", "Turkey will withdraw its troops"),
            ("Soldiers attacked near the village", "Soldiers were attacked near the village"),
            ("The plant makes 200 barrels of oil", "The plant makes 200 barrels of oil per day"),
            ("Hospitals in the city closed", "Half of the hospitals in the city closed"),
            ("The team won the match 1-2", "The team won the match 2-1"),
            ("50 people were injured", "50 people were killed and 200 were injured"),
            ("The vaccine changes genes", "There is no evidence that the vaccine changes genes"),
            ("The bridge was built on Monday", "The bridge, built in 1990, fell on Monday"),
            ("أغلقت السلطات كل المدارس", "أغلقت السلطات بعض المدارس"),
            ("سحبت تركيا قواتها من الشمال", "ستسحب تركيا قواتها من الشمال"),
            ("قتل قائد الجيش في الموصل", "قتل نائب قائد الجيش في الموصل"),
            ("قتل الجيش المتظاهرين", "لم يقتل الجيش المتظاهرين بل قتلتهم الشرطة"),
            ("صوت المجلس مع مشروع القرار", "صوت المجلس ضد مشروع القرار"),
            ("سافر الوفد من القاهرة إلى الدوحة", "سافر الوفد من الدوحة إلى القاهرة"),
            ("80 في المئة من الأرض خاضعة للجيش", "تحرير 80 في المئة من الأرض الخاضعة للجيش"),
        ],
    )
    def test_small_words_that_change_the_sense_keep_it_open(
        self, claim: str, statement: str
    ) -> None:
        assert relation(claim, statement) is N

    def test_the_sentence_before_never_supports(self) -> None:
        before = "تخوض قوات الحكومة آخر المعارك"
        statement = "وباتت تحاصر المسلحين في أربعة كيلومترات مربعة"
        claim = "الحكومة تحاصر المسلحين في أربعة كيلومترات مربعة"
        assert relation(claim, statement, preceding=before) is N

    def test_the_title_lends_a_name(self) -> None:
        statement = "خرج 300 عامل من آخر مناجم الشركة"
        assert relation("خرج 300 عامل من مناجم شركة الراية", statement) is N
        assert relation("خرج 300 عامل من مناجم شركة الراية", statement, "شركة الراية تغلق") is S


@pytest.mark.parametrize(
    ("claim", "statement"),
    [("", ""), ("!!!", "؟؟")],
)
def test_marks_alone_are_no_text(claim: str, statement: str) -> None:
    assert relation(claim, statement) is not S


def test_the_same_text_supports_whatever_its_code_points() -> None:
    assert relation("قال کیکا إن الحرب لم تنتهِ", "قال كيكا إن الحرب لم تنته.") is S


BEAT = "هزم الأهلي المصري الزمالك بأربعة أهداف مقابل هدفين في القاهرة."
GAVE = "سلم العراق إيران 12 مطلوبا بتهم إرهابية."
SEIZED = "ألقت الشرطة التركية القبض على 17 مشتبها به في تهريب الآثار من العراق إلى أوروبا."
CUP = "فاز الهلال السعودي على النصر بثلاثة أهداف مقابل هدف في نهائي كأس السوبر."
LENT = "أقرضت السعودية باكستان ثلاثة مليارات دولار."
DENIED = "The government has denied reports that it plans to cut pensions next year."


@pytest.mark.parametrize(
    ("claim", "statement"),
    [
        ("هزم الزمالك الأهلي المصري بأربعة أهداف مقابل هدفين في القاهرة", BEAT),
        ("سلم إيران العراق 12 مطلوبا بتهم إرهابية", GAVE),
        ("سلمت إيران العراق 12 مطلوبا بتهم إرهابية", GAVE),
        (
            "ألقت الشرطة العراقية القبض على 17 مشتبها به في تهريب الآثار من تركيا إلى أوروبا",
            SEIZED,
        ),
        ("فاز النصر السعودي على الهلال بثلاثة أهداف مقابل هدف في نهائي كأس السوبر", CUP),
        ("هزم المغرب تونس بهدفين دون رد", "هزمت تونس المغرب بهدفين دون رد."),
        ("المغرب هزم تونس بهدفين دون رد", "هزمت تونس المغرب بهدفين دون رد."),
        ("The government plans to cut pensions next year", DENIED),
        ("The government confirmed reports that it plans to cut pensions next year", DENIED),
        ("All of the votes had been counted", "Nearly all of the votes had been counted."),
        ("الشرطة ما اعتقلتش خمسة لاجئين في ليون", "الشرطة اعتقلت خمسة لاجئين في ليون."),
        ("الهلال ما فازش على النصر في النهائي", "الهلال فاز على النصر في النهائي."),
        ("فتحت سلطنة عمان سفارتها في كابول", "سلطنة عمان ستفتح سفارتها في كابول."),
        ("المدرب سيترك تدريب المنتخب", "يُشاع أن المدرب سيترك تدريب المنتخب."),
        ("نجا شقيق اللاعب من الغرق", "غرق شقيق اللاعب."),
        ("أقيل رئيس المصرف بعد اتهامه", "استقال رئيس المصرف بعد اتهامه."),
        ("أصيب 2700 شخص بالانفجار", "قتل 2700 شخص بالانفجار."),
        ("السعودية ما أقرضت باكستان ثلاثة مليارات دولار", LENT),
    ],
)
def test_what_a_shared_number_must_not_hide(claim: str, statement: str) -> None:
    assert relation(claim, statement) is not S


@pytest.mark.parametrize(
    ("claim", "statement"),
    [
        (
            "لا إصابات بالكوليرا في أسوان بحسب وزارة الصحة",
            "قالت وزارة الصحة إنها لم تسجل أي إصابة بالكوليرا في أسوان.",
        ),
        ("نجا 96 شخصا من غرق العبارة في دجلة", "بلغ عدد ضحايا غرق العبارة في دجلة 120 شخصا."),
        (
            "ارتفعت صادرات المغرب من الفوسفات بنسبة 14 في المئة خلال عام 2022",
            "ارتفعت صادرات المغرب من الفوسفات بنسبة 14 في المئة خلال عام 2023.",
        ),
    ],
)
def test_what_excludes_nothing_does_not_refute(claim: str, statement: str) -> None:
    assert relation(claim, statement) is not R


@pytest.mark.parametrize(
    ("claim", "statement"),
    [
        (".5 percent of workers left the port", "5 percent of workers left the port"),
        ("Unemployment fell to 5 percent this year", "Unemployment fell to .5 percent this year"),
        ("تراجعت البطالة إلى 5 في المئة", "تراجعت البطالة إلى .5 في المئة"),
        ("The reactor has 10² chambers inside", "The reactor has 102 chambers inside"),
    ],
)
def test_a_point_in_front_and_raised_digits_make_another_number(claim: str, statement: str) -> None:
    assert relation(claim, statement) is not S
    assert relation(statement, claim) is not S


@pytest.mark.parametrize(
    "marked",
    ["{}.", "{}?", "{}؟", "{} ؟", "{}!", "{}…", "«{}»", '"{}"', "“{}”", "'{}'", "«{}».", "({})"],
)
@pytest.mark.parametrize(
    ("claim", "statement", "expected"),
    [
        ("غادر نحو 1200 عامل الميناء", LEFT, S),
        ("العمال الذين غادروا الميناء 400 عامل", LEFT, R),
        ("بني المستشفى في العام 2016", "افتتح المستشفى الذي بني في العام 2014", R),
        ("Inflation in the country fell to 5%", "Inflation in the country fell to 7%", R),
        ("لم يدخل الجيش المدينة", ENTERED, R),
        ("The army did not enter the city", NOT_ENTERED_EN, S),
        ("It is not true that nobody left the city", "Nobody left the city", N),
        ("Oil prices went up after the meeting", "Oil prices went down after the meeting", N),
        ("المدينة", "المدينة", S),
    ],
)
def test_the_marks_around_a_sentence_change_nothing(
    claim: str, statement: str, expected: Relation, marked: str
) -> None:
    assert relation(claim, statement) is expected
    assert relation(marked.format(claim), statement) is expected
    assert relation(claim, marked.format(statement)) is expected
