"""Read the settings from the environment and ``.env``; nothing else reads either."""

import contextlib
import difflib
import ipaddress
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    SettingsConfigDict,
)

from bot.errors import SettingsError
from bot.observability import redaction
from embeddings.thread_pool import PROCESSORS
from knowledge.text.plain_text import single_line

_KEY_FILE = "secret.key"
#: Length of a generated key in hexadecimal. A shorter file was truncated by a full disk.
_KEY_BYTES = 64
#: Minimum bytes of a key (RFC 2104: at least the length of the hash's output, here SHA-256).
SHORTEST_KEY: Final = 32
MAKE_KEY: Final = 'python3 -c "import secrets; print(secrets.token_urlsafe(32))"'
#: The most processes that answer: far more than one database serves well.
MOST_WORKERS: Final = 64
#: Telegram's own Bot API server.
TELEGRAM: Final = "https://api.telegram.org"
NO_WEBHOOK_SECRET: Final = (
    "WEBHOOK_SECRET is not set though WEBHOOK_URL is; set it to a long random word"  # noqa: S105 (a sentence)
)
NO_WEBHOOK_ADDRESS: Final = "WEBHOOK_BIND is not host:port; write it like 127.0.0.1:8443"
#: A password in a database URL as SQLAlchemy reads it, or among the URL's parameters.
_PASSWORDS: Final = re.compile(r"://[^:/]*:([^@]+)@|[?&]\w*password=([^&]+)", re.IGNORECASE)


#: The settings file, in the current folder.
ENV_FILE: Final = ".env"
#: How similar (0 to 1) a name must be to a setting's to count as misspelled. Higher in the
#: environment, which other programs share.
_ALIKE, _CLOSE = 0.6, 0.85


class Origin(StrEnum):
    """Where the value of a setting comes from."""

    ENVIRONMENT = "environment"
    FILE = ENV_FILE
    DEFAULT = "default"


