"""Delete finished updates, and what is left of a person's."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, delete, or_, update
from sqlalchemy.orm import Session

from knowledge.domain import UpdateState
from knowledge.models import QueuedUpdate, RateLimit
from knowledge.storage import secure_deletion
from knowledge.update_queue.lease_statements import OPEN

#: Delay before traces of answered updates are overwritten: they say that somebody wrote, not what,
#: and a busy bot deletes some every hour.
_WITHOUT_WORDS: Final = timedelta(days=1)


def forget(session: Session, sent_before: datetime, given_up_before: datetime) -> int:
    """Delete finished updates: numbers stay while the channel may deliver them again.

    What that leaves in the database's files is overwritten later: sooner if it held words.
    """
    done = delete(QueuedUpdate).where(
        or_(
            and_(
                QueuedUpdate.state.in_((UpdateState.SENT, UpdateState.DROPPED)),
                QueuedUpdate.done_at < sent_before,
            ),
            and_(
                QueuedUpdate.state == UpdateState.GIVEN_UP, QueuedUpdate.done_at < given_up_before
            ),
        )
    )
    gone = session.scalars(done.returning(QueuedUpdate.state)).all()
    if gone:
        with_words = UpdateState.GIVEN_UP in gone
        secure_deletion.schedule_overwrite(
            session, secure_deletion.WITHIN if with_words else _WITHOUT_WORDS
        )
    return len(gone)


def forget_lane(session: Session, lane: str, nobody: str) -> int:
    """Erase one person's updates, moving them to a lane of nobody; returns how many.

    What they used up of shared rate limits goes too. Numbers stay, so that repeated deliveries are
    recognised, and so do unanswered updates until they are answered: one of them may be the
    request for erasure.
    """
    session.execute(
        delete(RateLimit).where(RateLimit.key == lane),
        execution_options={"synchronize_session": False},
    )
    here = QueuedUpdate.lane == lane
    session.execute(
        update(QueuedUpdate)
        .where(here, QueuedUpdate.state.not_in(OPEN))
        .values(
            # Without its content a given-up update cannot be retried.
            state=UpdateState.DROPPED,
            payload=None,
            reply=None,
            placeholder=None,
            error=None,
        ),
        execution_options={"synchronize_session": False},
    )
    left = session.scalars(
        update(QueuedUpdate)
        .where(here)
        .values(lane=nobody, message_key=None, content_key=None)
        .returning(QueuedUpdate.id),
        execution_options={"synchronize_session": False},
    )
    return len(left.all())
