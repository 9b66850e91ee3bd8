"""Find statements that say the same, and merge them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from embeddings.cross_encoder.onnx_cross_encoder import Pair
from embeddings.encoders.encoder import Encoder
from embeddings.index.statement_index import StatementIndex
from knowledge.agreement.text_differences import same_text
from knowledge.claim_queue.claim_equivalence import Comparing, Meaning
from knowledge.corpus.reports import SourcedStatement, load_by_ids
from knowledge.curation.edit_conflicts import make_stale_error
from knowledge.curation.revisions import revise
from knowledge.domain import StatementStatus, SubjectKind
from knowledge.errors import BadEdit, EditProblem, NotFound
from knowledge.models import Statement
from knowledge.notifications.corrections import pass_on
from knowledge.storage.row_locks import lock_statements

#: The most duplicates offered, and the characters compared.
_OFFERED: Final = 50
_COMPARED: Final = 8_000


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A published statement that says the same as another; ``same`` if the words do too.

    ``cosine`` is the encoder's: it sorts, and means nothing by itself.
    """

    statement: SourcedStatement
    cosine: float
    same: bool


def find_near_duplicates(
    session: Session,
    index: StatementIndex,
    encoder: Encoder,
    meanings: Comparing,
    statement_id: int,
    limit: int = 10,
) -> list[Duplicate]:
    """Return published statements that mean the same as one, equal words first.

    Statements that are near but mean something else are left out. Raises NotFound if there is no
    such statement.
    """
    row = session.get(Statement, statement_id)
    if row is None:
        raise NotFound(f"there is no statement number {statement_id}; see `statements list`")
    if not len(index):
        return []
    wanted = min(limit, _OFFERED)
    text = row.text[:_COMPARED]
    (vector,) = encoder.encode_statements([text])
    near = index.candidates(vector, text, max(2 * wanted, _OFFERED))
    cosines = dict(zip(near.ids.tolist(), near.cosine.tolist(), strict=True))
    found = [
        Duplicate(each, cosines[each.id], same_text(text, each.text))
        for each in load_by_ids(session, list(cosines))
        if each.id != statement_id and each.status is StatementStatus.PUBLISHED
    ]
    found.sort(key=lambda each: (not each.same, -each.cosine))
    return _saying_the_same(meanings, text, found[: 2 * wanted])[:wanted]


def _saying_the_same(meanings: Comparing, text: str, near: Sequence[Duplicate]) -> list[Duplicate]:
    others = [each for each in near if not each.same]
    read = meanings.compare([Pair(text, each.statement.text[:_COMPARED]) for each in others])
    alike = [each for each, how in zip(others, read, strict=True) if how is Meaning.SAME]
    return [*(each for each in near if each.same), *alike]


def merge(
    session: Session, keep: int, others: Sequence[int], actor: str, reason: str | None
) -> int:
    """Merge statements that say the same into one; returns how many were merged.

    The others are retracted, verdicts on them apply to the kept one, and people who were shown them
    hear of its corrections. Raises BadEdit if the kept one cannot stand for them, Stale if one was
    retracted meanwhile, NotFound.
    """
    others = [number for number in dict.fromkeys(others) if number != keep]
    rows = lock_statements(session, [keep, *others])
    kept = rows[keep]
    for number in (keep, *others):
        if rows[number].status is StatementStatus.RETRACTED:
            raise make_stale_error(session, SubjectKind.STATEMENT, number)
    published = StatementStatus.PUBLISHED
    if kept.status is not published and any(rows[n].status is published for n in others):
        raise BadEdit(
            EditProblem.KEPT_UNPUBLISHED,
            f"{kept.ref} is not published but one of the others is; publish it first",
            ref=kept.ref,
        )
    for number in others:
        values = {"status": StatementStatus.RETRACTED.value, "merged_into": keep}
        revise(session, rows[number], values, actor, "merged", reason)
        pass_on(session, number, keep)
    return len(others)
