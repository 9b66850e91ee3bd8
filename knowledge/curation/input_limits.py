"""Apply the limits of imported files to what moderators type (pure)."""

from collections.abc import Callable

from knowledge.corpus.readers import fields
from knowledge.corpus.readers.fields import FieldError
from knowledge.errors import BadEdit, EditProblem


def require_line(value: str | None, field: str, limit: int) -> str | None:
    """Return a text on one line, None if blank. Raises BadEdit."""
    return _checked(lambda: fields.line_of(value, field, limit))


def require_body(value: str | None, limit: int) -> None:
    """Raise BadEdit for a report's text that cannot be stored."""
    _checked(lambda: fields.text_of(value, "body", limit))


def require_speaker(value: str | None) -> str | None:
    """Return the speaker. Raises BadEdit."""
    return require_line(value, "speaker", fields.MAX_SPEAKER)


def require_rating_text(value: str | None) -> str | None:
    """Return a fact-checker's wording of a rating. Raises BadEdit."""
    return require_line(value, "rating", fields.MAX_RATING)


def require_address(value: str | None) -> str | None:
    """Return an http or https address that people may follow. Raises BadEdit."""
    return _checked(lambda: fields.url_of(value, "url"))


def require_language(value: str) -> str:
    """Return a language's code. Raises BadEdit."""
    found = _checked(lambda: fields.language_of(value, "language"))
    if found is None:
        raise BadEdit(
            EditProblem.NO_LANGUAGE, "a report needs a language; give its code, such as 'ar'"
        )
    return found


def _checked(read: Callable[[], str | None]) -> str | None:
    try:
        return read()
    except FieldError as error:
        field = str(error).partition(":")[0]
        message = f"this cannot be kept: {error}"
        raise BadEdit(EditProblem.BAD_FIELD, message, field=field) from error
