"""Who gets into the console, who does not, and what no request gets past."""

import logging
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.routing import Route
from starlette.types import Message

from bot.console.application import PAGES
from bot.console.security import MAX_BODY
from embeddings.encoders.encoder import Encoder
from knowledge.accounts import roles
from knowledge.accounts.sign_in import LINK_LIFE, SESSION_LIFE
from knowledge.domain import Role
from knowledge.storage.database import Sessions, open_engine
from tests.integration.console import FIRST_ADMIN, Console, console_on, field_of, key_of

MODERATOR = 2


@pytest.fixture
def sessions(migrated_file: Path, tmp_path: Path) -> Iterator[Sessions]:
    """Return sessions on SQLite: what is tested here is before any database."""
    file = shutil.copy(migrated_file, tmp_path / "tathabbat.db")
    engine = open_engine(f"sqlite:///{file}")
    yield Sessions(engine)
    engine.dispose()


@pytest.fixture
def console(sessions: Sessions, fake_encoder: Encoder, tmp_path: Path) -> Console:
    return console_on(sessions, fake_encoder, tmp_path)


@pytest.fixture
def secure(sessions: Sessions, fake_encoder: Encoder, tmp_path: Path) -> Console:
    return console_on(sessions, fake_encoder, tmp_path, "https://console.test")


