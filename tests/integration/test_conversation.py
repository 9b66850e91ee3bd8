"""The conversation as a channel has it, over a real database, the real model and real reports."""

import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import selectinload

from bot.conversation.conversation import Conversation
from bot.conversation.media_texts import Medium
from bot.conversation.reply import Asker, Cards, Origin, Reply
from bot.telegram.outgoing.rendering import render
from embeddings.encoders.encoder import SentenceTransformerEncoder
from knowledge import curation
from knowledge.accounts import people
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.claim_queue import cluster_listing
from knowledge.corpus import reports
from knowledge.corpus.readers import read
from knowledge.corpus.readers.page_heading import Heading
from knowledge.domain import (
    ClusterStatus,
    Forwarded,
    Outcome,
    Relation,
    ReportDraft,
    StatementDraft,
)
from knowledge.index.serving_index import ServingIndex
from knowledge.models import Claim, Cluster, Inquiry
from knowledge.outbox import pending_notifications
from knowledge.storage.database import Sessions, open_engine

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "knowledge" / "samples" / "last-isis-pocket.txt"
SECRET = b"the key of these tests"
TODAY = date(2026, 2, 7)

REFUTED = "داعش ما زال يسيطر على نصف مساحة خلافته"
REFUTED_EN = "ISIS is confined to 10% of the area of its caliphate"
UNRELATED = "ارتفع سعر القمح في الأسواق العالمية"
CROSSED = "عبرت 250 سيارة جسر النهر الجديد في يوم افتتاحه"
# Two outlets on one event, so that there is another match to show.
BRIDGES = (
    ReportDraft(
        "افتتاح جسر النهر",
        publisher="نشرة المدينة",
        url="https://example.org/bridge",
        published_at=date(2026, 2, 1),
        statements=(StatementDraft("عبرت 250 سيارة جسر النهر الجديد في يوم افتتاحه أمس"),),
    ),
    ReportDraft(
        "جسر النهر",
        publisher="إذاعة الوادي",
        statements=(StatementDraft("عبرت 250 سيارة جسر النهر الجديد في يوم افتتاحه الأول"),),
    ),
)

GONE = "لم يعد هذا الزر يعمل. أرسل الخبر من جديد."
ASKER = Asker(7_318_842_905, "ar")
STRANGER = Asker(7_318_842_906, "ar")


@dataclass(frozen=True)
class Services:
    """What all tests of this file share: the services, and the database's file."""

    sessions: Sessions
    checker: ClaimChecker
    file: Path


