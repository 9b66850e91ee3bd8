"""The durable update queue of a channel: what came in, whose turn it is, how far answers are.

An update is stored before the channel is told that it arrived, and leased by one worker at a time,
who renews the lease while it lives. Every later step is refused to a worker that lost its lease.
Payloads and replies are opaque here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, case, func, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from knowledge.domain import Course, UpdateState
from knowledge.errors import NotFound
from knowledge.models import QueuedUpdate
from knowledge.storage.bulk_insert import insert_all
from knowledge.storage.pagination import bound_limit
from knowledge.update_queue.fair_scheduling import assign_turns
from knowledge.update_queue.lease_statements import (
    CHANGE,
    FINISH,
    GIVE_UP,
    LAST_TURNS,
    OPEN,
    TAKE,
    WAITING,
)
from knowledge.update_queue.message_versions import MessageVersion, load_versions

#: Characters of an error that are stored.
_LONGEST_ERROR: Final = 500


@dataclass(frozen=True, slots=True)
class NewUpdate:
    """An incoming update.

    ``message_key`` identifies the message that it is a version of, ``content_key`` its words: keyed
    hashes, for ``message_versions``.
    """

    id: int
    lane: str
    payload: bytes
    course: Course = Course.ANSWER
    message_key: str | None = None
    content_key: str | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """The result of a delivery: the new numbers, and how many updates wait in all."""

    new: frozenset[int]
    waiting: int


@dataclass(frozen=True, slots=True)
class LeasedUpdate:
    """An update that a worker holds. If it has a ``reply``, only the rest of that is to be sent.

    ``version`` says how it related to others of its message when it was leased.
    """

    id: int
    lane: str
    course: Course
    payload: bytes
    reply: bytes | None
    placeholder: str | None
    progress: int
    tries: int
    repeats: int
    arrived_at: datetime
    version: MessageVersion = field(default_factory=MessageVersion)


@dataclass(frozen=True, slots=True)
class FailedUpdate:
    """An update for an admin to see: given up, or failed so far."""

    id: int
    state: UpdateState
    tries: int
    error: str | None
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of the queue. ``repeats`` counts answers that may have been sent twice."""

    waiting: int
    oldest: datetime | None
    given_up: int
    repeats: int


def store(session: Session, arriving: Sequence[NewUpdate], at: datetime) -> Stored:
    """Store incoming updates; those stored before, by number, are left unchanged."""
    lanes = {each.lane for each in arriving}
    rows = session.execute(LAST_TURNS, {"lanes": list(lanes)}).all()
    serving, waiting = session.execute(WAITING).one()
    last: dict[str, int] = {row[0]: row[1] for row in rows}
    given = assign_turns((each.lane for each in arriving), last, serving or 0)
    new = insert_all(
        session,
        QueuedUpdate,
        [_row(each, turn, at) for each, turn in zip(arriving, given, strict=True)],
    )
    return Stored(frozenset(new), waiting + len(new))


def _row(arriving: NewUpdate, turn: int, at: datetime) -> dict[str, Any]:
    return {
        "id": arriving.id,
        "lane": arriving.lane,
        "turn": turn,
        "state": UpdateState.WAITING,
        "course": arriving.course,
        "payload": arriving.payload,
        "message_key": arriving.message_key,
        "content_key": arriving.content_key,
        "progress": 0,
        "tries": 0,
        "repeats": 0,
        "due_at": at,
        "arrived_at": at,
        "done_at": None,
    }


def count_waiting(session: Session) -> int:
    """Return how many updates are unanswered."""
    waiting: int = session.execute(WAITING).one()[1]
    return waiting


def lease(
    session: Session,
    holder: str,
    at: datetime,
    until: datetime,
    limit: int,
    in_hand: Collection[int] = (),
) -> list[LeasedUpdate]:
    """Lease up to ``limit`` updates to ``holder``, in the order of their turns.

    What ``holder`` has already is never leased again, however late its lease is renewed. At most
    one update of each lane: the earliest, and only if no update of that lane is leased. If an
    earlier holder died, the try is counted, or, if it was sending, that the reply may be repeated.
    """
    given = {
        "at": at,
        "until": until,
        "by": holder,
        "most": limit,
        "in_hand": list(in_hand),
    }
    rows = session.execute(TAKE, given).all()
    in_turn = sorted(rows, key=lambda row: (row.turn, row.id))
    versions = load_versions(
        session, {row.id: row.message_key for row in rows if row.message_key is not None}
    )
    return [
        LeasedUpdate(
            id=row.id,
            lane=row.lane,
            course=row.course,
            payload=row.payload or b"",
            reply=row.reply,
            placeholder=row.placeholder,
            progress=row.progress,
            tries=row.tries,
            repeats=row.repeats,
            arrived_at=row.arrived_at,
            version=versions.get(row.id, MessageVersion()),
        )
        for row in in_turn
    ]


def renew(
    session: Session, holder: str, in_hand: Collection[int], until: datetime
) -> Sequence[int]:
    """Extend the leases of ``holder``; returns the numbers of those that it has not lost."""
    return session.scalars(
        update(QueuedUpdate)
        .where(
            QueuedUpdate.id.in_(in_hand),
            QueuedUpdate.state.in_(OPEN),
            QueuedUpdate.holder == holder,
            QueuedUpdate.leased_until.is_not(None),
        )
        .values(leased_until=until)
        .returning(QueuedUpdate.id),
        execution_options={"synchronize_session": False},
    ).all()


def place(session: Session, number: int, holder: str, placeholder: str) -> bool:
    """Record the message where the answer will be."""
    return _change(session, number, holder, **_standing_at(placeholder))


