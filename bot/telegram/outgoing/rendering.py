"""Render a reply as Telegram messages: HTML, direction marks, splitting, keyboard (pure).

Telegram measures a message in UTF-16 code units of its *visible* text (entities parsed), at most
4096 of them: https://core.telegram.org/bots/api#sendmessage. Everything here counts that way.

Direction. Telegram lays out each line by its first strong letter (Unicode bidirectional
algorithm, UAX #9, rules P2-P3), so an Arabic line opening with "99.5%", an emoji or a Latin name
can come out left to right. Each block gets the direction most of its letters have (a block without
letters that of the whole reply), and a line that does not open with a letter of that direction
gets an invisible mark (RLM or LRM) in front. Inside a right-to-left line a Latin name glues to a
number or another Latin name beside it ("Reuters · 7 فبراير" would show the 7 on the wrong side of
the name: UAX #9 rule W7); such a name is isolated with FSI..PDI. What a reply quotes within a line
of ours (a title, a name) comes isolated where it reads the other way (``text_direction.isolate``);
its letters do not count for the line.

A sign between Arabic and Latin letters goes with the line (rule N2), so that "/help" would show as
"help/". A command, mention or Latin hashtag therefore gets an LRM in front, a link that ends in a
slash one behind it. Telegram still finds them: TDLib, which it shares with its clients, takes a
slash for a command's unless a letter, a digit, "_", "/", "<" or ">" stands before it, and a mention
or link alike (``match_bot_commands`` in ``td/telegram/MessageEntity.cpp``): an LRM is none of
these.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.conversation.reply import Button, Reply, Style
from bot.conversation.text_direction import (
    FSI,
    ISOLATE,
    LRM,
    LTR_LETTER,
    PDI,
    RLM,
    RTL_LETTER,
    Direction,
    add_direction_mark,
    direction_of,
)
from knowledge.text.plain_text import displayable, single_line

#: UTF-16 code units of visible text in one message (Bot API, ``sendMessage``).
MESSAGE_UNITS = 4096
#: Bytes of ``callback_data`` (Bot API, ``InlineKeyboardButton``).
ACTION_BYTES = 64
# A longer block is split to fill the message; a shorter one moves to the next message whole.
_WHOLE_UNITS = MESSAGE_UNITS // 2
# Start a new message rather than leave less than this of a block at the end of one.
_CRUMB_UNITS = 256
# Characters of a label; Telegram's clients cut earlier. It bounds hostile titles.
_LABEL_CHARACTERS = 64

# Maximum length of a share link; Telegram does not open a longer one.
_SHARE = "https://t.me/share/url"
_LINK_CHARACTERS = 2_048

_TAGS = {
    Style.HEADLINE: ("<b>", "</b>"),
    Style.QUOTE: ("<blockquote>", "</blockquote>"),
    Style.PLAIN: ("", ""),
    Style.NOTE: ("<i>", "</i>"),
}

# A Latin name ("Reuters", "COVID-19", "Agence France-Presse"); links, mentions, tags and commands
# are matched first: an isolate inside would break them.
_LATIN_RUN = re.compile(
    rf"(?P<isolate>{ISOLATE.pattern})|"
    r"(?P<link>https?://\S+)|(?<![\w/<>])(?P<sign>[@#/][A-Za-z]\S*(?: [A-Za-z]+)*)"
    r"|[@#/]\S+"
    r"|(?<!\w)(?P<name>[A-Za-z\u00c0-\u024f][A-Za-z0-9\u00c0-\u024f]*"
    r"(?:[-.'’&][A-Za-z0-9\u00c0-\u024f]+| [A-Za-z\u00c0-\u024f][A-Za-z0-9\u00c0-\u024f]*)*)"
    r"(?![\w@/:])"
)
# Boundaries at which a long block may be split, the best first.
_BORDERS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"[.!?؟۔…؛][\"'»”)\]]{0,3}\s"),
    re.compile(r"\s"),
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """One Telegram message: ``html`` for ``parse_mode=HTML``, at most 4096 units once parsed."""

    html: str
    keyboard: InlineKeyboardMarkup | None = None


@dataclass(frozen=True, slots=True)
class Buttons:
    """New buttons for an existing message, whose text stays as it is."""

    message_id: int
    keyboard: InlineKeyboardMarkup


@dataclass(frozen=True, slots=True)
class _Piece:
    """Visible text, with direction marks, for one HTML tag."""

    text: str
    style: Style


def render(reply: Reply) -> tuple[Rendered, ...]:
    """Return the messages that show ``reply`` in order, the keyboard under the last one.

    Invisible and reordering characters are dropped from what came in (``displayable``), so only our
    own isolates (``direction``) and this module's marks go out. A reply without visible text gives
    no message.
    """
    messages = [_markup(pieces) for pieces in _pack(reply)]
    if not messages:
        return ()
    *first, last = messages
    return (*map(Rendered, first), Rendered(last, _keyboard(reply.buttons)))


def count_utf16_units(text: str) -> int:
    """Return the length of ``text`` in UTF-16 code units, as Telegram counts."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def _pack(reply: Reply) -> Iterator[list[_Piece]]:
    """Yield the pieces of each message; every message fits ``MESSAGE_UNITS``."""
    blocks = [(seen, b.style) for b in reply.blocks if (seen := _remove_hidden(b.isolated))]
    otherwise = direction_of(_remove_isolated(" ".join(text for text, _ in blocks)), Direction.RTL)
    message: list[_Piece] = []
    used = 0
    for rest, style in blocks:
        direction = direction_of(_remove_isolated(rest), otherwise)
        while rest:
            gap = len(_separator(message))
            room = MESSAGE_UNITS - used - gap
            # A character takes at least one unit: what lies further cannot fit anyway.
            piece = _mark_lines(rest[: MESSAGE_UNITS + 1], direction)
            needed = count_utf16_units(piece)
            if needed <= room:
                message.append(_Piece(piece, style))
                used += gap + needed
                break
            if not message or (needed > _WHOLE_UNITS and room >= _CRUMB_UNITS):
                taken = _find_cut(rest, room, direction)
                piece = _mark_lines(rest[:taken].rstrip(), direction)
                message.append(_Piece(piece, style))
                rest = rest[taken:].lstrip()
            yield message
            message, used = [], 0
    if message:
        yield message


