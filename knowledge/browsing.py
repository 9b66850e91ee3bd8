"""What is kept, as moderators look through it: lists of statements, search, figures."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from embeddings.encoder import Encoder
from embeddings.normalise import for_matching
from knowledge.database import Sessions
from knowledge.indexing import ServingIndex, last_change
from knowledge.models import Claim, Report, Statement, StatementStatus
from knowledge.paging import Page, bounded, paged, placed
from knowledge.reports import SourcedStatement, published, sourced

#: Results of a search of each kind.
FOUND: Final = 20
#: Words of a search that are looked for.
_WORDS: Final = 8


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A report in a list."""

    id: int
    title: str
    publisher: str | None
    published_at: date | None


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """A claim in a list, and the cluster it is in."""

    id: int
    text: str
    cluster_id: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """What holds the words of a search."""

    statements: tuple[SourcedStatement, ...]
    reports: tuple[ReportLine, ...]
    claims: tuple[ClaimLine, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """How much is kept, and the number of the last change."""

    drafts: int
    reviewed: int
    published: int
    retracted: int
    reports: int
    claims: int
    last_change: int


_WITH_SOURCE = select(Statement).options(joinedload(Statement.report).joinedload(Report.source))


def statements(
    session: Session,
    status: StatementStatus | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[SourcedStatement]:
    """Return statements of one status or of any, newest first. Raises BadCursor."""
    query = _WITH_SOURCE.order_by(Statement.id.desc()).limit(bounded(limit) + 1)
    if status is not None:
        query = query.where(Statement.status == status)
    if after is not None:
        query = query.where(Statement.id < placed(after, int)[0])
    return paged(session.scalars(query).all(), limit, sourced, lambda row: (row.id,))


def search(session: Session, wanted: str, limit: int = FOUND) -> Found:
    """Return what holds every word of ``wanted``, or has it as its reference, newest first.

    Letters that writers interchange, as the forms of alef, count as the same.
    """
    # The rarest first: most rows are passed over after one comparison.
    words = sorted(for_matching(wanted).split()[:_WORDS], key=_fixed_letters, reverse=True)
    if not words:
        return Found((), (), ())
    texts = session.scalars(
        _WITH_SOURCE.where(or_(Statement.ref == wanted, _holds(session, Statement.text, words)))
        .order_by(Statement.id.desc())
        .limit(limit)
    )
    reports = session.scalars(
        select(Report)
        .options(joinedload(Report.source))
        .where(
            or_(Report.ref == wanted, Report.url == wanted, _holds(session, Report.title, words))
        )
        .order_by(Report.id.desc())
        .limit(limit)
    )
    claims = session.scalars(
        select(Claim)
        .where(_holds(session, Claim.text, words))
        .order_by(Claim.id.desc())
        .limit(limit)
    )
    return Found(
        statements=tuple(map(sourced, texts)),
        reports=tuple(
            ReportLine(r.id, r.title, r.source.name if r.source else None, r.published_at)
            for r in reports
        ),
        claims=tuple(ClaimLine(c.id, c.text, c.cluster_id) for c in claims),
    )


def claims_of(session: Session, cluster_id: int) -> list[int]:
    """Return the ids of all of a cluster's claims."""
    return list(session.scalars(select(Claim.id).where(Claim.cluster_id == cluster_id)))


def held(session: Session) -> Held:
    """Return how much is kept."""
    counted = select(Statement.status, func.count()).group_by(Statement.status)
    by_status = {row[0]: row[1] for row in session.execute(counted)}
    return Held(
        drafts=by_status.get(StatementStatus.DRAFT, 0),
        reviewed=by_status.get(StatementStatus.REVIEWED, 0),
        published=by_status.get(StatementStatus.PUBLISHED, 0),
        retracted=by_status.get(StatementStatus.RETRACTED, 0),
        reports=session.scalar(select(func.count()).select_from(Report)) or 0,
        claims=session.scalar(select(func.count()).select_from(Claim)) or 0,
        last_change=last_change(session),
    )


#: Letters of which another may stand in their place: one letter of a pattern matches any.
_INTERCHANGED: Final = frozenset("اأإآٱىيیئهھةوؤكک")


def _holds(
    session: Session, column: InstrumentedAttribute[str], words: list[str]
) -> ColumnElement[bool]:
    # SQLite's LIKE knows no case by itself; asked for it by name, it would fold every row twice.
    like = column.ilike if session.get_bind().dialect.name == "postgresql" else column.like
    return and_(*(like(_pattern(word), escape="\\") for word in words))


def _fixed_letters(word: str) -> int:
    return sum(letter not in _INTERCHANGED for letter in word)


def _pattern(word: str) -> str:
    letters = (
        "_" if letter in _INTERCHANGED else f"\\{letter}" if letter in "%_\\" else letter
        for letter in word
    )
    return f"%{''.join(letters)}%"


def alike(
    sessions: Sessions, index: ServingIndex, encoder: Encoder, text: str, limit: int
) -> list[SourcedStatement]:
    """Return published statements that are about what ``text`` says, the closest first."""
    live = index.current()
    if not len(live):
        return []
    hits = live.search(encoder.encode_claims([text])[0], text, limit)
    with sessions() as session:
        standing = published(session, [hit.id for hit in hits])
    return [standing[hit.id] for hit in hits if hit.id in standing]
