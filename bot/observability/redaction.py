"""Redact secrets and people's words from texts, and summarise errors without them.

Secrets are those passed to ``hide``, in any encoding, and what looks like one: a bot's token, a
password in a URL. Words are those of the update being handled. ``logs`` passes every line through
here, and so does all code that shows or stores an error's text.
"""

import html
import os
import re
import threading
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from bot.errors import BotError
from embeddings.errors import EmbeddingsError
from knowledge.errors import KnowledgeError

#: The replacement of a secret, and of a person's words.
HIDDEN: Final = "[hidden]"
WITHHELD: Final = "…"

#: A shorter secret is not redacted, and one shorter than the second only as a whole word:
#: a log without every "a" is useless. A Telegram token has 35 characters after its colon.
SHORTEST_SECRET: Final = 6
_SHORT_SECRET: Final = 16
#: Shorter words of a person ("yes") are common, and occur in the program's own names too.
SHORTEST_WORDS: Final = 8

#: Exceptions with messages of this program; any other's message may quote its input.
OWN_ERRORS: Final = (BotError, KnowledgeError, EmbeddingsError)

#: A token from @BotFather, and a user name with a password in a URL, except the placeholder that
#: this program's own hints use.
_LOOKS_SECRET: Final = (
    r"[0-9]{6,}(?::|%3A)[A-Za-z0-9_-]{30,}",
    r"(?<=://)(?!name:password@)[^\s/@:?#\"']*:[^\s/@\"']+(?=@)",
)
_WRITTEN_OTHERWISE: Final = re.compile(r"[%\\&+:]")
#: The boundaries of a whole word; an escape sequence, which has letters, may precede it.
_ALONE: Final = (
    r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrt])|(?<=\\x[0-9A-Fa-f]{2}))",
    r"(?![A-Za-z0-9])",
)
#: Maximum innermost frames of a traceback: endless recursion has thousands.
_FRAMES: Final = 50
_CAUSED: Final = "\n\nThe above exception was the direct cause of the following exception:\n\n"
_MEANWHILE: Final = "\n\nDuring handling of the above exception, another exception occurred:\n\n"
_PARTS: Final = re.compile(r"[\n.!?؟،؛,;:«»“”\"]+")

_known: frozenset[str] = frozenset()
_guard: Final = threading.Lock()
_words: Final[ContextVar[tuple[str, ...]]] = ContextVar("words", default=())


def _compile(secrets: Iterable[str]) -> re.Pattern[str]:
    # The longest first: one secret may be part of another.
    ordered = sorted(secrets, key=len, reverse=True)
    return re.compile("|".join((*map(_build_pattern, ordered), *_LOOKS_SECRET)), re.IGNORECASE)


def _build_pattern(secret: str) -> str:
    """Return a pattern that matches a secret in any encoding of its characters."""
    pattern = "".join(map(_build_character_pattern, secret))
    if len(secret) >= _SHORT_SECRET:
        return pattern
    before, after = _ALONE
    return f"{before}{pattern}{after}"


def _build_character_pattern(char: str) -> str:
    """Return a pattern that matches a character plain or encoded for URLs, JSON, Python or HTML.

    It also matches double encoding; repetition is bounded, because a text may be all backslashes.
    """
    code, coded = ord(char), char.encode(errors="surrogatepass")
    utf16 = char.encode("utf-16-be", errors="surrogatepass")
    ways = {
        rf"\\{{0,8}}{re.escape(char)}",
        "".join(f"%(?:25){{0,4}}{byte:02x}" for byte in coded),
        "".join(rf"\\{{1,8}}x{byte:02x}" for byte in coded),
        "".join(rf"\\{{1,8}}u{utf16[at : at + 2].hex()}" for at in range(0, len(utf16), 2)),
        f"&#0{{0,8}}{code};",
        f"&#x0{{0,8}}{code:x};",
        re.escape(html.escape(char)),
    }
    if char == " ":
        ways.add(r"\+")
    return f"(?:{'|'.join(sorted(ways))})"


_pattern = _compile(())


def hide(*secrets: str) -> None:
    """Redact ``secrets`` from now on, except those that are too short.

    Of a bot's token the part after the colon is a secret by itself: the id before it is public, and
    a quoted URL may encode the colon.
    """
    global _known, _pattern
    found = {part for secret in secrets for part in (secret, secret.partition(":")[2])}
    with _guard:
        known = _known | {secret for secret in found if len(secret) >= SHORTEST_SECRET}
        if known != _known:
            _pattern, _known = _compile(known), known


