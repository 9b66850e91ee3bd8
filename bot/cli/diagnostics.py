"""Check each part of an installation, and say how to fix what is wrong."""

import ipaddress
import shlex
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from bot import media
from bot.app import App
from bot.cli.file_permissions import measure_exposure
from bot.cli.word_counts import format_count
from bot.conversation.delivery_failures import compose_failure_line
from bot.conversation.translations import Language, load_catalogue
from bot.errors import BotError
from bot.media.errors import OcrMissing
from bot.observability.redaction import redact
from bot.settings import NO_WEBHOOK_ADDRESS, NO_WEBHOOK_SECRET, TELEGRAM, find_unknown_names
from bot.supervision.supervisor import require_fork
from embeddings.cross_encoder.onnx_cross_encoder import Pair
from embeddings.errors import EmbeddingsError, IndexUnavailable
from embeddings.index import snapshot
from embeddings.thread_pool import PROCESSORS
from knowledge.accounts import people
from knowledge.corpus import sources
from knowledge.domain import now
from knowledge.errors import AddressUnreadable, DatabaseUnavailable, KnowledgeError
from knowledge.outbox import delivery, pending_notifications
from knowledge.statistics import trends
from knowledge.storage import schema
from knowledge.storage.database import require_whole
from knowledge.storage.database_failures import explain_unwritable, is_read_only
from knowledge.update_queue import queued_updates, scheduled_jobs

#: Free disk space below which the next index, backup or model may not fit; and below which
#: nothing does.
_LITTLE: Final = 2 * 2**30
_NOTHING: Final = 200 * 2**20
#: Age and number of later changes at which an index makes every start slow.
_OLD: Final = timedelta(days=30)
_MANY_CHANGES: Final = 1_000
#: How long something may be due before nothing seems to process it: a running bot polls every
#: few seconds.
_LATE: Final = timedelta(minutes=20)
#: Consecutive failures after which a feed will hardly recover by itself.
_FAILURES: Final = 3
#: Updates pending at Telegram that a healthy bot never reaches.
_MANY_WAITING: Final = 100
#: How long a failed delivery to the webhook is reported.
_RECENT: Final = timedelta(hours=1)


