"""Do what people do with their questions: ask, dispute an answer, choose what they are told."""

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

#: Outcomes of which it matters how many pass the message on: nothing stands behind it.
_PASSED_ON: Final = (Outcome.REFUTED, Outcome.NO_MATCH)
#: People that are counted at most: enough to be told, and quickly counted for what half a town
#: sends.
_MOST_FORWARDERS: Final = 100


@dataclass(frozen=True, slots=True)
class AnsweredClaim:
    """A claim, the outcome that the person gets, and the statements they are shown, best first."""

    claim: str
    outcome: Outcome
    statement_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Noted:
    """The inquiry that was kept of a claim, and whether the person is told when it is settled.

    ``forwarders`` is how many people forwarded it, where that is to be said; ``closed`` is why
    moderators leave it unanswered, where they do; ``repeated`` is whether it was kept before.
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
    """Keep an inquiry of each claim of a message, the last one with what is left to ask for.

    ``after`` is the inquiry that offered them: what was kept of them since is not kept again.
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
    """Return what was noted of a claim since it was offered, if the answer is the same."""
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
    # Where to write to them is kept of what is settled too: it may be corrected or withdrawn.
    waiting = people.keep_reachable(session, person) and unsettled
    number = inquiries.record(
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
        forwarders = inquiries.count_forwarders(session, number, _MOST_FORWARDERS)
    closed = rejections.load_reason(session, number) if unsettled else None
    return Noted(number, waiting and closed is None, forwarders, closed)


def dispute(session: Session, inquiry_id: int, person: Contact) -> bool | None:
    """Mark an answer as not what the person asked about; None if it is not theirs.

    Returns whether they will be told what moderators find: what those rejected stays so, and
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
    """Note that the person wants to be told of what they asked; None if it is not theirs.

    What moderators rejected nobody waits for.
    """
    asked = inquiries.load(session, inquiry_id, person.key)
    if asked is None:
        return None
    if asked.closed is None:
        # The person before the inbox, as where a claim is kept: else two could wait for each other.
        people.unmute(session, person.key)
        people.keep_reachable(session, person)
    demand.lock_queue(session)
    # Who rejects it meanwhile waits, or was first: nobody is promised what is not kept.
    closed = rejections.load_reason(session, inquiry_id)
    if closed is None:
        inquiries.wait(session, inquiry_id, person.key)
    return Noted(inquiry_id, waiting=closed is None, closed=closed)


def mute(session: Session, person_key: str) -> None:
    """Tell a person nothing unasked any more, nor what they waited for."""
    people.mute(session, person_key)
    inquiries.stop_waiting_for_all(session, person_key)


def note_unreachable(session: Session, person_key: str) -> None:
    """Forget where to write to who does not want to be written to, and what they waited for."""
    people.forget_address(session, person_key)
    inquiries.stop_waiting_for_all(session, person_key)
