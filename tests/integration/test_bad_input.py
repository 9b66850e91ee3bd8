"""Check the replies to messages out of shape, from the message to its words.

Told through the conversation, over a real database, the real encoder, the sample report and a few
statements beside it, with the rules as the judge.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, text

from bot.conversation.conversation import Conversation
from bot.conversation.reply import Asker, Reply, Style
from embeddings.encoders.encoder import SentenceTransformerEncoder
from knowledge import curation
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.corpus import reports
from knowledge.corpus.readers import read
from knowledge.domain import Outcome, ReportDraft, StatementDraft
from knowledge.index.serving_index import ServingIndex
from knowledge.models import Inquiry
from knowledge.storage.database import Sessions, open_engine

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "knowledge" / "samples" / "last-isis-pocket.txt"
TODAY = date(2026, 2, 7)
ASKER, ENGLISH = Asker(1, "ar"), Asker(2, "en")

REFUTED = "داعش ما زال يسيطر على نصف مساحة خلافته"
LEFT = "خرج أكثر من 37 ألف شخص من مناطق سيطرة التنظيم"
UNRELATED = "ارتفع سعر القمح في الأسواق العالمية"
CLOSED = "جسر النهر مغلق أمام الشاحنات"
SCHOOL = "أغلقت مدرسة الأمل الثانوية أبوابها بسبب الأمطار"
SHIPS = "300 ships entered Al-Noor harbour in January"
INJURED = "أسفر حريق سوق الورد عن إصابة 14 شخصا بجروح"


def told(
    statement: str, publisher: str, published_at: date | None, language: str = "ar"
) -> ReportDraft:
    statements = (StatementDraft(statement),)
    return ReportDraft(
        "", publisher, published_at=published_at, language=language, statements=statements
    )


REPORTS = (
    told(f"{CLOSED} بسبب الصيانة", "نشرة المدينة", date(2019, 2, 7)),
    told(f"لم تغلق {SCHOOL.removeprefix('أغلقت ')}", "نشرة المدينة", date(2026, 1, 7)),
    told(f"The port authority said {SHIPS}", "The Valley Post", date(2026, 1, 20), "en"),
    # Three counts of one fire, published out of order.
    told("أسفر حريق سوق الورد عن إصابة 14 شخصا", "نشرة المدينة", date(2026, 1, 12)),
    told("أسفر حريق سوق الورد عن إصابة 22 شخصا", "وكالة الساحل", date(2026, 1, 16)),
)


@dataclass(frozen=True)
class Services:
    """What all tests of this file share."""

    sessions: Sessions
    checker: ClaimChecker


@pytest.fixture(scope="module")
def services(
    bundled_encoder: SentenceTransformerEncoder,
    migrated_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("bad-input")
    file = Path(shutil.copy(migrated_file, folder / "tathabbat.db"))
    engine = open_engine(f"sqlite:///{file}")
    sessions = Sessions(engine)
    index = ServingIndex(sessions, bundled_encoder, folder / "index")
    services = Services(sessions, ClaimChecker(sessions, bundled_encoder, index, RuleJudge()))
    for draft in (*read(SAMPLE), *REPORTS):
        assert isinstance(draft, ReportDraft)
        publish(services, draft)
    yield services
    engine.dispose()


@pytest.fixture
def talk(services: Services) -> Iterator[Conversation]:
    """Return a conversation that knows nobody yet."""
    yield Conversation(services.sessions, services.checker, b"key", "telegram", lambda: TODAY)
    with services.sessions.begin() as session:
        session.execute(text("DELETE FROM inquiries"))


def publish(services: Services, draft: ReportDraft) -> Sequence[int]:
    with services.sessions.begin() as session:
        ids = reports.store(session, draft).statement_ids
        curation.publish(session, ids, "test")
    return ids


def said(reply: Reply) -> str:
    return "\n".join(block.text for block in reply.blocks)


def quotes(reply: Reply) -> list[str]:
    return [block.text for block in reply.blocks if block.style is Style.QUOTE]


def action(reply: Reply, label: str) -> str:
    found = [b.action for row in reply.buttons for b in row if label in b.label and b.action]
    assert len(found) == 1, reply.buttons
    return found[0]


def kept(services: Services) -> list[Inquiry]:
    with services.sessions() as session:
        return list(session.scalars(select(Inquiry).order_by(Inquiry.id)))


class TestShapes:
    """One claim in the shapes people send it in."""

    @pytest.mark.parametrize(
        ("message", "sign"),
        [
            # Mixed scripts: Farsi letters among Arabic ones, two alphabets, two sets of digits.
            ("داعش محاصر فی عشرة بالمئة من مساحة خلافته", "❌"),
            ("داعش ISIS محاصر في 10٪ من مساحة خلافته", "❌"),
            ("خرج أكثر من ٣٧ ألف شخص من مناطق سيطرة التنظيم", "✅"),
            ("خ\u0640رج أكثر من \u202e37\u202c ألف شخص من مناطق سيطرة التنظيم", "✅"),
            # Dialect.
            ("هل صحيح إنو داعش محاصر بعشرة بالمئة من مساحة خلافته؟", "❌"),
            ("هو صحيح إن جسر النهر مش مغلق أمام الشاحنات؟", "❌"),
            # All capitals.
            ("ISIS IS CONFINED TO 10% OF THE AREA OF ITS CALIPHATE", "❌"),
            ("500 SHIPS ENTERED AL-NOOR HARBOUR IN JANUARY!!!", "❌"),
            # Hashtags for words, and around them.
            (f"🔴 #عاجل | {LEFT} #أخبار_اليوم", "✅"),
            ("#جسر_النهر مغلق أمام الشاحنات #عاجل", "✅"),
            # Questions.
            ("Hello, is it true that ISIS is confined to 10% of the area of its caliphate?", "❌"),
            ("السلام عليكم، هل خرج أكثر من 37 ألف شخص من مناطق سيطرة التنظيم؟", "✅"),
            (f"هل {SCHOOL}؟", "❌"),
            (f"«{LEFT}» صحيح؟", "✅"),
            # Quoted and denied.
            ("هل صحيح أن داعش محاصر في أقل من واحد في المئة من مساحة خلافته؟ لا", "❌"),
            (f"{LEFT}. هذا كذب", "❌"),
            (f"Is it true that {SHIPS}? No", "❌"),
        ],
    )
    def test_get_what_the_claim_gets(self, talk: Conversation, message: str, sign: str) -> None:
        assert said(talk.claim(ASKER, message)).startswith(sign)

    @pytest.mark.parametrize(
        "message", ["el ra2is mat el yom fel 7adeth", "ghlaw sse3r dyal lkhobz lyoum"]
    )
    def test_arabic_in_latin_letters_is_asked_for_in_arabic_ones(
        self, services: Services, talk: Conversation, message: str
    ) -> None:
        assert "بالحروف العربية" in said(talk.claim(ASKER, message))
        assert "Arabic letters" in said(talk.claim(ENGLISH, message))
        assert kept(services) == []

    def test_arabic_in_latin_letters_finds_what_is_written_in_arabic_ones(
        self, services: Services, talk: Conversation
    ) -> None:
        answer = said(talk.claim(ASKER, "jisr el nahr msakkar 3al sha7enat"))
        assert "«جسر النهر مغلق أمام الشاحنات بسبب الصيانة»" in answer

    @pytest.mark.parametrize("message", ["#داعش #سوريا #أخبار", "#جسر_النهر #مغلق 🔴🔴"])
    def test_hashtags_alone_are_not_looked_up(
        self, services: Services, talk: Conversation, message: str
    ) -> None:
        assert "الوسوم وحدها" in said(talk.claim(ASKER, message))
        assert "Hashtags alone" in said(talk.claim(ENGLISH, message))
        assert kept(services) == []

    def test_that_are_long_say_which_sentence_was_checked(self, talk: Conversation) -> None:
        message = (
            "السلام عليكم يا أصدقاء. أنا خائف جدا على أهلي في المدينة وما عاد أعرف ماذا أفعل."
            f" {REFUTED}. اللهم احفظ بلاد المسلمين من كل شر وارحم موتانا وموتى المسلمين."
            " وصلتني هذه الرسالة من صديق عزيز على قلبي وأنا لا أنام الليل من القلق يا إخوان."
        )
        reply = said(talk.claim(ASKER, message))
        assert f"في رسالتك: «{REFUTED}»" in reply
        assert "❌" in reply


class TestDenials:
    @pytest.mark.parametrize(
        "message",
        [
            "لا صحة لما يقال إن أكثر من 37 ألف شخص خرجوا من مناطق سيطرة التنظيم",
            f"شائعة: {LEFT}",
            "أليس كذبا أن أكثر من 37 ألف شخص خرجوا من مناطق سيطرة التنظيم؟",
            f"{CLOSED} كذب",
            f"{CLOSED}، غير صحيح",
            f"{SHIPS} - fake",
            f"هل صحيح أن {CLOSED}؟ لا",
        ],
    )
    def test_of_what_a_report_says_are_never_supported(
        self, talk: Conversation, message: str
    ) -> None:
        assert "✅" not in said(talk.claim(ASKER, message))

    @pytest.mark.parametrize(
        "message",
        [
            # Denials of denials.
            f"ليس صحيحا أن {CLOSED.replace('مغلق', 'ليس مغلقا')}",
            f"ليس صحيحا أنه لم {LEFT.replace('خرج', 'يخرج')}",
            "غير صحيح أن مدرسة الأمل الثانوية لم تغلق أبوابها بسبب الأمطار",
            f"It is not true that {SHIPS.replace('entered', 'did not enter')}",
            "هل صحيح أن مدرسة الأمل الثانوية لم تغلق أبوابها بسبب الأمطار؟ لا",
            f"هل صحيح أنه لم {LEFT.replace('خرج', 'يخرج')}؟ لا",
            # A denial of another number than the report's.
            f"ليس صحيحا أنه {LEFT.replace('37', '50')}",
            '"500 ships entered Al-Noor harbour in January". Fake!',
            # What only asks.
            f"أليس صحيحا أن {CLOSED}؟",
            f"Isn't it true that {SHIPS}?",
        ],
    )
    def test_that_cannot_be_unravelled_settle_nothing(
        self, talk: Conversation, message: str
    ) -> None:
        assert said(talk.claim(ASKER, message))[0] in "🔎⚪"


class TestSeveralClaims:
    def test_get_one_reply_and_an_inquiry_each(
        self, services: Services, talk: Conversation
    ) -> None:
        first, second = "أعلن داعش خلافته في العام 2016", LEFT
        reply = talk.claim(ASKER, f"عاجل:\n1. {first}\n2. {second}\n3. {UNRELATED}")
        lines = said(reply).splitlines()
        for number, (claim, sign) in enumerate(
            ((first, "❌"), (second, "✅"), (UNRELATED, "⚪")), 1
        ):
            place = lines.index(f"{number}. في رسالتك: «{claim}»")
            assert lines[place + 1].startswith(sign)
        assert [inquiry.claim for inquiry in kept(services)] == [first, second, UNRELATED]
        talk.press(ASKER, action(reply, "2. ليس ما سألت عنه"))
        assert [inquiry.disputed for inquiry in kept(services)] == [False, True, False]

    def test_each_bring_their_own_reason_and_age(self, talk: Conversation) -> None:
        reply = said(talk.claim(ENGLISH, f"1. {CLOSED}\n2. {SCHOOL}"))
        first, second = reply.split("\n2. ")
        assert "This report is from February 7, 2019" in first
        assert "Your message: “أغلقت” → the report: “لم تغلق”" in second
        assert "⏳" not in second


class TestContradictingReports:
    @pytest.mark.parametrize("claim", [INJURED, "أسفر حريق سوق الورد عن إصابة 14 شخصا"])
    def test_are_shown_both_with_their_dates_the_newest_first(
        self, services: Services, talk: Conversation, claim: str
    ) -> None:
        reply = talk.claim(ASKER, claim)
        assert said(reply).startswith("🔎 تقارير موثّقة يناقض بعضها بعضًا")
        assert quotes(reply) == [
            "«أسفر حريق سوق الورد عن إصابة 22 شخصا»",
            "«أسفر حريق سوق الورد عن إصابة 14 شخصا»",
        ]
        newer, older = said(reply).split("«أسفر حريق سوق الورد عن إصابة 14 شخصا»")
        assert "16 يناير 2026" in newer
        assert "هذا يناقض ما أرسلته.\nرسالتك: «14» ← التقرير: «22»" in newer
        assert "12 يناير 2026" in older
        assert "هذا يؤيّد ما أرسلته." in older
        assert [inquiry.outcome for inquiry in kept(services)] == [Outcome.RELATED]

    def test_in_english(self, talk: Conversation) -> None:
        reply = said(talk.claim(ENGLISH, INJURED)).splitlines()
        assert reply[0].startswith("🔎 Verified reports contradict each other on this")
        assert "This one contradicts what you sent." in reply
        assert "This one supports what you sent." in reply


class TestOldNews:
    @pytest.mark.parametrize(
        ("claim", "sign"),
        [
            (CLOSED, "✅"),
            (CLOSED.replace("مغلق", "ليس مغلقا"), "❌"),
            ("هل صحيح أن جسر النهر سيغلق أمام الشاحنات؟", "🔎"),
        ],
    )
    def test_is_said_to_be_old(self, talk: Conversation, claim: str, sign: str) -> None:
        reply = said(talk.claim(ASKER, claim))
        assert reply.startswith(sign)
        assert "⏳ يعود هذا التقرير إلى 7 فبراير 2019، وربما تغيّر" in reply
        assert "(قبل 7 سنوات)" in reply
        assert "⏳ This report is from February 7, 2019" in said(talk.claim(ENGLISH, claim))

    def test_is_not_where_the_claim_is_of_that_time(self, talk: Conversation) -> None:
        reply = said(talk.claim(ASKER, f"{CLOSED} في شباط 2019"))
        assert CLOSED in reply
        assert "⏳" not in reply


class TestLanguages:
    @pytest.mark.parametrize(
        ("claim", "sign"),
        [
            ("ISIS is confined to 10% of the area of its caliphate", "❌"),
            ("The Syrian Democratic Forces are fighting the last battles against ISIS", "🔎"),
        ],
    )
    def test_a_statement_in_another_one_says_which(
        self, talk: Conversation, claim: str, sign: str
    ) -> None:
        assert said(talk.claim(ASKER, claim)).startswith(sign)
        assert "🌐 This report is in Arabic" in said(talk.claim(ENGLISH, claim))
        assert "🌐 لغة هذا التقرير العربية" in said(talk.claim(ASKER, claim))

    def test_one_in_the_claims_own_says_nothing(self, talk: Conversation) -> None:
        # Whichever language the person is spoken to in.
        assert "🌐" not in said(talk.claim(ENGLISH, REFUTED))
        assert "🌐" not in said(talk.claim(ASKER, SHIPS))


def test_a_retracted_statement_is_never_shown_again(services: Services, talk: Conversation) -> None:
    claim = "عثر الصيادون على تمثال ذهبي قرب المنارة القديمة"
    ids = publish(services, told(claim, "نشرة المدينة", TODAY))
    before = talk.claim(ASKER, claim)
    assert quotes(before) == [f"«{claim}»"]
    with services.sessions.begin() as session:
        curation.retract(session, ids, "test", "withdrawn by its publisher")
    for message in (claim, f"هل {claim}؟", f"ليس صحيحا أنه {claim}", f"1. {claim}\n2. {LEFT}"):
        assert claim not in "".join(quotes(talk.claim(ASKER, message)))


@pytest.mark.parametrize("asker", [ASKER, ENGLISH])
def test_finding_nothing_confirms_nothing(talk: Conversation, asker: Asker) -> None:
    reply = said(talk.claim(asker, UNRELATED))
    assert reply.startswith("⚪")
    assert ("هذا لا يعني أنه صحيح" in reply) or ("That does not make it true" in reply)


@pytest.mark.parametrize("asker", [ASKER, ENGLISH])
def test_support_is_said_to_be_the_reports(talk: Conversation, asker: Asker) -> None:
    headline = said(talk.claim(asker, LEFT)).splitlines()[0]
    assert headline in ("✅ تقرير موثّق يؤيّد هذا الخبر", "✅ A verified report supports this")
