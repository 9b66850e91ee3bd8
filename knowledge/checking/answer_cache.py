"""Remember answers to claims that are asked again while nothing changes."""

import threading
from collections import OrderedDict
from typing import Final, TypeAlias

from knowledge.checking.outcomes import Answer

#: Answers kept for claims that are asked again while nothing changes: viral claims repeat. 20 KB
#: each: this, and what is kept of words read, is soon full, so that memory does not grow for hours.
REMEMBERED: Final = 1_024

#: What an answer depends on: the claim, the state of the index, and how many matches are wanted.
Key: TypeAlias = tuple[str, tuple[int, int], int]


class AnswerCache:
    """Answers by what they depend on, the most recently asked kept. Safe from several threads."""

    def __init__(self, size: int = REMEMBERED) -> None:
        self._size = size
        self._answers: OrderedDict[Key, Answer] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Answer | None:
        """Return the answer that is remembered, None if there is none."""
        with self._lock:
            known = self._answers.get(key)
            if known is not None:
                self._answers.move_to_end(key)
            return known

    def keep(self, key: Key, answer: Answer) -> None:
        """Remember an answer; the one that was not asked for longest makes room for it."""
        with self._lock:
            self._answers[key] = answer
            self._answers.move_to_end(key)
            if len(self._answers) > self._size:
                self._answers.popitem(last=False)
