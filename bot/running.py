"""Run the bot on Telegram, in one process or in several, and the console by itself."""

import asyncio
import gc
import logging
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Final

from bot.app import App
from bot.console import server
from bot.conversation.bot_profile import make_profile
from bot.conversation.outbox import Outbox
from bot.conversation.translations import DEFAULT, Language
from bot.errors import BotError, SettingsError
from bot.job_schedule import LOOK_S
from bot.observability import telemetry
from bot.observability.logs import name_process
from bot.observability.redaction import redact
from bot.observability.shared_metrics import remove_metrics
from bot.schema_guard import SchemaGuard
from bot.serving.metrics_server import HealthCollector, serve_metrics
from bot.supervision.shared_signals import SharedSignals
from bot.supervision.supervisor import (
    BROKEN,
    CANNOT_GO_ON,
    FRONT,
    Supervisor,
    end_child,
    require_fork,
    wait_for_threads,
)
from bot.telegram.handling.workers import AT_ONCE, Share
from bot.telegram.incoming.update_store import UpdateStore
from bot.telegram.setup import application
from bot.telegram.setup.application import Neighbours, TelegramConfig
from embeddings import thread_pool
from embeddings.bundled.e5_model import BUNDLED_NAME, STOCK_NAME
from knowledge.domain import now
from knowledge.index.follower import Follower
from knowledge.index.serving_index import ServingIndex

logger = logging.getLogger(__name__)

#: Seconds that a thread keeps the interpreter while others want it (``sys.setswitchinterval``).
#: Python's .005 is longer than most work here. Measured with this value: a tenth more claims
#: answered, and the slowest a fifth sooner.
SWITCH_S: Final = 0.001


def run_telegram(app: App) -> None:
    """Answer people on Telegram until a signal to stop. Raises TelegramChannelError."""
    sys.setswitchinterval(SWITCH_S)
    config = app.telegram_config()
    # Check the key and the token before loading anything heavy.
    _ = app.secret
    app.warn_of_unknown_names()
    asyncio.run(application.check(config, config.startup_tries))
    if app.settings.workers > 1:
        _run_processes(app, config)
    else:
        app.prepare()
        _take_updates(app, config)


def run_console(app: App) -> None:
    """Serve the moderators' console until a signal to stop. Raises ConsoleUnavailable."""
    bind = app.settings.console_bind
    if bind is None:
        raise SettingsError("CONSOLE_BIND is not set; set it to host:port, such as 127.0.0.1:8080")
    app.warn_of_unknown_names()
    app.prepare()
    following = Follower(app.sessions, app.index)
    serving = server.serve_beside(app.console, bind, app.settings.console_proxies)
    stop = server.catch_stop_signals()
    # Parsers end first: requests waiting for one get their error while the server still runs.
    with SchemaGuard(app.sessions), serving, following, app.parsers:
        server.wait_for(stop)


def _run_processes(app: App, config: TelegramConfig) -> None:
    """Load models and index, and fork: one process takes updates in, the others answer."""
    count = app.settings.workers
    require_fork()
    signals = SharedSignals(count)
    supervisor = Supervisor(count, signals)
    _load_shared(app, count)
    number = supervisor.run()
    if number is None:
        return
    name_process(number)
    config, code = application.share_config(config, count + 1), 0
    try:
        if isinstance(app.index, ServingIndex):
            app.index.reopen()
        app.prepare()
        if number == FRONT:
            _take_updates(app, config, signals)
        else:
            _answer_updates(app, config, signals, number)
    except BotError as error:
        sys.stderr.write(f"tathabbat: {redact(str(error))}\n")
        code = CANNOT_GO_ON
    except BaseException:
        logger.exception("process_broken")
        code = BROKEN
    if signals.has_supervisor_ended:
        # It was killed: nobody else removes them.
        remove_metrics()
    end_child(code)


def _load_shared(app: App, count: int) -> None:
    """Load what forked processes share; leave no connection behind, and no thread at work."""
    share = max(1, thread_pool.PROCESSORS // count)
    thread_pool.use_processors(share)
    engine = app.sessions.engine
    # In a thread, with which those that libraries keep for it end.
    with ThreadPoolExecutor(1) as loading:
        loading.submit(_load, app).result()
    thread_pool.use_processors(share)
    engine.dispose()
    gc.collect()
    # Nothing of it is looked through again, which would write to its pages.
    gc.freeze()
    logger.info("models_loaded", extra={"threads": wait_for_threads()})


def _load(app: App) -> None:
    # torch's threads do not outlive a fork, so there each process loads its own.
    if app.settings.embedding_model not in (BUNDLED_NAME, STOCK_NAME):
        return
    app.checker.prepare_models()
    # Nor do connections to an index server.
    if isinstance(app.index, ServingIndex):
        app.index.current(app.progress("Reading the knowledge base"))
        app.index.close()


def _take_updates(app: App, config: TelegramConfig, signals: SharedSignals | None = None) -> None:
    """Take updates in, and do all else. Other processes answer if there are ``signals``."""
    profiles = {
        "": make_profile(DEFAULT),
        **{each.value: make_profile(each) for each in Language},
    }
    neighbours, idle = None, None
    if signals is not None:
        neighbours = Neighbours(
            signals.supervisor_ended, partial(signals.beat, FRONT), signals.wake
        )
        idle = signals.measure_idle
    app.warn_of_another_key()
    # What came before, such as loading models, is no time that the loop hangs.
    telemetry.note_inbox_checked()
    jobs = app.jobs(config).in_background(LOOK_S)
    following = Follower(app.sessions, app.index)
    # Jobs end first, so that the console does not wait for a document that they read.
    with (
        SchemaGuard(app.sessions),
        _serve_metrics(app, idle),
        _serve_console(app),
        following,
        app.parsers,
        jobs,
    ):
        holder = app.process.name
        notifications = Outbox(app.sessions, app.secret, holder=holder)
        inbox = UpdateStore(app.sessions, app.secret, holder=holder)
        talk = app.conversation("telegram")
        application.run(config, talk, notifications, inbox, profiles, neighbours)


def _answer_updates(app: App, config: TelegramConfig, signals: SharedSignals, number: int) -> None:
    """Answer updates that another process takes in."""
    neighbours = Neighbours(
        signals.supervisor_ended,
        partial(signals.beat, number),
        signals.wake,
        signals.wakes(number),
        partial(signals.note_woken, number),
        partial(signals.note_looked, number),
        Share(AT_ONCE, thread_pool.count_processors() + 1),
    )
    with Follower(app.sessions, app.index), app.parsers:
        inbox = UpdateStore(app.sessions, app.secret, holder=app.process.name)
        application.run_answering(config, app.conversation("telegram"), inbox, neighbours)


def _serve_metrics(
    app: App, idle_processes: Callable[[], list[float]] | None
) -> AbstractContextManager[None]:
    bind = app.settings.metrics_bind
    standing = HealthCollector(app.sessions, app.index, now, idle_processes=idle_processes)
    return serve_metrics(standing, bind) if bind else nullcontext()


def _serve_console(app: App) -> AbstractContextManager[None]:
    bind, proxies = app.settings.console_bind, app.settings.console_proxies
    return server.serve_beside(app.console, bind, proxies) if bind else nullcontext()
