"""Every kind of text that people, their phones and their enemies send (random, seeded)."""

from random import Random
from typing import Final

from tests.e2e.bot_api_server import BOT_NAME

_WORDS: Final = tuple(
    "داعش يسيطر على نصف مساحة الخلافة خرج أكثر من 37 ألف شخص لم يعد ٩٩٫٥٪ في المئة الجسر أغلق أمس"
    " the bridge was closed on Monday 250 cars crossed it le pont n’est pas ouvert 10% ❌ 🔥"
    " #داعش https://example.org/a?b=c www.example.com @somebody <b> &amp; </blockquote> %s {0} \\"
    " '; DROP TABLE updates;-- ${jndi:x} 1e999 NULL -0 ۳۷ کردستان ھذا".split(" ")
)
#: Pieces that break what trusts text: controls, marks without a letter, halves of a pair.
_HOSTILE: Final = (
    "\u202e", "\u2066", "\u200b", "\u200f", "\ufeff", "\u00ad", "\x00", "\x1b[31m", "\x7f", "\r\n",
    "\n\n\n", "\t", "\u2028", "\ud800", "\udfff", "\ud83d", "\U0001f468\u200d\U0001f469", "🇸🇾",
    "\u0301" * 20, "\U000e0041", "\u0651\u064e", "ﷺ", "\U0010ffff", "\uffff", "ـ" * 30,
)  # fmt: skip
COMMANDS: Final = (
    "/start", "/help", "/check", "/language", "/notify off", "/notify on", "/notify", "/mydata",
    "/forgetme", "/privacy", "/about", "/watch", "/watch on", "/watch off", "/settings", "/queue",
    "/add", "/retract", "/stats", "/console", "/grant", "/revoke", "/unknown", "/", "//", "/مساعدة",
    "/START", "/start deep-link",
)  # fmt: skip
_ACTIONS: Final = (
    "others:1", "dispute:1", "useful:1", "useless:2", "tell:1", "quiet:1", "lang:en", "lang:ar",
    "lang:xx", "cal:hijri", "notify:on", "forget:no", "forget:yes", "rest:1", "more:1", "mod:next",
    "watch:on", "settings:", "others:9999999999999999999", ":", "",
)  # fmt: skip
_LANGUAGES: Final = ("ar", "en", "fr", "ar-SY", "en-GB", "", "xx", "-", "zh-hans", "\u202e")
#: Telegram's own limit is 4096 of these; a self-hosted server may let more through.
_LONGEST: Final = 9_000


def text(random: Random) -> str:
    """Return a text: usually words, often with something hostile, now and then endless."""
    match random.randrange(20):
        case 0:
            return ""
        case 1 | 2 | 3:
            return command(random)
        case 4:
            return "".join(random.choices(_HOSTILE, k=random.randint(1, 8)))
        case 5:
            piece = random.choice((*_HOSTILE, *_WORDS))
            return (piece * (_LONGEST // len(piece) + 1))[: random.randint(4_000, _LONGEST)]
        case 6:
            return "".join(chr(random.randrange(0x110000)) for _ in range(random.randint(1, 40)))
        case 7 | 8:
            return f"@{BOT_NAME} {_sentence(random)}"
        case 9:
            pieces = [_sentence(random), random.choice(_HOSTILE), _sentence(random)]
            return "".join(pieces)
        case _:
            return _sentence(random)


def command(random: Random) -> str:
    """Return a command, perhaps with this bot's name, another's or an argument."""
    name, _, argument = random.choice(COMMANDS).partition(" ")
    whose = random.choice(("", "", f"@{BOT_NAME}", f"@{BOT_NAME.upper()}", "@some_other_bot"))
    return f"{name}{whose} {argument or random.choice(('', _sentence(random)))}".strip()


def action(random: Random) -> str:
    """Return what a button may carry: known, outdated or forged."""
    return random.choice((random.choice(_ACTIONS), random.choice(_ACTIONS), text(random)[:64]))


def language(random: Random) -> str:
    """Return a language code as clients write them."""
    return random.choice(_LANGUAGES)


def word(random: Random) -> str:
    """Return a short string for a field nobody reads much: a name, a file's number."""
    return random.choice((random.choice(_WORDS), random.choice(_HOSTILE), "a", ""))


def identifier(random: Random) -> str:
    """Return what Telegram calls something by: whatever it is, it can be given back."""
    return f"{random.choice(('AgAD', 'BQ', 'x-y_z'))}{random.randrange(10**6)}"


def _sentence(random: Random) -> str:
    return " ".join(random.choices(_WORDS, k=random.randint(1, 14)))
