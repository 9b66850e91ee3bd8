"""From a claim that nothing settles to an answer, a correction, and back: Telegram and the console.

The bot runs as people run it, against a Bot API server on loopback; a moderator uses a browser.
"""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from selenium.webdriver.support.ui import WebDriverWait

from tests.e2e.bot_api_server import BotApiServer, is_placeholder
from tests.e2e.chromium import Chromium, chromium
from tests.e2e.whole_bot import SAMPLE, Installation, installation

ASKER, OTHER, ADMIN = 801, 802, 900
CLAIM = "أغلقت البلدية الجسر القديم أمام المشاة"
SAME_CLAIM = "هل أغلقت البلدية الجسر القديم أمام المشاة؟"
REPORT = """البلدية تنفي إغلاق الجسر القديم
نفت بلدية المدينة إغلاق الجسر القديم أمام المشاة.
وقال رئيس البلدية إن الجسر القديم مفتوح أمام المشاة في كل أيام الأسبوع.
وأكد المتحدث باسم البلدية أن كلفة ترميم الجسر بلغت أربعة ملايين دينار."""
DENIED = "نفت بلدية المدينة إغلاق الجسر القديم أمام المشاة"

# What is drawn around text for its direction, and never seen.
MARKS = str.maketrans("", "", "\u200e\u200f\u2068\u2069")

#: Seconds for what the bot does by itself; reached only where it never does.
PATIENCE = 180


@dataclass(frozen=True)
class Newsroom:
    """The running bot, and a moderator's browser."""

    server: BotApiServer
    browser: Chromium
    log: Path


@pytest.fixture
def newsroom(tmp_path: Path, models_dir: Path) -> Iterator[Newsroom]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        bind = f"127.0.0.1:{free.getsockname()[1]}"
    program = installation(tmp_path / "bot", models_dir)
    done = program.call("ingest", SAMPLE, "--publish")
    assert done.returncode == 0, done.stderr
    settings = {"CONSOLE_BIND": bind, "ADMIN_IDS": str(ADMIN), "UNDO_SECONDS": "1"}
    program = Installation(program.folder, settings)
    log = tmp_path / "log"
    with (
        chromium(f"http://{bind}") as browser,
        BotApiServer() as server,
        program.running(server, log),
    ):
        for person in (ASKER, OTHER, ADMIN):
            server.meet(person)
        yield Newsroom(server, browser, log)
        assert server.problems == []


def heard(server: BotApiServer, person: int, number: int) -> str:
    """Wait for the message of that number to a person, placeholders not counted; return it."""
    found: list[str] = []
    while len(found) <= number:
        before = len(server.sent)
        mine = [sent for sent in server.sent if sent.chat_id == person]
        found = [sent.text for sent in mine if not is_placeholder(sent)]
        if len(found) <= number:
            server.wait_for_message(person, after=before, timeout=PATIENCE)
    return found[number].translate(MARKS)


def test_a_claim_is_answered_told_and_corrected(newsroom: Newsroom, tmp_path: Path) -> None:
    server, browser = newsroom.server, newsroom.browser
    server.send_text(ASKER, CLAIM, "ar")
    assert heard(server, ASKER, 0).startswith("⚪")
    server.send_text(OTHER, SAME_CLAIM, "en")
    assert heard(server, OTHER, 0).startswith("⚪")

    # Sign in by the link that the bot sends.
    server.send_text(ADMIN, "/console", "ar")
    link = server.wait_for_message(ADMIN).button("افتح لوحة الإشراف").url
    assert link is not None
    browser.driver.get(link)
    browser.press("button.primary")
    assert browser.driver.current_url == f"{browser.home}/inbox"

    # Take the top claim of the inbox; clusters are made a moment after they are asked.
    def gathered(_: object) -> bool:
        browser.open("/inbox")
        return bool(browser.driver.find_elements("css selector", "a.title"))

    WebDriverWait(browser.driver, PATIENCE).until(gathered)
    browser.screenshot("flow-inbox")
    browser.press("[data-key=a]")
    browser.press("a.title")
    assert CLAIM in browser.find("h1").text

    # Paste a report, and accept two of its proposals.
    browser.press("a.button[href^='/reports/new']")
    browser.find("#body").send_keys(REPORT)
    browser.find("#publisher").send_keys("نشرة المدينة")
    browser.press("main button.primary")
    boxes = browser.driver.find_elements("name", "proposal")
    assert len(boxes) == 3
    for box in boxes[:2]:
        box.click()
    browser.press("form[action$='/statements'] button")
    assert len(browser.driver.find_elements("css selector", "mark.draft")) == 2
    browser.screenshot("flow-report")

    # Publish them after a look at what people will see.
    browser.press("form[action='/statements/preview'] button.primary")
    assert "✅ تقرير موثّق يؤيّد هذا الخبر" in browser.find("main").text
    browser.screenshot("flow-publish")
    browser.press("form[action='/statements/publish'] button.primary")
    assert len(browser.driver.find_elements("css selector", "mark.published")) == 2

    # Answer everybody who asked with the first.
    browser.press("a[href*='relation=REFUTES']")
    assert DENIED in browser.find(".message").text
    browser.screenshot("flow-answer")
    browser.press("main button.primary")
    assert "أُجيب" in browser.find("main").text
    answered = heard(server, ASKER, 1)
    assert answered.startswith("📬 وصل الجواب")
    assert "❌ تقرير موثّق يناقض هذا الخبر" in answered
    assert DENIED in answered
    assert heard(server, OTHER, 1).startswith("📬 You asked about this")
    server.send_text(ASKER, CLAIM, "ar")
    assert heard(server, ASKER, 2).startswith("❌")

    # Retract it: who saw it hears of that, once.
    browser.open("/statements?status=published")
    statement = next(
        each
        for each in browser.driver.find_elements("css selector", "a.title")
        if DENIED in each.text
    )
    browser.driver.get(str(statement.get_attribute("href")))
    browser.press("a.danger")
    browser.find("#reason").send_keys("صحّحت البلدية بيانها")
    browser.screenshot("flow-retract")
    browser.press("main button.danger")
    withdrawn = heard(server, ASKER, 3)
    assert "سُحب" in withdrawn
    assert DENIED in withdrawn
    assert heard(server, OTHER, 2).startswith("⚠️ A report that I showed you was withdrawn")
    assert browser.complaints() == []
    assert browser.strangers() == []

    log = newsroom.log.read_text("utf-8")
    assert link.partition("token=")[2] not in log
    assert CLAIM not in log
