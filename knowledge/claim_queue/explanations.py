"""Notes that moderators add to an answer: short, in several languages (pure)."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from typing import Any, Final

from knowledge.corpus.extraction.segmentation import sentences
from knowledge.domain import require_single_line
from knowledge.errors import NoteTooLong

#: Sentences and characters of a note in one language.
MOST_SENTENCES: Final = 3
LONGEST: Final = 400


@dataclass(frozen=True, slots=True)
class Note:
    """A moderators' note by language, one line each; empty for languages without one."""

    ar: str = ""
    en: str = ""
    fr: str = ""

    def __post_init__(self) -> None:
        """Raise NoteTooLong, or BadEdit for what could forge the lines it is shown between."""
        for language, text in self.plain().items():
            require_single_line(note=text)
            if len(text) > LONGEST or len(sentences(text)) > MOST_SENTENCES:
                raise NoteTooLong(
                    f"the note ({language}) is longer than {MOST_SENTENCES} sentences or"
                    f" {LONGEST} characters; shorten it"
                )

    def __bool__(self) -> bool:
        """Whether there is a note in any language."""
        return any(astuple(self))

    def in_language(self, code: str) -> str:
        """Return the note in a language, empty if there is none."""
        return self.plain().get(code, "")

    def plain(self) -> dict[str, str]:
        """Return the note as JSON values, without empty languages."""
        return {each.name: text for each in fields(self) if (text := getattr(self, each.name))}

    def languages_changed(self, other: "Note") -> tuple[str, ...]:
        """Return the languages in which another note differs."""
        names = (each.name for each in fields(self))
        return tuple(name for name in names if getattr(self, name) != getattr(other, name))


NO_NOTE: Final = Note()


def note_from(plain: Mapping[str, Any] | None) -> Note:
    """Return the note that ``plain`` wrote."""
    return Note(**plain) if plain else Note()
