"""Build the console's ASGI application: its routes with their roles, middleware, error pages."""

import logging
from collections.abc import Sequence
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from bot.console import sign_in
from bot.console.authorization import find_catalogue, guard, make_error_page
from bot.console.page_paths import PagePaths
from bot.console.pages import (
    audit,
    blocking,
    bulk,
    claim_queue,
    clusters,
    index,
    new_answer,
    notes,
    people,
    proposals,
    rejection,
    reopening,
    reports,
    search,
    sources,
    statements,
    trends,
)
from bot.console.requests import Handler
from bot.console.security import BodyLimit, Headers, SlowRequests
from bot.console.services import Services
from knowledge.domain import Role
from knowledge.errors import NotFound

logger = logging.getLogger(__name__)

_M, _A = Role.MODERATOR, Role.ADMIN

#: Every page and act: its method, path, required role and handler.
PAGES: Final[Sequence[tuple[str, str, Role, Handler]]] = (
    ("GET", "/inbox", _M, claim_queue.show),
    ("GET", "/inbox/news", _M, claim_queue.news),
    ("POST", "/inbox/searches", _M, claim_queue.save_search),
    ("POST", "/inbox/searches/{id:int}/delete", _M, claim_queue.drop_search),
    ("POST", "/inbox/assign", _M, bulk.assign),
    ("POST", "/inbox/snooze", _M, bulk.snooze),
    ("POST", "/inbox/reject/preview", _M, bulk.preview_rejection),
    ("POST", "/inbox/reject", _M, bulk.reject),
    ("POST", "/inbox/merge/preview", _M, bulk.preview_merge),
    ("POST", "/inbox/merge", _M, bulk.merge),
    ("GET", "/clusters/{id:int}", _M, clusters.show),
    ("GET", "/clusters/{id:int}/answer", _M, clusters.preview),
    ("POST", "/clusters/{id:int}/answer", _M, clusters.answer),
    ("POST", "/clusters/{id:int}/answer/preview", _M, clusters.preview),
    ("GET", "/clusters/{id:int}/note", _M, notes.show),
    ("POST", "/clusters/{id:int}/note", _M, notes.edit),
    ("GET", "/clusters/{id:int}/report", _M, new_answer.new),
    ("POST", "/clusters/{id:int}/report", _M, new_answer.choose),
    ("POST", "/clusters/{id:int}/report/answer", _M, new_answer.confirm),
    ("POST", "/clusters/{id:int}/undo", _M, clusters.undo),
    ("POST", "/clusters/{id:int}/assign", _M, clusters.assign),
    ("POST", "/clusters/{id:int}/snooze", _M, clusters.snooze),
    ("GET", "/clusters/{id:int}/reject", _M, rejection.preview),
    ("POST", "/clusters/{id:int}/reject", _M, rejection.reject),
    ("POST", "/clusters/{id:int}/reopen", _M, reopening.reopen),
    ("POST", "/clusters/{id:int}/split", _M, clusters.split),
    ("GET", "/clusters/{id:int}/merge", _M, clusters.preview_merge),
    ("POST", "/clusters/{id:int}/merge", _M, clusters.merge),
    ("POST", "/clusters/{id:int}/tag", _M, clusters.tag),
    ("POST", "/clusters/{id:int}/untag", _M, clusters.untag),
    ("POST", "/clusters/{id:int}/notes", _M, clusters.note),
    ("POST", "/clusters/{id:int}/notes/delete", _M, clusters.delete_note),
    ("POST", "/clusters/{id:int}/attach", _M, clusters.attach),
    ("POST", "/clusters/{id:int}/detach", _M, clusters.detach),
    ("GET", "/clusters/{id:int}/block", _A, blocking.show),
    ("POST", "/clusters/{id:int}/block", _A, blocking.block),
    ("POST", "/clusters/{id:int}/unblock", _A, blocking.unblock),
    ("GET", "/reports/new", _M, reports.new),
    ("POST", "/reports", _M, reports.file),
    ("GET", "/reports/{id:int}", _M, reports.show),
    ("POST", "/reports/{id:int}/statements", _M, reports.accept),
    ("POST", "/reports/{id:int}/edit", _M, reports.edit),
    ("GET", "/statements", _M, statements.show_list),
    ("POST", "/statements/review", _M, statements.review),
    ("POST", "/statements/discard", _M, statements.discard),
    ("POST", "/statements/preview", _M, statements.preview),
    ("POST", "/statements/publish", _M, statements.publish),
    ("POST", "/statements/retract", _M, statements.retract),
    ("GET", "/statements/{id:int}", _M, statements.show),
    ("POST", "/statements/{id:int}/edit", _M, statements.edit),
    ("POST", "/statements/{id:int}/recheck", _M, statements.recheck),
    ("POST", "/statements/{id:int}/merge", _M, statements.merge),
    ("POST", "/statements/{id:int}/split", _M, statements.split),
    ("GET", "/statements/{id:int}/retract", _M, statements.preview_retraction),
    ("GET", "/search", _M, search.show),
    ("GET", "/sources", _M, sources.show),
    ("POST", "/sources/feeds", _M, sources.add),
    ("POST", "/sources/feeds/{id:int}/pause", _M, sources.pause),
    ("POST", "/sources/feeds/{id:int}/resume", _M, sources.resume),
    ("POST", "/sources/feeds/{id:int}/remove", _M, sources.remove),
    # A trusted source's reports are published without review: only admins may grant that.
    ("POST", "/sources/{id:int}/trust", _A, sources.trust),
    ("POST", "/sources/{id:int}/distrust", _A, sources.distrust),
    ("GET", "/proposals", _M, proposals.show_list),
    ("GET", "/proposals/{id:int}", _M, proposals.show),
    ("POST", "/proposals/{id:int}/approve", _M, proposals.approve),
    ("POST", "/proposals/{id:int}/decline", _M, proposals.decline),
    ("POST", "/proposals/{id:int}/withdraw", _M, proposals.withdraw),
    ("GET", "/trends", _M, trends.show),
    ("GET", "/trends/{chart}.svg", _M, trends.draw),
    ("GET", "/audit", _M, audit.show),
    ("POST", "/audit/{id:int}/undo", _M, audit.undo),
    ("GET", "/index", _M, index.show),
    ("GET", "/people", _A, people.show),
    ("POST", "/people/grant", _A, people.grant),
    ("POST", "/people/revoke", _A, people.revoke),
    ("POST", "/people/sessions", _A, people.end_sessions),
    ("POST", "/people/block", _A, people.block),
    ("POST", "/people/unblock", _A, people.unblock),
)
#: Handlers that wait for the web or for documents to be parsed.
SLOW: Final = frozenset({new_answer.choose, reports.file})


