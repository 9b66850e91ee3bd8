"""Secrets out of any text, however they are written; what may be said of an error."""

import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import SettingsError
from bot.fetching.errors import Unreachable
from bot.observability.redaction import (
    HIDDEN,
    format_traceback,
    hide,
    redact,
    summarise_error,
    withhold_words,
)
from knowledge.errors import DatabaseUnavailable, NotFound
from knowledge.storage.database import open_engine

TOKEN = "987654:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
PASSWORD = 'كلمة "سر" طويلة\\/ & ö<é>'


@pytest.fixture(autouse=True)
def _secrets() -> None:
    hide(TOKEN, PASSWORD, "hunter2", "abc")


@pytest.mark.parametrize("secret", [TOKEN, PASSWORD])
@pytest.mark.parametrize(
    "write",
    [
        str,
        str.upper,
        quote,
        quote_plus,
        html.escape,
        json.dumps,
        repr,
        lambda it: quote(it, safe=""),
        lambda it: quote(it, safe="").lower(),
        lambda it: quote(quote(it, safe=""), safe=""),
        lambda it: "".join(f"%{byte:02X}" for byte in it.encode()),
        lambda it: json.dumps(it, ensure_ascii=False),
        lambda it: json.dumps(json.dumps(it)),
        lambda it: json.dumps(it).replace("/", "\\/"),
        lambda it: repr(it.encode()),
        lambda it: repr(repr(it)),
        lambda it: "".join(f"&#{ord(char)};" for char in it),
    ],
)
def test_a_secret_is_found_however_it_is_written(secret: str, write: Callable[[str], str]) -> None:
    shown = redact(f"before {write(secret)} after")
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    # Signs around it may stay, and the bot's number, which is no secret.
    assert HIDDEN in shown
    assert len(shown) <= len(f"before {quote(quote('987654:'))}{HIDDEN} after")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (f"http://127.0.0.1/bot{TOKEN}/getMe", f"http://127.0.0.1/bot{HIDDEN}/getMe"),
        ("password hunter2.", f"password {HIDDEN}."),
        ("/%3Ahunter2", f"/%3A{HIDDEN}"),
        (repr("password\nhunter2"), f"'password\\n{HIDDEN}'"),
        # Part of another word, or too short: a log without it would be none.
        ("hunter2024 and xhunter2", "hunter2024 and xhunter2"),
        ("abc", "abc"),
        # What only looks like a secret: of an installation before, of a proxy, of a feed.
        ("bot123456789:AAFdqTcvCH1vGWJxfSeofSAs0K5PALDsaw!", f"bot{HIDDEN}!"),
        ("http://user:pass@proxy.example:80/", f"http://{HIDDEN}@proxy.example:80/"),
        ("postgresql://tathabbat:pass@db/database", f"postgresql://{HIDDEN}@db/database"),
        ("postgresql://name:password1@db/database", f"postgresql://{HIDDEN}@db/database"),
        ("at 12:30:45, 127.0.0.1:8080, http://host:80/a@b", None),
    ],
)
def test_what_is_taken_out_and_what_stays(given: str, shown: str | None) -> None:
    assert redact(given) == (given if shown is None else shown)


def test_words_in_hand_are_taken_out_in_whole_and_in_part() -> None:
    update = {"message": {"text": "First sentence here. Second  one,\nand a third", "from": ["x"]}}
    with withhold_words(update):
        assert redact("no First sentence here") == "no …"
        assert redact("'Second one'") == "'…'"
        assert redact("x is no word, nor is a message") == "x is no word, nor is a message"
    assert redact("First sentence here") == "First sentence here"


def test_the_hint_how_to_write_an_address_is_shown_whole() -> None:
    with pytest.raises(DatabaseUnavailable) as refused:
        open_engine("no address")
    assert redact(str(refused.value)) == str(refused.value)
    assert "://name:password@host/database" in str(refused.value)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("The bridge of Tripoli", "The bridge of tripoli"),
        ("the BRIDGE of Tripoli", "The bridge of tripoli"),
        ("İstanbul bridge of İzmir", "İstanbul bridge of İzmir".capitalize()),
        ("ßo it was said of the bridge", "ßo it was said of the bridge".capitalize()),
        ("the bridge “of the moonlit harbour” fell", "“Of the moonlit harbour”"),
    ],
)
def test_words_in_hand_are_taken_out_in_whatever_case_they_are_said_back(
    words: str, said: str
) -> None:
    with withhold_words({"text": words}):
        shown = redact(f"refused: {said}").lower()
    assert "bridge" not in shown
    assert "harbour" not in shown


def test_of_an_error_only_our_own_message_is_said() -> None:
    assert summarise_error(NotFound("nothing is called a7")) == "nothing is called a7"
    assert summarise_error(Unreachable(f"https://x/{TOKEN}")) == f"https://x/{HIDDEN}"
    assert summarise_error(ValueError("words")) == "ValueError"
    assert summarise_error(OSError(13, "words", "words")) == "PermissionError (Permission denied)"


def test_a_database_error_holds_none_of_the_values() -> None:
    engine = open_engine("sqlite://")
    with engine.connect() as connection, pytest.raises(SQLAlchemyError) as broken:
        connection.execute(text("SELECT :words FROM nowhere"), {"words": "a person's words"})
    engine.dispose()
    assert "a person's words" not in str(broken.value)
    assert summarise_error(broken.value) == "OperationalError (SQLITE_ERROR)"


def test_a_long_text_takes_no_longer_than_it_must() -> None:
    # A minute, were each place looked at to the end.
    assert redact("\\" * 200_000 + "%25" * 50_000 + TOKEN).endswith(HIDDEN)


def test_a_chain_without_end_is_told_once() -> None:
    first, second = SettingsError("first"), SettingsError("second")
    first.__context__, second.__context__ = second, first
    assert format_traceback(first).count("SettingsError") == 2


def test_deep_recursion_is_told_in_short() -> None:
    def again() -> None:
        again()

    with pytest.raises(RecursionError) as broken:
        again()
    assert format_traceback(broken.value).count("in again") <= 50
