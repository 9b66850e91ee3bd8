"""The rule of two people, in every channel: one alone changes nothing that people are told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from threading import Event, get_ident
from typing import Any, Protocol

import pytest
from sqlalchemy import event, select, update

from bot.app import App
from bot.conversation.catalogue import Language, catalogue
from bot.conversation.conversation import Conversation
from bot.conversation.moderation import Moderation, Place
from bot.conversation.moderators import action
from bot.conversation.proposals import Pending
from bot.conversation.proposals import pending as pending_shown
from bot.conversation.reply import Asker, Reply
from bot.telegram.render import render
from embeddings.encoder import Encoder
from knowledge import (
    approvals,
    audit,
    curation,
    notifications,
    personal,
    polling,
    reports,
    roles,
    sources,
    verdicts,
)
from knowledge.agreement.rules import RuleJudge
from knowledge.answering import Answering
from knowledge.approvals import Act, Applied, Policy, Waiting
from knowledge.curation import ReportEdit, StatementEdit
from knowledge.database import Sessions
from knowledge.domain import Outcome, Rating, Relation, ReportDraft, Span, StatementDraft
from knowledge.errors import (
    CannotDecide,
    CannotUndo,
    DecisionProblem,
    KnowledgeError,
    NotAllowed,
    NotFound,
    Stale,
    TwoPeopleNeeded,
)
from knowledge.inbox import handling
from knowledge.indexing import ServingIndex
from knowledge.models import (
    AuditEntry,
    Claim,
    FeedKind,
    Proposal,
    ProposalState,
    Role,
    Statement,
    StatementStatus,
    SubjectKind,
)
from knowledge.models.base import now
from knowledge.schema import upgrade
from tests.integration.console import SECRET, Clock, Console, console_on, key_of
from tests.integration.moderation import last_entry, statuses, stored, with_body
from tests.integration.two_people import (
    AMAL,
    ANSWERED,
    ASKED,
    BASIL,
    CARLA,
    CASES,
    CHECKED,
    LOOSE,
    PUBLISHER,
    STRICT,
    Case,
    World,
    furnish,
    hire,
    said,
    told,
)

TODAY = date(2030, 5, 1)
RATING = approvals.EditStatement(
    1, StatementEdit(CHECKED, rating=Rating.TRUE, rating_text="True"), 1
)


class Channel(Protocol):
    """A way in: a moderator does a case in it, and decides what another proposed."""

    def does(self, moderator: int, case: Case, world: World) -> None: ...

    def approves(self, moderator: int, number: int) -> str:
        """Try to approve a proposal; returns what is read."""


@dataclass
class Service:
    sessions: Sessions
    two_people: bool

    def does(self, moderator: int, case: Case, world: World) -> None:
        policy = STRICT if self.two_people else LOOSE
        with self.sessions.begin() as session:
            approvals.submit(session, case.act(world), key_of(moderator), "because", policy)

    def approves(self, moderator: int, number: int) -> str:
        try:
            with self.sessions.begin() as session:
                approvals.approve(session, number, key_of(moderator), STRICT)
        except KnowledgeError as error:
            return str(error)
        return said("It was approved, and done.")


@dataclass
class InConsole:
    console: Console

    def does(self, moderator: int, case: Case, world: World) -> None:
        path, fields = case.console(world)
        browser = self.console.signed_in(moderator)
        answer = browser.send(path, **fields)
        assert answer.status_code == 303, answer.text

    def approves(self, moderator: int, number: int) -> str:
        browser = self.console.signed_in(moderator)
        assert browser.get(f"/proposals/{number}").status_code == 200
        answer = browser.send(f"/proposals/{number}/approve")
        return browser.told(answer) if answer.status_code == 303 else answer.text


@dataclass
class InTelegram:
    talk: Conversation
    service: Service

    def does(self, moderator: int, case: Case, world: World) -> None:
        if case.telegram is None:
            self.service.does(moderator, case, world)
            return
        pressed = f"{case.telegram(world)}:{shown(self.service.sessions)}"
        reply = self.talk.press(Asker(moderator, "en", str(moderator)), pressed)
        waits = "waits for a second person" in read(reply)
        assert waits == self.service.two_people

    def approves(self, moderator: int, number: int) -> str:
        asker = Asker(moderator, "en", str(moderator))
        shown = self.talk.command(asker, "pending", "")
        labels = [each.label for row in shown.buttons for each in row]
        assert ("✔ Approve" in labels) == (moderator != AMAL)
        return read(self.talk.press(asker, action("approve", number)))


def shown(sessions: Sessions) -> int:
    """Return what a button carries that is shown now."""
    with sessions() as session:
        return audit.newest(session)


def read(reply: Reply) -> str:
    return "\n".join(block.text for block in reply.blocks)


Opened = Callable[[str, bool], Channel]


@pytest.fixture
def opened(sessions: Sessions, fake_encoder: Encoder, tmp_path: Path) -> Opened:
    """Return what opens a channel by name, with the rule or without it."""

    def open_channel(name: str, two_people: bool) -> Channel:
        service = Service(sessions, two_people)
        if name == "service":
            return service
        if name == "console":
            return InConsole(console_on(sessions, fake_encoder, tmp_path, two_people=two_people))
        index = ServingIndex(sessions, fake_encoder, tmp_path / "index")
        answering = Answering(sessions, fake_encoder, index, RuleJudge())
        place = Place(
            secret=SECRET,
            key_of=key_of,
            first_admins=frozenset(),
            read_address=lambda _: [],
            embed=lambda _: None,
            two_people=two_people,
        )
        moderation = Moderation(sessions, answering, place, today=lambda: TODAY)
        talk = Conversation(sessions, answering, SECRET, "telegram", moderation=moderation)
        return InTelegram(talk, service)

    return open_channel


@pytest.fixture
def world(sessions: Sessions) -> World:
    return furnish(sessions)


def pending(sessions: Sessions) -> list[int]:
    with sessions() as session:
        waiting = select(Proposal.id).where(Proposal.state == ProposalState.PENDING)
        return list(session.scalars(waiting.order_by(Proposal.id)))


def submit(sessions: Sessions, act: Act, by: int = AMAL, reason: str = "why") -> Applied | Waiting:
    with sessions.begin() as session:
        return approvals.submit(session, act, key_of(by), reason, STRICT)


def propose(sessions: Sessions, act: Act, by: int = AMAL) -> int:
    outcome = submit(sessions, act, by)
    assert isinstance(outcome, Waiting)
    return outcome.proposal_id


def approve(sessions: Sessions, number: int, by: int = BASIL) -> Applied:
    with sessions.begin() as session:
        return approvals.approve(session, number, key_of(by), STRICT)


def state(sessions: Sessions, number: int) -> ProposalState:
    with sessions() as session:
        return session.get_one(Proposal, number).state


# Every channel ends in the same service, which both kinds of database are under.
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(
    ("engine", "channel"),
    [
        ("sqlite", "service"),
        ("sqlite", "console"),
        ("sqlite", "telegram"),
        ("postgresql", "service"),
    ],
    indirect=["engine"],
)
class TestEveryActInEveryChannel:
    def test_one_person_changes_nothing_and_a_second_one_does(
        self, sessions: Sessions, world: World, opened: Opened, channel: str, name: str
    ) -> None:
        way = opened(channel, True)
        before = told(sessions)
        way.does(AMAL, CASES[name], world)
        assert told(sessions) == before
        (number,) = pending(sessions)
        refused = way.approves(AMAL, number).lower()
        assert "another person approves" in refused
        assert told(sessions) == before
        assert "approved, and done" in way.approves(BASIL, number)
        assert told(sessions) != before
        assert pending(sessions) == []

    def test_without_the_rule_one_does(
        self, sessions: Sessions, world: World, opened: Opened, channel: str, name: str
    ) -> None:
        before = told(sessions)
        opened(channel, False).does(AMAL, CASES[name], world)
        assert told(sessions) != before
        with sessions() as session:
            assert session.scalars(select(Proposal)).all() == []


class TestWhatPeopleRead:
    @pytest.fixture
    def answering(self, sessions: Sessions, fake_encoder: Encoder, tmp_path: Path) -> Answering:
        index = ServingIndex(sessions, fake_encoder, tmp_path / "index")
        return Answering(sessions, fake_encoder, index, RuleJudge())

    def test_the_old_version_is_served_until_it_is_approved(
        self, sessions: Sessions, world: World, answering: Answering
    ) -> None:
        rating = approvals.EditStatement(
            world.checked, StatementEdit(CHECKED, rating=Rating.TRUE, rating_text="True"), 1
        )
        assert answering.answer(CHECKED).outcome is Outcome.REFUTED
        number = propose(sessions, rating)
        answer = answering.answer(CHECKED)
        assert answer.outcome is Outcome.REFUTED
        assert answer.matches[0].statement.rating_text == "False"
        approve(sessions, number)
        answer = answering.answer(CHECKED)
        assert answer.outcome is Outcome.SUPPORTED
        assert answer.matches[0].statement.rating_text == "True"

    def test_a_verdict_is_given_out_once_it_is_approved(
        self, sessions: Sessions, world: World, answering: Answering
    ) -> None:
        claim = "the tower is 80 metres high"
        number = propose(sessions, approvals.Attach(world.open, world.checked, Relation.SUPPORTS))
        with sessions() as session:
            assert verdicts.of(session, claim) == {}
        approve(sessions, number)
        assert answering.answer(claim).outcome is Outcome.SUPPORTED

    def test_nobody_is_told_before_it_is_approved(self, sessions: Sessions, world: World) -> None:
        number = propose(sessions, approvals.Answer(world.open, world.checked, Relation.REFUTES))
        with sessions() as session:
            assert notifications.due(session, now()) == []
        assert approve(sessions, number).count == 2
        with sessions() as session:
            assert len(notifications.due(session, now())) == 2


class TestWhoDecides:
    def test_the_audit_names_both(self, sessions: Sessions, world: World) -> None:
        number = propose(sessions, RATING)
        approve(sessions, number)
        with sessions() as session:
            done = audit.latest(session, SubjectKind.STATEMENT, world.checked)
            acts = audit.entries(session, SubjectKind.PROPOSAL, number).items
        assert done is not None
        assert (done.actor, done.approved_by) == (key_of(AMAL), key_of(BASIL))
        assert (done.action, done.reason) == ("edited", "why")
        assert [(each.actor, each.action) for each in acts] == [
            (key_of(BASIL), "approved"),
            (key_of(AMAL), "proposed"),
        ]

    def test_what_is_declined_stays_as_it_was(self, sessions: Sessions, world: World) -> None:
        number, before = propose(sessions, RATING), told(sessions)
        with sessions.begin() as session, pytest.raises(CannotDecide, match="withdraw"):
            approvals.decline(session, number, key_of(AMAL), "no", STRICT)
        with sessions.begin() as session:
            approvals.decline(session, number, key_of(BASIL), "not so", STRICT)
        assert told(sessions) == before
        assert state(sessions, number) is ProposalState.DECLINED
        entry = last_entry(sessions)
        assert (entry.actor, entry.action, entry.reason) == (key_of(BASIL), "declined", "not so")
        for decide in (approve, lambda s, n: approve(s, n, CARLA)):
            with pytest.raises(CannotDecide, match="declined already"):
                decide(sessions, number)

    def test_only_who_proposed_it_withdraws_it(self, sessions: Sessions, world: World) -> None:
        number = propose(sessions, RATING)
        with sessions.begin() as session, pytest.raises(CannotDecide) as refused:
            approvals.withdraw(session, number, key_of(BASIL))
        assert refused.value.problem is DecisionProblem.NOT_OWN
        with sessions.begin() as session:
            approvals.withdraw(session, number, key_of(AMAL))
        assert state(sessions, number) is ProposalState.WITHDRAWN

    def test_who_lost_the_role_neither_approves_nor_is_approved(
        self, sessions: Sessions, world: World
    ) -> None:
        number, before = propose(sessions, RATING), told(sessions)
        with sessions.begin() as session:
            roles.revoke(session, key_of(BASIL), "command line")
        with pytest.raises(NotAllowed):
            approve(sessions, number)
        with sessions.begin() as session:
            roles.revoke(session, key_of(AMAL), "command line")
        with pytest.raises(CannotDecide) as refused:
            approve(sessions, number, CARLA)
        assert refused.value.problem is DecisionProblem.PROPOSER_LEFT
        assert told(sessions) == before

    @pytest.mark.parametrize("policy", [STRICT, LOOSE], ids=["two", "one"])
    def test_who_holds_no_role_proposes_nothing(
        self, sessions: Sessions, world: World, policy: Policy
    ) -> None:
        before = told(sessions)
        with sessions.begin() as session:
            with pytest.raises(NotAllowed):
                approvals.submit(session, RATING, key_of(99), None, policy)
            roles.grant(session, key_of(AMAL), Role.MODERATOR, "Amal", "command line")
            trust = approvals.TrustSource(world.source)
            with pytest.raises(NotAllowed):
                approvals.submit(session, trust, key_of(AMAL), None, policy)
        assert told(sessions) == before
        assert pending(sessions) == []

    def test_a_publisher_is_trusted_by_two_admins(self, sessions: Sessions, world: World) -> None:
        number = propose(sessions, approvals.TrustSource(world.source))
        with sessions.begin() as session:
            roles.grant(session, key_of(BASIL), Role.MODERATOR, "Basil", "command line")
        with pytest.raises(NotAllowed):
            approve(sessions, number)
        approve(sessions, number, CARLA)

    def test_nothing_has_a_number_that_was_never_given(self, sessions: Sessions) -> None:
        with pytest.raises(NotFound):
            approve(sessions, 404)

    def test_an_entry_about_a_proposal_is_not_taken_back(
        self, sessions: Sessions, world: World
    ) -> None:
        propose(sessions, RATING)
        entry = last_entry(sessions).id
        with pytest.raises(CannotUndo):
            submit(sessions, approvals.Undo(entry))

    def test_the_same_twice_waits_once(self, sessions: Sessions, world: World) -> None:
        assert propose(sessions, RATING) == propose(sessions, RATING, BASIL)
        assert len(pending(sessions)) == 1

    def test_what_somebody_proposed_and_decided_is_in_their_document(
        self, sessions: Sessions, world: World
    ) -> None:
        approve(sessions, propose(sessions, RATING))
        with sessions() as session:
            mine = personal.export(session, key_of(AMAL), SECRET).document.decode()
            theirs = personal.export(session, key_of(BASIL), SECRET).document.decode()
        assert '"kind": "edit_statement"' in mine
        assert '"decided_by_you": true' in theirs
        assert '"approved_by_you": true' in theirs


class TestMeanwhile:
    def test_of_two_proposals_on_one_thing_one_is_approved(
        self, sessions: Sessions, world: World
    ) -> None:
        edit = approvals.EditStatement(world.checked, StatementEdit("the tower is low"), 1)
        first, second = propose(sessions, RATING), propose(sessions, edit, CARLA)
        approve(sessions, first)
        with pytest.raises(Stale, match="edited by Amal"):
            approve(sessions, second)
        with sessions.begin() as session:
            assert approvals.waiting(session) == ()
        assert state(sessions, second) is ProposalState.OVERTAKEN

    @pytest.mark.parametrize("name", ["rating", "report", "answer", "attach", "merge", "split"])
    def test_what_was_retracted_meanwhile_is_not_approved(
        self, sessions: Sessions, world: World, name: str
    ) -> None:
        number = propose(sessions, CASES[name].act(world))
        with sessions.begin() as session:
            ids = [world.checked, *world.same, world.whole]
            curation.retract(session, ids, key_of(CARLA), "wrong")
        before = told(sessions)
        if name == "report":
            # A report's words may be mended whatever is served of it; nobody is told.
            approve(sessions, number)
        else:
            with pytest.raises(Stale, match="retracted by Carla"):
                approve(sessions, number)
        assert told(sessions) == before

    def test_an_edit_of_the_report_overtakes_what_is_shown_with_it(
        self, sessions: Sessions, world: World
    ) -> None:
        number = propose(sessions, RATING)
        with sessions.begin() as session:
            edit = ReportEdit("Another title", "The Checkers")
            curation.edit_report(session, world.checked_report, edit, "command line", None, 1)
        with pytest.raises(Stale):
            approve(sessions, number)

    def test_claims_that_were_moved_in_are_not_answered_with_it(
        self, sessions: Sessions, world: World
    ) -> None:
        number = propose(sessions, approvals.Answer(world.open, world.checked, Relation.SUPPORTS))
        with sessions.begin() as session:
            handling.merge_clusters(session, world.open, [world.answered], key_of(AMAL))
        with pytest.raises(Stale):
            approve(sessions, number)

    def test_a_cluster_that_was_split_meanwhile_is_not_answered(
        self, sessions: Sessions, world: World
    ) -> None:
        number = propose(sessions, approvals.Answer(world.open, world.checked, Relation.SUPPORTS))
        with sessions() as session:
            claim = session.scalars(select(Claim.id).where(Claim.cluster_id == world.open)).first()
        assert claim is not None
        submit(sessions, approvals.SplitCluster(world.open, (claim,)))
        with pytest.raises(Stale, match="split by Amal"):
            approve(sessions, number)

    def test_what_people_asked_is_not_kept_with_it(self, sessions: Sessions, world: World) -> None:
        for case in CASES.values():
            propose(sessions, case.act(world))
        with sessions() as session:
            rows = [(row.act, row.basis) for row in session.scalars(select(Proposal))]
        assert not [text for text in (*ASKED, *ANSWERED) if text in str(rows)]

    def test_claims_that_joined_by_themselves_are(self, sessions: Sessions, world: World) -> None:
        number = propose(sessions, approvals.Answer(world.open, world.checked, Relation.SUPPORTS))
        text = "the tower is 80 metres high, they say"
        with sessions.begin() as session:
            session.add(Claim(key="k", text=text, language="en", cluster_id=world.open))
        approve(sessions, number)
        with sessions() as session:
            rows = session.scalars(select(AuditEntry).where(AuditEntry.action == "attached"))
            assert len([each for each in rows if each.approved_by]) == 3

    def test_a_feed_that_came_meanwhile_is_not_trusted_unseen(
        self, sessions: Sessions, world: World
    ) -> None:
        number = propose(sessions, approvals.TrustSource(world.source))
        feed = approvals.AddFeed("Another", "https://evil.example/x", FeedKind.SYNDICATION, 60)
        assert isinstance(submit(sessions, feed), Applied)
        with pytest.raises(Stale):
            approve(sessions, number)

    def test_two_approvals_at_once_apply_once(self, sessions: Sessions, world: World) -> None:
        number = propose(sessions, approvals.Answer(world.open, world.checked, Relation.SUPPORTS))

        def approving(by: int) -> str:
            try:
                return str(approve(sessions, number, by).count)
            except CannotDecide as error:
                return error.problem.value

        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(approving, (BASIL, CARLA)))
        assert sorted(outcomes) == ["2", "decided"]
        with sessions() as session:
            answered = select(AuditEntry).where(AuditEntry.action == "answered")
            assert len(session.scalars(answered).all()) == 1

    def test_an_approval_and_a_retraction_at_once_leave_it_retracted(
        self, sessions: Sessions, world: World
    ) -> None:
        number = propose(sessions, RATING)
        with ThreadPoolExecutor(1) as pool:
            with sessions.begin() as session:
                curation.retract(session, [world.checked], key_of(CARLA), "wrong")
                late = pool.submit(approve, sessions, number)
            with pytest.raises(Stale):
                late.result()
        assert statuses(sessions, [world.checked]) == [StatementStatus.RETRACTED]

    def test_a_role_that_is_taken_while_its_holder_is_approved_ends_it(
        self, sessions: Sessions, world: World
    ) -> None:
        number = propose(sessions, RATING)
        with ThreadPoolExecutor(1) as pool:
            with sessions.begin() as session:
                roles.revoke(session, key_of(AMAL), "command line")
                late = pool.submit(approve, sessions, number)
            with pytest.raises(CannotDecide):
                late.result()

    def test_what_is_published_while_it_is_edited_waits(self, sessions: Sessions) -> None:
        """Whether it is served is asked with the statement in hand."""
        furnish(sessions)
        (draft,) = stored(sessions, "a draft")
        edit = approvals.EditStatement(draft, StatementEdit("another draft"), 1)
        with ThreadPoolExecutor(1) as pool:
            with sessions.begin() as session:
                curation.publish(session, [draft], "command line")
                late = pool.submit(submit, sessions, edit)
            assert isinstance(late.result(), Waiting)


class TestWhatNeedsOne:
    def test_withdrawing_never_waits(self, sessions: Sessions, world: World) -> None:
        with sessions.begin() as session:
            assert curation.retract(session, [world.checked], key_of(AMAL), "wrong") == 1
        publication = _published_by(sessions, world.whole)
        assert isinstance(submit(sessions, approvals.Undo(publication)), Applied)
        assert statuses(sessions, [world.whole]) == [StatementStatus.DRAFT]
        # Taking that back serves it again.
        assert isinstance(submit(sessions, approvals.Undo(last_entry(sessions).id)), Waiting)

    def test_drafts_are_worked_on_at_once(self, sessions: Sessions, world: World) -> None:
        one, two = stored(sessions, "first and second", "third", ref="d")
        edit = approvals.EditStatement(two, StatementEdit("fourth"), 1)
        assert isinstance(submit(sessions, edit), Applied)
        split = approvals.SplitStatement(one, (Span(0, 5), Span(6, 16)))
        assert isinstance(submit(sessions, split), Applied)
        with sessions() as session:
            report = curation.statement(session, one).report_id
        renamed = approvals.EditReport(report, ReportEdit("New"), 1)
        assert isinstance(submit(sessions, renamed), Applied)
        with sessions.begin() as session:
            curation.recheck(session, world.checked, TODAY, key_of(AMAL))
        assert isinstance(submit(sessions, approvals.Undo(last_entry(sessions).id)), Applied)

    def test_clusters_that_nothing_was_said_of_are_split_at_once(
        self, sessions: Sessions, world: World
    ) -> None:
        with sessions() as session:
            claim = session.scalars(select(Claim.id).where(Claim.cluster_id == world.open)).first()
        assert claim is not None
        assert isinstance(submit(sessions, approvals.SplitCluster(world.open, (claim,))), Applied)

    def test_feeds_of_publishers_that_are_not_trusted(
        self, sessions: Sessions, world: World
    ) -> None:
        feed = approvals.AddFeed("New", "https://new.example/feed", FeedKind.SYNDICATION, 60)
        outcome = submit(sessions, feed)
        assert isinstance(outcome, Applied)
        with sessions.begin() as session:
            sources.pause(session, outcome.count, key_of(AMAL))
        assert isinstance(submit(sessions, approvals.ResumeFeed(outcome.count)), Applied)


class TestReviews:
    """What another person reviewed is what one publishes, and nothing else."""

    def publish(self, sessions: Sessions, number: int) -> None:
        with pytest.raises(TwoPeopleNeeded):
            submit(sessions, approvals.Publish((number,)))
        assert statuses(sessions, [number]) != [StatementStatus.PUBLISHED]

    def reviewed(self, sessions: Sessions, number: int, by: int = BASIL) -> int:
        with sessions.begin() as session:
            assert curation.review(session, [number], key_of(by)) == 1
        return last_entry(sessions).id

    @pytest.fixture
    def draft(self, sessions: Sessions) -> int:
        hire(sessions)
        (number,) = stored(sessions, "the first and the second text")
        return number

    def test_it_is_published_by_another_at_once(self, sessions: Sessions, draft: int) -> None:
        self.reviewed(sessions, draft)
        assert submit(sessions, approvals.Publish((draft,))) == Applied(1, (draft,))

    def test_it_is_not_published_by_who_reviewed_it(self, sessions: Sessions, draft: int) -> None:
        self.reviewed(sessions, draft, AMAL)
        self.publish(sessions, draft)

    @pytest.mark.parametrize(
        "changed",
        [
            ReportEdit("Another title"),
            ReportEdit("report r", publisher="Another"),
            ReportEdit("report r", url="https://another.example/"),
            ReportEdit("report r", published_at=TODAY),
            ReportEdit("report r", body="the first and the second text, and a third"),
        ],
        ids=["title", "publisher", "address", "date", "body"],
    )
    def test_an_edit_of_its_report_voids_it(
        self, sessions: Sessions, draft: int, changed: ReportEdit
    ) -> None:
        self.reviewed(sessions, draft)
        with sessions() as session:
            report = curation.statement(session, draft).report_id
        submit(sessions, approvals.EditReport(report, changed, 1))
        self.publish(sessions, draft)
        assert statuses(sessions, [draft]) == [StatementStatus.DRAFT]
        with pytest.raises(CannotUndo, match="review the statement again"):
            submit(sessions, approvals.Undo(last_entry(sessions).id))

    def test_an_edit_that_is_taken_back_voids_it(self, sessions: Sessions, draft: int) -> None:
        submit(sessions, approvals.EditStatement(draft, StatementEdit("other words"), 1))
        edit = last_entry(sessions).id
        self.reviewed(sessions, draft)
        submit(sessions, approvals.Undo(edit))
        self.publish(sessions, draft)

    def test_it_is_not_given_back_over_other_words(self, sessions: Sessions, draft: int) -> None:
        submit(sessions, approvals.Undo(self.reviewed(sessions, draft)))
        unreviewed = last_entry(sessions).id
        with sessions() as session:
            version = curation.statement(session, draft).version
        submit(sessions, approvals.EditStatement(draft, StatementEdit("other words"), version))
        with pytest.raises(CannotUndo):
            submit(sessions, approvals.Undo(unreviewed))
        self.publish(sessions, draft)

    def test_what_was_put_away_comes_back_as_a_draft(self, sessions: Sessions, draft: int) -> None:
        self.reviewed(sessions, draft)
        with sessions.begin() as session:
            curation.discard(session, [draft], key_of(AMAL), "no")
        submit(sessions, approvals.Undo(last_entry(sessions).id))
        self.publish(sessions, draft)

    def test_a_part_of_it_was_not_reviewed(self, sessions: Sessions, draft: int) -> None:
        self.reviewed(sessions, draft)
        submit(sessions, approvals.SplitStatement(draft, (Span(4, 9), Span(18, 29))))
        with sessions() as session:
            report = curation.report(session, curation.statement(session, draft).report_id)
        parts = [each.id for each in report.statements if each.id != draft]
        assert len(parts) == 2
        for part in parts:
            self.publish(sessions, part)

    def test_one_that_nobody_gave_is_none(self, sessions: Sessions, draft: int) -> None:
        with sessions.begin() as session:
            reviewed = {"status": StatementStatus.REVIEWED, "reviewed_by": None}
            session.execute(update(Statement).where(Statement.id == draft).values(reviewed))
        self.publish(sessions, draft)

    def test_a_draft_with_a_verdict_of_one_person_answers_nothing_once_it_is_published(
        self, sessions: Sessions
    ) -> None:
        world = furnish(sessions)
        (draft,) = stored(sessions, "a draft")
        propose(sessions, approvals.Attach(world.open, draft, Relation.SUPPORTS))
        self.reviewed(sessions, draft)
        submit(sessions, approvals.Publish((draft,)))
        with sessions() as session:
            assert verdicts.of(session, "the tower is 80 metres high") == {}

    def test_an_answer_with_a_draft_needs_the_review_as_well(self, sessions: Sessions) -> None:
        world = furnish(sessions)
        (draft,) = stored(sessions, "a draft")
        act = approvals.Answer(world.open, draft, Relation.SUPPORTS)
        with pytest.raises(TwoPeopleNeeded):
            submit(sessions, act)
        self.reviewed(sessions, draft)
        number = propose(sessions, act)
        assert statuses(sessions, [draft]) == [StatementStatus.REVIEWED]
        approve(sessions, number, CARLA)
        assert statuses(sessions, [draft]) == [StatementStatus.PUBLISHED]

    def test_a_trusted_feed_publishes_nothing_that_a_moderator_put_in(
        self, sessions: Sessions
    ) -> None:
        """Who knows what a feed brings next could else choose what it states."""
        world = furnish(sessions)
        statements = (StatementDraft("the river rises", speaker="the mayor"),)
        draft = ReportDraft("Rivers", PUBLISHER, "https://times.example/1", statements=statements)
        with sessions.begin() as session:
            sources.resume(session, world.paused, now(), "command line")
            stored_ids = reports.store(session, draft).statement_ids
        edit = approvals.EditReport(
            _report_of(sessions, stored_ids[0]), ReportEdit("Rivers", PUBLISHER), 1
        )
        submit(sessions, edit)
        with sessions.begin() as session:
            feed = polling.take(session, world.paused, now())
            assert feed is not None
            kept = polling.keep(session, feed, "k", [draft], now())
        assert kept.published == 0
        assert statuses(sessions, stored_ids) == [StatementStatus.DRAFT]


class TestForeseen:
    @pytest.mark.parametrize("name", CASES)
    def test_what_would_come_of_it_is_what_comes_of_it(
        self, sessions: Sessions, world: World, name: str
    ) -> None:
        number, before = propose(sessions, CASES[name].act(world)), told(sessions)
        foreseen = approvals.foresee(sessions, number)
        assert foreseen.problem is None
        assert told(sessions) == before
        approve(sessions, number)
        with sessions() as session:
            later = reports.latest(session, None, 100)
            entries = audit.entries(session).items
        # What is made anew has another number then.
        made = [replace(each, id=0) for each in later]
        assert [each for each in foreseen.statements if replace(each.after, id=0) not in made] == []
        assert foreseen.entries
        done = {(each.action, each.subject) for each in entries if each.approved_by}
        assert {(each.action, each.subject) for each in foreseen.entries} == done

    def test_what_cannot_be_done_any_more_says_why(self, sessions: Sessions, world: World) -> None:
        number = propose(sessions, RATING)
        with sessions.begin() as session:
            curation.retract(session, [world.checked], key_of(CARLA), "wrong")
        assert isinstance(approvals.foresee(sessions, number).problem, KnowledgeError)


class TestPages:
    @pytest.fixture
    def console(self, sessions: Sessions, fake_encoder: Encoder, tmp_path: Path) -> Console:
        return console_on(sessions, fake_encoder, tmp_path, two_people=True)

    def test_what_waits_is_listed_marked_and_previewed(
        self, sessions: Sessions, world: World, console: Console
    ) -> None:
        number = propose(sessions, RATING)
        basil = console.signed_in(BASIL)
        assert "To approve <bdi>(1)</bdi>" in basil.get("/inbox").text
        for page in (
            "/proposals",
            f"/statements/{world.checked}",
            f"/reports/{world.checked_report}",
        ):
            assert f'href="/proposals/{number}"' in basil.get(page).text, page
        page = basil.get(f"/proposals/{number}").text
        assert '<del dir="auto">false</del>' in page
        assert '<ins dir="auto">true</ins>' in page
        assert "Their rating: “True”" in page
        assert f"/proposals/{number}/approve" in page
        assert f"/proposals/{number}/withdraw" not in page

    def test_ones_own_is_withdrawn_there(
        self, sessions: Sessions, world: World, console: Console
    ) -> None:
        number = propose(sessions, RATING)
        amal = console.signed_in(AMAL)
        page = amal.get(f"/proposals/{number}").text
        assert f"/proposals/{number}/approve" not in page
        assert "withdrawn" in amal.told(amal.send(f"/proposals/{number}/withdraw"))

    def test_it_is_declined_with_a_reason(
        self, sessions: Sessions, world: World, console: Console
    ) -> None:
        number = propose(sessions, RATING)
        basil = console.signed_in(BASIL)
        assert basil.send(f"/proposals/{number}/decline").status_code == 400
        page = basil.told(basil.send(f"/proposals/{number}/decline", reason="not so"))
        assert "It was declined" in page
        assert "not so" in page

    def test_every_case_is_shown_in_both_languages(
        self, sessions: Sessions, world: World, console: Console
    ) -> None:
        numbers = [propose(sessions, case.act(world)) for case in CASES.values()]
        for language in ("ar", "en", "fr"):
            basil = console.signed_in(BASIL, language)
            assert basil.get("/proposals").status_code == 200
            for number in numbers:
                assert basil.get(f"/proposals/{number}").status_code == 200, number

    def test_who_reviews_has_seen_what_they_review(
        self, sessions: Sessions, console: Console
    ) -> None:
        furnish(sessions)
        stored_report = with_body(sessions)
        number = stored_report.statement_ids[0]
        carla = console.signed_in(CARLA)
        page = carla.get(f"/statements/{number}").text
        seen = page.split(f'name="seen-{number}" value="')[1].split('"')[0]
        with sessions() as session:
            body = curation.report(session, stored_report.report_id).body
        edit = ReportEdit("Not so", language="en", body=body)
        submit(sessions, approvals.EditReport(stored_report.report_id, edit, 1))
        answer = carla.send("/statements/review", **{"id": number, f"seen-{number}": seen})
        assert answer.status_code == 409
        assert statuses(sessions, [number]) == [StatementStatus.DRAFT]


@pytest.mark.parametrize("asked_for", [True, False])
def test_the_setting_reaches_every_channel(
    fake_encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked_for: bool
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SECRET_KEY", SECRET.decode())
    monkeypatch.setenv("PUBLISH_NEEDS_TWO", str(asked_for).lower())
    monkeypatch.setattr("embeddings.encoder.open_encoder", lambda *_: fake_encoder)
    app = App(lambda _: None)
    upgrade(app.engine)
    world = furnish(app.sessions)
    before = told(app.sessions)
    console = Console(app.sessions, app.console, Clock(now()), "http://console.test")
    InConsole(console).does(AMAL, CASES["rating"], world)
    assert (told(app.sessions) == before) == asked_for
    before = told(app.sessions)
    asker = Asker(AMAL, "en", str(AMAL))
    pressed = action("yes", world.open, world.checked, shown(app.sessions))
    app.conversation("telegram").press(asker, pressed)
    assert (told(app.sessions) == before) == asked_for
    app.engine.dispose()


class TestInAChat:
    def test_what_waits_is_shown_with_what_would_be_read(
        self, sessions: Sessions, world: World, opened: Opened
    ) -> None:
        way = opened("telegram", True)
        assert isinstance(way, InTelegram)
        basil = Asker(BASIL, "en", str(BASIL))
        assert read(way.talk.command(basil, "pending", "")) == said(
            "Nothing waits for a second person."
        )
        first = propose(sessions, RATING)
        second = propose(sessions, approvals.TrustSource(world.source))
        reply = way.talk.command(basil, "pending", "")
        text = read(reply)
        assert f"number {first}" in text
        assert "Proposed by Amal" in text
        assert "Rating: false → true" in text
        assert "Their rating: “True”" in text
        following = next(
            each.action for row in reply.buttons for each in row if "Next" in each.label
        )
        assert following is not None
        assert f"number {second}" in read(way.talk.press(basil, following))
        assert "declined" in read(way.talk.press(basil, action("decline", first)))
        amal = Asker(AMAL, "en", str(AMAL))
        assert "withdrawn" in read(way.talk.press(amal, action("withdraw", second)))

    def test_it_is_no_command_for_the_public(
        self, sessions: Sessions, world: World, opened: Opened
    ) -> None:
        way = opened("telegram", True)
        assert isinstance(way, InTelegram)
        number = propose(sessions, RATING)
        stranger = Asker(99, "en", "99")
        assert way.talk.command(stranger, "pending", "") == way.talk.help(stranger)
        way.talk.press(stranger, action("approve", number))
        assert state(sessions, number) is ProposalState.PENDING


class TestASecondLook:
    """Nobody decides on what they did not see."""

    @pytest.fixture
    def console(self, sessions: Sessions, fake_encoder: Encoder, tmp_path: Path) -> Console:
        return console_on(sessions, fake_encoder, tmp_path, two_people=True)

    @pytest.mark.parametrize("act", ["review", "publish"])
    def test_what_is_edited_while_it_is_checked_is_not_taken_for_seen(
        self, sessions: Sessions, console: Console, act: str
    ) -> None:
        hire(sessions)
        (number,) = stored(sessions, "a draft")
        if act == "publish":
            with sessions.begin() as session:
                curation.review(session, [number], key_of(AMAL))
        carla = console.signed_in(CARLA)
        seen = shown(sessions)
        report = _report_of(sessions, number)
        engine = sessions.kw["bind"]
        here, wants_to_write = get_ident(), Event()

        def notice(_c: Any, _u: Any, statement: str, *_rest: Any) -> None:
            writes = statement.startswith(("UPDATE clusters", "UPDATE statements"))
            if get_ident() != here and (writes or "advisory" in statement):
                wants_to_write.set()

        event.listen(engine, "before_cursor_execute", notice)
        with ThreadPoolExecutor(1) as pool:
            with sessions.begin() as session:
                edit = approvals.EditReport(report, ReportEdit("Another title"), 1)
                approvals.submit(session, edit, key_of(AMAL), None, STRICT)
                fields = {"id": number, f"seen-{number}": seen}
                late = pool.submit(carla.send, f"/statements/{act}", **fields)
                assert wants_to_write.wait(60)
            assert late.result().status_code == 409
        event.remove(engine, "before_cursor_execute", notice)
        assert statuses(sessions, [number]) == [StatementStatus.DRAFT]

    def test_an_old_button_answers_nothing_with_other_words(
        self, sessions: Sessions, world: World, opened: Opened
    ) -> None:
        way = opened("telegram", False)
        assert isinstance(way, InTelegram)
        pressed = action("yes", world.open, world.checked, shown(sessions))
        edit = StatementEdit("the tower is low", rating=Rating.FALSE)
        with sessions.begin() as session:
            curation.edit_statement(session, world.checked, edit, key_of(AMAL), None, 1)
        before = told(sessions)
        reply = way.talk.press(Asker(BASIL, "en", str(BASIL)), pressed)
        assert "was changed since this was shown" in read(reply)
        assert told(sessions) == before

    @pytest.mark.parametrize("page", [None, "https://console.example.org"])
    def test_what_does_not_fit_a_message_is_approved_in_the_console(
        self, sessions: Sessions, world: World, page: str | None
    ) -> None:
        texts = [f"sentence {n} of a very long report, {'word ' * 60}" for n in range(12)]
        numbers = stored(sessions, *texts, ref="long")
        with sessions.begin() as session:
            curation.publish(session, numbers, "command line")
        report = _report_of(sessions, numbers[0])
        number = propose(
            sessions,
            approvals.EditReport(report, ReportEdit("Another", url="https://x.example/"), 1),
        )
        with sessions.begin() as session:
            proposed = approvals.proposal(session, number)
        foreseen = approvals.foresee(sessions, number)
        pending = Pending(proposed, "Amal", foreseen, own=False, may=True, more=False, page=page)
        reply = pending_shown(pending, TODAY, catalogue(Language.ENGLISH))
        labels = [each.label for row in reply.buttons for each in row]
        if page is None:
            assert "✔ Approve" in labels
            assert all(f"sentence {n} of" in read(reply) for n in range(12))
        else:
            assert "✔ Approve" not in labels
            assert "do not fit here: " in read(reply)
            assert page in [each.url for row in reply.buttons for each in row]
            assert len(render(reply)) == 1

    def test_all_changes_are_read_in_the_words_of_the_language(
        self, sessions: Sessions, world: World
    ) -> None:
        words = " ".join(f"word{n}" for n in range(150))
        edit = StatementEdit(f"{words} is so", rating=Rating.TRUE, rating_text="True")
        number = propose(sessions, approvals.EditStatement(world.checked, edit, 1))
        with sessions.begin() as session:
            proposed = approvals.proposal(session, number)
        foreseen = approvals.foresee(sessions, number)
        pending = Pending(
            proposed, "Amal", foreseen, own=False, may=True, more=False, page="https://c"
        )
        text = read(pending_shown(pending, TODAY, catalogue(Language.ARABIC)))
        assert "word149 is so" in text
        assert not [name for name in ("span_", "rating_text", "rating:", "text:") if name in text]

    def test_where_a_publisher_is_read_is_shown_to_who_trusts_it(
        self, sessions: Sessions, world: World, console: Console, opened: Opened
    ) -> None:
        home = "https://facebook.example/"
        feed = approvals.AddFeed("Another", "https://o2.example/", FeedKind.SYNDICATION, 60, home)
        assert isinstance(submit(sessions, feed), Applied)
        numbers = [propose(sessions, approvals.TrustSource(world.source))]
        feed = replace(feed, name=PUBLISHER, url="https://times.example/2")
        numbers.append(propose(sessions, feed))
        way = opened("telegram", True)
        assert isinstance(way, InTelegram)
        basil = Asker(BASIL, "en", str(BASIL))
        for number in numbers:
            page = console.signed_in(BASIL).get(f"/proposals/{number}").text
            chat = read(way.talk.press(basil, action("pending", number - 1)))
            assert home in page, number
            assert home in chat, number
            if number == numbers[0]:
                assert "https://o2.example/" in page
                assert "https://other.example/feed" in chat

    def test_who_lost_the_role_reviewed_nothing(self, sessions: Sessions) -> None:
        hire(sessions)
        (draft,) = stored(sessions, "a draft")
        with sessions.begin() as session:
            curation.review(session, [draft], key_of(BASIL))
            roles.revoke(session, key_of(BASIL), "command line")
        with pytest.raises(TwoPeopleNeeded) as refused:
            submit(sessions, approvals.Publish((draft,)))
        assert refused.value.reviewer_left
        assert statuses(sessions, [draft]) == [StatementStatus.REVIEWED]
        first = Policy(True, frozenset({key_of(BASIL)}))
        with sessions.begin() as session:
            done = approvals.submit(session, approvals.Publish((draft,)), key_of(AMAL), None, first)
        assert done == Applied(1, (draft,))

    def test_the_command_line_reviews_without_a_role(self, sessions: Sessions) -> None:
        hire(sessions)
        (draft,) = stored(sessions, "a draft")
        with sessions.begin() as session:
            curation.review(session, [draft], audit.COMMAND_LINE)
        assert isinstance(submit(sessions, approvals.Publish((draft,))), Applied)

    def test_drafts_are_made_one_at_once(self, sessions: Sessions, world: World) -> None:
        one, two = stored(sessions, "a draft", "a draft!")
        assert isinstance(submit(sessions, approvals.MergeStatements(one, (two,))), Applied)
        assert isinstance(submit(sessions, approvals.Undo(last_entry(sessions).id)), Applied)
        merge = approvals.MergeStatements(world.same[0], (one,))
        assert isinstance(submit(sessions, merge), Waiting)

    def test_a_chat_on_the_machine_itself_is_the_command_line(
        self, fake_encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DATA_DIR", str(tmp_path))
        monkeypatch.setenv("SECRET_KEY", SECRET.decode())
        monkeypatch.setenv("PUBLISH_NEEDS_TWO", "true")
        monkeypatch.setattr("embeddings.encoder.open_encoder", lambda *_: fake_encoder)
        app = App(lambda _: None)
        upgrade(app.engine)
        world, here = furnish(app.sessions), Asker(0, "en")
        before = told(app.sessions)
        talk = app.conversation("terminal", on_this_machine=True)
        pressed = action("yes", world.open, world.checked, shown(app.sessions))
        assert "is answered" in read(talk.press(here, pressed))
        assert told(app.sessions) != before
        assert last_entry(app.sessions).actor == audit.COMMAND_LINE
        app.engine.dispose()


def _published_by(sessions: Sessions, statement_id: int) -> int:
    with sessions() as session:
        return session.scalars(
            select(AuditEntry.id).where(
                AuditEntry.subject == SubjectKind.STATEMENT,
                AuditEntry.subject_id == str(statement_id),
                AuditEntry.action == "published",
            )
        ).one()


def _report_of(sessions: Sessions, statement_id: int) -> int:
    with sessions() as session:
        return curation.statement(session, statement_id).report_id
