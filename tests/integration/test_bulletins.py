"""Bulletins to moderators: to whom, in which language, how often; and that they arrive."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.conversation.bulletins import Bulletin, Bulletins
from bot.conversation.reply import Block, Reply
from bot.telegram.errors import TelegramUnreachable
from bot.telegram.setup.application import TelegramConfig
from bot.telegram.setup.bulletins import send_bulletins
from knowledge.accounts import people, roles
from knowledge.claim_queue import demand, inquiries
from knowledge.domain import ClusterStatus, Outcome, Role
from knowledge.models import Claim, Cluster
from knowledge.storage.database import Sessions
from tests.e2e.bot_api_server import TOKEN, BotApiServer

SECRET = b"the key of these tests"
CLAIM = "the harbour is closed for a week"


@pytest.fixture
def bulletins(sessions: Sessions) -> Bulletins:
    """Return the bulletins of a newsroom with two moderators and an admin by the settings."""
    with sessions.begin() as session:
        for key, address, language in (("sara", "1", "en"), ("omar", "2", "ar")):
            roles.grant(session, key, Role.MODERATOR, key, "command line")
            people.choose_language(session, key, language)
            people.remember_address(session, key, address, SECRET)
        people.remember_address(session, "first admin", "3", SECRET)
        # Never wrote to the bot: nobody knows where to write.
        roles.grant(session, "silent", Role.MODERATOR, "silent", "command line")
    return Bulletins(sessions, SECRET, frozenset({"first admin"}))


def asked(sessions: Sessions, people_count: int) -> None:
    """Have so many people ask the claim, gathered into an open cluster."""
    with sessions.begin() as session:
        for number in range(people_count):
            inquiries.record(session, f"person {number}", CLAIM, Outcome.NO_MATCH, (), "en")
        claim = session.scalars(select(Claim)).one()
        cluster = Cluster(title=CLAIM, status=ClusterStatus.OPEN)
        session.add(cluster)
        session.flush()
        demand.join_clusters(session, {claim.id: cluster})


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=1)


def said(bulletin: Bulletin) -> str:
    return "\n".join(block.text for block in bulletin.reply.blocks)


class TestDigest:
    def test_everybody_who_can_be_written_to_gets_it_in_their_language(
        self, sessions: Sessions, bulletins: Bulletins
    ) -> None:
        asked(sessions, 2)
        found = {each.address: said(each) for each in bulletins.digest(soon())}
        assert set(found) == {"1", "2", "3"}
        assert found["1"].splitlines() == [
            "🗞 The last day",
            "Questions: 2",
            "People: 2",
            "Settled at once: 0",
            "Answered by moderators: 0",
            "Claims still open: 1",
            "Asked most:",
            f"1. {CLAIM} (people: 2)",
        ]
        assert found["2"].startswith("🗞 اليوم الماضي")

    def test_of_a_day_without_anything_nobody_is_told(self, bulletins: Bulletins) -> None:
        assert bulletins.digest(soon()) == []

    def test_an_address_under_another_key_keeps_it_from_nobody_else(
        self, sessions: Sessions, bulletins: Bulletins
    ) -> None:
        with sessions.begin() as session:
            people.remember_address(session, "sara", "1", b"another key")
        asked(sessions, 1)
        assert {each.address for each in bulletins.digest(soon())} == {"2", "3"}


class TestAlert:
    def test_a_cluster_that_grows_is_told_of_once(
        self, sessions: Sessions, bulletins: Bulletins
    ) -> None:
        asked(sessions, 12)
        first = bulletins.alert(soon())
        assert {each.address for each in first} == {"1", "2", "3"}
        english = next(said(each) for each in first if each.address == "1")
        assert english.splitlines() == [
            "📈 More and more people ask this",
            f"{CLAIM} (people in the last day: 12, before: 0)",
        ]
        assert bulletins.alert(soon()) == []

    def test_a_quiet_inbox_alerts_nobody(self, sessions: Sessions, bulletins: Bulletins) -> None:
        asked(sessions, 1)
        assert bulletins.alert(soon()) == []


class TestSending:
    @pytest.fixture
    def server(self) -> Iterator[BotApiServer]:
        with BotApiServer() as server:
            for person in (1, 2):
                server.meet(person)
            yield server

    async def test_who_cannot_be_reached_keeps_it_from_nobody_else(
        self, server: BotApiServer
    ) -> None:
        config = TelegramConfig(TOKEN, server.url)
        letters = [Bulletin(str(number), Reply((Block(f"to {number}"),))) for number in (1, 9, 2)]
        assert await send_bulletins(config, letters) == 2
        assert [sent.text for sent in server.sent] == ["to 1", "to 2"]

    async def test_nothing_to_tell_asks_telegram_nothing(self, server: BotApiServer) -> None:
        assert await send_bulletins(TelegramConfig(TOKEN, server.url), []) == 0
        assert server.calls == []

    async def test_an_unreachable_telegram_is_the_jobs_to_note(self) -> None:
        config = TelegramConfig(TOKEN, "http://127.0.0.1:1")
        with pytest.raises(TelegramUnreachable):
            await send_bulletins(config, [Bulletin("1", Reply((Block("x"),)))])
