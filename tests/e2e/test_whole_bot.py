"""The whole program as a process, against a Bot API server on loopback: what people read."""

import json
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.bot_api_server import BOT_NAME, TOKEN, BotApiServer, Sent
from tests.e2e.whole_bot import SAMPLE, Installation, installation

REFUTED = "داعش ما زال يسيطر على نصف مساحة خلافته"
SUPPORTED = "خرج أكثر من 37 ألف شخص من مناطق سيطرة التنظيم"
UNRELATED = "ارتفع سعر القمح في الأسواق العالمية"
REFUTED_EN = "ISIS is confined to 10% of the area of its caliphate"
SUPPORTED_EN = "More than 37,000 people left the areas controlled by the organisation"
UNRELATED_EN = "The central bank raised interest rates"

# Two outlets on one event, so that there is another match to show, and a fact-checker's verdict.
REPORTS = (
    {
        "publisher": "نشرة المدينة",
        "title": "افتتاح جسر النهر",
        "url": "https://example.org/bridge",
        "published_at": "2024-03-03",
        "statements": [
            {"ref": "bridge-1", "text": "عبرت 250 سيارة جسر النهر الجديد في يوم افتتاحه أمس"}
        ],
    },
    {
        "publisher": "إذاعة الوادي",
        "title": "جسر النهر",
        "statements": [
            {"ref": "bridge-2", "text": "عبرت 250 سيارة جسر النهر الجديد في يوم افتتاحه الأول"}
        ],
    },
    {
        "publisher": "مرصد الشائعات",
        "title": "هل ظهر تمساح في النهر؟",
        "kind": "fact_check",
        "statements": [
            {
                "ref": "crocodile",
                "text": "ظهور تمساح كبير في نهر المدينة صباح اليوم",
                "rating": "زائف",
                "speaker": "صفحة على فيسبوك",
            }
        ],
    },
)
CROSSED = "عبرت 250 سيارة جسر النهر الجديد في يوم افتتاحه"
CROCODILE = "ظهور تمساح كبير في نهر المدينة صباح اليوم"

PHOTO = [{"file_id": "p", "file_unique_id": "u", "width": 1, "height": 1}]
VOICE = {"file_id": "v", "file_unique_id": "u", "duration": 1}
FORWARDED = {"type": "hidden_user", "sender_user_name": "X", "date": 1}
# What is drawn around text for its direction, and never seen.
#: A person's number that no time of day and no count can look like.
NUMBER = 9_876_543_210
MARKS = str.maketrans("", "", "\u200e\u200f\u2068\u2069")


@dataclass(frozen=True)
class Bot:
    """The running bot, the Telegram it talks to and the folder it works in."""

    server: BotApiServer
    program: Installation
    log: Path


class Person:
    """One person's chat with the bot."""

    def __init__(self, bot: Bot, number: int, language: str) -> None:
        self._server, self._number, self._language = bot.server, number, language

    def says(self, text: str) -> str:
        """Send a text; returns what is read in the answer."""
        return read(self.sends(text=text))

    def sends(self, **content: object) -> Sent:
        """Send a message of any kind; returns the answer: what stands under it."""
        before = len(self._server.sent)
        self._server.send(self._number, content, language_code=self._language)
        answer = self._server.wait_for_message(self._number, after=before)
        while answer.reply_to is None:
            # A letter, as of a report that was withdrawn, may come in between.
            answer = self._server.wait_for_message(self._number, after=answer.number)
        return answer

    def presses(self, sent: Sent, label: str) -> Sent:
        """Press a button under ``sent``; returns what came of it."""
        before = len(self._server.sent)
        self._server.press(self._number, sent, sent.button(label), self._language)
        return self._server.wait_for_message(self._number, after=before)


def read(sent: Sent) -> str:
    return sent.text.translate(MARKS)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Installation:
    """Return the program with the sample report published."""
    program = installation(tmp_path_factory.mktemp("whole") / "bot", models_dir)
    done = program.call("ingest", SAMPLE, written(program.folder, *REPORTS), "--publish")
    assert done.returncode == 0, done.stderr
    return program


