"""The names that moderators know each other by, on the pages."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from bot.console.requests import Visit
from bot.conversation.moderator_names import load_names


def names(session: Session, visit: Visit) -> Mapping[str, str]:
    """Return the name of everybody who holds a role, by their key."""
    return load_names(session, visit.desk.first_admins, visit.words.say)