def build(services: Services) -> Starlette:
    """Return the application that serves the console."""

    async def lost(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException) and error.status_code not in (404, 405):
            return Response(status_code=error.status_code)
        return make_error_page(request, NotFound("no such page"), find_catalogue(request), services)

    async def gone(request: Request, error: Exception) -> Response:
        # The client is gone: nobody reads the answer, and it is no fault to log.
        return Response(status_code=400)

    async def broken(request: Request, error: Exception) -> Response:
        # Starlette raises the error again once the page is sent, and the server logs it.
        return make_error_page(request, error, find_catalogue(request), services)

    async def begin(request: Request) -> Response:
        return RedirectResponse("/inbox", 303)

    slow = SlowRequests()
    pages = PagePaths([(path, show) for method, path, _, show in PAGES if method == "GET"])
    routes: list[BaseRoute] = [
        Route("/", begin, methods=["GET"]),
        *sign_in.routes(services),
        *(
            Route(
                path,
                guard(services, role, handler, slow if handler in SLOW else None, pages),
                methods=[method],
            )
            for method, path, role, handler in PAGES
        ),
        Mount("/static", _Assets(packages=[("bot.console", "static")])),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Headers, secure=services.secure), Middleware(BodyLimit)],
        exception_handlers={HTTPException: lost, ClientDisconnect: gone, Exception: broken},
    )


class _Assets(StaticFiles):
    """Serves static files. Their URLs contain a hash, so browsers may cache them for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with the file."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
