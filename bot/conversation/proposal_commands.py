"""Approve and decline proposals in a chat: /pending, and the buttons under it."""

from collections.abc import Callable
from datetime import date

from bot.conversation import answer_confirmation, proposal_texts
from bot.conversation.moderator_access import Access
from bot.conversation.moderator_texts import compose_sentence
from bot.conversation.reply import Reply
from bot.conversation.translations import Catalogue
from knowledge import approvals


class ProposalCommands:
    """Shows proposals one by one, and carries out what moderators decide."""

    def __init__(self, access: Access, today: Callable[[], date]) -> None:
        self._access, self._today = access, today

    def show_next(self, key: str, after: int, words: Catalogue) -> Reply:
        """Show the oldest open proposal with an id above ``after``."""
        place = self._access.place
        found = self._access.do(key, approvals.load_next_waiting, after, key, place.first_admins)
        if found is None:
            return proposal_texts.compose_nothing_waiting(words)
        page = f"{place.console_url}/proposals/{found.proposed.id}" if place.console_url else None
        return proposal_texts.compose_proposal(found, page, self._today(), words)

    def press(self, key: str, verb: str, number: int, words: Catalogue) -> Reply | None:
        """Handle a button under a proposal; None if it is no such button."""
        place = self._access.place
        match verb:
            case "pending":
                return self.show_next(key, number, words)
            case "approve":
                done = self._access.do(key, approvals.approve, number, key, place.policy)
                place.embed(done.statement_ids)
                text = words.say("It was approved and done.")
                return answer_confirmation.compose_held(text, done.held, place.undo_for, words)
            case "decline":
                self._access.do(key, approvals.decline, number, key, None, place.policy)
                return compose_sentence(words.say("It was declined. Everything stays as it is."))
            case "withdraw":
                self._access.do(key, approvals.withdraw, number, key)
                return compose_sentence(words.say("It was withdrawn."))
            case _:
                return None
