"""What was erased is in no file of an SQLite database, read byte by byte while it is in use."""

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from bot.app import App
from bot.conversation.conversation import Conversation
from bot.conversation.reply import Asker
from bot.job_schedule import forget_updates
from embeddings.encoders.encoder import Encoder
from knowledge.accounts import people
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.claim_queue import inquiries
from knowledge.domain import Outcome, now
from knowledge.index import serving_index
from knowledge.index.serving_index import ServingIndex
from knowledge.models import Cluster, Inquiry, ScheduledJob
from knowledge.privacy import erasure
from knowledge.storage import database, secure_deletion
from knowledge.storage.database import Sessions, open_engine
from knowledge.update_queue import queued_updates, update_retention

SECRET = b"the secret of these tests"
NUMBER = 7_318_842_905
ASKER = Asker(NUMBER, "ar", str(NUMBER))
#: Nothing else holds these by chance.
LATIN = "Zubaydah sold the marble lighthouse"
ARABIC = "باعت زبيدة المنارة الرخامية"
WORDS = (LATIN, ARABIC)
HORIZON = timedelta(days=90)


@pytest.fixture
def engine(migrated_file: Path, tmp_path: Path) -> Iterator[Engine]:
    """Return the engine of an SQLite database in a data folder of its own."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "tathabbat.db").write_bytes(migrated_file.read_bytes())
    engine = open_engine(f"sqlite:///{folder / 'tathabbat.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def talk(sessions: Sessions, fake_encoder: Encoder, tmp_path: Path) -> Conversation:
    index = ServingIndex(sessions, fake_encoder, tmp_path / "data" / "index")
    checker = ClaimChecker(sessions, fake_encoder, index, RuleJudge())
    return Conversation(sessions, checker, SECRET, "telegram")


def files_with(folder: Path, *needles: str) -> set[str]:
    """Return the files below ``folder`` that hold any of ``needles``, in either encoding."""
    wanted = [n.encode(e) for n in needles for e in ("utf-8", "utf-16-le", "utf-16-be")]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {f.name for f in files if any(each in f.read_bytes() for each in wanted)}


def ask(sessions: Sessions, person: str, *claims: str) -> list[int]:
    with sessions.begin() as session:
        people.remember_address(session, person, str(NUMBER), SECRET)
        return [
            inquiries.record(
                session, person, claim, Outcome.NO_MATCH, (), "ar", waiting=True, rest=[claim]
            ).id
            for claim in claims
        ]


def due(sessions: Sessions) -> datetime | None:
    with sessions() as session:
        return session.scalar(
            select(ScheduledJob.due_at).where(ScheduledJob.name == secure_deletion.JOB_NAME)
        )


class TestForgetme:
    def test_leaves_the_words_in_no_file(
        self, sessions: Sessions, talk: Conversation, tmp_path: Path
    ) -> None:
        for words in WORDS:
            talk.claim(ASKER, words)
        assert files_with(tmp_path, *WORDS)
        reply = talk.press(ASKER, "forget:yes")
        assert len(reply.blocks) == 1
        assert files_with(tmp_path, *WORDS, str(NUMBER)) == set()

    def test_says_so_while_an_older_state_is_read_and_the_job_makes_up_for_it(
        self, sessions: Sessions, talk: Conversation, tmp_path: Path
    ) -> None:
        talk.claim(ASKER, LATIN)
        with sessions() as reader:
            # Python's driver begins nothing before a SELECT.
            reader.connection().exec_driver_sql("BEGIN")
            reader.scalars(select(Inquiry.claim)).all()
            reply = talk.press(ASKER, "forget:yes")
            assert len(reply.blocks) == 2
            assert files_with(tmp_path, LATIN) == {"tathabbat.db-wal"}
            at = due(sessions)
            assert at is not None
            assert at < now() + timedelta(minutes=2)
            assert "trying again" in secure_deletion.overwrite(sessions, now())
        assert secure_deletion.overwrite(sessions, now()) == "overwritten"
        assert files_with(tmp_path, LATIN) == set()

    def test_leaves_nothing_where_pages_were_rearranged_before(
        self, sessions: Sessions, tmp_path: Path
    ) -> None:
        """``secure_delete`` alone does: a row is left where SQLite moved it away from."""
        rng = random.Random(7)  # noqa: S311 - a seed, not a secret
        people_keys = [f"{n:064x}" for n in range(40)]
        for number in range(600):
            person = rng.choice(people_keys)
            claim = f"{LATIN} {person} " + "so they say " * rng.randint(0, 60)
            (inquiry,) = ask(sessions, person, f"{claim} {number}")
            with sessions.begin() as session:
                inquiries.keep_rest(session, rng.randint(1, inquiry), [claim] * rng.randint(0, 2))
                session.add(Cluster(title=f"{claim} {number}", status="open"))
        with sessions.begin() as session:
            for person in people_keys:
                erasure.forget(session, person)
            session.execute(update(Cluster).values(title=""))
            session.execute(update(Inquiry).values(remaining_claims=None))
        secure_deletion.overwrite(sessions, now())
        assert files_with(tmp_path, LATIN) == set()

    def test_a_large_database_is_written_anew_by_the_job(
        self, sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written: list[Engine] = []
        rewrite: Callable[[Engine], bool] = database.rewrite

        def note(engine: Engine) -> bool:
            written.append(engine)
            return rewrite(engine)

        monkeypatch.setattr(secure_deletion, "rewrite", note)
        monkeypatch.setattr(secure_deletion, "_AT_ONCE", 0)
        person = people.person_key(SECRET, "telegram", NUMBER)
        ask(sessions, person, LATIN)
        assert erasure.forget_person(sessions, person)
        assert not written
        assert files_with(tmp_path, LATIN) == set(), "the log is emptied at once"
        at = due(sessions)
        assert at is not None
        assert at <= now() + secure_deletion.WITHIN
        secure_deletion.overwrite(sessions, now())
        assert written
        monkeypatch.setattr(secure_deletion, "_LARGEST", 0)
        written.clear()
        assert secure_deletion.overwrite(sessions, now()) == "overwritten"
        assert not written, "others would wait for too long"

    def test_a_database_that_another_writes_to_is_overwritten_later(
        self, sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        person = people.person_key(SECRET, "telegram", NUMBER)
        ask(sessions, person, LATIN)

        def locked(engine: Engine) -> bool:
            with sessions.engine.begin() as other, monkeypatch.context() as patch:
                other.execute(update(Inquiry).values(disputed=True))
                patch.setattr(database, "BUSY_TIMEOUT_S", 0)
                impatient = open_engine(str(engine.url))
                try:
                    return database.rewrite(impatient)
                finally:
                    impatient.dispose()

        with monkeypatch.context() as patch:
            patch.setattr(secure_deletion, "rewrite", locked)
            assert not erasure.forget_person(sessions, person)
        assert secure_deletion.overwrite(sessions, now()) == "overwritten"
        assert files_with(tmp_path, LATIN) == set()


class TestRetention:
    def test_leaves_the_words_in_no_file(
        self, sessions: Sessions, fake_encoder: Encoder, tmp_path: Path
    ) -> None:
        person = people.person_key(SECRET, "telegram", NUMBER)
        ask(sessions, person, *WORDS)
        serving_index.reindex(sessions, fake_encoder, tmp_path / "data" / "index")
        with sessions.begin() as session:
            session.execute(update(Inquiry).values(asked_at=now() - 2 * HORIZON))
        assert files_with(tmp_path, *WORDS)
        assert erasure.expire(sessions, now() - HORIZON).inquiries == 2
        assert files_with(tmp_path, *WORDS, str(NUMBER), person) == set()

    def test_that_forgets_nothing_writes_nothing(self, sessions: Sessions) -> None:
        assert erasure.expire(sessions, now() - HORIZON).inquiries == 0
        assert due(sessions) is None


class TestErasures:
    def test_are_overwritten_together_within_the_hour(self, sessions: Sessions) -> None:
        with sessions.begin() as session:
            secure_deletion.schedule_overwrite(session)
        first = due(sessions)
        with sessions.begin() as session:
            secure_deletion.schedule_overwrite(session)
        assert first is not None
        assert due(sessions) == first

    def test_are_owed_only_once_they_are_committed(self, sessions: Sessions) -> None:
        with sessions() as session:
            secure_deletion.schedule_overwrite(session)
        assert due(sessions) is None


def test_every_connection_overwrites_what_it_deletes(engine: Engine) -> None:
    with engine.connect() as one, engine.connect() as other:
        for connection in (one, other):
            assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1


def test_a_server_overwrites_by_itself(postgres: str) -> None:
    engine = open_engine(postgres.format("migrated"))
    sessions = Sessions(engine)
    try:
        with sessions() as session:
            secure_deletion.schedule_overwrite(session)
            assert session.get(ScheduledJob, secure_deletion.JOB_NAME) is None
        assert secure_deletion.overwrite_now(sessions)
        assert "vacuum" in secure_deletion.overwrite(sessions, now())
    finally:
        engine.dispose()


class TestForgottenUpdates:
    @pytest.mark.parametrize(("days", "kept"), [(1, 1), (6, 6), (7, 7), (90, 7)])
    def test_given_up_ones_are_kept_no_longer_than_questions(
        self, sessions: Sessions, monkeypatch: pytest.MonkeyPatch, days: int, kept: int
    ) -> None:
        monkeypatch.setenv("RETENTION_DAYS", str(days))
        app = App(lambda _: None)
        at = now()
        self.give_up(sessions, at)
        retention = timedelta(days=app.settings.retention_days)
        later = at + timedelta(days=kept)
        assert forget_updates(sessions, later, retention) == 0
        assert forget_updates(sessions, later + timedelta(seconds=1), retention) == 1

    def test_what_they_leave_is_overwritten_within_the_hour(self, sessions: Sessions) -> None:
        at = now()
        with sessions.begin() as session:
            assert update_retention.forget(session, at, at) == 0
        assert due(sessions) is None
        self.give_up(sessions, at)
        later = at + timedelta(seconds=1)
        with sessions.begin() as session:
            assert update_retention.forget(session, later, later) == 1
        found = due(sessions)
        assert found is not None
        assert found <= now() + secure_deletion.WITHIN

    def test_what_answered_ones_leave_is_overwritten_within_a_day(self, sessions: Sessions) -> None:
        at = now()
        self.take(sessions, at)
        with sessions.begin() as session:
            assert queued_updates.finish(session, 1, "one", at)
        later = at + timedelta(seconds=1)
        with sessions.begin() as session:
            assert update_retention.forget(session, later, later) == 1
        found = due(sessions)
        assert found is not None
        assert found <= now() + timedelta(days=1)

    def take(self, sessions: Sessions, at: datetime) -> None:
        with sessions.begin() as session:
            queued_updates.store(session, [queued_updates.NewUpdate(1, "lane", b"sealed")], at)
        with sessions.begin() as session:
            assert queued_updates.lease(session, "one", at, at + timedelta(minutes=1), 1)

    def give_up(self, sessions: Sessions, at: datetime) -> None:
        self.take(sessions, at)
        with sessions.begin() as session:
            assert queued_updates.give_up(session, 1, "one", "broken", at)
