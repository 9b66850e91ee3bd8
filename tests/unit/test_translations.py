"""Every message is said in every language, and says the same with the same blanks."""

import re
import string
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po

from bot.conversation.hijri_calendar import hijri
from bot.conversation.translations import (
    BY_CODE,
    NAMES,
    Language,
    find_language,
    load_catalogue,
    usual_calendar,
)
from knowledge.domain import Calendar

BOT = Path(__file__).resolve().parents[2] / "bot"
#: What messages are translated into; English is what they are written in.
TRANSLATED = [language for language in Language if language is not Language.ENGLISH]

#: Words that are the same in French.
SAME_IN_FRENCH = {
    "Actions",
    "ClaimReview",
    "Date",
    "Dimensions",
    "Index",
    "Note",
    "Opinion",
    "Pages",
    "Questions",
    "Source",
    "Sources",
    "Tathabbat",
    "satire",
}

#: A message, or its forms for one and for more.
Message = str | tuple[str, ...]


def in_code() -> set[Message]:
    """Return every message handed to `say` or `count`, in code and in the console's pages."""
    found = extract_from_dir(
        BOT,
        method_map=[("**.py", "python"), ("**.html", "jinja2")],
        keywords={"say": None, "count": (1, 2)},
    )
    return {message for _, _, message, _, _ in found}


def held(language: Language) -> dict[Message, Message]:
    """Return what the catalogue of a language holds, checked as gettext's own tools would."""
    with (BOT / "locales" / f"{language.value}.po").open("rb") as file:
        found = read_po(file, locale=language.value, abort_invalid=True)
    assert not found.obsolete
    assert not [entry.id for entry in found if entry.fuzzy and entry.id]
    return {_message(entry.id): _message(entry.string) for entry in found if entry.id}


def _message(text: str | list[str] | tuple[str, ...] | None) -> Message:
    return text if isinstance(text, str) else tuple(text or ())


def forms(message: Message) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else message


