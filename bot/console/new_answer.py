"""Parse the form in which a moderator answers a cluster with a new report (pure)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.console.errors import BadForm
from bot.console.forms import Form, read_span
from bot.conversation.translations import Language
from knowledge.approvals import NewAnswer
from knowledge.checking.outcomes import SUGGEST, Match
from knowledge.claim_queue.explanations import Note
from knowledge.corpus.ratings import relations_allowed
from knowledge.corpus.readers import fields
from knowledge.curation.quote_location import locate_words
from knowledge.domain import Rating, Relation, ReportDraft, Span, StatementDraft

#: The relations that an answer can state.
ANSWERS = relations_allowed(None)
#: The form value for a quote typed by the moderator.
OTHER_WORDS = "words"
#: Characters read of a note's field; more than a note may have, so that the error says how many.
_NOTE = 5_000


@dataclass(frozen=True, slots=True)
class StatementChoice:
    """A statement of the report to choose, and the judge's relation; None if it was not judged.

    ``sure`` is whether the bot would assert that relation by itself.
    """

    choice: str
    text: str
    speaker: str
    rating: Rating | None
    relation: Relation | None
    confidence: float
    sure: bool


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """The choices so far. ``relation`` is None until the moderator chose one.

    ``rating`` is the chosen statement's; None if it has none.
    """

    choice: str
    words: str
    speaker: str
    relation: Relation | None
    rating: Rating | None = None


def list_choices(
    report: ReportDraft, matches: Sequence[Match], judged: int
) -> list[StatementChoice]:
    """Return a report's statements by likeness to the claim; the first ``judged`` were judged."""
    return [
        StatementChoice(
            choice=_encode_choice(report, match.statement.id),
            text=match.statement.text,
            speaker=match.statement.speaker or "",
            rating=match.statement.rating,
            relation=_find_relation(match) if place < judged else None,
            confidence=match.judgement.confidence,
            sure=match.settles,
        )
        for place, match in enumerate(matches)
    ]


def read_answer_form(sent: Form, offered: Sequence[StatementChoice]) -> AnswerForm:
    """Return the form's choices; by default the nearest statement and the judge's relation.

    Speaker and relation follow the chosen statement until the moderator changes them; the relation
    only if the judge is sure. Raises BadForm.
    """
    choice = sent.text("choice") or (offered[0].choice if offered else OTHER_WORDS)
    named = next((each for each in offered if each.choice == choice), None)
    speaker = sent.line("speaker", fields.MAX_SPEAKER)
    relation = sent.choice("relation", Relation)
    if choice != sent.text("followed"):
        if speaker == sent.line("followed_speaker", fields.MAX_SPEAKER):
            speaker = named.speaker if named else ""
        if relation == sent.choice("followed_relation", Relation):
            relation = named.relation if named is not None and named.sure else None
    words = sent.text("words", fields.MAX_STATEMENT)
    return AnswerForm(choice, words, speaker, relation, named.rating if named else None)


def read_note(sent: Form) -> Note:
    """Return the note that the moderator wrote. Raises NoteTooLong, BadForm."""
    return Note(**{each.value: sent.line(f"note_{each.value}", _NOTE) for each in Language})


def read_note_fields(sent: Form) -> dict[str, str]:
    """Return the raw values of the note's fields by language, to show them again."""
    return {each.value: sent.kept(f"note_{each.value}") for each in Language}


def build_answer(cluster_id: int, report: ReportDraft, filled: AnswerForm, note: Note) -> NewAnswer:
    """Build the answer from the form. Raises BadForm for a missing field."""
    if filled.relation not in ANSWERS:
        raise BadForm("relation", "nothing was chosen")
    speaker = filled.speaker or None
    if not report.statements or filled.choice == OTHER_WORDS:
        statement = replace(_build_statement(report.body or "", filled), speaker=speaker)
        return NewAnswer(cluster_id, report, statement, filled.relation, note)
    carried = list(report.statements)
    place = next(
        (n for n in range(len(carried)) if _encode_choice(report, n) == filled.choice), None
    )
    if place is None:
        raise BadForm("choice", "none of the statements")
    carried[place] = statement = replace(carried[place], speaker=speaker)
    report = replace(report, statements=tuple(carried))
    return NewAnswer(cluster_id, report, statement, filled.relation, note)


def compute_digest(looked_at: NewAnswer | Note) -> str:
    """Return a value's hash, to check that what was previewed is what is done."""
    return hashlib.sha256(repr(looked_at).encode("utf-8", "replace")).hexdigest()


def _find_relation(match: Match) -> Relation:
    """Return the judge's relation if it is confident enough to show."""
    worth = (match.settles or match.suggested) and match.relevance >= SUGGEST
    return match.judgement.relation if worth else Relation.NOT_ENOUGH_INFO


def _encode_choice(report: ReportDraft, place: int) -> str:
    """Return a statement's form value: its span in the text, or its index in the report's list."""
    span = None if report.statements else (report.extracted or ())[place].span
    return str(place) if span is None else f"{span.start}-{span.end}"


def _build_statement(body: str, filled: AnswerForm) -> StatementDraft:
    if filled.choice == OTHER_WORDS:
        span = locate_words(body, filled.words)
        if span is None:
            raise BadForm(OTHER_WORDS, "not in the report")
    else:
        span = read_span(filled.choice) or Span(0, 0)
    text = body[span.start : span.end]
    if not text:
        raise BadForm("choice", "none of the statements")
    return StatementDraft(text, span)
