"""What Telegram refuses: the Bot API's rules for what a bot sends, as far as this bot uses them.

https://core.telegram.org/bots/api, sections "HTML style", "sendMessage", "InlineKeyboardButton",
"setMyCommands", "setMyDescription", "setMyShortDescription", "setWebhook", "Inline mode". Pure.
"""

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

MESSAGE_UNITS = 4096
#: Characters of what is shown in an empty chat, and under the bot's name.
DESCRIPTION, SHORT_DESCRIPTION = 512, 120

_TAGS = frozenset(
    {
        "b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "span", "tg-spoiler",
        "a", "code", "pre", "blockquote", "tg-emoji",
    }
)  # fmt: skip
_MARKUP = re.compile(
    r"<(?P<end>/?)(?P<tag>[a-zA-Z][a-zA-Z0-9-]*)(?:\s[^<>]*)?>"
    r"|&(?:lt|gt|amp|quot|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});|(?P<stray><)"
)
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_SCOPES = frozenset(
    {
        "default", "all_private_chats", "all_group_chats", "all_chat_administrators",
        "chat", "chat_administrators", "chat_member",
    }
)  # fmt: skip
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")

#: The parameters each method may carry; a method that is not here does not exist.
PARAMETERS: Mapping[str, frozenset[str]] = {
    "getMe": frozenset(),
    "getChatMember": frozenset({"chat_id", "user_id"}),
    "getFile": frozenset({"file_id"}),
    "getWebhookInfo": frozenset(),
    "deleteWebhook": frozenset({"drop_pending_updates"}),
    "setWebhook": frozenset({"url", "secret_token", "allowed_updates", "max_connections"}),
    "getUpdates": frozenset({"offset", "limit", "timeout", "allowed_updates"}),
    "sendMessage": frozenset(
        {
            "chat_id", "text", "parse_mode", "link_preview_options", "reply_markup",
            "reply_parameters", "message_thread_id",
        }
    ),
    "editMessageText": frozenset(
        {"chat_id", "message_id", "text", "parse_mode", "link_preview_options", "reply_markup"}
    ),
    "editMessageReplyMarkup": frozenset({"chat_id", "message_id", "reply_markup"}),
    "sendPhoto": frozenset({"chat_id", "photo", "message_thread_id", "reply_parameters"}),
    "sendDocument": frozenset({"chat_id", "document", "message_thread_id", "reply_parameters"}),
    "sendChatAction": frozenset({"chat_id", "action", "message_thread_id"}),
    "answerCallbackQuery": frozenset({"callback_query_id", "text", "show_alert", "cache_time"}),
    "answerInlineQuery": frozenset(
        {"inline_query_id", "results", "cache_time", "is_personal", "next_offset", "button"}
    ),
    "setMyCommands": frozenset({"commands", "scope", "language_code"}),
    "deleteMyCommands": frozenset({"scope", "language_code"}),
    "getMyCommands": frozenset({"scope", "language_code"}),
    "getMyDescription": frozenset({"language_code"}),
    "getMyShortDescription": frozenset({"language_code"}),
    "setMyDescription": frozenset({"description", "language_code"}),
    "setMyShortDescription": frozenset({"short_description", "language_code"}),
}  # fmt: skip


