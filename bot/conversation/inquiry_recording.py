"""Keep an inquiry of each claim that was answered: where it comes from, what is left to ask."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain, repeat
from typing import Final, TypeAlias

from sqlalchemy.orm import Session

from bot.conversation.answer_texts import MOST_FORWARDERS, Noted, Part, shown_matches
from bot.conversation.reply import Asker, Origin
from bot.conversation.translations import Language
from bot.observability import telemetry
from knowledge.accounts import people
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.checking.outcomes import SHOWN, Answer, Match
from knowledge.claim_queue import inquiries
from knowledge.claim_queue.inquiries import Rest
from knowledge.domain import Outcome
from knowledge.notifications import rejections
from knowledge.storage.database import Sessions
from knowledge.text.plain_text import single_line

#: Outcomes of which it matters how many pass the message on: nothing stands behind it.
_PASSED_ON: Final = (Outcome.REFUTED, Outcome.NO_MATCH)
#: Outcomes after which people wait for moderators.
_UNSETTLED: Final = (Outcome.NO_MATCH, Outcome.RELATED)
#: Characters that are kept of a channel's name; Telegram allows 128.
_NAME_CHARACTERS: Final = 200

#: Claims with their answers, in the order of the message.
Answered: TypeAlias = Sequence[tuple[str, Answer]]


class InquiryRecorder:
    """Keeps inquiries. ``key_of`` is what somebody is known by, ``secret`` seals addresses."""

    def __init__(
        self,
        sessions: Sessions,
        answering: ClaimChecker,
        key_of: Callable[[int], str],
        secret: bytes,
    ) -> None:
        self._sessions, self._answering = sessions, answering
        self._key_of, self._secret = key_of, secret

    def keep(
        self,
        asker: Asker,
        answered: Answered,
        rest: Rest,
        language: Language,
        after: int | None = None,
    ) -> list[Part]:
        """Keep an inquiry of each claim, the last one with what is left to ask for.

        ``after`` is the inquiry that offered them: what was kept of them since is not kept again.
        """
        # As they are worded: of several claims each is answered more briefly.
        most = SHOWN if len(answered) == 1 or asker.is_nobody else 1
        parts = []
        none_left = repeat(replace(rest, claims=()), len(answered) - 1)
        with self._sessions.begin() as session:
            for (claim, answer), left in zip(answered, chain(none_left, (rest,)), strict=True):
                noted, shown = None, _ids(shown_matches(answer, most))
                if after is not None:
                    noted = self._known(session, asker, claim, answer, left, shown, after)
                if noted is None:
                    noted = self._new(session, asker, claim, answer, left, shown, language)
                parts.append(Part(claim, answer, noted))
        return parts

    def show(self, number: int, matches: Sequence[Match]) -> None:
        """Note what a person is shown of an inquiry afterwards."""
        with self._sessions.begin() as session:
            inquiries.show(session, number, _ids(matches))

    def origin(self, origin: Origin) -> inquiries.Origin:
        """Return what is kept of an origin: no number, and no name but a public channel's."""
        key = self._key_of(origin.id) if origin.id is not None else None
        name = single_line(origin.name or "")[:_NAME_CHARACTERS]
        return inquiries.Origin(origin.kind, key, name or None)

    def may_be_told(self, session: Session, asker: Asker) -> bool:
        """Whether the person can be told something later; where to is remembered, then."""
        key = self._key_of(asker.id)
        known = people.load_person(session, key)
        if asker.address is None or known.wishes.muted:
            return False
        # For when it is settled, or what was shown is corrected or withdrawn. A private chat's
        # address never changes.
        if not known.reachable:
            people.remember_address(session, key, asker.address, self._secret)
        return True

    def _known(
        self,
        session: Session,
        asker: Asker,
        claim: str,
        answer: Answer,
        left: Rest,
        shown: Sequence[int],
        after: int,
    ) -> Noted | None:
        """Return what was noted of a claim since it was offered, if the answer is the same."""
        key = self._key_of(asker.id)
        known = inquiries.asked_since(session, after, key, claim, answer.outcome)
        if known is None:
            return None
        number, waiting = known
        inquiries.keep_rest(session, number, left.claims)
        inquiries.show(session, number, shown)
        return Noted(number, waiting, closed=rejections.load_reason(session, number))

    def _new(
        self,
        session: Session,
        asker: Asker,
        claim: str,
        answer: Answer,
        left: Rest,
        shown: Sequence[int],
        language: Language,
    ) -> Noted:
        telemetry.count_outcome(answer.outcome)
        unsettled = answer.outcome in _UNSETTLED
        waiting = self.may_be_told(session, asker) and unsettled
        number = inquiries.record(
            session,
            self._key_of(asker.id),
            claim,
            answer.outcome,
            shown,
            language.value,
            waiting=waiting,
            basis=self._answering.basis,
            origin=left.origin,
            rest=left.claims,
        )
        forwarders = 0
        if left.origin is not None and answer.outcome in _PASSED_ON:
            forwarders = inquiries.count_forwarders(session, number, MOST_FORWARDERS)
        closed = rejections.load_reason(session, number) if unsettled else None
        return Noted(number, waiting and closed is None, forwarders, closed)


def _ids(matches: Sequence[Match]) -> list[int]:
    return [match.statement.id for match in matches]
