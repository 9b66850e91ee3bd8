"""Arabizi in Arabic letters: near enough to find the statement by."""

import pytest

from knowledge.claims.transliteration import arabic_spellings


@pytest.mark.parametrize(
    ("text", "bare", "voweled"),
    [
        ("7okouma", "حوكومة", "حوكومة"),
        ("el 3omra", "العومرة", "العومرة"),
        ("El-Khartoum", "الخرتوم", "الخارتوم"),
        ("souq msaddad", "سوق مسدد", "سوق مساداد"),
        ("fi masr 410", "في مسر 410", "في ماسر 410"),
        ("shaghghal, la2!", "شغل, لء!", "شاغال, لاء!"),
        ("", "", ""),
    ],
)
def test_words_are_spelled_with_and_without_their_short_vowels(
    text: str, bare: str, voweled: str
) -> None:
    assert arabic_spellings(text) == (bare, voweled)


def test_what_is_arabic_already_stays() -> None:
    assert arabic_spellings("مصر ma7attat") == ("مصر محتت", "مصر ماحاتات")
