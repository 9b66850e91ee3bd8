"""Every message is said in every language, and says the same with the same blanks."""

import string
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from bot.conversation.catalogue import BY_CODE, NAMES, Language, catalogue, spoken

BOT = Path(__file__).resolve().parents[2] / "bot"


def in_code() -> set[str]:
    """Return every message that is handed to a `say`, in code and in the console's pages."""
    methods = [("**.py", "python"), ("**.html", "jinja2")]
    found = extract_from_dir(BOT, method_map=methods, keywords={"say": None})
    return {message for _, _, message, _, _ in found if isinstance(message, str)}


def translated() -> dict[str, str]:
    """Return what the Arabic catalogue holds."""
    with (BOT / "locales" / "ar.po").open("rb") as file:
        held = read_po(file, locale="ar", abort_invalid=True)
    assert not held.obsolete
    assert not [entry.id for entry in held if entry.fuzzy and entry.id]
    return {str(entry.id): str(entry.string) for entry in held if entry.id}


def blanks(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def arabic_letters(text: str) -> Iterator[str]:
    return (letter for letter in text if "\u0620" <= letter <= "\u064a")


class TestArabicCatalogue:
    def test_holds_every_message_of_the_code_and_no_other(self) -> None:
        assert len(in_code()) > 30
        assert set(translated()) == in_code()

    @pytest.mark.parametrize("message", sorted(translated()))
    def test_a_message_is_translated_with_the_same_blanks_and_the_same_sign(
        self, message: str
    ) -> None:
        arabic = translated()[message]
        assert any(arabic_letters(arabic)), "not translated"
        assert blanks(arabic) == blanks(message)
        for sign in "✅❌🔎⚪":
            assert (sign in arabic) == (sign in message)
        assert catalogue(Language.ARABIC).say(message) == arabic
        assert catalogue(Language.ENGLISH).say(message) == message


class TestLanguages:
    @pytest.mark.parametrize(
        ("code", "language"),
        [
            ("en", Language.ENGLISH),
            ("en-GB", Language.ENGLISH),
            ("EN-us", Language.ENGLISH),
            ("ar", Language.ARABIC),
            ("ar-EG", Language.ARABIC),
            ("de", Language.ARABIC),
            ("english", Language.ARABIC),
            ("", Language.ARABIC),
            (None, Language.ARABIC),
        ],
    )
    def test_what_is_spoken_for_a_code(self, code: str | None, language: Language) -> None:
        assert spoken(code) is language

    def test_each_has_its_own_name_and_code(self) -> None:
        assert set(NAMES) == set(Language) == set(BY_CODE.values())
        assert len(set(NAMES.values())) == len(Language)


class TestDates:
    @pytest.mark.parametrize(
        ("language", "written"),
        [(Language.ARABIC, "7 فبراير 2019"), (Language.ENGLISH, "February 7, 2019")],
    )
    def test_a_day_is_written_in_full(self, language: Language, written: str) -> None:
        day = catalogue(language).day(date(2019, 2, 7))
        # CLDR writes a direction mark where it thinks one is due.
        assert day.replace("\u200f", "") == written

    @pytest.mark.parametrize(
        ("then", "arabic", "english"),
        [
            (date(2019, 2, 7), "قبل 7 سنوات", "7 years ago"),
            (date(2024, 2, 7), "قبل سنتين", "2 years ago"),
            (date(2023, 5, 7), "قبل سنتين", "2 years ago"),
            (date(2025, 10, 7), "قبل 4 أشهر", "4 months ago"),
            (date(2026, 2, 4), "قبل 3 أيام", "3 days ago"),
        ],
    )
    def test_an_age_is_said_as_people_say_it(self, then: date, arabic: str, english: str) -> None:
        today = date(2026, 2, 7)
        assert catalogue(Language.ARABIC).age(then, today) == arabic
        assert catalogue(Language.ENGLISH).age(then, today) == english
