"""Walk through the moderators' guide in a real browser, as it tells, and take its pictures.

``make pictures`` writes them into ``docs/pictures``: look at them before they are kept. Emoji need
a font with them (Debian: fonts-noto-color-emoji).
"""

import io
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from bot.conversation.conversation import Conversation
from bot.conversation.moderator_access import Place
from bot.conversation.moderator_commands import Moderation
from bot.conversation.reply import Asker
from knowledge import curation
from knowledge.accounts import roles, sign_in
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.corpus import reports, sources
from knowledge.domain import FeedKind, ReportDraft, Role, StatementDraft, now
from knowledge.index.serving_index import ServingIndex
from knowledge.storage.database import Sessions
from tests.bag_of_words import BagOfWords
from tests.e2e.chromium import PHONE, Chromium, chromium
from tests.e2e.served_console import served_console
from tests.integration.console import FIRST_ADMIN, SECRET, Console, key_of
from tests.integration.newsroom import Asked, ask
from tests.pages import ROOT, blocks, pictures, prose

CATALOGUE = (ROOT / "bot" / "locales" / "fr.po").read_text("utf-8")
GUIDE = ROOT / "docs" / "moderators.md"
ON_TELEGRAM = re.findall(r"\*\*(.+?)\*\*", prose(GUIDE).partition("## On Telegram")[2])
#: What the console's pages say, as they are written.
PAGES = "".join(
    file.read_text("utf-8")
    for kind in ("*.py", "*.html")
    for file in [
        *(ROOT / "bot" / "console").rglob(kind),
        *(ROOT / "bot" / "conversation").glob("relation_names.py"),
    ]
)
#: Where the pictures go; below the test run's own folder unless this names another.
PICTURES = "PICTURES"
WIDE, HIGH = 1120, 740
_COLOURS = 64
#: What directs lines is not seen.
_MARKS = str.maketrans("", "", "\u200e\u200f\u2068\u2069")

BRIDGE: Asked = (
    ("The old bridge is closed to pedestrians", "en", 7),
    ("Is the old bridge shut for people on foot?", "en", 3),
    ("أغلقت البلدية الجسر القديم أمام المشاة", "ar", 2),
)
BREAD: Asked = (("The price of bread doubled in one day", "en", 5),)
CROCODILE: Asked = (("A crocodile was seen in the city river", "en", 4),)
OPINION: Asked = (("Our city is the most beautiful of all", "en", 1),)
REPORT = (
    "The old bridge stays open\n"
    "The city denied on Thursday that the old bridge was closed to pedestrians.\n"
    "The mayor said that repairs begin in June and take six weeks.\n"
)


def furnish(sessions: Sessions) -> None:
    """Fill a small newsroom's database."""
    with sessions.begin() as session:
        roles.grant(session, key_of(2), Role.MODERATOR, "Salma", "command line")
        stored = reports.store(
            session,
            ReportDraft(
                title="No crocodile in the river",
                publisher="Rumour Watch",
                url="https://example.org/crocodile",
                published_at=(now() - timedelta(days=2)).date(),
                language="en",
                statements=(
                    StatementDraft(
                        "The zoo counted its crocodiles on Sunday and none is missing",
                        speaker="The zoo",
                    ),
                ),
            ),
        )
        curation.publish(session, stored.statement_ids, key_of(2))
        for name, url in (
            ("City Bulletin", "https://example.org/bulletin.xml"),
            ("Rumour Watch", "https://example.net/checks.xml"),
        ):
            sources.add_feed(session, name, url, FeedKind.SYNDICATION, 60, key_of(FIRST_ADMIN))
    with sessions.begin() as session:
        ask(session, 0, BRIDGE)
        ask(session, 1, BREAD)
        ask(session, 2, CROCODILE, stored.statement_ids)
        ask(session, 3, OPINION)


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with served_console(tmp_path / "console") as console:
        furnish(console.sessions)
        yield console


class Album:
    """The pictures of the guide, each taken at the step that it shows."""

    def __init__(self, browser: Chromium, folder: Path) -> None:
        self.browser, self.folder = browser, folder
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, name: str, width: int = WIDE, height: int = HIGH) -> None:
        """Keep what a window of this size shows, in few colours."""
        self.browser.resize((width, height))
        shot = io.BytesIO(self.browser.driver.get_screenshot_as_png())
        few = Image.open(shot).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
        few.save(self.folder / f"{name}.png", optimize=True)
        self.browser.resize((WIDE, HIGH))