class TestLinks:
    def test_one_signs_in_once(self, console: Console) -> None:
        token, first, second = console.link(), console.browser(), console.browser()
        assert first.follow(token).headers["location"] == "/"
        assert first.get("/inbox").status_code == 200
        refused = second.follow(token)
        assert refused.status_code == 410
        assert "/console" in refused.text
        assert second.get("/inbox").headers["location"] == "/sign-in"

    def test_a_preview_of_it_burns_nothing(self, console: Console) -> None:
        token = console.link()
        for _ in range(3):
            console.browser().get(f"/sign-in?token={token}")
            assert console.browser().client.head(f"/sign-in?token={token}").status_code == 200
        assert console.browser().follow(token).status_code == 303

    @pytest.mark.parametrize("token", ["forged", "", "a" * 10_000, "é'\"><script>"])
    def test_a_forged_one_signs_nobody_in(self, console: Console, token: str) -> None:
        browser = console.browser()
        page = browser.get("/sign-in?token=forged").text
        answer = browser.post(
            "/sign-in", form_token=field_of(page, "form_token"), token=token[:5000]
        )
        assert answer.status_code in (400, 410)
        assert browser.get("/inbox").status_code == 303

    def test_an_expired_one_signs_nobody_in(self, console: Console) -> None:
        token = console.link()
        console.clock.now += LINK_LIFE + timedelta(seconds=1)
        assert console.browser().follow(token).status_code == 410

    def test_somebody_elses_signs_nobody_in_who_is_signed_in(self, console: Console) -> None:
        console.grant(MODERATOR, Role.MODERATOR, "سلمى")
        moderator = console.signed_in(MODERATOR)
        token = console.link(FIRST_ADMIN)
        assert moderator.follow(token).status_code == 410
        assert moderator.get("/people").status_code == 403
        assert console.browser().follow(token).status_code == 303

    def test_one_of_somebody_without_a_role_signs_nobody_in(self, console: Console) -> None:
        assert console.browser().follow(console.link(99)).status_code == 401

    def test_one_given_out_before_the_role_was_taken_away_signs_nobody_in(
        self, console: Console
    ) -> None:
        console.grant(MODERATOR, Role.MODERATOR, "سلمى")
        token = console.link(MODERATOR)
        with console.sessions.begin() as session:
            roles.revoke(session, key_of(MODERATOR), "command line")
        assert console.browser().follow(token).status_code == 401

    def test_a_form_of_another_browser_signs_nobody_in(self, console: Console) -> None:
        page = console.browser().get("/sign-in?token=x").text
        stranger = console.browser()
        answer = stranger.post(
            "/sign-in", form_token=field_of(page, "form_token"), token=console.link()
        )
        assert answer.status_code == 403

    def test_tries_are_counted(self, console: Console) -> None:
        browser = console.browser()
        answers = [browser.follow("forged").status_code for _ in range(11)]
        assert answers == [410] * 10 + [429]
        assert browser.follow(console.link()).status_code == 429

    def test_tries_are_counted_for_the_network_that_one_host_is_given(
        self, console: Console
    ) -> None:
        def tried(address: str) -> int:
            return console.browser(address).post("/sign-in", token="forged").status_code

        answers = [tried(f"2001:db8:0:1::{number:x}") for number in range(11)]
        assert answers == [403] * 10 + [429]
        assert tried("2001:db8:0:2::1") == 403

    async def test_hanging_up_half_way_is_nobodys_fault(
        self, console: Console, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def hung_up() -> Message:
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            pass

        kind = (b"content-type", b"application/x-www-form-urlencoded")
        scope = {"type": "http", "method": "POST", "path": "/sign-in", "headers": [kind]}
        await console.app({**scope, "query_string": b"", "client": None}, hung_up, send)
        assert not [each for each in caplog.records if each.levelno > logging.INFO]

    def test_the_token_is_in_no_log_and_travels_nowhere(
        self, console: Console, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        token, browser = console.link(), console.browser()
        answer = browser.get(f"/sign-in?token={token}")
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert token not in browser.follow(token).headers["location"]
        ours = [r.getMessage() for r in caplog.records if not r.name.startswith("httpx")]
        assert not any(token in line for line in ours)


class TestSessions:
    def test_cookies_are_kept_from_scripts_and_other_sites(self, secure: Console) -> None:
        entered = secure.browser().follow(secure.link())
        cookie = next(c for c in entered.headers.get_list("set-cookie") if "__Host-console=" in c)
        for part in ("HttpOnly", "SameSite=lax", "Secure", "Path=/", "Max-Age="):
            assert part in cookie
        assert "Domain" not in cookie

    def test_one_expires(self, console: Console) -> None:
        browser = console.signed_in()
        console.clock.now += SESSION_LIFE
        assert browser.get("/inbox").headers["location"] == "/sign-in"

    def test_signing_out_ends_it_in_the_database_too(self, console: Console) -> None:
        browser = console.signed_in()
        cookie = browser.client.cookies["console"]
        assert browser.send("/sign-out").status_code == 303
        browser.client.cookies.set("console", cookie)
        assert browser.get("/inbox").status_code == 303

    def test_a_moderator_revoked_while_signed_in_can_do_nothing_more(
        self, console: Console
    ) -> None:
        console.grant(MODERATOR, Role.MODERATOR, "سلمى")
        browser = console.signed_in(MODERATOR)
        token = browser.token()
        with console.sessions.begin() as session:
            roles.revoke(session, key_of(MODERATOR), "command line")
        assert browser.get("/inbox").status_code == 303
        assert browser.post("/reports", form_token=token, body="x").status_code == 401

    def test_an_admin_ends_anothers_sessions(self, console: Console) -> None:
        console.grant(MODERATOR, Role.MODERATOR, "سلمى")
        moderator, admin = console.signed_in(MODERATOR), console.signed_in()
        page = admin.told(admin.send("/people/sessions", key=key_of(MODERATOR)))
        assert "Their sessions were ended: 1." in page
        assert moderator.get("/inbox").status_code == 303


class TestRoutes:
    def test_no_two_share_method_and_path(self, console: Console) -> None:
        found = [
            (method, re.sub(r"{[^}]*}", "{}", route.path))
            for route in console.app.routes
            if isinstance(route, Route)
            for method in route.methods or ()
        ]
        assert len(found) > 50
        assert [each for each, n in Counter(found).items() if n > 1] == []


class TestRoles:
    @pytest.mark.parametrize(
        ("method", "path"), sorted({(method, path) for method, path, _, _ in PAGES})
    )
    def test_nobody_sees_or_does_anything_signed_out(
        self, console: Console, method: str, path: str
    ) -> None:
        path = path.replace("{id:int}", "1").replace("{chart}", "days")
        answer = console.browser().client.request(method, path)
        assert answer.status_code == (303 if method == "GET" else 401)

    @pytest.mark.parametrize(
        ("method", "path"), [(m, p) for m, p, role, _ in PAGES if role is Role.ADMIN]
    )
    def test_what_is_for_admins_is_not_for_moderators(
        self, console: Console, method: str, path: str
    ) -> None:
        console.grant(MODERATOR, Role.MODERATOR, "سلمى")
        browser = console.signed_in(MODERATOR)
        fields = {"form_token": browser.token()} if method == "POST" else None
        answer = browser.client.request(method, path.replace("{id:int}", "1"), data=fields)
        assert answer.status_code == 403

    def test_roles_are_granted_and_taken_away(self, console: Console) -> None:
        admin = console.signed_in()
        page = admin.told(
            admin.send("/people/grant", telegram_id="2", role="moderator", name="سلمى")
        )
        assert "سلمى" in page
        moderator = console.signed_in(MODERATOR)
        admin.told(admin.send("/people/revoke", key=key_of(MODERATOR)))
        assert moderator.get("/inbox").status_code == 303
        assert console.browser().follow(console.link(MODERATOR)).status_code == 401
        page = admin.get("/audit?subject=person").text
        assert page.index("Role removed") < page.index("Role granted")


class TestForgery:
    @pytest.mark.parametrize("path", sorted({p for m, p, _, _ in PAGES if m == "POST"}))
    def test_no_write_without_the_sessions_token(self, console: Console, path: str) -> None:
        browser = console.signed_in()
        path = path.replace("{id:int}", "1")
        assert browser.post(path).status_code == 403
        assert browser.post(path, form_token="forged").status_code == 403

    def test_another_sessions_token_is_none(self, console: Console) -> None:
        first, second = console.signed_in(), console.signed_in()
        assert second.post("/sign-out", form_token=first.token()).status_code == 403
        assert second.get("/inbox").status_code == 200

    def test_no_write_that_another_site_sends(self, console: Console) -> None:
        browser = console.signed_in()
        fields = {"form_token": browser.token()}
        for site in ("cross-site", "same-site"):
            answer = browser.client.post("/sign-out", data=fields, headers={"sec-fetch-site": site})
            assert answer.status_code == 403

    @pytest.mark.parametrize("path", sorted({p for m, p, _, _ in PAGES if m == "POST"}))
    def test_nothing_is_written_by_following_a_link(self, console: Console, path: str) -> None:
        reading = {p for m, p, _, _ in PAGES if m == "GET"}
        answer = console.signed_in().get(path.replace("{id:int}", "1"))
        assert (answer.status_code == 404) or path in reading

    @pytest.mark.parametrize("back", ["https://evil.test/", "//evil.test", "/\\evil.test", ""])
    def test_choosing_a_language_leads_nowhere_else(self, console: Console, back: str) -> None:
        answer = console.signed_in().send("/language", language="ar", back=back)
        assert answer.headers["location"] == "/"


class TestHeaders:
    @pytest.mark.parametrize(
        "path", ["/inbox", "/sign-in", "/nothing", "/static/console.css", "/static/nothing"]
    )
    def test_every_answer_keeps_the_browser_strict(self, console: Console, path: str) -> None:
        headers = console.signed_in().get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "strict-transport-security" not in headers

    def test_https_stays_https(self, secure: Console) -> None:
        assert "strict-transport-security" in secure.browser().get("/sign-in").headers

    def test_pages_hold_no_script_and_no_style_of_their_own(self, console: Console) -> None:
        browser = console.signed_in()
        for path in ("/inbox", "/reports/new", "/people", "/audit", "/trends", "/sources"):
            page = browser.get(path).text
            assert "<style" not in page
            assert " style=" not in page
            assert "javascript:" not in page
            assert page.count("<script") == page.count("<script src=") == 1

    def test_pages_are_kept_by_no_cache_and_files_of_ours_are(self, console: Console) -> None:
        browser = console.signed_in()
        assert browser.get("/inbox").headers["cache-control"] == "no-store"
        style = browser.page.split('rel="stylesheet" href="')[1].split('"')[0]
        assert "immutable" in browser.get(style).headers["cache-control"]


class TestSize:
    def test_50_mb_are_refused_and_the_browser_hears_it(self, console: Console) -> None:
        browser = console.signed_in()
        fields = {"form_token": browser.token(), "body": "خ" * 25_000_000}
        answer = browser.client.post("/reports", data=fields, files={"file": ("", b"")})
        assert answer.status_code == 413
        assert "8 MB" in answer.text
        assert browser.get("/inbox").status_code == 200

    def test_nothing_large_is_read_from_who_is_not_signed_in(self, console: Console) -> None:
        answer = console.browser().client.post("/reports", content=b"x" * (MAX_BODY + 1))
        assert answer.status_code == 401

    @pytest.mark.parametrize("size", [20_000, MAX_BODY + 1])
    def test_nor_at_the_door(self, console: Console, size: int) -> None:
        answer = console.browser().client.post(
            "/sign-in",
            content=b"x" * size,
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        assert answer.status_code == 413

    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
            (b"\xff\xfe", "multipart/form-data"),
            (b"a=1&" * 5_000, "application/x-www-form-urlencoded"),
            (b"%ff%fe=%00", "application/x-www-form-urlencoded"),
        ],
    )
    def test_a_broken_form_is_a_bad_request(
        self, console: Console, content: bytes, kind: str
    ) -> None:
        answer = console.signed_in().client.post(
            "/reports", content=content, headers={"content-type": kind}
        )
        assert answer.status_code in (400, 403)
