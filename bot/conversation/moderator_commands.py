"""Do moderators' and admins' commands and buttons: their role is asked for at every act."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from bot.conversation import answer_confirmation, moderator_texts, proposal_texts, statistics
from bot.conversation.commands import menu
from bot.conversation.moderator_names import load_names
from bot.conversation.moderator_texts import Added, compose_sentence, next_button
from bot.conversation.refusal_texts import REFUSED, compose_refusal
from bot.conversation.reply import Asker, Block, Button, Reply
from bot.conversation.report_input import (
    MOST_REPORTS,
    Reading,
    cluster_named,
    is_address,
    read_pasted,
)
from bot.conversation.translations import Catalogue
from knowledge import approvals, curation
from knowledge.accounts import people, roles, sign_in
from knowledge.approvals import Answer, Policy, Publish, Waiting
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.claim_queue import cluster_actions, cluster_listing, demand
from knowledge.claim_queue.cluster_listing import ClusterDetail, ClusterSummary, Order
from knowledge.corpus import reports
from knowledge.curation.edit_conflicts import last_seen, require_as_shown, require_unchanged
from knowledge.curation.resolution import UNDO_FOR
from knowledge.domain import (
    ClusterStatus,
    RejectReason,
    Relation,
    Role,
    StatementStatus,
    SubjectKind,
)
from knowledge.errors import AlreadyHandled, BadCursor, NotAllowed
from knowledge.outbox import pending_notifications
from knowledge.statistics import trends
from knowledge.storage import audit_log
from knowledge.storage.database import Sessions
from knowledge.storage.pagination import Page

#: How far back the figures of /stats reach.
STATS_DAYS: Final = 14
#: The longest snooze that a button may ask for, in days.
_LONGEST_SNOOZE: Final = 30
_ROLES: Final = {role.value: role for role in Role}
_REASONS: Final = {reason.value: reason for reason in RejectReason}


@dataclass(frozen=True, slots=True)
class Place:
    """What moderators' work needs of this installation.

    ``key_of`` is the key of the person with an id that admins write; ``first_admins`` are the keys
    of those whom the settings name; ``console_url`` is None where there is no console.
    ``two_people`` is whether what changes what people are told waits for a second person.
    ``undo_for`` is how long an answer can be taken back, before people are told of it.
    ``acts_as`` is who acts in the audit's eyes, where that is nobody of a channel.
    """

    secret: bytes = field(repr=False)
    key_of: Callable[[int], str]
    first_admins: frozenset[str]
    read_address: Reading
    embed: Callable[[Sequence[int]], None]
    console_url: str | None = None
    two_people: bool = False
    undo_for: timedelta = UNDO_FOR
    acts_as: str | None = None

    @property
    def policy(self) -> Policy:
        """What the gate before what people are told asks for."""
        return Policy(self.two_people, self.first_admins, self.undo_for)


class Moderation:
    """The moderators' side of a conversation. None in place of a reply: as if there were none."""

    def __init__(
        self,
        sessions: Sessions,
        answering: ClaimChecker,
        place: Place,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        today: Callable[[], date] = lambda: datetime.now().astimezone().date(),
    ) -> None:
        self._sessions, self._answering, self._place = sessions, answering, place
        self._now, self._today = now, today

    def menu(self, key: str, words: Catalogue) -> tuple[tuple[str, str], ...]:
        """Return the commands of the person with this key, none for the public."""
        with self._sessions() as session:
            actor = self._place.acts_as or key
            role = roles.role_of(session, actor, self._place.first_admins)
        return menu(role, words.language)

    def command(
        self, asker: Asker, key: str, name: str, argument: str, words: Catalogue
    ) -> Reply | None:
        """Do a command. None if there is no such, or not for this person."""
        key = self._place.acts_as or key
        match name:
            case "queue":
                return self._guarded(lambda: self._queue(asker, key, "", words), words)
            case "pending":
                return self._guarded(lambda: self._pending(key, 0, words), words)
            case "add":
                return self._guarded(lambda: self._add(key, argument, words), words)
            case "retract":
                return self._guarded(lambda: self._retract(key, argument, words), words)
            case "stats":
                return self._guarded(lambda: self._stats(key, words), words)
            case "console" if self._place.acts_as is None:
                return self._guarded(lambda: self._console(asker, key, words), words)
            case "grant":
                return self._guarded(lambda: self._grant(key, argument, words), words)
            case "revoke":
                return self._guarded(lambda: self._revoke(key, argument, words), words)
            case _:
                return None

    def press(self, asker: Asker, key: str, rest: str, words: Catalogue) -> Reply | None:
        """Do what a button says after ``moderator_texts.PREFIX``.

        None if forged or not for them.
        """
        key = self._place.acts_as or key
        verb, _, about = rest.partition(":")
        if verb == "next":
            return self._guarded(lambda: self._queue(asker, key, about, words), words)
        first, _, second = about.partition(":")
        number = _number(first)
        if number is None:
            return None
        return self._guarded(lambda: self._press(key, verb, number, second, words), words)

    def _press(self, key: str, verb: str, number: int, rest: str, words: Catalogue) -> Reply | None:
        match verb:
            case "yes" | "no" | "support" | "refute":
                named, _, shown = rest.partition(":")
                if (statement_id := _number(named)) is None:
                    return None
                supports = verb in ("yes", "support")
                relation = Relation.SUPPORTS if supports else Relation.REFUTES
                act = Answer(number, statement_id, relation)
                seen = _number(shown) or 0
                if verb in ("yes", "no"):
                    return self._confirm(key, act, seen, words)
                return self._answer(key, act, seen, words)
            case "back":
                return self._again(key, number, words)
            case "undo" if (entry_id := _number(rest)) is not None:
                with self._acting(key) as session:
                    within = self._place.undo_for
                    pending_notifications.undo_held(session, number, entry_id, key, within)
                return answer_confirmation.compose_taken_back(number, words)
            case "source":
                with self._acting(key):
                    return moderator_texts.compose_adding_help(number, words)
            case "reject":
                with self._acting(key):
                    return moderator_texts.compose_reject_reasons(number, words)
            case "why" if rest in _REASONS:
                with self._acting(key) as session:
                    held = self._place.undo_for
                    cluster_actions.reject(session, number, _REASONS[rest], key, held=held)
                    undoing = self._undoing(session, number)
                text = words.say("Claim {number} is rejected.").format(number=number)
                return answer_confirmation.compose_held(text, number, undoing, words)
            case "snooze" if 1 <= (_number(rest) or 0) <= _LONGEST_SNOOZE:
                until = self._now() + timedelta(days=int(rest))
                with self._acting(key) as session:
                    cluster_actions.snooze(session, number, until, key)
                text = words.say("Claim {number} comes back on {day}.")
                day = words.day(until.date())
                return compose_sentence(text.format(number=number, day=day), next_button(words))
            case "pending":
                return self._pending(key, number, words)
            case "approve":
                return self._approve(key, number, words)
            case "decline":
                with self._acting(key) as session:
                    approvals.decline(session, number, key, None, self._place.policy)
                return compose_sentence(words.say("It was declined. Everything stays as it is."))
            case "withdraw":
                with self._acting(key) as session:
                    approvals.withdraw(session, number, key)
                return compose_sentence(words.say("It was withdrawn."))
            case "publish":
                return self._publish(key, lambda _session: [number], _number(rest) or 0, words)
            case "all":
                seen = _number(rest) or 0
                return self._publish(key, lambda s: _statements_of(s, number), seen, words)
            case _:
                return None

    @contextmanager
    def _acting(self, key: str, role: Role = Role.MODERATOR) -> Iterator[Session]:
        """Give the transaction of one act. Raises NotAllowed if the role is not held now."""
        with self._sessions.begin() as session:
            roles.require(session, key, role, self._place.first_admins)
            yield session

    def _remember(self, session: Session, asker: Asker, key: str) -> None:
        """Keep where a moderator is written to: they are told of each day, and of what grows."""
        if asker.address is not None:
            people.remember_address(session, key, asker.address, self._place.secret)

    def _guarded(self, act: Callable[[], Reply | None], words: Catalogue) -> Reply | None:
        try:
            return act()
        except NotAllowed:
            return None
        except REFUSED as error:
            names = load_names(self._sessions, self._place.first_admins, words.say)
            return compose_sentence(compose_refusal(error, words, names))

    def _queue(self, asker: Asker, key: str, after: str, words: Catalogue) -> Reply:
        with self._acting(key) as session:
            self._remember(session, asker, key)
            demand.hold(session)
            cluster_actions.wake(session, self._now())
            session.flush()
            # Before what is shown: what is done in between is not taken for seen.
            seen = audit_log.load_latest_id(session)
            try:
                page = _first_open(session, after)
            except BadCursor:
                page = _first_open(session, "")
            if not page.items:
                return compose_sentence(words.say("Nothing is waiting to be answered. 🎉"))
            detail = cluster_listing.load_cluster(session, page.items[0].id)
        return self._shown(detail, page.after, seen, words)

    def _again(self, key: str, cluster_id: int, words: Catalogue) -> Reply:
        """Show a cluster of the queue again."""
        with self._acting(key) as session:
            _require_open(session, cluster_id)
            seen = audit_log.load_latest_id(session)
            detail = cluster_listing.load_cluster(session, cluster_id)
            after = cluster_listing.place_of(session, cluster_id)
            more = _first_open(session, after).items
        return self._shown(detail, after if more else None, seen, words)

    def _shown(
        self, detail: ClusterDetail, after: str | None, seen: int, words: Catalogue
    ) -> Reply:
        about = self._answering.about(detail.phrasings(moderator_texts.WORDINGS))
        candidates = about[: moderator_texts.CANDIDATES]
        return moderator_texts.compose_cluster(
            detail, candidates, after, self._today(), words, seen
        )

    def _confirm(self, key: str, act: Answer, seen: int, words: Catalogue) -> Reply:
        """Show what an answer would tell people, and to how many: nothing is done yet."""
        with self._acting(key) as session:
            _require_as_seen(session, act, seen)
            cluster = cluster_listing.resolve_merged_cluster(session, act.cluster_id)
            two_people = self._place.two_people
            # Before what is shown: what is done in between is not taken for seen.
            seen = audit_log.load_latest_id(session)
            audience = pending_notifications.foresee(
                session, cluster.id, act.statement_id, act.relation, key, two_people
            )
            (statement,) = reports.load_by_ids(session, [act.statement_id])
            intended = answer_confirmation.Intended(
                cluster.id, cluster.title, statement, act.relation, audience, seen, two_people
            )
        return answer_confirmation.compose_confirmation(intended, self._today(), words)

    def _answer(self, key: str, act: Answer, seen: int, words: Catalogue) -> Reply:
        with self._acting(key) as session:
            _require_as_seen(session, act, seen)
            outcome = approvals.submit(session, act, key, None, self._place.policy)
            undoing = self._undoing(session, act.cluster_id)
        if isinstance(outcome, Waiting):
            return proposal_texts.compose_waiting(outcome.proposal_id, words)
        self._place.embed([act.statement_id])
        return answer_confirmation.compose_sent(act.cluster_id, outcome.count, undoing, words)

    def _undoing(self, session: Session, cluster_id: int) -> tuple[int, timedelta]:
        """Return what takes an answer back that was given just now, and for how long it can be."""
        number = cluster_listing.resolve_merged_cluster(session, cluster_id).id
        return last_seen(session, SubjectKind.CLUSTER, number), self._place.undo_for

    def _add(self, key: str, argument: str, words: Catalogue) -> Reply:
        with self._acting(key):
            pass  # Nothing is fetched for who may not add it.
        cluster_id, content = cluster_named(argument)
        if not content:
            usage = words.say("Write it like this: /add followed by an address or by the text.")
            return compose_sentence(usage)
        if is_address(content):
            drafts = self._place.read_address(content)[:MOST_REPORTS]
        else:
            drafts = [read_pasted(content)]
        with self._acting(key) as session:
            demand.hold(session)
            stored = [reports.store(session, draft) for draft in drafts]
            ids = [number for each in stored for number in each.statement_ids]
            session.flush()
            seen = audit_log.load_latest_id(session)
            found = tuple(reports.load_by_ids(session, ids))
        return moderator_texts.compose_added(
            Added(
                report_id=stored[0].report_id if len(stored) == 1 else None,
                duplicate=all(each.duplicate for each in stored),
                # As it is kept: a report that was here before may have been edited since.
                title=found[0].title if found else drafts[0].title,
                statements=found,
                seen=seen,
            ),
            cluster_id,
            words,
        )

    def _publish(
        self, key: str, ids_of: Callable[[Session], list[int]], seen: int, words: Catalogue
    ) -> Reply:
        """Publish what a button was shown with, as it was: ``seen`` is the newest entry then."""
        with self._acting(key) as session:
            demand.hold(session)
            ids = ids_of(session)
            require_as_shown(session, dict.fromkeys(_unpublished(session, ids), seen))
            act = Publish(tuple(ids))
            outcome = approvals.submit(session, act, key, None, self._place.policy)
        if isinstance(outcome, Waiting):
            return proposal_texts.compose_waiting(outcome.proposal_id, words)
        self._place.embed(ids)
        if not outcome.count:
            return compose_sentence(words.say("Nothing of it is left to publish."))
        return compose_sentence(
            words.say("Statements published: {count}").format(count=outcome.count)
        )

    def _pending(self, key: str, after: int, words: Catalogue) -> Reply:
        """Show the proposal that waits longest, of those behind the number ``after``."""
        with self._acting(key) as session:
            waiting = approvals.list_waiting(session)
            rest = [each for each in waiting if each.id > after] or list(waiting)
            if not rest:
                return proposal_texts.compose_nothing_waiting(words)
            first = rest[0]
            by = roles.name_of(session, first.by)
            role = roles.role_of(session, key, self._place.first_admins)
        console = self._place.console_url
        pending = proposal_texts.Pending(
            first,
            by,
            foreseen=self._sessions.read(approvals.foresee, first.id),
            own=first.by == key,
            may=role in (Role.ADMIN, approvals.role_needed(first.act)),
            more=len(waiting) > 1,
            page=f"{console}/proposals/{first.id}" if console else None,
        )
        return proposal_texts.compose_proposal(pending, self._today(), words)

    def _approve(self, key: str, number: int, words: Catalogue) -> Reply:
        with self._acting(key) as session:
            act = approvals.load_proposal(session, number).act
            done = approvals.approve(session, number, key, self._place.policy)
            answer = act if isinstance(act, Answer) else None
            undoing = self._undoing(session, answer.cluster_id) if answer else None
        self._place.embed(done.statement_ids)
        text = words.say("It was approved and done.")
        if answer is None or undoing is None:
            return compose_sentence(text)
        return answer_confirmation.compose_held(text, answer.cluster_id, undoing, words)

    def _retract(self, key: str, argument: str, words: Catalogue) -> Reply:
        ref, _, reason = argument.partition(" ")
        reason = reason.strip()
        with self._acting(key) as session:
            if not reason:
                return compose_sentence(words.say("Write it like this: /retract REF reason"))
            count = curation.retract(session, curation.find(session, ref), key, reason)
        if not count:
            return compose_sentence(
                words.say("Nothing of {ref} is published.").format(ref=words.quote(ref))
            )
        text = words.say("Statements withdrawn: {count}. Whoever was shown them will be told.")
        return compose_sentence(text.format(count=count))

    def _stats(self, key: str, words: Catalogue) -> Reply:
        until = self._now()
        with self._acting(key) as session:
            found = trends.compute_trends(session, until - timedelta(days=STATS_DAYS), until)
        return statistics.figures(found, words)

    def _console(self, asker: Asker, key: str, words: Catalogue) -> Reply:
        with self._acting(key) as session:
            if self._place.console_url is None:
                return compose_sentence(
                    words.say("There is no console here; an admin sets CONSOLE_BIND.")
                )
            self._remember(session, asker, key)
            token = sign_in.issue_link(session, key, self._now())
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
        number = _number(given)
        with self._acting(key, Role.ADMIN) as session:
            if number is None or role not in _ROLES or not name:
                usage = words.say("Write it like this: /grant ID moderator NAME, or admin.")
                return compose_sentence(usage)
            roles.grant(session, self._place.key_of(number), _ROLES[role], name, key)
        done = words.say("{name} may now use the commands of moderators; /start shows them.")
        return compose_sentence(done.format(name=words.quote(name)))

    def _revoke(self, key: str, argument: str, words: Catalogue) -> Reply:
        number = _number(argument.strip())
        with self._acting(key, Role.ADMIN) as session:
            if number is None:
                return compose_sentence(words.say("Write it like this: /revoke ID"))
            revoked = self._place.key_of(number)
            held = roles.revoke(session, revoked, key)
            sign_in.revoke_all(session, revoked, self._now())
            still = roles.role_of(session, revoked, self._place.first_admins) is not None
        if still:
            return compose_sentence(
                words.say("This is an admin by ADMIN_IDS: take the number out there.")
            )
        if not held:
            return compose_sentence(words.say("Nobody with this number holds a role."))
        return compose_sentence(words.say("The role is taken away, and every sign-in is ended."))


