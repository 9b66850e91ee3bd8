"""What people say about themselves and of answers: settings, feedback, their data, being told."""

import json
import logging
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.conversation.commands import describe_commands
from bot.conversation.conversation import Conversation
from bot.conversation.outbox import Outbox
from bot.conversation.reply import Asker, Reply
from bot.conversation.translations import Language
from embeddings.encoders.encoder import Encoder
from knowledge import curation
from knowledge.accounts import people
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.corpus import reports
from knowledge.domain import Feedback, NotificationKind, ReportDraft, StatementDraft, now
from knowledge.index.serving_index import ServingIndex
from knowledge.models import Base, Inquiry, Person, Report, Statement
from knowledge.outbox.pending_notifications import note_corrected
from knowledge.storage.database import Sessions

SECRET = b"the key of these tests"
NUMBER = 7_318_842_905
ALONE, IN_GROUP = Asker(NUMBER, "en", str(NUMBER)), Asker(NUMBER, "en")
STRANGER = Asker(NUMBER + 1, "en", str(NUMBER + 1))
BRIDGE = "250 cars crossed the new river bridge on its opening day"
UNKNOWN = "the price of wheat rose by a third in one night"
CORRECTED = NotificationKind.CORRECTED
GONE = "This button no longer works. Send the claim again."


@pytest.fixture
def talk(sessions: Sessions, fake_encoder: Encoder, tmp_path: Path) -> Conversation:
    with sessions.begin() as session:
        draft = ReportDraft("Bridge", "The Valley Post", statements=(StatementDraft(BRIDGE),))
        curation.publish(session, reports.store(session, draft).statement_ids, "test")
    index = ServingIndex(sessions, fake_encoder, tmp_path / "index")
    checker = ClaimChecker(sessions, fake_encoder, index, RuleJudge())
    return Conversation(sessions, checker, SECRET, "telegram", retention_days=30)


def said(reply: Reply) -> str:
    return "\n".join(block.text for block in reply.blocks)


def press(talk: Conversation, asker: Asker, reply: Reply, label: str) -> Reply:
    (action,) = [b.action for row in reply.buttons for b in row if label in b.label and b.action]
    return talk.press(asker, action)


def inquiry(sessions: Sessions) -> Inquiry:
    with sessions() as session:
        return session.scalars(select(Inquiry).order_by(Inquiry.id.desc()).limit(1)).one()


def address(sessions: Sessions) -> str | None:
    with sessions() as session:
        key = people.person_key(SECRET, "telegram", NUMBER)
        return people.address_of(session, key, SECRET)


class TestFeedback:
    @pytest.mark.parametrize(
        ("label", "kept"), [("👍", Feedback.USEFUL), ("👎", Feedback.NOT_USEFUL)]
    )
    def test_is_kept_with_what_the_answer_rests_on(
        self, sessions: Sessions, talk: Conversation, label: str, kept: Feedback
    ) -> None:
        answer = talk.claim(ALONE, BRIDGE)
        noted = press(talk, ALONE, answer, label)
        assert said(noted) == "Thank you, noted."
        (chosen,) = [b.label for r in noted.buttons for b in r if b.label.startswith("✓")]
        assert label in chosen
        row = inquiry(sessions)
        assert row.feedback is kept
        assert (row.encoder_fingerprint, row.judge_fingerprint) == (
            "bag-of-words",
            RuleJudge.fingerprint,
        )
        assert (row.assert_threshold, row.suggest_threshold) == (0.9, 0.6)

    def test_the_last_word_counts(self, sessions: Sessions, talk: Conversation) -> None:
        answer = talk.claim(ALONE, BRIDGE)
        press(talk, ALONE, answer, "👍")
        press(talk, ALONE, answer, "👎")
        assert inquiry(sessions).feedback is Feedback.NOT_USEFUL

    def test_is_only_the_askers_to_give(self, sessions: Sessions, talk: Conversation) -> None:
        answer = talk.claim(ALONE, BRIDGE)
        for label in ("👍", "👎", "Not what I asked"):
            gone = press(talk, STRANGER, answer, label)
            assert (said(gone), gone.buttons) == (GONE, ())
        row = inquiry(sessions)
        assert (row.feedback, row.disputed) == (None, False)

    @pytest.mark.parametrize("forged", ["useful:", "useful:x", "useful:99", "tell:99", "quiet:0"])
    def test_a_forged_press_changes_nothing(
        self, sessions: Sessions, talk: Conversation, forged: str
    ) -> None:
        assert said(talk.press(ALONE, forged)) == GONE
        with sessions() as session:
            assert session.scalars(select(Person)).all() == []


