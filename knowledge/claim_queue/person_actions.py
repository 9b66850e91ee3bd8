"""Record what people do with their questions: ask, dispute an answer, choose notifications."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.orm import Session

from knowledge.accounts import people
from knowledge.accounts.people import Contact
from knowledge.claim_queue import demand, inquiries
from knowledge.claim_queue.inquiries import Basis, Rest
from knowledge.domain import Outcome, RejectReason
from knowledge.notifications import rejections

#: Outcomes for which forwarders are counted: no report supports the claim.
_PASSED_ON: Final = (Outcome.REFUTED, Outcome.NO_MATCH)
#: The most people counted: enough to be worth telling, and quick to count for a viral message.
_MOST_FORWARDERS: Final = 100


@dataclass(frozen=True, slots=True)
class AnsweredClaim:
    """A claim, its outcome, and the statements shown for it, best first."""

    claim: str
    outcome: Outcome
    statement_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Noted:
    """The inquiry stored for a claim, and whether the person will be told when it is settled.

    ``forwarders`` is how many people forwarded it, if that is to be said; ``closed`` is why
    moderators rejected it, if they did; ``repeated`` is whether the inquiry existed already.
    """

    inquiry_id: int
    waiting: bool = False
    forwarders: int = 0
    closed: RejectReason | None = None
    repeated: bool = False


def ask(
    session: Session,
    person: Contact,
    answered: Sequence[AnsweredClaim],
    language: str,
    basis: Basis,
    rest: Rest,
    after: int | None = None,
) -> list[Noted]:
    """Record an inquiry for each claim of a message, the last one with the claims still unanswered.

    ``after`` is the inquiry that offered them: those recorded since then are not recorded again.
    """
    noted = []
    for number, claim in enumerate(answered, start=1):
        left = rest if number == len(answered) else replace(rest, claims=())
        known = _repeat(session, person, claim, left, after) if after is not None else None
        noted.append(known or _record(session, person, claim, language, basis, left))
    return noted


def _repeat(
    session: Session, person: Contact, claim: AnsweredClaim, left: Rest, after: int
) -> Noted | None:
    """Return what was recorded for a claim since it was offered, if the answer is the same."""
    known = inquiries.asked_since(session, after, person.key, claim.claim, claim.outcome)
    if known is None:
        return None
    number, waiting = known
    inquiries.keep_rest(session, number, left.claims)
    inquiries.show(session, number, claim.statement_ids)
    closed = rejections.load_reason(session, number)
    return Noted(number, waiting, closed=closed, repeated=True)


def _record(
    session: Session,
    person: Contact,
    claim: AnsweredClaim,
    language: str,
    basis: Basis,
    left: Rest,
) -> Noted:
    unsettled = claim.outcome not in demand.SETTLING
    # The address is stored for settled claims too: the statement may be corrected or withdrawn.
    waiting = people.keep_reachable(session, person) and unsettled
    recorded = inquiries.record(
        session,
        person.key,
        claim.claim,
        claim.outcome,
        claim.statement_ids,
        language,
        waiting=waiting,
        basis=basis,
        origin=left.origin,
        rest=left.claims,
    )
    forwarders = 0
    if left.origin is not None and claim.outcome in _PASSED_ON:
        forwarders = inquiries.count_forwarders(session, recorded.id, _MOST_FORWARDERS)
    closed = recorded.closed if unsettled else None
    return Noted(recorded.id, waiting and closed is None, forwarders, closed)


def dispute(session: Session, inquiry_id: int, person: Contact) -> bool | None:
    """Mark an answer as not what the person asked about; None if it is not theirs.

    Returns whether they will be told what moderators find: a rejected claim stays rejected, and
    nothing is promised.
    """
    if inquiries.load(session, inquiry_id, person.key) is None:
        return None
    told = people.keep_reachable(session, person)
    demand.lock_queue(session)
    told = told and rejections.load_reason(session, inquiry_id) is None
    inquiries.dispute(session, inquiry_id, person.key, waiting=told)
    return told


def wait(session: Session, inquiry_id: int, person: Contact) -> Noted | None:
    """Record that the person waits for an answer to what they asked; None if it is not theirs.

    Nobody waits for a rejected claim.
    """
    asked = inquiries.load(session, inquiry_id, person.key)
    if asked is None:
        return None
    if asked.closed is None:
        # The person is locked before the queue, as in ``record``; otherwise two transactions could
        # deadlock.
        people.unmute(session, person.key)
        people.keep_reachable(session, person)
    demand.lock_queue(session)
    # A rejection meanwhile waits for this lock or came first: no promise is broken.
    closed = rejections.load_reason(session, inquiry_id)
    if closed is None:
        inquiries.wait(session, inquiry_id, person.key)
    return Noted(inquiry_id, waiting=closed is None, closed=closed)


def mute(session: Session, person_key: str) -> None:
    """Stop all notifications to a person, and all their waiting."""
    people.mute(session, person_key)
    inquiries.stop_waiting_for_all(session, person_key)


def note_unreachable(session: Session, person_key: str) -> None:
    """Delete the address of a person who does not want to be written to, and their waiting."""
    people.forget_address(session, person_key)
    inquiries.stop_waiting_for_all(session, person_key)
