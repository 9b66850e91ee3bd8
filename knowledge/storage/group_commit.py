"""Group commit: small acts on the database that arrive together share a transaction.

A commit waits for the disk, whatever it holds. One thread does the acts in order of arrival; urgent
ones first, in commits of their own, so that they only wait for the commit in progress.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, ParamSpec, TypeVar

from sqlalchemy.orm import Session

from knowledge.storage.database import Sessions, UseCase

#: Acts in one transaction at most: a failed one is repeated act by act.
_TOGETHER: Final = 64

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Act = tuple[Callable[[Session], Any], "Future[Any]"]


class GroupCommit:
    """Does acts in a thread of its own; each act's future is set after its commit."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._urgent: deque[_Act] = deque()
        self._others: deque[_Act] = deque()
        self._closing = False
        self._given = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="commits", daemon=True)
        self._thread.start()

    def do(self, act: UseCase[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> "Future[_T]":
        """Queue ``act(session, …)``; the future holds what it returns or raises, once committed.

        An act may run twice, the first time in a transaction that is rolled back.
        """
        return self._give(self._others, lambda session: act(session, *args, **kwargs))

    def do_urgently(
        self, act: UseCase[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> "Future[_T]":
        """Like ``do``, ahead of acts that are not urgent."""
        return self._give(self._urgent, lambda session: act(session, *args, **kwargs))

    def close(self) -> None:
        """Do what is queued, and stop."""
        with self._given:
            self._closing = True
            self._given.notify()
        self._thread.join()

    def _give(self, queue: deque[_Act], act: Callable[[Session], _T]) -> "Future[_T]":
        future: Future[_T] = Future()
        with self._given:
            queue.append((act, future))
            self._given.notify()
        return future

    def _work(self) -> None:
        while acts := self._next():
            # The caller may have cancelled the future before the act began.
            self._commit([act for act in acts if act[1].set_running_or_notify_cancel()])

    def _next(self) -> list[_Act]:
        """Wait for acts and return those of one commit; none after ``close``."""
        with self._given:
            self._given.wait_for(lambda: self._urgent or self._others or self._closing)
            waiting = self._urgent or self._others
            return [waiting.popleft() for _ in range(min(len(waiting), _TOGETHER))]

    def _commit(self, acts: list[_Act]) -> None:
        if not acts:
            return
        try:
            with self._sessions.begin() as session:
                results = [act(session) for act, _ in acts]
        except Exception as error:  # noqa: BLE001 - handed to whoever gave the act
            if len(acts) == 1:
                acts[0][1].set_exception(error)
                return
            # One of them failed: do each on its own.
            for act in acts:
                self._commit([act])
            return
        for (_, future), result in zip(acts, results, strict=True):
            future.set_result(result)
