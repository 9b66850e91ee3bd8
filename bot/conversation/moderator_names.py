"""The names that moderators know each other by."""

from collections.abc import Callable, Collection, Mapping

from sqlalchemy.orm import Session

from knowledge.accounts import roles


def load_names(
    session: Session, first_admins: Collection[str], say: Callable[[str], str]
) -> Mapping[str, str]:
    """Return the name of everybody who holds a role, by their key."""
    unnamed = dict.fromkeys(first_admins, say("First admin"))
    return unnamed | {holder.key: holder.name for holder in roles.list_holders(session)}
