"""Sign in and out. A sign-in link only shows a button, so link previews do not use it up."""

import hmac
import logging
import secrets
from collections.abc import Sequence
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.console import forms
from bot.console.authorization import (
    TOKEN_FIELD,
    cookie_name,
    find_catalogue,
    guard,
    make_error_page,
    require_same_site,
)
from bot.console.errors import FormForged
from bot.console.rendering import render
from bot.console.requests import Visit
from bot.console.security import BodyLimit, TryLimit
from bot.console.services import Services
from bot.conversation.translations import BY_CODE
from bot.errors import BotError
from bot.serving import network_of
from knowledge.accounts import sign_in
from knowledge.accounts.sign_in import SignedIn
from knowledge.domain import Role
from knowledge.errors import KnowledgeError

logger = logging.getLogger(__name__)

#: The path of sign-in links; the query parameter ``token`` is the token.
PATH: Final = "/sign-in"
#: The cookie that ties a sign-in form to the browser it was given to.
_NONCE: Final = "console-door"
_TRIES, _SECONDS = 10, 60.0
_TOKEN_LENGTH: Final = 200
#: Bytes of the sign-in form: two short fields, read before anybody is authenticated.
_FORM_BYTES: Final = 16 * 2**10


def routes(services: Services) -> Sequence[Route]:
    """Return the routes of signing in and out."""
    limit = TryLimit(_TRIES, _SECONDS)

    async def show_sign_in(request: Request) -> Response:
        """Show the button that signs in."""
        words = find_catalogue(request)
        nonce = request.cookies.get(_NONCE) or secrets.token_urlsafe(16)
        page = render(
            "sign_in.html",
            words,
            visitor=None,
            path=PATH,
            asked=forms.read_query(request),
            now=services.now(),
            Role=Role,
            token=request.query_params.get("token", "")[:_TOKEN_LENGTH],
            nonce=nonce,
        )
        response = HTMLResponse(page)
        response.set_cookie(
            _NONCE, nonce, httponly=True, samesite="lax", secure=services.secure, path=PATH
        )
        return response

    async def use_link(request: Request) -> Response:
        """Use up the link and open a session."""
        try:
            limit.count(network_of(request.client.host) if request.client else "")
            require_same_site(request)
            sent = await forms.read_form(request)
            nonce = request.cookies.get(_NONCE, "")
            if not nonce or not hmac.compare_digest(
                sent.text(TOKEN_FIELD).encode(), nonce.encode()
            ):
                raise FormForged("a sign-in form of another browser")
            cookie = request.cookies.get(cookie_name(services), "")
            token = sent.text("token", _TOKEN_LENGTH)
            entered = await run_in_threadpool(_open_session, services, token, cookie)
        except (BotError, KnowledgeError) as error:
            return make_error_page(request, error, find_catalogue(request), services)
        logger.info("console_signed_in")
        response = RedirectResponse("/", 303)
        response.set_cookie(
            cookie_name(services),
            entered.cookie,
            max_age=int(sign_in.SESSION_LIFE.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=services.secure,
            path="/",
        )
        response.delete_cookie(_NONCE, path=PATH)
        return response

    return (
        Route(PATH, show_sign_in, methods=["GET"]),
        Route(
            PATH,
            use_link,
            methods=["POST"],
            middleware=[Middleware(BodyLimit, most=_FORM_BYTES)],
        ),
        Route("/sign-out", guard(services, Role.MODERATOR, _sign_out), methods=["POST"]),
        Route("/language", guard(services, Role.MODERATOR, _set_language), methods=["POST"]),
    )


def _open_session(services: Services, token: str, cookie: str) -> SignedIn:
    return services.sessions.write(
        sign_in.enter, token, cookie, services.first_admins, services.now()
    )


def _sign_out(visit: Visit) -> Response:
    visit.do(sign_in.revoke, visit.visitor.session_id, visit.now)
    response = RedirectResponse(PATH, 303)
    response.delete_cookie(cookie_name(visit.services), path="/", secure=visit.services.secure)
    return response


def _set_language(visit: Visit) -> Response:
    language = visit.sent.text("language")
    back = visit.sent.text("back")
    if language in BY_CODE:
        visit.do(sign_in.speak, visit.visitor.session_id, language)
    # Redirect to our own paths only: another site's URL begins with two slashes or a scheme.
    safe = back.startswith("/") and not back.startswith(("//", "/\\"))
    return RedirectResponse(back if safe else "/", 303)
