"""Read and decompress a response's body up to a limit."""

import zlib
from collections.abc import AsyncIterator
from typing import Final

from bot.fetching.errors import TooLarge, WrongContent

#: The accepted encoding: one layer of the compression that every server supports.
ENCODING: Final = "gzip"
_GZIP: Final = 16 + zlib.MAX_WBITS
_PIECE: Final = 2**16


async def read_body(chunks: AsyncIterator[bytes], encoding: str, limit: int, address: str) -> bytes:
    """Return all of ``chunks``, decompressed.

    Raises:
        TooLarge: there are more than ``limit`` bytes, before or after decompression. A
        decompression bomb is stopped early: at most one piece more than ``limit`` is held.
        WrongContent: the compression is not the one asked for, or is broken.
    """
    coded = encoding.strip().lower()
    if coded not in ("", "identity", "gzip", "x-gzip"):
        raise WrongContent(
            f"{address} uses a compression that was not asked for; open it in a browser"
        )
    unpack = _GzipBody(limit) if coded.endswith("gzip") else _PlainBody(limit)
    received = 0
    try:
        async for chunk in chunks:
            received += len(chunk)
            if received > limit or not unpack.append(chunk):
                raise TooLarge(
                    f"{address} is larger than {limit // 2**20} MiB; save what matters as a file"
                )
        return unpack.finish()
    except (zlib.error, EOFError) as error:
        raise WrongContent(f"{address} has broken compression; open it in a browser") from error


class _PlainBody:
    """Collects bytes as they come."""

    def __init__(self, limit: int) -> None:
        self._limit, self._body = limit, bytearray()

    def append(self, chunk: bytes) -> bool:
        """Add ``chunk``; returns False if the limit is exceeded."""
        self._body += chunk
        return len(self._body) <= self._limit

    def finish(self) -> bytes:
        return bytes(self._body)


class _GzipBody(_PlainBody):
    """Collects bytes decompressed by gzip, a piece at a time."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self._unpack = zlib.decompressobj(_GZIP)

    def append(self, chunk: bytes) -> bool:
        piece = self._unpack.decompress(chunk, _PIECE)
        # After a full piece the chunk may hold more.
        while super().append(piece) and piece:
            piece = self._unpack.decompress(self._unpack.unconsumed_tail, _PIECE)
        return len(self._body) <= self._limit

    def finish(self) -> bytes:
        if not self._unpack.eof:
            raise EOFError
        return super().finish()
