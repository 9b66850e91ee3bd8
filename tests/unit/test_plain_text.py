"""What a text may hold where it is kept, and where it is shown."""

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.text.normalisation import for_matching, visible
from knowledge.claims import read_message
from knowledge.domain import ReportDraft, StatementDraft
from knowledge.errors import BadEdit, UnreadableClaim
from knowledge.text.plain_text import (
    displayable,
    is_plain_text,
    is_single_line,
    plain_text,
    same_words,
    single_line,
)

#: Whatever ends a line somewhere, and what must never be within one.
BREAKS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
CONTROLS = "\x00\x07\x08\x1b\x1f\x7f\x9b\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
MARKS = "\u200e\u200f\u061c"
JOINERS = "\u200c\u200d\ufe0f"
_AWKWARD = st.sampled_from(
    f"{BREAKS}{CONTROLS}{MARKS}{JOINERS} \t\xa0\u202f\u3000\u2800\u3164\u00ad\u200b\ufeff\ud800"
    "\U0001f3f4\U000e0067\U000e007fab1.خ"
)
_TEXTS = st.text(st.one_of(_AWKWARD, st.characters()), max_size=40)

#: As honest outlets write.
HONEST = [
    "وزارة الصحة: «لا صحة لما يُتداول»",
    "او می\u200cخواهد برود",
    "نامه\u200cای به خانه\u200cها",
    "علم \U0001f3f3\ufe0f\u200d\U0001f308 في الساحة \u2764\ufe0f أمس",
    "منتخب \U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f يفوز",
    "Cafe\u0301 fermé à 7\xa0h : pourquoi ?",
    "x² ½ – “quoted” … 5 < 6 & 7",
]


@given(_TEXTS)
def test_one_line_is_one_line_and_stays_it(text: str) -> None:
    line = single_line(text)
    assert len(line.splitlines()) <= 1
    assert not set(line) & set(BREAKS + CONTROLS + MARKS + "\t")
    assert not [c for c in line if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    assert is_single_line(line)
    assert is_plain_text(line)
    assert single_line(line) == line
    assert not re.search(r"\s\s", line)


@pytest.mark.parametrize(
    "unseen",
    "\xad\u034f\u115f\u17b4\u200b\u2061\ufeff\ufff0\ufff3\ufff8\U00013430\U0001bca0\U0001d159"
    "\U0001d173\U0001d17a\U000e0001\U000e1000",
)
def test_what_is_drawn_as_nothing_cannot_pad_a_line(unseen: str) -> None:
    assert single_line(f"a{unseen * 60}b") == "ab"
    assert single_line(f"a {unseen * 60} b") == "a b"


@given(_TEXTS)
def test_plain_text_keeps_its_lines_and_all_that_is_seen(text: str) -> None:
    plain = plain_text(text)
    assert is_plain_text(plain)
    assert plain_text(plain) == plain
    assert plain.split("\n") == re.split("\r\n|[\n\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029]", plain)
    seen = [c for c in text if unicodedata.category(c)[0] in "LNMPS"]
    assert [c for c in plain if c in set(seen)] == seen


@given(_TEXTS)
def test_what_is_mended_is_still_the_same_report(text: str) -> None:
    # What is known already stays known: reports are told apart by this form.
    # Signs that are drawn as nothing and that matching reads as letters are not told of here.
    blank = "\u2800\u3164\uffa0"
    text = "".join(c for c in text if c not in blank and unicodedata.category(c) != "Cs")
    text = "".join(c for c in text if displayable(c) or not visible(c))
    assert for_matching(plain_text(text)) == for_matching(text)
    assert for_matching(single_line(text)) == for_matching(text)


@pytest.mark.parametrize("text", HONEST)
def test_what_honest_outlets_write_stays_as_it_is(text: str) -> None:
    assert plain_text(text) == displayable(text) == single_line(text) == text


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("one\r\n\ttwo", "one two"),
        ("one \u2028 \u2028two\n", "one two"),
        ("الخبر\u200f الأول", "الخبر الأول"),
        ("a" + " \u200c" * 50 + "b", "a b"),
        ("a" + "\u3164" * 50 + "b", "a b"),
        ("\u200d\ufe0f title", "title"),
        ("\u2800\u200b\u3164", ""),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
    ],
)
def test_what_slipped_in_is_mended(written: str, kept: str) -> None:
    assert single_line(written) == kept


@pytest.mark.parametrize("bad", [*BREAKS, *CONTROLS, "\ud800"])
@pytest.mark.parametrize("field", ["title", "publisher", "url", "language", "ref"])
def test_no_report_with_more_than_one_line_can_be_made(field: str, bad: str) -> None:
    values: dict[str, Any] = {"title": "t", field: f"a{bad}b"}
    with pytest.raises(BadEdit, match=f"the {field} "):
        ReportDraft(**values)


@pytest.mark.parametrize("bad", [*BREAKS, *CONTROLS, "\ud800"])
@pytest.mark.parametrize("field", ["speaker", "rating_text", "ref"])
def test_no_statement_with_more_than_one_line_can_be_made(field: str, bad: str) -> None:
    values: dict[str, Any] = {"text": "t", field: f"a{bad}b"}
    with pytest.raises(BadEdit):
        StatementDraft(**values)


@pytest.mark.parametrize("bad", [*CONTROLS, "\r", "\x0b", "\u2028", "\ud800"])
def test_no_body_and_no_statement_holds_a_control(bad: str) -> None:
    with pytest.raises(BadEdit, match="the body"):
        ReportDraft("t", body=f"a{bad}b")
    with pytest.raises(BadEdit, match="the text"):
        StatementDraft(f"a{bad}b")
    ReportDraft("t", body="one\n\ttwo", statements=(StatementDraft("one\n\ttwo"),))


@given(st.text(st.one_of(_AWKWARD, st.sampled_from("the bridge fell today .\n")), max_size=80))
def test_what_is_read_of_a_message_is_one_line_a_claim(text: str) -> None:
    try:
        message = read_message(text)
    except UnreadableClaim:
        return
    for claim in (*message.claims, *message.rest):
        assert is_single_line(claim)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("بلغت الكلفة 4 ملايين دينار", " بلغت  الكلفة 4 ملايين دينار. "),
        ("قال الوزير: الجسر مفتوح", "قال الوزير، «الجسر مفتوح»"),
        ("The well-known bridge is open", "The well\u2013known “bridge” is\nopen!"),
        ("It cost 1,500 dinars in 2020", "It cost 1,500 dinars, in 2020."),
        ("word", "wo\u200brd"),
    ],
)
def test_white_space_and_punctuation_are_no_words(one: str, other: str) -> None:
    assert same_words(one, other)
    assert same_words(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The bridge is open.", "The bridge is open?"),
        ("هل فُتح الجسر؟", "هل فُتح الجسر"),
        ("Prices rose 1.5 times", "Prices rose 15 times"),
        ("بلغت ٣٫٥", "بلغت ٣٥"),
        ("It was -5 degrees", "It was 5 degrees"),
        ("It rose by 5%", "It rose by 5"),
        ("قَتل", "قُتل"),
        ("one", "two"),
        ("one", ""),
    ],
)
def test_what_says_something_else_has_other_words(one: str, other: str) -> None:
    assert not same_words(one, other)
    assert not same_words(other, one)
