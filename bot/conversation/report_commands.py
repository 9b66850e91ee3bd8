"""Add, publish and withdraw reports in a chat: /add, /retract, and the buttons under a report."""

from bot.conversation import moderator_texts, proposal_texts
from bot.conversation.moderator_access import Access
from bot.conversation.moderator_texts import compose_sentence
from bot.conversation.reply import Reply
from bot.conversation.report_input import (
    MOST_REPORTS,
    is_address,
    parse_row_number,
    read_pasted,
    split_cluster_reference,
)
from bot.conversation.translations import Catalogue
from knowledge import approvals, curation
from knowledge.approvals import Waiting
from knowledge.curation import manual_reports


class ReportCommands:
    """Adds, publishes and withdraws reports for moderators."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def add(self, key: str, argument: str, words: Catalogue) -> Reply:
        """Add a pasted report, or the one at a URL."""
        # Check the role first: nothing is fetched for others.
        self._access.require(key)
        cluster_id, content = split_cluster_reference(argument)
        if not content:
            usage = words.say("Write it like this: /add followed by an address or by the text.")
            return compose_sentence(usage)
        if is_address(content):
            drafts = self._access.place.read_address(content)[:MOST_REPORTS]
        else:
            drafts = [read_pasted(content)]
        added = self._access.do(key, manual_reports.add_reports, drafts)
        return moderator_texts.compose_added(added, cluster_id, words)

    def retract(self, key: str, argument: str, words: Catalogue) -> Reply:
        """Withdraw the statement or report that a reference names."""
        ref, _, reason = argument.partition(" ")
        reason = reason.strip()
        if not reason:
            self._access.require(key)
            return compose_sentence(words.say("Write it like this: /retract REF reason"))
        moved = self._access.do(key, curation.move_named, curation.retract, ref, key, reason)
        if not moved.count:
            return compose_sentence(
                words.say("Nothing of {ref} is published.").format(ref=words.quote(ref))
            )
        text = words.say("Statements withdrawn: {count}. People who were shown them will be told.")
        return compose_sentence(text.format(count=moved.count))

    def press(self, key: str, verb: str, number: int, rest: str, words: Catalogue) -> Reply | None:
        """Publish the statements under a button, unless changed since; None if no such button."""
        policy, seen = self._access.place.policy, parse_row_number(rest) or 0
        match verb:
            case "publish":
                outcome = self._access.do(
                    key, approvals.publish_waiting, [number], key, policy, seen
                )
            case "all":
                outcome = self._access.do(key, approvals.publish_report, number, key, policy, seen)
            case _:
                return None
        if isinstance(outcome, Waiting):
            return proposal_texts.compose_waiting(outcome.proposal_id, words)
        self._access.place.embed(outcome.statement_ids)
        if not outcome.count:
            return compose_sentence(words.say("Nothing of it is left to publish."))
        text = words.say("Statements published: {count}")
        return compose_sentence(text.format(count=outcome.count))
