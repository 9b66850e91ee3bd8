"""Record inquiries: who asked what, what they were shown, and whether they wait for an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from sqlalchemy import Table, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from knowledge.claim_queue import demand, stored_claims
from knowledge.domain import (
    Feedback,
    Forwarded,
    NotificationKind,
    Outcome,
    RejectReason,
    StatementStatus,
    now,
)
from knowledge.models import Claim, Inquiry, ShownStatement, Statement
from knowledge.notifications import rejections
from knowledge.notifications.corrections import note_corrected


@dataclass(frozen=True, slots=True)
class Basis:
    """What an answer is based on: fingerprints of the models, and the judge's thresholds."""

    encoder: str
    judge: str
    assert_at: float
    suggest_at: float


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a forwarded message comes from.

    ``key`` is a keyed hash of the person or channel, None if Telegram hides it; ``name`` is set for
    public channels only.
    """

    kind: Forwarded
    key: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """The claims of a message that are still unanswered, and where the message comes from."""

    claims: tuple[str, ...] = ()
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A stored inquiry: the claim, and the statements shown for it, best first.

    ``closed`` is why moderators rejected it, if they did.
    """

    id: int
    claim: str
    outcome: Outcome
    statement_ids: tuple[int, ...]
    waiting: bool = False
    closed: RejectReason | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A new inquiry, and why moderators rejected what was asked, if they did."""

    id: int
    closed: RejectReason | None = None


def record(
    session: Session,
    person_key: str,
    claim: str,
    outcome: Outcome,
    statement_ids: Sequence[int],
    language: str,
    *,
    waiting: bool = False,
    basis: Basis | None = None,
    origin: Origin | None = None,
    rest: Sequence[str] = (),
) -> Recorded:
    """Keep an inquiry. Unsettled ones are what moderators work through.

    ``statement_ids`` are what the person is shown, best first: what stands in the message, and
    nothing where there is no match. ``language`` is what they are spoken to in. ``waiting`` says
    that they are to be told when moderators settle the claim; nobody waits for what those have
    rejected. ``basis`` is what the answer rests on: what the person says of it is said of that.
    ``origin`` is where the message comes from, if it was a forward; ``rest`` are the message's
    claims that are not answered with this one.
    """
    demand.lock_queue(session)
    claim_id, at = stored_claims.store_claim(session, claim, language), now()
    cluster = demand.load_demand(session, claim_id, person_key)
    closed = cluster.reject_reason if cluster is not None else None
    if outcome is Outcome.NO_MATCH:
        statement_ids = ()
    values = {
        "person_key": person_key,
        "claim": claim,
        "claim_id": claim_id,
        "outcome": outcome,
        "language": language,
        "waiting": waiting and closed is None,
        "asked_at": at,
        "encoder_fingerprint": basis and basis.encoder,
        "judge_fingerprint": basis and basis.judge,
        "assert_threshold": basis and basis.assert_at,
        "suggest_threshold": basis and basis.suggest_at,
        "origin_kind": origin and origin.kind,
        "origin_key": origin and origin.key,
        "origin_name": origin and origin.name,
        "remaining_claims": list(rest) or None,
    }
    number: int = session.execute(_INSERT, values).scalar_one()
    if statement_ids:
        shown = [
            {"inquiry_id": number, "position": n, "statement_id": each}
            for n, each in enumerate(statement_ids)
        ]
        session.execute(_SHOW, shown)
    _catch_up(session, statement_ids)
    if cluster is not None:
        demand.count_inquiry(session, cluster, at, outcome, forwarded=origin is not None)
    return Recorded(number, closed)


def show(session: Session, inquiry_id: int, statement_ids: Sequence[int]) -> None:
    """Record that a person was shown further statements; earlier ones are recorded already."""
    demand.lock_queue(session)
    inquiry = session.get_one(Inquiry, inquiry_id)
    known = {each.statement_id for each in inquiry.shown}
    new = [number for number in statement_ids if number not in known]
    start = max((each.position for each in inquiry.shown), default=-1) + 1
    inquiry.shown += [
        ShownStatement(position=n, statement_id=each) for n, each in enumerate(new, start)
    ]
    session.flush()
    _catch_up(session, new)


def _catch_up(session: Session, statement_ids: Sequence[int]) -> None:
    """Notify the person of statements withdrawn between finding them and storing the inquiry.

    The lock is shared and lasts until the commit: a later withdrawal sees that they were shown.
    """
    if not statement_ids:
        return
    rows = session.execute(_STANDING, {"ids": list(statement_ids)}).all()
    gone = [
        row.id
        for row in rows
        if row.status is StatementStatus.RETRACTED and row.merged_into is None
    ]
    if gone:
        note_corrected(session, gone, NotificationKind.RETRACTED)


# Built once: they run at every inquiry, and building one takes longer than running it.
_INSERT: Final = insert(cast(Table, Inquiry.__table__)).returning(Inquiry.__table__.c.id)
_SHOW: Final = insert(cast(Table, ShownStatement.__table__))
_STATEMENTS: Final = cast(Table, Statement.__table__)
_STANDING: Final = (
    select(_STATEMENTS.c.id, _STATEMENTS.c.status, _STATEMENTS.c.merged_into)
    .where(_STATEMENTS.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_STATEMENTS.c.id)
    .with_for_update(read=True)
)


def load(session: Session, inquiry_id: int, person_key: str) -> Asked | None:
    """Return an inquiry of this person; None if it is somebody else's or does not exist."""
    inquiry = session.get(Inquiry, inquiry_id)
    if inquiry is None or inquiry.person_key != person_key:
        return None
    return _asked(session, inquiry)


