"""Record an inquiry for each answered claim: its origin and the claims still unanswered."""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from bot.conversation.answer_texts import Part, select_shown_matches
from bot.conversation.reply import Asker, Origin
from bot.conversation.translations import Language
from bot.observability import telemetry
from knowledge.accounts.people import Contact
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.checking.outcomes import SHOWN, Answer, Match
from knowledge.claim_queue import inquiries, person_actions
from knowledge.claim_queue.inquiries import Rest
from knowledge.claim_queue.person_actions import AnsweredClaim
from knowledge.storage.database import Sessions
from knowledge.text.plain_text import single_line

#: Characters of a channel's name that are stored; Telegram allows 128.
_NAME_CHARACTERS: Final = 200

#: Claims with their answers, in the order of the message.
Answered: TypeAlias = Sequence[tuple[str, Answer]]


class InquiryRecorder:
    """Records inquiries. ``key_of`` hashes a person's id, ``secret`` encrypts addresses."""

    def __init__(
        self,
        sessions: Sessions,
        checker: ClaimChecker,
        key_of: Callable[[int], str],
        secret: bytes,
    ) -> None:
        self._sessions, self._checker = sessions, checker
        self._key_of, self._secret = key_of, secret

    def keep(
        self,
        asker: Asker,
        answered: Answered,
        rest: Rest,
        language: Language,
        after: int | None = None,
    ) -> list[Part]:
        """Record an inquiry for each claim; the last one holds the claims still unanswered.

        ``after`` is the inquiry that offered these claims: those recorded since are not repeated.
        """
        # As composed: with several claims each answer shows fewer statements.
        most = SHOWN if len(answered) == 1 or asker.is_nobody else 1
        noted = self._sessions.write(
            person_actions.ask,
            self.contact(asker),
            [
                AnsweredClaim(claim, answer.outcome, _ids(select_shown_matches(answer, most)))
                for claim, answer in answered
            ],
            language.value,
            self._checker.basis,
            rest,
            after,
        )
        parts = []
        for (claim, answer), each in zip(answered, noted, strict=True):
            if not each.repeated:
                telemetry.count_outcome(answer.outcome)
            parts.append(Part(claim, answer, each))
        return parts

    def show(self, number: int, matches: Sequence[Match]) -> None:
        """Record matches of an inquiry that a person is shown later."""
        self._sessions.write(inquiries.show, number, _ids(matches))

    def contact(self, asker: Asker) -> Contact:
        """Return the asker's key, and the encrypted address for notifications."""
        return Contact(self._key_of(asker.id), asker.address, self._secret)

    def origin(self, origin: Origin) -> inquiries.Origin:
        """Return the stored form of an origin: no id, and no name except a public channel's."""
        key = self._key_of(origin.id) if origin.id is not None else None
        name = single_line(origin.name or "")[:_NAME_CHARACTERS]
        return inquiries.Origin(origin.kind, key, name or None)


def _ids(matches: Sequence[Match]) -> tuple[int, ...]:
    return tuple(match.statement.id for match in matches)
