"""The bytes of an answer, decompressed, never more than are wanted."""

import zlib
from collections.abc import AsyncIterator
from typing import Final

from bot.fetching.errors import TooLarge, WrongContent

#: What is asked for and taken: one layer of the compression that every server knows.
ENCODING: Final = "gzip"
_GZIP: Final = 16 + zlib.MAX_WBITS
_PIECE: Final = 2**16


async def read_body(chunks: AsyncIterator[bytes], encoding: str, limit: int, address: str) -> bytes:
    """Return all of ``chunks``, decompressed.

    Raises:
        TooLarge: there are more than ``limit`` bytes, before or after decompression. A bomb is
            noticed while it opens: at most one piece more than ``limit`` is ever held.
        WrongContent: the compression is another than was asked for, or broken.
    """
    coded = encoding.strip().lower()
    if coded not in ("", "identity", "gzip", "x-gzip"):
        raise WrongContent(
            f"{address} uses a compression that was not asked for; open it in a browser"
        )
    unpack = _Unpacked(limit) if coded.endswith("gzip") else _Plain(limit)
    received = 0
    try:
        async for chunk in chunks:
            received += len(chunk)
            if received > limit or not unpack.took(chunk):
                raise TooLarge(
                    f"{address} is larger than {limit // 2**20} MiB; save what matters as a file"
                )
        return unpack.whole()
    except (zlib.error, EOFError) as error:
        raise WrongContent(f"{address} has broken compression; open it in a browser") from error


class _Plain:
    """Bytes as they come."""

    def __init__(self, limit: int) -> None:
        self._limit, self._body = limit, bytearray()

    def took(self, chunk: bytes) -> bool:
        """Take ``chunk`` in; False if that is more than the limit."""
        self._body += chunk
        return len(self._body) <= self._limit

    def whole(self) -> bytes:
        return bytes(self._body)


class _Unpacked(_Plain):
    """Bytes as gzip unpacks them, a piece at a time."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self._unpack = zlib.decompressobj(_GZIP)

    def took(self, chunk: bytes) -> bool:
        piece = self._unpack.decompress(chunk, _PIECE)
        # A full piece may not be all that this chunk holds.
        while super().took(piece) and piece:
            piece = self._unpack.decompress(self._unpack.unconsumed_tail, _PIECE)
        return len(self._body) <= self._limit

    def whole(self) -> bytes:
        if not self._unpack.eof:
            raise EOFError
        return super().whole()
