"""Route moderators' and admins' commands and buttons; grant and revoke roles."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Final

from bot.conversation import statistics
from bot.conversation.claim_queue_commands import ClaimQueueCommands
from bot.conversation.commands import menu
from bot.conversation.moderator_access import Access, Place
from bot.conversation.moderator_names import load_names
from bot.conversation.moderator_texts import compose_sentence
from bot.conversation.proposal_commands import ProposalCommands
from bot.conversation.refusal_texts import REFUSED, compose_refusal
from bot.conversation.reply import Asker, Block, Button, Reply
from bot.conversation.report_commands import ReportCommands
from bot.conversation.report_input import parse_row_number
from bot.conversation.translations import Catalogue
from knowledge.accounts import people, roles, sign_in
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.domain import Role
from knowledge.errors import NotAllowed
from knowledge.statistics import trends
from knowledge.storage.database import Sessions

#: The period that /stats covers.
STATS_DAYS: Final = 14
_ROLES: Final = {role.value: role for role in Role}


class Moderation:
    """Handles moderators' commands and buttons. Returns None if there is none for this person."""

    def __init__(
        self,
        sessions: Sessions,
        checker: ClaimChecker,
        place: Place,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        today: Callable[[], date] = lambda: datetime.now().astimezone().date(),
    ) -> None:
        self._sessions, self._place, self._now = sessions, place, now
        self._access = Access(sessions, place)
        self._queue = ClaimQueueCommands(self._access, checker, now, today)
        self._proposals = ProposalCommands(self._access, today)
        self._reports = ReportCommands(self._access)

    def menu(self, key: str, words: Catalogue) -> tuple[tuple[str, str], ...]:
        """Return the commands of the person with this key; empty for the public."""
        key = self._place.acts_as or key
        role = self._sessions.read(roles.role_of, key, self._place.first_admins)
        return menu(role, words.language)

    def command(
        self, asker: Asker, key: str, name: str, argument: str, words: Catalogue
    ) -> Reply | None:
        """Handle a command; None if it is unknown or not for this person."""
        key = self._place.acts_as or key
        return self._explain_refusal(
            lambda: self._command(asker, key, name, argument, words), words
        )

    def press(self, asker: Asker, key: str, rest: str, words: Catalogue) -> Reply | None:
        """Handle a button's action, without ``moderator_texts.PREFIX``.

        None if it is forged or not for this person.
        """
        key = self._place.acts_as or key
        return self._explain_refusal(lambda: self._press(asker, key, rest, words), words)

    def _explain_refusal(self, act: Callable[[], Reply | None], words: Catalogue) -> Reply | None:
        try:
            return act()
        except NotAllowed:
            return None
        except REFUSED as error:
            names = load_names(self._sessions, self._place.first_admins, words.say)
            return compose_sentence(compose_refusal(error, words, names))

    def _command(
        self, asker: Asker, key: str, name: str, argument: str, words: Catalogue
    ) -> Reply | None:
        match name:
            case "queue":
                return self._next_claim(asker, key, "", words)
            case "pending":
                return self._proposals.show_next(key, 0, words)
            case "add":
                return self._reports.add(key, argument, words)
            case "retract":
                return self._reports.retract(key, argument, words)
            case "stats":
                return self._stats(key, words)
            case "console" if self._place.acts_as is None:
                return self._console(asker, key, words)
            case "grant":
                return self._grant(key, argument, words)
            case "revoke":
                return self._revoke(key, argument, words)
            case _:
                return None

    def _press(self, asker: Asker, key: str, rest: str, words: Catalogue) -> Reply | None:
        verb, _, about = rest.partition(":")
        if verb == "next":
            return self._next_claim(asker, key, about, words)
        first, _, more = about.partition(":")
        number = parse_row_number(first)
        if number is None:
            return None
        return (
            self._queue.press(key, verb, number, more, words)
            or self._proposals.press(key, verb, number, words)
            or self._reports.press(key, verb, number, more, words)
        )

    def _next_claim(self, asker: Asker, key: str, after: str, words: Catalogue) -> Reply:
        self._remember(asker, key)
        return self._queue.show_next(key, after, words)

    def _remember(self, asker: Asker, key: str) -> None:
        """Store a moderator's address, for the daily digest and alerts."""
        if asker.address is not None:
            secret = self._place.secret
            self._access.do(key, people.remember_address, key, asker.address, secret)

    def _stats(self, key: str, words: Catalogue) -> Reply:
        until = self._now()
        since = until - timedelta(days=STATS_DAYS)
        return statistics.compose_statistics(
            self._access.do(key, trends.compute_trends, since, until), words
        )

    def _console(self, asker: Asker, key: str, words: Catalogue) -> Reply:
        if self._place.console_url is None:
            self._access.require(key)
            return compose_sentence(
                words.say(
                    "The console is off. Whoever runs the bot can turn it on with CONSOLE_BIND."
                )
            )
        self._remember(asker, key)
        token = self._access.do(key, sign_in.issue_link, key, self._now())
        minutes = int(sign_in.LINK_LIFE.total_seconds() // 60)
        text = words.count(
            "This link signs you in, once, within {count} minute. It is yours alone: do not pass it"
            " on.",
            "This link signs you in, once, within {count} minutes. It is yours alone: do not pass"
            " it on.",
            minutes,
        )
        url = f"{self._place.console_url}/sign-in?token={token}"
        button = Button(words.say("Open the console"), url=url)
        return Reply((Block(text), Block(url)), ((button,),))

    def _grant(self, key: str, argument: str, words: Catalogue) -> Reply:
        given, role, name = (*argument.split(maxsplit=2), "", "", "")[:3]
        number = parse_row_number(given)
        if number is None or role not in _ROLES or not name:
            self._access.require(key, Role.ADMIN)
            usage = words.say("Write it like this: /grant ID moderator NAME, or admin.")
            return compose_sentence(usage)
        granted = self._place.key_of(number)
        self._access.do_as_admin(key, roles.grant, granted, _ROLES[role], name, key)
        done = words.say("{name} may now use the commands of moderators; /start shows them.")
        return compose_sentence(done.format(name=words.quote(name)))

    def _revoke(self, key: str, argument: str, words: Catalogue) -> Reply:
        number = parse_row_number(argument.strip())
        if number is None:
            self._access.require(key, Role.ADMIN)
            return compose_sentence(words.say("Write it like this: /revoke ID"))
        revoked = self._place.key_of(number)
        held = self._access.do_as_admin(key, sign_in.revoke_role, revoked, key, self._now())
        if revoked in self._place.first_admins:
            return compose_sentence(
                words.say("ADMIN_IDS makes this person an admin: remove the number there.")
            )
        if not held:
            return compose_sentence(words.say("Nobody with this number holds a role."))
        return compose_sentence(words.say("The role is taken away, and every sign-in is ended."))
