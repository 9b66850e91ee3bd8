"""The process that reads documents: one after the other, within limits, and nothing else.

It has no secrets, no database and no files of its own. It ends when its input does, so that nothing
of it is left where the program that started it was killed.
"""

import json
import os
import queue
import resource
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from bot.parsing import message_framing
from bot.parsing.parser_jobs import ERRORS, KINDS, Job

#: Files that may be open: the libraries', and the pipes of what reads pictures.
_FILES: Final = 64
#: Bytes of a question's arguments, of a document and of an answer: a document and its statements.
MAX_ARGUMENTS: Final = 2**20
MAX_DOCUMENT: Final = 64 * 2**20
MAX_ANSWER: Final = 64 * 2**20
#: What an answer begins with.
READY: Final = b"ready"
DONE: Final = b"done"
REFUSED: Final = b"refused"
#: Why a document is refused where no reader says it.
OUT_OF_MEMORY: Final = "memory"
ANSWER_TOO_LONG: Final = "answer"
BROKE: Final = "broke"


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one document may take. An ordinary one takes hundredths of a second.

    Seconds of a processor, seconds on the clock, and bytes of memory, those of the interpreter and
    the libraries (some 80 MiB) included.
    """

    cpu_s: int = 20
    wall_s: float = 60.0
    memory: int = 2**30


_Request = tuple[bytes, bytes, bytes]


def main(cpu_s: int, memory: int) -> None:
    """Answer questions until there are no more."""
    channel = socket.socket(fileno=os.dup(0))
    _limit(memory)
    _import_readers()
    requests: queue.Queue[_Request] = queue.Queue()
    threading.Thread(target=_receive, args=(channel, requests), daemon=True).start()
    message_framing.send(channel, (READY, b""))
    while True:
        name, arguments, data = requests.get()
        answer = _answer(Job(name.decode()), arguments, data, cpu_s)
        del arguments, data
        message_framing.send(channel, answer)


def _receive(channel: socket.socket, requests: "queue.Queue[_Request]") -> None:
    """Take questions in, and see, whatever is being done, that there are no more."""
    try:
        while True:
            name = message_framing.receive(channel, MAX_ARGUMENTS)
            arguments = message_framing.receive(channel, MAX_ARGUMENTS)
            requests.put((name, arguments, message_framing.receive(channel, MAX_DOCUMENT)))
    finally:
        # What it has started itself, such as what reads pictures, is of the same group.
        os.killpg(0, signal.SIGKILL)


def _answer(job: Job, arguments: bytes, data: bytes, cpu_s: int) -> Sequence[bytes]:
    kind = KINDS[job]
    _limit_processor(cpu_s)
    try:
        found = kind.function(data, *kind.arguments.validate_json(arguments))
        answer = kind.result.dump_json(found)
    except MemoryError:
        return _refused(OUT_OF_MEMORY)
    except Exception as error:  # noqa: BLE001 - whatever parsers raise over hostile input
        if type(error).__name__ in ERRORS:
            return _refused(type(error).__name__, str(error))
        # Where it broke, and nothing of the document, which a message may repeat.
        place = traceback.extract_tb(error.__traceback__)[-1]
        return _refused(BROKE, f"{type(error).__name__} at {place.filename}:{place.lineno}")
    return (DONE, answer) if len(answer) <= MAX_ANSWER else _refused(ANSWER_TOO_LONG)


def _refused(kind: str, why: str = "") -> Sequence[bytes]:
    return REFUSED, json.dumps([kind, why]).encode()


def _limit(memory: int) -> None:
    """Bound what this process may ever take; what it starts inherits all of it."""
    _bound(resource.RLIMIT_AS, memory)
    _bound(resource.RLIMIT_NOFILE, _FILES)
    # It writes no file, and leaves no copy of its memory where it breaks.
    _bound(resource.RLIMIT_FSIZE, 0)
    _bound(resource.RLIMIT_CORE, 0)


def _bound(which: int, most: int) -> None:
    _, hard = resource.getrlimit(which)
    within = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(which, (within, within))


def _limit_processor(seconds: int) -> None:
    """Have the system end this process after so many more seconds of a processor."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    until = ceil(time.process_time()) + seconds
    within = until if hard == resource.RLIM_INFINITY else min(until, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (within, hard))


def _import_readers() -> None:
    """Import now what readers import when they are first called."""
    import feedparser  # noqa: F401

    from knowledge.corpus.readers.html_reader import extractor

    extractor()


if __name__ == "__main__":
    # Nobody reads what is printed here; a parser that prints must not fill a pipe.
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123
    main(*map(int, sys.argv[1:]))
