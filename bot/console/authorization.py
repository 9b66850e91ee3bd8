"""Guard the handlers: session, role, form token, and what is shown after an error."""

import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

from anyio import to_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.console import forms
from bot.console.claim_queue_view import FIELDS
from bot.console.error_pages import describe_error, status_of, way_out
from bot.console.errors import FormForged
from bot.console.forms import Form
from bot.console.page_paths import PagePaths
from bot.console.rendering import render
from bot.console.requests import Handler, Visit, Visitor
from bot.console.security import SlowRequests
from bot.console.services import Services
from bot.conversation.moderator_names import load_names
from bot.conversation.translations import Catalogue, find_language, load_catalogue
from bot.errors import BotError
from bot.observability.refused_requests import RefusalLog
from bot.observability.telemetry import Listener
from knowledge.accounts import sign_in
from knowledge.domain import Role
from knowledge.errors import (
    CannotUndo,
    DatabaseFailed,
    KnowledgeError,
    NotAllowed,
    SignedOut,
    Stale,
)

_refusals: Final = RefusalLog(Listener.CONSOLE, logging.getLogger(__name__), logging.INFO)

Endpoint = Callable[[Request], Awaitable[Response]]

#: The field that carries a form's token.
TOKEN_FIELD: Final = "form_token"  # noqa: S105 (its name, not a token)
_NOTHING: Final = Form({})


def cookie_name(services: Services) -> str:
    """Return the session cookie's name. Browsers accept the ``__Host-`` prefix only over https."""
    return "__Host-console" if services.secure else "console"


def guard(
    services: Services,
    needs: Role,
    handler: Handler,
    slow: SlowRequests | None = None,
    pages: PagePaths | None = None,
) -> Endpoint:
    """Return a handler's endpoint, which requires the role ``needs`` and a POST's form token.

    A slow handler takes a place among ``slow``. ``pages`` are used to show an invalid form again,
    and for the link on an error's page.
    """
    pages = pages if pages is not None else PagePaths([])

    def handle(visit: Visit) -> Response:
        try:
            return handler(visit)
        except (SignedOut, NotAllowed, DatabaseFailed):
            raise
        except (BotError, KnowledgeError) as error:
            again = _show_form_again(visit, pages, error) if visit.sent.fields else None
            if again is None:
                raise
            return again

    async def endpoint(request: Request) -> Response:
        cookie = request.cookies.get(cookie_name(services), "")
        visitor: Visitor | None = None
        try:
            require_same_site(request)
            # Authenticate before reading anything of the body.
            visitor = await run_in_threadpool(_authenticate, services, cookie, needs)
            sent = await forms.read_form(request) if request.method == "POST" else _NOTHING
            if request.method == "POST":
                require_token(sent, visitor.form_token)
            visit = Visit(
                services=services,
                visitor=visitor,
                needs=needs,
                cookie=cookie,
                now=services.now(),
                path=request.url.path,
                at=request.path_params,
                asked=forms.read_query(request),
                sent=sent,
            )
            if slow is None:
                return await run_in_threadpool(handle, visit)
            with slow.place(visitor.key):
                return await to_thread.run_sync(handle, visit, limiter=slow.threads)
        except SignedOut as error:
            if request.method == "POST":
                return make_error_page(request, error, find_catalogue(request), services)
            return RedirectResponse("/sign-in", 303)
        except DatabaseFailed:
            # Not the visitor's fault: answered as any failure on our side.
            raise
        except (BotError, KnowledgeError) as error:
            words = (
                load_catalogue(find_language(visitor.language))
                if visitor
                else find_catalogue(request)
            )
            above = pages.above(request.url.path, _NOTHING)
            back = next((page.path for page in above if page.path != request.url.path), None)
            return make_error_page(request, error, words, services, visitor, back)

    return endpoint


def _show_form_again(
    visit: Visit, pages: PagePaths, error: BotError | KnowledgeError
) -> Response | None:
    """Return a refused form's page with the entered values and the reason; None if it is gone.

    The form's fields become the page's query, except the inbox's filters.
    """
    path = visit.path
    taken = {TOKEN_FIELD, *FIELDS}
    sent = {name: values for name, values in visit.sent.fields.items() if name not in taken}
    for page in pages.above(path, visit.sent):
        asked = Form({**sent, **visit.asked.fields})
        again = replace(visit, path=page.path, at=page.at, asked=asked, refused=error, posted=path)
        try:
            response = page.handler(again)
        except (BotError, KnowledgeError):
            continue
        if response.status_code in (200, 400):
            status = response.status_code = status_of(error)
            _refusals.note(status=status, error=type(error).__name__, method="POST")
            return response
    return None


def require_same_site(request: Request) -> None:
    """Raise FormForged if the browser says that a write comes from another site."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    if request.method == "POST" and site not in ("same-origin", "none"):
        raise FormForged(f"a write from {site}")


def require_token(sent: Form, token: str) -> None:
    """Raise FormForged unless a form carries ``token``."""
    written = sent.text(TOKEN_FIELD)
    if not token or not hmac.compare_digest(written.encode(), token.encode()):
        raise FormForged("a write without its session's token")


def find_catalogue(request: Request) -> Catalogue:
    """Return the catalogue for a visitor without a session: their browser's first language."""
    return load_catalogue(find_language(request.headers.get("accept-language", "").split(",")[0]))


def make_error_page(
    request: Request,
    error: Exception,
    words: Catalogue,
    services: Services,
    visitor: Visitor | None = None,
    back: str | None = None,
) -> Response:
    """Return an error's page; ``back`` is the path of the page to return to."""
    status = status_of(error)
    names: Mapping[str, str] = {}
    if visitor is not None and isinstance(error, Stale | CannotUndo):
        names = load_names(services.sessions, services.first_admins, words.say)
    _refusals.note(status=status, error=type(error).__name__, method=request.method)
    page = render(
        "problem.html",
        words,
        visitor=visitor,
        path=request.url.path,
        asked=_NOTHING,
        now=services.now(),
        Role=Role,
        status=status,
        message=describe_error(error, words.say, names),
        way=way_out(error, request.url.path, words.say),
        back=back,
    )
    return HTMLResponse(page, status)


def _authenticate(services: Services, cookie: str, needs: Role) -> Visitor:
    opened, role = services.sessions.read(
        sign_in.authenticate, cookie, needs, services.first_admins, services.now()
    )
    language = find_language(opened.language)
    return Visitor(opened.person_key, role, opened.id, opened.form_token, language)
