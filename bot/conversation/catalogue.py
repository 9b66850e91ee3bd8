"""The languages people are spoken to in: gettext catalogues, dates, ages."""

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


class Language(StrEnum):
    """Languages with a complete catalogue. English is what messages are written in."""

    ARABIC = "ar"
    ENGLISH = "en"


#: Each language by its code.
BY_CODE = {language.value: language for language in Language}

#: Spoken where nothing is known of a person.
DEFAULT = Language.ARABIC

#: Each language by its own name, as its button says it.
NAMES = {Language.ARABIC: "العربية", Language.ENGLISH: "English"}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Messages and dates in one language. ``say`` translates a message."""

    language: Language
    say: Callable[[str], str]

    def day(self, moment: date) -> str:
        """Write a date in full, with the months people here use."""
        return format_date(moment, "long", locale=self.language.value)

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
def catalogue(language: Language) -> Catalogue:
    """Return the catalogue of ``language``, compiled from its .po file once."""
    if language is Language.ENGLISH:
        return Catalogue(language, gettext.NullTranslations().gettext)
    source = resources.files("bot") / "locales" / f"{language.value}.po"
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source.read_bytes()), locale=language.value))
    compiled.seek(0)
    return Catalogue(language, gettext.GNUTranslations(compiled).gettext)


def spoken(code: str | None) -> Language:
    """Return the language for a code such as ``en-GB``; the default where it is not spoken."""
    base = (code or "").partition("-")[0].lower()
    return BY_CODE.get(base, DEFAULT)
