"""Read plain text: the first line is the title, the rest the body."""

from knowledge.corpus.readers import fields
from knowledge.corpus.readers.fields import FieldError
from knowledge.corpus.readers.file_decoding import Document, read_whole_text
from knowledge.corpus.readers.reader_types import Defaults
from knowledge.domain import ReportDraft
from knowledge.errors import UnreadableFile
from knowledge.text.language import guess_language


def read_text(document: Document, defaults: Defaults) -> ReportDraft:
    """Return the report in a text file. Nobody is named as its publisher unless ``defaults`` do.

    Raises:
        UnreadableFile: it is not UTF-8, or has no title and body within bounds.
    """
    first, _, rest = read_whole_text(document).strip().partition("\n")
    try:
        title = fields.line_of(first, "title (the first line)", fields.MAX_TITLE)
        body = fields.text_of(rest, "body", fields.MAX_BODY)
    except FieldError as error:
        raise UnreadableFile(f"{document} is not a report: {error}.") from error
    if title is None or body is None:
        raise UnreadableFile(
            f"{document} has no text under its first line; put the title there and the body below."
        )
    return ReportDraft(
        title=title,
        publisher=defaults.publisher,
        url=defaults.url,
        published_at=defaults.published_at,
        language=defaults.language or guess_language(body),
        body=body,
    )
