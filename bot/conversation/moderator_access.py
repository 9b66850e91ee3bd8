"""Let moderators and admins act: their role is asked for in the transaction of every act."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ParamSpec, TypeVar

from bot.conversation.report_input import Reading
from knowledge.accounts import roles
from knowledge.approvals import Policy
from knowledge.curation.resolution import UNDO_FOR
from knowledge.domain import Role
from knowledge.storage.database import Sessions, UseCase

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Place:
    """What moderators' work needs of this installation.

    ``key_of`` is the key of the person with an id that admins write; ``first_admins`` are the keys
    of those whom the settings name; ``console_url`` is None where there is no console.
    ``two_people`` is whether what changes what people are told waits for a second person.
    ``undo_for`` is how long an answer can be taken back, before people are told of it.
    ``acts_as`` is who acts in the audit's eyes, where that is nobody of a channel.
    """

    secret: bytes = field(repr=False)
    key_of: Callable[[int], str]
    first_admins: frozenset[str]
    read_address: Reading
    embed: Callable[[Sequence[int]], None]
    console_url: str | None = None
    two_people: bool = False
    undo_for: timedelta = UNDO_FOR
    acts_as: str | None = None

    @property
    def policy(self) -> Policy:
        """What the gate before what people are told asks for."""
        return Policy(self.two_people, self.first_admins, self.undo_for)


class Access:
    """Does what moderators and admins ask for, by the key of who asks."""

    def __init__(self, sessions: Sessions, place: Place) -> None:
        self._sessions, self.place = sessions, place

    def do(self, key: str, act: UseCase[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Do ``act(session, …)`` for a moderator. Raises NotAllowed, and what the act does."""
        return self._perform(key, Role.MODERATOR, act, *args, **kwargs)

    def do_as_admin(
        self, key: str, act: UseCase[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """Do ``act(session, …)`` for an admin. Raises NotAllowed, and what the act does."""
        return self._perform(key, Role.ADMIN, act, *args, **kwargs)

    def require(self, key: str, role: Role = Role.MODERATOR) -> None:
        """Raise NotAllowed unless somebody holds a role now."""
        self._sessions.read(roles.require, key, role, self.place.first_admins)

    def _perform(
        self, key: str, role: Role, act: UseCase[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        admins = self.place.first_admins
        return self._sessions.write(roles.perform, key, role, admins, act, *args, **kwargs)
