"""The durable inbox on a real database: stored once, taken by one, in turn, and never lost."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from knowledge.domain import Course, UpdateState
from knowledge.errors import NotFound
from knowledge.models import QueuedUpdate
from knowledge.storage.database import Sessions
from knowledge.update_queue import queued_updates, update_retention
from knowledge.update_queue.message_versions import MessageVersion, VersionStatus
from knowledge.update_queue.queued_updates import LeasedUpdate, NewUpdate

NOW = datetime(2030, 5, 1, 12, tzinfo=UTC)
LEASE = timedelta(seconds=10)
LATER = NOW + LEASE + timedelta(seconds=1)


def store(
    sessions: Sessions,
    *items: tuple[int, str],
    course: Course = Course.ANSWER,
    at: datetime = NOW,
) -> queued_updates.Stored:
    with sessions.begin() as session:
        coming = [NewUpdate(number, lane, b"sealed", course) for number, lane in items]
        return queued_updates.store(session, coming, at)


def take(
    sessions: Sessions,
    limit: int = 10,
    at: datetime = NOW,
    holder: str = "one",
    in_hand: Sequence[int] = (),
) -> list[LeasedUpdate]:
    with sessions.begin() as session:
        return queued_updates.lease(session, holder, at, at + LEASE, limit, in_hand)


def numbers(taken: Sequence[LeasedUpdate]) -> list[int]:
    return [each.id for each in taken]


def finish(sessions: Sessions, number: int, holder: str = "one") -> bool:
    with sessions.begin() as session:
        queued_updates.answer(session, number, holder, b"reply", Course.ANSWER)
        return queued_updates.finish(session, number, holder, NOW)


def row(sessions: Sessions, number: int) -> QueuedUpdate:
    with sessions() as session:
        return session.scalars(select(QueuedUpdate).where(QueuedUpdate.id == number)).one()


class TestStoring:
    def test_the_same_update_is_stored_once_however_often_it_comes(
        self, sessions: Sessions
    ) -> None:
        assert store(sessions, (1, "a"), (1, "a"), (2, "b")) == queued_updates.Stored(
            frozenset({1, 2}), 2
        )
        assert store(sessions, (2, "b"), (3, "b")) == queued_updates.Stored(frozenset({3}), 3)

    def test_one_that_was_answered_does_not_come_back(self, sessions: Sessions) -> None:
        store(sessions, (1, "a"))
        take(sessions)
        finish(sessions, 1)
        assert store(sessions, (1, "a")) == queued_updates.Stored(frozenset(), 0)
        assert take(sessions, at=LATER) == []

    def test_numbers_may_be_as_large_as_telegrams(self, sessions: Sessions) -> None:
        store(sessions, (2**62, "a"))
        assert numbers(take(sessions)) == [2**62]


class TestTaking:
    def test_one_of_each_person_at_a_time_in_the_order_they_came(self, sessions: Sessions) -> None:
        store(sessions, (1, "a"), (2, "a"), (3, "b"))
        assert numbers(take(sessions)) == [1, 3]
        assert take(sessions, holder="other") == []
        finish(sessions, 1)
        assert numbers(take(sessions)) == [2]

    def test_a_flood_of_one_delays_another_by_one(self, sessions: Sessions) -> None:
        store(sessions, *((number, "flood") for number in range(500)))
        for number in range(3):
            assert numbers(take(sessions, 1)) == [number]
            finish(sessions, number)
        store(sessions, (1000, "b"), (1001, "c"))
        assert set(numbers(take(sessions, 3))) == {3, 1000, 1001}

    def test_one_that_comes_late_waits_for_what_is_in_hand(self, sessions: Sessions) -> None:
        store(sessions, (5, "a"))
        take(sessions)
        store(sessions, (4, "a"))
        assert take(sessions) == []
        finish(sessions, 5)
        assert numbers(take(sessions)) == [4]

    def test_several_at_once_never_take_the_same(self, sessions: Sessions) -> None:
        store(sessions, *((number, f"person {number % 40}") for number in range(120)))
        taken: list[int] = []
        start = threading.Barrier(4)

        def work(holder: str) -> None:
            start.wait()
            while mine := take(sessions, 3, holder=holder):
                for each in mine:
                    taken.append(each.id)
                    finish(sessions, each.id, holder)

        workers = [threading.Thread(target=work, args=(f"holder {n}",)) for n in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        while rest := take(sessions, 50):
            for each in rest:
                taken.append(each.id)
                finish(sessions, each.id)
        assert sorted(taken) == list(range(120))

    def test_what_is_in_hand_is_not_taken_again_however_late(self, sessions: Sessions) -> None:
        store(sessions, (1, "a"))
        take(sessions)
        assert take(sessions, at=LATER, in_hand=[1]) == []

    def test_a_renewed_lease_holds(self, sessions: Sessions) -> None:
        store(sessions, (1, "a"), (2, "b"))
        take(sessions)
        with sessions.begin() as session:
            assert queued_updates.renew(session, "one", [1], LATER + LEASE) == [1]
        assert numbers(take(sessions, at=LATER, holder="other")) == [2]
        with sessions.begin() as session:
            assert queued_updates.renew(session, "one", [1, 2], LATER + LEASE) == [1]


class TestAfterACrash:
    def test_what_was_being_answered_is_taken_again_and_the_try_counted(
        self, sessions: Sessions
    ) -> None:
        store(sessions, (1, "a"))
        take(sessions)
        assert take(sessions, holder="other") == []
        (again,) = take(sessions, at=LATER, holder="other")
        assert (again.tries, again.repeats, again.reply) == (1, 0, None)

    def test_what_was_being_sent_is_sent_again_from_where_it_was_and_counted(
        self, sessions: Sessions
    ) -> None:
        store(sessions, (1, "a"))
        take(sessions)
        with sessions.begin() as session:
            assert queued_updates.place(session, 1, "one", "77")
            assert queued_updates.answer(session, 1, "one", b"reply", Course.ANSWER)
            assert queued_updates.advance(session, 1, "one", b"changed", 1)
        (again,) = take(sessions, at=LATER, holder="other")
        assert (again.reply, again.progress, again.placeholder) == (b"changed", 1, "77")
        # That a process died is no failed sending: after one it waits longer each time.
        assert (again.repeats, again.tries) == (1, 0)
        with sessions() as session:
            assert queued_updates.count_states(session) == queued_updates.Tally(1, NOW, 0, 1)

    def test_who_lost_the_lease_changes_nothing_any_more(self, sessions: Sessions) -> None:
        store(sessions, (1, "a"))
        take(sessions)
        take(sessions, at=LATER, holder="other")
        with sessions.begin() as session:
            assert not queued_updates.place(session, 1, "one", "77")
            assert not queued_updates.answer(session, 1, "one", b"reply", Course.ANSWER)
            assert not queued_updates.put_back(session, 1, "one", NOW)
            assert not queued_updates.give_up(session, 1, "one", "broken", NOW)
            assert not queued_updates.finish(session, 1, "one", NOW)
            assert queued_updates.answer(session, 1, "other", b"reply", Course.ANSWER)

    def test_a_stop_lets_go_at_once_and_counts_nothing(self, sessions: Sessions) -> None:
        store(sessions, (1, "a"))
        take(sessions)
        with sessions.begin() as session:
            queued_updates.release(session, "one")
        (again,) = take(sessions, holder="other")
        assert (again.tries, again.repeats) == (0, 0)


def say(sessions: Sessions, number: int, content: str | None, message: str = "message") -> None:
    with sessions.begin() as session:
        coming = NewUpdate(number, "a", b"sealed", Course.ANSWER, message, content)
        queued_updates.store(session, [coming], NOW)


def answer(sessions: Sessions, number: int, placeholder: str | None) -> None:
    with sessions.begin() as session:
        queued_updates.answer(session, number, "one", b"reply", Course.ANSWER)
        assert queued_updates.finish(session, number, "one", NOW, placeholder)


class TestVersions:
    def test_an_edit_is_taken_with_where_the_answer_stands(self, sessions: Sessions) -> None:
        say(sessions, 1, "ten")
        assert take(sessions)[0].version == MessageVersion()
        answer(sessions, 1, "77")
        say(sessions, 2, "ten")
        say(sessions, 3, "two", "another message")
        assert take(sessions)[0].version == MessageVersion(VersionStatus.SAME, "77")
        finish(sessions, 2)
        (other,) = take(sessions)
        assert (other.id, other.version) == (3, MessageVersion())
        answer(sessions, 3, None)
        say(sessions, 4, "two")
        assert take(sessions)[0].version == MessageVersion(VersionStatus.NEW, "77")

    def test_one_that_was_changed_while_it_waited_is_taken_as_overtaken(
        self, sessions: Sessions
    ) -> None:
        say(sessions, 1, "ten")
        say(sessions, 2, "two")
        assert take(sessions)[0].version == MessageVersion(VersionStatus.OVERTAKEN)
        finish(sessions, 1)
        assert take(sessions)[0].version == MessageVersion()

    def test_where_the_first_part_stands_is_kept_to_the_end(self, sessions: Sessions) -> None:
        say(sessions, 1, "ten")
        take(sessions)
        with sessions.begin() as session:
            queued_updates.answer(session, 1, "one", b"reply", Course.ANSWER)
            queued_updates.advance(session, 1, "one", b"reply", 1, "77")
            queued_updates.finish(session, 1, "one", NOW)
        assert row(sessions, 1).placeholder == "77"

    def test_what_is_like_nothing_else_is_named_no_longer_than_it_waits(
        self, sessions: Sessions
    ) -> None:
        say(sessions, 1, None)
        take(sessions)
        answer(sessions, 1, None)
        say(sessions, 2, None)
        assert row(sessions, 1).message_key is None
        assert take(sessions)[0].version == MessageVersion()

    def test_a_person_who_is_forgotten_leaves_no_trace_of_what_they_said(
        self, sessions: Sessions
    ) -> None:
        say(sessions, 1, "ten")
        take(sessions)
        answer(sessions, 1, "77")
        say(sessions, 2, "two")
        with sessions.begin() as session:
            update_retention.forget_lane(session, "a", "nobody")
        for number in (1, 2):
            left = row(sessions, number)
            assert (left.message_key, left.content_key, left.placeholder) == (None, None, None)
        assert take(sessions)[0].version == MessageVersion()


class TestEnding:
    def test_nothing_said_is_kept_once_it_is_answered(self, sessions: Sessions) -> None:
        store(sessions, (1, "a"), (2, "b"))
        take(sessions)
        assert finish(sessions, 1)
        with sessions.begin() as session:
            queued_updates.drop(session, 2, "one", "Forbidden: bot was blocked by the user", NOW)
        for number, state in ((1, UpdateState.SENT), (2, UpdateState.DROPPED)):
            kept = row(sessions, number)
            assert (kept.state, kept.payload, kept.reply) == (state, None, None)
            assert kept.done_at == NOW

    def test_one_put_back_is_taken_when_it_is_due(self, sessions: Sessions) -> None:
        store(sessions, (1, "a"), (2, "a"))
        take(sessions)
        minute = NOW + timedelta(minutes=1)
        with sessions.begin() as session:
            queued_updates.put_back(session, 1, "one", minute, "NetworkError", repeat=True)
        # The person's next one does not go first.
        assert take(sessions) == []
        (again,) = take(sessions, at=minute)
        assert (again.id, again.tries, again.repeats) == (1, 1, 1)

    def test_one_that_is_only_early_is_no_failure(self, sessions: Sessions) -> None:
        store(sessions, (1, "a"))
        take(sessions)
        with sessions.begin() as session:
            queued_updates.put_back(session, 1, "one", NOW)
        assert take(sessions)[0].tries == 0
        with sessions() as session:
            assert queued_updates.list_failed(session) == []

    def test_an_apology_leaves_a_trace_and_may_be_tried_again(self, sessions: Sessions) -> None:
        store(sessions, (1, "a"), (2, "b"))
        take(sessions)
        with sessions.begin() as session:
            queued_updates.answer(
                session, 1, "one", b"sorry", Course.APOLOGISE, "not answered: OSError"
            )
            queued_updates.finish(session, 1, "one", NOW)
            queued_updates.give_up(session, 2, "one", "not sent: too long", NOW)
        with sessions() as session:
            found = queued_updates.list_failed(session)
            assert queued_updates.count_states(session).given_up == 2
        assert [(each.id, each.error) for each in found] == [
            (2, "not sent: too long"),
            (1, "not answered: OSError"),
        ]
        with sessions.begin() as session:
            assert queued_updates.retry(session, [1], NOW) == 1
            assert queued_updates.retry(session, [], NOW) == 1
        first, second = take(sessions)
        assert (first.payload, first.reply, first.course) == (b"sealed", None, Course.ANSWER)
        assert (second.id, second.tries) == (2, 0)
        with sessions.begin() as session, pytest.raises(NotFound, match="updates list"):
            queued_updates.retry(session, [1], NOW)

    def test_what_nobody_asked_for_is_dropped_where_another_is_given_up(
        self, sessions: Sessions
    ) -> None:
        store(sessions, (1, "a"), course=Course.WATCH)
        store(sessions, (2, "b"))
        take(sessions)
        with sessions.begin() as session:
            assert all(
                queued_updates.give_up(session, each, "one", "broken", NOW) for each in (1, 2)
            )
        overheard, asked = row(sessions, 1), row(sessions, 2)
        assert (overheard.state, overheard.payload) == (UpdateState.DROPPED, None)
        assert (asked.state, asked.payload) == (UpdateState.GIVEN_UP, b"sealed")

    def test_what_is_done_is_forgotten_in_time_and_what_waits_is_not(
        self, sessions: Sessions
    ) -> None:
        store(sessions, (1, "a"), (2, "b"), (3, "c"))
        take(sessions, 2)
        finish(sessions, 1)
        with sessions.begin() as session:
            queued_updates.give_up(session, 2, "one", "broken", NOW)
        later = NOW + timedelta(seconds=1)
        with sessions.begin() as session:
            assert update_retention.forget(session, NOW, NOW) == 0
            assert update_retention.forget(session, later, NOW) == 1
            assert update_retention.forget(session, later, later) == 1
            assert queued_updates.count_waiting(session) == 1

    def test_everything_of_one_person_can_be_forgotten(self, sessions: Sessions) -> None:
        store(sessions, (1, "a"), (2, "a"), (3, "b"))
        take(sessions, 1)
        finish(sessions, 1)
        with sessions.begin() as session:
            assert update_retention.forget_lane(session, "a", "nobody") == 2
        with sessions() as session:
            rows = session.scalars(select(QueuedUpdate).order_by(QueuedUpdate.id)).all()
            assert [(each.lane, each.payload is None) for each in rows] == [
                ("nobody", True),
                ("nobody", False),
                ("b", False),
            ]
        # What came in is known when it comes again, and what waits is answered.
        store(sessions, (1, "a"))
        assert set(numbers(take(sessions))) == {2, 3}
