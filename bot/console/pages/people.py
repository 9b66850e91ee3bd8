"""Manage people: grant and revoke roles, end sessions, block and unblock."""

import re
from datetime import datetime, timedelta
from typing import Final

from starlette.responses import Response

from bot.console.errors import BadForm
from bot.console.requests import Visit
from knowledge.accounts import people, roles, sign_in
from knowledge.domain import Role

_KEY: Final = re.compile(r"[0-9a-f]{64}")
_MAX_NAME: Final = 120
#: Maximum days of a block.
MAX_DAYS: Final = 3_650


def show(visit: Visit) -> Response:
    """Show everybody with a role."""
    team = visit.do(sign_in.load_team, visit.services.first_admins, visit.now)
    return visit.page("people.html", team=team, names=visit.names)


def grant(visit: Visit) -> Response:
    """Give a role to the person with a Telegram id."""
    number, role = visit.sent.number("telegram_id"), visit.sent.chosen("role", Role)
    name = visit.sent.needed("name", _MAX_NAME)
    visit.do(roles.grant, visit.services.key_of(number), role, name, visit.actor)
    return visit.to("/people", "granted")


def revoke(visit: Visit) -> Response:
    """Revoke a role; its holder is signed out in the same transaction."""
    visit.do(sign_in.revoke_role, _key(visit), visit.actor, visit.now)
    return visit.to("/people", "revoked")


def end_sessions(visit: Visit) -> Response:
    """Sign a person out of every browser."""
    ended = visit.do(sign_in.revoke_all, _key(visit), visit.now)
    return visit.to("/people", "ended", n=ended)


def block(visit: Visit) -> Response:
    """Block the person with a Telegram id for some days."""
    number, (until, reason) = visit.sent.number("telegram_id"), read_block_terms(visit)
    visit.do(people.block, visit.services.key_of(number), until, visit.actor, reason)
    return visit.to("/people", "blocked")


def read_block_terms(visit: Visit) -> tuple[datetime, str]:
    """Return the end of a block and its reason from the form. Raises BadForm."""
    days, reason = visit.sent.number("days"), visit.sent.needed("reason")
    if not 1 <= days <= MAX_DAYS:
        raise BadForm("days", f"not between 1 and {MAX_DAYS}")
    return visit.now + timedelta(days=days), reason


def unblock(visit: Visit) -> Response:
    """Unblock the person with a Telegram id."""
    number = visit.sent.number("telegram_id")
    visit.do(people.unblock, visit.services.key_of(number), visit.actor)
    return visit.to("/people", "unblocked")


def _key(visit: Visit) -> str:
    key = visit.sent.needed("key")
    if not _KEY.fullmatch(key):
        raise BadForm("key", "no person's key")
    return key
