"""Define a listener's limits: deadlines for peers, and numbers of connections."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one listener. Times are in seconds."""

    #: From the connection's opening, or a later request's first byte, to the end of the headers.
    #: They fit one packet; if its first retries are lost, TCP takes seven seconds (RFC 6298).
    headers: float = 10.0
    #: From one answer to the first byte of the next request (keep-alive). Browsers reconnect
    #: unnoticed; each open connection costs a file descriptor.
    idle: float = 10.0
    #: From the headers to the end of the body, in all: 8 MiB at 2.2 Mbit/s.
    body: float = 30.0
    #: A body has this long, plus a second for every ``body_rate`` bytes received. The rate is
    #: that of Apache's mod_reqtimeout, a tenth of the slowest mobile networks'.
    body_grace: float = 10.0
    body_rate: float = 500.0
    #: For the peer to read the answer: the kernel buffers most pages whole, and 64 KiB beyond
    #: that take this long at 17 kbit/s.
    unread: float = 30.0
    #: Connections in all. Console, webhook and metrics together leave nearly half of the usual
    #: 1,024 file descriptors of a process to the database, the index and Telegram.
    connections: int = 192
    #: Connections of one address (an IPv6 /64 network). A newsroom behind one address has ten
    #: browsers of six connections each, Telegram makes 40. Trusted proxies are exempt.
    per_address: int = 64
    #: Bytes of a request's headers. Browsers send a few kilobytes.
    header_bytes: int = 64 * 2**10
