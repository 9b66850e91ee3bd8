"""One request of a moderator: who asks, what was sent, and what they are shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ParamSpec, TypeVar
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.console.error_pages import describe_refused_form, way_out
from bot.console.forms import MAX_ID, Form
from bot.console.rendering import render
from bot.console.services import Services
from bot.conversation.moderator_names import load_names
from bot.conversation.translations import Catalogue, find_language, load_catalogue
from bot.errors import BotError
from knowledge import approvals
from knowledge.accounts import sign_in
from knowledge.approvals import Act, Applied, Waiting
from knowledge.domain import Role
from knowledge.errors import KnowledgeError, NotFound
from knowledge.index import serving_index
from knowledge.storage.database import UseCase

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in in a browser, and what they may do at this moment."""

    key: str
    role: Role
    session_id: str
    form_token: str = field(repr=False)
    language: str

    def may(self, role: Role) -> bool:
        """Tell whether they hold ``role`` or more."""
        return self.role is Role.ADMIN or self.role is role


@dataclass(frozen=True, slots=True)
class Visit:
    """One request. Handlers ``do`` one use case and answer with a page or ``to``."""

    services: Services
    visitor: Visitor
    needs: Role
    cookie: str = field(repr=False)
    now: datetime
    path: str
    at: Mapping[str, int | str]
    asked: Form
    sent: Form
    #: Why the form that was sent cannot be used, where its page is shown again.
    refused: BotError | KnowledgeError | None = None
    #: Where the form was sent to that is shown again.
    posted: str = ""

    @property
    def words(self) -> Catalogue:
        """The language of the pages."""
        return load_catalogue(find_language(self.visitor.language))

    @property
    def actor(self) -> str:
        """Whose name the audit gets."""
        return self.visitor.key

    @property
    def number(self) -> int:
        """The number of what the address names. Raises NotFound for one that nothing can have."""
        number = int(self.at["id"])
        if number > MAX_ID:
            raise NotFound(f"nothing has the number {number}")
        return number

    @property
    def names(self) -> Mapping[str, str]:
        """The name of everybody who holds a role, by their key."""
        return load_names(self.services.sessions, self.services.first_admins, self.words.say)

    def do(self, act: UseCase[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Do ``act(session, …)`` in one transaction, in which they are still allowed to.

        Raises SignedOut or NotAllowed, and whatever the act does.
        """
        needs, admins = self.needs, self.services.first_admins
        return self.services.sessions.write(
            sign_in.perform, self.cookie, needs, admins, self.now, act, *args, **kwargs
        )

    def submit(
        self,
        act: Act,
        reason: str | None = None,
        *,
        seen: int | None = None,
        shown: Mapping[int, int] | None = None,
    ) -> Applied | Waiting:
        """Hand an act to the gate before what people are told, in the moderator's name.

        ``seen`` and ``shown`` are as in ``approvals.submit``.
        """
        policy = self.services.policy
        return self.do(approvals.submit, act, self.actor, reason, policy, seen=seen, shown=shown)

    def conclude(self, outcome: Applied | Waiting) -> Response | None:
        """Lead to the proposal where an act waits; else have what is served now embedded."""
        if isinstance(outcome, Waiting):
            return self.to(f"/proposals/{outcome.proposal_id}", "proposed")
        self.embed(outcome)
        return None

    def embed(self, done: Applied) -> None:
        """Make the vectors of what is served now, after the transaction that published it."""
        services = self.services
        serving_index.embed_published(services.sessions, services.encoder, done.statement_ids)

    def page(self, template: str, code: int = 200, /, **values: object) -> Response:
        """Return a page."""
        waiting = self.services.sessions.read(approvals.count)
        return HTMLResponse(
            render(
                template,
                self.words,
                visitor=self.visitor,
                path=self.path,
                asked=self.asked,
                sent=self.sent,
                now=self.now,
                posted=self.posted,
                **self._refusal(),
                today=self.now.date(),
                Role=Role,
                awaited=waiting if waiting or self.services.two_people else None,
                **values,
            ),
            code,
        )

    def _refusal(self) -> dict[str, object]:
        """Return what a page says of why its form was refused, if it was, and the way out."""
        if self.refused is None:
            return {}
        say = self.words.say
        return {
            "wrong": describe_refused_form(self.refused, say, self.names),
            "way": way_out(self.refused, self.path, say),
        }

    def to(self, path: str, said: str | None = None, anchor: str = "", **asked: object) -> Response:
        """Send the browser on, to a place of a page; ``said`` names what it says was done."""
        values = {name: value for name, value in asked.items() if value is not None}
        if said is not None:
            values["said"] = said
        query = "?" + urlencode(values) if values else ""
        return RedirectResponse(path + query + (f"#{anchor}" if anchor else ""), 303)


Handler = Callable[[Visit], Response]