class State(StrEnum):
    """The state of a part."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Finding:
    """A part, its state, and how to fix it if it is not fine."""

    part: str
    state: State
    message: str


_Look = Callable[[App], tuple[State, str]]


def examine(app: App) -> Iterator[Finding]:
    """Check all parts, whatever fails.

    An error that affects several parts, such as a missing database, is reported for the first only.
    """
    said: set[str] = set()
    for part, look in _PARTS.items():
        try:
            state, message = look(app)
        except (KnowledgeError, EmbeddingsError, BotError) as error:
            state, message = State.FAILURE, str(error)
        if state is not State.OK:
            if message in said:
                continue
            said.add(message)
        # A server or proxy may have quoted the request.
        yield Finding(part, state, redact(message))


def _settings(app: App) -> tuple[State, str]:
    where = app.settings.data_dir
    if unknown := find_unknown_names():
        return State.WARNING, "; ".join(map(str, unknown))
    return State.OK, f"can all be used; DATA_DIR is {where}"


def _database(app: App) -> tuple[State, str]:
    require_whole(app.database.engine)
    found = schema.state(app.database.engine)
    return (
        State.OK,
        f"{app.database.engine.dialect.name} answers, at revision {found.current or 'none'}",
    )


def _migrations(app: App) -> tuple[State, str]:
    found = schema.state(app.database.engine)
    schema.require_known(found)
    if found.current is None:
        return State.WARNING, schema.EMPTY
    if not found.ready:
        raise DatabaseUnavailable("its schema is behind; run `tathabbat db upgrade`")
    if differences := schema.find_drift(app.database.engine):
        return State.FAILURE, (
            f"the database differs from its revision in {format_count(len(differences), 'place')};"
            " see `tathabbat db check`, and restore a backup"
        )
    return State.OK, f"at this program's revision {found.head}"


def _disk(app: App) -> tuple[State, str]:
    folder = app.settings.data_dir.absolute()
    while not folder.exists():
        folder = folder.parent
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return State.FAILURE, f"{folder} cannot be read ({error.strerror}); check DATA_DIR"
    if is_read_only(folder):
        return State.FAILURE, f"nothing can be kept: {explain_unwritable(folder)}"
    said = f"{free / 2**30:.1f} GB are free for DATA_DIR"
    if free < _NOTHING:
        return State.FAILURE, f"{said}; make room, or nothing can be written soon"
    if free < _LITTLE:
        return State.WARNING, f"{said}; make room: the next index or backup may not fit"
    return State.OK, said


def _files(app: App) -> tuple[State, str]:
    folder = app.settings.data_dir
    try:
        if _others_may_read(Path(".env")):
            return State.WARNING, "others may read .env, which holds secrets; run `chmod 600 .env`"
        found = measure_exposure(folder)
    except FileNotFoundError:
        return State.OK, f"{folder} is not there yet"
    except OSError as error:
        return State.FAILURE, (
            f"{error.filename or folder} cannot be read ({error.strerror}); run this as the user"
            " who runs the bot"
        )
    if why := explain_unwritable(folder):
        return State.FAILURE, why
    # If it is a symbolic link, the commands have to change its target.
    place = shlex.quote(str(folder.resolve() if folder.is_symlink() else folder))
    if found.foreign:
        owner = folder.stat().st_uid
        return State.WARNING, (
            f"{_files_and_folders(found.foreign)}, first {found.first_foreign}, belong to another"
            f" user than {folder} does; run `sudo chown -R {owner} {place}`"
        )
    if found.readable:
        return State.WARNING, (
            f"others may use {_files_and_folders(found.readable)}, first {found.first_readable};"
            f" run `chmod -R go= {place}`"
        )
    return State.OK, f"{found.looked_at} in {folder}, for their owner only"


def _secret_key(app: App) -> tuple[State, str]:
    settings = app.settings
    where = "SECRET_KEY" if settings.secret_key is not None else str(settings.key_file)
    somebody = app.sessions.read(people.has_people)
    if settings.secret_key is None and not settings.key_file.exists():
        if somebody:
            return State.FAILURE, (
                f"{where} is missing, but the database was written with it; restore it from a"
                " backup: a new key loses everybody's settings, roles and pending notifications"
            )
        return State.WARNING, f"the first start makes {where}; back it up then"
    try:
        app.sessions.read(people.require_secret, settings.secret())
    except AddressUnreadable:
        return State.FAILURE, f"{where} is not the key of this database; restore that key"
    if settings.secret_key is None and _others_may_read(settings.key_file):
        return State.WARNING, f"others may read {where}; run `chmod 600 {where}`"
    return State.OK, f"{where} is there; back it up, apart from the database"


def _models(app: App) -> tuple[State, str]:
    if not app.settings.models_dir.is_dir():
        return State.OK, "not checked: the first command that needs them unpacks them"
    dimensions = app.encoder.encode_claims(["1"]).shape[1]
    app.reader.read([Pair("1", "1")])
    name = app.settings.embedding_model
    return State.OK, f"{name} gives {dimensions} dimensions, and the judge works"


def _index(app: App) -> tuple[State, str]:
    try:
        state = app.builds.inspect(app.encoder.fingerprint)
    except IndexUnavailable as error:
        if app.settings.index_url is None or snapshot.current_name(app.settings.index_dir) is None:
            raise
        return State.FAILURE, f"{error}; meanwhile the snapshot in DATA_DIR answers"
    if not state.published:
        return State.WARNING, "nothing is published; run `tathabbat ingest FILE --publish`"
    if state.manifest is None:
        return State.WARNING, f"was never built; run `tathabbat reindex`{_first_worth(app)}"
    since, behind = state.last_change - state.manifest.change_number, state.behind
    held = format_count(state.manifest.count, "statement")
    said = f"holds {held}, {format_count(behind, 'change')} behind"
    built = app.builds.built_at(state.manifest.name)
    age = timedelta(0) if built is None else now() - built
    said = f"{said}, built {_span(age)} ago"
    if not behind and (state.missing or state.extra):
        return State.FAILURE, f"{said}, but differs from the database; run `tathabbat reindex`"
    if since >= _MANY_CHANGES or (since and age >= _OLD):
        return State.WARNING, f"{said}; run `tathabbat reindex` for {_worth(app)}"
    return State.OK, said


def _first_worth(app: App) -> str:
    return " for faster starts" if app.settings.index_url is None else ", or the first start does"


def _worth(app: App) -> str:
    # On a server changes are in the index, but not in its term frequencies.
    return "faster starts" if app.settings.index_url is None else "up-to-date word weights"


def _pictures(_: App) -> tuple[State, str]:
    try:
        return State.OK, f"text in pictures is read by {media.find_tesseract()}"
    except OcrMissing as error:
        # Pictures are optional: people are told that theirs are not read.
        return State.WARNING, str(error)


def _telegram(app: App) -> tuple[State, str]:
    if app.settings.telegram_bot_token is None:
        return State.WARNING, "TELEGRAM_BOT_TOKEN is not set; only `tathabbat run` needs it"
    found = app.registration
    said = [f"the token is that of @{found.name}"]
    if not found.inline:
        said.append("inline mode is off (@BotFather, /setinline, lets people ask in any chat)")
    if not found.reads_groups:
        said.append(
            "privacy mode is on: where a group is to be watched, make the bot an admin there, or"
            " turn it off for all groups (@BotFather, /setprivacy)"
        )
    return State.OK, "; ".join(said)


def _webhook(app: App) -> tuple[State, str]:
    settings, wanted = app.settings, app.settings.webhook_url
    # One's own Bot API server may deliver updates within one's own network.
    if wanted and urlsplit(wanted).scheme != "https" and settings.telegram_api_url == TELEGRAM:
        return State.FAILURE, (
            "WEBHOOK_URL is not https, and Telegram delivers updates to https only; set the https"
            " address of a proxy that forwards to the bot, or leave it empty to poll"
        )
    if wanted and settings.webhook_secret is None:
        return State.FAILURE, NO_WEBHOOK_SECRET
    if wanted and _host(settings.webhook_bind) is None:
        return State.FAILURE, NO_WEBHOOK_ADDRESS
    if settings.telegram_bot_token is None:
        return State.OK, "not checked without a token"
    found = app.registration
    said = f"{format_count(found.waiting, 'update waits', 'updates wait')} at Telegram"
    if wanted and found.webhook_url != wanted:
        return State.WARNING, (
            "Telegram does not deliver updates to WEBHOOK_URL yet; `tathabbat run` registers it;"
            f" {said}"
        )
    if not wanted and found.webhook_url:
        return State.WARNING, (
            "Telegram delivers updates to a webhook, but WEBHOOK_URL is not set; `tathabbat run`"
            f" removes it: check that no other bot uses the token; {said}"
        )
    recent = found.failed_at is not None and now() - found.failed_at < _RECENT
    if wanted and found.failure and recent:
        return State.WARNING, (
            f"Telegram could not deliver an update ({found.failure}); check that the proxy at"
            f" WEBHOOK_URL forwards to the bot; {said}"
        )
    if found.waiting > _MANY_WAITING:
        return State.WARNING, f"{said}; check that `tathabbat run` is running"
    return State.OK, f"{'registered' if wanted else 'polled, none registered'}; {said}"


def _updates(app: App) -> tuple[State, str]:
    found = app.sessions.read(queued_updates.count_states)
    said = f"{format_count(found.waiting, 'waits', 'wait')} for an answer"
    if found.oldest is not None:
        said += f", the longest for {_span(now() - found.oldest)}"
    said += f"; {format_count(found.repeats, 'answer')} may have been sent twice"
    if found.given_up:
        return State.WARNING, (
            f"{format_count(found.given_up, 'update was', 'updates were')} given up;"
            f" `tathabbat updates list` says why, `tathabbat updates retry` tries again; {said}"
        )
    if found.oldest is not None and now() - found.oldest > _LATE:
        return State.WARNING, f"{said}; check that `tathabbat run` is running, and read its log"
    return State.OK, said


def _console(app: App) -> tuple[State, str]:
    url, bind = app.settings.console_url, app.settings.console_bind
    if bind is None:
        if url is not None:
            return State.WARNING, "CONSOLE_URL is set but not CONSOLE_BIND; set both, or neither"
        return State.OK, "off; CONSOLE_BIND turns it on"
    host = _host(bind)
    if host is None:
        return State.FAILURE, "CONSOLE_BIND is not host:port; write it like 127.0.0.1:8080"
    if url is None:
        if _is_local(host):
            return State.OK, f"at {bind}, for this machine only; CONSOLE_URL opens it to others"
        return State.WARNING, (
            "CONSOLE_URL is not set, but other machines can reach CONSOLE_BIND; set it to the"
            " https address of a proxy that forwards to the console"
        )
    parts = urlsplit(url)
    if parts.scheme != "https" and not _is_local(parts.hostname or ""):
        return State.WARNING, (
            "CONSOLE_URL is not https: cookies and sign-in links are sent unencrypted; put a proxy"
            " that terminates TLS in front"
        )
    if not _is_local(parts.hostname or "") and not app.settings.console_proxies:
        return State.WARNING, (
            "CONSOLE_PROXIES is not set: everybody behind the proxy at CONSOLE_URL shares one"
            " limit of sign-in attempts; set it to the proxy's address"
        )
    return State.OK, f"at {url}, listening at {bind}"


def _metrics(app: App) -> tuple[State, str]:
    bind = app.settings.metrics_bind
    if bind is None:
        return State.OK, "off; METRICS_BIND turns /healthz and /metrics on"
    host = _host(bind)
    if host is None:
        return State.FAILURE, "METRICS_BIND is not host:port; write it like 127.0.0.1:9464"
    if not _is_local(host):
        return State.WARNING, (
            f"other machines can reach {bind}; check that only your monitoring does"
        )
    return State.OK, f"/healthz and /metrics at {bind} while the bot runs"


def _workers(app: App) -> tuple[State, str]:
    count = app.settings.workers
    if count == 1:
        return State.OK, "one process does everything; WORKERS has more of them answer"
    require_fork()
    if count > PROCESSORS:
        return State.WARNING, (
            f"{count} processes answer with {format_count(PROCESSORS, 'processor')}, which takes"
            " memory and gains nothing; set WORKERS=auto"
        )
    return State.OK, f"{count} processes answer, beside one that takes updates in"


def _feeds(app: App) -> tuple[State, str]:
    listed = [each for each in app.sessions.read(sources.list_feeds) if not each.paused]
    failing = [each for each in listed if each.failures >= _FAILURES]
    if failing:
        first = failing[0]
        return State.WARNING, (
            f"{len(failing)} of {format_count(len(listed), 'feed')} failing, first {first.url}"
            f" ({first.error}); correct the address, or run `tathabbat sources pause {first.id}`"
        )
    return State.OK, f"{format_count(len(listed), 'is', 'are')} polled"


def _jobs(app: App) -> tuple[State, str]:
    late = app.sessions.read(scheduled_jobs.list_overdue, now() - _LATE)
    if late:
        names = ", ".join(each.name for each in late)
        return State.WARNING, (
            f"late: {names}, the first for {_span(now() - late[0].due_at)}; check that"
            " `tathabbat run` is running"
        )
    return State.OK, "none is late"


def _notifications(app: App) -> tuple[State, str]:
    until = now()
    waiting, oldest = app.sessions.read(pending_notifications.count_waiting, until - _LATE)
    if waiting and oldest is not None:
        return State.WARNING, (
            f"{format_count(waiting, 'person waits', 'people wait')} to be told something, the"
            f" longest for {_span(now() - oldest)}; check that `tathabbat run` is running, and read"
            " its log"
        )
    failures = app.sessions.read(delivery.list_failures, until - trends.UNREACHED, until)
    if failures:
        why = compose_failure_line(failures, load_catalogue(Language.ENGLISH))
        return State.OK, f"none is stuck; people given up in the last 7 days: {why}"
    return State.OK, "none is stuck"


_PARTS: Final[dict[str, _Look]] = {
    "settings": _settings,
    "database": _database,
    "migrations": _migrations,
    "disk": _disk,
    "files": _files,
    "secret key": _secret_key,
    "models": _models,
    "index": _index,
    "pictures": _pictures,
    "telegram": _telegram,
    "webhook": _webhook,
    "updates": _updates,
    "console": _console,
    "metrics": _metrics,
    "workers": _workers,
    "feeds": _feeds,
    "jobs": _jobs,
    "notifications": _notifications,
}


def _files_and_folders(number: int) -> str:
    return format_count(number, "file or folder", "files and folders")


def _others_may_read(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & 0o077)
    except OSError:
        return False


def _host(bind: str) -> str | None:
    """Return the host of host:port; None if it is invalid."""
    host, colon, port = bind.rpartition(":")
    right = colon and host and port.isascii() and port.isdigit() and 0 < int(port) < 2**16
    return host.strip("[]") if right else None


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _span(passed: timedelta) -> str:
    minutes = int(passed.total_seconds() // 60)
    for size, unit in ((24 * 60, "days"), (60, "hours")):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit}"
    return format_count(max(0, minutes), "minute")
