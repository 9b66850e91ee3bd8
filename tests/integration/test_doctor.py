"""The doctor's line on each part, well and not well, with the way out."""

import os
import shlex
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.app import App
from bot.cli import diagnostics
from bot.cli.diagnostics import Finding, State, examine
from bot.telegram.setup.application import TelegramConfig
from bot.telegram.setup.registration import Registration, load_registration
from knowledge import curation
from knowledge.accounts import people
from knowledge.claim_queue import inquiries
from knowledge.corpus import reports, sources
from knowledge.domain import FeedKind, Outcome, ReportDraft, StatementDraft, now
from knowledge.index.serving_index import reindex
from knowledge.models import Feed, Notification
from knowledge.outbox import pending_notifications
from knowledge.storage.database import Sessions
from knowledge.storage.schema import upgrade
from knowledge.update_queue import scheduled_jobs
from tests.bag_of_words import BagOfWords
from tests.e2e.bot_api_server import BOT_NAME, TOKEN, BotApiServer

KEY = "k" * 64
Doctor = Callable[..., dict[str, Finding]]


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    app = App(lambda _: None)
    app.encoder = BagOfWords()  # type: ignore[assignment]
    app.reader = SimpleNamespace(read=lambda pairs: pairs)  # type: ignore[assignment]
    upgrade(app.database.engine)
    yield app
    app.database.engine.dispose()


@pytest.fixture
def session(app: App) -> Iterator[Session]:
    with Sessions(app.database.engine).begin() as session:
        yield session


@pytest.fixture
def doctor(app: App) -> Doctor:
    """Return what looks at an app whose settings are changed so."""

    def call(**settings: object) -> dict[str, Finding]:
        app.settings = app.settings.model_copy(update=settings)
        return {finding.part: finding for finding in examine(app)}

    return call


def publish(app: App, text: str = "the bridge is open again") -> list[int]:
    with app.sessions.begin() as session:
        kept = reports.store(session, ReportDraft("title", statements=(StatementDraft(text),)))
        curation.publish(session, kept.statement_ids, "test")
        return list(kept.statement_ids)


def test_a_new_installation_has_no_failure_and_every_part(doctor: Doctor) -> None:
    found = doctor()
    assert not [each for each in found.values() if each.state is State.FAILURE]
    assert list(found) == [
        "settings", "database", "migrations", "disk", "files", "secret key", "models", "index",
        "pictures", "telegram", "webhook", "updates", "console", "metrics", "workers", "feeds",
        "jobs", "notifications",
    ]  # fmt: skip


def test_one_part_that_fails_hides_no_other(app: App, doctor: Doctor) -> None:
    with app.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE scheduled_jobs")
    found = doctor()
    assert found["jobs"].state is State.FAILURE
    assert found["notifications"].state is State.OK
    assert "db check" in found["migrations"].message