def load_latest(session: Session, person_key: str, since: datetime) -> Asked | None:
    """Return the latest inquiry of a person after ``since``, if any."""
    inquiry = session.scalar(
        select(Inquiry)
        .where(Inquiry.person_key == person_key, Inquiry.asked_at >= since)
        .order_by(Inquiry.id.desc())
        .limit(1)
    )
    return None if inquiry is None else _asked(session, inquiry)


def _asked(session: Session, inquiry: Inquiry) -> Asked:
    return Asked(
        inquiry.id,
        inquiry.claim,
        inquiry.outcome,
        tuple(each.statement_id for each in inquiry.shown),
        inquiry.waiting,
        rejections.load_reason(session, inquiry.id),
    )


def load_rest(session: Session, inquiry_id: int, person_key: str) -> Rest | None:
    """Return the unanswered claims offered to a person; None if there are none."""
    inquiry = session.get(Inquiry, inquiry_id)
    if inquiry is None or inquiry.person_key != person_key or not inquiry.remaining_claims:
        return None
    came = inquiry.origin_kind
    origin = Origin(came, inquiry.origin_key, inquiry.origin_name) if came is not None else None
    return Rest(tuple(inquiry.remaining_claims), origin)


def asked_since(
    session: Session, inquiry_id: int, person_key: str, claim: str, outcome: Outcome
) -> tuple[int, bool] | None:
    """Return the person's inquiry of a claim after another one, and whether they wait for it.

    None if there is none with this outcome.
    """
    row = session.execute(
        select(Inquiry.id, Inquiry.waiting)
        .where(
            Inquiry.person_key == person_key,
            Inquiry.id > inquiry_id,
            Inquiry.claim == claim,
            Inquiry.outcome == outcome,
        )
        .order_by(Inquiry.id)
        .limit(1)
    ).first()
    return (row.id, row.waiting) if row is not None else None


def keep_rest(session: Session, inquiry_id: int, rest: Sequence[str]) -> None:
    """Store with an inquiry the claims of its message that are still unanswered."""
    session.get_one(Inquiry, inquiry_id).remaining_claims = list(rest) or None


def count_forwarders(session: Session, inquiry_id: int, at_most: int) -> int:
    """Return how many people forwarded this wording of an inquiry's claim, up to ``at_most``."""
    claim_id = select(Inquiry.claim_id).where(Inquiry.id == inquiry_id).scalar_subquery()
    people = (
        select(Inquiry.person_key)
        .where(Inquiry.claim_id == claim_id, Inquiry.origin_kind.is_not(None))
        .distinct()
        .limit(at_most)
    )
    return session.scalar(select(func.count()).select_from(people.subquery())) or 0


def dispute(session: Session, inquiry_id: int, person_key: str, *, waiting: bool = False) -> bool:
    """Mark an answer as not what the person asked about. False if it is not theirs.

    A settled or answered cluster is opened again for moderators; ``waiting`` says that the person
    is to be told what they find.
    """
    demand.lock_queue(session)
    inquiry = session.get(Inquiry, inquiry_id)
    if inquiry is None or inquiry.person_key != person_key:
        return False
    inquiry.disputed = True
    inquiry.waiting = inquiry.waiting or waiting
    claim = session.get(Claim, inquiry.claim_id) if inquiry.claim_id is not None else None
    if claim is not None and claim.cluster is not None:
        demand.unsettle(claim.cluster)
    return True


def rate(session: Session, inquiry_id: int, person_key: str, feedback: Feedback) -> bool:
    """Store feedback on an answer, replacing earlier feedback. False if it is not theirs."""
    return _change(session, inquiry_id, person_key, feedback=feedback)


def wait(session: Session, inquiry_id: int, person_key: str) -> bool:
    """Record that the person waits for an answer. False if it is not their inquiry."""
    return _change(session, inquiry_id, person_key, waiting=True)


def stop_waiting(session: Session, inquiry_id: int, person_key: str) -> bool:
    """Record that the person no longer waits. False if it is not their inquiry."""
    return _change(session, inquiry_id, person_key, waiting=False)


def stop_waiting_for_all(session: Session, person_key: str) -> None:
    """Record that the person no longer waits for anything they asked."""
    session.execute(
        update(Inquiry)
        .where(Inquiry.person_key == person_key, Inquiry.waiting)
        .values(waiting=False)
    )


def _change(session: Session, inquiry_id: int, person_key: str, **values: bool | Feedback) -> bool:
    found = session.scalar(
        update(Inquiry)
        .where(Inquiry.id == inquiry_id, Inquiry.person_key == person_key)
        .values(**values)
        .returning(Inquiry.id)
    )
    return found is not None