@pytest.fixture(scope="module")
def services(
    bundled_encoder: SentenceTransformerEncoder,
    migrated_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("conversation")
    file = Path(shutil.copy(migrated_file, folder / "tathabbat.db"))
    engine = open_engine(f"sqlite:///{file}")
    sessions = Sessions(engine)
    index = ServingIndex(sessions, bundled_encoder, folder / "index")
    services = Services(sessions, ClaimChecker(sessions, bundled_encoder, index, RuleJudge()), file)
    for draft in (*read(SAMPLE), *BRIDGES):
        assert isinstance(draft, ReportDraft)
        publish(services, draft)
    yield services
    engine.dispose()


@pytest.fixture
def talk(services: Services) -> Iterator[Conversation]:
    """Return a conversation that knows nobody yet."""
    yield Conversation(services.sessions, services.checker, SECRET, "telegram", lambda: TODAY)
    with services.sessions.begin() as session:
        session.execute(text("DELETE FROM inquiries"))
        session.execute(text("DELETE FROM people"))


def publish(services: Services, draft: ReportDraft) -> list[int]:
    with services.sessions.begin() as session:
        ids = list(reports.store(session, draft).statement_ids)
        curation.publish(session, ids, "test")
    return ids


def said(reply: Reply) -> str:
    return "\n".join(block.text for block in reply.blocks)


def action(reply: Reply, label: str) -> str:
    found = [b.action for row in reply.buttons for b in row if label in b.label and b.action]
    assert len(found) == 1, reply.buttons
    return found[0]


def kept(services: Services) -> list[Inquiry]:
    with services.sessions() as session:
        wanted = select(Inquiry).options(selectinload(Inquiry.shown)).order_by(Inquiry.id)
        return list(session.scalars(wanted))


class TestCommands:
    @pytest.mark.parametrize(
        ("code", "start", "help_", "language"),
        [
            ("ar", "أهلًا بك في تثبَّت", "كيف تستخدم هذا البوت", "بأي لغة نتحدث؟ وكيف تكتب التواريخ؟"),
            (None, "أهلًا بك في تثبَّت", "كيف تستخدم هذا البوت", "بأي لغة نتحدث؟ وكيف تكتب التواريخ؟"),
            (
                "en-GB",
                "Welcome to Tathabbat",
                "How to use",
                "Which language shall we speak? And how do you write dates?",
            ),
        ],
    )
    def test_are_answered_in_the_language_of_the_asker(
        self, talk: Conversation, code: str | None, start: str, help_: str, language: str
    ) -> None:
        asker = Asker(1, code)
        assert said(talk.start(asker)).startswith(start)
        assert said(talk.help(asker)).startswith(help_)
        assert said(talk.language(asker)) == language

    def test_help_shows_the_sign_of_every_outcome(self, talk: Conversation) -> None:
        for sign in "✅❌🔎⚪":
            assert sign in said(talk.help(ASKER))

    def test_what_is_not_read_and_what_broke_is_said(self, talk: Conversation) -> None:
        assert said(talk.unsupported(ASKER, Medium.VOICE)).startswith("لا أستطيع الاستماع")
        assert said(talk.failure(ASKER)).startswith("حدث خطأ عندنا")


class TestLanguage:
    def test_a_choice_is_remembered_for_who_made_it_only(
        self, services: Services, talk: Conversation
    ) -> None:
        choice = action(talk.language(ASKER), "English")
        assert said(talk.press(ASKER, choice)) == "From now on I speak English with you."
        assert said(talk.start(ASKER)).startswith("Welcome")
        assert said(talk.start(STRANGER)).startswith("أهلًا")
        # The same number on another channel is somebody else.
        elsewhere = Conversation(services.sessions, services.checker, SECRET, "terminal")
        assert said(elsewhere.start(ASKER)).startswith("أهلًا")
        # It outlives the process.
        later = Conversation(services.sessions, services.checker, SECRET, "telegram")
        assert said(later.start(ASKER)).startswith("Welcome")

    def test_it_can_be_changed_back(self, talk: Conversation) -> None:
        talk.press(ASKER, "lang:en")
        assert said(talk.press(ASKER, "lang:ar")) == "سأتحدث معك بالعربية من الآن."
        assert said(talk.start(ASKER)).startswith("أهلًا")

    @pytest.mark.parametrize("forged", ["lang:", "lang:xx", "lang:EN", "lang:en:en", "lang"])
    def test_one_that_does_not_exist_cannot_be_chosen(
        self, talk: Conversation, forged: str
    ) -> None:
        assert said(talk.press(ASKER, forged)) == GONE
        assert said(talk.start(ASKER)).startswith("أهلًا")


class TestTalkAboutTheLastAnswer:
    def test_its_source_is_shown_again(self, services: Services, talk: Conversation) -> None:
        first = said(talk.claim(ASKER, CROSSED))
        answer = said(talk.claim(ASKER, "شو مصدر هالكلام؟"))
        assert CROSSED in answer
        for publisher in ("نشرة المدينة", "إذاعة الوادي"):
            assert (publisher in answer) == (publisher in first)
        assert len(kept(services)) == 1

    def test_without_a_report_there_is_none(self, talk: Conversation) -> None:
        talk.claim(ASKER, UNRELATED)
        assert "لم أجد تقريرًا موثّقًا" in said(talk.claim(ASKER, "من وين جبت هالحكي؟"))

    def test_true_or_false_repeats_the_outcome(
        self, services: Services, talk: Conversation
    ) -> None:
        first = said(talk.claim(ASKER, REFUTED))
        again = said(talk.claim(ASKER, "يعني الخبر صح ولا كذب؟"))
        assert first in again
        assert len(kept(services)) == 1

    def test_a_wrong_one_can_be_passed_on(self, services: Services, talk: Conversation) -> None:
        talk.claim(ASKER, REFUTED)
        reply = talk.claim(ASKER, "جوابك غلط يا بوت")
        talk.press(ASKER, action(reply, "ليس"))
        assert [inquiry.disputed for inquiry in kept(services)] == [True]

    def test_is_asked_for_by_who_was_answered_only(self, talk: Conversation) -> None:
        talk.claim(ASKER, CROSSED)
        assert "نشرة المدينة" not in said(talk.claim(STRANGER, "شو مصدر هالكلام؟"))

    def test_peace_is_answered_with_peace(self, talk: Conversation) -> None:
        assert said(talk.claim(ASKER, "السلام عليكم")).startswith("وعليكم السلام")
        assert said(talk.claim(ASKER, "صباح الخير")).startswith("أهلًا بك")


class TestClaims:
    def test_in_arabic_with_reason_and_source(self, talk: Conversation) -> None:
        answer = said(talk.claim(ASKER, REFUTED))
        assert answer.startswith("❌ تقرير موثّق يناقض هذا الخبر\nرسالتك: «نصف")
        assert "الناشر غير مذكور" not in answer

    def test_in_english_the_quote_stays_as_published(self, talk: Conversation) -> None:
        answer = said(talk.claim(Asker(1, "en"), REFUTED_EN))
        assert answer.startswith("❌ A verified report contradicts this\nYour message: “10%”")
        assert "أقل من واحد في المئة" in answer
        assert "outlet not stated" not in answer

    def test_an_unrelated_one_is_not_confirmed(self, talk: Conversation) -> None:
        assert said(talk.claim(ASKER, UNRELATED)).splitlines() == [
            "⚪ لا يوجد لدينا تقرير موثّق عن هذا بعد",
            "هذا لا يعني أنه صحيح. سُجّل سؤالك ليطّلع عليه المشرفون.",
        ]

    @pytest.mark.parametrize(
        ("message", "says"),
        [
            ("", "أرسل لي نصّ الخبر"),
            ("\u200b\u202e \n", "أرسل لي نصّ الخبر"),
            ("🔥🔥🔥 !!!", "لا توجد في رسالتك كلمات"),
            ("https://example.org/a?b=c", "لا أستطيع فتح الروابط"),
            ("داعش", "كلمة واحدة لا تكفي"),
            ("كلمة " * 3000, "أطول من أن أتثبّت منه"),
            ("#داعش #سوريا #أخبار", "الوسوم وحدها"),
            ("السلام عليكم، هل هذا الخبر صحيح؟", "لم أعرف أي خبر"),
            # Said kindly, not looked up.
            ("السلام عليكم ورحمة الله", "وعليكم السلام"),
            ("شكرا جزيلا", "على الرحب والسعة"),
            ("مين إنت؟", "كيف تستخدم هذا البوت"),
            ("اللهم احفظ بلادنا من كل سوء", "تقبّل الله"),
            ("ما رأيك في داعش؟", "أتفهّمك"),
            ("el ra2is mat el yom fel 7adeth", "بالحروف العربية"),
        ],
    )
    def test_what_cannot_be_read_says_what_to_send_and_is_not_kept(
        self, services: Services, talk: Conversation, message: str, says: str
    ) -> None:
        assert says in said(talk.claim(ASKER, message))
        assert kept(services) == []


class TestPicturesAndLinks:
    """What was read in a picture or on a page is said above the answer to it."""

    LINK = "https://valley.example/isis"

    def reading(self, services: Services, text: str, *more: str) -> Conversation:
        """Return a conversation to which every picture and every page says ``text``."""

        def read_link(url: str) -> Heading:
            assert url == self.LINK
            return Heading((text, *more), "valley.example")

        return Conversation(
            services.sessions, services.checker, SECRET, "telegram", lambda: TODAY,
            read_picture=lambda data: text if data == b"a picture" else "",
            read_link=read_link,
        )  # fmt: skip

    def test_a_picture_is_answered_as_what_it_says(
        self, services: Services, talk: Conversation
    ) -> None:
        reply = self.reading(services, REFUTED).picture(ASKER, b"a picture")
        heard, verdict = reply.blocks[:2]
        assert heard.text == f"قرأت في الصورة: «{REFUTED}»"
        assert verdict.text == "❌ تقرير موثّق يناقض هذا الخبر"
        assert [each.claim for each in kept(services)] == [REFUTED]

    def test_a_link_is_answered_as_what_its_page_says(
        self, services: Services, talk: Conversation
    ) -> None:
        reply = self.reading(services, REFUTED).claim(ASKER, f"👇 {self.LINK} #خبر")
        host, heard, verdict = reply.blocks[:3]
        assert host.text == "🌐 valley.example"
        assert heard.text == f"قرأت في الصفحة: «{REFUTED}»"
        assert verdict.text.startswith("❌")

    def test_a_title_that_claims_nothing_gives_way_to_the_description(
        self, services: Services, talk: Conversation
    ) -> None:
        reply = self.reading(services, "شاهد", REFUTED).claim(ASKER, self.LINK)
        assert REFUTED in reply.blocks[1].text

    def test_words_beside_a_link_are_the_claim(
        self, services: Services, talk: Conversation
    ) -> None:
        reply = self.reading(services, UNRELATED).claim(ASKER, f"{REFUTED} {self.LINK}")
        assert reply.blocks[0].text.startswith("❌")

    def test_what_holds_no_claim_is_not_looked_up(
        self, services: Services, talk: Conversation
    ) -> None:
        silent = self.reading(services, "شاهد")
        assert said(silent.claim(ASKER, self.LINK)).startswith("فتحت الصفحة")
        for data in (b"a picture", b"another"):
            assert said(silent.picture(ASKER, data)).startswith("لا أجد في هذه الصورة نصًا")
        assert kept(services) == []

    def test_where_nothing_reads_them_people_are_told(self, talk: Conversation) -> None:
        assert said(talk.picture(ASKER, b"a picture")).startswith("لا أستطيع هنا قراءة النص")
        assert said(talk.claim(ASKER, self.LINK)).startswith("لا أستطيع فتح الروابط")


class TestInquiries:
    def test_keep_the_claim_its_outcome_and_what_was_shown(
        self, services: Services, talk: Conversation
    ) -> None:
        talk.claim(ASKER, f"  {REFUTED}\u202e 🔥 https://example.org/x")
        talk.claim(ASKER, UNRELATED)
        refuted, unrelated = kept(services)
        assert (refuted.claim, refuted.outcome) == (REFUTED, Outcome.REFUTED)
        with services.sessions() as session:
            (quoted, *_) = reports.load_by_ids(session, [refuted.shown[0].statement_id])
        assert "أقل من واحد في المئة" in quoted.text
        assert not refuted.disputed
        assert (unrelated.claim, unrelated.outcome) == (UNRELATED, Outcome.NO_MATCH)

    def test_nobody_can_be_read_out_of_the_database(
        self, services: Services, talk: Conversation
    ) -> None:
        talk.press(ASKER, "lang:ar")
        reply = talk.claim(ASKER, CROSSED)
        talk.press(ASKER, action(reply, "ليس ما سألت عنه"))
        files = [file for file in services.file.parent.glob("tathabbat.db*") if file.is_file()]
        content = b"".join(file.read_bytes() for file in files)
        (inquiry,) = kept(services)
        assert inquiry.person_key.encode() in content
        # As letters, and as SQLite writes an integer of this size.
        for form in (str(ASKER.id).encode(), ASKER.id.to_bytes(6, "big"), SECRET):
            assert form not in content


class TestForwards:
    ORIGIN = Origin(Forwarded.CHANNEL, -1_007_318_842, "قناة\u202e\n الوادي" + " ي" * 200)

    def test_keep_where_they_come_from_without_its_number(
        self, services: Services, talk: Conversation
    ) -> None:
        talk.claim(ASKER, UNRELATED, self.ORIGIN)
        talk.claim(ASKER, UNRELATED)
        forward, typed = kept(services)
        assert (forward.origin_kind, typed.origin_kind) == (Forwarded.CHANNEL, None)
        assert forward.origin_key is not None
        assert len(forward.origin_key) == 64
        assert forward.origin_name is not None
        assert forward.origin_name.startswith("قناة الوادي ي")
        assert len(forward.origin_name) <= 200

    def test_of_pictures_and_links_are_forwards_as_well(
        self, services: Services, talk: Conversation
    ) -> None:
        reading = TestPicturesAndLinks().reading(services, UNRELATED)
        reading.picture(ASKER, b"a picture", self.ORIGIN)
        reading.claim(ASKER, TestPicturesAndLinks.LINK, self.ORIGIN)
        came = [each.origin_kind for each in kept(services)]
        assert came == [Forwarded.CHANNEL, Forwarded.CHANNEL]

    def test_of_many_are_said_to_be(self, talk: Conversation) -> None:
        for number in range(5):
            reply = talk.claim(Asker(number, "ar"), UNRELATED, self.ORIGIN)
            many = "حوّل إليّ هذه الرسالة 5 أشخاص على الأقل." in said(reply)
            assert many == (number == 4)
        assert "حوّل" not in said(talk.claim(ASKER, UNRELATED))


class TestTheRest:
    """A message of more claims than are answered at once."""

    CLAIMS = tuple(f"أعلنت البلدية رقم {n} إغلاق {n + 40} مدرسة في المدينة أمس" for n in range(8))
    MESSAGE = "\n".join(CLAIMS)

    def test_is_offered_and_answered_three_at_a_time(
        self, services: Services, talk: Conversation
    ) -> None:
        first = talk.claim(ASKER, self.MESSAGE, TestForwards.ORIGIN)
        second = talk.press(ASKER, action(first, "تثبّت من الباقي (5)"))
        third = talk.press(ASKER, action(second, "تثبّت من الباقي (2)"))
        assert not any("الباقي" in b.label for row in third.buttons for b in row)
        found = [each.claim for each in kept(services)]
        assert sorted(found) == sorted(self.CLAIMS)
        assert {each.origin_kind for each in kept(services)} == {Forwarded.CHANNEL}
        shown = [len(render(each)) for each in (first, second, third)]
        assert shown == [1, 1, 1]

    def test_asked_twice_is_answered_twice_and_kept_once(
        self, services: Services, talk: Conversation
    ) -> None:
        press = action(talk.claim(ASKER, self.MESSAGE), "الباقي")
        assert talk.press(ASKER, press) == talk.press(ASKER, press)
        assert len(kept(services)) == 6

    def test_is_for_who_asked(self, services: Services, talk: Conversation) -> None:
        press = action(talk.claim(ASKER, self.MESSAGE), "الباقي")
        assert said(talk.press(STRANGER, press)) == GONE
        assert len(kept(services)) == 3


class TestButtons:
    def test_others_shows_what_was_not_quoted_yet(self, talk: Conversation) -> None:
        reply = talk.claim(ASKER, CROSSED)
        more = said(talk.press(ASKER, action(reply, "نتائج أخرى")))
        assert more.startswith("🔎 تقارير موثّقة أخرى قريبة من الموضوع")
        for publisher in ("نشرة المدينة", "إذاعة الوادي"):
            assert (publisher in said(reply)) != (publisher in more)

    def test_one_retracted_meanwhile_is_not_among_the_others(
        self, services: Services, talk: Conversation
    ) -> None:
        claim = "بلغ ارتفاع برج الساعة 80 مترا بعد ترميمه"
        ids = [
            number
            for publisher in ("نشرة المدينة", "إذاعة الوادي")
            for number in publish(
                services, ReportDraft("", publisher, statements=(StatementDraft(claim),))
            )
        ]
        reply = talk.claim(ASKER, claim)
        (inquiry,) = kept(services)
        (shown,) = inquiry.shown
        with services.sessions.begin() as session:
            ids.remove(shown.statement_id)
            curation.retract(session, ids, "test", "for this test")
        more = talk.press(ASKER, action(reply, "نتائج أخرى"))
        assert said(more) == "لا توجد تقارير موثّقة أخرى عن هذا."

    def test_a_dispute_is_kept(self, services: Services, talk: Conversation) -> None:
        reply = talk.claim(ASKER, REFUTED)
        dispute = action(reply, "ليس ما سألت عنه")
        assert said(talk.press(ASKER, dispute)).startswith("شكرًا، سجّلنا ذلك")
        assert said(talk.press(ASKER, dispute)).startswith("شكرًا، سجّلنا ذلك")
        assert [inquiry.disputed for inquiry in kept(services)] == [True]

    def test_another_person_cannot_use_them(self, services: Services, talk: Conversation) -> None:
        reply = talk.claim(ASKER, CROSSED)
        for label in ("نتائج أخرى", "ليس ما سألت عنه"):
            assert said(talk.press(STRANGER, action(reply, label))) == GONE
        assert [inquiry.disputed for inquiry in kept(services)] == [False]

    @pytest.mark.parametrize(
        "forged",
        [
            "",
            ":",
            "others",
            "others:",
            "others:0",
            "others:-1",
            "others:999999",
            "others:١",
            "others:1 OR 1=1",
            "others:9999999999999999999999",
            "others:999999999999999999",
            "rest:0",
            "rest:999999",
            "dispute:999999",
            "dispute:x",
            "delete:1",
            "\x00",
            "😀" * 16,
        ],
    )
    def test_a_forged_or_forgotten_one_is_said_to_be_gone(
        self, talk: Conversation, forged: str
    ) -> None:
        assert said(talk.press(ASKER, forged)) == GONE


class TestWhatWasShown:
    """Only what stood in a message: who never saw a report is not told that it was withdrawn."""

    PUBLISHERS = ("نشرة المدينة", "إذاعة الوادي")

    def twice(self, services: Services, claim: str) -> set[int]:
        """Publish what a claim says in two reports; returns their statements."""
        drafts = (
            ReportDraft("", each, statements=(StatementDraft(claim),)) for each in self.PUBLISHERS
        )
        return {number for draft in drafts for number in publish(services, draft)}

    def withdraw(self, services: Services, statements: Iterable[int]) -> list[tuple[str, int]]:
        """Withdraw statements; returns who is told of which."""
        with services.sessions.begin() as session:
            curation.retract(session, list(statements), "test", "for this test")
        return self.told(services)

    def told(self, services: Services) -> list[tuple[str, int]]:
        with services.sessions() as session:
            due = pending_notifications.list_due(session, datetime.now(UTC))
            return [(note.person_key, note.statement.id) for note in due]

    def held(self, talk: Conversation, asker: Asker) -> list[list[int]]:
        """Return what each of a person's questions was shown, as they are sent it."""
        document = talk.command(asker, "mydata", "").document
        assert document is not None
        questions = json.loads(document.content)["questions"]
        return [[each["number"] for each in question["shown"]] for question in questions]

    def clustered(self, services: Services) -> int:
        """Put all that was asked into one cluster."""
        with services.sessions.begin() as session:
            asked = {each.claim_id for each in session.scalars(select(Inquiry))}
            cluster = Cluster(title=UNRELATED, status=ClusterStatus.OPEN)
            cluster.claims = list(session.scalars(select(Claim).where(Claim.id.in_(asked))))
            session.add(cluster)
            session.flush()
            return cluster.id

    def shown_to(self, services: Services, cluster: int) -> dict[int, int]:
        """Return how many people were shown each statement, as the console says."""
        with services.sessions() as session:
            candidates = cluster_listing.load_cluster(session, cluster).candidates
        return {each.statement.id: each.shown for each in candidates}

    def test_what_came_nearest_was_not_shown_to_who_was_told_that_there_is_nothing(
        self, services: Services, talk: Conversation
    ) -> None:
        words = "ارتفع عدد زوار المتحف الوطني في الأسبوع الأخير"
        (number,) = publish(services, ReportDraft("", statements=(StatementDraft(words),)))
        assert number in {m.statement.id for m in services.checker.answer(UNRELATED).matches}
        assert said(talk.claim(ASKER, UNRELATED)).startswith("⚪")
        assert said(talk.claim(STRANGER, words)).startswith("✅")
        assert (self.held(talk, ASKER), self.held(talk, STRANGER)) == ([[]], [[number]])
        cluster = self.clustered(services)
        assert self.shown_to(services, cluster) == {number: 1}
        key = people.person_key(SECRET, "telegram", STRANGER.id)
        assert self.withdraw(services, [number]) == [(key, number)]

    def test_nor_once_moderators_answered_them_with_another_report(
        self, services: Services, talk: Conversation
    ) -> None:
        nearest, other = (
            publish(services, ReportDraft("", statements=(StatementDraft(words),)))[0]
            for words in ("ارتفع عدد زوار المعرض الزراعي هذا الأسبوع", "استقر سعر القمح محليًا")
        )
        asker = Asker(ASKER.id, "ar", str(ASKER.id))
        assert said(talk.claim(asker, UNRELATED)).startswith("⚪")
        with services.sessions.begin() as session:
            answered = pending_notifications.answer_cluster(
                session, self.clustered(services), other, Relation.REFUTES, "test"
            )
        assert answered == 1
        ((key, _),) = self.told(services)
        with services.sessions.begin() as session:
            (note,) = pending_notifications.list_due(session, datetime.now(UTC))
            pending_notifications.mark_sent(session, note.id)
        assert self.held(talk, asker) == [[other]]
        assert self.withdraw(services, [nearest]) == []
        assert self.withdraw(services, [other]) == [(key, other)]

    def test_other_matches_are_shown_once_they_are_asked_for(
        self, services: Services, talk: Conversation
    ) -> None:
        claim = "زار 900 سائح القلعة الأثرية يوم الجمعة"
        both = self.twice(services, claim)
        reply = talk.claim(ASKER, claim)
        looked = talk.claim(STRANGER, claim)
        first = said(talk.press(STRANGER, action(looked, "نتائج أخرى")))
        assert said(talk.press(STRANGER, action(looked, "نتائج أخرى"))) == first
        assert action(reply, "نتائج أخرى")
        ((seen,),) = self.held(talk, ASKER)
        assert [sorted(each) for each in self.held(talk, STRANGER)] == [sorted(both)]
        (unseen,) = both - {seen}
        assert self.shown_to(services, self.clustered(services)) == {seen: 2, unseen: 1}
        key = people.person_key(SECRET, "telegram", STRANGER.id)
        assert self.withdraw(services, [unseen]) == [(key, unseen)]

    def test_a_card_that_was_sent_on_was_shown(
        self, services: Services, talk: Conversation
    ) -> None:
        claim = "افتُتحت مكتبة الحي بعد ترميم دام 14 شهرًا"
        both = self.twice(services, claim)
        card = talk.cards(ASKER, claim).cards[-1]
        talk.record_choice(ASKER, claim, card.name)
        (shown,) = self.held(talk, ASKER)
        assert int(card.name.partition(":")[2]) in shown
        assert set(shown) <= both

    def test_true_or_false_shows_what_is_found_by_then(
        self, services: Services, talk: Conversation
    ) -> None:
        claim = "أُغلق الجسر المعلّق 3 أيام بسبب الرياح"
        assert said(talk.claim(ASKER, claim)).startswith("⚪")
        (number,) = publish(services, ReportDraft("", statements=(StatementDraft(claim),)))
        assert "✅" in said(talk.claim(ASKER, "يعني الخبر صح ولا كذب؟"))
        assert self.held(talk, ASKER) == [[number]]


class TestCards:
    """What is offered while somebody types in another chat."""

    def test_the_answer_comes_first_and_says_what_it_answers(
        self, services: Services, talk: Conversation
    ) -> None:
        first, *others = talk.cards(ASKER, CROSSED).cards
        assert first.title == "✅ تقرير موثّق يؤيّد هذا الخبر"
        assert first.description.startswith("«عبرت 250 سيارة")
        assert first.title in said(first.reply)
        assert f"الخبر المقصود: «{CROSSED}»" in said(first.reply)
        assert [each.title for each in others] == [first.title]
        # Neither of them asks the person anything: who reads it did not ask.
        buttons = [b for card in (first, *others) for row in card.reply.buttons for b in row]
        assert {b.action for b in buttons} == {None}
        assert kept(services) == []

    def test_a_refuted_claim_is_said_to_be_with_the_reason(self, talk: Conversation) -> None:
        first = talk.cards(ASKER, REFUTED).cards[0]
        assert first.title == "❌ تقرير موثّق يناقض هذا الخبر"
        assert "رسالتك: «نصف" in said(first.reply)

    def test_what_no_report_is_about_gets_one_card_that_says_so(self, talk: Conversation) -> None:
        (only,) = talk.cards(ASKER, UNRELATED).cards
        assert only.title == "⚪ لا يوجد لدينا تقرير موثّق عن هذا بعد"
        assert only.description == "هذا لا يعني أنه صحيح."
        assert "سُجّل" not in said(only.reply)

    @pytest.mark.parametrize("typed", ["", "خبر", "https://example.org", "السلام عليكم"])
    def test_what_is_no_claim_yet_gets_a_hint(self, talk: Conversation, typed: str) -> None:
        offered = talk.cards(ASKER, typed)
        assert (offered.cards, offered.hint) == ((), "اكتب جملة كاملة: من فعل ماذا ومتى")

    def test_each_claim_has_its_cards_told_apart_by_name(self, talk: Conversation) -> None:
        cards = talk.cards(ASKER, f"{CROSSED}. {REFUTED}.").cards
        names = [card.name for card in cards]
        assert {"0", "1"} <= set(names)
        assert len(set(names)) == len(names)

    def test_what_is_sent_on_is_an_inquiry_that_nobody_waits_for(
        self, services: Services, talk: Conversation
    ) -> None:
        card = talk.cards(ASKER, CROSSED).cards[-1]
        talk.record_choice(ASKER, CROSSED, card.name)
        talk.record_choice(ASKER, UNRELATED, "0")
        found, missed = kept(services)
        assert (found.claim, found.outcome, found.waiting) == (CROSSED, Outcome.SUPPORTED, False)
        assert found.shown
        assert (missed.claim, missed.outcome, missed.waiting) == (
            UNRELATED,
            Outcome.NO_MATCH,
            False,
        )

    @pytest.mark.parametrize("name", ["", "1", "x", "-1", "9" * 30, "٠"])
    def test_a_name_that_was_never_given_keeps_nothing(
        self, services: Services, talk: Conversation, name: str
    ) -> None:
        talk.record_choice(ASKER, CROSSED, name)
        assert kept(services) == []

    def test_who_is_blocked_is_offered_nothing_and_leaves_nothing(
        self, services: Services, talk: Conversation
    ) -> None:
        key = people.person_key(SECRET, "telegram", ASKER.id)
        with services.sessions.begin() as session:
            people.block(session, key, datetime.now(UTC) + timedelta(days=1), "test")
        assert talk.cards(ASKER, CROSSED) == Cards()
        talk.record_choice(ASKER, CROSSED, "0")
        assert kept(services) == []