def test_a_misspelled_setting_is_a_warning(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("RETENTION_DAY=30\n")
    (tmp_path / ".env").chmod(0o600)
    found = doctor()["settings"]
    assert found.state is State.WARNING
    assert "did you mean RETENTION_DAYS?" in found.message


def test_a_setting_that_cannot_be_used_is_said_once_and_of_the_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ADMIN_IDS", "@me")
    fresh = App(lambda _: None)
    said = [each for each in examine(fresh) if "ADMIN_IDS" in each.message]
    assert [each.part for each in said] == ["settings"]
    assert said[0].state is State.FAILURE


class TestDisk:
    @pytest.mark.parametrize(
        ("free", "state"),
        [(2**40, State.OK), (2**30, State.WARNING), (2**20, State.FAILURE)],
    )
    def test_little_room_is_told_before_there_is_none(
        self, doctor: Doctor, monkeypatch: pytest.MonkeyPatch, free: int, state: State
    ) -> None:
        usage = SimpleNamespace(free=free)
        monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
        assert doctor()["disk"].state is state

    def test_a_file_that_cannot_be_opened_is_not_called_damaged(
        self, app: App, doctor: Doctor
    ) -> None:
        app.database.engine.dispose()
        Path(f"{app.settings.data_dir / 'tathabbat.db'}-wal").mkdir()
        message = doctor()["database"].message
        assert "cannot be opened" in message
        assert "damaged" not in message

    def test_a_read_only_file_system_is_named_with_the_way_out(
        self, app: App, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app.database.engine.dispose()
        Path(f"{app.settings.data_dir / 'tathabbat.db'}-wal").mkdir()
        read_only = SimpleNamespace(
            f_flag=os.ST_RDONLY, f_bavail=1, f_blocks=1, f_bfree=1, f_frsize=1
        )
        monkeypatch.setattr("os.statvfs", lambda _: read_only)
        found = doctor()
        for part in ("database", "disk", "files"):
            assert found[part].state is State.FAILURE
            assert "read-only" in found[part].message
            assert "mount it for writing" in found[part].message
            assert "damaged" not in found[part].message

    def test_a_folder_that_this_user_may_not_write_to_is_a_failure_of_the_files(
        self, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("os.access", lambda _, mode: mode == os.F_OK)
        found = doctor()["files"]
        assert found.state is State.FAILURE
        assert "run this as the user who runs the bot" in found.message


class TestSecretKey:
    def test_looking_makes_none(self, app: App, doctor: Doctor) -> None:
        assert doctor()["secret key"].state is State.WARNING
        assert not app.settings.key_file.exists()
        app.settings.secret()
        assert doctor()["secret key"].state is State.OK

    def test_one_that_is_gone_though_people_are_known_is_a_failure(
        self, app: App, doctor: Doctor
    ) -> None:
        with app.sessions.begin() as session:
            people.choose_language(session, KEY, "ar")
        found = doctor()["secret key"]
        assert found.state is State.FAILURE
        assert "restore it from a backup" in found.message

    def test_another_than_people_are_known_by_is_a_failure(self, app: App, doctor: Doctor) -> None:
        with app.sessions.begin() as session:
            people.remember_address(session, KEY, "7", app.settings.secret())
        assert doctor()["secret key"].state is State.OK
        found = doctor(secret_key=SecretStr("x" * 64))["secret key"]
        assert found.state is State.FAILURE
        assert "x" * 64 not in found.message

    def test_a_bot_with_another_logs_it_at_the_start(
        self, app: App, caplog: pytest.LogCaptureFixture
    ) -> None:
        with app.sessions.begin() as session:
            people.remember_address(session, KEY, "7", app.settings.secret())
        app.warn_of_another_key()
        assert "key_of_another_database" not in caplog.text
        del app.secret
        app.settings = app.settings.model_copy(update={"secret_key": SecretStr("x" * 64)})
        app.warn_of_another_key()
        assert "key_of_another_database" in caplog.text

    def test_one_that_others_read_is_a_warning(self, app: App, doctor: Doctor) -> None:
        app.settings.secret()
        app.settings.key_file.chmod(0o644)
        found = doctor()["secret key"]
        assert found.state is State.WARNING
        assert f"chmod 600 {app.settings.key_file}" in found.message

    @pytest.mark.parametrize("size", [0, 63])
    def test_one_that_is_cut_short_is_a_failure(self, app: App, doctor: Doctor, size: int) -> None:
        app.settings.key_file.write_bytes(b"5" * size)
        found = doctor()["secret key"]
        assert found.state is State.FAILURE
        assert f"cut short ({size} of 64 bytes); restore it" in found.message


class TestFiles:
    """Everything in DATA_DIR is its owner's alone; the doctor looks at all of it."""

    @pytest.fixture(autouse=True)
    def _closed(self, app: App) -> None:
        for path in (app.settings.data_dir, *app.settings.data_dir.rglob("*")):
            path.chmod(0o700 if path.is_dir() else 0o600)

    def test_nobody_else_reads_them(self, doctor: Doctor) -> None:
        assert doctor()["files"].state is State.OK

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o602, 0o610])
    @pytest.mark.parametrize("name", ["index/snapshots/7/file.bin", "models/a", "any.lock"])
    def test_one_that_others_use_is_named_and_the_command_helps(
        self, app: App, doctor: Doctor, name: str, mode: int
    ) -> None:
        path = app.settings.data_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in path.relative_to(app.settings.data_dir).parents:
            (app.settings.data_dir / folder).chmod(0o700)
        path.write_text("anything")
        path.chmod(mode)
        self.assert_mended(doctor, str(path))

    @pytest.mark.parametrize("name", [".", "index/deep"])
    def test_so_is_a_folder(self, app: App, doctor: Doctor, name: str) -> None:
        folder = app.settings.data_dir / name
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o750)
        self.assert_mended(doctor, "")

    def test_what_a_link_leads_to_is_not_looked_at(
        self, app: App, doctor: Doctor, tmp_path: Path
    ) -> None:
        (tmp_path / "elsewhere").mkdir(mode=0o755)
        (app.settings.data_dir / "models").symlink_to(tmp_path / "elsewhere")
        (app.settings.data_dir / "nowhere").symlink_to(tmp_path / "nothing")
        assert doctor()["files"].state is State.OK

    def test_a_folder_that_is_a_link_is_looked_at_where_it_leads(
        self, app: App, doctor: Doctor, tmp_path: Path
    ) -> None:
        (tmp_path / "link").symlink_to(app.settings.data_dir)
        assert doctor(data_dir=tmp_path / "link")["files"].state is State.OK
        (app.settings.data_dir / "open").touch(0o644)
        found = doctor(data_dir=tmp_path / "link")["files"]
        assert found.state is State.WARNING
        _, command, _ = found.message.split("`")
        subprocess.run(shlex.split(command), check=True)
        assert doctor(data_dir=tmp_path / "link")["files"].state is State.OK

    @pytest.mark.parametrize("vanishing", ["a/file", "a", "file"])
    def test_what_vanishes_meanwhile_hides_nothing(
        self, app: App, doctor: Doctor, monkeypatch: pytest.MonkeyPatch, vanishing: str
    ) -> None:
        data = app.settings.data_dir
        (data / "a").mkdir(mode=0o700)
        for name in ("a/file", "file"):
            (data / name).touch(0o600)
        (data / "open").touch(0o644)
        gone, lstat, iterdir = data / vanishing, Path.lstat, Path.iterdir

        def lstat_or_gone(path: Path) -> os.stat_result:
            if path == gone:
                raise FileNotFoundError(2, "gone", str(path))
            return lstat(path)

        def iterdir_or_gone(path: Path) -> Iterator[Path]:
            if path == gone:
                raise FileNotFoundError(2, "gone", str(path))
            return iterdir(path)

        monkeypatch.setattr(Path, "lstat", lstat_or_gone)
        monkeypatch.setattr(Path, "iterdir", iterdir_or_gone)
        found = doctor()["files"]
        assert found.state is State.WARNING
        assert "open" in found.message

    def test_one_that_is_not_there_yet_is_said_to_be(self, doctor: Doctor, tmp_path: Path) -> None:
        assert "not there yet" in doctor(data_dir=tmp_path / "none")["files"].message

    def test_settings_that_others_read_are_named(self, doctor: Doctor, tmp_path: Path) -> None:
        (tmp_path / ".env").touch(0o644)
        found = doctor()["files"]
        assert found.state is State.WARNING
        assert "chmod 600 .env" in found.message

    def assert_mended(self, doctor: Doctor, path: str) -> None:
        found = doctor()["files"]
        assert found.state is State.WARNING
        assert path in found.message
        _, command, _ = found.message.split("`")
        subprocess.run(shlex.split(command), check=True)
        assert doctor()["files"].state is State.OK


