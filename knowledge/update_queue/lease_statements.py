"""The SQL statements that lease and change updates, built once.

They run at every step of every update: building one took three times as long as running it.
"""

from typing import Any, Final, cast

from sqlalchemy import Table, and_, bindparam, case, or_, select, update
from sqlalchemy.orm import aliased
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


def _take() -> "ReturningUpdate[*tuple[Any, ...]]":
    """Return the statement; it binds ``at``, ``until``, ``by``, ``most`` and ``in_hand``."""
    at = bindparam("at", type_=Instant())
    other = aliased(QueuedUpdate)
    due = (
        select(QueuedUpdate.id)
        .where(
            QueuedUpdate.state.in_(OPEN),
            QueuedUpdate.due_at <= at,
            QueuedUpdate.id.not_in(bindparam("in_hand", expanding=True)),
            or_(QueuedUpdate.leased_until.is_(None), QueuedUpdate.leased_until <= at),
            ~select(other.id)
            .where(
                other.lane == QueuedUpdate.lane,
                other.state.in_(OPEN),
                other.id != QueuedUpdate.id,
                or_(
                    other.id < QueuedUpdate.id,
                    # An earlier update that was stored after a later one of its lane was taken: the
                    # later one goes first.
                    and_(other.leased_until.is_not(None), other.leased_until > at),
                ),
            )
            .exists(),
        )
        .order_by(QueuedUpdate.turn, QueuedUpdate.id)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True, of=QueuedUpdate)
    )
    died = QueuedUpdate.leased_until.is_not(None)
    answered = QueuedUpdate.state == UpdateState.ANSWERED
    return (
        update(QueuedUpdate)
        .where(QueuedUpdate.id.in_(due.scalar_subquery()))
        .values(
            holder=bindparam("by"),
            leased_until=bindparam("until", type_=Instant()),
            # Once a reply is stored, tries are its failed sendings, after which it waits longer
            # each time: the death of the process says nothing about Telegram.
            tries=QueuedUpdate.tries + case((and_(died, ~answered), 1), else_=0),
            repeats=QueuedUpdate.repeats + case((and_(died, answered), 1), else_=0),
        )
        .returning(
            QueuedUpdate.id,
            QueuedUpdate.lane,
            QueuedUpdate.course,
            QueuedUpdate.payload,
            QueuedUpdate.reply,
            QueuedUpdate.placeholder,
            QueuedUpdate.progress,
            QueuedUpdate.tries,
            QueuedUpdate.repeats,
            QueuedUpdate.arrived_at,
            QueuedUpdate.turn,
            QueuedUpdate.message_key,
        )
    )


TAKE: Final = _take()

_UPDATES: Final = cast(Table, QueuedUpdate.__table__)

#: Changes an update that ``by`` holds, by its ``number``: other parameters are the new values.
#: Returns nothing if another process holds it by now, or it is done.
CHANGE: Final = (
    update(_UPDATES)
    .where(
        _UPDATES.c.id == bindparam("number"),
        _UPDATES.c.holder == bindparam("by"),
        _UPDATES.c.leased_until.is_not(None),
        _UPDATES.c.state.in_(OPEN),
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
