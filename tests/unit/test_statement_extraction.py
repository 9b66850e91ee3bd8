"""A report's body becomes the statements it makes, each in place and with its speaker."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import knowledge
from knowledge.corpus.extraction.statement_extraction import MAX_STATEMENT, extract

_SAMPLE = Path(knowledge.__file__).with_name("samples") / "last-isis-pocket.txt"

_COALITION = "التحالف الدولي بقيادة الولايات المتحدة"
_GHIKA = (
    "نائب القائد العام للشؤون الاستراتیجیة والمعلوماتیة اللواء في الجیش البریطاني كریستوفر كیكا"
)
_AFRIN = "المتحدث باسم حملة قوات سوريا الديمقراطية في دير الزور عدنان عفرين"

# How each statement of the sample begins and ends, and who says it.
_STATEMENTS = [
    ("التحالف الدولي بقيادة الولايات المتحدة، الخميس، أن", "الميدانية المتلاحقة.", _COALITION),
    ("ومني التنظيم، الذي أعلن في العام 2014", "شنتها أطراف عدة.", None),
    ("وبات وجوده حالياً", "مناطق صحراوية في البلدين.", None),
    ("وقال نائب القائد العام", 'مساحة الخلافة الأصلیة".', _GHIKA),
    ("وتخوض قوات سوريا", "في ريف دير الزور الشرقي.", None),
    ("وباتت إثر هجوم", "قرب الحدود العراقية.", None),
    ("وتمكنت هذه القوات وفق التحالف", 'لسیطرة داعش" في سوريا.', "التحالف"),
    ("ودفعت العمليات العسكرية", "3400 عنصر من التنظيم.", "المرصد السوري لحقوق الإنسان"),
    ("ويحاول مقاتلو التنظيم، وفق كيكا", '"هذه التكتیكات لن تنجح".', _GHIKA),
    (
        "وقال مقاتلون من قوات",
        "القصف الجوي والمدفعي.",
        "مقاتلون من قوات سوريا الديمقراطية التقتهم وكالة فرانس برس",
    ),
    ("وأكد المتحدث باسم حملة", 'وهو ما يمنع تقدمنا".', f"{_AFRIN}، لفرانس برس"),
    ("وبين المدنيين، وفق قوله،", "عائلات المتطرفين أنفسهم.", _AFRIN),
    ("ولطالما لجأ التنظيم", "على آخر معاقله.", None),
    ("كما يزرع خلفه الألغام", "في صفوف خصومه.", None),
]


def _sample() -> tuple[str, str]:
    title, _, body = _SAMPLE.read_text(encoding="utf-8").partition("\n")
    return title.strip(), body


def _texts(body: str, title: str = "", language: str = "ar") -> list[str]:
    return [statement.text for statement in extract(body, title, language)]


def _speakers(body: str, language: str = "ar") -> list[str | None]:
    return [statement.speaker for statement in extract(body, language=language)]


def test_the_sample_report() -> None:
    title, body = _sample()
    found = extract(body, title)
    assert [statement.speaker for statement in found] == [who for _, _, who in _STATEMENTS]
    for statement, (start, end, _) in zip(found, _STATEMENTS, strict=True):
        assert statement.text.startswith(start)
        assert statement.text.endswith(end)


def test_nothing_of_the_sample_is_lost() -> None:
    title, body = _sample()
    spans = [statement.span for statement in extract(body, title)]
    kept = {i for span in spans if span is not None for i in range(span.start, span.end)}
    assert {char for i, char in enumerate(body) if i not in kept} <= set(" \n,")


@pytest.mark.parametrize(
    "chaff",
    [
        "خلفية الصراع",
        "Key findings",
        "هل انتهت الحرب في البلاد كلها؟",
        "هل انتهت الحرب في البلاد كلها",
        "اقرأ أيضا: معركة الموصل في عشر صور وخريطة.",
        "إقرأ أيضًا: معركة الموصل في عشر صور وخريطة.",
        "شاهد: لحظة وصول القوات إلى وسط المدينة.",
        "تابعونا على صفحاتنا في مواقع التواصل الاجتماعي.",
        "Read more: The battle of Mosul in ten pictures.",
        "Subscribe to our newsletter for more of this.",
        "Copyright 2019 Example. All rights reserved.",
        "© 2019 جميع الحقوق محفوظة لوكالة الأنباء هذه.",
        "Share this story with your friends today.",
        "رويترز - بغداد",
        "(أ ف ب)",
        "By a staff reporter in Baghdad",
        "https://example.com/a/b?c=d",
        "انظر https://example.com/a/b.",
        "نعم بالتأكيد.",
        "لا تفوتوا هذه الفرصة اليوم!",
        "وجاءت أبرز النتائج على النحو الآتي:",
    ],
)
def test_what_states_nothing_is_left_out(chaff: str) -> None:
    body = f"أغلقت السلطات المعبر الحدودي أمس.\n{chaff}\nوعاد السكان إلى منازلهم اليوم."
    assert _texts(body) == ["أغلقت السلطات المعبر الحدودي أمس.", "وعاد السكان إلى منازلهم اليوم."]


@pytest.mark.parametrize(
    "statement",
    [
        "شاهد عيان قال إن الانفجار وقع قرب السوق.",
        "شارك المئات في المظاهرة وسط العاصمة.",
        "تابع الآلاف المباراة من الساحات العامة.",
        "دمشق – رويترز: فتح المعبر الحدودي اليوم.",
        "وصلت القوات إلى وسط المدينة بعد أيام من القتال العنيف في الأحياء الشرقية والجنوبية",
    ],
)
def test_what_only_looks_like_chaff_stays(statement: str) -> None:
    assert statement in _texts(f"{statement}\nوعاد السكان إلى منازلهم اليوم.")


def test_one_line_is_a_statement_even_without_a_full_stop() -> None:
    assert _texts("أسعار الوقود ثابتة هذا الشهر") == ["أسعار الوقود ثابتة هذا الشهر"]


def test_the_title_repeated_as_a_heading_is_left_out() -> None:
    body = "السلطات تغلق المعبر الحدودي مع الجارة\nأغلقت السلطات المعبر الحدودي أمس."
    title = "السلطات تغلق المعبر الحدودي مع الجارة"
    assert _texts(body, title) == ["أغلقت السلطات المعبر الحدودي أمس."]


def test_a_repetition_is_told_once_however_it_is_spelled() -> None:
    body = "أغلقت السلطات المعبر الحدودي. أغلقت السّلطات المعبر الحدودی."
    assert len(_texts(body)) == 1


def test_a_surname_means_whom_the_report_named_in_full() -> None:
    body = (
        "Maj. Gen. Christopher Ghika said the pocket was small. "
        "Troops moved in at night. Ghika added that the tactics would not work."
    )
    full = "Maj. Gen. Christopher Ghika"
    assert _speakers(body, "en") == [full, None, full]


def test_a_surname_two_people_share_is_left_as_it_stands() -> None:
    body = (
        "قال وزير الداخلية أحمد حسن إن الطريق آمن. وقال وزير الصحة محمود حسن إن الماء نظيف. "
        "وقال حسن إن العمل مستمر."
    )
    assert _speakers(body)[-1] == "حسن"


def test_an_office_is_no_surname() -> None:
    body = "قال المتحدث باسم التحالف إن الطريق آمن. وانتهت العملية، وفق التحالف."
    assert _speakers(body) == ["المتحدث باسم التحالف", "التحالف"]


def test_a_pronoun_means_the_last_speaker() -> None:
    body = "قال وزير الصحة إن العدد انخفض. وأضاف أن المستشفيات جاهزة. وانتهى المؤتمر، وفق قوله."
    assert _speakers(body) == ["وزير الصحة"] * 3


def test_a_pronoun_that_disagrees_means_nobody() -> None:
    body = "قال وزير الصحة إن العدد انخفض. وأضافت أن المستشفيات جاهزة."
    assert _speakers(body) == ["وزير الصحة", None]


def test_a_pronoun_too_far_away_means_nobody() -> None:
    between = "وفتحت المدارس أبوابها أمس. وعاد السكان إلى القرية. وعمل السوق كعادته اليوم."
    body = f"قال وزير الصحة إن العدد انخفض. {between} وأضاف أن المستشفيات جاهزة."
    assert _speakers(body)[-1] is None


def test_an_organisation_is_no_he() -> None:
    body = "According to the Syrian Observatory, five people died. He said the figure would rise."
    assert _speakers(body, "en") == ["the Syrian Observatory", None]


def test_the_rest_of_a_quotation_has_no_speaker_of_its_own() -> None:
    body = "قال وزير الصحة إن العدد انخفض. المستشفيات جاهزة في كل المدن."
    assert _speakers(body) == ["وزير الصحة", None]


def test_no_speaker_is_sought_in_other_languages() -> None:
    assert _speakers("قال وزير الصحة إن العدد انخفض.", "ur") == [None]


def test_an_overlong_sentence_is_told_in_parts() -> None:
    clause = "وعاد السكان إلى منازلهم في القرية رقم {} بعد المعركة"
    body = "، ".join(clause.format(i) for i in range(40)) + "."
    found = _texts(body)
    assert len(found) > 1
    assert max(map(len, found)) <= MAX_STATEMENT


def test_a_huge_body_is_bounded() -> None:
    assert _texts("كلمة " * 2_000_000) == []
    assert len(_texts('قال "' * 2_000_000)) == 0


_PIECES = st.sampled_from(
    [
        "قال الوزير إن ",
        "وأضاف أن ",
        "وفق قوله، ",
        "وفق كيكا، ",
        "الأمر انتهى في المدينة",
        ". ",
        ".,",
        "؟ ",
        "! ",
        "؛ ",
        "، ",
        "\n",
        '"',
        "«",
        "»",
        "(",
        ")",
        "Ghika said ",
        "he added ",
        "it is over",
        "https://example.com ",
        "اقرأ أيضا ",
        "By ",
        "©",
        "#",
        "\u202e",
        "\ufeff",
        "1. ",
        "...",
        "د. ",
    ]
)


@given(
    st.one_of(st.text(), st.lists(_PIECES, max_size=60).map("".join)),
    st.text(max_size=30),
    st.sampled_from(["ar", "en", "fr", "ur", ""]),
)
def test_statements_are_verbatim_ordered_and_disjoint(body: str, title: str, language: str) -> None:
    reached = 0
    for statement in extract(body, title, language):
        assert statement.span is not None
        assert reached <= statement.span.start < statement.span.end <= len(body)
        assert body[statement.span.start : statement.span.end] == statement.text
        assert len(statement.text) <= MAX_STATEMENT
        reached = statement.span.end
