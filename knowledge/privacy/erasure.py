"""Erase people: at once when one asks for it, and inquiries after their retention.

What is erased still counts: that something was asked, when, in which language, with which outcome
and whether it was a forward. Who asked it, and in which words, is gone.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import CursorResult, Delete, Update, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from knowledge.claim_queue import cluster_notes, demand
from knowledge.domain import ClusterStatus, now
from knowledge.index import vector_cache
from knowledge.models import (
    Claim,
    Cluster,
    ClusterNote,
    ConsoleSession,
    Grant,
    Inquiry,
    Notification,
    Person,
    SavedSearch,
    SignInLink,
    Verdict,
)
from knowledge.storage import secure_deletion
from knowledge.storage.batches import in_batches
from knowledge.storage.database import Sessions
from knowledge.update_queue import update_retention

#: Inquiries erased per transaction: others write in between.
_BATCH: Final = 500
_NOBODY: Final = "nobody:"


@dataclass(frozen=True, slots=True)
class Expired:
    """How many inquiries, addresses and people were erased."""

    inquiries: int
    addresses: int
    people: int


def forget_person(sessions: Sessions, key: str) -> bool:
    """Erase a person, and overwrite at once what that leaves in the database's files.

    Returns False if traces remain until no reader uses an older state.
    """
    with sessions.begin() as session:
        forget(session, key)
    return secure_deletion.overwrite_now(sessions)


def forget(session: Session, key: str) -> None:
    """Erase a person: their questions, settings, notes and address.

    These stay: a wording that somebody else sent as well or that moderators answered, without its
    sender; a block until it ends; a role, and what its holder did.
    """
    # The person is locked before the queue, as where inquiries are recorded; otherwise two
    # transactions could deadlock.
    gone = _drop_person(session, key)
    demand.lock_queue(session)
    numbers = list(session.scalars(select(Inquiry.id).where(Inquiry.person_key == key)))
    for batch in in_batches(numbers, _BATCH):
        _erase(session, batch)
    # Others' forwards of their messages stay, without saying whose they were.
    gone += len(numbers) + sum(
        _count(session, erasing)
        for erasing in (
            update(Inquiry).where(Inquiry.origin_key == key).values(origin_key=None),
            delete(Notification).where(Notification.person_key == key),
            delete(ClusterNote).where(ClusterNote.author == key),
            delete(SignInLink).where(SignInLink.person_key == key),
            delete(ConsoleSession).where(ConsoleSession.person_key == key),
            delete(SavedSearch).where(SavedSearch.person_key == key),
        )
    )
    gone += update_retention.forget_lane(session, key, f"{_NOBODY}{secrets.token_hex(16)}")
    if gone:
        secure_deletion.schedule_overwrite(session)
    session.expire_all()


def _drop_person(session: Session, key: str) -> int:
    blocked = Person.blocked_until > now()
    kept = (
        update(Person)
        .where(Person.key == key, blocked)
        .values(language="", address=None, calendar=None, muted=False)
    )
    dropped = delete(Person).where(Person.key == key, or_(Person.blocked_until.is_(None), ~blocked))
    return _count(session, kept) + _count(session, dropped)


def _count(session: Session, erasing: Update | Delete) -> int:
    """Execute ``erasing`` and return how many rows it affected."""
    done = session.execute(erasing, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", done).rowcount


def expire(sessions: Sessions, before: datetime, keep: Collection[str] = ()) -> Expired:
    """Erase inquiries from before a moment, and people of whom nothing else is stored.

    The people in ``keep`` stay reachable, as those with a role do. Whoever still waited for an
    answer waits no more. What that leaves in the database's files is overwritten.
    """
    old = (
        select(Inquiry.id)
        .where(Inquiry.asked_at < before, Inquiry.claim != "")
        .order_by(Inquiry.id)
    )
    with sessions() as session:
        numbers = list(session.scalars(old))
    for batch in in_batches(numbers, _BATCH):
        with sessions.begin() as session:
            demand.lock_queue(session)
            _erase(session, batch)
            secure_deletion.schedule_overwrite(session)
    with sessions.begin() as session:
        session.execute(delete(ConsoleSession).where(ConsoleSession.expires_at < before))
        session.execute(delete(SignInLink).where(SignInLink.expires_at < before))
        gone = Expired(len(numbers), _drop_addresses(session, keep), _drop_people(session))
        if gone.addresses or gone.people:
            secure_deletion.schedule_overwrite(session)
    if gone != Expired(0, 0, 0):
        secure_deletion.overwrite_now(sessions)
    return gone


def _erase(session: Session, numbers: Sequence[int]) -> None:
    """Remove the person and the words from inquiries; call ``demand.lock_queue`` first."""
    these = Inquiry.id.in_(numbers)
    # Before the inquiries, as where one is recorded as sent.
    session.execute(delete(Notification).where(Notification.inquiry_id.in_(numbers)))
    asked = session.execute(select(Inquiry.person_key, Inquiry.claim_id).where(these)).all()
    for key in {row.person_key for row in asked}:
        # One random key for all of a person's, so that people are still counted once; it leads to
        # nobody.
        nobody = f"{_NOBODY}{secrets.token_hex(16)}"
        session.execute(
            update(Inquiry)
            .where(these, Inquiry.person_key == key)
            .values(
                person_key=nobody,
                claim="",
                waiting=False,
                origin_key=None,
                origin_name=None,
                remaining_claims=None,
            ),
            execution_options={"synchronize_session": False},
        )
    _drop_wordings(session, {row.claim_id for row in asked if row.claim_id is not None})


def _drop_wordings(session: Session, claim_ids: Collection[int]) -> None:
    """Remove the text of claims that nobody asks any more and no moderator ruled on."""
    asked = exists().where(Inquiry.claim_id == Claim.id, Inquiry.claim != "")
    ruled = exists().where(Verdict.claim_id == Claim.id)
    claims = session.scalars(
        select(Claim).where(Claim.id.in_(claim_ids), Claim.text != "", ~asked, ~ruled)
    ).all()
    texts = [claim.text for claim in claims]
    for claim in claims:
        claim.text, claim.key = "", f"{_NOBODY}{secrets.token_hex(16)}"
    session.flush()
    # A merged cluster keeps its title, so titles are looked up by text.
    for cluster in session.scalars(select(Cluster).where(Cluster.title.in_(texts))):
        _retitle(session, cluster)
    vector_cache.drop(session, texts)


def _retitle(session: Session, cluster: Cluster) -> None:
    """Title a cluster by another wording; a cluster without any has nothing to answer."""
    cluster.title = (
        session.scalar(
            select(Claim.text)
            .where(Claim.cluster_id == cluster.id, Claim.text != "")
            .order_by(Claim.id)
            .limit(1)
        )
        or ""
    )
    open_still = (ClusterStatus.OPEN, ClusterStatus.SNOOZED)
    if not cluster.title and cluster.status in open_still:
        cluster.status, cluster.snoozed_until = ClusterStatus.SETTLED, None
    if not cluster.title:
        cluster_notes.drop_remarks(session, [cluster.id])


def _drop_addresses(session: Session, keep: Collection[str]) -> int:
    """Delete the addresses of people whom there is nothing to tell any more."""
    asked = exists().where(Inquiry.person_key == Person.key)
    holds_role = exists().where(Grant.person_key == Person.key)
    dropped = session.scalars(
        update(Person)
        .where(Person.address.is_not(None), Person.key.not_in(keep), ~asked, ~holds_role)
        .values(address=None)
        .returning(Person.key),
        execution_options={"synchronize_session": False},
    ).all()
    return len(dropped)


def _drop_people(session: Session) -> int:
    """Delete people of whom nothing but the key is left."""
    over = or_(Person.blocked_until.is_(None), Person.blocked_until <= now())
    nothing = (Person.language == "", Person.address.is_(None), Person.calendar.is_(None))
    gone = session.scalars(
        delete(Person).where(*nothing, ~Person.muted, over).returning(Person.key),
        execution_options={"synchronize_session": False},
    ).all()
    return len(gone)
