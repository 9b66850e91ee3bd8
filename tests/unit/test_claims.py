"""From a message to the sentence that is checked, or to what the person should send instead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.claims import MAX_CHARACTERS, bare_text, claim_text
from knowledge.errors import ClaimProblem, UnreadableClaim


@pytest.mark.parametrize(
    ("message", "claim"),
    [
        ("داعش خسر نصف أراضيه", "داعش خسر نصف أراضيه"),
        ("عاجل 🔴🔴 داعش خسر نصف أراضيه ‼️", "عاجل داعش خسر نصف أراضيه ‼"),
        ("داعش خسر\n\nنصف  أراضيه https://example.com/a?b=1#c", "داعش خسر نصف أراضيه"),
        ("انظر www.example.com داعش خسر", "انظر داعش خسر"),
        ("داعش خسر bit.ly/3xYz نصف أراضيه", "داعش خسر نصف أراضيه"),
        ("@news_ar داعش خسر نصف أراضيه @friend", "داعش خسر نصف أراضيه"),
        ("RT @news_ar: داعش خسر نصف أراضيه", "داعش خسر نصف أراضيه"),
        ("RT: two words", "two words"),
        ("داعش \u202eخسر\u202c نصف\u200b أراضيه", "داعش خسر نصف أراضيه"),
        ("درجة الحرارة 45° و 99,5٪ اليوم", "درجة الحرارة 45° و 99,5٪ اليوم"),
        ("نسبة 3.5/10 من الناس", "نسبة 3.5/10 من الناس"),
        ("write to a.b@example.com today", "write to a.b@example.com today"),
        ("START the ART now", "START the ART now"),
        ("قال 5 أشخاص 👍🏽", "قال 5 أشخاص"),
    ],
)
def test_what_is_checked(message: str, claim: str) -> None:
    assert claim_text(message) == claim


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ("", ClaimProblem.EMPTY),
        (" \n\t ", ClaimProblem.EMPTY),
        ("\u200b\u202e\ufeff\x00", ClaimProblem.EMPTY),
        ("😀😀", ClaimProblem.NO_WORDS),
        ("؟؟!! …", ClaimProblem.NO_WORDS),
        ("@someone @another", ClaimProblem.NO_WORDS),
        ("https://example.com/story", ClaimProblem.ONLY_LINKS),
        ("http://a.example http://b.example", ClaimProblem.ONLY_LINKS),
        ("t.me/channel/12", ClaimProblem.ONLY_LINKS),
        ("@news 👇 https://example.com/story", ClaimProblem.ONLY_LINKS),
        ("داعش", ClaimProblem.TOO_SHORT),
        ("#داعش!!!", ClaimProblem.TOO_SHORT),
        ("داعش https://example.com", ClaimProblem.TOO_SHORT),
        ("كلمة " * MAX_CHARACTERS, ClaimProblem.TOO_LONG),
    ],
)
def test_what_cannot_be_checked_says_why_in_one_sentence(
    message: str, problem: ClaimProblem
) -> None:
    with pytest.raises(UnreadableClaim) as caught:
        claim_text(message)
    assert caught.value.problem is problem
    assert str(caught.value).startswith("the claim ")
    assert "\n" not in str(caught.value)


def test_a_negation_is_never_lost_on_the_way() -> None:
    assert claim_text("لم ينفِ الوزير الخبر") == "لم ينفِ الوزير الخبر"


def test_the_longest_claim_is_read() -> None:
    longest = ("كلمة " * MAX_CHARACTERS)[:MAX_CHARACTERS]
    assert claim_text(longest) == longest.strip()


@given(st.text(max_size=80))
def test_anything_at_all_is_either_a_claim_or_told_what_is_wrong(message: str) -> None:
    try:
        claim = claim_text(message)
    except UnreadableClaim:
        return
    assert claim == " ".join(claim.split())
    assert claim == bare_text(message)


@pytest.mark.parametrize("piece", ["a.", "aa./", "a-", "@a", "RT ", "http", "www.", "1,"])
def test_a_hostile_message_is_read_like_any_other(piece: str) -> None:
    message = (piece * MAX_CHARACTERS)[:MAX_CHARACTERS]
    assert len(bare_text(message)) <= len(message)


@given(st.text(max_size=80))
def test_a_claim_can_be_stored_and_sent(message: str) -> None:
    bare_text(message).encode("utf-8")
