"""A newsroom under the rule of two people, and the ways into it."""

from pathlib import Path

import pytest

from bot.conversation.conversation import Conversation
from bot.conversation.moderator_access import Place
from bot.conversation.moderator_commands import Moderation
from embeddings.encoders.encoder import Encoder
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.index.serving_index import ServingIndex
from knowledge.storage.database import Sessions
from tests.integration.console import SECRET, console_on, key_of
from tests.integration.two_people.cases import (
    World,
    furnish,
)
from tests.integration.two_people.ways import (
    TODAY,
    Channel,
    InConsole,
    InTelegram,
    Opened,
    Service,
)


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
        checker = ClaimChecker(sessions, fake_encoder, index, RuleJudge())
        place = Place(
            secret=SECRET,
            key_of=key_of,
            first_admins=frozenset(),
            read_address=lambda _: [],
            embed=lambda _: None,
            two_people=two_people,
        )
        moderation = Moderation(sessions, checker, place, today=lambda: TODAY)
        talk = Conversation(sessions, checker, SECRET, "telegram", moderation=moderation)
        return InTelegram(talk, service)

    return open_channel


@pytest.fixture
def world(sessions: Sessions) -> World:
    return furnish(sessions)
