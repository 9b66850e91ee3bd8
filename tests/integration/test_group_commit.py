"""Small acts share a commit; one that fails takes none of the others with it."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from knowledge.models import ScheduledJob
from knowledge.storage.database import Sessions
from knowledge.storage.group_commit import GroupCommit

NOW = datetime(2030, 5, 1, tzinfo=UTC)


@pytest.fixture
def commits(sessions: Sessions) -> Iterator[GroupCommit]:
    commits = GroupCommit(sessions)
    yield commits
    commits.close()


def adding(name: str) -> Callable[[Session], str]:
    def act(session: Session) -> str:
        session.add(ScheduledJob(name=name, due_at=NOW))
        session.flush()
        return name

    return act


def held(commits: GroupCommit) -> tuple[threading.Event, Future[bool]]:
    """Keep the thread busy until the event is set, so that what is given meanwhile waits."""
    release, begun = threading.Event(), threading.Event()

    def act(_: Session) -> bool:
        begun.set()
        return release.wait()

    future = commits.do(act)
    begun.wait()
    return release, future


def count(sessions: Sessions) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(ScheduledJob)) or 0


def test_what_waits_is_committed_together(sessions: Sessions, commits: GroupCommit) -> None:
    made: list[object] = []
    release, first = held(commits)
    futures = [commits.do(adding(str(number))) for number in range(20)]
    event.listen(sessions.engine, "commit", made.append)
    release.set()
    assert first.result()
    assert [future.result() for future in futures] == [str(number) for number in range(20)]
    assert len(made) <= 2
    assert count(sessions) == 20


def test_one_that_fails_is_its_own_trouble(sessions: Sessions, commits: GroupCommit) -> None:
    def broken(_: Session) -> None:
        raise ValueError("broken")

    release, _ = held(commits)
    before, failing, after = commits.do(adding("a")), commits.do(broken), commits.do(adding("b"))
    release.set()
    assert (before.result(), after.result()) == ("a", "b")
    with pytest.raises(ValueError, match="broken"):
        failing.result()
    assert count(sessions) == 2


def test_what_nobody_waits_for_any_more_is_not_begun(
    sessions: Sessions, commits: GroupCommit
) -> None:
    release, _ = held(commits)
    given_up, other = commits.do(adding("a")), commits.do(adding("b"))
    assert given_up.cancel()
    release.set()
    assert other.result() == "b"
    assert count(sessions) == 1


def test_closing_does_what_was_given(sessions: Sessions) -> None:
    commits = GroupCommit(sessions)
    future = commits.do(adding("a"))
    commits.close()
    assert future.done()
    assert count(sessions) == 1


def test_what_is_urgent_goes_first_and_alone(sessions: Sessions, commits: GroupCommit) -> None:
    made: list[int] = []
    release, _ = held(commits)
    others = [commits.do(adding(str(number))) for number in range(3)]
    urgent = commits.do_urgently(adding("urgent"))
    urgent.add_done_callback(lambda _: made.append(sum(each.done() for each in others)))
    release.set()
    assert [each.result() for each in others] == ["0", "1", "2"]
    assert made == [0]
    assert count(sessions) == 4
