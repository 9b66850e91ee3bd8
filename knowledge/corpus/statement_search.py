"""Search statements, reports and claims by words or reference; list and count them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from embeddings.text.normalisation import for_matching
from embeddings.text.tokenisation import STOP_WORDS, stem, words
from knowledge.corpus.reports import SourcedStatement, to_sourced
from knowledge.domain import StatementStatus
from knowledge.index.serving_index import last_change
from knowledge.models import Claim, Report, Statement
from knowledge.storage.pagination import Page, bound_limit, decode_cursor, make_page

#: The most results of each kind.
FOUND: Final = 20
#: The most words of a search, and one of how many may be missing.
_WORDS: Final = 8
_MOST_OF: Final = 3
#: How many times more rows are read, so that matches inside words come last.
_AMONG: Final = 5


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
    """Search results."""

    statements: tuple[SourcedStatement, ...]
    reports: tuple[ReportLine, ...]
    claims: tuple[ClaimLine, ...]


@dataclass(frozen=True, slots=True)
class StoredCounts:
    """How much is stored, and the number of the last change."""

    drafts: int
    reviewed: int
    published: int
    retracted: int
    reports: int
    claims: int
    last_change: int


_WITH_SOURCE = select(Statement).options(joinedload(Statement.report).joinedload(Report.source))


def list_statements(
    session: Session,
    status: StatementStatus | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[SourcedStatement]:
    """Return statements of one status or of any, newest first. Raises BadCursor."""
    query = _WITH_SOURCE.order_by(Statement.id.desc()).limit(bound_limit(limit) + 1)
    if status is not None:
        query = query.where(Statement.status == status)
    if after is not None:
        query = query.where(Statement.id < decode_cursor(after, int)[0])
    return make_page(session.scalars(query).all(), limit, to_sourced, lambda row: (row.id,))


def search(session: Session, wanted: str, limit: int = FOUND) -> Found:
    """Return what contains the words of ``wanted``, or has it as its reference, newest first.

    Results have every word, or if there are none, most of three or more. Words count in other forms
    as well, and with letters that writers interchange, as the forms of alef; words that say nothing
    about the subject are ignored.
    """
    sought = _looked_for(wanted)
    if not sought:
        return Found((), (), ())
    texts = _having(
        session,
        _WITH_SOURCE,
        Statement,
        Statement.text,
        sought,
        limit,
        Statement.ref == wanted,
    )
    reports = _having(
        session,
        select(Report).options(joinedload(Report.source)),
        Report,
        Report.title,
        sought,
        limit,
        or_(Report.ref == wanted, Report.url == wanted),
    )
    claims = _having(session, select(Claim), Claim, Claim.text, sought, limit)
    return Found(
        statements=tuple(map(to_sourced, texts)),
        reports=tuple(
            ReportLine(r.id, r.title, r.source.name if r.source else None, r.published_at)
            for r in reports
        ),
        claims=tuple(ClaimLine(c.id, c.text, c.cluster_id) for c in claims),
    )


def list_claim_ids(session: Session, cluster_id: int) -> list[int]:
    """Return the ids of all claims of a cluster."""
    return list(session.scalars(select(Claim.id).where(Claim.cluster_id == cluster_id)))


def count_stored(session: Session) -> StoredCounts:
    """Count what is stored."""
    counted = select(Statement.status, func.count()).group_by(Statement.status)
    by_status = {row[0]: row[1] for row in session.execute(counted)}
    return StoredCounts(
        drafts=by_status.get(StatementStatus.DRAFT, 0),
        reviewed=by_status.get(StatementStatus.REVIEWED, 0),
        published=by_status.get(StatementStatus.PUBLISHED, 0),
        retracted=by_status.get(StatementStatus.RETRACTED, 0),
        reports=session.scalar(select(func.count()).select_from(Report)) or 0,
        claims=session.scalar(select(func.count()).select_from(Claim)) or 0,
        last_change=last_change(session),
    )


#: Characters that may be replaced: a wildcard matches any in their place.
_INTERCHANGED: Final = frozenset("اأإآٱىيیئهھةوؤكک.'")
#: Least letters of a search piece; shorter ones are in too many words.
_SHORTEST: Final = 3

_Row = TypeVar("_Row", Statement, Report, Claim)


def _looked_for(wanted: str) -> list[str]:
    """Return the search pieces of words, rarest first: most rows are then skipped early."""
    found = [each for each in words(wanted) if each not in STOP_WORDS]
    pieces = dict.fromkeys(map(_piece, found)) or dict.fromkeys(for_matching(wanted).split())
    return sorted(list(pieces)[:_WORDS], key=_fixed_letters, reverse=True)


def _piece(word: str) -> str:
    """Return what the forms of a word have in common."""
    # The English stem of "city" and "cities" is "citi".
    piece = stem(word).removesuffix("i")
    return piece if piece in word and len(piece) >= _SHORTEST else word


def _having(
    session: Session,
    query: Select[_Row],
    table: type[_Row],
    column: InstrumentedAttribute[str],
    pieces: Sequence[str],
    limit: int,
    *named: ColumnElement[bool],
) -> Sequence[_Row]:
    # SQLite's LIKE ignores case by itself; asked for it explicitly, it would fold every row twice.
    like = column.ilike if session.get_bind().dialect.name == "postgresql" else column.like
    has = [like(_pattern(piece), escape="\\") for piece in pieces]
    whole = query.where(or_(and_(*has), *named)).order_by(table.id.desc())
    found = session.scalars(whole.limit(_AMONG * limit)).all()
    if found or len(pieces) < _MOST_OF:
        return sorted(found, key=lambda row: not _begin(pieces, getattr(row, column.key)))[:limit]
    held = sum((case((each, 1), else_=0) for each in has), literal(0))
    most = query.where(held * _MOST_OF >= len(pieces) * (_MOST_OF - 1))
    return session.scalars(most.order_by(held.desc(), table.id.desc()).limit(limit)).all()


def _begin(pieces: Sequence[str], text: str) -> bool:
    """Return whether each piece begins a word of a text, or a word without its clitics."""
    found = [form for word in words(text) for form in (word, stem(word))]
    return all(any(form.startswith(piece) for form in found) for piece in pieces)


def _fixed_letters(word: str) -> int:
    return sum(letter not in _INTERCHANGED for letter in word)


def _pattern(word: str) -> str:
    letters = (
        "_" if letter in _INTERCHANGED else f"\\{letter}" if letter in "%_\\" else letter
        for letter in word
    )
    return f"%{''.join(letters)}%"
