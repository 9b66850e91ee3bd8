"""Roles, the audit they leave, who is blocked, and where people can be written to."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from knowledge.accounts import people, roles
from knowledge.domain import Role, SubjectKind
from knowledge.errors import AddressUnreadable, BadCursor, NotAllowed
from knowledge.models import Person
from knowledge.storage import audit_log
from knowledge.storage.database import Sessions
from tests.integration.moderation import last_entry

_ADMINS = frozenset({"root"})
_SECRET = b"a secret of this installation"
_NOW = datetime(2024, 1, 1, tzinfo=UTC)


def test_a_role_is_granted_changed_and_revoked_with_an_entry_each(sessions: Sessions) -> None:
    with sessions.begin() as session:
        roles.grant(session, "amal", Role.MODERATOR, " Amal ", "root")
        assert roles.role_of(session, "amal", _ADMINS) is Role.MODERATOR
    with sessions.begin() as session:
        roles.grant(session, "amal", Role.ADMIN, "Amal H.", "basil")
    entry = last_entry(sessions)
    assert (entry.subject, entry.subject_id) == (SubjectKind.PERSON, "amal")
    assert entry.before == {"role": "moderator", "name": "Amal"}
    assert entry.after == {"role": "admin", "name": "Amal H."}
    with sessions.begin() as session:
        (holder,) = roles.list_holders(session)
        assert (holder.key, holder.role, holder.granted_by) == ("amal", Role.ADMIN, "basil")
        assert roles.revoke(session, "amal", "root")
        assert not roles.revoke(session, "amal", "root")
        assert roles.list_holders(session) == []
    assert last_entry(sessions).after is None


def test_the_role_is_asked_at_the_moment_of_the_act(sessions: Sessions) -> None:
    with sessions.begin() as session:
        roles.grant(session, "amal", Role.MODERATOR, "Amal", "root")
    with sessions.begin() as session:
        roles.require(session, "amal", Role.MODERATOR, _ADMINS)
    with sessions.begin() as session:
        roles.revoke(session, "amal", "root")
    with sessions() as session, pytest.raises(NotAllowed, match="only moderators"):
        roles.require(session, "amal", Role.MODERATOR, _ADMINS)


@pytest.mark.parametrize(
    ("key", "moderates", "administers"),
    [("root", True, True), ("admin", True, True), ("moderator", True, False), ("", False, False)],
)
def test_who_may_do_what(sessions: Sessions, key: str, moderates: bool, administers: bool) -> None:
    with sessions.begin() as session:
        roles.grant(session, "admin", Role.ADMIN, "Admin", "root")
        roles.grant(session, "moderator", Role.MODERATOR, "Moderator", "root")
    for role, allowed in ((Role.MODERATOR, moderates), (Role.ADMIN, administers)):
        with sessions() as session:
            if allowed:
                roles.require(session, key, role, _ADMINS)
            else:
                with pytest.raises(NotAllowed, match="ask an admin"):
                    roles.require(session, key, role, _ADMINS)


def test_people_are_named_as_colleagues_know_them(sessions: Sessions) -> None:
    with sessions.begin() as session:
        roles.grant(session, "a" * 64, Role.MODERATOR, "Amal", "root")
        names = [roles.name_of(session, each) for each in ("a" * 64, "b" * 64, "command line")]
    assert names == ["Amal", "b" * 8, "command line"]


def test_the_audit_is_read_page_by_page_newest_first(sessions: Sessions) -> None:
    with sessions.begin() as session:
        for n in range(5):
            actor = "even" if n % 2 == 0 else "odd"
            audit_log.record(session, actor, f"act {n}", SubjectKind.SOURCE, n % 3, after={"n": n})
    with sessions() as session:
        first = audit_log.list_entries(session, limit=3)
        rest = audit_log.list_entries(session, after=first.after, limit=3)
        assert [e.action for e in (*first.items, *rest.items)] == [
            f"act {n}" for n in (4, 3, 2, 1, 0)
        ]
        assert rest.after is None
        assert [e.after for e in audit_log.list_entries(session, actor="odd").items] == [
            {"n": 3},
            {"n": 1},
        ]
        assert [e.action for e in audit_log.list_entries(session, SubjectKind.SOURCE, 1).items] == [
            "act 4",
            "act 1",
        ]
        assert audit_log.list_entries(session, SubjectKind.FEED).items == ()
        assert audit_log.load_latest(session, SubjectKind.FEED, 1) is None
        with pytest.raises(BadCursor):
            audit_log.list_entries(session, after="forged")


def test_an_address_is_kept_so_that_only_the_secret_opens_it(sessions: Sessions) -> None:
    with sessions.begin() as session:
        assert people.address_of(session, "someone", _SECRET) is None
        people.remember_address(session, "someone", "telegram:123456789", _SECRET)
    with sessions() as session:
        kept = session.get_one(Person, "someone").address
        assert kept is not None
        assert b"123456789" not in kept
        assert people.address_of(session, "someone", _SECRET) == "telegram:123456789"
        with pytest.raises(AddressUnreadable, match="SECRET_KEY"):
            people.address_of(session, "someone", b"another secret")
    with sessions.begin() as session:
        people.mute(session, "someone")
        assert people.address_of(session, "someone", _SECRET) is None


@pytest.mark.parametrize(
    "remember",
    [
        lambda session: people.remember_address(session, "someone", "telegram:1", _SECRET),
        lambda session: people.block(session, "someone", _NOW, "amal"),
    ],
)
def test_what_else_is_remembered_leaves_the_language_alone(
    sessions: Sessions, remember: Callable[[object], None]
) -> None:
    with sessions.begin() as session:
        remember(session)
        assert people.load_person(session, "someone").wishes.language is None
    with sessions.begin() as session:
        people.choose_language(session, "someone", "fr")
    with sessions.begin() as session:
        remember(session)
        assert people.load_person(session, "someone").wishes.language == "fr"
    with sessions() as session:
        row = session.get_one(Person, "someone")
        assert row.address or row.blocked_until


def test_who_is_blocked_is_so_until_then_with_an_entry(sessions: Sessions) -> None:
    until = _NOW + timedelta(days=1)
    with sessions.begin() as session:
        assert not people.load_person(session, "someone").is_blocked(_NOW)
        people.block(session, "someone", until, "amal", "spam")
    entry = last_entry(sessions)
    assert (entry.action, entry.reason, entry.before) == (
        "blocked",
        "spam",
        {"blocked_until": None},
    )
    with sessions.begin() as session:
        assert people.load_person(session, "someone").is_blocked(_NOW)
        assert not people.load_person(session, "someone").is_blocked(until)
        people.unblock(session, "someone", "amal")
        assert not people.load_person(session, "someone").is_blocked(_NOW)
    assert last_entry(sessions).before == {"blocked_until": until.isoformat()}
