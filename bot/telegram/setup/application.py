"""Configure, build and run the Telegram application, and check the token."""

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import cast
from urllib.parse import urlsplit

from telegram import Bot
from telegram.error import BadRequest, InvalidToken, TelegramError
from telegram.ext import ApplicationBuilder, ContextTypes
from telegram.request import BaseRequest

from bot.conversation.interface import Talk
from bot.conversation.outbox import NotificationQueue
from bot.observability import redaction, telemetry
from bot.observability.logs import clean_records
from bot.stopping import list_stop_signals, repeat_during, unless_stopped
from bot.telegram.errors import TelegramUnreachable, TokenMissing, TokenRejected, WebhookUnavailable
from bot.telegram.handling import groups, handlers
from bot.telegram.handling.context import App, Context, HandlerState
from bot.telegram.handling.workers import (
    FAREWELL_SECONDS,
    LOOK_SECONDS,
    Share,
    Workers,
    run_workers,
)
from bot.telegram.incoming.admission_control import AdmissionControl
from bot.telegram.incoming.filters import ALLOWED_UPDATES
from bot.telegram.incoming.intake import Intake
from bot.telegram.incoming.polling import poll
from bot.telegram.incoming.update_store import UpdateStore
from bot.telegram.incoming.webhook import new_secret, webhook_server
from bot.telegram.outgoing.aiohttp_request import AiohttpRequest
from bot.telegram.outgoing.notification_delivery import NotificationSender, run_delivery
from bot.telegram.outgoing.paced_requests import Pacer, SharedPacer
from bot.telegram.outgoing.pacing import Pacing
from bot.telegram.outgoing.rate_limits import Limits
from bot.telegram.outgoing.send_errors import UNREADABLE, name_failure
from bot.telegram.outgoing.shared_limits import SharedLimits
from bot.telegram.outgoing.unrecorded_window import UnrecordedWindow
from bot.telegram.setup.profile import Profiles, publish
from knowledge.backoff import Backoff
from knowledge.errors import DatabaseFailed

logger = logging.getLogger(__name__)

DEFAULT_API_URL = "https://api.telegram.org"

# "123456789:AAH..." as @BotFather prints it; it becomes a part of each request's path.
_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")
_BACKOFF = Backoff(timedelta(seconds=1), timedelta(minutes=1))
# Of a process that takes another's place: Telegram may fail for long meanwhile.
_PATIENT_TRIES = 10_000
# As many connections as the limits allow at once. One message takes about a tenth of a second.
_CONNECTIONS = 8
_MESSAGE_SECONDS = 0.1
_CONNECTION_SECONDS = 20.0
# How often one of several processes shows that it does not hang.
_BEAT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class TelegramConfig:
    """How to reach Telegram, and how Telegram reaches the bot.

    Updates are polled unless ``webhook_url`` is set: then its path is served on
    ``listen_host``:``listen_port``, to which the public address must forward. Without
    ``webhook_secret`` a new one is generated at every start. ``startup_tries`` limits the attempts
    to reach Telegram at the start, with pauses of 1, 2, 4... seconds. An answer that takes longer
    than ``placeholder_seconds`` is preceded by a placeholder; a stop waits at most
    ``shutdown_seconds`` for running updates. ``limits`` count in this process alone unless
    ``shared_limits``: then all processes of the database keep to them together.
    """

    token: str = field(repr=False)
    api_url: str = DEFAULT_API_URL
    webhook_url: str | None = None
    webhook_secret: str | None = field(default=None, repr=False)
    listen_host: str = "127.0.0.1"
    listen_port: int = 8443
    startup_tries: int = 3
    limits: Limits = field(default_factory=Limits)
    shared_limits: bool = False
    placeholder_seconds: float = 0.5
    shutdown_seconds: float = FAREWELL_SECONDS


