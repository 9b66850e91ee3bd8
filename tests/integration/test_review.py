"""Review, the rule of two people, what is put away, and two who act at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from knowledge import curation
from knowledge.accounts import roles
from knowledge.domain import Role, StatementStatus, SubjectKind
from knowledge.errors import BadCursor, NotFound, TwoPeopleNeeded
from knowledge.models import Statement
from knowledge.storage import audit_log
from knowledge.storage.database import Sessions
from knowledge.storage.pagination import encode_cursor
from tests.integration.moderation import changes, last_entry, published, statuses, stored

_DRAFT, _REVIEWED = StatementStatus.DRAFT, StatementStatus.REVIEWED
_PUBLISHED, _RETRACTED = StatementStatus.PUBLISHED, StatementStatus.RETRACTED


def test_a_review_says_who_and_serves_nothing(sessions: Sessions) -> None:
    ids = stored(sessions, "one", "two")
    with sessions.begin() as session:
        assert curation.review(session, ids[:1], "amal", "read it") == 1
        assert curation.review(session, ids[:1], "basil") == 0
    assert statuses(sessions, ids) == [_REVIEWED, _DRAFT]
    assert changes(sessions) == []
    entry = last_entry(sessions)
    assert (entry.actor, entry.action, entry.reason) == ("amal", "reviewed", "read it")
    assert entry.after == {"status": "reviewed", "reviewed_by": "amal"}


def test_where_two_people_are_needed_another_one_publishes(sessions: Sessions) -> None:
    ids = stored(sessions, "one", "two")
    with sessions.begin() as session:
        curation.review(session, ids, "amal")
    with pytest.raises(TwoPeopleNeeded, match=r"r0 .*colleague"), sessions.begin() as session:
        curation.publish(session, ids, "amal", two_people=True)
    assert statuses(sessions, ids) == [_REVIEWED, _REVIEWED]
    with sessions.begin() as session:
        assert curation.publish(session, ids, "basil", two_people=True) == 2
    assert statuses(sessions, ids) == [_PUBLISHED, _PUBLISHED]


def test_what_nobody_reviewed_is_published_by_nobody(sessions: Sessions) -> None:
    ids = stored(sessions, "one", "two")
    with sessions.begin() as session:
        curation.review(session, ids[:1], "amal")
    with pytest.raises(TwoPeopleNeeded, match="r1 "), sessions.begin() as session:
        curation.publish(session, ids, "basil", two_people=True)
    assert statuses(sessions, ids) == [_REVIEWED, _DRAFT]


def test_what_is_put_away_was_never_served_and_is_never_published(sessions: Sessions) -> None:
    ids = stored(sessions, "one", "two", "three")
    with sessions.begin() as session:
        curation.review(session, ids[:1], "amal")
        curation.publish(session, ids[2:], "amal")
        assert curation.discard(session, ids, "amal", "no claim") == 2
    assert statuses(sessions, ids) == [_RETRACTED, _RETRACTED, _PUBLISHED]
    assert changes(sessions) == [(ids[2], changes(sessions)[0][1])]
    with sessions.begin() as session:
        assert curation.publish(session, ids, "basil") == 0


def test_of_two_who_publish_at_once_the_second_sees_what_the_first_did(
    sessions: Sessions,
) -> None:
    ids = stored(sessions, "one")

    def publishing(actor: str) -> int:
        with sessions.begin() as session:
            return curation.publish(session, ids, actor)

    with sessions.begin() as session:
        roles.grant(session, "a" * 64, Role.MODERATOR, "Amal", "command line")
    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as first:
            assert curation.publish(first, ids, "a" * 64) == 1
            second = pool.submit(publishing, "basil")
        assert second.result() == 0
    with sessions() as session:
        done = curation.load_last_act(session, SubjectKind.STATEMENT, ids[0])
        assert done is not None
        assert (done.by, done.action) == ("Amal", "published")
        assert len(audit_log.list_entries(session, SubjectKind.STATEMENT).items) == 1
    assert len(changes(sessions)) == 1


def test_what_nothing_was_done_to_has_no_last_act(sessions: Sessions) -> None:
    ids = stored(sessions, "one")
    with sessions() as session:
        assert curation.load_last_act(session, SubjectKind.STATEMENT, ids[0]) is None


def test_what_is_due_comes_longest_due_first_page_by_page(sessions: Sessions) -> None:
    ids = published(sessions, "one", "two", "three", "four")
    days = [date(2024, 3, 1), date(2024, 1, 1), date(2024, 1, 1), date(2024, 9, 1)]
    with sessions.begin() as session:
        for number, day in zip(ids, days, strict=True):
            curation.set_recheck_day(session, number, day, "amal")
    with sessions() as session:
        first = curation.list_due(session, date(2024, 6, 1), limit=2)
        assert [each.statement.id for each in first.items] == ids[1:3]
        rest = curation.list_due(session, date(2024, 6, 1), after=first.after, limit=2)
        assert [(each.statement.id, each.by) for each in rest.items] == [(ids[0], days[0])]
        assert rest.after is None
        for bad in (encode_cursor("no day", 7), encode_cursor(7), "x"):
            with pytest.raises(BadCursor):
                curation.list_due(session, date(2024, 6, 1), after=bad)


def test_a_recheck_that_is_done_is_due_no_more(sessions: Sessions) -> None:
    (number,) = published(sessions, "one")
    with sessions.begin() as session:
        curation.set_recheck_day(session, number, date(2024, 1, 1), "amal")
        curation.set_recheck_day(session, number, date(2024, 1, 1), "amal")
        curation.set_recheck_day(session, number, None, "basil", "still holds")
    with sessions() as session:
        assert curation.list_due(session, date(2030, 1, 1)).items == ()
        made = audit_log.list_entries(session, SubjectKind.STATEMENT, number).items
    assert [(each.actor, each.action) for each in made] == [
        ("basil", "recheck set"),
        ("amal", "recheck set"),
        ("publisher", "published"),
    ]
    with sessions.begin() as session, pytest.raises(NotFound):
        curation.set_recheck_day(session, 404, None, "amal")


def test_a_row_in_hand_is_as_it_stands_now(sessions: Sessions) -> None:
    (number,) = stored(sessions, "one")
    with sessions.begin() as session:
        row = session.get_one(Statement, number)
        with sessions.begin() as other:
            curation.publish(other, [number], "basil")
        curation.set_recheck_day(session, number, date(2024, 1, 1), "amal")
        assert row.status is _PUBLISHED