def answer(
    session: Session,
    number: int,
    holder: str,
    reply: bytes,
    course: Course,
    error: str | None = None,
) -> bool:
    """Store the reply to send; False if the lease was lost."""
    return _change(
        session,
        number,
        holder,
        reply=reply,
        course=course,
        error=_short(error),
        state=UpdateState.ANSWERED,
        progress=0,
        tries=0,
    )


def advance(
    session: Session,
    number: int,
    holder: str,
    reply: bytes,
    progress: int,
    placeholder: str | None = None,
) -> bool:
    """Record how many parts of a reply are sent, the current reply, and where it is."""
    at = _standing_at(placeholder)
    return _change(session, number, holder, reply=reply, progress=progress, **at)


def finish(
    session: Session, number: int, holder: str, at: datetime, placeholder: str | None = None
) -> bool:
    """Record that a reply is sent, and its message if that is new.

    An apology is kept for an admin to see.
    """
    done = {"reply": None, "leased_until": None, "done_at": at, **_standing_at(placeholder)}
    return _change(session, number, holder, FINISH, **done)


def drop(session: Session, number: int, holder: str, error: str, at: datetime) -> bool:
    """Record that there is nobody to answer any more."""
    return _change(
        session,
        number,
        holder,
        state=UpdateState.DROPPED,
        error=_short(error),
        payload=None,
        reply=None,
        leased_until=None,
        done_at=at,
    )


def give_up(session: Session, number: int, holder: str, error: str, at: datetime) -> bool:
    """Give an update up; an admin sees it, and may retry it.

    One that nobody asked to be answered is dropped.
    """
    return _change(
        session,
        number,
        holder,
        GIVE_UP,
        error=_short(error),
        reply=None,
        leased_until=None,
        done_at=at,
    )


def put_back(
    session: Session,
    number: int,
    holder: str,
    due_at: datetime,
    error: str | None = None,
    repeat: bool = False,
    *,
    counts: bool = True,
) -> bool:
    """Release an update until a moment: after a failure, or because it is too early.

    ``repeat`` says that the failed part may have been sent, ``counts`` whether the error counts
    towards giving up.
    """
    changing, failed = CHANGE, {"error": _short(error)} if error else {}
    if error and counts:
        changing = changing.values(tries=QueuedUpdate.tries + 1)
    if repeat:
        changing = changing.values(repeats=QueuedUpdate.repeats + 1)
    return _change(session, number, holder, changing, due_at=due_at, leased_until=None, **failed)


def release(session: Session, holder: str) -> None:
    """Release everything that ``holder`` has: it is stopping."""
    session.execute(
        update(QueuedUpdate)
        .where(QueuedUpdate.state.in_(OPEN), QueuedUpdate.holder == holder)
        .values(leased_until=None, holder=None),
        execution_options={"synchronize_session": False},
    )


def count_states(session: Session) -> Tally:
    """Return the counts of the queue."""
    oldest = session.scalar(
        select(func.min(QueuedUpdate.arrived_at)).where(QueuedUpdate.state.in_(OPEN))
    )
    given_up = select(func.count()).where(QueuedUpdate.state == UpdateState.GIVEN_UP)
    return Tally(
        count_waiting(session),
        oldest,
        session.scalar(given_up) or 0,
        session.scalar(select(func.sum(QueuedUpdate.repeats))) or 0,
    )


def list_failed(session: Session, limit: int = 50) -> list[FailedUpdate]:
    """Return updates that were given up or failed so far, newest first."""
    rows = session.execute(
        select(
            QueuedUpdate.id,
            QueuedUpdate.state,
            QueuedUpdate.tries,
            QueuedUpdate.error,
            QueuedUpdate.arrived_at,
        )
        .where(
            or_(
                QueuedUpdate.state == UpdateState.GIVEN_UP,
                and_(QueuedUpdate.state.in_(OPEN), QueuedUpdate.error.is_not(None)),
            )
        )
        .order_by(QueuedUpdate.id.desc())
        .limit(bound_limit(limit))
    ).all()
    return [FailedUpdate(*row) for row in rows]


def retry(session: Session, numbers: Collection[int], at: datetime) -> int:
    """Retry given-up updates: those with ``numbers`` or, if empty, all.

    Raises NotFound if none was given up, or its content is not stored any more.
    """
    wanted = (QueuedUpdate.state == UpdateState.GIVEN_UP) & QueuedUpdate.payload.is_not(None)
    if numbers:
        wanted &= QueuedUpdate.id.in_(numbers)
    again = session.scalars(
        update(QueuedUpdate)
        .where(wanted)
        .values(
            state=UpdateState.WAITING,
            course=Course.ANSWER,
            # People who were told of the failure must see that there is an answer: it comes as a
            # new message.
            placeholder=case(
                (QueuedUpdate.course == Course.APOLOGISE, None), else_=QueuedUpdate.placeholder
            ),
            reply=None,
            progress=0,
            tries=0,
            error=None,
            holder=None,
            leased_until=None,
            due_at=at,
            done_at=None,
        )
        .returning(QueuedUpdate.id),
        execution_options={"synchronize_session": False},
    ).all()
    if not again:
        raise NotFound("no such update was given up; `tathabbat updates list` shows which were")
    return len(again)


def _change(
    session: Session,
    number: int,
    holder: str,
    changing: "ReturningUpdate[*tuple[Any, ...]]" = CHANGE,
    /,
    **values: Any,
) -> bool:
    changed = session.execute(changing, {"number": number, "by": holder, **values})
    return changed.first() is not None


def _standing_at(placeholder: str | None) -> dict[str, Any]:
    return {} if placeholder is None else {"placeholder": placeholder}


def _short(error: str | None) -> str | None:
    return error[:_LONGEST_ERROR] if error else None
