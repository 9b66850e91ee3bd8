"""The page about proxies says what the program does: addresses, headers, sizes and times."""

import inspect
import re

import pytest
from uvicorn.middleware import proxy_headers

from bot.console.application import PAGES
from bot.console.security import MAX_BODY
from bot.console.sign_in import PATH
from bot.serving.connection_limits import Limits
from bot.settings import Settings
from bot.telegram.incoming import webhook
from tests.pages import ROOT, blocks

FILE = ROOT / "docs" / "proxy.md"
PAGE = FILE.read_text("utf-8")
CONFIGURATIONS = {each.language: each.text for each in blocks(FILE) if each.language != "sh"}


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return the settings of the page, read as the program reads them."""
    lines = CONFIGURATIONS["ini"].splitlines()
    for name, _, value in (line.partition("=") for line in lines):
        assert name.lower() in Settings.model_fields
        monkeypatch.setenv(name, value)
    return Settings()


def test_its_settings_exist() -> None:
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)`", PAGE))
    assert named <= {name.upper() for name in Settings.model_fields}
    assert {"CONSOLE_PROXIES", "WEBHOOK_SECRET"} <= named


@pytest.mark.parametrize("proxy", ["nginx", "caddy"])
def test_both_pass_on_to_where_the_program_listens(settings: Settings, proxy: str) -> None:
    listens = set(re.findall(r"127\.0\.0\.1:\d+", CONFIGURATIONS[proxy]))
    assert listens == {settings.console_bind, settings.webhook_bind}
    for address in (settings.console_url, settings.webhook_url):
        assert address is not None
        host, _, path = address.removeprefix("https://").partition("/")
        assert host in CONFIGURATIONS[proxy]
        assert not path or re.search(rf"(location =|handle) /{path} ", CONFIGURATIONS[proxy])


def test_the_headers_are_those_that_are_read() -> None:
    read = set(re.findall(r'b"(x-forwarded-\w+)"', inspect.getsource(proxy_headers)))
    written = set(re.findall(r"proxy_set_header (\S+)", CONFIGURATIONS["nginx"]))
    assert {each.lower() for each in written if each.startswith("X-")} == read
    assert written - {"Host", "Connection"} == {"X-Forwarded-For", "X-Forwarded-Proto"}
    assert f"`{webhook.SECRET_HEADER}`" in PAGE


def test_the_log_is_without_sign_in_links() -> None:
    block = re.search(rf"location = {PATH} \{{(.+?)\}}", CONFIGURATIONS["nginx"], re.DOTALL)
    assert block is not None
    assert "access_log off;" in block[1]
    assert {"/inbox", "/statements"} <= {path for _, path, _, _ in PAGES}


def test_sizes_and_times_are_the_programs() -> None:
    console, telegram = MAX_BODY >> 20, webhook._BODY_BYTES >> 20
    assert re.findall(r"client_max_body_size (\d+)m", CONFIGURATIONS["nginx"]) == [
        str(console),
        str(telegram),
    ]
    assert re.findall(r"max_size (\d+)MiB", CONFIGURATIONS["caddy"]) == [
        str(console),
        str(telegram),
    ]
    assert f"| largest request | {console} MiB | {telegram} MiB |" in PAGE
    limits = Limits()
    assert f"| {limits.connections}, {limits.per_address} |" in PAGE
    times = f"{limits.headers:.0f}, {limits.body:.0f}, {limits.idle:.0f} seconds"
    assert f"| {times} | {times} |" in PAGE
    idle = re.findall(r"keepalive(?:_timeout)? (\d+)s", PAGE)
    assert len(idle) == 3
    assert all(int(each) < limits.idle for each in idle)
