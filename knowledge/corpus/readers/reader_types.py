"""Types of the readers: formats, defaults, and problems with rows."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from knowledge.corpus.readers import fields
from knowledge.corpus.readers.fields import FieldError, Flaw


class Format(StrEnum):
    """How a file is to be read. ``AUTO`` looks at its extension, then at its content."""

    AUTO = "auto"
    TEXT = "text"
    HTML = "html"
    REPORT = "report"
    CLAIMREVIEW = "claimreview"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Defaults:
    """What to assume where a document does not state it. What it states always wins.

    A publisher is kept on one line, as a document's is.

    Raises:
        FieldError: (a ``ValueError``) a value is none that a document may state either.
    """

    publisher: str | None = None
    url: str | None = None
    published_at: date | None = None
    language: str | None = None

    def __post_init__(self) -> None:
        publisher = fields.line_of(self.publisher, "publisher", fields.MAX_PUBLISHER)
        # Frozen for everybody else.
        object.__setattr__(self, "publisher", publisher)
        object.__setattr__(self, "url", fields.url_of(self.url, "url"))
        fields.language_of(self.language, "language")


@dataclass(frozen=True, slots=True)
class Problem:
    """One row that is no report, while the others may be.

    ``line`` counts from 1 (where the row begins); None where a file has no lines of its own.
    """

    line: int | None
    reason: str
    flaw: Flaw = field(default=Flaw.BROKEN, compare=False)


class Refs:
    """Refuse a second ref of the same name: it names one report, or one statement of a report."""

    def __init__(self) -> None:
        self._places: dict[str, str] = {}

    def take(self, ref: str | None, place: str) -> None:
        """Keep ``ref`` for what is at ``place``. Raises FieldError if something earlier has it."""
        if ref is None:
            return
        first = self._places.setdefault(ref, place)
        if first != place:
            raise FieldError(
                f"ref: {fields.shown(ref)} is that of {first} already; give each its own",
                Flaw.REF_TAKEN,
            )