def _first_open(session: Session, after: str) -> Page[ClusterSummary]:
    return cluster_listing.list_clusters(
        session, Order.DEMAND, ClusterStatus.OPEN, after or None, 1
    )


def _require_open(session: Session, cluster_id: int) -> None:
    """Raise AlreadyHandled where another moderator was there first."""
    demand.hold(session)
    status = cluster_listing.resolve_merged_cluster(session, cluster_id).status
    if status in (ClusterStatus.ANSWERED, ClusterStatus.REJECTED):
        raise AlreadyHandled(f"cluster {cluster_id} is {status} already; reopen it first")


def _require_as_seen(session: Session, act: Answer, seen: int) -> None:
    """Raise AlreadyHandled or Stale where an answer is not to what was ``seen``."""
    _require_open(session, act.cluster_id)
    require_as_shown(session, {act.statement_id: seen})
    require_unchanged(session, SubjectKind.CLUSTER, act.cluster_id, seen)


def _number(text: str) -> int | None:
    """Return the number that a person or a button wrote, None if it is none a row could have."""
    if text.isascii() and text.isdecimal() and len(text) < 19:
        return int(text)
    return None


def _unpublished(session: Session, ids: Sequence[int]) -> list[int]:
    """Return those that a button would publish: nothing is done to the others."""
    waits = (StatementStatus.DRAFT, StatementStatus.REVIEWED)
    return [each.id for each in reports.load_by_ids(session, ids) if each.status in waits]


def _statements_of(session: Session, report_id: int) -> list[int]:
    return [each.id for each in curation.load_report(session, report_id).statements]
