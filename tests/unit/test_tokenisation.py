"""Terms and letter n-grams that the lexical index finds statements by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.text.tokenisation import GRAM, STOP_WORDS, grams, joined_grams, stem, terms, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("99,5 في المئة", ["99.5", "في", "الميه"]),
        ("٩٩٫٥ في المئة", ["99.5", "في", "الميه"]),
        ("1,250,000", ["1.250.000"]),
        ("أكثر من 37 ألف شخص", ["اكثر", "من", "37", "الف", "شخص"]),
        ("#داعش_العراق", ["داعش", "العراق"]),
        ("كانون الأول/ديسمبر", ["كانون", "الاول", "ديسمبر"]),
        ("He didn't say 3.", ["he", "didn't", "say", "3"]),
        ("", []),
        ("… — ؟! 🙂", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_a_curly_apostrophe_is_the_same_negation() -> None:
    assert words("Don’t go") == words("don't go") == ["don't", "go"]
    assert terms("It wasn’t him") == terms("it wasn't him")


def test_a_vocalised_word_is_one_term() -> None:
    assert terms("مُحَاصَرٌ") == terms("محاصر")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("الباغوز", "والباغوز"),
        ("مقاتلون", "المقاتلين"),
        ("المتحدث", "متحدث"),
        ("للتحالف", "التحالف"),
        ("عملياتهم", "عملياتهم"),
        ("سوريّة", "السورية"),
        ("attacks", "Attacked"),
    ],
)
def test_forms_of_one_word_share_their_stem(one: str, other: str) -> None:
    assert terms(one) == terms(other)


@pytest.mark.parametrize("word", ["لا", "لم", "لن", "ما", "ليس", "غير", "ولد", "الله", "2014", "x"])
def test_a_short_word_is_never_stemmed_away(word: str) -> None:
    assert len(stem(word)) >= min(2, len(word))


def test_stop_words_are_dropped_however_they_are_spelled() -> None:
    assert terms("إلى أنّ عَلى الذى The AND") == []


def test_stop_words_are_spelled_as_words_are() -> None:
    for word in STOP_WORDS:
        assert words(word) == [word]


@given(st.text(max_size=60))
def test_terms_fit_one_whitespace_separated_field(text: str) -> None:
    assert " ".join(terms(text)).split() == terms(text)
    assert all(terms(text))


@given(st.text(max_size=60))
def test_words_are_the_same_for_text_that_was_already_taken_apart(text: str) -> None:
    assert words(" ".join(words(text))) == words(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("غاتوزو", ["_غات", "غاتو", "اتوز", "توزو", "وزو_"]),
        ("لم 7", ["_لم_", "_7_"]),
        ("Dam", ["_dam", "dam_"]),
        ("… 🙂", []),
    ],
)
def test_grams(text: str, expected: list[str]) -> None:
    assert grams(text) == expected


#: What normalising moves, joins, drops or takes apart, between spaces of every kind.
_HARD = (
    "ab Σσİ19.,'’_#ةئ\u0301\u064b\u0640\u200d\u200b\u0345\ufdfa\u00a8\u1100\u1161"
    "\u00a0\u3000\x1c\x85\r\n\0"
)


@given(st.lists(st.text(max_size=8) | st.text(_HARD, max_size=8), max_size=6))
def test_grams_of_a_text_are_those_of_its_words(parts: list[str]) -> None:
    text = " ".join(parts)
    runs = [
        marked[start : start + GRAM]
        for word in words(text)
        for marked in [f"_{word}_"]
        for start in range(max(1, len(marked) - GRAM + 1))
    ]
    assert grams(text) == runs
    assert " ".join(map(joined_grams, text.split())).split() == runs
