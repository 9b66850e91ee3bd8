"""One commit for many: small acts on the database that come at the same time share a transaction.

A commit waits for the disk, whatever it holds. Acts are done in the order they came, by one thread.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from sqlalchemy.orm import Session

from knowledge.database import Sessions

#: Acts in one transaction at most: what fails is done again one by one.
_TOGETHER: Final = 64

_T = TypeVar("_T")
_Act = tuple[Callable[[Session], Any], "Future[Any]"]


class SharedCommits:
    """Does acts in a thread of its own; each act's future is set after its commit."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._acts: queue.SimpleQueue[_Act | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="commits", daemon=True)
        self._thread.start()

    def do(self, act: Callable[[Session], _T]) -> "Future[_T]":
        """Have ``act`` done and committed; its future holds what it returns or raises.

        An act may be done twice, the first time in a transaction that is rolled back.
        """
        future: Future[_T] = Future()
        self._acts.put((act, future))
        return future

    def close(self) -> None:
        """Do what was given so far, and end."""
        self._acts.put(None)
        self._thread.join()

    def _work(self) -> None:
        ending = False
        while not ending:
            acts = [self._acts.get()]
            while acts[-1] is not None and len(acts) < _TOGETHER and not self._acts.empty():
                acts.append(self._acts.get())
            ending = acts[-1] is None
            # Whoever gave an act may have stopped waiting for it before it was begun.
            self._commit([a for a in acts if a is not None and a[1].set_running_or_notify_cancel()])

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
