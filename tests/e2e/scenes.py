"""Scenes of the transcripts, in Arabic and in English: one a kind of update."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import select

from bot.conversation.conversation import Conversation
from bot.conversation.reply import Asker, Origin, Reply
from bot.telegram.outgoing.rate_limits import Limits
from knowledge import curation
from knowledge.accounts import people
from knowledge.claim_queue import cluster_actions
from knowledge.corpus import reports
from knowledge.domain import (
    ClusterStatus,
    RejectReason,
    Relation,
    ReportDraft,
    StatementDraft,
    SubjectKind,
    now,
)
from knowledge.models import Claim, Cluster
from knowledge.outbox import pending_notifications
from knowledge.storage import audit_log
from tests.e2e.bot_api_server import BOT_ID, BOT_NAME, PLACEHOLDER, BotApiServer
from tests.e2e.echo_bot import SECRET
from tests.e2e.stage import CHANNEL, GROUP, Stage

Play = Callable[[Stage, "Words"], Awaitable[None]]

PHOTO: Final = [{"file_id": "p", "file_unique_id": "u", "width": 1, "height": 1}]
VOICE: Final = {"file_id": "v", "file_unique_id": "u", "duration": 7}
VIDEO: Final = {"file_id": "w", "file_unique_id": "x", "width": 1, "height": 1, "duration": 7}
BOT_USER: Final = {"id": BOT_ID, "is_bot": True, "first_name": "Bot", "username": BOT_NAME}


@dataclass(frozen=True, slots=True)
class Words:
    """What people say in one language, and the labels of the buttons they press."""

    refuted: str
    supported: str
    related: str
    unknown: str
    crossed: str
    reviewed: str
    greeting: str
    opinion: str
    several: str
    rest: str
    settled: str
    group: str
    english: str
    useful: str
    useless: str
    others: str
    dispute: str
    tell: str
    quiet: str
    forget: str
    keep: str
    mute: str
    hijri: str
    watch: str
    example: str


ARABIC: Final = Words(
    refuted="داعش ما زال يسيطر على نصف مساحة خلافته",
    supported="خرج أكثر من 37 ألف شخص من مناطق سيطرة التنظيم",
    related="قوات سوريا الديمقراطية تستعد لمعركة أخرى شرق الفرات",
    unknown="ارتفع سعر القمح في الأسواق العالمية",
    crossed="عبرت 250 سيارة جسر النهر الجديد في يوم افتتاحه",
    reviewed="ظهور تمساح كبير في نهر المدينة صباح اليوم",
    greeting="السلام عليكم ورحمة الله",
    opinion="ما رأيك في داعش؟",
    several="داعش ما زال يسيطر على نصف مساحة خلافته. ارتفع سعر القمح في الأسواق العالمية."
    " عبرت 250 سيارة جسر النهر الجديد في يوم افتتاحه."
    " خرج أكثر من 37 ألف شخص من مناطق سيطرة التنظيم.",
    rest="الباقي",
    settled="سعر القمح في الأسواق العالمية لم يرتفع هذا الأسبوع",
    group="أهل الحي",
    english="English",
    useful="مفيد",
    useless="غير مفيد",
    others="نتائج أخرى",
    dispute="ليس ما سألت عنه",
    tell="أخبرني",
    quiet="لا تخبرني",
    forget="نعم",
    keep="لا،",
    mute="لا تخبرني",
    hijri="هجري",
    watch="👁",
    example="جرّب",
)
ENGLISH: Final = Words(
    refuted="ISIS is confined to 10% of the area of its caliphate",
    supported="More than 37,000 people left the areas controlled by the organisation",
    related="The Syrian Democratic Forces are preparing another battle against ISIS in the east",
    unknown="The central bank raised interest rates",
    # Somebody who reads English asks about news in Arabic.
    crossed=ARABIC.crossed,
    reviewed="A large crocodile appeared in the city river this morning",
    greeting="Hello there",
    opinion="What do you think of ISIS?",
    several="ISIS is confined to 10% of the area of its caliphate. "
    "The central bank raised interest rates. More than 37,000 people left the areas controlled by"
    " the organisation. The city council approved the budget for the new library.",
    rest="the rest",
    settled="The central bank left interest rates as they are",
    group="The neighbours",
    english="العربية",
    useful="Useful",
    useless="Not useful",
    others="Other matches",
    dispute="Not what I asked",
    tell="Tell me",
    quiet="Do not tell me",
    forget="Yes",
    keep="No, keep",
    mute="Do not tell me",
    hijri="Hijri",
    watch="👁",
    example="Try",
)
WORDS: Final = {"ar": ARABIC, "en": ENGLISH}


def _chat(words: Words) -> dict[str, Any]:
    return {"id": GROUP, "type": "supergroup", "title": words.group}


def _says(text: str) -> Play:
    async def play(stage: Stage, _: Words) -> None:
        await stage.says(text)

    return play


async def start(stage: Stage, words: Words) -> None:
    await stage.says("/start")
    await stage.presses(words.example)


async def language(stage: Stage, words: Words) -> None:
    await stage.says("/language")
    offer = stage.last
    await stage.presses(words.hijri)
    await stage.presses(words.english, offer)
    await stage.says("/start")


async def supported(stage: Stage, words: Words) -> None:
    await stage.says(words.supported)


async def refuted(stage: Stage, words: Words) -> None:
    await stage.says(words.refuted)


async def related(stage: Stage, words: Words) -> None:
    await stage.says(words.related)


async def no_match(stage: Stage, words: Words) -> None:
    await stage.says(words.unknown)


async def reviewed(stage: Stage, words: Words) -> None:
    await stage.says(words.reviewed)


async def small_talk(stage: Stage, words: Words) -> None:
    await stage.says(words.greeting)
    await stage.says(words.opinion)


async def unreadable(stage: Stage, _: Words) -> None:
    for text in ("🔥🔥🔥 !!!", "#خبر #news", "داعش" if stage.language == "ar" else "ISIS"):
        await stage.says(text)


async def very_long(stage: Stage, words: Words) -> None:
    stage.note("a text of 4096 characters")
    message = stage.server.chats.message(
        7_001, {"text": (words.unknown + " ") * 200}, None, stage.language
    )
    await stage.takes({"message": message})


async def several_claims(stage: Stage, words: Words) -> None:
    await stage.says(words.several)
    await stage.presses(words.rest)


async def caption(stage: Stage, words: Words) -> None:
    await stage.sends({"photo": PHOTO, "caption": words.refuted}, what="(a photo)")


async def album(stage: Stage, words: Words) -> None:
    for said in (words.refuted, None, None):
        content = {"photo": PHOTO, "media_group_id": "album"} | ({"caption": said} if said else {})
        await stage.sends(content, what="(a photo of an album)")


async def forward(stage: Stage, words: Words) -> None:
    origin = {"type": "hidden_user", "sender_user_name": "X", "date": 1}
    await stage.sends({"text": words.refuted, "forward_origin": origin}, what="(a forward)")


async def forwarded_often(stage: Stage, words: Words) -> None:
    origin = {"type": "hidden_user", "sender_user_name": "X", "date": 1}
    content = {"text": words.unknown, "forward_origin": origin}
    stage.note("five others forwarded it before")
    for person in range(2, 7):
        message = stage.server.chats.message(7_000 + person, content, None, stage.language)
        await stage.takes({"message": message}, is_heard=False)
    await stage.sends(content, what="(a forward)")


async def inline(stage: Stage, words: Words) -> None:
    await stage.types("")
    await stage.types(words.refuted)
    await stage.sends_card(words.refuted)
    await stage.types(words.unknown)


async def check(stage: Stage, words: Words) -> None:
    await stage.says(f"/check {words.supported}")
    message = stage.server.chats.message(7_002, {"text": words.refuted}, None, stage.language)
    await stage.sends({"text": "/check", "reply_to_message": message}, what="(in reply)")


async def quoted(stage: Stage, words: Words) -> None:
    text = f"{words.unknown}. {words.supported}."
    message = stage.server.chats.message(7_002, {"text": text}, None, stage.language)
    content = {
        "text": "/check",
        "reply_to_message": message,
        "quote": {"text": words.supported, "position": len(words.unknown) + 2},
    }
    await stage.sends(content, what=f"(quoting “{words.supported}”)")


async def other_kinds(stage: Stage, _: Words) -> None:
    await stage.sends({"voice": VOICE}, what="(a voice message)")
    await stage.sends({"video": VIDEO}, what="(a video)")


async def photo(stage: Stage, words: Words) -> None:
    stage.server.files["p"] = words.refuted.encode()
    await stage.sends({"photo": PHOTO}, what=f"(a photo of the words “{words.refuted}”)")
    stage.server.files["p"] = b"..."
    await stage.sends({"photo": PHOTO}, what="(a photo without words)")


async def link(stage: Stage, words: Words) -> None:
    address = f"https://example.org/news?title={quote(words.refuted)}"
    message = stage.server.chats.message(7_001, {"text": address}, None, stage.language)
    stage.note(f"a link to a page with the title “{words.refuted}”")
    await stage.takes({"message": message})
    await stage.says("https://example.org/news/1")


async def group(stage: Stage, words: Words) -> None:
    chat = _chat(words)
    await stage.sends({"text": words.refuted}, chat=chat)
    stage.note("nobody asked the bot, and it says nothing")
    await stage.sends({"text": f"@{BOT_NAME} {words.refuted}"}, chat=chat)
    answer = stage.last
    await stage.presses(words.useful, answer, person=2)
    reply = {"message_id": answer.message_id, "date": 1, "chat": chat, "from": BOT_USER}
    await stage.sends(
        {"text": words.supported, "reply_to_message": reply}, 2, chat, what="(in reply to the bot)"
    )


async def group_command(stage: Stage, words: Words) -> None:
    chat = _chat(words)
    message = stage.server.chats.message(7_002, {"text": words.refuted}, chat, stage.language)
    await stage.sends({"text": "/check", "reply_to_message": message}, chat=chat, what="(in reply)")
    await stage.sends({"text": "/mydata"}, chat=chat)


async def channel(stage: Stage, words: Words) -> None:
    chat = {"id": CHANNEL, "type": "channel", "title": words.group}
    await stage.sends({"text": words.refuted}, chat=chat, kind="channel_post")
    stage.note("a channel is left alone")


async def joined(stage: Stage, words: Words) -> None:
    chat = _chat(words)
    stage.note("the bot is added to a group")
    change = stage.server.chats.change_membership(7_001, chat, "member", stage.language)
    await stage.takes({"my_chat_member": change})
    stage.note("the bot is removed")
    change = stage.server.chats.change_membership(7_001, chat, "left", stage.language)
    await stage.takes({"my_chat_member": change})


async def settings(stage: Stage, words: Words) -> None:
    chat = _chat(words)
    stage.server.chats.appoint(chat["id"], 7_001)
    await stage.sends({"text": "/settings"}, 2, chat)
    await stage.sends({"text": "/settings"}, 1, chat, what="(an admin)")
    shown = stage.last
    await stage.presses(words.watch, shown, person=2)
    await stage.presses(words.watch, shown)
    await stage.presses("12", stage.last)
    await stage.says("/settings")


async def watch(stage: Stage, words: Words) -> None:
    chat = _chat(words)
    stage.server.chats.appoint(chat["id"], 7_001)
    await stage.sends({"text": "/watch on"}, 1, chat, what="(an admin)")
    await stage.sends({"text": words.greeting}, 2, chat)
    await stage.sends({"text": words.supported}, 2, chat)
    stage.note("nothing is contradicted, and the bot says nothing")
    await stage.sends({"text": words.refuted}, 2, chat)
    await stage.sends({"text": words.refuted}, 3, chat)
    stage.note("it was said already")
    await stage.sends({"text": "/watch off"}, 1, chat, what="(an admin)")


async def channel_post(stage: Stage, words: Words) -> None:
    chat = {"id": CHANNEL, "type": "channel", "title": words.group}
    post = stage.server.chats.post(chat, {"text": f"@{BOT_NAME} {words.refuted}"})
    stage.note(f"a post in “{words.group}”: @{BOT_NAME} {words.refuted}")
    await stage.takes({"channel_post": post})


async def feedback(stage: Stage, words: Words) -> None:
    await stage.says(words.supported)
    answer = stage.last
    await stage.presses(words.useful, answer)
    await stage.presses(words.useless, answer)
    await stage.presses(words.dispute, answer)


async def other_matches(stage: Stage, words: Words) -> None:
    await stage.says(words.crossed)
    await stage.presses(words.others)


async def edited(stage: Stage, words: Words) -> None:
    message = await stage.sends({"text": words.unknown})
    await stage.edits(message, words.supported)


async def told_later(stage: Stage, words: Words) -> None:
    await stage.says(words.unknown)
    answer = stage.last
    await stage.presses(words.quiet, answer)


async def notify(stage: Stage, words: Words) -> None:
    await stage.says("/notify")
    await stage.presses(words.mute)
    await stage.says(words.unknown)
    await stage.presses(words.tell)
    await stage.says("/notify on")


async def mydata(stage: Stage, words: Words) -> None:
    await stage.says("/mydata")
    await stage.says(words.unknown)
    await stage.says("/mydata")


async def forgetme(stage: Stage, words: Words) -> None:
    await stage.says("/forgetme")
    await stage.presses(words.keep)
    await stage.says("/forgetme")
    await stage.presses(words.forget)


async def told(stage: Stage, words: Words) -> None:
    await stage.says(words.unknown)
    stage.note("a moderator answers all who asked")
    with stage.sessions.begin() as session:
        statements = (StatementDraft(words.settled),)
        draft = ReportDraft("", "example.org", language=stage.language, statements=statements)
        (statement,) = reports.store(session, draft).statement_ids
        cluster = Cluster(title=words.unknown, status=ClusterStatus.OPEN)
        cluster.claims = list(session.scalars(select(Claim)))
        session.add(cluster)
        session.flush()
        pending_notifications.answer_cluster(
            session, cluster.id, statement, Relation.REFUTES, "a moderator"
        )
    await stage.hears_later()
    stage.note("the moderator takes the answer back")
    with stage.sessions.begin() as session:
        entry, *_ = audit_log.list_entries(session, SubjectKind.CLUSTER).items
        curation.undo(session, entry.id, "a moderator", "it answers another claim")
    await stage.hears_later()
    stage.note("the report is withdrawn")
    with stage.sessions.begin() as session:
        curation.retract(session, [statement], "a moderator", "the source withdrew it")
    await stage.hears_later()


async def rejected(stage: Stage, words: Words) -> None:
    await stage.says(words.unknown)
    stage.note("a moderator finds that nobody can check it")
    with stage.sessions.begin() as session:
        cluster = Cluster(title=words.unknown, status=ClusterStatus.OPEN)
        cluster.claims = list(session.scalars(select(Claim)))
        session.add(cluster)
        session.flush()
        cluster_actions.reject(session, cluster.id, RejectReason.NOT_CHECKABLE, "a moderator")
    await stage.hears_later()
    await stage.says(words.unknown)


async def too_many(stage: Stage, words: Words) -> None:
    """Told once, then left alone for a while."""
    await stage.says(words.greeting)
    await stage.says(words.greeting)
    await stage.says(words.greeting)


async def blocked(stage: Stage, words: Words) -> None:
    key = people.person_key(SECRET, "telegram", 7_001)
    with stage.sessions.begin() as session:
        people.block(session, key, now() + timedelta(days=1), "a moderator")
    await stage.says(words.supported)


async def placeholder(stage: Stage, words: Words) -> None:
    Slow.server = stage.server
    await stage.says(words.supported)


class Broken(Conversation):
    """A conversation whose answers always fail."""

    def claim(self, asker: Asker, text: str, origin: Origin | None = None) -> Reply:
        raise OSError("the disk is gone")


class Slow(Conversation):
    """A conversation that answers no sooner than a placeholder stands there."""

    server: BotApiServer

    def claim(self, asker: Asker, text: str, origin: Origin | None = None) -> Reply:
        self.server.wait_for_text(asker.id, PLACEHOLDER)
        return super().claim(asker, text, origin)


@dataclass(frozen=True, slots=True)
class Scene:
    """What is played, and on what kind of stage."""

    play: Play
    limits: Limits = field(default_factory=Limits)
    talk: type[Conversation] = Conversation
    #: Whether a placeholder is due at once, and not only when something is broken.
    hurried: bool = False


#: Each scene by the name of its transcripts.
SCENES: Final[dict[str, Scene]] = {
    **{name: Scene(_says(f"/{name}")) for name in ("help", "about", "privacy")},
    "unknown_command": Scene(_says("/nothing")),
    **{
        play.__name__: Scene(play)
        for play in (
            start, language, supported, refuted, related, no_match, reviewed, small_talk,
            unreadable, very_long, several_claims, caption, album, forward, forwarded_often, check,
            quoted, edited, photo, other_kinds, link, inline,
            group, group_command, joined, settings, watch, channel, channel_post, feedback,
            other_matches, told_later, told, rejected, notify, mydata, forgetme, blocked,
        )
    },
    "slow_down": Scene(too_many, Limits(person_burst=1)),
    "busy": Scene(supported, Limits(waiting=0)),
    "failure": Scene(supported, talk=Broken),
    "placeholder": Scene(placeholder, talk=Slow, hurried=True),
}  # fmt: skip
