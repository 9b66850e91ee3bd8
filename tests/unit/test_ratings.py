"""Fact-checkers' wording -> ratings. Reading a "true" that was not meant is the worst mistake."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.corpus.ratings import (
    MAX_RATING_CHARACTERS,
    SUPPORTING_RATINGS,
    normalise_rating,
    rating_on_scale,
)
from knowledge.domain import Rating


@pytest.mark.parametrize("rating", Rating)
def test_a_normalised_name_is_itself(rating: Rating) -> None:
    assert normalise_rating(rating.value) is rating


@pytest.mark.parametrize(
    ("wording", "rating"),
    [
        ("True", Rating.TRUE),
        ("Mostly True", Rating.MOSTLY_TRUE),
        ("Half-True", Rating.MIXED),
        ("Mostly False", Rating.FALSE),
        ("FALSE.", Rating.FALSE),
        ("Pants on Fire!", Rating.FALSE),
        ("Four Pinocchios", Rating.FALSE),
        ("Two Pinocchios", Rating.MIXED),
        ("Missing context", Rating.MISLEADING),
        ("Altered", Rating.FALSE),
        ("Fake", Rating.FALSE),
        ("sarcastic", Rating.SATIRE),
        ("Unproven", Rating.UNPROVEN),
        ("No Evidence", Rating.UNPROVEN),
        ("correct", Rating.TRUE),
        ("Incorrect", Rating.FALSE),
        ("Not true", Rating.FALSE),
        ("Partly false", Rating.MIXED),
        ("Faux", Rating.FALSE),
        ("C'est faux", Rating.FALSE),
        ("Vrai", Rating.TRUE),
        ("Plutôt vrai", Rating.MOSTLY_TRUE),
        ("Trompeur", Rating.MISLEADING),
        ("Partiellement faux", Rating.MIXED),
        ("Non prouvé", Rating.UNPROVEN),
        ("صحيح", Rating.TRUE),
        ("خبر صحيح", Rating.TRUE),
        ("غير صحيح", Rating.FALSE),
        ("صحيح جزئيًا", Rating.MIXED),
        ("غير صحيح جزئيا", Rating.MIXED),
        ("زائف جزئي", Rating.MIXED),
        ("مضلل", Rating.MISLEADING),
        ("مضلّل", Rating.MISLEADING),
        ("مُضَلِّل", Rating.MISLEADING),
        ("تضليل", Rating.MISLEADING),
        ("محتوى مضلل", Rating.MISLEADING),
        ("سياق ناقص", Rating.MISLEADING),
        ("خطأ", Rating.FALSE),
        ("خطا", Rating.FALSE),
        ("خاطئ", Rating.FALSE),
        ("زائف", Rating.FALSE),
        ("زايف", Rating.FALSE),
        ("کاذب", Rating.FALSE),  # Keheh for kaf.
        ("مفبرك", Rating.FALSE),
        ("فيديو معدّل", Rating.FALSE),
        ("لا صحة له", Rating.FALSE),
        ("غير مثبت", Rating.UNPROVEN),
        ("لا دليل", Rating.UNPROVEN),
        ("ساخر", Rating.SATIRE),
        ("❌ زائف", Rating.FALSE),
        ("«مضلل»", Rating.MISLEADING),
    ],
)
def test_labels(wording: str, rating: Rating) -> None:
    assert normalise_rating(wording) is rating


@pytest.mark.parametrize(
    ("wording", "rating"),
    [
        ("خبر كاذب - لم تعلن الوزارة شيئا من هذا", Rating.FALSE),
        ("False. No such law was passed.", Rating.FALSE),
        ("Trompeur : la photo date de 2015", Rating.MISLEADING),
        ("تحقق الفريق من الادعاء ووجد أنه مضلل إذ أن الصورة قديمة", Rating.MISLEADING),
        ("تحقق الفريق من الإدعاء، وتبيّن أنه غير صحيح.", Rating.FALSE),
        ("اتضح لفريقنا أن هذا الادعاء زائف؛ حيث لم نجد أي قرار", Rating.FALSE),
        ("أظهرت عملية التحقق في المنصة أن الادعاء مضلل لأن المقطع قديم", Rating.MISLEADING),
        (
            "اتضح أن هذا الادعاء مضلل؛ فالصورة مركبة. ولذلك قررنا تصنيف الادعاء على أنه زائف",
            Rating.FALSE,
        ),
        ("تبين أنه صحيح جزئيا لأن القرار صدر ولم ينفذ", Rating.MIXED),
    ],
)
def test_a_verdict_is_found_in_an_explanation(wording: str, rating: Rating) -> None:
    assert normalise_rating(wording) is rating


@pytest.mark.parametrize(
    "wording",
    [
        "",
        "   ",
        "!!!",
        "توضيح",
        "الفيديو قديم",
        "لم ترفع الدولة التأشيرة وإنما خففتها",
        "1",
        "True?",
        "Is it false?",
        "هل الخبر صحيح؟",
        "True, but the picture is old",
        "صحيح، لكن الصورة قديمة",
        "تبين أن الادعاء صحيح لكن السياق مختلف",
        "صورة صحيحة",  # The picture is real; what is said with it may not be.
        "لم نجد ما يدل على أن الادعاء زائف",
        "وجدنا أنه ليس صحيحا بالكامل",
        "تبين أنه زائف وتبين أنه مضلل",
        "زعم ناشرون أنه كاذب",
        "x" * (MAX_RATING_CHARACTERS + 1),
    ],
)
def test_what_is_not_certain_is_not_rated(wording: str) -> None:
    assert normalise_rating(wording) is None


@given(st.text(max_size=60))
def test_an_explanation_never_supports(explanation: str) -> None:
    for label in ("true", "صحيح", "vrai"):
        rating = normalise_rating(f"{label} but {explanation}")
        assert rating not in SUPPORTING_RATINGS


@given(st.text(max_size=300))
def test_any_text_is_answered(text: str) -> None:
    assert normalise_rating(text) in (None, *Rating)


@pytest.mark.parametrize(
    ("value", "best", "worst", "rating"),
    [
        (1, 5, 1, Rating.FALSE),
        (2, 5, 1, Rating.FALSE),
        (3, 5, 1, Rating.MIXED),
        (4, 5, 1, Rating.MOSTLY_TRUE),
        (4.5, 5, 1, Rating.MOSTLY_TRUE),
        (5, 5, 1, Rating.TRUE),
        (0, 10, 0, Rating.FALSE),
        (-1, -1, -1, None),
        (0, 0, 0, None),
        (6, 5, 1, None),
        (0, 5, 1, None),
        (float("nan"), 5, 1, None),
        (1, float("inf"), 1, None),
        (0, 1.7e308, -1.7e308, None),
    ],
)
def test_numbers_on_a_scale(value: float, best: float, worst: float, rating: Rating | None) -> None:
    assert rating_on_scale(value, best, worst) is rating