@pytest.fixture(scope="module")
def bot(program: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """Return the bot, started once: loading the model takes seconds."""
    log = tmp_path_factory.mktemp("log") / "log"
    with BotApiServer() as server, program.running(server, log):
        yield Bot(server, program, log)
        # The waiting sign of every pressed button is gone, and Telegram refused nothing.
        assert server.chats.unacknowledged_presses == []
        assert server.problems == []


class TestInArabic:
    @pytest.fixture
    def person(self, bot: Bot) -> Person:
        return Person(bot, 701, "ar")

    def test_start_says_what_this_is(self, person: Person) -> None:
        assert person.says("/start").startswith("أهلًا بك في تثبَّت")

    def test_a_refuted_claim_gets_the_quote_who_said_it_where_and_why(self, person: Person) -> None:
        sent = person.sends(text=REFUTED)
        lines = read(sent).splitlines()
        assert lines[0] == "❌ تقرير موثّق يناقض هذا الخبر"
        assert "أقل من واحد في المئة" in lines[1] or "أقل من واحد في المئة" in lines[2]
        assert any(line.startswith("نقلًا عن: ") for line in lines)
        assert "الناشر غير مذكور" not in read(sent)
        assert any(line.startswith("رسالتك: «نصف") for line in lines)
        assert sent.reply_to is not None
        assert sent.button("ليس ما سألت عنه").action is not None

    def test_a_supported_claim(self, person: Person) -> None:
        answer = person.says(SUPPORTED)
        assert answer.startswith("✅ تقرير موثّق يؤيّد هذا الخبر")
        assert "37 ألف شخص" in answer
        assert "المرصد السوري لحقوق الإنسان" in answer

    def test_an_unrelated_claim_is_not_confirmed(self, person: Person) -> None:
        answer = person.says(UNRELATED)
        assert answer.startswith("⚪ لا يوجد لدينا تقرير موثّق عن هذا بعد")
        assert "هذا لا يعني أنه صحيح" in answer

    def test_the_source_is_a_link_and_other_matches_carry_no_verdict(self, person: Person) -> None:
        sent = person.sends(text=CROSSED)
        assert read(sent).startswith("✅")
        others = person.presses(sent, "نتائج أخرى")
        assert read(others).startswith("🔎 تقارير موثّقة أخرى قريبة من الموضوع")
        assert others.message_id != sent.message_id
        both = read(sent) + read(others)
        for text in ("نشرة المدينة · 3 مارس 2024 (قبل", "جسر النهر · إذاعة الوادي"):
            assert both.count(text) == 1
        linked = sent if "نشرة المدينة" in read(sent) else others
        assert linked.button("المصدر").url == "https://example.org/bridge"

    def test_a_reviewed_claim_is_rejected_in_the_name_of_who_reviewed_it(
        self, person: Person
    ) -> None:
        answer = person.says(CROCODILE)
        assert answer.startswith("❌ راجع مدقّقو الحقائق هذا الادعاء")
        assert "صاحب الادعاء: صفحة على فيسبوك" in answer
        assert "تصنيفهم: «زائف»" in answer
        assert "مرصد الشائعات" in answer

    def test_not_what_i_asked_is_thanked_for(self, person: Person) -> None:
        sent = person.sends(text=SUPPORTED)
        assert read(person.presses(sent, "ليس ما سألت عنه")).startswith("شكرًا، سجّلنا ذلك")

    def test_a_caption_and_a_forward_are_claims(self, person: Person) -> None:
        for sent in (
            person.sends(photo=PHOTO, caption=REFUTED),
            person.sends(text=REFUTED, forward_origin=FORWARDED),
        ):
            assert read(sent).startswith("❌")

    def test_what_cannot_be_heard_is_said_not_to_be(self, person: Person) -> None:
        assert read(person.sends(voice=VOICE)).startswith("لا أستطيع الاستماع")


def test_a_watched_group_hears_only_what_is_contradicted(bot: Bot) -> None:
    chat, admin = -100900, 705
    group = {"id": chat, "type": "supergroup", "title": "Group"}
    bot.server.chats.appoint(chat, admin)
    bot.server.send(admin, {"text": "/watch on"}, chat=group)
    said = [bot.server.wait_for_message(chat)]
    assert read(said[0]).startswith("👁 أراقب هذه المجموعة")
    for text in (REFUTED, SUPPORTED, UNRELATED, "صباح الخير", CROCODILE):
        # In turn: what comes after one that is left alone shows that it was.
        bot.server.send(706, {"text": text}, chat=group)
    for _ in (REFUTED, CROCODILE):
        said.append(bot.server.wait_for_message(chat, after=said[-1].number))
    assert read(said[1]).startswith("❌ تقرير موثّق يناقض هذا الخبر")
    assert read(said[2]).startswith("❌ ")
    assert "تمساح" in read(said[2])
    assert [each.reply_to is not None for each in said] == [True] * 3
    assert not [button for row in said[2].buttons for button in row if button.action]


def test_in_a_group_the_buttons_work_for_who_asked_and_for_nobody_else(bot: Bot) -> None:
    chat = -100200
    group = {"id": chat, "type": "supergroup", "title": "Group"}
    bot.server.send(701, {"text": f"@{BOT_NAME} {CROSSED}"}, chat=group)
    sent = bot.server.wait_for_message(chat)
    assert read(sent).startswith("✅")
    for person, says in ((702, "لم يعد هذا الزر يعمل. أرسل الخبر من جديد."), (701, "🔎 تقارير")):
        before = len(bot.server.sent)
        bot.server.press(person, sent, sent.button("نتائج أخرى"))
        assert read(bot.server.wait_for_message(chat, after=before)).startswith(says)


class TestInEnglish:
    @pytest.fixture
    def person(self, bot: Bot) -> Person:
        return Person(bot, 711, "en-GB")

    @pytest.mark.parametrize(
        ("says", "hears"),
        [
            ("/start", "Welcome to Tathabbat"),
            ("/help", "How to use this bot"),
            (REFUTED_EN, "❌ A verified report contradicts this"),
            (SUPPORTED_EN, "✅ A verified report supports this"),
            (UNRELATED_EN, "⚪ We have no verified report on this yet"),
        ],
    )
    def test_everything_is_said_in_english(self, person: Person, says: str, hears: str) -> None:
        assert person.says(says).startswith(hears)

    def test_the_quote_stays_in_the_letters_of_the_report(self, person: Person) -> None:
        answer = person.says(SUPPORTED_EN)
        assert "37 ألف شخص" in answer
        assert "outlet not stated" not in answer

    def test_not_what_i_asked(self, person: Person) -> None:
        sent = person.sends(text=SUPPORTED_EN)
        assert read(person.presses(sent, "Not what I asked")).startswith("Thank you, noted.")


def test_a_chosen_language_stays(bot: Bot) -> None:
    person = Person(bot, 721, "ar")
    offer = person.sends(text="/language")
    assert read(offer) == "بأي لغة نتحدث؟ وكيف تكتب التواريخ؟"
    chosen = person.presses(offer, "English")
    assert chosen.edited
    assert read(chosen) == "From now on I speak English with you."
    assert person.says(REFUTED).startswith("❌ A verified report contradicts this")


def test_what_is_published_is_answered_at_once_and_what_is_retracted_is_gone(
    bot: Bot, tmp_path: Path
) -> None:
    person = Person(bot, 731, "ar")
    claim = "بلغ ارتفاع برج الساعة 80 مترا بعد ترميمه"
    text = "بلغ ارتفاع برج الساعة 80 مترا بعد ترميمه بحسب البلدية"
    assert person.says(claim).startswith("⚪")
    row = {"publisher": "نشرة المدينة", "statements": [{"ref": "tower-1", "text": text}]}
    done = bot.program.call("ingest", written(tmp_path, row), "--publish")
    assert done.returncode == 0, done.stderr
    answer = person.says(claim)
    assert answer.startswith("✅")
    assert text in answer
    done = bot.program.call("statements", "retract", "tower-1", "--reason", "تصحيح")
    assert done.returncode == 0, done.stderr
    answer = person.says(claim)
    assert answer.startswith("⚪")
    assert text not in answer


def test_a_person_sees_and_erases_what_is_held_of_them(bot: Bot) -> None:
    person = Person(bot, NUMBER + 1, "fr")
    answer = person.sends(text="Le prix du blé a augmenté d’un tiers en une nuit")
    assert read(answer).startswith("⚪ Nous n’avons pas encore")
    words = person.sends(text="/mydata")
    document = bot.server.wait_for_message(NUMBER + 1, after=words.number).document
    assert document is not None
    (question,) = json.loads(document)["questions"]
    assert question["text"].startswith("Le prix du blé")
    asked = person.sends(text="/forgetme")
    done = person.presses(asked, "Oui, effacez")
    assert (done.edited, done.message_id) == (True, asked.message_id)
    words = person.sends(text="/mydata")
    document = bot.server.wait_for_message(NUMBER + 1, after=words.number).document
    assert document is not None
    assert json.loads(document)["questions"] == []


def test_what_is_erased_is_in_no_file_while_the_bot_runs(bot: Bot) -> None:
    person, latin, arabic = Person(bot, NUMBER + 2, "ar"), "Zubaydah", "زبيدة"
    for text in (f"{latin} sold the marble lighthouse for a third", f"باعت {arabic} المنارة أمس"):
        person.says(text)
    held = (latin, arabic, str(NUMBER + 2))
    assert files_with(bot.program.folder / "data", *held)
    person.presses(person.sends(text="/forgetme"), "نعم")
    assert files_with(bot.program.folder / "data", *held) == set()


def test_the_log_says_what_happened_but_neither_the_token_nor_what_people_wrote(bot: Bot) -> None:
    person = Person(bot, NUMBER, "ar")
    person.says(REFUTED)
    log = bot.log.read_text("utf-8")
    events = [json.loads(line) for line in log.splitlines()]
    answered = [event for event in events if event["event"] == "update_answered"]
    assert "claim" in {event["kind"] for event in answered}
    for secret in (TOKEN, TOKEN.partition(":")[2], REFUTED, "خلافته", str(NUMBER)):
        assert secret not in log


def test_sigterm_ends_it_well(tmp_path: Path, models_dir: Path) -> None:
    # A bot of its own: the others still talk to theirs.
    program = installation(tmp_path / "bot", models_dir)
    with BotApiServer() as server, program.running(server, tmp_path / "log") as process:
        update = server.send_text(751, "/start")
        server.wait_for_message(751)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert server.is_acknowledged(update)


class TestRefusingToStart:
    @pytest.mark.parametrize("token", ["123456:wrong", "nonsense", "123/45:abc"])
    def test_a_token_telegram_refuses(self, program: Installation, token: str) -> None:
        with BotApiServer() as server:
            ended = refused(program, TELEGRAM_BOT_TOKEN=token, TELEGRAM_API_URL=server.url)
        assert "does not accept TELEGRAM_BOT_TOKEN" in ended
        assert token not in ended

    def test_no_token(self, program: Installation) -> None:
        assert "TELEGRAM_BOT_TOKEN is not set" in refused(program)

    def test_nothing_answers_at_the_address(self, program: Installation) -> None:
        with socket.socket() as free:
            # Bound but not listening: whoever connects is refused.
            free.bind(("127.0.0.1", 0))
            address = f"http://127.0.0.1:{free.getsockname()[1]}"
            ended = refused(program, TELEGRAM_BOT_TOKEN=TOKEN, TELEGRAM_API_URL=address)
        assert address in ended
        assert "TELEGRAM_API_URL" in ended

    def test_a_webhook_without_its_secret(self, program: Installation) -> None:
        hook = "https://example.org/hook"
        ended = refused(program, TELEGRAM_BOT_TOKEN=TOKEN, WEBHOOK_URL=hook)
        assert "WEBHOOK_SECRET is not set" in ended


def refused(program: Installation, **settings: str) -> str:
    """Return the sentence `tathabbat run` ends with; all before it are events of the log."""
    done = Installation(program.folder, settings).call("run")
    assert done.returncode == 1
    assert done.stdout == ""
    *events, sentence = done.stderr.splitlines()
    assert all(json.loads(event)["level"] == "WARNING" for event in events)
    assert TOKEN not in done.stderr
    return sentence


def files_with(folder: Path, *needles: str) -> set[Path]:
    """Return the files below ``folder`` that hold any of ``needles``."""
    wanted = [needle.encode() for needle in needles]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {file for file in files if any(each in file.read_bytes() for each in wanted)}


def written(folder: Path, *rows: object) -> Path:
    file = folder / "reports.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return file
