"""Compose kind replies to messages without a claim: small talk, unreadable text (pure)."""

import re
from typing import Final

from bot.conversation.reply import Block, Reply
from bot.conversation.translations import Catalogue
from knowledge.claims import Intent
from knowledge.errors import ClaimProblem

#: The greeting "peace be upon you", which has a customary answer.
_SALAM: Final = re.compile("سلام|salam|salaam|slm", re.IGNORECASE)


def compose_small_talk(intent: Intent, words: Catalogue, text: str = "") -> Reply:
    """Answer a message that is not a claim, and say what to send."""
    say = words.say
    if intent is Intent.GREETING and _SALAM.search(text):
        return Reply((Block(say("Peace be upon you too! Send me a piece of news you doubt.")),))
    said = {
        Intent.GREETING: say("Hello! Send me a piece of news you doubt, and I will look it up."),
        Intent.FAREWELL: say("Goodbye! Whenever you doubt a piece of news, send it to me."),
        Intent.THANKS: say("You are welcome! Whenever you doubt a piece of news, send it to me."),
        Intent.INSULT: say(
            "I am sorry that I was no help. Send me the news in a whole sentence and I will try"
            " again; /help says how."
        ),
        Intent.SOURCE: say(
            "Every answer of mine names its source: who said it, where and when. Send me a piece of"
            " news, and I will show you."
        ),
        Intent.VERDICT: say(
            "I cannot see which news you mean. Send me what it says, and I will check that."
        ),
        Intent.WRONG: say(
            "Tell me which news you mean: send it in a whole sentence. Under each answer there is"
            " a button to say that it is not what you asked."
        ),
        Intent.HELP: say(
            "I am Tathabbat, a bot. I look for the news you send me in verified reports and show"
            " you what they say, with the source. Send me a sentence to check; /help tells more."
        ),
        Intent.PRAYER: say(
            "May it be accepted. When you want a piece of news checked, send it to me in a"
            " sentence."
        ),
        Intent.CHAT: say(
            "I understand, but there is no news in this that reports could confirm or deny. Send me"
            " what is said to have happened: who did what, where and when."
        ),
    }[intent]
    return Reply((Block(said),))


def compose_arabizi_unread(words: Catalogue) -> Reply:
    """Ask for Arabic script after Arabic in Latin letters had no match."""
    return Reply(
        (
            Block(
                words.say(
                    "I found nothing on this as it is written. I read Arabic best in Arabic"
                    " letters: send it to me that way, please, and I will look again."
                )
            ),
        )
    )


def compose_unreadable(problem: ClaimProblem, words: Catalogue) -> Reply:
    """Say kindly what to send instead of a message that cannot be checked."""
    say = words.say
    text = {
        ClaimProblem.EMPTY: say("Send me the news you want checked, as text."),
        ClaimProblem.NO_WORDS: say("There are no words in this to check. Write what is claimed."),
        ClaimProblem.ONLY_LINKS: say(
            "I cannot open links yet. Write in words what it says, and I will check that."
        ),
        ClaimProblem.ONLY_HASHTAGS: say(
            "Hashtags alone do not say what happened. Write a sentence: who did what, and when."
        ),
        ClaimProblem.TOO_SHORT: say(
            "One word is not enough to check. Write a whole sentence: who did what, and when."
        ),
        ClaimProblem.TOO_LONG: say(
            "This is too long to check at once. Send me the one sentence you doubt."
        ),
    }[problem]
    return Reply((Block(text),))
