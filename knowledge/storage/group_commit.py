"""Group commit: small acts on the database that come at the same time share a transaction.

A commit waits for the disk, whatever it holds. Acts are done in the order they came, by one thread;
urgent ones first, in commits of their own: they wait for what is being committed and nothing else.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, ParamSpec, TypeVar

from sqlalchemy.orm import Session

from knowledge.storage.database import Sessions, UseCase

#: Acts in one transaction at most: what fails is done again one by one.
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
        """Have ``act(session, …)`` done and committed; its future holds what it returns or raises.

        An act may be done twice, the first time in a transaction that is rolled back.
        """
        return self._give(self._others, lambda session: act(session, *args, **kwargs))

    def do_urgently(
        self, act: UseCase[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> "Future[_T]":
        """Like ``do``, ahead of what is not urgent."""
        return self._give(self._urgent, lambda session: act(session, *args, **kwargs))

    def close(self) -> None:
        """Do what was given so far, and end."""
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
            # Whoever gave an act may have stopped waiting for it before it was begun.
            self._commit([act for act in acts if act[1].set_running_or_notify_cancel()])

    def _next(self) -> list[_Act]:
        """Wait for acts and return those of one commit; none where no more will come."""
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
            # One of them is at fault: the others are not to suffer for it.
            for act in acts:
                self._commit([act])
            return
        for (_, future), result in zip(acts, results, strict=True):
            future.set_result(result)
