"""The rule of two people, in every channel: one alone changes nothing that people are told."""

from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import App
from bot.conversation.moderator_texts import action
from bot.conversation.reply import Asker
from embeddings.encoders.encoder import Encoder
from knowledge import approvals, curation
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.approvals import Applied, Waiting
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.claim_queue import verdicts
from knowledge.corpus import sources
from knowledge.curation import ReportEdit, StatementEdit
from knowledge.curation.resolution import UNDO_FOR
from knowledge.domain import (
    FeedKind,
    NotificationKind,
    Outcome,
    ProposalState,
    Rating,
    Relation,
    Span,
    StatementStatus,
    SubjectKind,
    now,
)
from knowledge.index.serving_index import ServingIndex
from knowledge.models import Claim, Proposal
from knowledge.outbox import pending_notifications
from knowledge.storage import audit_log
from knowledge.storage.database import Sessions
from knowledge.storage.schema import upgrade
from tests.integration.console import SECRET, Clock, Console, key_of
from tests.integration.moderation import last_entry, statuses, stored
from tests.integration.two_people.cases import (
    AMAL,
    ASKED,
    BASIL,
    CASES,
    CHECKED,
    World,
    furnish,
    said,
    told,
)
from tests.integration.two_people.ways import (
    RATING,
    TODAY,
    InConsole,
    InTelegram,
    Opened,
    approve,
    pending,
    propose,
    published_by,
    read,
    sent,
    shown,
    state,
    submit,
)


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
        assert "your own proposal" in refused
        assert told(sessions) == before
        assert "approved and done" in way.approves(BASIL, number)
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
    def checker(self, sessions: Sessions, fake_encoder: Encoder, tmp_path: Path) -> ClaimChecker:
        index = ServingIndex(sessions, fake_encoder, tmp_path / "index")
        return ClaimChecker(sessions, fake_encoder, index, RuleJudge())

    def test_the_old_version_is_served_until_it_is_approved(
        self, sessions: Sessions, world: World, checker: ClaimChecker
    ) -> None:
        rating = approvals.EditStatement(
            world.checked, StatementEdit(CHECKED, rating=Rating.TRUE, rating_text="True"), 1
        )
        assert checker.answer(CHECKED).outcome is Outcome.REFUTED
        number = propose(sessions, rating)
        answer = checker.answer(CHECKED)
        assert answer.outcome is Outcome.REFUTED
        assert answer.matches[0].statement.rating_text == "False"
        approve(sessions, number)
        answer = checker.answer(CHECKED)
        assert answer.outcome is Outcome.SUPPORTED
        assert answer.matches[0].statement.rating_text == "True"

    def test_a_verdict_is_given_out_once_it_is_approved(
        self, sessions: Sessions, world: World, checker: ClaimChecker
    ) -> None:
        claim = "the tower is 80 metres high"
        number = propose(sessions, approvals.Attach(world.open, world.checked, Relation.REFUTES))
        with sessions() as session:
            assert verdicts.load_verdicts(session, claim) == {}
        approve(sessions, number)
        assert checker.answer(claim).outcome is Outcome.REFUTED

    def test_nobody_is_told_before_it_is_approved(self, sessions: Sessions, world: World) -> None:
        number = propose(sessions, approvals.Answer(world.open, world.checked, Relation.REFUTES))
        with sessions() as session:
            assert pending_notifications.list_due(session, now()) == []
        assert approve(sessions, number).count == 2
        with sessions() as session:
            assert pending_notifications.list_due(session, now()) == []
            assert len(pending_notifications.list_due(session, now() + UNDO_FOR)) == 2

    def test_nobody_hears_that_an_answer_is_taken_back_before_it_is_approved(
        self, sessions: Sessions, world: World
    ) -> None:
        number = propose(sessions, approvals.Answer(world.open, world.checked, Relation.REFUTES))
        approve(sessions, number)
        with sessions.begin() as session:
            for each in pending_notifications.list_due(session, now() + UNDO_FOR):
                assert pending_notifications.mark_sent(session, each.id)
            answered = audit_log.load_latest(session, SubjectKind.CLUSTER, world.open)
        assert answered is not None
        number = propose(sessions, approvals.Undo(answered.id))
        with sessions() as session:
            assert pending_notifications.list_due(session, now()) == []
            assert verdicts.load_verdicts(session, ASKED[0]) == {world.checked: Relation.REFUTES}
        approve(sessions, number)
        with sessions() as session:
            kinds = [each.kind for each in pending_notifications.list_due(session, now())]
            assert kinds == [NotificationKind.TAKEN_BACK] * 2
            assert verdicts.load_verdicts(session, ASKED[0]) == {}

    def test_who_approves_reads_what_those_will_read_who_were_told(
        self, sessions: Sessions, world: World, opened: Opened
    ) -> None:
        with sessions.begin() as session:
            pending_notifications.answer_cluster(
                session, world.open, world.checked, Relation.REFUTES, "command line"
            )
        number = propose(sessions, approvals.Undo(last_entry(sessions).id))
        console, telegram = opened("console", True), opened("telegram", True)
        assert isinstance(console, InConsole)
        assert isinstance(telegram, InTelegram)
        page = console.console.signed_in(BASIL).get(f"/proposals/{number}").text
        chat = read(telegram.talk.command(Asker(BASIL, "en", str(BASIL)), "pending", ""))
        for shown_there in (page, chat):
            assert "An answer I gave you was taken back" in shown_there
            assert "Your question is open again" in shown_there


class TestWhatNeedsOne:
    def test_withdrawing_never_waits(self, sessions: Sessions, world: World) -> None:
        with sessions.begin() as session:
            assert curation.retract(session, [world.checked], key_of(AMAL), "wrong") == 1
        publication = published_by(sessions, world.whole)
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
            report = curation.load_statement(session, one).report_id
        renamed = approvals.EditReport(report, ReportEdit("New"), 1)
        assert isinstance(submit(sessions, renamed), Applied)
        with sessions.begin() as session:
            curation.set_recheck_day(session, world.checked, TODAY, key_of(AMAL))
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


@pytest.mark.parametrize("asked_for", [True, False])
def test_the_setting_reaches_every_channel(
    fake_encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked_for: bool
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SECRET_KEY", SECRET.decode())
    monkeypatch.setenv("PUBLISH_NEEDS_TWO", str(asked_for).lower())
    monkeypatch.setattr("embeddings.encoders.encoder.open_encoder", lambda *_: fake_encoder)
    app = App(lambda _: None)
    upgrade(app.database.engine)
    world = furnish(app.sessions)
    before = told(app.sessions)
    console = Console(app.sessions, app.console, Clock(now()), "http://console.test")
    InConsole(console).does(AMAL, CASES["rating"], world)
    assert (told(app.sessions) == before) == asked_for
    before = told(app.sessions)
    asker = Asker(AMAL, "en", str(AMAL))
    pressed = action("no", world.open, world.checked, shown(app.sessions))
    talk = app.conversation("telegram")
    sent(talk, asker, talk.press(asker, pressed))
    assert (told(app.sessions) == before) == asked_for
    app.database.engine.dispose()


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
