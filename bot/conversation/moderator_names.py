"""Load the names of moderators, as their colleagues see them."""

from collections.abc import Callable, Collection, Mapping

from knowledge.accounts import roles
from knowledge.storage.database import Sessions


def load_names(
    sessions: Sessions, first_admins: Collection[str], say: Callable[[str], str]
) -> Mapping[str, str]:
    """Return the name of everybody with a role, by key."""
    unnamed = dict.fromkeys(first_admins, say("First admin"))
    holders = sessions.read(roles.list_holders)
    return unnamed | {holder.key: holder.name for holder in holders}
