"""Keep an inquiry of each claim that was answered: where it comes from, what is left to ask."""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from bot.conversation.answer_texts import Part, shown_matches
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

#: Characters that are kept of a channel's name; Telegram allows 128.
_NAME_CHARACTERS: Final = 200

#: Claims with their answers, in the order of the message.
Answered: TypeAlias = Sequence[tuple[str, Answer]]


class InquiryRecorder:
    """Keeps inquiries. ``key_of`` is what somebody is known by, ``secret`` encrypts addresses."""

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
        """Keep an inquiry of each claim, the last one with what is left to ask for.

        ``after`` is the inquiry that offered them: what was kept of them since is not kept again.
        """
        # As they are worded: of several claims each is answered more briefly.
        most = SHOWN if len(answered) == 1 or asker.is_nobody else 1
        noted = self._sessions.write(
            person_actions.ask,
            self.contact(asker),
            [
                AnsweredClaim(claim, answer.outcome, _ids(shown_matches(answer, most)))
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
        """Note what a person is shown of an inquiry afterwards."""
        self._sessions.write(inquiries.show, number, _ids(matches))

    def contact(self, asker: Asker) -> Contact:
        """Return who asks, as they are known, and where they can be told something later."""
        return Contact(self._key_of(asker.id), asker.address, self._secret)

    def origin(self, origin: Origin) -> inquiries.Origin:
        """Return what is kept of an origin: no number, and no name but a public channel's."""
        key = self._key_of(origin.id) if origin.id is not None else None
        name = single_line(origin.name or "")[:_NAME_CHARACTERS]
        return inquiries.Origin(origin.kind, key, name or None)


def _ids(matches: Sequence[Match]) -> tuple[int, ...]:
    return tuple(match.statement.id for match in matches)
