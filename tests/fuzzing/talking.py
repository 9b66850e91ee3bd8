"""The program's own conversation for random updates, its models replaced by functions of a text."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from bot.conversation.conversation import Conversation
from bot.conversation.moderator_access import Place
from bot.conversation.moderator_commands import Moderation
from bot.fetching.errors import PrivateAddress
from bot.media.errors import UnreadablePicture
from knowledge import curation
from knowledge.accounts import people
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.corpus import reports
from knowledge.corpus.readers import read
from knowledge.corpus.readers.page_heading import Heading
from knowledge.domain import ReportDraft, StatementDraft
from knowledge.index.serving_index import ServingIndex, embed_published
from knowledge.storage.database import Sessions
from tests.bag_of_words import BagOfWords
from tests.e2e.echo_bot import SECRET
from tests.e2e.whole_bot import SAMPLE
from tests.fuzzing.api_types import PEOPLE

#: One in so many people is an admin, so that their commands are met with everything as well.
_ADMINS: Final = 20
_TODAY: Final = date(2026, 2, 7)


def conversation(sessions: Sessions, folder: Path) -> Conversation:
    """Return a conversation over the sample report, published in the database of ``sessions``."""
    with sessions.begin() as session:
        for draft in read(SAMPLE):
            assert isinstance(draft, ReportDraft)
            curation.publish(session, reports.store(session, draft).statement_ids, "test")
    encoder = BagOfWords()
    index = ServingIndex(sessions, encoder, folder / "index")
    checker = ClaimChecker(sessions, encoder, index, RuleJudge())
    place = Place(
        secret=SECRET,
        key_of=_key_of,
        first_admins=frozenset(_key_of(10_000 + n) for n in range(0, PEOPLE, _ADMINS)),
        read_address=_read_address,
        embed=lambda ids: embed_published(sessions, encoder, ids),
        console_url="https://console.example.org",
    )
    moderation = Moderation(sessions, checker, place, today=lambda: _TODAY)
    return Conversation(
        sessions,
        checker,
        SECRET,
        "telegram",
        lambda: _TODAY,
        moderation=moderation,
        read_picture=_read_picture,
        read_link=_read_link,
    )


def _key_of(number: int) -> str:
    return people.person_key(SECRET, "telegram", number)


def _read_picture(data: bytes) -> str:
    """Read a picture: its bytes are its text."""
    if len(data) % 3 == 0:
        raise UnreadablePicture("this picture cannot be read; send another")
    return data.decode()


def _read_link(url: str) -> Heading:
    """Read what a page is about: its address."""
    if "example.org" not in url:
        raise PrivateAddress(f"{url} leads to a private address; give a public one")
    return Heading((f"the page {url} says that the bridge is closed",), "example.org")


def _read_address(url: str) -> Sequence[ReportDraft]:
    """Read a report off an address without a network: one statement, its text the address."""
    if "example.org" not in url:
        raise PrivateAddress(f"{url} leads to a private address; give a public one")
    return [ReportDraft("A page", url=url, statements=(StatementDraft(f"the page {url} says"),))]
