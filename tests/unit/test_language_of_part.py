"""The language of a sentence of a document whose other sentences may be in another one."""

import pytest

from knowledge.text.language import guess_language, language_of_part


@pytest.mark.parametrize(
    ("text", "stated", "language"),
    [
        ("نفت البلدية إغلاق الجسر القديم", "en", "ar"),
        ("The city denied that the bridge is closed", "ar", "en"),
        ("La ville a fermé le vieux pont pour des travaux", "en", "fr"),
        # Few words tell nothing against what is stated, nor do languages that are not told apart.
        ("Pont fermé", "fr", "fr"),
        ("پل بسته است", "fa", "fa"),
        ("47", "ar", "ar"),
    ],
)
def test_a_part_is_told_by_its_own_words(text: str, stated: str, language: str) -> None:
    assert language_of_part(text, stated) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("L'essence coûte 4,2 loumars", "fr"),
        ("On doit rationner l'eau potable", "fr"),
        ("Un autre cortège de mariage accidenté", "fr"),
        ("Sudan's central bank slashes the daily limit", "en"),
        ("TfL won't run night buses on Christmas Day", "en"),
        ("Boeing's stock went down", "en"),
    ],
)
def test_short_french_is_no_english(text: str, language: str) -> None:
    assert guess_language(text) == language