def test_the_guide_is_right_and_its_pictures_are_those_of_its_steps(
    console: Console, tmp_path: Path
) -> None:
    folder = Path(os.environ.get(PICTURES, tmp_path / "pictures"))
    with chromium(console.url) as browser:
        album = Album(browser, folder)
        browser.resize((WIDE, HIGH))
        # Signing in
        browser.open(f"/sign-in?token={console.link()}")
        album.take("sign-in", 600, 300)
        browser.press("button.primary")
        browser.press("button[name=language][value=en]")
        # The inbox
        album.take("inbox", height=660)
        # A claim
        browser.press("a[href='/clusters/1']")
        album.take("claim", height=900)
        # Answering: with a new report, looked at and left
        browser.press("a[href='/clusters/1/report']")
        browser.find("#body").send_keys(REPORT)
        browser.find("#publisher").send_keys("City Bulletin")
        browser.press("main button.primary")
        browser.find("[name=choice]").click()
        browser.find("[name=relation][value=REFUTES]").click()
        browser.press("main form .actions button")
        assert browser.find("button[formaction$='/report/answer']").is_displayed()
        album.take("answer-with-a-report", height=860)
        # With a report that states more
        browser.open("/clusters/1")
        browser.press("a[href='/reports/new?cluster=1']")
        browser.find("#body").send_keys(REPORT)
        browser.find("#publisher").send_keys("City Bulletin")
        browser.find("#url").send_keys("https://example.org/old-bridge")
        yesterday = (now() - timedelta(days=1)).date().isoformat()
        browser.driver.execute_script(
            "document.getElementById('published_at').value = arguments[0]", yesterday
        )
        album.take("add-a-report", height=880)
        # Nothing is fetched in a test.
        browser.find("#url").clear()
        browser.press("main button.primary")
        for each in browser.driver.find_elements("css selector", "[name=proposal]"):
            if not each.is_selected():
                each.click()
        album.take("report", height=700)
        browser.press("form[action$='/statements'] button")
        album.take("drafts", height=780)
        browser.press("a[href*='relation=REFUTES']")
        album.take("preview", height=820)
        browser.press("main button.primary")
        assert browser.find(".tag.answered").is_displayed()
        assert browser.find("form[action$='/undo'] button").is_displayed()
        album.take("answered", height=430)
        # Taking back
        browser.press("form[action$='/undo'] button")
        assert browser.find(".tag.open").is_displayed()
        # Editing
        browser.open("/statements/1")
        speaker = browser.find("#speaker")
        speaker.clear()
        speaker.send_keys("The director of the zoo")
        browser.press("form[action$='/edit'] button")
        album.take("edit", height=860)
        # Sources
        browser.open("/sources")
        album.take("sources", height=700)
        # On a phone, in Arabic
        browser.press("button[name=language][value=ar]")
        browser.open("/inbox")
        album.take("phone", PHONE[0], PHONE[1])
    taken = {f"pictures/{file.name}" for file in folder.iterdir()}
    assert taken == set(pictures(GUIDE))


def test_the_queue_on_telegram_is_as_the_guide_has_it(console: Console, tmp_path: Path) -> None:
    place = Place(
        secret=SECRET,
        key_of=key_of,
        first_admins=frozenset({key_of(FIRST_ADMIN)}),
        read_address=lambda _: [],
        embed=lambda _: None,
        two_people=False,
    )
    sessions, encoder = console.sessions, BagOfWords()
    index = ServingIndex(sessions, encoder, tmp_path / "index")
    checker = ClaimChecker(sessions, encoder, index, RuleJudge())
    moderation = Moderation(sessions, checker, place, today=lambda: now().date())
    talk = Conversation(sessions, checker, SECRET, "telegram", moderation=moderation)
    reply = talk.command(Asker(FIRST_ADMIN, "en"), "queue", "")
    lines = [line for block in reply.blocks for line in block.text.translate(_MARKS).splitlines()]
    rows = ["  ".join(f"[ {each.label} ]" for each in row) for row in reply.buttons]
    shown = "\n".join([*lines, *rows])
    (quoted,) = [each.text for each in blocks(GUIDE) if each.language == "text"]
    assert quoted.strip() == re.sub(r"\w+ \d+, \d{4}", "today", shown)


def test_the_times_of_signing_in_are_the_programs() -> None:
    text = " ".join(prose(GUIDE).split())
    assert timedelta(minutes=5) == sign_in.LINK_LIFE
    assert "works once, within five minutes" in text
    assert timedelta(hours=12) == sign_in.SESSION_LIFE
    assert "for twelve hours" in text


@pytest.mark.parametrize("label", sorted(set(re.findall(r"\*\*(.+?)\*\*", prose(GUIDE)))))
def test_what_the_guide_calls_a_button_is_called_that(label: str) -> None:
    assert f'\nmsgid "{label}"\n' in CATALOGUE
    # Telegram may call the same by another name.
    if label not in ON_TELEGRAM:
        assert f'say("{label}")' in PAGES