#: What an ``InlineQueryResultArticle`` may carry, and its text.
_ARTICLE = frozenset(
    {"type", "id", "title", "input_message_content", "reply_markup", "url", "description"}
)
_ARTICLE_TEXT = frozenset({"message_text", "parse_mode", "link_preview_options"})
_MOST_CARDS = 50
_START_PARAMETER = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Refused(Exception):
    """Telegram answers this request with ``status`` and this description."""

    def __init__(self, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.status = status


@dataclass(frozen=True, slots=True)
class SentButton:
    """One button as the person sees it."""

    label: str
    url: str | None
    action: str | None


@dataclass(frozen=True, slots=True)
class SentCard:
    """One card as the person who types sees it, and the message it would send."""

    name: str
    title: str
    description: str
    text: str
    buttons: tuple[tuple[SentButton, ...], ...]


def units(text: str) -> int:
    """Return the length of ``text`` in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def checked_text(source: str, parse_mode: str | None) -> str:
    """Return the text a person sees, with markup parsed. Raises ``Refused`` as Telegram would."""
    if parse_mode not in {None, "HTML"}:
        raise Refused("unsupported parse_mode")
    text = _parsed(source) if parse_mode == "HTML" else source
    if not text.strip():
        raise Refused("message text is empty")
    if units(text) > MESSAGE_UNITS:
        raise Refused("message is too long")
    return text


def checked_buttons(reply_markup: str | None) -> tuple[tuple[SentButton, ...], ...]:
    """Return the rows of an inline keyboard. Raises ``Refused`` as Telegram would."""
    if reply_markup is None:
        return ()
    rows = json.loads(reply_markup)["inline_keyboard"]
    return tuple(tuple(_checked_button(button) for button in row) for row in rows)


def checked_cards(results: str) -> tuple[SentCard, ...]:
    """Return the cards that answer an inline query. Raises ``Refused`` as Telegram would."""
    cards = tuple(map(_checked_card, json.loads(results)))
    if len(cards) > _MOST_CARDS:
        raise Refused("RESULTS_TOO_MUCH")
    if len({card.name for card in cards}) < len(cards):
        raise Refused("RESULT_ID_DUPLICATE")
    return cards


def checked_hint(button: str | None) -> str | None:
    """Return the button above the cards. Raises ``Refused`` as Telegram would."""
    if button is None:
        return None
    given = json.loads(button)
    if not given.get("text") or not _START_PARAMETER.fullmatch(given.get("start_parameter", "")):
        raise Refused("BUTTON_INVALID")
    return str(given["text"])


def _checked_card(result: Mapping[str, Any]) -> SentCard:
    content = result.get("input_message_content", {})
    if unknown := (result.keys() - _ARTICLE) | (content.keys() - _ARTICLE_TEXT):
        raise Refused(f"unknown fields {sorted(unknown)}")
    if result.get("type") != "article" or not 1 <= len(result["id"].encode()) <= 64:
        raise Refused("RESULT_ID_INVALID")
    if not result.get("title", "").strip():
        raise Refused("ARTICLE_TITLE_EMPTY")
    markup = result.get("reply_markup")
    return SentCard(
        result["id"],
        result["title"],
        result.get("description", ""),
        checked_text(content["message_text"], content.get("parse_mode")),
        checked_buttons(None if markup is None else json.dumps(markup)),
    )


def check_about(text: str, longest: int, language_code: str | None) -> None:
    """Raise ``Refused`` unless a description (empty: none) is one Telegram accepts."""
    if len(text) > longest:
        raise Refused("BOT_INFO_INVALID")
    _check_language(language_code)


def check_commands(commands: str, language_code: str | None) -> None:
    """Raise ``Refused`` unless the menu is one Telegram accepts."""
    listed = json.loads(commands)
    if not 1 <= len(listed) <= 100:
        raise Refused("wrong number of commands")
    for each in listed:
        if not _COMMAND.fullmatch(each["command"]):
            raise Refused("BOT_COMMAND_INVALID")
        if not 1 <= len(each["description"]) <= 256:
            raise Refused("BOT_COMMAND_DESCRIPTION_INVALID")
    _check_language(language_code)


def _check_language(code: str | None) -> None:
    if code and not re.fullmatch("[a-z]{2}", code):
        raise Refused("language code is invalid")


def check_scope(scope: str | None) -> None:
    """Raise ``Refused`` unless the menu is for somebody Telegram knows."""
    kind = json.loads(scope or '{"type": "default"}').get("type")
    if kind not in _SCOPES:
        raise Refused("unsupported BotCommandScope type")


def check_webhook(url: str, secret_token: str | None) -> None:
    """Raise ``Refused`` unless the address is https (or on loopback, for tests)."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname != "127.0.0.1":
        raise Refused("bad webhook: An HTTPS URL must be provided for webhook")
    if secret_token is not None and not _SECRET.fullmatch(secret_token):
        raise Refused("secret token contains unallowed characters")


def _parsed(source: str) -> str:
    text: list[str] = []
    opened: list[str] = []
    position = 0
    for found in _MARKUP.finditer(source):
        text.append(source[position : found.start()])
        position = found.end()
        tag = (found["tag"] or "").lower()
        if found["stray"]:
            raise Refused("can't parse entities: unescaped '<'")
        if not tag:
            text.append(html.unescape(found[0]))
        elif tag not in _TAGS:
            raise Refused(f"can't parse entities: unsupported start tag '{tag}'")
        elif not found["end"]:
            if tag == "blockquote" and tag in opened:
                raise Refused("can't parse entities: nested blockquote")
            opened.append(tag)
        elif not opened or opened.pop() != tag:
            raise Refused(f"can't parse entities: unexpected end tag '{tag}'")
    if opened:
        raise Refused(f"can't parse entities: can't find end tag of '{opened[-1]}'")
    return "".join((*text, source[position:]))


def _checked_button(button: Mapping[str, Any]) -> SentButton:
    label, url, action = button.get("text"), button.get("url"), button.get("callback_data")
    if not label:
        raise Refused("text buttons are unallowed to be empty")
    if (url is None) == (action is None) or len(button) != 2:
        raise Refused("BUTTON_TYPE_INVALID")
    if action is not None and not 1 <= len(action.encode()) <= 64:
        raise Refused("BUTTON_DATA_INVALID")
    if url is not None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https", "tg"} or "." not in (parts.hostname or ""):
            raise Refused("BUTTON_URL_INVALID")
    return SentButton(label, url, action)