def redact(text: str) -> str:
    """Return ``text`` without secrets and without the words of the update being handled."""
    for words in _words.get():
        # Ignore case: a library may capitalise what it repeats.
        if words.casefold() in text.casefold():
            text, found = re.subn(re.escape(words), WITHHELD, text, flags=re.IGNORECASE)
            if not found:
                # Case folding changed the length (ß to ss), so positions are unknown.
                return WITHHELD
    return redact_secrets(text)


def redact_secrets(text: str) -> str:
    """Return ``text`` without secrets."""
    # The fast path for almost every text: no encoded characters and no secret.
    if not _WRITTEN_OTHERWISE.search(text):
        lower = text.lower()
        if not any(secret in text or secret.lower() in lower for secret in _known):
            return text
    return _pattern.sub(HIDDEN, text)


@contextmanager
def withhold_words(given: object) -> Iterator[None]:
    """Redact every text within ``given`` (parsed JSON) from what the body logs.

    Also its lines and sentences, and in the tasks and ``logs.Threads`` that the body starts.
    """
    found: set[str] = set()
    for text in _iter_texts(given):
        for part in (text, *_PARTS.split(text)):
            plain = part.strip()
            found |= {plain, " ".join(plain.split()), repr(plain)[1:-1]}
    long = (words for words in found if len(words) >= SHORTEST_WORDS)
    before = _words.set(tuple(sorted(long, key=len, reverse=True)))
    try:
        yield
    finally:
        _words.reset(before)


def _iter_texts(given: object) -> Iterator[str]:
    match given:
        case str():
            yield given
        case dict():
            for value in given.values():
                yield from _iter_texts(value)
        case list() | tuple():
            for value in given:
                yield from _iter_texts(value)


def summarise_error(error: BaseException) -> str:
    """Return a summary of an error that is safe to log and show.

    For this program's own errors that is the message; for others, which may quote a person, the
    kind and the error code of the system or the database.
    """
    return (
        redact(str(error))
        if isinstance(error, OWN_ERRORS)
        else _summarise_kind(type(error).__name__, error)
    )


def format_traceback(error: BaseException) -> str:
    """Return the traceback of an error and its causes, each with its ``summarise_error`` only."""
    return redact_secrets("".join(_iter_trace(error, set())))


def _summarise_kind(name: str, error: BaseException) -> str:
    code = _find_code(error)
    return f"{name} ({code})" if code else name


def _find_code(error: BaseException) -> str | None:
    """Return an error's code of the system or the database."""
    if isinstance(error, OSError) and isinstance(error.errno, int):
        return os.strerror(error.errno)
    found: Any = getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None)
    if isinstance(found, str):
        return found
    # SQLAlchemy's carry the driver's.
    driver: Any = getattr(error, "orig", None)
    return _find_code(driver) if isinstance(driver, BaseException) and driver is not error else None


def _iter_trace(error: BaseException, seen: set[int]) -> Iterator[str]:
    chain: list[tuple[BaseException, str]] = []
    before: BaseException | None = error
    how = ""
    while before is not None and id(before) not in seen:
        seen.add(id(before))
        chain.append((before, how))
        if before.__cause__ is not None:
            before, how = before.__cause__, _CAUSED
        elif not before.__suppress_context__:
            before, how = before.__context__, _MEANWHILE
        else:
            before = None
    for each, how in reversed(chain):
        yield "Traceback (most recent call last):\n"
        # File and line number only: the source line may contain a text.
        for frame in traceback.extract_tb(each.__traceback__, -_FRAMES):
            yield f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n'
        module, name = type(each).__module__, type(each).__qualname__
        name = name if module == "builtins" else f"{module}.{name}"
        own = isinstance(each, OWN_ERRORS)
        yield f"{name}: {summarise_error(each)}" if own else _summarise_kind(name, each)
        if isinstance(each, BaseExceptionGroup):
            for number, member in enumerate(each.exceptions, 1):
                yield f"\n---- {number} of {len(each.exceptions)} ----\n"
                yield from _iter_trace(member, seen)
        yield how
