"""The durable inbox of a channel: what came in, whose turn it is, how far each answer is.

An update is stored before the channel is told that it arrived, and taken by one worker at a time
under a lease that the worker renews while it lives. Every later step is refused to a worker that
lost its lease. Payloads and replies are opaque here.
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
from knowledge.update_queue.lease_statements import CHANGE, FINISH, GIVE_UP, OPEN, TAKE
from knowledge.update_queue.message_versions import MessageVersion, load_versions

#: Characters of a failure that are kept.
_LONGEST_ERROR: Final = 500


@dataclass(frozen=True, slots=True)
class NewUpdate:
    """An update that comes in.

    ``message_key`` names what it is a version of, ``content_key`` its words: keyed hashes, for
    ``message_versions``.
    """

    id: int
    lane: str
    payload: bytes
    course: Course = Course.ANSWER
    message_key: str | None = None
    content_key: str | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a delivery: the numbers that were new, and how many wait in all."""

    new: frozenset[int]
    waiting: int


@dataclass(frozen=True, slots=True)
class LeasedUpdate:
    """An update in a worker's hand. With a ``reply`` only what is left of it is to be sent.

    ``version`` says what it was beside the others of its message when it was taken.
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
    """An update that an admin may want to see: given up, or tried in vain so far."""

    id: int
    state: UpdateState
    tries: int
    error: str | None
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """How the inbox stands. ``repeats`` counts answers that may have been sent twice."""

    waiting: int
    oldest: datetime | None
    given_up: int
    repeats: int


def store(session: Session, arriving: Sequence[NewUpdate], at: datetime) -> Stored:
    """Keep what comes in; what was there before, by its number, is left as it is."""
    lanes = {each.lane for each in arriving}
    rows = session.execute(
        select(QueuedUpdate.lane, func.max(QueuedUpdate.turn))
        .where(QueuedUpdate.lane.in_(lanes), QueuedUpdate.state.in_(OPEN))
        .group_by(QueuedUpdate.lane)
    ).all()
    serving = session.scalar(
        select(func.min(QueuedUpdate.turn)).where(QueuedUpdate.state.in_(OPEN))
    )
    last: dict[str, int] = {row[0]: row[1] for row in rows}
    given = assign_turns((each.lane for each in arriving), last, serving or 0)
    new = insert_all(
        session,
        QueuedUpdate,
        [_row(each, turn, at) for each, turn in zip(arriving, given, strict=True)],
    )
    return Stored(frozenset(new), count_waiting(session))


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
    """Return how many updates are not answered yet."""
    return session.scalar(select(func.count()).where(QueuedUpdate.state.in_(OPEN))) or 0


def lease(
    session: Session,
    holder: str,
    at: datetime,
    until: datetime,
    limit: int,
    in_hand: Collection[int] = (),
) -> list[LeasedUpdate]:
    """Lease up to ``limit`` updates to ``holder``, in the order of their turns.

    What ``holder`` has in hand is never taken again, however late its lease is renewed.
    One of each lane at most: the earliest, and only while none of that lane is in another's hand.
    Of one whose holder died the try is counted, or, if it was being sent, that it may be repeated.
    """
    given = {
        "at": at,
        "until": until,
        "by": holder,
        "most": limit,
        "in_hand": list(in_hand),
    }
    rows = session.execute(TAKE, given, execution_options={"synchronize_session": False}).all()
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


def renew(session: Session, holder: str, in_hand: Collection[int], until: datetime) -> None:
    """Leave what ``holder`` has in hand to it for longer."""
    session.execute(
        update(QueuedUpdate)
        .where(
            QueuedUpdate.id.in_(in_hand),
            QueuedUpdate.state.in_(OPEN),
            QueuedUpdate.holder == holder,
            QueuedUpdate.leased_until.is_not(None),
        )
        .values(leased_until=until),
        execution_options={"synchronize_session": False},
    )


def place(session: Session, number: int, holder: str, placeholder: str) -> bool:
    """Note the message that stands where the answer will be."""
    return _change(session, number, holder, **_standing_at(placeholder))


def answer(
    session: Session,
    number: int,
    holder: str,
    reply: bytes,
    course: Course,
    error: str | None = None,
) -> bool:
    """Keep the reply that is sent next; False where the update is in another's hand by now."""
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
    """Note how many parts of a reply are sent, what the reply is by now, and where it stands."""
    at = _standing_at(placeholder)
    return _change(session, number, holder, reply=reply, progress=progress, **at)


def finish(
    session: Session, number: int, holder: str, at: datetime, placeholder: str | None = None
) -> bool:
    """Note that a reply is sent, and the message that stands there, if that is news.

    One that was an apology is kept for an admin to see.
    """
    done = {"reply": None, "leased_until": None, "done_at": at, **_standing_at(placeholder)}
    return _change(session, number, holder, FINISH, **done)


def drop(session: Session, number: int, holder: str, error: str, at: datetime) -> bool:
    """Note that nobody is there any more to be told."""
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
    """Give an update up; an admin sees it, and may have it tried again.

    One that nobody asked to be answered is nobody's to see: it is dropped.
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
    """Have an update taken again at a moment: after a failure, or because it is too early.

    ``repeat`` says that what failed may have been sent all the same, ``counts`` whether an error is
    one of the few after which it is given up.
    """
    changing, failed = CHANGE, {"error": _short(error)} if error else {}
    if error and counts:
        changing = changing.values(tries=QueuedUpdate.tries + 1)
    if repeat:
        changing = changing.values(repeats=QueuedUpdate.repeats + 1)
    return _change(session, number, holder, changing, due_at=due_at, leased_until=None, **failed)


def release(session: Session, holder: str) -> None:
    """Let go of everything ``holder`` has in hand: it stops."""
    session.execute(
        update(QueuedUpdate)
        .where(QueuedUpdate.state.in_(OPEN), QueuedUpdate.holder == holder)
        .values(leased_until=None, holder=None),
        execution_options={"synchronize_session": False},
    )


def count_states(session: Session) -> Tally:
    """Return how the inbox stands."""
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
    """Return what was given up or failed so far, newest first."""
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
    """Have updates that were given up answered after all, those with ``numbers`` or, if empty, all.

    Raises NotFound where none was given up, or what it said is not kept any more.
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
            # Who was told that it failed is to see that there is an answer: it comes by itself.
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