def _separator(before: list[_Piece]) -> str:
    """Return the separator between the pieces so far and the next one."""
    if not before:
        return ""
    # A block quote is already set off; its source belongs right under it.
    return "\n" if before[-1].style is Style.QUOTE else "\n\n"


def _markup(pieces: list[_Piece]) -> str:
    parts: list[str] = []
    for number, piece in enumerate(pieces):
        opening, closing = _TAGS[piece.style]
        parts += _separator(pieces[:number]), opening, html.escape(piece.text, quote=False), closing
    return "".join(parts)


def _remove_hidden(text: str) -> str:
    """Remove characters that may not be shown from ``text``; keep its isolates."""
    parts = map(displayable, ISOLATE.split(text))
    return "".join(f"{FSI}{p}{PDI}" if n % 2 else p for n, p in enumerate(parts)).strip()


def _remove_isolated(text: str) -> str:
    """Return ``text`` without its isolated parts, to find its direction."""
    return ISOLATE.sub(" ", text)


def _find_cut(text: str, room: int, direction: Direction) -> int:
    """Return where to cut ``text`` so that it fits ``room`` units with its direction marks."""
    end = _count_fitting(text, room)
    while True:
        taken = _find_boundary(text, end)
        excess = count_utf16_units(_mark_lines(text[:taken].rstrip(), direction)) - room
        if excess <= 0:
            return taken
        end = max(1, min(end, taken) - excess)


def _count_fitting(text: str, room: int) -> int:
    """Return how many characters of ``text`` fit ``room`` units."""
    for end, character in enumerate(text):
        room -= 2 if character > "\uffff" else 1
        if room < 0:
            return end
    return len(text)


