"""Wire the program's objects together: the composition root."""

import asyncio
import atexit
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import SettingsError
from bot.observability.logs import configure
from bot.settings import NO_WEBHOOK_ADDRESS, NO_WEBHOOK_SECRET, Settings, find_unknown_names, load
from embeddings.errors import IndexUnreachable
from embeddings.progress import Progress
from knowledge.domain import now
from knowledge.errors import AddressUnreadable
from knowledge.storage.database import Sessions, open_engine
from knowledge.storage.schema import require_ready

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from bot.conversation.conversation import Conversation
    from bot.fetching import Fetcher
    from bot.ingestion.feed_poller import Poller
    from bot.parsing.parser_pool import ParserPool
    from bot.scheduled_jobs import JobRunner
    from bot.telegram.setup.application import TelegramConfig
    from bot.telegram.setup.registration import Registration
    from embeddings.cross_encoder.onnx_cross_encoder import OnnxCrossEncoder
    from embeddings.encoders.encoder import SentenceTransformerEncoder
    from knowledge.agreement.judgement import Judge
    from knowledge.checking.calibration import Calibration
    from knowledge.checking.claim_checker import ClaimChecker
    from knowledge.claim_queue.claim_equivalence import ClaimEquivalence
    from knowledge.claim_queue.clustering import Clusters
    from knowledge.index.index_builds import IndexBuilds
    from knowledge.index.serving_index import Serving
    from knowledge.operations.process_locks import ProcessLock

logger = logging.getLogger(__name__)

#: Makes a progress bar for a label; None without a terminal.
ProgressBars = Callable[[str], Progress | None]


