"""Frame messages to and from a parser process: length-prefixed bytes."""

import socket
import struct
import time
from collections.abc import Sequence
from typing import Final

_LENGTH: Final = struct.Struct(">Q")
_PIECE: Final = 2**20


class TooLong(Exception):
    """A frame's announced length exceeds the limit."""


def send(channel: socket.socket, pieces: Sequence[bytes], ends: float | None = None) -> None:
    """Send ``pieces``, each with its length, before ``ends`` on the monotonic clock.

    Raises TimeoutError, or OSError if the peer is gone.
    """
    for piece in pieces:
        for part in (_LENGTH.pack(len(piece)), piece):
            channel.settimeout(_seconds_left(ends))
            channel.sendall(part)


def receive(channel: socket.socket, limit: int, ends: float | None = None) -> bytes:
    """Receive a piece of at most ``limit`` bytes. Raises EOFError, TooLong, or as ``send``."""
    (length,) = _LENGTH.unpack(_receive_exactly(channel, _LENGTH.size, ends))
    if length > limit:
        raise TooLong
    return _receive_exactly(channel, length, ends)


def _receive_exactly(channel: socket.socket, length: int, ends: float | None) -> bytes:
    received = bytearray()
    while len(received) < length:
        channel.settimeout(_seconds_left(ends))
        part = channel.recv(min(length - len(received), _PIECE))
        if not part:
            raise EOFError
        received += part
    return bytes(received)


def _seconds_left(ends: float | None) -> float | None:
    if ends is None:
        return None
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
