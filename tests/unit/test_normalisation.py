"""What text is compared by: the same for what people write alike, and never more than that."""

import unicodedata
from importlib import resources

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from embeddings.text.normalisation import fold, for_matching, visible
from embeddings.text.tokenisation import terms, words

_ARABIC = st.characters(min_codepoint=0x0600, max_codepoint=0x06FF)
_AWKWARD = st.sampled_from(
    "\u0640\u0301\u064b\u0654\u0610\u200b\u200f\u202e\u2066\ufeff\u00ad\ufe0f\u1100\u1161\uffa0"
    "\U000e0041ﷺﻻ½²①ﬁİıßſ´#_’'\x00\x0b\x0c\x1f\x85\r\n\t \u2028٪٫٬۔\ud800"
)
_TEXTS = st.text(st.one_of(_ARABIC, _AWKWARD, st.characters()), max_size=40)

_INVISIBLE = "\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066"
_INVISIBLE += "\u2067\u2068\u2069\ufe0f\ufeff\U000e0001\U000e0067\U000e007f"
_CONTROLS = "\x00\x07\x08\x1b\x7f\x80\x9b"

# As the seed report has them, and as people type them.
_SEED_WORDS = [
    ("كریستوفر", "كريستوفر"),
    ("المتبقین", "المتبقين"),
    ("إرھابيي", "إرهابيي"),
    ("لحصرھم", "لحصرهم"),
    ("صغیرة", "صغيرة"),
    ("حالیاً", "حاليا"),
    ("الأصلیة", "الأصلية"),
    ("تحریر", "تحرير"),
    ("یقارب", "يقارب"),
    ("لسیطرة", "لسيطرة"),
    ("الاستراتیجیة", "الاستراتيجية"),
    ("الذین یحاولون", "الذين يحاولون"),
    ("#داعش", "داعش"),
]


@given(_TEXTS)
@example("e\u0640\u0301")
@example("\u1100\uffa0\u1161")
@example("a\u0610\u0301")
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = for_matching(text)
    assert for_matching(once) == once


@given(_TEXTS)
def test_what_is_matched_is_one_line_without_anything_invisible(text: str) -> None:
    matched = for_matching(text)
    assert matched == " ".join(matched.split())
    assert visible(matched) == matched


@given(_TEXTS)
def test_folding_keeps_every_offset_true(text: str) -> None:
    folded = fold(text)
    assert len(folded) == len(text)
    assert fold(folded) == folded


@given(_TEXTS)
def test_showing_removes_but_never_rewrites(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    assert set(shown) <= set(text) | {"\n"}
    kept = [c for c in text if unicodedata.category(c)[0] in "LNP" and c not in "\u115f\u1160"]
    assert [c for c in shown if c in set(kept)] == kept


@given(st.text(st.sampled_from("0123456789"), min_size=1, max_size=12))
def test_digits_of_three_scripts_are_the_same(number: str) -> None:
    arabic = number.translate({ord(str(d)): 0x0660 + d for d in range(10)})
    persian = number.translate({ord(str(d)): 0x06F0 + d for d in range(10)})
    assert for_matching(arabic) == for_matching(persian) == number
    assert fold(arabic) == fold(persian) == number


@pytest.mark.parametrize("text", ["٩٩٫٥٪", "۹۹٫۵٪", "99.5%"])
def test_decimal_and_percent_signs_of_three_scripts_are_the_same(text: str) -> None:
    assert for_matching(text) == "99.5%"


@pytest.mark.parametrize(("published", "typed"), _SEED_WORDS)
def test_a_word_of_the_seed_report_equals_the_one_people_type(published: str, typed: str) -> None:
    assert for_matching(published) == for_matching(typed)
    assert words(published) == words(typed)


def test_the_seed_report_is_left_with_one_code_point_a_letter() -> None:
    sample = resources.files("knowledge.samples") / "last-isis-pocket.txt"
    text = sample.read_text("utf-8")
    assert set("یھ") <= set(text), "the sample lost what makes it hard"
    assert not set("یکھہەې#ـً") & set(for_matching(text))


@pytest.mark.parametrize("character", list(_INVISIBLE + _CONTROLS))
def test_invisible_and_control_characters_are_stripped_inside_a_word(character: str) -> None:
    assert visible(f"دا{character}عش") == "داعش"
    assert for_matching(f"دا{character}عش") == "داعش"


def test_a_bidi_override_cannot_reorder_what_is_shown() -> None:
    assert visible("نفى \u202eالخبر\u202c صحيح") == "نفى الخبر صحيح"


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x85", "\u2028", "\t"])
def test_the_words_around_the_end_of_a_line_stay_two(end: str) -> None:
    assert for_matching(f"قال{end}الوزير") == "قال الوزير"
    assert len(visible(f"قال{end}الوزير").split()) == 2


def test_vocalisation_and_tatweel_do_not_tell_words_apart() -> None:
    assert for_matching("مُحَمَّـــدٌ") == "محمد"


@pytest.mark.parametrize(("one", "other"), [("أحمد", "احمد"), ("على", "علي"), ("قوة", "قوه")])
def test_letters_that_writers_interchange_are_folded(one: str, other: str) -> None:
    assert fold(one) == fold(other)
    assert for_matching(one) != for_matching(other), "an encoder reads them as written"


@pytest.mark.parametrize(
    "negator", "لا لم لن ليس ليست ما غير بدون نفى نفت not no never nor without don't ne pas".split()
)
def test_a_negator_is_never_a_stop_word(negator: str) -> None:
    assert len(terms(negator)) == 1


@pytest.mark.parametrize("digit", list("0123456789٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹"))
def test_a_single_digit_is_never_a_stop_word(digit: str) -> None:
    assert terms(f"عن {digit} في") == [str(unicodedata.digit(digit))]
