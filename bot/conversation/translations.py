"""Translate messages and format dates and ages, with one gettext catalogue a language."""

import gettext
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources

from babel.dates import format_date, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.conversation.hijri_calendar import hijri
from bot.conversation.text_direction import Direction, isolate
from knowledge.domain import Calendar
from knowledge.text.plain_text import single_line


class Language(StrEnum):
    """Languages with a complete catalogue. English is what messages are written in."""

    ARABIC = "ar"
    ENGLISH = "en"
    FRENCH = "fr"


#: Each language by its code.
BY_CODE = {language.value: language for language in Language}

#: The language if a person's is unknown.
DEFAULT = Language.ARABIC

#: Each language's own name, as its button shows it.
NAMES = {
    Language.ARABIC: "العربية",
    Language.ENGLISH: "English",
    Language.FRENCH: "Français",
}

#: Where Arabic speakers name the months كانون الثاني, شباط, آذار…
_LEVANT = frozenset({"IQ", "JO", "LB", "PS", "SY"})


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Messages and dates in one language, dates as one calendar has them.

    ``say`` translates a message; ``count`` one whose words depend on a number.
    """

    language: Language
    say: Callable[[str], str]
    plural: Callable[[str, str, int], str]
    calendar: Calendar = Calendar.INTERNATIONAL

    @property
    def direction(self) -> Direction:
        """The language's direction."""
        return Direction.RTL if self.language is Language.ARABIC else Direction.LTR

    def quote(self, text: str) -> str:
        """Return somebody else's text on one line, isolated, for use within a line of ours."""
        return isolate(single_line(text), self.direction)

    def count(self, one: str, more: str, number: int, /, **blanks: object) -> str:
        """Return the plural form for ``number``, with ``{count}`` filled in.

        ``one`` and ``more`` are the English forms, ``blanks`` fill their other placeholders.
        """
        return self.plural(one, more, number).format(count=number, **blanks)

    def day(self, moment: date) -> str:
        """Format a date in full, in this catalogue's calendar."""
        levantine = self.calendar is Calendar.LEVANTINE and self.language is Language.ARABIC
        # Levantine month names are those of CLDR's Arabic for Syria.
        locale = "ar_SY" if levantine else self.language.value
        written = format_date(moment, "long", locale=locale)
        islamic = hijri(moment) if self.calendar is Calendar.HIJRI else None
        if islamic is None:
            return written
        day = self.say("{day} {month} {year} AH").format(
            day=islamic.day, month=self._hijri_months()[islamic.month - 1], year=islamic.year
        )
        return self.say("{hijri}, that is {date}").format(hijri=day, date=written)

    def _hijri_months(self) -> tuple[str, ...]:
        say = self.say
        return (
            say("Muharram"),
            say("Safar"),
            say("Rabi I"),
            say("Rabi II"),
            say("Jumada I"),
            say("Jumada II"),
            say("Rajab"),
            say("Shaban"),
            say("Ramadan"),
            say("Shawwal"),
            say("Dhu al-Qada"),
            say("Dhu al-Hijja"),
        )

    def age(self, moment: date, today: date) -> str:
        """Say how long ago a day was ("7 years ago"), in whole years where there are any."""
        years = (today - moment).days // 365
        passed = timedelta(days=-365 * years) if years > 0 else moment - today
        return format_timedelta(
            passed, add_direction=True, threshold=0.99, locale=self.language.value
        )

    def since(self, moment: datetime, now: datetime) -> str:
        """Say how long ago something happened ("3 hours ago")."""
        if now - moment < timedelta(minutes=1):
            return self.say("just now")
        return format_timedelta(moment - now, add_direction=True, locale=self.language.value)


@cache
def load_catalogue(language: Language, calendar: Calendar = Calendar.INTERNATIONAL) -> Catalogue:
    """Return the catalogue of ``language``, compiled from its .po file once."""
    translations = _translations(language)
    return Catalogue(language, translations.gettext, translations.ngettext, calendar)


@cache
def _translations(language: Language) -> gettext.NullTranslations:
    if language is Language.ENGLISH:
        return gettext.NullTranslations()
    source = resources.files("bot") / "locales" / f"{language.value}.po"
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source.read_bytes()), locale=language.value))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def usual_calendar(code: str | None) -> Calendar:
    """Return the usual calendar of a locale such as ``ar-SY``."""
    base, _, region = (code or "").partition("-")
    levantine = base.lower() == Language.ARABIC and region.upper() in _LEVANT
    return Calendar.LEVANTINE if levantine else Calendar.INTERNATIONAL


def find_language(code: str | None) -> Language:
    """Return the language for a code such as ``en-GB``; the default if it is not supported."""
    base = (code or "").partition("-")[0].lower()
    return BY_CODE.get(base, DEFAULT)