class App:
    """Hold everything a command needs; each part is created on first use.

    So a command that never encodes never loads the model's libraries.
    """

    def __init__(self, progress: ProgressBars) -> None:
        self.progress = progress

    @cached_property
    def settings(self) -> Settings:
        """The settings, read once. Raises SettingsError, which names the invalid setting."""
        settings = load()
        configure(settings.log_level)
        return settings

    @property
    def makes_database(self) -> bool:
        """Whether a missing database is created; otherwise it is an error."""
        return True

    @cached_property
    def database(self) -> Sessions:
        """The database, whatever its schema's revision. Raises DatabaseUnavailable."""
        return Sessions(open_engine(self.settings.database_address, make=self.makes_database))

    @cached_property
    def sessions(self) -> Sessions:
        """The database, checked to have this code's schema. Raises DatabaseUnavailable."""
        require_ready(self.database.engine, make=self.makes_database)
        return self.database

    @cached_property
    def process(self) -> "ProcessLock":
        """This process as a holder of leases; those of dead processes on this host are freed first.

        Raises DatabaseFailed where the database fails.
        """
        from knowledge.operations.lease_recovery import recover_leases
        from knowledge.operations.process_locks import ProcessLock

        process = ProcessLock(self.settings.processes_dir)
        recover_leases(self.sessions, process, now())
        return process

    @cached_property
    def encoder(self) -> "SentenceTransformerEncoder":
        """The encoder that ``EMBEDDING_MODEL`` names."""
        from bot.observability import telemetry
        from embeddings.encoders.encoder import open_encoder

        bar = self.progress("Unpacking the model")
        name, folder = self.settings.embedding_model, self.settings.models_dir
        return open_encoder(name, folder, bar, telemetry.observe_encoded)

    @cached_property
    def index(self) -> "Serving":
        """The index: in this process, or on the server that ``INDEX_URL`` names."""
        from knowledge.index.serving_index import ServingIndex

        local = ServingIndex(self.sessions, self.encoder, self.settings.index_dir)
        if self.settings.index_url is None:
            return local
        from knowledge.index.remote_builds import RemoteBuilds
        from knowledge.index.remote_index import RemoteIndex

        assert isinstance(self.builds, RemoteBuilds)  # noqa: S101 - made by the same setting
        return RemoteIndex(self.sessions, self.encoder, self.builds, local)

    @cached_property
    def builds(self) -> "IndexBuilds":
        """The stored builds of the index."""
        from knowledge.index.index_builds import LocalBuilds

        root, url = self.settings.index_dir, self.settings.index_url
        if url is None:
            return LocalBuilds(self.sessions, root)
        from embeddings.index.milvus_connection import MilvusConnection
        from knowledge.index.remote_builds import RemoteBuilds

        return RemoteBuilds(self.sessions, MilvusConnection(url.get_secret_value()), root)

    def embed_on_ray(self, address: str) -> None:
        """Store the missing vectors of everything published, computed on a Ray cluster.

        Raises WorkersUnavailable. See ``ray_workers.open_workers`` for ``address``.
        """
        from embeddings.encoders.encoder import open_encoder
        from embeddings.encoders.ray_workers import open_workers
        from knowledge.index.bulk_embedding import embed_in_bulk

        model, fingerprint = self.settings.embedding_model, self.encoder.fingerprint
        # Workers run in folders of their own.
        name = str(Path(model).resolve()) if Path(model).is_dir() else model
        opened = partial(open_encoder, name, self.settings.models_dir.resolve())
        # Settings are not theirs to know: secrets are among them.
        hidden = [name.upper() for name in Settings.model_fields]
        workers = partial(open_workers, address, opened, fingerprint, hidden=hidden)
        bar = self.progress("Embedding the statements")
        embed_in_bulk(self.sessions, fingerprint, workers, bar)

    @cached_property
    def judge(self) -> "Judge":
        """The judge, which decides the relation of a statement to a claim."""
        from knowledge.agreement.combined_judge import CombinedJudge
        from knowledge.agreement.rule_judge import RuleJudge

        return CombinedJudge(RuleJudge(), self.reader)

    @cached_property
    def reader(self) -> "OnnxCrossEncoder":
        """The cross-encoder that judges and reranks."""
        from embeddings.cross_encoder.onnx_cross_encoder import OnnxCrossEncoder

        return OnnxCrossEncoder(self.settings.models_dir, self.progress("Preparing the judge"))

    @cached_property
    def calibration(self) -> "Calibration":
        """The judge's calibration: fitted to moderators' feedback if any, else as shipped."""
        from knowledge.checking import calibration

        path = self.settings.data_dir / calibration.FILE_NAME
        return calibration.load(path, self.judge.fingerprint) or calibration.STANDARD

    @cached_property
    def checker(self) -> "ClaimChecker":
        """The service that answers claims."""
        from bot.observability import telemetry
        from knowledge.checking.claim_checker import ClaimChecker
        from knowledge.checking.reranking import Reranker

        return ClaimChecker(
            self.sessions,
            self.encoder,
            self.index,
            self.judge,
            Reranker(self.reader),
            self.calibration,
            telemetry.time_stage,
        )

    @cached_property
    def secret(self) -> bytes:
        """The key that people's ids are hashed with. Raises SettingsError."""
        settings = self.settings
        key = settings.secret()
        if settings.secret_key is None and settings.key_file.stat().st_mode & 0o077:
            way_out = f"chmod 600 {settings.key_file}"
            logger.warning("key_open_to_others", extra={"way_out": way_out})
        return key

    @cached_property
    def first_admins(self) -> frozenset[str]:
        """The keys of the people whom ``ADMIN_IDS`` makes admins."""
        return frozenset(map(self.person_key, self.settings.admin_ids))

    def person_key(self, number: int, channel: str = "telegram") -> str:
        """Return the keyed hash that identifies a person of a channel in the database."""
        from knowledge.accounts.people import person_key

        return person_key(self.secret, channel, number)

    @cached_property
    def fetcher(self) -> "Fetcher":
        """The web fetcher: public addresses only, and no setting changes that."""
        from bot.fetching import Fetcher

        return Fetcher()

    @cached_property
    def parsers(self) -> "ParserPool":
        """The pool of processes that parse strangers' documents."""
        from bot.parsing.parser_pool import ParserPool

        pool = ParserPool()
        atexit.register(pool.close)
        return pool

    @cached_property
    def poller(self) -> "Poller":
        """The poller of the sources' feeds."""
        from bot.ingestion.feed_poller import Poller

        return Poller(self.sessions, self.fetcher, self.parsers, now, holder=self.process.name)

    def jobs(self, config: "TelegramConfig") -> "JobRunner":
        """Return the runner of a running bot's scheduled jobs."""
        from bot.conversation.bulletins import Bulletins
        from bot.job_schedule import JobSchedule
        from bot.scheduled_jobs import JobRunner
        from bot.telegram.setup.bulletins import send_bulletins

        schedule = JobSchedule(
            self.sessions,
            self.poller,
            self.clusters,
            Bulletins(self.sessions, self.secret, self.first_admins),
            partial(send_bulletins, config),
            self.first_admins,
            timedelta(days=self.settings.retention_days),
        )
        return JobRunner(self.sessions, schedule.list_jobs(), now, self.process.name)

    @cached_property
    def clusters(self) -> "Clusters":
        """The service that groups claims into clusters for moderators."""
        from knowledge.claim_queue.clustering import Clusters

        return Clusters(self.sessions, self.encoder, self.equivalence)

    @cached_property
    def equivalence(self) -> "ClaimEquivalence":
        """The service that decides whether two claims mean the same."""
        from knowledge.agreement.rule_judge import RuleJudge
        from knowledge.claim_queue.claim_equivalence import ClaimEquivalence

        return ClaimEquivalence(self.reader, RuleJudge())

    @contextmanager
    def isolated_app(self, folder: Path) -> Iterator["App"]:
        """Yield an app with its own knowledge base below ``folder`` and this app's models."""
        other = App(self.progress)
        apart = {"data_dir": folder, "database_url": None, "index_url": None}
        other.settings = self.settings.model_copy(update=apart)
        other.encoder, other.reader, other.judge = self.encoder, self.reader, self.judge
        other.calibration = self.calibration
        try:
            yield other
        finally:
            other.database.engine.dispose()

    def conversation(self, channel: str, *, on_this_machine: bool = False) -> "Conversation":
        """Return the conversation for one channel.

        ``on_this_machine``: whoever talks there has the command line, so is an admin and, as
        everywhere on the command line, exempt from the rule of two people.
        """
        from bot.conversation.conversation import Conversation
        from bot.conversation.moderator_access import Place
        from bot.conversation.moderator_commands import Moderation
        from bot.fetching import Fetcher
        from bot.ingestion import url_reader
        from knowledge.storage.audit_log import COMMAND_LINE

        settings = self.settings
        acts_as = COMMAND_LINE if on_this_machine else None
        place = Place(
            secret=self.secret,
            key_of=self.person_key,
            first_admins=self.first_admins | ({acts_as} if acts_as else set()),
            read_address=partial(url_reader.read_reports, self.fetcher, self.parsers),
            embed=self._embed,
            console_url=settings.console_address if settings.console_bind else None,
            two_people=settings.publish_needs_two and not on_this_machine,
            undo_for=timedelta(seconds=settings.undo_seconds),
            acts_as=acts_as,
        )
        moderation = Moderation(self.sessions, self.checker, place)
        link_fetcher = Fetcher(total_s=url_reader.LINK_S)
        return Conversation(
            self.sessions,
            self.checker,
            self.secret,
            channel,
            moderation=moderation,
            retention_days=settings.retention_days,
            read_picture=partial(url_reader.read_picture, self.parsers),
            read_link=partial(url_reader.read_link, link_fetcher, self.parsers),
        )

    def _embed(self, ids: Sequence[int]) -> None:
        from knowledge.index.serving_index import embed_published

        embed_published(self.sessions, self.encoder, ids)

    def prepare(self) -> None:
        """Load models and index. An index server that does not answer yet is no error."""
        try:
            self.checker.prepare(self.progress("Reading the knowledge base"))
        except IndexUnreachable as error:
            logger.warning("index_unreachable", extra={"way_out": str(error)})

    def warn_of_unknown_names(self) -> None:
        """Log each setting that the program does not know, with what it may mean."""
        for unknown in find_unknown_names():
            logger.warning("unknown_setting", extra={"way_out": str(unknown)})

    def warn_of_another_key(self) -> None:
        """Log that people in the database were hashed with another key, if they were."""
        from knowledge.accounts import people

        try:
            self.sessions.read(people.require_secret, self.secret)
        except AddressUnreadable:
            way_out = (
                "the database was written with another SECRET_KEY, so nobody is recognised; restore"
                " that key, unless it was given up on purpose"
            )
            logger.warning("key_of_another_database", extra={"way_out": way_out})

    @cached_property
    def console(self) -> "Starlette":
        """The moderators' console."""
        from bot.console.application import build
        from bot.console.services import Services

        return build(
            Services(
                sessions=self.sessions,
                encoder=self.encoder,
                index=self.index,
                checker=self.checker,
                meanings=self.equivalence,
                builds=self.builds,
                first_admins=self.first_admins,
                key_of=self.person_key,
                url=self.settings.console_address,
                fetcher=self.fetcher,
                parsers=self.parsers,
                two_people=self.settings.publish_needs_two,
                undo_for=timedelta(seconds=self.settings.undo_seconds),
            )
        )

    @cached_property
    def registration(self) -> "Registration":
        """The bot's registration at Telegram, asked once. Raises TelegramChannelError."""
        from bot.telegram.setup.registration import load_registration

        return asyncio.run(load_registration(self.telegram_config()))

    def telegram_config(self) -> "TelegramConfig":
        """Return how the bot talks to Telegram. Raises SettingsError."""
        from bot import serving
        from bot.telegram.outgoing.rate_limits import Limits
        from bot.telegram.setup.application import TelegramConfig

        settings = self.settings
        if settings.telegram_bot_token is None:
            raise SettingsError(
                "TELEGRAM_BOT_TOKEN is not set; get a token from @BotFather and put it in .env"
            )
        if settings.webhook_url and settings.webhook_secret is None:
            raise SettingsError(NO_WEBHOOK_SECRET)
        secret = settings.webhook_secret
        try:
            host, port = serving.parse_address(settings.webhook_bind)
        except serving.CannotListen:
            raise SettingsError(NO_WEBHOOK_ADDRESS) from None
        return TelegramConfig(
            token=settings.telegram_bot_token.get_secret_value(),
            api_url=settings.telegram_api_url,
            webhook_url=settings.webhook_url,
            webhook_secret=secret.get_secret_value() if secret else None,
            listen_host=host,
            listen_port=port,
            limits=Limits(
                sends_per_second=settings.telegram_sends_per_second,
                sends_burst=round(settings.telegram_sends_per_second),
            ),
            # Telegram lets only one process poll, and several need a database server.
            shared_limits=bool(settings.webhook_url) and not settings.has_local_database,
        )
