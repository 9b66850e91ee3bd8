"""Settings: where they come from, which wins, what is refused, and that secrets stay secret."""

import re
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote, unquote

import pytest
from pydantic import SecretStr, ValidationError

from bot.app import App
from bot.errors import SettingsError
from bot.observability.redaction import HIDDEN, redact
from bot.running import run_console
from bot.settings import Origin, Settings, UnknownName, find_unknown_names, load
from embeddings.thread_pool import PROCESSORS

ROOT = Path(__file__).resolve().parents[2]
SECRET = "123456:do-not-show-this-to-anybody"
SECRETS = ("TELEGRAM_BOT_TOKEN", "WEBHOOK_SECRET", "DATABASE_URL", "SECRET_KEY")


class TestWhereTheyComeFrom:
    def test_nothing_set_is_the_defaults(self) -> None:
        settings = load()
        assert settings.telegram_bot_token is None
        assert settings.telegram_api_url == "https://api.telegram.org"
        assert settings.webhook_url is None
        assert settings.data_dir == Path("data")
        assert settings.database_address == f"sqlite:///{Path('data') / 'tathabbat.db'}"
        assert settings.models_dir == Path("data/models")
        assert settings.index_dir == Path("data/index")
        assert settings.embedding_model == "bundled:e5-small-claims"
        assert settings.admin_ids == frozenset()
        assert settings.log_level == "INFO"

    def test_a_file_is_read_and_the_environment_wins(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / ".env").write_text(
            f"# كلام\nTELEGRAM_BOT_TOKEN={SECRET}\nDATA_DIR=بيانات\nLOG_LEVEL=error\nOTHER=1\n",
            "utf-8",
        )
        monkeypatch.setenv("LOG_LEVEL", "debug")
        settings = load()
        assert settings.telegram_bot_token is not None
        assert settings.telegram_bot_token.get_secret_value() == SECRET
        assert settings.data_dir == Path("بيانات")
        assert settings.log_level == "DEBUG"

    @pytest.mark.parametrize("name", [name.upper() for name in Settings.model_fields])
    def test_an_empty_value_is_none(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        before = load()
        monkeypatch.setenv(name, "")
        assert load() == before

    def test_the_example_names_every_setting_and_changes_none(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        example = (ROOT / ".env.example").read_text("utf-8")
        lines = [line for line in example.splitlines() if line and not line.startswith("#")]
        names = [line.partition("=")[0] for line in lines]
        assert sorted(names) == sorted(name.upper() for name in Settings.model_fields)
        before = load()
        (tmp_path / ".env").write_text(example, "utf-8")
        assert load() == before


class TestUnknownNames:
    def test_all_of_the_file_are_found_with_what_was_meant_and_no_value(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / ".env").write_text(
            f"RETENTION_DAY={SECRET}\nexport data_dir=x\nFERRY={SECRET}\n", "utf-8"
        )
        found = find_unknown_names()
        assert found == [
            UnknownName("FERRY", Origin.FILE, None),
            UnknownName("RETENTION_DAY", Origin.FILE, "RETENTION_DAYS"),
        ]
        assert SECRET not in "".join(map(str, found))
        assert "did you mean RETENTION_DAYS?" in str(found[1])
        assert ".env.example" in str(found[0])

    @pytest.mark.parametrize(
        ("name", "meant"),
        [("RETENTION_DAY", "RETENTION_DAYS"), ("TELEGRAM_TOKEN", "TELEGRAM_BOT_TOKEN")],
    )
    def test_of_the_environment_only_what_is_close(
        self, name: str, meant: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(name, SECRET)
        assert find_unknown_names() == [UnknownName(name, Origin.ENVIRONMENT, meant)]

    def test_they_are_logged_at_start_without_their_values(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / ".env").write_text(f"RETENTION_DAY={SECRET}\n", "utf-8")
        monkeypatch.setenv("CONSOLE_BIND", "127.0.0.1:8080")

        def prepare(_: object) -> None:
            raise SettingsError("far enough")

        app = App(lambda _: None)
        app.checker = SimpleNamespace(prepare=prepare)  # type: ignore[assignment]
        with pytest.raises(SettingsError, match="far enough"):
            run_console(app)
        logged = capfd.readouterr().err
        assert "did you mean RETENTION_DAYS?" in logged
        assert SECRET not in logged

    @pytest.mark.parametrize(
        "name", ["S3_SECRET_KEY", "XDG_DATA_DIRS", "LOG_FORMAT", "NO_COLOR", "retention_days"]
    )
    def test_what_belongs_to_other_programs_is_left_alone(
        self, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(name, "1")
        assert find_unknown_names() == []


class TestValues:
    def test_admins_and_addresses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ADMIN_IDS", "12, 7,")
        monkeypatch.setenv("TELEGRAM_API_URL", "http://127.0.0.1:8081/")
        monkeypatch.setenv("DATABASE_URL", "postgresql://host/name")
        settings = load()
        assert settings.admin_ids == {7, 12}
        assert settings.telegram_api_url == "http://127.0.0.1:8081"
        assert settings.database_address == "postgresql://host/name"

    @pytest.mark.parametrize("written", ["@me", "12,@me", "-100", "١٢"])
    def test_admins_by_name_are_told_what_is_wanted(
        self, written: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ADMIN_IDS", written)
        with pytest.raises(SettingsError, match=r"ADMIN_IDS.*numeric Telegram ids.*operating\.md"):
            load()

    def test_proxies_are_addresses_and_networks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CONSOLE_PROXIES", "127.0.0.1, 10.0.0.0/8,2001:db8::/32,")
        assert load().console_proxies == ("127.0.0.1/32", "10.0.0.0/8", "2001:db8::/32")

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("ADMIN_IDS", "12,abc"),
            ("CONSOLE_PROXIES", "*"),
            ("CONSOLE_PROXIES", "localhost"),
            ("CONSOLE_PROXIES", "10.0.0.1/8"),
            ("CONSOLE_PROXIES", "127.0.0.1, 0.0.0.0/0"),
            ("LOG_LEVEL", "LOUD"),
            ("TELEGRAM_API_URL", "api.telegram.org"),
            ("WEBHOOK_URL", "ftp://example.org"),
            ("CONSOLE_URL", "example.org"),
            *[("WORKERS", value) for value in ("0", "-1", "65", "two", "1.5", "٢")],
        ],
    )
    def test_what_cannot_be_used_is_named(
        self, name: str, value: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for secret in SECRETS:
            monkeypatch.setenv(secret, SECRET)
        monkeypatch.setenv(name, value)
        with pytest.raises(SettingsError) as refused:
            load()
        assert name in str(refused.value)
        assert "\n" not in str(refused.value)
        # What a traceback would print, causes included.
        assert refused.value.__cause__ is None
        assert refused.value.__suppress_context__
        assert SECRET not in str(refused.value)

    @pytest.mark.parametrize(
        ("written", "count"),
        [("1", 1), (" 3 ", 3), ("auto", PROCESSORS), ("AUTO ", PROCESSORS)],
    )
    def test_workers_are_counted(
        self, written: str, count: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert load().workers == 1
        monkeypatch.setenv("WORKERS", written)
        assert load().workers == count

    def test_a_machine_of_many_processors_gets_no_more_workers_than_a_number_may_be(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bot.settings.PROCESSORS", 192)
        monkeypatch.setenv("WORKERS", "auto")
        assert load().workers == 64

    @pytest.mark.parametrize(
        "password", ["half#of-it-shown", "12/half-of-it-shown", "12?half-of-it-shown"]
    )
    def test_a_password_that_ends_an_address_early_is_refused_unshown(
        self, password: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for user in ("root:", ""):
            monkeypatch.setenv("INDEX_URL", f"http://{user}{password}@milvus:19530")
            with pytest.raises(SettingsError, match="as %23 %2F %3F") as refused:
                load()
            assert "shown" not in str(refused.value)
            written = f"http://{user}{quote(password, safe='')}@milvus:19530"
            monkeypatch.setenv("INDEX_URL", written)
            assert load().index_url is not None

    def test_workers_that_are_no_number_are_told_what_is_wanted(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WORKERS", "many")
        with pytest.raises(SettingsError) as refused:
            load()
        assert str(refused.value) == (
            "the setting WORKERS cannot be used: write a number from 1 to 64, or auto for as many"
            " as there are processors"
        )

    def test_a_file_in_another_encoding_is_named(self, tmp_path: Path) -> None:
        (tmp_path / ".env").write_bytes("DATA_DIR=بيانات".encode("cp1256"))
        with pytest.raises(SettingsError, match="UTF-8"):
            load()

    def test_secrets_are_never_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in SECRETS:
            monkeypatch.setenv(name, SECRET)
        settings = load()
        for shown in (repr(settings), str(settings), settings.model_dump_json()):
            assert SECRET not in shown
        assert settings.secret() == SECRET.encode()


class TestKey:
    """The key people's ids are hashed with."""

    def test_is_made_once_and_for_its_owner_only(self, tmp_path: Path) -> None:
        key = load().secret()
        assert len(key) == 64
        assert load().secret() == key
        (file,) = (tmp_path / "data").iterdir()
        assert file.name == "secret.key"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def test_two_folders_have_two_keys(self, monkeypatch: pytest.MonkeyPatch) -> None:
        first = load().secret()
        monkeypatch.setenv("DATA_DIR", "other")
        assert load().secret() != first

    def test_threads_that_make_it_at_once_agree(self, tmp_path: Path) -> None:
        for round_ in range(20):
            settings = load().model_copy(update={"data_dir": tmp_path / str(round_)})
            with ThreadPoolExecutor(8) as threads:
                keys = list(threads.map(lambda _, s=settings: s.secret(), range(8)))
            assert len(set(keys)) == 1
            assert [file.name for file in settings.data_dir.iterdir()] == ["secret.key"]

    def test_processes_that_make_it_at_once_agree(self, tmp_path: Path) -> None:
        code = "import bot.settings; print(bot.settings.load().secret().decode())"
        started = [
            subprocess.Popen(
                [sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, text=True
            )
            for _ in range(3)
        ]
        assert len({process.communicate(timeout=60)[0] for process in started}) == 1
        assert all(process.returncode == 0 for process in started)

    def test_a_folder_that_is_none_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("a file")
        with pytest.raises(SettingsError, match="DATA_DIR"):
            load().secret()


@pytest.mark.parametrize("size", [0, 1, 32, 63])
def test_a_key_file_cut_short_is_refused(tmp_path: Path, size: int) -> None:
    (tmp_path / "secret.key").write_bytes(b"5" * size)
    with pytest.raises(SettingsError, match=f"cut short \\({size} of 64 bytes\\); restore it"):
        Settings(data_dir=tmp_path).secret()


@pytest.mark.parametrize("key", ["x", "hunter2-hunter2-hunter2-hunter2", "سر" * 7])
def test_a_key_that_can_be_guessed_is_refused_with_the_way_out(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", key)
    with pytest.raises(SettingsError, match="SECRET_KEY cannot be used") as refused:
        load()
    assert key not in str(refused.value).replace("x or", "")
    command = re.search(r'python3 -c "(.+?)"', str(refused.value))
    assert command is not None
    made = subprocess.run(
        [sys.executable, "-c", command.group(1)], capture_output=True, text=True, check=True
    )
    monkeypatch.setenv("SECRET_KEY", made.stdout.strip())
    assert load().secret() == made.stdout.strip().encode()


def test_thirty_two_bytes_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "سر" * 8)
    assert len(load().secret()) == 32


def test_what_pydantic_refuses_is_not_shown() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(secret_key=SecretStr("hunter2"), admin_ids="hunter2", log_level="hunter2")  # type: ignore[arg-type]
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql+psycopg://bot:correct-horse@db/name",
        "postgresql+psycopg://bot:correct%2Dhorse@db/name",
        "postgresql+psycopg://bot:correct-horse/battery?s@db/name",
        "postgresql+psycopg://db/name?user=bot&password=correct-horse",
    ],
)
def test_secrets_of_the_settings_are_redacted(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", SECRET)
    monkeypatch.setenv("WEBHOOK_SECRET", "webhook-secret")
    monkeypatch.setenv("SECRET_KEY", "k" * 40)
    monkeypatch.setenv("DATABASE_URL", address)
    monkeypatch.setenv("WEBHOOK_URL", "https://user:proxy-password@example.org/hook")
    key = load().model_copy(update={"secret_key": None}).secret().decode()
    password = unquote(address.partition("bot:")[2].partition("@")[0]) or "correct-horse"
    for secret in (SECRET, "webhook-secret", "k" * 40, password, "proxy-password", key):
        assert redact(f"[{secret}]") in (f"[{HIDDEN}]", f"[123456:{HIDDEN}]")
