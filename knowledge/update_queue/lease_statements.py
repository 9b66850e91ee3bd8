"""The SQL statements that lease and change updates, built once.

They run at every step of every update: building one took three times as long as running it.
"""

from typing import Any, Final, cast

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Table,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from knowledge.domain import Course, UpdateState
from knowledge.models import Instant, QueuedUpdate
from knowledge.storage.leases import Lease

#: States of unfinished updates.
OPEN: Final = (UpdateState.WAITING, UpdateState.ANSWERED)

#: An update is leased several at a time (``TAKE``), apart from when it is due. If its holder died,
#: the try, and what may be repeated, are counted as if the lease had ended by itself.
LEASE: Final = Lease(
    QueuedUpdate.leased_until, QueuedUpdate.holder, QueuedUpdate.state.in_(OPEN), ended={}
)


_UPDATES: Final = cast(Table, QueuedUpdate.__table__)


def _is_open(updates: FromClause) -> ColumnElement[bool]:
    """Whether an update is unfinished: two comparisons, for a list would be rendered every time."""
    return or_(*(updates.c.state == state for state in OPEN))


def _take() -> "ReturningUpdate[*tuple[Any, ...]]":
    """Return the statement; it binds ``at``, ``until``, ``by``, ``most`` and ``in_hand``."""
    at = bindparam("at", type_=Instant())
    this, other = _UPDATES.c, _UPDATES.alias()
    due = (
        select(this.id)
        .where(
            _is_open(_UPDATES),
            this.due_at <= at,
            this.id.not_in(bindparam("in_hand", expanding=True)),
            or_(this.leased_until.is_(None), this.leased_until <= at),
            ~select(other.c.id)
            .where(
                other.c.lane == this.lane,
                _is_open(other),
                other.c.id != this.id,
                or_(
                    other.c.id < this.id,
                    # An earlier update that was stored after a later one of its lane was taken: the
                    # later one goes first.
                    and_(other.c.leased_until.is_not(None), other.c.leased_until > at),
                ),
            )
            .exists(),
        )
        .order_by(this.turn, this.id)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True, of=_UPDATES)
    )
    died = this.leased_until.is_not(None)
    answered = this.state == UpdateState.ANSWERED
    return (
        update(_UPDATES)
        .where(this.id.in_(due.scalar_subquery()))
        .values(
            holder=bindparam("by"),
            leased_until=bindparam("until", type_=Instant()),
            # Once a reply is stored, tries are its failed sendings, after which it waits longer
            # each time: the death of the process says nothing about Telegram.
            tries=this.tries + case((and_(died, ~answered), 1), else_=0),
            repeats=this.repeats + case((and_(died, answered), 1), else_=0),
        )
        .returning(
            this.id,
            this.lane,
            this.course,
            this.payload,
            this.reply,
            this.placeholder,
            this.progress,
            this.tries,
            this.repeats,
            this.arrived_at,
            this.turn,
            this.message_key,
        )
    )


TAKE: Final = _take()

#: Stored versions of the ``messages``.
VERSIONS: Final = select(
    _UPDATES.c.id,
    _UPDATES.c.message_key,
    _UPDATES.c.content_key,
    _UPDATES.c.state,
    _UPDATES.c.course,
    _UPDATES.c.placeholder,
).where(_UPDATES.c.message_key.in_(bindparam("messages", expanding=True)))

#: The highest waiting turn of each of ``lanes`` that has one.
LAST_TURNS: Final = (
    select(_UPDATES.c.lane, func.max(_UPDATES.c.turn))
    .where(_UPDATES.c.lane.in_(bindparam("lanes", expanding=True)), _is_open(_UPDATES))
    .group_by(_UPDATES.c.lane)
)

#: The lowest waiting turn, and how many updates are unanswered.
WAITING: Final = select(func.min(_UPDATES.c.turn), func.count()).where(_is_open(_UPDATES))

#: Changes an update that ``by`` holds, by its ``number``: other parameters are the new values.
#: Returns nothing if another process holds it by now, or it is done.
CHANGE: Final = (
    update(_UPDATES)
    .where(
        _UPDATES.c.id == bindparam("number"),
        _UPDATES.c.holder == bindparam("by"),
        _UPDATES.c.leased_until.is_not(None),
        _is_open(_UPDATES),
    )
    .returning(_UPDATES.c.id)
)

_APOLOGY: Final = _UPDATES.c.course == Course.APOLOGISE
_UNASKED: Final = _UPDATES.c.course == Course.WATCH

#: An apology is stored for an admin to see.
FINISH: Final = CHANGE.values(
    state=case((_APOLOGY, UpdateState.GIVEN_UP.value), else_=UpdateState.SENT.value),
    payload=case((_APOLOGY, _UPDATES.c.payload), else_=None),
    # Without a content key it is compared with waiting versions only.
    message_key=case((_UPDATES.c.content_key.is_(None), None), else_=_UPDATES.c.message_key),
)
#: Nobody sees what nobody asked for.
GIVE_UP: Final = CHANGE.values(
    state=case((_UNASKED, UpdateState.DROPPED.value), else_=UpdateState.GIVEN_UP.value),
    payload=case((_UNASKED, None), else_=_UPDATES.c.payload),
)