def _find_boundary(text: str, end: int) -> int:
    """Return the best position to cut ``text`` at or before ``end``.

    A paragraph or sentence boundary must lie in the second half (a message should not end after its
    first sentence); a space may be anywhere. A longer word is cut between letters, never between a
    letter and its combining marks.
    """
    if end >= len(text):
        return len(text)
    window = text[: end + 1]
    *meaningful, space = _BORDERS
    for border in meaningful:
        places = [match.end() for match in border.finditer(window) if match.end() > end // 2]
        if places:
            return min(places[-1], end)
    places = [match.end() for match in space.finditer(window)]
    if places:
        return min(places[-1], end)
    cut = end
    while cut > 1 and unicodedata.combining(text[cut]):
        cut -= 1
    return cut if cut > 1 else end


def _mark_lines(text: str, direction: Direction) -> str:
    """Add marks so that each line of ``text`` reads in ``direction``."""
    return "\n".join(_mark_line(line, direction) for line in text.split("\n"))


def _mark_line(line: str, direction: Direction) -> str:
    if not line.strip():
        return line
    if direction is Direction.LTR:
        # The first strong letter decides; digits and emoji are neutral.
        opening = RTL_LETTER.search(line)
        latin = LTR_LETTER.search(line)
        wrong = opening is not None and (latin is None or opening.start() < latin.start())
        line = ISOLATE.sub(lambda apart: f"{FSI}{add_direction_mark(apart[1])}{PDI}", line)
        return LRM + line if wrong else line
    isolated = _LATIN_RUN.sub(_isolate_run, line)
    return isolated if RTL_LETTER.match(line) else RLM + isolated


def _isolate_run(run: re.Match[str]) -> str:
    """Return the run, isolated or marked if its signs or neighbours would be displaced."""
    if run["isolate"] is not None:
        return f"{FSI}{add_direction_mark(run[0][1:-1])}{PDI}"
    if run["sign"] is not None:
        return LRM + run[0]
    if run["link"] is not None:
        return run[0] + LRM if run[0].endswith("/") else run[0]
    if run["name"] is None:
        return run[0]
    before = run.string[: run.start()].rstrip()[-1:]
    after = run.string[run.end() :].lstrip()[:1]
    if all(not side or RTL_LETTER.match(side) for side in (before, after)):
        return run[0]
    return f"{FSI}{run[0]}{PDI}"


def _keyboard(rows: tuple[tuple[Button, ...], ...]) -> InlineKeyboardMarkup | None:
    keyboard = [
        shown for row in rows if (shown := [made for b in row if (made := render_button(b))])
    ]
    return InlineKeyboardMarkup(keyboard) if keyboard else None


def render_button(button: Button) -> InlineKeyboardButton | None:
    """Return the button; None if Telegram would refuse it, and the whole message with it."""
    label = single_line(button.label)[:_LABEL_CHARACTERS]
    if not label:
        return None
    if button.share is not None:
        return InlineKeyboardButton(label, url=_share_link(button.share, button.url))
    if button.url is not None:
        return InlineKeyboardButton(label, url=button.url) if _is_web(button.url) else None
    if button.action and len(button.action.encode(errors="replace")) <= ACTION_BYTES:
        return InlineKeyboardButton(label, callback_data=button.action)
    return None


def _share_link(text: str, url: str | None) -> str:
    """Return Telegram's link with which a person can share ``text`` with a chat of theirs.

    See https://core.telegram.org/widgets/share. Without a URL the text takes its place.
    """
    text = displayable(text).strip()
    if url is not None and _is_web(url):
        link = f"{_SHARE}?url={quote(url, safe='')}&text={quote(text, safe='')}"
        if len(link) <= _LINK_CHARACTERS:
            return link
    return f"{_SHARE}?url={quote(text, safe='')}"


def _is_web(url: str) -> bool:
    """Whether ``url`` is a plain web address: http(s), a dotted host, no credentials, no spaces."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and "." in host.strip(".")
        and parts.username is None
        and url.isprintable()
        and " " not in url
    )
