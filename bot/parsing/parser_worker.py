"""Run in a parser process: read documents one after the other, within limits.

It has no secrets, no database and no files of its own. It exits when its input ends, so that it
does not outlive the program that started it.
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

#: Maximum open files: the libraries', and tesseract's pipes.
_FILES: Final = 64
#: Maximum bytes of a job's arguments, of a document, and of an answer (a document with its
#: statements).
MAX_ARGUMENTS: Final = 2**20
MAX_DOCUMENT: Final = 64 * 2**20
MAX_ANSWER: Final = 64 * 2**20
#: The first byte of an answer.
READY: Final = b"ready"
DONE: Final = b"done"
REFUSED: Final = b"refused"
#: Reasons of refusals that do not come from a reader.
OUT_OF_MEMORY: Final = "memory"
ANSWER_TOO_LONG: Final = "answer"
BROKE: Final = "broke"


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits for reading one document. An ordinary one takes hundredths of a second.

    Seconds of processor time, seconds of wall time, and bytes of memory, including interpreter and
    libraries (about 80 MiB).
    """

    cpu_s: int = 20
    wall_s: float = 60.0
    memory: int = 2**30


_Request = tuple[bytes, bytes, bytes]


def main(cpu_s: int, memory: int) -> None:
    """Run jobs until the input ends."""
    channel = socket.socket(fileno=os.dup(0))
    _set_limits(memory)
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
    """Receive jobs; when the input ends, exit even if a job is running."""
    try:
        while True:
            name = message_framing.receive(channel, MAX_ARGUMENTS)
            arguments = message_framing.receive(channel, MAX_ARGUMENTS)
            requests.put((name, arguments, message_framing.receive(channel, MAX_DOCUMENT)))
    finally:
        # Its children, such as tesseract, are in the same process group.
        os.killpg(0, signal.SIGKILL)


def _answer(job: Job, arguments: bytes, data: bytes, cpu_s: int) -> Sequence[bytes]:
    kind = KINDS[job]
    _limit_processor(cpu_s)
    try:
        found = kind.function(data, *kind.arguments.validate_json(arguments))
        answer = kind.result.dump_json(found)
    except MemoryError:
        return _encode_refusal(OUT_OF_MEMORY)
    except Exception as error:  # noqa: BLE001 - whatever parsers raise over hostile input
        if type(error).__name__ in ERRORS:
            return _encode_refusal(type(error).__name__, str(error))
        # Only where it broke: an error's message may quote the document.
        place = traceback.extract_tb(error.__traceback__)[-1]
        return _encode_refusal(BROKE, f"{type(error).__name__} at {place.filename}:{place.lineno}")
    return (DONE, answer) if len(answer) <= MAX_ANSWER else _encode_refusal(ANSWER_TOO_LONG)


def _encode_refusal(kind: str, why: str = "") -> Sequence[bytes]:
    return REFUSED, json.dumps([kind, why]).encode()


def _set_limits(memory: int) -> None:
    """Set this process's resource limits; its children inherit them."""
    _set_limit(resource.RLIMIT_AS, memory)
    _set_limit(resource.RLIMIT_NOFILE, _FILES)
    # It may not write files, and leaves no core dump.
    _set_limit(resource.RLIMIT_FSIZE, 0)
    _set_limit(resource.RLIMIT_CORE, 0)


def _set_limit(which: int, most: int) -> None:
    _, hard = resource.getrlimit(which)
    within = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(which, (within, within))


def _limit_processor(seconds: int) -> None:
    """Let the system kill this process after ``seconds`` more of processor time."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    until = ceil(time.process_time()) + seconds
    within = until if hard == resource.RLIM_INFINITY else min(until, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (within, hard))


def _import_readers() -> None:
    """Import now what readers would import on first use."""
    import feedparser  # noqa: F401

    from knowledge.corpus.readers.html_reader import extractor

    extractor()


if __name__ == "__main__":
    # Discard output: a parser that prints must not fill a pipe.
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123
    main(*map(int, sys.argv[1:]))
