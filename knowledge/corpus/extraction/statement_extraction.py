"""Extract statements from a report's body: verbatim, with span and speaker."""

from knowledge.corpus.extraction.attribution import Attribution, mention
from knowledge.corpus.extraction.boilerplate import is_statement, is_terminated
from knowledge.corpus.extraction.coreference import Speakers
from knowledge.corpus.extraction.segmentation import clauses, sentences
from knowledge.corpus.extraction.word_spans import Word, words
from knowledge.domain import Span, StatementDraft
from knowledge.text.plain_text import is_plain_text, single_line

# A longer "sentence" is cut at its clauses: nobody reads it, and no encoder sees its end.
MAX_STATEMENT = 600

# Languages whose ways to say "said" are known here; for others the speaker stays unknown.
_ATTRIBUTED = frozenset({"ar", "en", "fr"})


def extract(draft_body: str, title: str = "", language: str = "ar") -> tuple[StatementDraft, ...]:
    """Read a report's body into statements, in order.

    ``draft_body[span.start:span.end] == text`` for each of them. ``speaker`` is set where the
    sentence, or a pronoun or surname an earlier sentence explains, tells who says it; nothing is
    inferred beyond that. Headings, questions, bylines, calls to the reader and repetitions are
    left out. Speakers are sought in Arabic, English and French reports only.
    """
    spans = sentences(draft_body)
    heading = _repetition_key(words(title[:MAX_STATEMENT]))
    attributing = language.lower().partition("-")[0] in _ATTRIBUTED
    speakers = Speakers()
    seen: set[str] = set()
    found: list[StatementDraft] = []
    for number, span in enumerate(spans):
        for part in _parts(draft_body, span):
            text = draft_body[part.start : part.end]
            if not is_plain_text(text):
                continue  # Of a body that was kept before bodies were cleaned.
            read = words(text)
            who = _who(text, speakers, number) if attributing else None
            key = _repetition_key(read)
            alone = len(spans) == 1
            if key in seen or not is_statement(text, read, attributed=who is not None, alone=alone):
                continue
            if key == heading and not alone and not is_terminated(read):
                continue
            seen.add(key)
            found.append(StatementDraft(text, part, _speaker(who)))
    return tuple(found)


def _parts(body: str, span: Span) -> tuple[Span, ...]:
    if span.end - span.start <= MAX_STATEMENT:
        return (span,)
    inner = clauses(body[span.start : span.end], MAX_STATEMENT)
    return tuple(Span(span.start + part.start, span.start + part.end) for part in inner)


def _who(text: str, speakers: Speakers, number: int) -> Attribution | None:
    found = mention(text)
    return None if found is None else speakers.resolve(found, number)


def _speaker(who: Attribution | None) -> str | None:
    """Return who says it, on one line: a name may run over the end of one."""
    return single_line(who.speaker) or None if who is not None and who.speaker else None


def _repetition_key(read: tuple[Word, ...]) -> str:
    return " ".join(word.key for word in read if word.is_word)