class Settings(BaseSettings):
    """Every setting there is. ``.env.example`` documents them; secrets hide their repr."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        extra="ignore",
        env_ignore_empty=True,
        # An invalid value may hold a secret too.
        hide_input_in_errors=True,
    )

    telegram_bot_token: SecretStr | None = None
    telegram_api_url: str = TELEGRAM
    telegram_sends_per_second: float = Field(default=30.0, ge=1.0, le=1000.0)
    webhook_url: str | None = None
    webhook_secret: SecretStr | None = None
    webhook_bind: str = "127.0.0.1:8443"
    database_url: SecretStr | None = None
    data_dir: Path = Path("data")
    index_url: SecretStr | None = None
    embedding_model: str = "bundled:e5-small-claims"
    admin_ids: Annotated[frozenset[int], NoDecode] = frozenset()
    console_url: str | None = None
    console_bind: str | None = None
    console_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    metrics_bind: str | None = None
    publish_needs_two: bool = False
    undo_seconds: int = Field(default=60, ge=0, le=3_600)
    secret_key: SecretStr | None = None
    retention_days: int = Field(default=90, ge=1, le=36_500)
    workers: int = 1
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO")

    @field_validator("admin_ids", mode="before")
    @classmethod
    def _split_ids(cls, value: Any) -> Any:
        if isinstance(value, str):
            parts = [part.strip() for part in value.split(",") if part.strip()]
            if not all(part.isascii() and part.isdigit() for part in parts):
                raise ValueError(
                    "must be numeric Telegram ids separated by commas, such as 123456789, not"
                    " @names; docs/operating.md says how to find them"
                )
            return parts
        return value

    @field_validator("console_proxies", mode="before")
    @classmethod
    def _networks(cls, value: Any) -> Any:
        if isinstance(value, str):
            parts = [part.strip() for part in value.split(",") if part.strip()]
            try:
                networks = [ipaddress.ip_network(part) for part in parts]
            except ValueError:
                raise ValueError(
                    "must be addresses or networks, such as 127.0.0.1 or 10.0.0.0/8"
                ) from None
            if not all(network.prefixlen for network in networks):
                raise ValueError("must not cover every address; name the proxy's own")
            return tuple(map(str, networks))
        return value

    @field_validator("workers", mode="before")
    @classmethod
    def _count(cls, value: Any) -> Any:
        text = str(value).strip().lower()
        if text == "auto":
            return min(PROCESSORS, MOST_WORKERS)
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_WORKERS):
            raise ValueError(
                f"write a number from 1 to {MOST_WORKERS}, or auto for as many as there are"
                " processors"
            )
        return int(text)

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @field_validator("telegram_api_url", "webhook_url", "console_url")
    @classmethod
    def _http(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with https:// or http://")
        return value.rstrip("/") if value else value

    @field_validator("index_url")
    @classmethod
    def _server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _is_milvus(value.get_secret_value()):
            raise ValueError(
                "write the address of a Milvus server, such as http://localhost:19530, with name,"
                " password and database as in http://name:password@host:19530/database; in a name"
                " or password write # / ? as %23 %2F %3F"
            )
        return value

    @field_validator("secret_key")
    @classmethod
    def _unguessable(cls, value: SecretStr | None) -> SecretStr | None:
        size = SHORTEST_KEY if value is None else len(value.get_secret_value().encode())
        if size < SHORTEST_KEY:
            raise ValueError(
                f"it has {size} bytes and could be guessed; set at least {SHORTEST_KEY}, as"
                f" {MAKE_KEY} prints them, or leave it empty to have one made in"
                " DATA_DIR/secret.key"
            )
        return value

    @property
    def database_address(self) -> str:
        """The database's address: SQLite under ``DATA_DIR`` unless one is set."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'tathabbat.db'}"

    @property
    def has_local_database(self) -> bool:
        """Whether the database is an SQLite file, which only processes of one machine share."""
        return self.database_address.startswith("sqlite")

    @property
    def console_address(self) -> str:
        """The console's public address: where it listens unless one is set."""
        return self.console_url or f"http://{self.console_bind}"

    @property
    def models_dir(self) -> Path:
        """Where models are unpacked."""
        return self.data_dir / "models"

    @property
    def index_dir(self) -> Path:
        """Where snapshots of the index are kept."""
        return self.data_dir / "index"

    @property
    def processes_dir(self) -> Path:
        """Where the locks of the processes that live are."""
        return self.data_dir / "processes"

    @property
    def key_file(self) -> Path:
        """Where the key is kept unless ``SECRET_KEY`` is set."""
        return self.data_dir / _KEY_FILE

    def secrets(self) -> list[str]:
        """Return the values that must never be shown, without generating a key."""
        given = (self.telegram_bot_token, self.webhook_secret, self.secret_key)
        found = [each.get_secret_value() for each in given if each is not None]
        index = self.index_url.get_secret_value() if self.index_url is not None else None
        addresses = (self.telegram_api_url, self.webhook_url, self.console_url, index)
        for address in (self.database_address, *filter(None, addresses)):
            for parts in _PASSWORDS.findall(address):
                written = "".join(parts)
                found += [written, unquote(written)]
        return found

    def secret(self) -> bytes:
        """Return the key that people's ids are hashed with; generated once under ``DATA_DIR``.

        Raises SettingsError if it can be neither read nor generated.
        """
        if self.secret_key is not None:
            return self.secret_key.get_secret_value().encode()
        path = self.key_file
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                _make_key(path)
            key = path.read_bytes()
        except OSError as error:
            raise SettingsError(
                f"the key {path} can be neither read nor made ({error.strerror}); check DATA_DIR,"
                " or set SECRET_KEY"
            ) from None
        if len(key) < _KEY_BYTES:
            raise SettingsError(
                f"the key {path} is cut short ({len(key)} of {_KEY_BYTES} bytes); restore it from"
                " a backup, or delete it to get a new one, which loses everybody's settings, roles"
                " and pending notifications"
            )
        redaction.hide(key.decode(errors="replace").strip())
        return key


