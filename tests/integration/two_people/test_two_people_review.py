"""Reviews before a publication, and what the second person sees."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event, get_ident
from typing import Any

import pytest
from sqlalchemy import event, update

from bot.app import App
from bot.conversation.moderator_texts import action
from bot.conversation.proposal_texts import compose_proposal as pending_shown
from bot.conversation.reply import Asker
from bot.conversation.translations import Language, load_catalogue
from bot.telegram.outgoing.rendering import render
from embeddings.encoders.encoder import Encoder
from knowledge import approvals, curation
from knowledge.accounts import roles
from knowledge.approvals import Applied, NextProposal, Policy, Waiting
from knowledge.claim_queue import verdicts
from knowledge.corpus import reports, sources
from knowledge.curation import ReportEdit, StatementEdit
from knowledge.domain import (
    FeedKind,
    Rating,
    Relation,
    ReportDraft,
    Span,
    StatementDraft,
    StatementStatus,
    now,
)
from knowledge.errors import (
    CannotUndo,
    KnowledgeError,
    TwoPeopleNeeded,
)
from knowledge.ingestion import feed_polling
from knowledge.models import Statement
from knowledge.storage import audit_log
from knowledge.storage.database import Sessions
from knowledge.storage.schema import upgrade
from tests.integration.console import SECRET, Console, console_on, key_of
from tests.integration.moderation import last_entry, statuses, stored, with_body
from tests.integration.two_people.cases import (
    AMAL,
    BASIL,
    CARLA,
    CASES,
    PUBLISHER,
    STRICT,
    World,
    furnish,
    hire,
    told,
)
from tests.integration.two_people.ways import (
    RATING,
    TODAY,
    InTelegram,
    Opened,
    approve,
    propose,
    read,
    report_of,
    sent,
    shown,
    submit,
)


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
            report = curation.load_statement(session, draft).report_id
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
            version = curation.load_statement(session, draft).version
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
            report = curation.load_report(
                session, curation.load_statement(session, draft).report_id
            )
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
            assert verdicts.load_verdicts(session, "the tower is 80 metres high") == {}

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
            report_of(sessions, stored_ids[0]), ReportEdit("Rivers", PUBLISHER), 1
        )
        submit(sessions, edit)
        with sessions.begin() as session:
            feed = feed_polling.lease(session, world.paused, now())
            assert feed is not None
            kept = feed_polling.keep(session, feed, "k", [draft], now())
        assert kept.published == 0
        assert statuses(sessions, stored_ids) == [StatementStatus.DRAFT]


class TestForeseen:
    @pytest.mark.parametrize("name", CASES)
    def test_what_would_come_of_it_is_what_comes_of_it(
        self, sessions: Sessions, world: World, name: str
    ) -> None:
        number, before = propose(sessions, CASES[name].act(world)), told(sessions)
        foreseen = sessions.read(approvals.foresee, number)
        assert foreseen.problem is None
        assert told(sessions) == before
        approve(sessions, number)
        with sessions() as session:
            later = reports.load_latest(session, None, 100)
            entries = audit_log.list_entries(session).items
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
        assert isinstance(sessions.read(approvals.foresee, number).problem, KnowledgeError)


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
            body = curation.load_report(session, stored_report.report_id).body
        edit = ReportEdit("Not so", language="en", body=body)
        submit(sessions, approvals.EditReport(stored_report.report_id, edit, 1))
        answer = carla.send("/statements/review", **{"id": number, f"seen-{number}": seen})
        assert answer.status_code == 409
        assert statuses(sessions, [number]) == [StatementStatus.DRAFT]


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
        report = report_of(sessions, number)
        engine = sessions.engine
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
        pressed = action("no", world.open, world.checked, shown(sessions))
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
        report = report_of(sessions, numbers[0])
        number = propose(
            sessions,
            approvals.EditReport(report, ReportEdit("Another", url="https://x.example/"), 1),
        )
        with sessions.begin() as session:
            proposed = approvals.load_proposal(session, number)
        foreseen = sessions.read(approvals.foresee, number)
        pending = NextProposal(proposed, "Amal", foreseen, own=False, may=True, more=False)
        reply = pending_shown(pending, page, TODAY, load_catalogue(Language.ENGLISH))
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
            proposed = approvals.load_proposal(session, number)
        foreseen = sessions.read(approvals.foresee, number)
        pending = NextProposal(proposed, "Amal", foreseen, own=False, may=True, more=False)
        text = read(pending_shown(pending, "https://c", TODAY, load_catalogue(Language.ARABIC)))
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
            curation.review(session, [draft], audit_log.COMMAND_LINE)
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
        monkeypatch.setattr("embeddings.encoders.encoder.open_encoder", lambda *_: fake_encoder)
        app = App(lambda _: None)
        upgrade(app.database.engine)
        world, here = furnish(app.sessions), Asker(0, "en")
        before = told(app.sessions)
        talk = app.conversation("terminal", on_this_machine=True)
        pressed = action("no", world.open, world.checked, shown(app.sessions))
        assert "is answered" in read(sent(talk, here, talk.press(here, pressed)))
        assert told(app.sessions) != before
        assert last_entry(app.sessions).actor == audit_log.COMMAND_LINE
        app.database.engine.dispose()
