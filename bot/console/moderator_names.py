"""The names that moderators know each other by."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from bot.console.requests import Visit
from knowledge.accounts import roles


def names(session: Session, visit: Visit) -> Mapping[str, str]:
    """Return the name of everybody who holds a role, by their key."""
    unnamed = dict.fromkeys(visit.desk.first_admins, visit.words.say("First admin"))
    return unnamed | {holder.key: holder.name for holder in roles.list_holders(session)}
