"""Signals between the processes of one bot: wake those that answer, and see which of them live.

All of it is made before the processes are forked, and inherited by them.
"""

import contextlib
import mmap
import os
import select
import struct
import time
from typing import Final

_MOMENT: Final = struct.Struct("d")


class SharedSignals:
    """What the processes of one bot tell each other: ``count`` answer, numbered from 1.

    A pipe for each wakes it. Memory that all share holds when each last looked for updates, and a
    heartbeat of each. One more pipe ends when the supervisor does, however it ends.
    """

    def __init__(self, count: int) -> None:
        self._wakes = [os.pipe() for _ in range(count)]
        for pipe in self._wakes:
            for end in pipe:
                os.set_blocking(end, False)
        self._lifeline = os.pipe()
        self._looked = mmap.mmap(-1, count * _MOMENT.size)
        self._beats = mmap.mmap(-1, (count + 1) * _MOMENT.size)

    def leave_supervisor(self) -> None:
        """In a child: keep only that end of the lifeline that shows the supervisor's end."""
        os.close(self._lifeline[1])

    @property
    def supervisor_ended(self) -> int:
        """A file descriptor that can be read once the supervisor has ended."""
        return self._lifeline[0]

    @property
    def has_supervisor_ended(self) -> bool:
        """In a child: whether the supervisor has ended."""
        return bool(select.select([self._lifeline[0]], [], [], 0)[0])

    def wake(self) -> None:
        """Wake all processes that answer."""
        for _, writing in self._wakes:
            # A full pipe wakes as well as one that is written to.
            with contextlib.suppress(BlockingIOError):
                os.write(writing, b"!")

    def wakes(self, number: int) -> int:
        """Return the file descriptor that can be read once a process is woken."""
        return self._wakes[number - 1][0]

    def note_woken(self, number: int) -> None:
        """Empty the pipe of a process that was woken."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self._wakes[number - 1][0], 4096):
                pass

    def note_looked(self, number: int) -> None:
        """Record that a process has just looked for updates."""
        _MOMENT.pack_into(self._looked, (number - 1) * _MOMENT.size, time.monotonic())

    def beat(self, number: int) -> None:
        """Record that a process, also the one that takes updates in (0), does not hang."""
        _MOMENT.pack_into(self._beats, number * _MOMENT.size, time.monotonic())

    def last_beat(self, number: int) -> float:
        """Return a value that changes with each heartbeat of a process, 0 before the first."""
        (beat,) = _MOMENT.unpack_from(self._beats, number * _MOMENT.size)
        return float(beat)

    def note_ended(self, number: int) -> None:
        """Record that a process has ended."""
        _MOMENT.pack_into(self._beats, number * _MOMENT.size, 0.0)
        if number:
            _MOMENT.pack_into(self._looked, (number - 1) * _MOMENT.size, 0.0)

    def measure_idle(self) -> list[float]:
        """Return, for each process that answers, the seconds since it last looked for updates."""
        moments = [moment for (moment,) in _MOMENT.iter_unpack(self._looked[:]) if moment]
        return [time.monotonic() - moment for moment in moments]
