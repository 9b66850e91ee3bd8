"""Define a moderator's request: visitor, form, and the responses a handler can give."""

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
    """The signed-in person and their current role."""

    key: str
    role: Role
    session_id: str
    form_token: str = field(repr=False)
    language: str

    def may(self, role: Role) -> bool:
        """Return whether they hold ``role`` or a higher one."""
        return self.role is Role.ADMIN or self.role is role


@dataclass(frozen=True, slots=True)
class Visit:
    """One request. Handlers ``do`` one use case, then return a ``page`` or redirect ``to`` one."""

    services: Services
    visitor: Visitor
    needs: Role
    cookie: str = field(repr=False)
    now: datetime
    path: str
    at: Mapping[str, int | str]
    asked: Form
    sent: Form
    #: Why the form was refused, if its page is shown again.
    refused: BotError | KnowledgeError | None = None
    #: The path that the refused form was sent to.
    posted: str = ""

    @property
    def words(self) -> Catalogue:
        """The language of the pages."""
        return load_catalogue(find_language(self.visitor.language))

    @property
    def actor(self) -> str:
        """The visitor's key, for the audit log."""
        return self.visitor.key

    @property
    def number(self) -> int:
        """The id in the path. Raises NotFound if no row could have it."""
        number = int(self.at["id"])
        if number > MAX_ID:
            raise NotFound(f"nothing has the number {number}")
        return number

    @property
    def names(self) -> Mapping[str, str]:
        """The name of everybody with a role, by key."""
        return load_names(self.services.sessions, self.services.first_admins, self.words.say)

    def do(self, act: UseCase[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run ``act(session, …)`` in one transaction that also checks the visitor's role.

        Raises SignedOut or NotAllowed, and whatever the act raises.
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
        """Submit an act for approval, in the moderator's name; it may be applied at once.

        ``seen`` and ``shown`` are as in ``approvals.submit``.
        """
        policy = self.services.policy
        return self.do(approvals.submit, act, self.actor, reason, policy, seen=seen, shown=shown)

    def conclude(self, outcome: Applied | Waiting) -> Response | None:
        """Redirect to the proposal if the act waits; otherwise embed what was published."""
        if isinstance(outcome, Waiting):
            return self.to(f"/proposals/{outcome.proposal_id}", "proposed")
        self.embed(outcome)
        return None

    def embed(self, done: Applied) -> None:
        """Compute the vectors of newly published statements, after the transaction's commit."""
        services = self.services
        serving_index.embed_published(services.sessions, services.encoder, done.statement_ids)

    def page(self, template: str, code: int = 200, /, **values: object) -> Response:
        """Return a rendered page."""
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
        """Return the page's values that explain a refused form; empty if it was not refused."""
        if self.refused is None:
            return {}
        say = self.words.say
        return {
            "wrong": describe_refused_form(self.refused, say, self.names),
            "way": way_out(self.refused, self.path, say),
        }

    def to(self, path: str, said: str | None = None, anchor: str = "", **asked: object) -> Response:
        """Redirect to a page, perhaps to an anchor; ``said`` names the success message to show."""
        values = {name: value for name, value in asked.items() if value is not None}
        if said is not None:
            values["said"] = said
        query = "?" + urlencode(values) if values else ""
        return RedirectResponse(path + query + (f"#{anchor}" if anchor else ""), 303)


Handler = Callable[[Visit], Response]