def share_config(config: TelegramConfig, processes: int) -> TelegramConfig:
    """Return the config of one of several processes of this machine.

    Each has its share of what may be sent, unless all share the limits anyway.
    """
    limits = config.limits
    if not config.shared_limits:
        limits = replace(
            limits,
            sends_per_second=limits.sends_per_second / processes,
            sends_burst=max(1, limits.sends_burst // processes),
        )
    return replace(config, startup_tries=_PATIENT_TRIES, limits=limits)


def build(
    config: TelegramConfig,
    talk: Talk,
    request: BaseRequest | None = None,
    pacer: Pacer | None = None,
) -> App:
    """Build the application with its handlers; nothing is sent before it is initialised.

    ``request`` is the transport of its calls, by default HTTP; ``pacer`` delays them, by default
    by the limits of this process. Raises
    ``TokenMissing``, ``TokenRejected`` (not the shape of a token) or
    ``TelegramUnreachable`` (``api_url`` is no web address).
    """
    api_url = _checked_api_url(config)
    _keep_out_of_logs(config.token)
    pacer = pacer or Pacer(Pacing(config.limits))
    under_way = round(config.limits.sends_per_second * _MESSAGE_SECONDS)
    connections = max(_CONNECTIONS, under_way)
    # PTB only calls ``bot_data``, so a factory works as well as a type.
    window = UnrecordedWindow(config.limits.unrecorded)
    state = cast(type[HandlerState], partial(HandlerState, talk, pacer, window))
    application = (
        ApplicationBuilder()
        .token(config.token)
        .base_url(f"{api_url}/bot")
        .base_file_url(f"{api_url}/file/bot")
        .context_types(ContextTypes(context=Context, bot_data=state))
        .rate_limiter(pacer)
        .request(request or AiohttpRequest(connections, _CONNECTION_SECONDS))
        .updater(None)
        .job_queue(None)
        .build()
    )
    handlers.register(application)
    return application


def make_intake_and_workers(
    application: App,
    update_store: UpdateStore,
    config: TelegramConfig,
    shared: SharedLimits | None = None,
) -> tuple[Intake, Workers]:
    """Return the intake, which stores updates, and the workers, which answer them."""
    workers = Workers(
        application, update_store, config.placeholder_seconds, config.shutdown_seconds
    )
    return _make_intake(application, update_store, config, workers.wake, shared), workers


def _make_intake(
    application: App,
    update_store: UpdateStore,
    config: TelegramConfig,
    on_new: Callable[[], None],
    shared: SharedLimits | None,
) -> Intake:
    is_meant = partial(handlers.is_handled, application)
    is_overheard = partial(groups.is_overheard, application)
    admission = AdmissionControl(config.limits)
    return Intake(update_store, admission, on_new, is_meant, is_overheard, shared=shared)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The other processes of this bot, as one of them sees them.

    ``wake`` tells those that answer that updates are stored; ``woken`` can be read when this one is
    told so, and ``note_woken`` empties it. ``ended`` can be read once the supervisor has ended,
    which kills this process if it does not call ``beat`` for long. ``note_looked`` records that
    this process looked for updates. ``share`` is what it takes.
    """

    ended: int
    beat: Callable[[], None]
    wake: Callable[[], None]
    woken: int | None = None
    note_woken: Callable[[], None] = lambda: None
    note_looked: Callable[[], None] = lambda: None
    share: Share | None = None


def run(
    config: TelegramConfig,
    talk: Talk,
    notifications: NotificationQueue,
    update_store: UpdateStore,
    profiles: Profiles,
    neighbours: Neighbours | None = None,
) -> None:
    """Run the bot until SIGINT, SIGTERM or SIGHUP; running updates are finished first.

    With ``neighbours`` others answer what this process takes in. Raises a ``TelegramChannelError``
    if it cannot start or go on.
    """
    stopping = partial(serve, config, talk, notifications, update_store, profiles)
    asyncio.run(_until_signal(partial(stopping, neighbours=neighbours), neighbours))


def run_answering(
    config: TelegramConfig, talk: Talk, update_store: UpdateStore, neighbours: Neighbours
) -> None:
    """Answer updates that ``neighbours`` take in, until a signal to stop. Raises as ``run``."""
    stopping = partial(_serve_answers, config, talk, update_store, neighbours)
    asyncio.run(_until_signal(stopping, neighbours))


async def serve(
    config: TelegramConfig,
    talk: Talk,
    notifications: NotificationQueue,
    update_store: UpdateStore,
    profiles: Profiles,
    stop: asyncio.Event,
    neighbours: Neighbours | None = None,
) -> None:
    """Run the bot within a running event loop until ``stop`` is set. Raises as ``run`` does."""
    shared = _open_shared_limits(config, update_store)
    async with _application(config, talk, update_store, shared, stop) as application:
        if stop.is_set():
            return
        if neighbours is None:
            intake, workers = make_intake_and_workers(application, update_store, config, shared)
            answering = run_workers(workers, stop)
        else:
            intake = _make_intake(application, update_store, config, neighbours.wake, shared)
            answering = repeat_during(partial(_look, application, update_store), LOOK_SECONDS)
        sender = NotificationSender(application.bot, notifications, application.bot_data.window)
        publishing = _publishing(application.bot, profiles)
        remembering = groups.remember_watched_groups(application.bot_data)
        delivering = run_delivery(sender, config.shutdown_seconds)
        async with publishing, remembering, delivering, answering:
            if config.webhook_url:
                await _serve_webhook(application.bot, intake, config, config.webhook_url, stop)
            else:
                await unless_stopped(_insist(config, application.bot.delete_webhook), stop)
                extra = {"way": "polling", "bot": application.bot.username}
                logger.info("bot_started", extra=extra)
                await poll(application.bot, intake, stop)
            # Stop it together with the workers: both take no longer than one of them.
            sender.stop()


async def _look(application: App, update_store: UpdateStore) -> None:
    """Do what a process that answers does when it looks for updates, without taking any."""
    telemetry.note_inbox_checked()
    with contextlib.suppress(DatabaseFailed):
        await update_store.count_waiting()
        application.bot_data.window.reopen()


@contextlib.asynccontextmanager
async def _publishing(bot: Bot, profiles: Profiles) -> AsyncIterator[None]:
    publishing = asyncio.create_task(publish(bot, profiles))
    try:
        yield
    finally:
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)


async def _serve_answers(
    config: TelegramConfig,
    talk: Talk,
    update_store: UpdateStore,
    neighbours: Neighbours,
    stop: asyncio.Event,
) -> None:
    shared = _open_shared_limits(config, update_store)
    async with _application(config, talk, update_store, shared, stop) as application:
        if stop.is_set():
            return
        workers = Workers(
            application,
            update_store,
            config.placeholder_seconds,
            config.shutdown_seconds,
            neighbours.share,
            neighbours.note_looked,
        )

        def wake() -> None:
            neighbours.note_woken()
            workers.wake()

        if neighbours.woken is not None:
            asyncio.get_running_loop().add_reader(neighbours.woken, wake)
        remembering = groups.remember_watched_groups(application.bot_data)
        async with remembering, run_workers(workers, stop):
            logger.info("answering_started")
            await stop.wait()


def _open_shared_limits(config: TelegramConfig, update_store: UpdateStore) -> SharedLimits | None:
    return SharedLimits(update_store.open_shared_limits()) if config.shared_limits else None


@contextlib.asynccontextmanager
async def _application(
    config: TelegramConfig,
    talk: Talk,
    update_store: UpdateStore,
    shared: SharedLimits | None,
    stop: asyncio.Event,
) -> AsyncIterator[App]:
    """Yield the application, initialised unless ``stop`` was set before; close all at the end."""
    pacer = SharedPacer(config.limits, update_store.lane, shared) if shared else None
    application = build(config, talk, pacer=pacer)
    try:
        await unless_stopped(_insist(config, application.initialize), stop)
        yield application
    finally:
        application.bot_data.close()
        await application.shutdown()
        # A failed start leaves the application "not initialised" but its clients open.
        await application.bot.shutdown()
        if shared is not None:
            await shared.close()
        await update_store.close()
        logger.info("bot_stopped")


async def check(config: TelegramConfig, tries: int = 1) -> str:
    """Return the bot's username at Telegram.

    Raises ``TokenMissing``, ``TokenRejected`` or, after ``tries``, ``TelegramUnreachable``.
    """
    async with connect(config, tries) as bot:
        return bot.username


@contextlib.asynccontextmanager
async def connect(config: TelegramConfig, tries: int = 1) -> AsyncIterator[Bot]:
    """Yield a connected bot. Raises as ``check`` does."""
    api_url = _checked_api_url(config)
    _keep_out_of_logs(config.token)
    bot = Bot(
        config.token,
        base_url=f"{api_url}/bot",
        base_file_url=f"{api_url}/file/bot",
        request=AiohttpRequest(_CONNECTIONS),
    )
    try:
        await _insist(config, bot.initialize, tries)
        yield bot
    finally:
        await bot.shutdown()


async def _until_signal(
    serving: Callable[[asyncio.Event], Awaitable[None]], neighbours: Neighbours | None
) -> None:
    """Run until a signal to stop, or the end of the supervisor, if there is one."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in list_stop_signals():
        # Windows' event loops have no signal handlers: there Ctrl-C ends the run less gracefully.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    if neighbours is not None:

        def end() -> None:
            loop.remove_reader(neighbours.ended)
            stop.set()

        loop.add_reader(neighbours.ended, end)

        def beat() -> None:
            neighbours.beat()
            loop.call_later(_BEAT_SECONDS, beat)

        beat()
    await serving(stop)


async def _serve_webhook(
    bot: Bot, intake: Intake, config: TelegramConfig, webhook_url: str, stop: asyncio.Event
) -> None:
    secret = config.webhook_secret or new_secret()
    _keep_out_of_logs(secret)
    host, port = config.listen_host, config.listen_port

    async def register() -> None:
        try:
            await bot.set_webhook(webhook_url, secret_token=secret, allowed_updates=ALLOWED_UPDATES)
        except BadRequest as error:
            raise WebhookUnavailable(f"Telegram says: {error.message}") from None

    # Listen first: Telegram may call as soon as the address is registered.
    async with webhook_server(intake, webhook_url, host, port, secret):
        await unless_stopped(_insist(config, register), stop)
        logger.info("bot_started", extra={"way": "webhook", "bot": bot.username})
        await stop.wait()


async def _insist(
    config: TelegramConfig, action: Callable[[], Awaitable[object]], tries: int | None = None
) -> None:
    """Retry ``action`` until Telegram answers, ``tries`` times at most."""
    most = config.startup_tries if tries is None else tries
    for failures in range(most):
        try:
            await action()
        except InvalidToken:
            raise TokenRejected from None
        except (TelegramError, *UNREADABLE) as error:
            reason, pause = name_failure(error), _BACKOFF.pause(failures).total_seconds()
            if failures == most - 1:
                raise TelegramUnreachable(config.api_url, reason) from None
            logger.warning("telegram_unreachable", extra={"error": reason, "retry_in_s": pause})
        else:
            return
        await asyncio.sleep(pause)


def _checked_api_url(config: TelegramConfig) -> str:
    """Check the format of token and API address; return the address without a trailing slash."""
    if not config.token.strip():
        raise TokenMissing
    if not _TOKEN.fullmatch(config.token):
        raise TokenRejected
    try:
        parts = urlsplit(config.api_url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable:
        raise TelegramUnreachable(config.api_url, "not an http(s) address")
    return config.api_url.rstrip("/")


def _keep_out_of_logs(secret: str) -> None:
    """Hide a secret in all logs, and stop the HTTP client from logging requests.

    Telegram's URLs contain the token, and another server's answers may repeat them.
    """
    redaction.hide(secret)
    clean_records()
    for name in ("httpx", "httpcore", "aiohttp"):
        logging.getLogger(name).setLevel(logging.WARNING)
