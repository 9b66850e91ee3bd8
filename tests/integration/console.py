"""The console in this process, asked as a browser asks it."""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.exceptions import StarletteDeprecationWarning

with warnings.catch_warnings():
    # It would rather have another client, which speaks the same.
    warnings.simplefilter("ignore", StarletteDeprecationWarning)
    from starlette.testclient import TestClient

from bot.console.application import build
from bot.console.services import Services
from bot.fetching import Fetcher
from bot.parsing.parser_pool import ParserPool
from embeddings.cross_encoder.onnx_cross_encoder import OnnxCrossEncoder, Pair
from embeddings.encoders.encoder import Encoder
from knowledge.accounts import roles, sign_in
from knowledge.accounts.people import person_key
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.checking.reranking import Reranker
from knowledge.claim_queue.claim_equivalence import ClaimEquivalence, Meaning
from knowledge.domain import Role
from knowledge.index.index_builds import LocalBuilds
from knowledge.index.serving_index import ServingIndex
from knowledge.storage.database import Sessions


class Answer(Protocol):
    """What the client answers with, whichever HTTP library it is built on."""

    status_code: int
    headers: Any

    @property
    def text(self) -> str:
        """The page."""


class NeverEquivalent:
    """Holds no two claims to be the same."""

    def compare(self, pairs: Sequence[Pair]) -> list[Meaning]:
        return [Meaning.OTHER] * len(pairs)


SECRET = b"k" * 64
FIRST_ADMIN = 1
NOW = datetime(2026, 2, 7, 12, tzinfo=UTC)


def key_of(number: int) -> str:
    return person_key(SECRET, "telegram", number)


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Console:
    """The console and who may use it."""

    sessions: Sessions
    app: Starlette
    clock: Clock
    url: str = "http://console.test"
    browsers: list["Browser"] = field(default_factory=list)

    def link(self, number: int = FIRST_ADMIN) -> str:
        with self.sessions.begin() as session:
            return sign_in.issue_link(session, key_of(number), self.clock.now)

    def grant(self, number: int, role: Role, name: str) -> None:
        with self.sessions.begin() as session:
            roles.grant(session, key_of(number), role, name, "command line")

    def browser(self, address: str = "testclient") -> "Browser":
        client = TestClient(
            self.app,
            self.url,
            raise_server_exceptions=False,
            follow_redirects=False,
            client=(address, 50_000),
        )
        return Browser(client)

    def signed_in(self, number: int = FIRST_ADMIN, language: str = "en") -> "Browser":
        browser = self.browser()
        entered = browser.follow(self.link(number))
        assert entered.status_code == 303, entered.text
        browser.send("/language", language=language, back="/")
        return browser


class Browser:
    """One browser: its cookies, and the forms of the page it is on."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.page = ""
        self._tokens: dict[tuple[str, ...], str] = {}

    def get(self, path: str, **headers: str) -> Answer:
        response: Answer = self.client.get(path, headers=headers)
        self.page = response.text
        return response

    def follow(self, token: str) -> Answer:
        """Follow a sign-in link and press its button."""
        self.get(f"/sign-in?token={token}")
        return self.post("/sign-in", form_token=field_of(self.page, "form_token"), token=token)

    def post(self, path: str, **fields: object) -> Answer:
        """Send fields, and nothing else."""
        response: Answer = self.client.post(path, data=fields)
        return response

    def send(self, path: str, **fields: object) -> Answer:
        """Send a form of the session."""
        return self.post(path, form_token=self.token(), **fields)

    def token(self) -> str:
        """Return the form token of the session, read off a page once."""
        session = tuple(self.client.cookies.values())
        if session not in self._tokens:
            self._tokens[session] = field_of(self.client.get("/audit").text, "form_token")
        return self._tokens[session]

    def told(self, response: Answer) -> str:
        """Follow where an act leads, and return the page."""
        assert response.status_code == 303, response.text
        return self.get(response.headers["location"]).text


def field_of(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, page
    return found[1]


def console_on(
    sessions: Sessions,
    encoder: Encoder,
    folder: Path,
    url: str = "http://console.test",
    fetcher: Fetcher | None = None,
    two_people: bool = False,
    parsers: ParserPool | None = None,
    reader: OnnxCrossEncoder | None = None,
) -> Console:
    clock, index = Clock(), ServingIndex(sessions, encoder, folder / "index")
    services = Services(
        sessions=sessions,
        encoder=encoder,
        index=index,
        checker=ClaimChecker(
            sessions, encoder, index, RuleJudge(), Reranker(reader) if reader else None
        ),
        meanings=ClaimEquivalence(reader, RuleJudge()) if reader else NeverEquivalent(),
        builds=LocalBuilds(sessions, folder / "index"),
        first_admins=frozenset({key_of(FIRST_ADMIN)}),
        key_of=key_of,
        url=url,
        fetcher=fetcher or Fetcher(),
        two_people=two_people,
        parsers=parsers or ParserPool(),
        now=clock,
    )
    return Console(sessions, build(services), clock, url)
