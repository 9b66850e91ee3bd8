"""Add deadlines for peers to uvicorn's HTTP/1.1 protocol."""

import asyncio
from collections.abc import Sequence
from enum import Enum, auto
from typing import Any, ClassVar, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from bot.observability import telemetry
from bot.observability.telemetry import CloseReason
from bot.serving.connection_limits import Limits
from bot.serving.connections import Connections

#: Seconds that a stop waits for the rest of a body: what was sent has arrived by then.
_LAST_SECONDS: Final = 1.0
#: While a body is awaited, seconds between checks whether our application delays it.
_LOOK_SECONDS: Final = 1.0


class Phase(Enum):
    """What a connection is waiting for."""

    HEADERS = auto()
    BODY = auto()
    #: Our application's answer.
    ANSWER = auto()
    #: The peer to read the answer.
    READER = auto()
    #: Another request.
    NEXT = auto()


_CLOSINGS: Final = {
    Phase.HEADERS: CloseReason.HEADERS,
    Phase.BODY: CloseReason.BODY,
    Phase.READER: CloseReason.UNREAD,
    Phase.NEXT: CloseReason.IDLE,
}


class BoundedProtocol(H11Protocol):
    """uvicorn's protocol with deadlines for the peer and limits on connections.

    It parses nothing itself: h11's states, which are its public interface, say what the connection
    is waiting for. They are checked each time that bytes arrive, or an answer is written or read.
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
        """When, on the loop's clock, the peer's time runs out; None if it is our turn."""
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
        """Wait for a request, if there is room for the connection."""
        super().connection_made(transport)
        # Pause writing while anything is unsent: the only sign of a peer that does not read.
        transport.set_write_buffer_limits(0)
        self._update_deadline()
        self.connections_open.admit(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Remove the connection."""
        if self._timer is not None:
            self._timer.cancel()
        self.connections_open.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Process received bytes."""
        self._received += len(data)
        super().data_received(data)
        self._update_deadline()

    def send_400_response(self, msg: str) -> None:
        """Answer invalid HTTP, unless an answer has begun."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.close()

    def on_response_complete(self) -> None:
        """Go on to the next request."""
        super().on_response_complete()
        self._update_deadline()

    def pause_writing(self) -> None:
        """Wait for the peer to read."""
        super().pause_writing()
        self._update_deadline()

    def resume_writing(self) -> None:
        """Stop waiting for the peer to read."""
        super().resume_writing()
        self._update_deadline()

    def shutdown(self) -> None:
        """Answer the current request and close; do not wait for a request still being sent."""
        super().shutdown()
        if self._find_phase() is Phase.BODY:
            self.loop.call_later(_LAST_SECONDS, self._end_body)

    def drop(self, why: CloseReason) -> None:
        """Abort the connection: closing it properly would wait for a peer that does not read."""
        telemetry.count_connection_closed(why)
        self.transport.abort()

    def _find_phase(self) -> Phase:
        if self.flow.write_paused:
            return Phase.READER
        if self.conn.their_state is h11.SEND_BODY:
            return Phase.BODY
        if self.conn.their_state is not h11.IDLE:
            return Phase.ANSWER
        begun, _ = self.conn.trailing_data
        return Phase.HEADERS if begun or self.cycle is None else Phase.NEXT

    def _update_deadline(self) -> None:
        """Reset the deadline if the phase changed, and make sure that a timer runs."""
        waiting = (self._find_phase(), self.cycle)
        if waiting != self._waiting:
            self._waiting, self._since, self._received = waiting, self.loop.time(), 0
        due = self.deadline
        if due is not None and waiting[0] is Phase.BODY:
            due = min(due, self.loop.time() + _LOOK_SECONDS)
        if self._timer is not None:
            # A timer that fires too early only checks again: one per packet would cost more.
            if due is not None and self._timer.when() <= due:
                return
            self._timer.cancel()
            self._timer = None
        if due is not None:
            self._timer = self.loop.call_at(due, self._check_deadline)

    def _check_deadline(self) -> None:
        self._timer = None
        now, (phase, _) = self.loop.time(), self._waiting
        if phase is Phase.BODY and self._delays_body():
            self._since = now
        elif self.deadline is not None and self.deadline <= now:
            self.drop(_CLOSINGS[phase])
            return
        self._update_deadline()

    def _end_body(self) -> None:
        if not self.transport.is_closing() and self._find_phase() is Phase.BODY:
            self.drop(CloseReason.BODY)

    def _delays_body(self) -> bool:
        """Whether our application has not read the body that arrived."""
        return self.flow.read_paused or self.conn.they_are_waiting_for_100_continue


def make_bounded_protocol(limits: Limits, proxies: Sequence[str]) -> type[asyncio.Protocol]:
    """Return a listener's protocol, whose connections share its limits."""

    class ListenerProtocol(BoundedProtocol):
        """A listener's protocol."""

    ListenerProtocol.limits = limits
    ListenerProtocol.connections_open = Connections(limits, proxies)
    return ListenerProtocol
