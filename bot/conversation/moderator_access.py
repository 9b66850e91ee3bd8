"""Run moderators' and admins' acts; their role is checked in the transaction of each act."""

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
    """Settings of this installation that moderators' work needs.

    ``key_of`` hashes an id that an admin types; ``first_admins`` are the keys of the admins that
    the settings name; ``console_url`` is None without a console. ``two_people`` is whether changes
    to what people are told need a second person. ``undo_for`` is how long an answer can be undone
    before people are notified. ``acts_as`` is the actor in the audit log, if not a channel's user.
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
        """The approval policy."""
        return Policy(self.two_people, self.first_admins, self.undo_for)


class Access:
    """Runs use cases for moderators and admins, identified by their key."""

    def __init__(self, sessions: Sessions, place: Place) -> None:
        self._sessions, self.place = sessions, place

    def do(self, key: str, act: UseCase[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run ``act(session, …)`` for a moderator. Raises NotAllowed, and what the act raises."""
        return self._perform(key, Role.MODERATOR, act, *args, **kwargs)

    def do_as_admin(
        self, key: str, act: UseCase[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """Run ``act(session, …)`` for an admin. Raises NotAllowed, and what the act raises."""
        return self._perform(key, Role.ADMIN, act, *args, **kwargs)

    def require(self, key: str, role: Role = Role.MODERATOR) -> None:
        """Raise NotAllowed unless the person holds the role now."""
        self._sessions.read(roles.require, key, role, self.place.first_admins)

    def _perform(
        self, key: str, role: Role, act: UseCase[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        admins = self.place.first_admins
        return self._sessions.write(roles.perform, key, role, admins, act, *args, **kwargs)
