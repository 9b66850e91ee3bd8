"""Find statements by the references that people type, and act on them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge.accounts import roles
from knowledge.corpus import reports
from knowledge.corpus.reports import SourcedStatement
from knowledge.curation.edit_conflicts import LastAct, load_last_act
from knowledge.domain import StatementStatus, SubjectKind
from knowledge.errors import NotFound
from knowledge.models import Statement
from knowledge.storage import audit_log
from knowledge.storage.audit_log import Entry

_P = ParamSpec("_P")
#: Reviews, publishes, retracts or discards statements by id; returns how many it moved.
Move: TypeAlias = Callable[Concatenate[Session, Sequence[int], _P], int]


@dataclass(frozen=True, slots=True)
class StatusSummary:
    """The status of the first of some statements, its last act, and how many others there are."""

    ref: str
    status: StatementStatus
    done: LastAct | None
    others: int


@dataclass(frozen=True, slots=True)
class MoveResult:
    """How many statements an act moved; ``standing`` is their status if it moved none."""

    count: int
    standing: StatusSummary | None


@dataclass(frozen=True, slots=True)
class PastAct:
    """An act on the statement ``ref``, with the names that colleagues know each other by."""

    ref: str
    entry: Entry
    by: str
    approved_by: str | None


def find(session: Session, ref: str) -> list[int]:
    """Return the ids of the statements that ``ref`` names: one statement, or those of a report.

    Raises NotFound if there is none.
    """
    ids = list(session.scalars(select(Statement.id).where(Statement.ref == ref)))
    ids = ids or _of_report(session, ref)
    if not ids:
        raise NotFound(f"no statement or report has the reference {ref!r}; see `statements list`")
    return ids


def find_all(session: Session, refs: Sequence[str], report_refs: Sequence[str] = ()) -> list[int]:
    """Return the ids of the statements that the references name, without repetition.

    ``report_refs`` name reports only. Raises NotFound.
    """
    found = [number for ref in refs for number in find(session, ref)]
    for ref in report_refs:
        ids = _of_report(session, ref)
        if not ids:
            raise NotFound(
                f"no report with statements has the reference {ref!r}; see `statements list`"
            )
        found += ids
    return list(dict.fromkeys(found))


def load_named(session: Session, ref: str) -> list[SourcedStatement]:
    """Return the statements that ``ref`` names, whatever their status. Raises NotFound."""
    return reports.load_by_ids(session, find(session, ref))


def list_acts(session: Session, ref: str) -> list[PastAct]:
    """Return the acts on each statement that ``ref`` names, and the answers given with it.

    Statement by statement, the latest first. Raises NotFound.
    """
    return [
        PastAct(
            statement.ref,
            entry,
            roles.name_of(session, entry.actor),
            entry.approved_by and roles.name_of(session, entry.approved_by),
        )
        for statement in load_named(session, ref)
        for entry in audit_log.list_of_statement(session, statement.id)
    ]


def move(
    session: Session, act: Move[_P], ids: Sequence[int], /, *args: _P.args, **kwargs: _P.kwargs
) -> MoveResult:
    """Do an act to statements; if it moves none, return their status instead."""
    count = act(session, ids, *args, **kwargs)
    return MoveResult(count, None if count else _summarise_status(session, ids))


def move_named(
    session: Session, act: Move[_P], ref: str, /, *args: _P.args, **kwargs: _P.kwargs
) -> MoveResult:
    """Do an act to the statements that ``ref`` names, as ``move``. Raises NotFound."""
    return move(session, act, find(session, ref), *args, **kwargs)


def _of_report(session: Session, ref: str) -> list[int]:
    return list(session.scalars(select(Statement.id).where(Statement.report.has(ref=ref))))


def _summarise_status(session: Session, ids: Sequence[int]) -> StatusSummary:
    (first, *others) = reports.load_by_ids(session, ids)
    done = load_last_act(session, SubjectKind.STATEMENT, first.id)
    return StatusSummary(first.ref, first.status, done, len(others))