def _is_milvus(address: str) -> bool:
    """Tell whether an address can be that of a Milvus server."""
    try:
        parts = urlsplit(address)
        layout = parse_qsl(parts.query, strict_parsing=bool(parts.query))
        numbers = [int(number) for name, number in layout if name in ("shards", "replicas")]
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return False
    # A password with # / ? in it ends the host there, and the rest would be shown.
    if not whole or "#" in address or "@" in parts.path + parts.query:
        return False
    return len(numbers) == len(layout) and all(number > 0 for number in numbers)


def _make_key(path: Path) -> None:
    """Write a random key to ``path``, readable for its owner only, unless one is there."""
    # A temporary file is readable for its owner only, and its name is unique.
    with NamedTemporaryFile("w", dir=path.parent, prefix=f"{path.name}.") as aside:
        aside.write(secrets.token_hex(32))
        aside.flush()
        with contextlib.suppress(FileExistsError):
            # Linking never overwrites: if two processes generate a key at once, the first wins.
            path.hardlink_to(aside.name)


def load() -> Settings:
    """Read the settings and hide their secrets from every log line from now on (``redaction``).

    Raises SettingsError, which names the first setting that is invalid.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = "_".join(str(part) for part in first["loc"][:1]).upper()
        reason = first["msg"].removeprefix("Value error, ")
        if first["type"].startswith("bool_"):
            reason = "write true or false"
        said = f"the setting {name} cannot be used: {reason[:1].lower()}{reason[1:]}"
        raise SettingsError(said) from None
    except OSError as error:
        raise SettingsError(f"the file .env cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise SettingsError("the file .env is not UTF-8 text; save it as UTF-8") from None
    redaction.hide(*settings.secrets())
    return settings


def find_origins() -> dict[str, Origin]:
    """Tell where the value of each setting comes from; the environment wins over the file."""
    environment, file = EnvSettingsSource(Settings)(), DotEnvSettingsSource(Settings)()
    found = {}
    for name in Settings.model_fields:
        if name in environment:
            found[name] = Origin.ENVIRONMENT
        else:
            found[name] = Origin.FILE if name in file else Origin.DEFAULT
    return found


@dataclass(frozen=True, slots=True)
class UnknownName:
    """A name that is not a setting, where it was found, and the setting it resembles."""

    name: str
    origin: Origin
    meant: str | None

    def __str__(self) -> str:
        where = "the environment" if self.origin is Origin.ENVIRONMENT else ENV_FILE
        hint = f"did you mean {self.meant}?" if self.meant else ".env.example lists the settings"
        return f"{self.name} in {where} is not a setting and is ignored; {hint}"


def find_unknown_names() -> list[UnknownName]:
    """Return unknown names in ``.env`` and misspelled setting names in the environment.

    Their values are never read: they may be secrets of other programs.
    """
    known = [name.upper() for name in Settings.model_fields]
    file = {name.upper() for name in DotEnvSettingsSource(Settings).env_vars}
    found = [
        UnknownName(single_line(name), Origin.FILE, _find_closest(name, known, _ALIKE))
        for name in sorted(file.difference(known))
    ]
    for name in sorted({name.upper() for name in os.environ}.difference(known, file)):
        meant = _find_closest(name, known, _CLOSE)
        # A name that ends with a whole setting's name is another program's, such as S3_SECRET_KEY.
        if meant and not name.endswith(meant):
            found.append(UnknownName(single_line(name), Origin.ENVIRONMENT, meant))
    return found


def _find_closest(name: str, known: Sequence[str], least: float) -> str | None:
    return next(iter(difflib.get_close_matches(name, known, 1, least)), None)


def no_color() -> bool:
    """Tell whether NO_COLOR asks for output without colours (https://no-color.org)."""
    return bool(os.environ.get("NO_COLOR"))
