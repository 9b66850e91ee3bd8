"""Limits of a server: how long a peer may keep it waiting, how many connections it may hold."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one listener. Times are in seconds."""

    #: From the connection's opening, or a later request's first byte, to the end of the headers.
    #: They are one packet; with its first retries lost that takes TCP seven seconds (RFC 6298).
    headers: float = 10.0
    #: From one answer to the first byte of the next request. Browsers open a connection anew at
    #: no cost that a person sees; each one kept is a file descriptor.
    idle: float = 10.0
    #: From the headers to the end of the body, in all: 8 MiB at 2.2 Mbit/s.
    body: float = 30.0
    #: A body has this long, and a second more for every ``body_rate`` bytes that came. The rate is
    #: that of Apache's mod_reqtimeout, a tenth of what the slowest mobile networks carry.
    body_grace: float = 10.0
    body_rate: float = 500.0
    #: For the peer to take what was written: the kernel holds most pages whole, and a piece of
    #: 64 KiB beyond takes this long at 17 kbit/s.
    unread: float = 30.0
    #: In all. Console, webhook and metrics together leave nearly half of the 1,024 file
    #: descriptors that a process commonly has to the database, the index and Telegram.
    connections: int = 192
    #: Of one address (an IPv6 network of 64 bits). A newsroom behind one address has ten browsers
    #: of six connections each, Telegram makes 40. A trusted proxy is not held to it.
    per_address: int = 64
    #: Of the headers of one request. Browsers send a few kilobytes.
    header_bytes: int = 64 * 2**10
