"""Each failure by its kind, and how long to wait after it."""

from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import aiohttp
import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.telegram.handling.reply_sender import BACKOFF, SEND_FOR, is_too_late
from bot.telegram.outgoing.send_errors import (
    DESCRIPTIONS,
    SendFailure,
    classify_error,
    describe_refusal,
)

REFUSED = aiohttp.ClientConnectorError(Mock(), OSError("refused"))
NOW = datetime(2030, 5, 1, tzinfo=UTC)


def caused(error: NetworkError, cause: Exception) -> NetworkError:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "fate"),
    [
        (RetryAfter(5), SendFailure.LATER),
        (ChatMigrated(-100), SendFailure.MOVED),
        (Forbidden("Forbidden: bot was blocked by the user"), SendFailure.GONE),
        (Forbidden("Forbidden: user is deactivated"), SendFailure.GONE),
        (BadRequest("Chat not found"), SendFailure.GONE),
        (BadRequest("Bad Request: group chat was deactivated"), SendFailure.GONE),
        (BadRequest("not enough rights to send text messages to the chat"), SendFailure.GONE),
        (BadRequest("Message is not modified: the same"), SendFailure.THERE),
        (BadRequest("Message to edit not found"), SendFailure.ANEW),
        (BadRequest("Message can't be edited"), SendFailure.ANEW),
        (BadRequest("Message thread not found"), SendFailure.OUTSIDE),
        (BadRequest("Can't parse entities"), SendFailure.REFUSED),
        (BadRequest("Message is too long"), SendFailure.REFUSED),
        (InvalidToken(), SendFailure.LOCKED_OUT),
        (NetworkError("Bad Gateway"), SendFailure.UNSURE),
        (TimedOut(), SendFailure.UNSURE),
        (TimeoutError(), SendFailure.UNSURE),
        (TelegramError("Internal Server Error (500)"), SendFailure.UNSURE),
        (caused(NetworkError("gone"), aiohttp.ClientOSError("cut")), SendFailure.UNSURE),
        (caused(NetworkError("refused"), REFUSED), SendFailure.UNSENT),
        (
            caused(TimedOut("no connection is free"), aiohttp.ConnectionTimeoutError("full")),
            SendFailure.UNSENT,
        ),
    ],
)
def test_what_a_failure_means(error: TelegramError | TimeoutError, fate: SendFailure) -> None:
    assert classify_error(error) is fate


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Forbidden("Forbidden: bot was blocked by the user"), None),
        (BadRequest("Bad Request: chat not found"), "Chat not found"),
        (BadRequest("Bad Request: PEER_ID_INVALID"), "Peer_id_invalid"),
        # What follows the description is a part of what was refused.
        (BadRequest("Can't parse entities: my words"), "Can't parse entities"),
        (BadRequest("Bad Request: group chat was upgraded to mine"), "Group chat was upgraded"),
        (BadRequest("Bad Request: The harbour bridge of Tripoli fell"), "BadRequest"),
        (BadRequest("Bad Request: it says chat not found"), "BadRequest"),
        (BadRequest("Chat not foundling of my words"), "BadRequest"),
        (Forbidden("Forbidden: my words"), "Forbidden"),
        (TimedOut("my words"), "TimedOut"),
        (TimeoutError("my words"), "TimeoutError"),
        (caused(NetworkError("Chat not found"), aiohttp.ClientOSError("my words")), "NetworkError"),
    ],
)
def test_a_reason_is_a_known_description_or_the_kind(
    error: TelegramError | TimeoutError, said: str | None
) -> None:
    assert describe_refusal(error) == (str(error) if said is None else said)


@pytest.mark.parametrize("description", DESCRIPTIONS)
def test_each_description_is_shown_whole(description: str) -> None:
    shown = describe_refusal(BadRequest(f"Bad Request: {description}: words"))
    assert shown.lower() == description


def test_pauses_double_up_to_the_longest_and_are_spread() -> None:
    first, longest, pause = BACKOFF.first, BACKOFF.longest, BACKOFF.pause
    assert [pause(tries, 0.999999) for tries in (0, 1, 2)] == [
        pytest.approx(first * factor, abs=timedelta(milliseconds=1)) for factor in (1, 2, 4)
    ]
    assert pause(0, 0.0) == first / 2
    assert longest / 2 <= pause(10**9, 0.3) <= longest
    assert [pause(tries) for tries in (0, 1, 10**9)] == [first, 2 * first, longest]


def test_an_answer_is_too_late_after_a_day() -> None:
    assert not is_too_late(NOW, NOW + SEND_FOR)
    assert is_too_late(NOW, NOW + SEND_FOR + timedelta(seconds=1))
