"""A bot process killed over and over while many people ask, and what they saw of it.

``measure`` keeps a load on whatever process it is given a way to start, kills that at seeded
moments, starts it again, and at last waits until everybody has an answer.
"""

import asyncio
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Final, TypeAlias

from tests.e2e.bot_api_server import BotApiServer, Sent, is_placeholder

_FIRST_PERSON: Final = 10_000
#: Reached only where the bot is broken.
_PATIENCE_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Load:
    """How people ask: ``people`` of them, each again once answered, ``a_second`` at most."""

    people: int = 300
    a_second: float = 50.0
    #: Seconds that Telegram takes for a request: half of them before it is done, half after.
    latency: float = 0.0


@dataclass(frozen=True, slots=True)
class Life:
    """One process from its start to its end; all but the last are killed. Times in seconds."""

    until_poll: float
    #: From its first ``getUpdates`` to the first answer it sends; None if it sent none.
    until_answer: float | None
    #: Answers it sent that another process sent again.
    twice: int
    #: Placeholders it sent that stand for good.
    orphaned: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of all lives."""

    lives: tuple[Life, ...]
    asked: int
    lost: int

    @property
    def twice(self) -> list[int]:
        """For each kill the messages that are there twice for it."""
        return [life.twice + life.orphaned for life in self.lives[:-1]]

    @property
    def until_answer(self) -> list[float]:
        """Seconds from each restart's first poll to its first answer."""
        return [life.until_answer for life in self.lives[1:] if life.until_answer is not None]


@dataclass(slots=True)
class _Beginning:
    started: float
    polled: float | None = None
    answered: float | None = None


class Crowd(BotApiServer):
    """People who ask one thing at a time, and what each message of theirs was answered with."""

    def __init__(self, load: Load, claims: Sequence[str]) -> None:
        super().__init__()
        self._load, self._claims = load, cycle(claims)
        self._free = list(range(_FIRST_PERSON, _FIRST_PERSON + load.people))
        self._begun: list[_Beginning] = []
        #: By the message of a person: the bot's messages that answer it, and who sent each first.
        self._answers: dict[int, dict[int, tuple[int, bool]]] = {}
        self._asked = 0
        self._happened = threading.Condition()

    async def answer(self, method: str, given: Mapping[str, str], caller: object) -> Any:
        """Do what is asked, as slowly as Telegram does, and note whose answer it is."""
        if method == "getUpdates":
            self._note_poll()
            return await super().answer(method, given, caller)
        # Whose request it is, not who is alive once it is done.
        life = len(self._begun) - 1
        await asyncio.sleep(self._load.latency / 2)
        result = await super().answer(method, given, caller)
        if method in {"sendMessage", "editMessageText"}:
            number = result["message_id"]
            self._note_sent(next(s for s in reversed(self.sent) if s.message_id == number), life)
        self.chats.sent.clear()
        self.calls.clear()
        await asyncio.sleep(self._load.latency / 2)
        return result

    def begin(self) -> None:
        """Note that a process is started."""
        with self._happened:
            self._begun.append(_Beginning(time.perf_counter()))

    def wait_for_poll(self) -> None:
        """Return once the process that was started last has asked for updates."""
        with self._happened:
            begun = self._begun[-1]
            if not self._happened.wait_for(lambda: begun.polled is not None, _PATIENCE_S):
                raise AssertionError("the bot does not poll")

    def ask(self, until: Callable[[], bool]) -> None:
        """Ask as the load says until told to stop."""
        began, number = time.perf_counter(), 0
        while not until():
            number += 1
            time.sleep(max(0.0, began + number / self._load.a_second - time.perf_counter()))
            with self._happened:
                if not self._free:
                    continue
                person = self._free.pop(0)
                update = self.send_text(person, next(self._claims))
                self._answers[self.message_of(update)] = {}
                self._asked += 1

    def wait_until_answered(self) -> int:
        """Wait until everybody is answered; returns how many never were."""
        with self._happened:
            free = len(self._free)
            while free < self._load.people and self._happened.wait(_PATIENCE_S):
                free = len(self._free)
            return self._load.people - free

    def outcome(self, lost: int) -> Outcome:
        """Return what became of it all."""
        with self._happened:
            twice, orphaned = [0] * len(self._begun), [0] * len(self._begun)
            for messages in self._answers.values():
                answers = sorted(life for life, is_answer in messages.values() if is_answer)
                for life in answers[:-1]:
                    twice[life] += 1
                for life, is_answer in messages.values():
                    orphaned[life] += bool(answers) and not is_answer
            lives = tuple(_life(*each) for each in zip(self._begun, twice, orphaned, strict=True))
            return Outcome(lives, self._asked, lost)

    def _note_poll(self) -> None:
        with self._happened:
            if self._begun and self._begun[-1].polled is None:
                self._begun[-1].polled = time.perf_counter()
                self._happened.notify_all()

    def _note_sent(self, sent: Sent, life: int) -> None:
        if sent.reply_to is None:
            return
        with self._happened:
            messages = self._answers[sent.reply_to]
            is_answer = not is_placeholder(sent)
            if is_answer and not any(answered for _, answered in messages.values()):
                self._free.append(sent.chat_id)
            first = messages.get(sent.message_id, (life, is_answer))[0]
            messages[sent.message_id] = first, is_answer
            begun = self._begun[life]
            if is_answer and begun.answered is None and begun.polled is not None:
                begun.answered = time.perf_counter()
            self._happened.notify_all()


#: Starts a process; returns what kills it and waits until it is dead.
Start: TypeAlias = Callable[[], Callable[[], None]]


def measure(
    crowd: Crowd,
    start: Start,
    kills: int,
    seed: int,
    longest_s: float = 6.0,
) -> Outcome:
    """Kill what ``start`` starts so many times, each within ``longest_s`` of its first poll."""
    rng = random.Random(seed)  # noqa: S311 - a seed, not a secret
    over = threading.Event()
    asking = threading.Thread(target=crowd.ask, args=(over.is_set,))
    try:
        for number in range(kills):
            with _living(crowd, start):
                if number == 0:
                    asking.start()
                time.sleep(rng.uniform(0.2, longest_s))
        with _living(crowd, start):
            over.set()
            return crowd.outcome(crowd.wait_until_answered())
    finally:
        over.set()


@contextmanager
def _living(crowd: Crowd, start: Start) -> Iterator[None]:
    """Have a process live for the body, from its first poll until it is killed."""
    crowd.begin()
    kill = start()
    try:
        crowd.wait_for_poll()
        yield
    finally:
        kill()


def _life(begun: _Beginning, twice: int, orphaned: int) -> Life:
    if begun.polled is None:
        raise AssertionError("a process never polled")
    answer = None if begun.answered is None else begun.answered - begun.polled
    return Life(begun.polled - begun.started, answer, twice, orphaned)
