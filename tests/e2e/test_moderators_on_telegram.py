"""From an unanswered claim to a published statement on Telegram, with the program as people run it.

People ask, nothing settles it; a moderator answers through /queue, takes it back and answers anew;
everybody who asked is told once, in their own language, whatever Telegram answers and whenever the
process is killed.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.e2e.bot_api_server import PATIENCE, BotApiServer, Sent
from tests.e2e.whole_bot import Installation, installation

ADMIN, ARAB, BRITON, BLOCKER, STRANGER = 900, 901, 902, 903, 904
ARABIC_CLAIM = "انهار جسر المدينة القديم بعد الأمطار الغزيرة"
ENGLISH_CLAIM = "A second museum will open beside the railway station"
TEXT = "انهار جسر المدينة القديم صباح الأحد بعد الأمطار الغزيرة، بحسب البلدية"
MARKS = str.maketrans("", "", "\u200e\u200f\u2068\u2069")


def read(sent: Sent) -> str:
    return sent.text.translate(MARKS)


def _has_next(sent: Sent) -> bool:
    return any("التالي" in each.label for row in sent.buttons for each in row)


@dataclass(frozen=True)
class RunningProgram:
    """The program and the Telegram it talks to."""

    server: BotApiServer
    program: Installation
    log: Path

    def says(self, person: int, text: str, language: str = "ar") -> Sent:
        """Send a text; returns the answer."""
        before = len(self.server.sent)
        self.server.send_text(person, text, language)
        return self.server.wait_for_message(person, after=before)

    def presses(self, person: int, sent: Sent, label: str) -> Sent:
        """Press a button; returns the answer."""
        before = len(self.server.sent)
        self.server.press(person, sent, sent.button(label))
        return self.server.wait_for_message(person, after=before)

    def queue(self, claim: str) -> Sent:
        """Return the claim's place in the queue: gathering what was asked takes a moment."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            sent = self.says(ADMIN, "/queue")
            while claim not in read(sent) and _has_next(sent):
                sent = self.presses(ADMIN, sent, "التالي")
            if claim in read(sent):
                return sent
        raise AssertionError(f"{claim} never came into the queue")

    def notifications(self, person: int) -> list[str]:
        """Return what a person was told unasked, by its first sign."""
        mine = [read(sent) for sent in self.server.sent if sent.chat_id == person]
        return [text for text in mine if text[0] in "📬✏⚠"]

    def wait_for_notification(self, person: int, sign: str) -> str:
        """Return the first notification to a person that begins with a sign."""
        after = 0
        while True:
            sent = self.server.wait_for_message(person, after=after)
            if read(sent).startswith(sign):
                return read(sent)
            after = sent.number

    def wait_for_log(self, event: str) -> None:
        """Return once an event is logged: what came of it is recorded by then."""
        until = time.monotonic() + PATIENCE
        while event not in (logged := self.log.read_text("utf-8")):
            assert time.monotonic() < until, logged


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Installation:
    program = installation(tmp_path_factory.mktemp("moderators") / "bot", models_dir)
    # As long as it takes to press a button on a busy machine.
    return replace(program, settings={"ADMIN_IDS": str(ADMIN), "UNDO_SECONDS": "8"})


@pytest.fixture
def server() -> Iterator[BotApiServer]:
    with BotApiServer() as server:
        yield server


def test_everybody_who_asked_is_told_once_though_telegram_fails_and_the_process_is_killed(
    program: Installation, server: BotApiServer, tmp_path: Path
) -> None:
    running_program = RunningProgram(server, program, tmp_path / "log")
    with program.running(server, running_program.log) as process:
        asked = read(running_program.says(ARAB, ARABIC_CLAIM))
        assert asked.startswith("⚪")
        assert "وسأخبرك هنا فور صدور الجواب" in asked
        running_program.says(BLOCKER, ARABIC_CLAIM)
        # Nobody else may see it, and the reply does not tell that there is something to see.
        assert read(running_program.says(STRANGER, "/queue")) == read(
            running_program.says(STRANGER, "/nonsense")
        )
        place = running_program.queue(ARABIC_CLAIM)
        running_program.server.wait_for_call("setMyCommands")
        assert "queue" in server.chats.menus[ADMIN]
        number = read(place).split("\n")[0].split()[-1]
        added = running_program.says(ADMIN, f"/add #{number} جسر المدينة\n{TEXT}.")
        ref = read(added).strip().split("\n")[-1]
        server.fail_next("sendMessage", 429, "Too Many Requests", retry_after=1, chat_id=ARAB)
        server.fail_next("sendMessage", 500, "Internal Server Error", chat_id=ARAB)
        blocked = "Forbidden: bot was blocked by the user"
        server.fail_next("sendMessage", 403, blocked, chat_id=BLOCKER)
        wrong = running_program.presses(ADMIN, added, "1 تناقضه")
        assert "لم يُرسل شيء بعد" in read(wrong)
        assert "يصل إلى شخصين" in read(wrong)
        assert "❌ تقرير موثّق يناقض هذا الخبر" in read(wrong)
        sent = running_program.presses(ADMIN, wrong, "أرسل")
        assert "سنُخبر شخصين" in read(sent)
        assert "تم التراجع" in read(running_program.presses(ADMIN, sent, "تراجع"))
        assert running_program.notifications(ARAB) == []
        added = running_program.says(ADMIN, f"/add #{number} جسر المدينة\n{TEXT}.")
        calls = len(server.calls)
        right = running_program.presses(ADMIN, added, "1 تؤيّده")
        assert "سنُخبر شخصين" in read(running_program.presses(ADMIN, right, "أرسل"))
        # Killed while the notification waits for its next try: nothing is lost or sent twice.
        server.wait_for_call("sendMessage", after=calls, chat_id=ARAB)
        running_program.wait_for_log("notifications_held_up")
        process.kill()
        process.wait()
    with program.running(server, running_program.log):
        told = running_program.wait_for_notification(ARAB, "📬")
        assert "✅ تقرير موثّق يؤيّد هذا الخبر" in told
        assert TEXT in told
        running_program.says(ADMIN, f"/retract {ref} المصدر غير صحيح")
        gone = running_program.wait_for_notification(ARAB, "⚠")
        assert "سُحب تقرير كنت عرضته عليك" in gone
        assert "المصدر غير صحيح" not in gone
        # Whatever else there was to send went out before what comes now.
        running_program.says(BRITON, ENGLISH_CLAIM, "en")
        number = read(running_program.queue(ENGLISH_CLAIM)).split("\n")[0].split()[-1]
        added = running_program.says(ADMIN, f"/add #{number} جسر المدينة من جديد\n{TEXT} الأولى.")
        running_program.presses(ADMIN, running_program.presses(ADMIN, added, "1 تناقضه"), "أرسل")
        english = running_program.wait_for_notification(BRITON, "📬")
        assert "You asked about this; our moderators have an answer" in english
        assert "❌ A verified report contradicts this" in english
    assert [text[0] for text in running_program.notifications(ARAB)] == ["📬", "⚠"]
    assert len(running_program.notifications(BRITON)) == 1
    assert running_program.notifications(BLOCKER) == []
    # The press that was being answered when the process was killed came again, and its waiting
    # sign was gone already.
    assert set(server.problems) <= {"answerCallbackQuery: query is too old or query ID is invalid"}
