"""Filter messages that are meant for the bot.

In a private chat everything is. In a group only these are: a command, a reply to one of the bot's
messages, a mention.
"""

from telegram import Message
from telegram.constants import ChatType, UpdateType
from telegram.ext import filters

from bot.telegram.incoming.message_text import compile_mention, find_command_name, find_text

#: The kinds of update this bot asks Telegram for.
ALLOWED_UPDATES = (
    UpdateType.MESSAGE,
    UpdateType.EDITED_MESSAGE,
    UpdateType.CALLBACK_QUERY,
    UpdateType.INLINE_QUERY,
    UpdateType.CHOSEN_INLINE_RESULT,
    UpdateType.CHANNEL_POST,
    UpdateType.MY_CHAT_MEMBER,
)


class _FromAPerson(filters.MessageFilter):
    """Messages of people: other bots get no reply, nor do chats that post as themselves.

    Such a chat has a placeholder for its sender, which is not a bot if a channel posts into its
    group.
    """

    def filter(self, message: Message) -> bool:
        sender = message.from_user
        return message.sender_chat is None and sender is not None and not sender.is_bot


class _AnyCommand(filters.MessageFilter):
    """Messages that are a command, known or not."""

    def filter(self, message: Message) -> bool:
        return find_command_name(message) is not None


class _ForThisBot(filters.MessageFilter):
    """Private messages; in a group, those that reply to this bot or mention it."""

    def filter(self, message: Message) -> bool:
        if message.chat.type == ChatType.PRIVATE:
            return True
        bot = message.get_bot()
        command = find_command_name(message)
        if command is not None:
            return command.lower().endswith(f"@{bot.username}".lower())
        replied = message.reply_to_message
        if (
            replied is not None
            and replied.from_user is not None
            and replied.from_user.id == bot.id
            # In a forum every message of a topic formally replies to the topic's creation.
            and replied.forum_topic_created is None
        ):
            return True
        return compile_mention(bot.username).search(find_text(message)) is not None


class _AsTheGroup(filters.MessageFilter):
    """Messages that a group posts as itself: only its admins can have it do that."""

    def filter(self, message: Message) -> bool:
        return message.sender_chat is not None and message.sender_chat.id == message.chat.id


class _AsksInAChannel(filters.MessageFilter):
    """Channel posts that mention this bot or give ``/check``."""

    def filter(self, message: Message) -> bool:
        username = message.get_bot().username
        command = find_command_name(message)
        if command is not None:
            return command.lower() in ("/check", f"/check@{username}".lower())
        return compile_mention(username).search(find_text(message)) is not None


AS_THE_GROUP = _AsTheGroup()
ASKS_IN_A_CHANNEL = _AsksInAChannel()
FROM_A_PERSON = _FromAPerson()
ANY_COMMAND = _AnyCommand()
FOR_THIS_BOT = _ForThisBot()
