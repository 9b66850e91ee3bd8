"""Handle the claim queue in a chat: /queue, and the buttons under its claims."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

from bot.conversation import answer_confirmation, moderator_texts, proposal_texts
from bot.conversation.moderator_access import Access
from bot.conversation.moderator_texts import compose_sentence, next_button
from bot.conversation.reply import Reply
from bot.conversation.report_input import parse_row_number
from bot.conversation.translations import Catalogue
from knowledge import approvals
from knowledge.approvals import Answer, Waiting
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.claim_queue import cluster_actions, next_cluster
from knowledge.claim_queue.next_cluster import QueuedCluster
from knowledge.curation import resolution
from knowledge.domain import RejectReason, Relation

#: The longest snooze that a button may ask for, in days.
_LONGEST_SNOOZE: Final = 30
_REASONS: Final = {reason.value: reason for reason in RejectReason}


class ClaimQueueCommands:
    """Shows open claims one by one, and carries out what moderators choose for each."""

    def __init__(
        self,
        access: Access,
        checker: ClaimChecker,
        now: Callable[[], datetime],
        today: Callable[[], date],
    ) -> None:
        self._access, self._checker, self._now, self._today = access, checker, now, today

    def show_next(self, key: str, after: str, words: Catalogue) -> Reply:
        """Show the claim after a cursor; the first one if the cursor is empty."""
        queued = self._access.do(key, next_cluster.load_next_cluster, after, self._now())
        if queued is None:
            return compose_sentence(words.say("Nothing is waiting to be answered. 🎉"))
        return self._shown(queued, words)

    def press(self, key: str, verb: str, number: int, rest: str, words: Catalogue) -> Reply | None:
        """Handle a button under a claim; None if it is no such button."""
        place = self._access.place
        match verb:
            case "yes" | "no" | "support" | "refute":
                return self._answer(key, verb, number, rest, words)
            case "back":
                queued = self._access.do(key, next_cluster.load_unanswered_cluster, number)
                return self._shown(queued, words)
            case "undo" if (entry_id := parse_row_number(rest)) is not None:
                within = place.undo_for
                self._access.do(key, resolution.undo_held, number, entry_id, key, within)
                return answer_confirmation.compose_taken_back(number, words)
            case "source":
                self._access.require(key)
                return moderator_texts.compose_adding_help(number, words)
            case "reject":
                self._access.require(key)
                return moderator_texts.compose_reject_reasons(number, words)
            case "why" if rest in _REASONS:
                held = self._access.do(
                    key, cluster_actions.reject, number, _REASONS[rest], key, held=place.undo_for
                )
                text = words.say("Claim {number} is rejected.").format(number=number)
                return answer_confirmation.compose_held(text, held, place.undo_for, words)
            case "snooze" if 1 <= (parse_row_number(rest) or 0) <= _LONGEST_SNOOZE:
                until = self._now() + timedelta(days=int(rest))
                self._access.do(key, cluster_actions.snooze, number, until, key)
                text = words.say("Claim {number} comes back on {day}.")
                day = words.day(until.date())
                return compose_sentence(text.format(number=number, day=day), next_button(words))
            case _:
                return None

    def _answer(
        self, key: str, verb: str, number: int, rest: str, words: Catalogue
    ) -> Reply | None:
        """Preview an answer with how many people it reaches, or give it."""
        named, _, shown = rest.partition(":")
        if (statement_id := parse_row_number(named)) is None:
            return None
        place, seen = self._access.place, parse_row_number(shown) or 0
        supports = verb in ("yes", "support")
        act = Answer(number, statement_id, Relation.SUPPORTS if supports else Relation.REFUTES)
        if verb in ("yes", "no"):
            now, two_people = self._now(), place.two_people
            preview = self._access.do(
                key, approvals.preview_open_answer, act, key, now, seen, two_people
            )
            today = self._today()
            return answer_confirmation.compose_confirmation(preview, two_people, today, words)
        outcome = self._access.do(key, approvals.answer_open_cluster, act, key, place.policy, seen)
        if isinstance(outcome, Waiting):
            return proposal_texts.compose_waiting(outcome.proposal_id, words)
        place.embed(outcome.statement_ids)
        return answer_confirmation.compose_sent(
            number, outcome.count, outcome.held, place.undo_for, words
        )

    def _shown(self, queued: QueuedCluster, words: Catalogue) -> Reply:
        about = self._checker.about(queued.detail.phrasings(moderator_texts.WORDINGS))
        candidates = about[: moderator_texts.CANDIDATES]
        return moderator_texts.compose_cluster(
            queued.detail, candidates, queued.after, self._today(), words, queued.seen
        )
