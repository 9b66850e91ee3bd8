"""Compose the moderators' daily digest and the alert about fast-growing clusters."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bot.conversation.answer_texts import cut_short
from bot.conversation.moderator_texts import next_button
from bot.conversation.reply import Block, Reply, Style
from bot.conversation.translations import Catalogue, find_language, load_catalogue
from knowledge.accounts import roles
from knowledge.claim_queue.cluster_listing import ClusterSummary
from knowledge.statistics import trends
from knowledge.statistics.trends import Digest
from knowledge.storage.database import Sessions

#: Claims that a digest lists.
LISTED = 5


@dataclass(frozen=True, slots=True)
class Bulletin:
    """A message to one moderator."""

    address: str
    reply: Reply


@dataclass(frozen=True, slots=True)
class Bulletins:
    """Composes bulletins for every moderator who can be written to."""

    sessions: Sessions
    secret: bytes = field(repr=False)
    first_admins: frozenset[str]

    def digest(self, now: datetime) -> list[Bulletin]:
        """Return the digest of the day until ``now``; empty if nothing happened."""
        day = self.sessions.read(trends.compute_digest, now)
        return self._to_all(lambda words: digest(day, words)) if day.asked or day.open else []

    def alert(self, now: datetime) -> list[Bulletin]:
        """Return the alert about growing clusters; each is reported once until it grows again."""
        growing = self.sessions.write(trends.take_growing, now)
        return self._to_all(lambda words: alert(growing, words)) if growing else []

    def _to_all(self, reply: Callable[[Catalogue], Reply]) -> list[Bulletin]:
        moderators = self.sessions.read(roles.list_reachable, self.first_admins, self.secret)
        return [
            Bulletin(each.address, reply(load_catalogue(find_language(each.language))))
            for each in moderators
        ]


def digest(day: Digest, words: Catalogue) -> Reply:
    """Word the digest of a day."""
    say = words.say
    lines = [
        say("Questions: {count}").format(count=day.asked),
        say("People: {count}").format(count=day.people),
        say("Settled at once: {count}").format(count=day.settled),
        say("Answered by moderators: {count}").format(count=day.answered),
        say("Claims still open: {count}").format(count=day.open),
    ]
    blocks = [Block(say("🗞 The last day"), Style.HEADLINE), Block("\n".join(lines))]
    if day.top:
        listed = "\n".join(
            f"{number}. {_describe_demand(each, words)}"
            for number, each in enumerate(day.top[:LISTED], start=1)
        )
        blocks.append(Block(say("Asked most:") + f"\n{listed}"))
    return Reply(tuple(blocks), ((next_button(words),),) if day.top else ())


def alert(growing: tuple[ClusterSummary, ...], words: Catalogue) -> Reply:
    """Word the alert that clusters grow fast."""
    say = words.say
    lines = [
        say("{claim} (people in the last day: {recent}, before: {before})").format(
            claim=words.quote(cut_short(each.title)), recent=each.recent, before=each.before
        )
        for each in growing
    ]
    blocks = (
        Block(say("📈 More and more people ask this"), Style.HEADLINE),
        *(Block(line) for line in lines),
    )
    return Reply(blocks, ((next_button(words),),))


def _describe_demand(each: ClusterSummary, words: Catalogue) -> str:
    people_asked = words.say("people: {count}").format(count=each.people)
    return f"{words.quote(cut_short(each.title))} ({people_asked})"
