"""The example under /start and /help: confirmed, in the person's language, kept nowhere."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.conversation.conversation import Conversation
from bot.conversation.reply import Asker, Button, Reply
from embeddings.encoders.encoder import Encoder
from knowledge import curation
from knowledge.accounts import people
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.corpus import reports
from knowledge.domain import Rating, ReportDraft, ReportKind, StatementDraft
from knowledge.index.serving_index import ServingIndex
from knowledge.models import Claim, Inquiry, Person
from knowledge.storage.database import Sessions

SECRET = b"the key of these tests"
ARABIC = "أعلنت البلدية افتتاح الجسر القديم يوم الأحد"
ENGLISH = "The old harbour bridge opened again on Monday"
FRENCH = "Le vieux pont du port a rouvert lundi matin"


@dataclass(frozen=True)
class Services:
    sessions: Sessions
    talk: Conversation

    def publish(self, text: str, language: str, rating: Rating | None = None) -> int:
        kind = ReportKind.NEWS if rating is None else ReportKind.FACT_CHECK
        draft = ReportDraft(
            f"report: {text[:40]}",
            publisher="a paper",
            language=language,
            kind=kind,
            statements=(StatementDraft(text, rating=rating),),
        )
        with self.sessions.begin() as session:
            (number,) = reports.store(session, draft).statement_ids
            curation.publish(session, [number], "test")
            return number

    def offered(self, code: str | None) -> Button | None:
        """Return the button under /start, which is that under /help."""
        asker = Asker(1, code, "1")
        start, explained = self.talk.start(asker), self.talk.help(asker)
        assert start.buttons == explained.buttons
        return start.buttons[0][0] if start.buttons else None

    def press(self, button: Button | None, code: str) -> str:
        assert button is not None
        assert button.action is not None
        return said(self.talk.press(Asker(1, code, "1"), button.action))


def said(reply: Reply) -> str:
    return "\n".join(block.text for block in reply.blocks)


@pytest.fixture
def services(sessions: Sessions, fake_encoder: Encoder, tmp_path: Path) -> Services:
    index = ServingIndex(sessions, fake_encoder, tmp_path / "index")
    checker = ClaimChecker(sessions, fake_encoder, index, RuleJudge())
    today = date(2026, 2, 7)
    return Services(sessions, Conversation(sessions, checker, SECRET, "telegram", lambda: today))


def test_nothing_to_confirm_is_no_example(services: Services) -> None:
    assert services.offered("en") is None
    services.publish(f"{ENGLISH} " * 20, "en")
    services.publish("Did the old harbour bridge open again on Monday?", "en")
    services.publish(ENGLISH, "en", Rating.FALSE)
    assert services.offered("en") is None


def test_the_example_is_in_the_persons_language_or_else_in_any(services: Services) -> None:
    services.publish(ARABIC, "ar")
    assert f"«{ARABIC}»" in services.press(services.offered("ar"), "ar")
    assert f"“{ARABIC}”" in services.press(services.offered("en"), "en")
    services.publish(ENGLISH, "en")
    services.publish(FRENCH, "fr")
    assert f"“{ENGLISH}”" in services.press(services.offered("en"), "en")
    assert f"«\u00a0{FRENCH}\u00a0»" in services.press(services.offered("fr"), "fr")
    assert f"«{ARABIC}»" in services.press(services.offered("ar"), "ar")


def test_an_example_is_answered_as_if_it_had_been_sent_and_leaves_nothing(
    services: Services,
) -> None:
    number = services.publish(ENGLISH, "en")
    reply = services.talk.press(Asker(1, "en", "1"), f"example:{number}")
    opening, verdict, *_ = (block.text for block in reply.blocks)
    assert opening == f"An example, as if you had sent it: “{ENGLISH}”"
    assert verdict.startswith("✅")
    assert reply.buttons == ()
    with services.sessions() as session:
        for table in (Inquiry, Claim, Person):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_what_is_withdrawn_since_and_who_is_blocked_get_no_example(services: Services) -> None:
    number = services.publish(ENGLISH, "en")
    asker = Asker(1, "en", "1")
    key = people.person_key(SECRET, "telegram", asker.id)
    with services.sessions.begin() as session:
        people.block(session, key, datetime.now(UTC) + timedelta(days=1), "test")
    assert "do not answer" in said(services.talk.press(asker, f"example:{number}"))
    with services.sessions.begin() as session:
        people.unblock(session, key, "test")
        curation.retract(session, [number], "test", "wrong")
    for action in (f"example:{number}", "example:0", "example:x", f"example:{2**62}"):
        assert "no longer works" in said(services.talk.press(asker, action)), action