class TestBeingTold:
    def test_a_dispute_makes_the_person_wait(self, sessions: Sessions, talk: Conversation) -> None:
        answer = talk.claim(ALONE, BRIDGE)
        assert not inquiry(sessions).waiting
        assert "I will tell you here" in said(press(talk, ALONE, answer, "Not what I asked"))
        row = inquiry(sessions)
        assert (row.disputed, row.waiting) == (True, True)

    def test_a_dispute_in_a_group_promises_nothing(
        self, sessions: Sessions, talk: Conversation
    ) -> None:
        answer = talk.claim(IN_GROUP, BRIDGE)
        assert "tell you" not in said(press(talk, IN_GROUP, answer, "Not what I asked"))
        assert not inquiry(sessions).waiting

    def test_who_waits_may_stop_and_begin_again(
        self, sessions: Sessions, talk: Conversation
    ) -> None:
        answer = talk.claim(ALONE, UNKNOWN)
        assert inquiry(sessions).waiting
        stopped = press(talk, ALONE, answer, "🔕")
        assert "I will not tell you" in said(stopped)
        assert not inquiry(sessions).waiting
        # What is answered holds the opposite, to take the place of what was pressed.
        begun = press(talk, ALONE, stopped, "🔔")
        assert "I will tell you here" in said(begun)
        assert inquiry(sessions).waiting
        press(talk, ALONE, begun, "🔕")
        assert not inquiry(sessions).waiting

    def test_in_a_group_nobody_is_promised_anything(
        self, sessions: Sessions, talk: Conversation
    ) -> None:
        answer = talk.claim(IN_GROUP, UNKNOWN)
        assert "in a private chat" in said(press(talk, IN_GROUP, answer, "🔔"))
        assert not inquiry(sessions).waiting
        assert address(sessions) is None

    def test_notify_off_stops_it_all_and_forgets_the_address(
        self, sessions: Sessions, talk: Conversation
    ) -> None:
        talk.claim(ALONE, UNKNOWN)
        assert address(sessions) == str(NUMBER)
        assert said(talk.command(ALONE, "notify", "off")).startswith("🔕")
        assert address(sessions) is None
        assert not inquiry(sessions).waiting
        answer = talk.claim(ALONE, f"{UNKNOWN} again")
        assert "tell you" not in said(answer)
        assert address(sessions) is None
        assert not inquiry(sessions).waiting

    def test_notify_shows_how_it_stands_and_its_button_changes_it(self, talk: Conversation) -> None:
        shown = talk.command(ALONE, "notify", "")
        assert said(shown).startswith("🔔")
        off = press(talk, ALONE, shown, "🔕")
        assert said(off).startswith("🔕")
        assert said(press(talk, ALONE, off, "🔔")).startswith("🔔")
        assert said(talk.command(ALONE, "notify", "OFF")).startswith("🔕")
        assert said(talk.command(ALONE, "notify", "nonsense")).startswith("🔕")

    def test_asking_to_be_told_of_one_thing_takes_notify_off_back(
        self, sessions: Sessions, talk: Conversation
    ) -> None:
        talk.command(ALONE, "notify", "off")
        answer = talk.claim(ALONE, UNKNOWN)
        press(talk, ALONE, answer, "🔔")
        assert address(sessions) == str(NUMBER)
        assert said(talk.command(ALONE, "notify", "")).startswith("🔔")


class TestCalendar:
    def test_is_chosen_beside_the_language_and_outlives_it(self, talk: Conversation) -> None:
        arab = Asker(NUMBER, "ar", str(NUMBER))
        offer = talk.language(arab)
        assert [b.label for b in offer.buttons[0]] == ["✓ العربية", "English", "Français"]
        assert [b.label for b in offer.buttons[1]] == ["✓ فبراير", "شباط", "هجري"]
        assert said(press(talk, arab, offer, "هجري")) == "سأكتب التواريخ هكذا من الآن."
        press(talk, arab, talk.language(arab), "Français")
        assert [b.label for b in talk.language(arab).buttons[1]] == ["février", "✓ hégire"]

    @pytest.mark.parametrize("forged", ["cal:", "cal:julian", "cal:HIJRI", "notify:maybe"])
    def test_one_that_does_not_exist_cannot_be_chosen(
        self, talk: Conversation, forged: str
    ) -> None:
        assert said(talk.press(ALONE, forged)) == GONE

    def test_letters_are_dated_by_it(self, sessions: Sessions, talk: Conversation) -> None:
        talk.claim(ALONE, BRIDGE)
        talk.press(ALONE, "cal:hijri")
        with sessions.begin() as session:
            session.scalars(select(Report)).one().published_at = date(2019, 2, 7)
            note_corrected(session, [session.scalars(select(Statement.id)).one()], CORRECTED)
        letter = Outbox(sessions, SECRET).take()
        assert letter is not None
        assert "1 Jumada II 1440 AH, that is February 7, 2019" in said(letter.reply)


