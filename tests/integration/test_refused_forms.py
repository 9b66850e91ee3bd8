"""A form that cannot be used is shown again: what was typed, why not, in the page's language."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bot.console.application import PAGES
from bot.parsing.parser_pool import ParserPool
from embeddings.encoders.encoder import Encoder
from knowledge.storage.database import Sessions
from tests.integration.console import Browser, Console, console_on
from tests.integration.newsroom import furnish

#: Names and codes that are the same in every language.
_LATIN = {
    "ar",
    "Telegram",
    "English",
    "Français",
    "ClaimReview",
    "CSV",
    "JSON",
    "RSS",
    "Atom",
    "h1",
}

TYPED = "كتبتُ هذا وأريده كما هو"

#: Forms with something in them that cannot be kept, each with the page that they stand on.
UNFIT = [
    ("/statements/1/edit", {"text": TYPED, "version": 1, "tell": "no"}, "/statements/1"),
    ("/statements/3/edit", {"text": TYPED, "as_of": "31.12.", "version": 1}, "/statements/3"),
    ("/statements/1/split", {"parts": TYPED}, "/statements/1"),
    ("/reports/1/statements", {"marked": TYPED}, "/reports/1"),
    ("/reports/1/statements", {"speaker": TYPED}, "/reports/1"),
    (
        "/reports/1/edit",
        {"title": TYPED, "language": "??", "kind": "news", "version": 1},
        "/reports/1",
    ),
    ("/reports", {"title": TYPED}, "/reports/new"),
    ("/reports", {"title": TYPED, "url": "ftp://x.example"}, "/reports/new"),
    ("/clusters/5/merge", {"other": 5}, "/clusters/5"),
    ("/clusters/5/merge", {"other": 99}, "/clusters/5"),
    ("/clusters/5/split", {}, "/clusters/5"),
    ("/clusters/5/snooze", {"until": "2000-01-01"}, "/clusters/5"),
    ("/statements/retract", {"id": 1}, "/statements/1/retract"),
    ("/sources/feeds", {"name": TYPED, "url": "x", "kind": "rss", "minutes": 60}, "/sources"),
    ("/people/grant", {"name": TYPED, "telegram_id": "x", "role": "admin"}, "/people"),
    ("/people/block", {"telegram_id": 7, "days": 0, "reason": TYPED}, "/people"),
    ("/people/revoke", {"key": "x"}, "/people"),
]  # fmt: skip


@pytest.fixture
def console(
    sessions: Sessions, fake_encoder: Encoder, tmp_path: Path, parsers: ParserPool
) -> Console:
    furnish(sessions)
    console = console_on(sessions, fake_encoder, tmp_path, parsers=parsers)
    console.clock.now = datetime.now(UTC)
    return console


class Alerts(HTMLParser):
    """What a page says of an error, without what is marked as in another language."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._open: list[str] = []
        self.said = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._open or dict(attrs).get("role") == "alert":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open:
            self.said += data


def english(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z]{2,}", text)) - _LATIN


@pytest.mark.parametrize(("path", "fields", "stands_on"), UNFIT)
def test_an_unfit_form_is_shown_again_in_the_language_of_the_page(
    console: Console, path: str, fields: dict[str, object], stands_on: str
) -> None:
    admin = console.signed_in(language="ar")
    plain = Alerts(admin.get(stands_on).text).said
    answer = admin.send(path, **fields)
    assert 400 <= answer.status_code < 500
    said = Alerts(answer.text).said.removeprefix(plain).strip()
    assert said, answer.text
    assert not english(said), said
    # It is the form's own page: what was typed stands in it, and can be sent again.
    assert 'class="door"' not in answer.text
    assert f'action="{path}"' in answer.text or f'formaction="{path}"' in answer.text
    if TYPED in fields.values():
        assert TYPED in answer.text


def test_every_act_leads_on_from_its_error_and_says_it_in_arabic(console: Console) -> None:
    """Nothing is sent in, the numbers exist or not: whatever comes of it reads well."""
    admin = console.signed_in(language="ar")
    for number in ("1", "5", "99999"):
        for method, pattern, _, _ in PAGES:
            if method != "POST":
                continue
            path = pattern.replace("{id:int}", number)
            answer = admin.send(path, odd="x")
            if answer.status_code < 400:
                continue
            said = Alerts(answer.text).said
            assert answer.status_code < 500, (path, said)
            assert said, path
            assert not english(said), (path, said)


def test_an_error_of_a_page_leads_to_the_page_above_it(console: Console) -> None:
    browser: Browser = console.signed_in(2)
    page = browser.get("/clusters/5/answer?statement=999&relation=SUPPORTS")
    assert page.status_code == 404
    assert 'href="/clusters/5"' in page.text


def test_a_claim_is_told_apart_from_itself_when_it_is_merged(console: Console) -> None:
    answer = console.signed_in(2).send("/clusters/5/merge", other=5)
    assert "This is the same cluster, or part of it already." in answer.text
