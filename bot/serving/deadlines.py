"""Hold the peers of uvicorn's HTTP/1.1 protocol to deadlines."""

import asyncio
from collections.abc import Sequence
from enum import Enum, auto
from typing import Any, ClassVar, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from bot.observability import telemetry
from bot.observability.telemetry import Closing
from bot.serving.connection_limits import Limits
from bot.serving.connections import Connections

#: A stop waits that long for what is left of a body: what was sent has come by then.
_LAST_SECONDS: Final = 1.0
#: While a body is waited for, how often is looked whether our application holds it up.
_LOOK_SECONDS: Final = 1.0


class Phase(Enum):
    """What a connection waits for."""

    HEADERS = auto()
    BODY = auto()
    #: For our application.
    ANSWER = auto()
    #: For the peer to take what was written.
    READER = auto()
    #: For another request.
    NEXT = auto()


_CLOSINGS: Final = {
    Phase.HEADERS: Closing.HEADERS,
    Phase.BODY: Closing.BODY,
    Phase.READER: Closing.UNREAD,
    Phase.NEXT: Closing.IDLE,
}


class BoundedProtocol(H11Protocol):
    """uvicorn's protocol with a deadline for whatever the peer owes, and bounds on connections.

    Nothing of a request is read here: what is waited for is told by the states of h11, which are
    its public interface, each time that bytes came, an answer was written or the peer took it.
    """

    limits: ClassVar[Limits]
    connections_open: ClassVar[Connections]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: tuple[Phase, RequestResponseCycle | None] = (Phase.HEADERS, None)
        self._since = self.loop.time()
        self._received = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def address(self) -> str:
        """The peer's address, empty if it is gone already."""
        return self.client[0] if self.client else ""

    @property
    def deadline(self) -> float | None:
        """By when, on the loop's clock, the peer has to do something; None if we have to."""
        match self._waiting:
            case (Phase.HEADERS, _):
                return self._since + self.limits.headers
            case (Phase.BODY, _):
                earned = self.limits.body_grace + self._received / self.limits.body_rate
                return self._since + min(earned, self.limits.body)
            case (Phase.READER, _):
                return self._since + self.limits.unread
            case (Phase.NEXT, _):
                return self._since + self.limits.idle
        return None

    def connection_made(  # type: ignore[override]  # of streams alone, as uvicorn's
        self, transport: asyncio.Transport
    ) -> None:
        """Begin to wait for a request, if there is room."""
        super().connection_made(transport)
        # Writing counts as paused while anything is unsent: the one sign of a peer not reading.
        transport.set_write_buffer_limits(0)
        self._note()
        self.connections_open.admit(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if self._timer is not None:
            self._timer.cancel()
        self.connections_open.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes in."""
        self._received += len(data)
        super().data_received(data)
        self._note()

    def send_400_response(self, msg: str) -> None:
        """Say that this is no HTTP, unless an answer has begun already."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.close()

    def on_response_complete(self) -> None:
        """Go on to the next request."""
        super().on_response_complete()
        self._note()

    def pause_writing(self) -> None:
        """Wait for the peer to read."""
        super().pause_writing()
        self._note()

    def resume_writing(self) -> None:
        """Wait for the peer no longer."""
        super().resume_writing()
        self._note()

    def shutdown(self) -> None:
        """Answer what is in hand and close; a stop does not wait for what is still to be sent."""
        super().shutdown()
        if self._phase() is Phase.BODY:
            self.loop.call_later(_LAST_SECONDS, self._end_body)

    def drop(self, why: Closing) -> None:
        """Close at once: closing in good order would wait for a peer that does not read."""
        telemetry.count_connection_closed(why)
        self.transport.abort()

    def _phase(self) -> Phase:
        if self.flow.write_paused:
            return Phase.READER
        if self.conn.their_state is h11.SEND_BODY:
            return Phase.BODY
        if self.conn.their_state is not h11.IDLE:
            return Phase.ANSWER
        begun, _ = self.conn.trailing_data
        return Phase.HEADERS if begun or self.cycle is None else Phase.NEXT

    def _note(self) -> None:
        """Start the clock anew if something else is waited for, and see to it that it rings."""
        waiting = (self._phase(), self.cycle)
        if waiting != self._waiting:
            self._waiting, self._since, self._received = waiting, self.loop.time(), 0
        due = self.deadline
        if due is not None and waiting[0] is Phase.BODY:
            due = min(due, self.loop.time() + _LOOK_SECONDS)
        if self._timer is not None:
            # One that rings too early only looks again: a timer a packet would cost more.
            if due is not None and self._timer.when() <= due:
                return
            self._timer.cancel()
            self._timer = None
        if due is not None:
            self._timer = self.loop.call_at(due, self._ring)

    def _ring(self) -> None:
        self._timer = None
        now, (phase, _) = self.loop.time(), self._waiting
        if phase is Phase.BODY and self._holds_the_body_up():
            self._since = now
        elif self.deadline is not None and self.deadline <= now:
            self.drop(_CLOSINGS[phase])
            return
        self._note()

    def _end_body(self) -> None:
        if not self.transport.is_closing() and self._phase() is Phase.BODY:
            self.drop(Closing.BODY)

    def _holds_the_body_up(self) -> bool:
        """Whether the body waits for our application to ask for it, or for more of it."""
        return self.flow.read_paused or self.conn.they_are_waiting_for_100_continue


def bounded_protocol(limits: Limits, proxies: Sequence[str]) -> type[asyncio.Protocol]:
    """Return the protocol of one listener, whose connections share its bounds."""

    class ListenerProtocol(BoundedProtocol):
        """The protocol of one listener."""

    ListenerProtocol.limits = limits
    ListenerProtocol.connections_open = Connections(limits, proxies)
    return ListenerProtocol
