"""Who says a sentence: found where the sentence tells, nobody where it does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.corpus.extraction.attribution import attribution
from knowledge.corpus.extraction.speaker_mention import MAX_NAME

_ARABIC = {
    # verb first
    "قال وزير الصحة إن العدد انخفض.": "وزير الصحة",
    "وقالت الوزارة، في بيان، إن الحدود أغلقت.": "الوزارة",
    "وأكدت منظمة الصحة العالمية أن اللقاح آمن.": "منظمة الصحة العالمية",
    "وأعلن الجيش اليوم أن الطريق فتح.": "الجيش",
    "أعلنت وزارة الصحة تسجيل خمس إصابات في جدة.": "وزارة الصحة",
    "أكدت وزارة الصحة خلو البلاد من الوباء.": "وزارة الصحة",
    "وشدد الناطق باسم الحكومة على أن القرار نهائي.": "الناطق باسم الحكومة",
    "نفى مجلس الوزراء ما يتداول عن رفع الأسعار.": "مجلس الوزراء",
    "وأشارت مصادر طبية إلى أن الجرحى نقلوا.": "مصادر طبية",
    "كشفت الشرطة عن هوية المشتبه به.": "الشرطة",
    "وأوضح رئيس الهيئة: الرسوم لم تتغير.": "رئيس الهيئة",
    "وصرح مصدر أمني «لن نعلق على الأمر».": "مصدر أمني",
    "وكان المتحدث قد قال إن الطريق مغلق.": "المتحدث",
    "ومن جهته، قال رئيس البلدية إن الماء صالح للشرب.": "رئيس البلدية",
    "دمشق – رويترز: قال مسؤول محلي إن المعبر فتح.": "مسؤول محلي",
    "وقال شهود عيان لم يذكروا أسماءهم إنهم سمعوا انفجارا.": "شهود عيان",
    # spelled otherwise
    "وقال اللواء كریستوفر كیكا إن العملیة انتهت.": "اللواء كریستوفر كیكا",
    "واكد المتحدث باسم الحملة ان الجبهه هادئه.": "المتحدث باسم الحملة",
    "وأَكَّدَ الوزيرُ أنَّ القرار نهائي.": "الوزيرُ",
    "وقــال الوزير إن القرار نهائي.": "الوزير",
    # relays
    "وقال المتحدث باسم الحكومة لوكالة رويترز إن القرار نهائي.": (
        "المتحدث باسم الحكومة، لوكالة رويترز"
    ),
    "وأوضح المسؤول لقناة الجزيرة، أن الحدود مغلقة.": "المسؤول، لقناة الجزيرة",
    'قالت مصادر مطلعة لـ"الشرق الأوسط" إن اللقاء تأجل.': 'مصادر مطلعة، لـ"الشرق الأوسط"',
    "ونقلت وكالة رويترز عن مسؤول محلي قوله إن الجسر انهار.": "مسؤول محلي، عبر وكالة رويترز",
    # according to
    "وقتل خمسة مدنيين، وفق المرصد السوري لحقوق الإنسان.": "المرصد السوري لحقوق الإنسان",
    "وفقا لوزارة الدفاع، انتهت العملية.": "وزارة الدفاع",
    "ووفقاً للمرصد السوري لحقوق الإنسان، قتل خمسة.": "المرصد السوري لحقوق الإنسان",
    "قتل خمسة، وفقا للجنة الدولية للصليب الأحمر.": "اللجنة الدولية للصليب الأحمر",
    'ارتفعت الأسعار، بحسب صحيفة "لوموند" الفرنسية.': 'صحيفة "لوموند" الفرنسية',
    "انخفض العدد، نقلا عن منظمة الصحة العالمية.": "منظمة الصحة العالمية",
    "أغلق المطار، بحسب ما أعلنت هيئة الطيران المدني.": "هيئة الطيران المدني",
    "انهار الجسر، حسبما ذكرت وكالة فرانس برس.": "وكالة فرانس برس",
    "الخسائر كبيرة، كما قال رئيس البلدية.": "رئيس البلدية",
    # subject first
    "الحكومة أعلنت أن الدعم مستمر.": "الحكومة",
    "مصادر أمنية قالت إن المشتبه به فر.": "مصادر أمنية",
    "التحالف الدولي، يوم الخميس، أن التنظيم محاصر.": "التحالف الدولي",
    # quotation first
    '"لن نتراجع عن القرار"، قال رئيس الحكومة.': "رئيس الحكومة",
}

_ENGLISH = {
    "The ministry said on Monday that the border was closed.": "The ministry",
    "Maj. Gen. Christopher Ghika told Reuters that the pocket was small.": (
        "Maj. Gen. Christopher Ghika, to Reuters"
    ),
    "According to the World Health Organization, the vaccine is safe.": (
        "the World Health Organization"
    ),
    "Five people died, according to the U.N. refugee agency.": "the U.N. refugee agency",
    '"They are trapped," the coalition spokesman said in a statement.': "the coalition spokesman",
    '"They are trapped," said the coalition spokesman.': "the coalition spokesman",
    "The army also confirmed that the bridge was open.": "The army",
    "On Tuesday, the army announced the town was taken.": "the army",
    "The World Health Organization (WHO) said on Twitter that it is safe.": (
        "The World Health Organization (WHO)"
    ),
    "A senior U.S. official, speaking on condition of anonymity, said the raid failed.": (
        "A senior U.S. official"
    ),
    "BAGHDAD (Reuters) - The U.S.-led coalition said ISIS was beaten.": "The U.S.-led coalition",
    "Selon le ministère de la Santé, cinq personnes sont mortes.": "le ministère de la Santé",
}

_NOBODY = [
    # a verb of saying that tells nobody's name
    "وقال إن الأمر انتهى.",
    "He said the war was over.",
    "يذكر أن الطريق مغلق منذ عام.",
    "قتل الرجل الذي قال إنه بريء.",
    "ولم تعلن أي جهة مسؤوليتها عن الهجوم.",
    "وصل الوفد ـ قالت.",
    # a rule or a plan is no speaker
    "فرضت الغرامة وفق القانون.",
    "يسير العمل وفقا للخطة المعتمدة.",
    "وزعت المساعدات حسب الحاجة.",
    "The work goes according to plan.",
    # looks like a verb of saying
    "وبين المدنيين نساء وأطفال كثيرون.",
    "The number of confirmed cases rose to 500.",
    "The minister is said to be ill.",
    "The claim that vaccines cause autism is false.",
    # said inside a quotation
    'كتب على الجدار "قال الوزير إننا سنعود" بخط كبير.',
    # the end of the subject cannot be told
    "أكدت وزارة الصحة سير العمل في المستشفيات.",
    "تخوض القوات آخر المعارك في ريف دير الزور.",
    "",
]


@pytest.mark.parametrize(("sentence", "speaker"), (_ARABIC | _ENGLISH).items())
def test_speaker(sentence: str, speaker: str) -> None:
    found = attribution(sentence)
    assert found is not None
    assert found.speaker == speaker


@pytest.mark.parametrize("sentence", _NOBODY)
def test_nobody(sentence: str) -> None:
    assert attribution(sentence) is None


def test_name_and_relay_are_told_apart() -> None:
    found = attribution("وقال المتحدث باسم الحملة لفرانس برس السبت، إن الجبهة هادئة.")
    assert found is not None
    assert (found.name, found.relay) == ("المتحدث باسم الحملة", "لفرانس برس")


_PIECES = st.sampled_from(
    [
        "قال ",
        "وأكد ",
        "نقلت ",
        "عن ",
        "وفق ",
        "وفقا ",
        "ل",
        "لـ",
        "بحسب ",
        "ما ",
        "كما ",
        "أن ",
        "إن ",
        "الوزير ",
        "لفرانس برس ",
        "الخميس",
        "، ",
        ". ",
        '"',
        "«",
        "»",
        "(",
        ")",
        "#",
        "5 ",
        "في بيان ",
        "said ",
        "told ",
        "Reuters ",
        "according ",
        "to ",
        "The army ",
        "he ",
        ", ",
        "selon ",
        "على ",
        "لسان ",
        "قوله ",
        "\u202e",
        "ّ",
        "ـ",
        "Dr. ",
        "المشرف ",
        "كلمة ",
        "وقد ",
        "-",
        ":",
        "؟",
    ]
)


def test_a_lone_tatweel_is_no_word() -> None:
    found = attribution("الوزير ـ ـ قال إن القرار نهائي.")
    assert found is not None
    assert found.name == "الوزير"


@given(st.one_of(st.text(), st.lists(_PIECES, max_size=40).map("".join)))
def test_a_speaker_is_bounded_and_trimmed(sentence: str) -> None:
    found = attribution(sentence)
    if found is not None:
        assert 0 < len(found.name) <= MAX_NAME
        assert found.speaker == found.speaker.strip()
        assert not found.name.endswith(("،", ",", ".", ":", "؛"))