class TestIndex:
    def test_it_is_built_and_how_old(self, app: App, doctor: Doctor) -> None:
        publish(app)
        assert "tathabbat reindex" in doctor()["index"].message
        reindex(app.sessions, app.encoder, app.settings.index_dir)
        found = doctor()["index"]
        assert found.state is State.OK
        assert "holds 1 statement, 0 changes behind, built 0 minutes ago" in found.message

    def test_one_that_is_far_behind_is_to_be_built_anew(
        self, app: App, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publish(app)
        reindex(app.sessions, app.encoder, app.settings.index_dir)
        publish(app, "another bridge is closed")
        assert doctor()["index"].state is State.OK
        monkeypatch.setattr(diagnostics, "_MANY_CHANGES", 1)
        found = doctor()["index"]
        assert found.state is State.WARNING
        assert "tathabbat reindex" in found.message


def registration(
    url: str = "", waiting: int = 0, failure: str | None = None, ago: timedelta = timedelta(0)
) -> Registration:
    return Registration("the_bot", True, True, url, waiting, failure, datetime.now(UTC) - ago)


class TestWebhook:
    HOOK = "https://bot.example.org/hook"

    @pytest.mark.parametrize(
        ("wanted", "found", "state", "says"),
        [
            (None, registration(), State.OK, "polled"),
            (None, registration(HOOK), State.WARNING, "no other bot"),
            (HOOK, registration(HOOK), State.OK, "registered"),
            (HOOK, registration(), State.WARNING, "tathabbat run"),
            (HOOK, registration(HOOK, 3, "Wrong response: 502"), State.WARNING, "502"),
            (HOOK, registration(HOOK, 3, "old", timedelta(days=1)), State.OK, "3 updates"),
            (None, registration(waiting=500), State.WARNING, "500 updates"),
        ],
    )
    def test_how_updates_come(
        self,
        app: App,
        doctor: Doctor,
        wanted: str | None,
        found: Registration,
        state: State,
        says: str,
    ) -> None:
        app.registration = found
        token, secret = SecretStr(TOKEN), SecretStr("s")
        said = doctor(webhook_url=wanted, webhook_secret=secret, telegram_bot_token=token)
        assert said["webhook"].state is state
        assert says in said["webhook"].message
        assert "@the_bot" in said["telegram"].message

    @pytest.mark.parametrize(
        ("settings", "says"),
        [
            ({"webhook_url": "http://bot.example.org"}, "WEBHOOK_URL is not https"),
            ({"webhook_url": HOOK, "webhook_secret": None}, "WEBHOOK_SECRET is not set"),
            ({"webhook_url": HOOK, "webhook_bind": "8443"}, "WEBHOOK_BIND is not host:port"),
        ],
    )
    def test_an_address_that_telegram_will_not_use_is_a_failure_without_a_token_too(
        self, doctor: Doctor, settings: dict[str, object], says: str
    ) -> None:
        found = doctor(**{"webhook_secret": SecretStr("s"), **settings})["webhook"]
        assert found.state is State.FAILURE
        assert says in found.message

    def test_a_token_that_is_refused_is_a_failure_of_telegram(self, doctor: Doctor) -> None:
        with BotApiServer() as server:
            said = doctor(
                telegram_bot_token=SecretStr("1:wrong-token"), telegram_api_url=server.url
            )
        assert said["telegram"].state is State.FAILURE
        assert "wrong-token" not in said["telegram"].message

    async def test_telegram_is_asked(self) -> None:
        with BotApiServer() as server:
            server.abilities = {"can_read_all_group_messages": True}
            server.webhook_failure = {
                "last_error_date": 1_700_000_000,
                "last_error_message": "Wrong response",
            }
            found = await load_registration(TelegramConfig(TOKEN, server.url))
        failed_at = datetime.fromtimestamp(1_700_000_000, UTC)
        assert found == Registration(BOT_NAME, False, True, "", 0, "Wrong response", failed_at)

    @pytest.mark.parametrize(("inline", "reads_groups"), [(True, True), (False, False)])
    def test_what_the_owner_has_to_allow_is_a_note(
        self, app: App, doctor: Doctor, inline: bool, reads_groups: bool
    ) -> None:
        app.registration = replace(registration(), inline=inline, reads_groups=reads_groups)
        found = doctor(telegram_bot_token=SecretStr(TOKEN))["telegram"]
        assert found.state is State.OK
        assert ("/setinline" not in found.message) is inline
        assert ("/setprivacy" not in found.message) is reads_groups


@pytest.mark.parametrize(
    ("url", "bind", "state"),
    [
        (None, None, State.OK),
        ("https://desk.example.org", None, State.WARNING),
        (None, "127.0.0.1:8080", State.OK),
        (None, "0.0.0.0:8080", State.WARNING),
        ("https://desk.example.org", "127.0.0.1:8080", State.OK),
        ("http://desk.example.org", "127.0.0.1:8080", State.WARNING),
        ("http://localhost:8080", "[::1]:8080", State.OK),
        (None, "8080", State.FAILURE),
        (None, "127.0.0.1:99999", State.FAILURE),
    ],
)
def test_the_console(doctor: Doctor, url: str | None, bind: str | None, state: State) -> None:
    proxied = doctor(console_url=url, console_bind=bind, console_proxies=("127.0.0.1/32",))
    assert proxied["console"].state is state


def test_a_console_that_takes_all_for_its_proxy_is_a_warning(doctor: Doctor) -> None:
    found = doctor(console_url="https://desk.example.org", console_bind="127.0.0.1:8080")["console"]
    assert found.state is State.WARNING
    assert "CONSOLE_PROXIES" in found.message


@pytest.mark.parametrize(
    ("bind", "state"),
    [
        (None, State.OK),
        ("localhost:9464", State.OK),
        ("0.0.0.0:9464", State.WARNING),
        ("9464", State.FAILURE),
    ],
)
def test_the_metrics(doctor: Doctor, bind: str | None, state: State) -> None:
    assert doctor(metrics_bind=bind)["metrics"].state is state


@pytest.mark.parametrize(("workers", "state"), [(1, State.OK), (2, State.OK), (3, State.WARNING)])
def test_more_processes_than_processors_are_told(
    doctor: Doctor, workers: int, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnostics, "PROCESSORS", 2)
    assert doctor(workers=workers)["workers"].state is state


def test_a_feed_that_fails_is_named(app: App, doctor: Doctor) -> None:
    with app.sessions.begin() as session:
        url = "https://news.example.org/feed"
        feed = sources.add_feed(session, "News", url, FeedKind.SYNDICATION, 30, "test")
        failing = update(Feed).where(Feed.id == feed)
        session.execute(failing.values(failures=2, error="404"))
    assert doctor()["feeds"].state is State.OK, "it may mend by itself"
    with app.sessions.begin() as session:
        session.execute(failing.values(failures=3))
    found = doctor()["feeds"]
    assert found.state is State.WARNING
    assert f"tathabbat sources pause {feed}" in found.message
    with app.sessions.begin() as session:
        sources.pause(session, feed, "test")
    assert doctor()["feeds"].state is State.OK


def test_a_job_that_nobody_does_is_named(app: App, doctor: Doctor) -> None:
    with app.sessions.begin() as session:
        scheduled_jobs.lease(session, "digest", now() - timedelta(hours=3), timedelta(hours=1))
    found = doctor()["jobs"]
    assert found.state is State.WARNING
    assert "digest" in found.message
    assert "2 hours" in found.message


def test_people_who_wait_to_be_told_are_counted(app: App, doctor: Doctor) -> None:
    (shown,) = publish(app)
    with app.sessions.begin() as session:
        inquiries.record(session, KEY, "is it open", Outcome.SUPPORTED, [shown], "en")
        curation.retract(session, [shown], "test", "wrong")
    assert doctor()["notifications"].state is State.OK, "it was written just now"
    with app.sessions.begin() as session:
        long_ago = now() - timedelta(hours=5)
        session.execute(update(Notification).values(due_at=long_ago, created_at=long_ago))
    found = doctor()["notifications"]
    assert found.state is State.WARNING
    assert "1 person waits" in found.message


def test_people_who_could_not_be_told_are_counted(app: App, doctor: Doctor) -> None:
    (shown,) = publish(app)
    with app.sessions.begin() as session:
        inquiries.record(session, KEY, "is it open", Outcome.SUPPORTED, [shown], "en")
        curation.retract(session, [shown], "test", "wrong")
        (number,) = session.scalars(select(Notification.id))
        pending_notifications.mark_unreachable(session, number, "Chat not found")
    found = doctor()["notifications"]
    assert found.state is State.OK, "people may leave"
    assert "in the last 7 days: Their chat was not found: 1" in found.message
