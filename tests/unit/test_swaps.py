"""Minimal pairs: what is exchanged really differs, what is reworded says the same."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.swaps.generator import Swap, Swapped, harmless, is_held_out, swapped
from embeddings.text.tokenisation import terms

TRIES = range(40)


def _rng(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 -- a sample, not a secret


def _all(text: str, kind: Swap) -> list[Swapped]:
    return [s for seed in TRIES if (s := swapped(text, kind, _rng(seed))) is not None]


def _afters(text: str, kind: Swap) -> set[str]:
    return {swap.after for swap in _all(text, kind)}


@given(st.text(max_size=200), st.sampled_from(Swap), st.integers(0, 5))
def test_any_text_is_swapped_or_left_and_never_raises(text: str, kind: Swap, seed: int) -> None:
    swap = swapped(text, kind, _rng(seed))
    assert swap is None or (swap.text != text and swap.before in text and swap.after in swap.text)
    assert harmless(text, _rng(seed)) != text


def test_the_same_seed_makes_the_same_swap() -> None:
    text = "مقتل 17 شخصاً في عدن عام 2015"
    for kind in Swap:
        assert swapped(text, kind, _rng(1)) == swapped(text, kind, _rng(1))


def test_a_number_differs_by_a_third_and_keeps_the_form_its_noun_asks_for() -> None:
    for swap in _all("ضبط 34 وافداً يعملون تحت أشعة الشمس", Swap.NUMBER):
        assert 11 <= int(swap.after) <= 99
        assert abs(int(swap.after) - 34) >= 0.3 * 34
    assert all(3 <= int(a) <= 10 for a in _afters("السجن لـ 6 أشخاص في الأحساء", Swap.NUMBER))


def test_a_share_never_passes_a_hundred() -> None:
    for after in _afters("90 ٪ يستخدمون حزام الأمان في الدمام", Swap.NUMBER):
        assert int(after) <= 100


def test_the_script_of_the_digits_is_kept() -> None:
    assert all(set(a) <= set("٠١٢٣٤٥٦٧٨٩") for a in _afters("اعتماد ٢٦ مشروعا", Swap.NUMBER))


@pytest.mark.parametrize(
    ("text", "bound", "below"),
    [
        ("حملة تستقبل أكثر من 600 طلب في الرياض", "أقل من", True),
        ("البطالة أقل من 5 % في المدن", "أكثر من", False),
        ("Indiana bans gatherings of more than 100 people", "fewer than", True),
    ],
)
def test_a_bound_is_turned_round_so_that_the_ranges_exclude_each_other(
    text: str, bound: str, below: bool
) -> None:
    old = int("".join(c for c in text if c.isdigit()))
    for after in _afters(text, Swap.NUMBER):
        assert after.startswith(bound)
        new = int("".join(c for c in after if c.isdigit()))
        assert new < old if below else new > old


def test_a_year_is_no_number_and_a_count_is_no_year() -> None:
    assert _afters("النفط سيعود إلى مائة دولار عام 2017", Swap.YEAR)
    assert not _afters("تراجع متوسط الدخل عام 2017", Swap.NUMBER)
    assert not _afters("توفير 2015 وظيفة في جدة", Swap.YEAR)
    for after in _afters("The treaty was signed in 1947.", Swap.YEAR):
        assert after.isdigit()
        assert 1 <= abs(int(after) - 1947) <= 10


def test_a_place_keeps_its_preposition_and_its_kind() -> None:
    for swap in _all("عودة السفير لليمن", Swap.PLACE):
        assert swap.before == "لليمن"
        assert swap.after.startswith("ل")
        assert not swap.after.startswith("لال")
    assert "لندن" not in _afters("إنقاذ طفل من الغرق في جازان", Swap.PLACE)


def test_a_nationality_keeps_its_form() -> None:
    assert all(a.startswith("ال") and a.endswith("ية") for a in _afters(
        "طائرات الأباتشي السعودية تستهدف تجمعات", Swap.PLACE
    ))  # fmt: skip
    assert all(a.endswith("يين") for a in _afters("القبض على ثلاثة يمنيين", Swap.PLACE))


def test_the_country_is_told_from_the_adjective() -> None:
    assert not any(a.startswith("الأ") and a.endswith("ية") for a in _afters(
        "السعودية تخفض سعر النفط لآسيا", Swap.PLACE
    ))  # fmt: skip
    assert "Iranian" not in _afters("He is a German writer", Swap.PLACE)


def test_a_name_is_exchanged_and_a_word_that_only_looks_like_one_is_not() -> None:
    assert _afters("الأمير خالد الفيصل يفتتح المعرض", Swap.NAME)
    assert not _afters("رجل صالح يهدي كتابا", Swap.NAME)
    assert not _afters("تدريب الطيران الحربي ينتهي", Swap.NAME)
    assert not _afters("زيارة إلى آل سعود", Swap.NAME)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("نصر الله: إيران لن تتخلى عن دعمها", "ستتخلى"),
        ("الأمم المتحدة تعلن بدء الهدنة", "لن تعلن"),
        ("الأخضر سيواجه ماليزيا في جدة", "لن يواجه"),
        ("وزير الصحة وصل إلى جدة أمس", "لم يصل"),
        ("الوفد لم يصل إلى جنيف بعد", "وصل"),
        ("ضبط لحوم مجهولة المصدر بالرياض", "لم يتم ضبط"),
        ("وفاة مواطن على طريق ساجر", "لا صحة لوفاة"),
        ("The vaccine is safe for children", "is not"),
        ("The film was not released in 2001", "was"),
        ("The bank raises interest rates again", "does not raise"),
        ("The team won the cup", "did not win"),
    ],
)
def test_a_sentence_is_denied_or_its_denial_taken_back(text: str, expected: str) -> None:
    assert expected in _afters(text, Swap.NEGATION)


@pytest.mark.parametrize(
    "text",
    [
        "هل يستقبل الهلال النصر في جدة؟",
        "الحرب في اليمن لا تزال مستمرة",
        "أمين عام الأمم المتحدة في جنيف",
        "The film: not only shot in Maine",
    ],
)
def test_what_cannot_be_denied_plainly_is_left(text: str) -> None:
    assert not _afters(text, Swap.NEGATION)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("مؤشر الأسهم يرتفع 16 نقطة", "ينخفض"),
        ("الكويت توافق على طلب التأجيل", "ترفض"),
        ("ريال مدريد يفوز على برشلونة", "يخسر أمام"),
        ("The parliament approves the budget", "rejects"),
    ],
)
def test_a_verb_becomes_its_opposite(text: str, expected: str) -> None:
    assert expected in _afters(text, Swap.VERB)


def test_a_name_that_is_spelled_like_a_verb_is_left() -> None:
    assert not _afters("فيصل بن بندر في المطار", Swap.VERB)
    assert not _afters("العمل عن بعد والقوات على بعد مئة متر", Swap.VERB)


def test_the_sides_of_a_one_sided_verb_change_places() -> None:
    [swap] = {s.text for s in _all("تشيلسي يهزم برشلونة بركلات الترجيح", Swap.ROLE)}
    assert swap == "برشلونة يهزم تشيلسي بركلات الترجيح"
    [swap] = {s.text for s in _all("البحرين تستدعي سفيرها بإيران", Swap.ROLE)}
    assert swap == "إيران تستدعي سفيرها بالبحرين"
    [swap] = {s.text for s in _all("العراق يتهم إيران بالتدخل", Swap.ROLE)}
    assert swap == "إيران تتهم العراق بالتدخل"
    assert not _afters("إيران وتركيا تستقبلان الوفد", Swap.ROLE)
    assert not _afters("مباراة تشيلسي وبرشلونة غدا", Swap.ROLE)


def test_a_harmless_rewording_keeps_numbers_and_most_words() -> None:
    text = "السعودية تعلن مقتل 17 مسلحا في نجران بنسبة 20 %"
    for seed in TRIES:
        changed = harmless(text, _rng(seed))
        assert changed is not None
        assert changed != text
        kept = set(terms(text)) & set(terms(changed))
        assert len(kept) >= len(set(terms(text))) - 2
        assert {"17", "20"} <= set(terms(changed))


def test_a_span_of_time_is_not_said_with_the_word_for_after_an_event() -> None:
    text = "العثور على الطائرة بعد أيام من البحث"
    assert all("عقب" not in (harmless(text, _rng(seed)) or "") for seed in TRIES)


def test_a_fifth_is_held_out_whatever_the_punctuation() -> None:
    texts = [f"خبر رقم {number}" for number in range(2000)]
    assert 0.17 < sum(map(is_held_out, texts)) / len(texts) < 0.23
    assert all(is_held_out(text) == is_held_out(f"«{text}».") for text in texts)