class TestOwnData:
    def test_is_handed_out_as_a_document(self, sessions: Sessions, talk: Conversation) -> None:
        talk.claim(ALONE, BRIDGE)
        talk.claim(ALONE, UNKNOWN)
        reply = talk.command(ALONE, "mydata", "")
        assert "There are 2 questions of yours" in said(reply)
        assert reply.document is not None
        held = json.loads(reply.document.content)
        assert [each["text"] for each in held["questions"]] == [BRIDGE, UNKNOWN]
        assert held["person"]["chat"] == str(NUMBER)
        assert "no question of yours" in said(talk.command(STRANGER, "mydata", ""))

    def test_is_erased_only_once_it_is_confirmed(
        self, sessions: Sessions, talk: Conversation
    ) -> None:
        talk.claim(ALONE, UNKNOWN)
        talk.press(ALONE, "lang:fr")
        talk.press(ALONE, "lang:en")
        asked = talk.command(ALONE, "forgetme", "")
        assert said(press(talk, ALONE, asked, "No")) == "Nothing was erased."
        assert inquiry(sessions).claim == UNKNOWN
        # A press is about who presses.
        press(talk, STRANGER, asked, "Yes")
        assert inquiry(sessions).claim == UNKNOWN
        assert said(press(talk, ALONE, asked, "Yes")).startswith("🗑 It is erased.")
        key = people.person_key(SECRET, "telegram", NUMBER)
        with sessions() as session:
            for table in Base.metadata.sorted_tables:
                held = " ".join(map(str, session.execute(select(table))))
                for trace in (key, UNKNOWN, str(NUMBER)):
                    assert trace not in held, table.name

    def test_an_old_answers_buttons_are_gone_with_it(self, talk: Conversation) -> None:
        answer = talk.claim(ALONE, UNKNOWN)
        talk.press(ALONE, "forget:yes")
        assert said(press(talk, ALONE, answer, "🔕")) == GONE

    def test_a_blocked_person_may_still_see_and_erase_it(
        self, sessions: Sessions, talk: Conversation
    ) -> None:
        talk.claim(ALONE, UNKNOWN)
        key = people.person_key(SECRET, "telegram", NUMBER)
        with sessions.begin() as session:
            people.block(session, key, now() + timedelta(days=1), "a moderator")
        assert talk.command(ALONE, "mydata", "").document is not None
        talk.press(ALONE, "forget:yes")
        assert inquiry(sessions).claim == ""
        assert "For now I do not answer you" in said(talk.claim(ALONE, UNKNOWN))


class TestWords:
    def test_privacy_says_what_is_kept_of_groups(self, talk: Conversation) -> None:
        kept = said(talk.command(ALONE, "privacy", ""))
        assert "looked at as it comes and its words are dropped at once" in kept

    def test_privacy_says_what_only_the_database_overwrites(
        self, talk: Conversation, sessions: Sessions
    ) -> None:
        server = sessions.engine.dialect.name == "postgresql"
        assert (
            "until the database itself overwrites" in said(talk.command(ALONE, "privacy", ""))
        ) is server

    def test_privacy_says_how_long_questions_are_kept(self, talk: Conversation) -> None:
        assert "for 30 days." in said(talk.command(ALONE, "privacy", ""))
        assert "30 يومًا" in said(talk.command(Asker(1, "ar"), "privacy", ""))
        assert "pendant 30 jours" in said(talk.command(Asker(1, "fr"), "privacy", ""))

    def test_about_says_what_is_searched(self, talk: Conversation) -> None:
        assert "I search 1 published statement of 1 source." in said(
            talk.command(ALONE, "about", "")
        )
        assert "أبحث في إفادة واحدة منشورة من مصدر واحد." in said(
            talk.command(Asker(1, "ar"), "about", "")
        )

    def test_check_is_a_claim_like_any_other(self, sessions: Sessions, talk: Conversation) -> None:
        assert said(talk.command(ALONE, "check", BRIDGE)).startswith("✅")
        assert inquiry(sessions).claim == BRIDGE
        assert said(talk.command(ALONE, "check", "")).startswith("Send me the news")

    @pytest.mark.parametrize("language", list(Language))
    def test_help_lists_every_command(self, talk: Conversation, language: Language) -> None:
        shown = said(talk.help(Asker(1, language.value)))
        for name, what in describe_commands(language):
            assert f"/{name} · {what}" in shown

    @pytest.mark.parametrize("language", list(Language))
    @pytest.mark.parametrize("command", ["notify", "mydata", "forgetme", "privacy", "about"])
    def test_every_reply_is_in_the_language_of_the_asker(
        self, talk: Conversation, language: Language, command: str
    ) -> None:
        first = said(talk.command(Asker(1, language.value), command, "")).split()
        letters = {
            Language.ARABIC: set("ابتثنيوملهـ"),
            Language.FRENCH: set("éàêçè’"),
            Language.ENGLISH: set("ghwyk"),
        }[language]
        assert letters & set(" ".join(first))


def test_nothing_personal_is_logged(talk: Conversation, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        answer = talk.claim(ALONE, UNKNOWN)
        press(talk, ALONE, answer, "🔕")
        for name in ("notify", "mydata", "forgetme", "privacy", "about"):
            talk.command(ALONE, name, "off")
        talk.press(ALONE, "forget:yes")
    key = people.person_key(SECRET, "telegram", NUMBER)
    logged = " ".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    for trace in (UNKNOWN, str(NUMBER), key):
        assert trace not in logged