def blanks(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def arabic_letters(text: str) -> Iterator[str]:
    return (letter for letter in text if "\u0620" <= letter <= "\u064a")


@pytest.mark.parametrize("language", TRANSLATED)
class TestCatalogues:
    def test_hold_every_message_of_the_code_and_no_other(self, language: Language) -> None:
        assert len(in_code()) > 30
        assert set(held(language)) == in_code()

    def test_say_the_same_with_the_same_blanks_and_the_same_signs(self, language: Language) -> None:
        for message, translated in held(language).items():
            assert all(forms(translated)), f"not translated: {message}"
            for sign in "✅❌🔎⚪🔔🔕🗑":
                assert (sign in forms(translated)[0]) == (sign in forms(message)[0]), message
            if isinstance(message, str):
                assert blanks(forms(translated)[0]) == blanks(message)
                assert load_catalogue(language).say(message) == translated
                assert load_catalogue(Language.ENGLISH).say(message) == message
                continue
            for form in forms(translated):
                # "One" and "two" may be said in words; nothing else may be left out.
                assert set(blanks(message[1])) - set(blanks(form)) <= {"count"}, message
                assert set(blanks(form)) <= set(blanks(message[1])), message

    def test_have_as_many_forms_as_the_language(self, language: Language) -> None:
        expected = get_plural(language.value).num_plurals
        for message, translated in held(language).items():
            if not isinstance(message, str):
                assert len(forms(translated)) == expected, message


def test_arabic_is_written_in_arabic_letters() -> None:
    for message, translated in held(Language.ARABIC).items():
        # The names of formats are the same everywhere.
        if message in ("RSS or Atom", "ClaimReview"):
            continue
        assert all(any(arabic_letters(form)) for form in forms(translated)), message


def test_french_is_no_copy_of_the_english() -> None:
    same = {
        message for message, translated in held(Language.FRENCH).items() if message == translated
    }
    assert same == SAME_IN_FRENCH


def test_french_has_a_space_that_does_not_break_where_it_has_one_before_a_mark() -> None:
    # At a plain space a line may break, and the mark opens the next one.
    bare = re.compile(r"(?<!\u00a0)(?:[;?!»]|:(?!//))|«(?!\u00a0)")
    for message, translated in held(Language.FRENCH).items():
        assert not [form for form in forms(translated) if bare.search(form)], message


def test_arabic_has_the_marks_of_its_own_script() -> None:
    for message, translated in held(Language.ARABIC).items():
        assert not [form for form in forms(translated) if set(form) & set(',;?%"')], message


@pytest.mark.parametrize(
    ("number", "arabic", "french", "english"),
    [
        (0, "من 0 مصدر.", "de 0 source.", "of 0 sources."),
        (1, "من مصدر واحد.", "de 1 source.", "of 1 source."),
        (2, "من مصدرين.", "de 2 sources.", "of 2 sources."),
        (3, "من 3 مصادر.", "de 3 sources.", "of 3 sources."),
        (10, "من 10 مصادر.", "de 10 sources.", "of 10 sources."),
        (11, "من 11 مصدرًا.", "de 11 sources.", "of 11 sources."),
        (99, "من 99 مصدرًا.", "de 99 sources.", "of 99 sources."),
        (100, "من 100 مصدر.", "de 100 sources.", "of 100 sources."),
        (102, "من 102 مصدر.", "de 102 sources.", "of 102 sources."),
        (103, "من 103 مصادر.", "de 103 sources.", "of 103 sources."),
    ],
)
def test_a_number_is_said_as_the_language_counts(
    number: int, arabic: str, french: str, english: str
) -> None:
    said = {
        language: load_catalogue(language).count(
            "of {count} source.", "of {count} sources.", number
        )
        for language in Language
    }
    assert said == {
        Language.ARABIC: arabic,
        Language.FRENCH: french,
        Language.ENGLISH: english,
    }


class TestLanguages:
    @pytest.mark.parametrize(
        ("code", "language"),
        [
            ("en", Language.ENGLISH),
            ("en-GB", Language.ENGLISH),
            ("EN-us", Language.ENGLISH),
            ("ar", Language.ARABIC),
            ("ar-EG", Language.ARABIC),
            ("fr", Language.FRENCH),
            ("fr-CA", Language.FRENCH),
            ("de", Language.ARABIC),
            ("english", Language.ARABIC),
            ("", Language.ARABIC),
            (None, Language.ARABIC),
        ],
    )
    def test_what_is_spoken_for_a_code(self, code: str | None, language: Language) -> None:
        assert find_language(code) is language

    def test_each_has_its_own_name_and_code(self) -> None:
        assert set(NAMES) == set(Language) == set(BY_CODE.values())
        assert len(set(NAMES.values())) == len(Language)


class TestDates:
    @pytest.mark.parametrize(
        ("language", "written"),
        [
            (Language.ARABIC, "7 فبراير 2019"),
            (Language.ENGLISH, "February 7, 2019"),
            (Language.FRENCH, "7 février 2019"),
        ],
    )
    def test_a_day_is_written_in_full(self, language: Language, written: str) -> None:
        day = load_catalogue(language).day(date(2019, 2, 7))
        # CLDR writes a direction mark where it thinks one is due.
        assert day.replace("\u200f", "") == written

    @pytest.mark.parametrize(
        ("language", "calendar", "written"),
        [
            (Language.ARABIC, Calendar.LEVANTINE, "7 شباط 2019"),
            (Language.ENGLISH, Calendar.LEVANTINE, "February 7, 2019"),
            (Language.ARABIC, Calendar.HIJRI, "1 جمادى الآخرة 1440 هـ، الموافق 7 فبراير 2019"),
            (Language.ENGLISH, Calendar.HIJRI, "1 Jumada II 1440 AH, that is February 7, 2019"),
            (
                Language.FRENCH,
                Calendar.HIJRI,
                "1 joumada ath-thania 1440 de l’hégire, soit le 7 février 2019",
            ),
        ],
    )
    def test_a_day_is_written_as_the_calendar_has_it(
        self, language: Language, calendar: Calendar, written: str
    ) -> None:
        day = load_catalogue(language, calendar).day(date(2019, 2, 7))
        assert day.replace("\u200f", "") == written

    def test_before_the_islamic_calendar_there_is_the_other_one(self) -> None:
        words = load_catalogue(Language.ENGLISH, Calendar.HIJRI)
        assert words.day(date(622, 7, 18)) == "July 18, 622"
        assert words.day(date(622, 7, 19)).startswith("1 Muharram 1 AH")

    @pytest.mark.parametrize(
        ("code", "calendar"),
        [
            ("ar-SY", Calendar.LEVANTINE),
            ("ar-iq", Calendar.LEVANTINE),
            ("ar-EG", Calendar.INTERNATIONAL),
            ("ar", Calendar.INTERNATIONAL),
            ("en-LB", Calendar.INTERNATIONAL),
            (None, Calendar.INTERNATIONAL),
        ],
    )
    def test_the_usual_calendar_is_that_of_the_place(
        self, code: str | None, calendar: Calendar
    ) -> None:
        assert usual_calendar(code) is calendar

    @pytest.mark.parametrize(
        "day", [date(2024, 3, 11) + timedelta(days=n) for n in range(0, 4_000, 7)]
    )
    def test_islamic_days_follow_one_another(self, day: date) -> None:
        before, after = hijri(day), hijri(day + timedelta(days=1))
        assert before is not None
        assert after is not None
        if after.day == 1:
            assert before.day in (29, 30)
            assert (after.month - before.month) % 12 == 1
        else:
            assert (after.year, after.month, after.day - 1) == (
                before.year,
                before.month,
                before.day,
            )

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
        assert load_catalogue(Language.ARABIC).age(then, today) == arabic
        assert load_catalogue(Language.ENGLISH).age(then, today) == english


#: Nouns whose form depends on the number before them.
COUNTED = "people|minutes|hours|seconds|days|claims|reports|questions|statements|messages"


def test_what_is_counted_has_a_form_for_each_number() -> None:
    number = re.compile(rf"\{{(?:n|count|people|told)\}} (?:{COUNTED})\b")
    # A bound never changes: its sentence is written for it.
    single = {each for each in in_code() if isinstance(each, str) and "between 1 and" not in each}
    assert not {each for each in single if number.search(each)}


def test_no_page_writes_a_number_and_its_noun_apart() -> None:
    """The form of the noun would not follow the number."""
    apart = re.compile(r"\|count \}\}</b>\s*<span>\{\{ say\(")
    for page in (BOT / "console" / "templates").iterdir():
        assert not apart.search(page.read_text("utf-8")), page.name


@pytest.mark.parametrize(
    ("number", "said"), [(1, "شخص"), (2, "شخصان"), (3, "أشخاص"), (11, "شخصًا"), (100, "شخص")]
)
def test_people_are_counted_as_arabic_counts(number: int, said: str) -> None:
    assert load_catalogue(Language.ARABIC).count("person", "people", number) == said
