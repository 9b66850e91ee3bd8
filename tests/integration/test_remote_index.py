"""Serving from a Milvus server: followed by every process, rebuilt, rolled back, and survived."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine

from embeddings.encoders.encoder import Encoder
from embeddings.errors import (
    IndexBusy,
    IndexCorrupt,
    IndexMismatch,
    IndexMissing,
    IndexUnavailable,
    IndexUnreachable,
)
from embeddings.index import milvus_collections
from embeddings.index.milvus_collections import BESIDE
from embeddings.index.milvus_connection import Deadlines, MilvusConnection
from embeddings.index.milvus_index import MilvusIndex
from knowledge import curation
from knowledge.corpus import reports
from knowledge.domain import ReportDraft, StatementDraft
from knowledge.index import index_positions, serving_index
from knowledge.index.remote_builds import RemoteBuilds
from knowledge.index.remote_index import RemoteIndex
from knowledge.index.serving_index import ServingIndex
from knowledge.storage.database import Sessions, open_engine
from tests.bag_of_words import BagOfWords
from tests.integration.milvus_server import MilvusServer, require_milvus_lite, running

#: Short, so that a server that is stopped is found out soon; long enough for one that is busy.
DEADLINES = Deadlines(connect=2.0, read=4.0, write=8.0, build=60.0)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusServer]:
    """Return a server that tests share which leave it alone: databases have their own aliases."""
    require_milvus_lite()
    with running(tmp_path_factory.mktemp("milvus") / "data") as server:
        yield server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MilvusServer]:
    """Return a server to be killed."""
    require_milvus_lite()
    with running(tmp_path / "milvus") as server:
        yield server


class Process:
    """One process's way to the index, or as good as one: nothing is shared but the database."""

    def __init__(
        self, sessions: Sessions, url: str, folder: Path, encoder: Encoder | None = None
    ) -> None:
        self.sessions, self.encoder = sessions, encoder or BagOfWords()
        self.connection = MilvusConnection(url, DEADLINES)
        self.builds = RemoteBuilds(sessions, self.connection, folder)
        local = ServingIndex(sessions, self.encoder, folder)
        self.index = RemoteIndex(sessions, self.encoder, self.builds, local)

    def find(self, claim: str) -> list[int]:
        index = self.index.current()
        vector = self.encoder.encode_claims([claim])[0]
        return [hit.id for hit in index.search(vector, claim, 5)]

    def held(self) -> frozenset[int]:
        return self.index.current().ids()


@pytest.fixture
def sessions(migrated_file: Path, tmp_path: Path) -> Iterator[Sessions]:
    """Return sessions on SQLite; what differs on PostgreSQL has tests of its own."""
    shutil.copy(migrated_file, tmp_path / "tathabbat.db")
    engine = open_engine(f"sqlite:///{tmp_path / 'tathabbat.db'}")
    yield Sessions(engine)
    engine.dispose()


def publish(sessions: Sessions, *texts: str) -> list[int]:
    """Publish a report of so many statements; returns their numbers."""
    with sessions.begin() as session:
        drafts = tuple(StatementDraft(text) for text in texts)
        draft = ReportDraft(texts[0], publisher="the office", statements=drafts)
        ids = list(reports.store(session, draft).statement_ids)
        curation.publish(session, ids, "test")
    return ids


def retract(sessions: Sessions, *ids: int) -> None:
    with sessions.begin() as session:
        curation.retract(session, list(ids), "test", "wrong")


class TestFollowing:
    """What is published or retracted is so in every process."""

    def test_an_empty_database_needs_no_server(self, sessions: Sessions, tmp_path: Path) -> None:
        nowhere = Process(sessions, "http://127.0.0.1:1", tmp_path / "index")
        assert len(nowhere.index.current()) == 0
        assert nowhere.find("anything") == []
        assert nowhere.index.problem is None

    def test_the_first_claim_builds_what_is_missing(
        self, sessions: Sessions, shared: MilvusServer, tmp_path: Path
    ) -> None:
        dam, rain = publish(sessions, "the dam broke", "rain fell all night")
        one = Process(sessions, shared.url, tmp_path / "index")
        assert one.find("the dam broke")[0] == dam
        assert one.held() == {dam, rain}
        manifest = one.builds.current()
        assert (manifest.count, manifest.change_number) == (2, 2)
        served = one.index.served()
        assert served is not None
        assert (served.statements, served.change_number) == (2, 2)
        assert served.built_at is not None

    def test_every_process_has_what_one_took_in(
        self, sessions: Sessions, shared: MilvusServer, tmp_path: Path
    ) -> None:
        (dam,) = publish(sessions, "the dam broke")
        processes = [Process(sessions, shared.url, tmp_path / "index") for _ in range(3)]
        states = [each.index.current().state for each in processes]
        (bridge,) = publish(sessions, "the bridge opened today")
        for each in processes:
            assert each.find("the bridge opened")[0] == bridge
        assert [each.index.current().change_number for each in processes] == [2, 2, 2]
        assert all(
            each.index.current().state != state
            for each, state in zip(processes, states, strict=True)
        ), "answers that were kept are no longer used"
        retract(sessions, dam)
        assert [each.held() for each in processes] == [{bridge}] * 3

    def test_only_one_writes_and_all_are_up_to_date(
        self,
        sessions: Sessions,
        shared: MilvusServer,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        publish(sessions, "the dam broke")
        processes = [Process(sessions, shared.url, tmp_path / "index") for _ in range(4)]
        for each in processes:
            each.index.current()
        applied: list[int] = []
        apply = MilvusIndex.apply

        def counted(index: MilvusIndex, *args: object) -> None:
            applied.append(int(str(args[-1])))
            apply(index, *args)  # type: ignore[arg-type]

        monkeypatch.setattr(MilvusIndex, "apply", counted)
        ids = publish(sessions, "the bridge opened", "the harbour closed")
        with ThreadPoolExecutor(4) as threads:
            found = list(threads.map(lambda each: each.find("the bridge opened")[0], processes))
        assert found == [ids[0]] * 4
        assert applied == [3]

    def test_a_writer_that_died_half_way_is_followed_up(
        self,
        sessions: Sessions,
        shared: MilvusServer,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        publish(sessions, "the dam broke")
        one, other = (Process(sessions, shared.url, tmp_path / "index") for _ in range(2))
        one.index.current()
        other.index.current()
        (bridge,) = publish(sessions, "the bridge opened")
        apply = MilvusIndex.apply

        def die(*args: object) -> None:
            apply(*args)  # type: ignore[arg-type]
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(MilvusIndex, "apply", die)
            with pytest.raises(KeyboardInterrupt):
                one.index.current()
        assert other.find("the bridge opened")[0] == bridge
        assert len(other.index.current()) == 2

    def test_an_answer_says_first_what_was_published_within_a_second(
        self, sessions: Sessions, shared: MilvusServer, tmp_path: Path
    ) -> None:
        publish(sessions, "the dam broke")
        one, other = (Process(sessions, shared.url, tmp_path / "index") for _ in range(2))
        one.index.current()
        other.index.current()
        (bridge,) = publish(sessions, "the bridge opened")
        started = time.monotonic()
        assert one.find("the bridge opened")[0] == bridge
        assert other.find("the bridge opened")[0] == bridge
        assert time.monotonic() - started < 5.0, "a second, on a machine that is not busy"


class TestBuilds:
    """Reindex, roll back, prune and verify: the same as with snapshots."""

    @pytest.fixture
    def one(self, sessions: Sessions, shared: MilvusServer, tmp_path: Path) -> Process:
        publish(sessions, "the dam broke", "rain fell all night")
        return Process(sessions, shared.url, tmp_path / "index")

    def test_a_reindex_is_served_by_who_runs_and_one_is_kept(
        self, one: Process, sessions: Sessions, shared: MilvusServer, tmp_path: Path
    ) -> None:
        other = Process(sessions, shared.url, tmp_path / "index")
        with pytest.raises(IndexMissing, match="run `tathabbat reindex`"):
            one.builds.current()
        names = [one.builds.reindex(one.encoder).name]
        other.index.current()
        assert not other.index.outdated()
        names.append(one.builds.reindex(one.encoder).name)
        assert other.index.outdated()
        other.index.renew()
        assert not other.index.outdated()
        current = other.index.current()
        assert isinstance(current, MilvusIndex)
        assert current.name == names[1] == one.builds.current().name
        names.append(one.builds.reindex(one.encoder).name)
        assert one.builds.names() == names[1:]
        server = one.connection.address
        assert sessions.read(index_positions.load, server, names[0]) is None
        assert sessions.read(index_positions.load, server, names[2]) == 2

    def test_a_rollback_is_caught_up(
        self, one: Process, sessions: Sessions, shared: MilvusServer
    ) -> None:
        with pytest.raises(IndexMissing, match="no older index"):
            one.builds.rollback()
        first = one.builds.reindex(one.encoder)
        (bridge,) = publish(sessions, "the bridge opened")
        second = one.builds.reindex(one.encoder)
        assert one.find("the bridge opened")[0] == bridge
        (harbour,) = publish(sessions, "the harbour closed")
        assert one.builds.rollback() == first
        one.index.renew()
        assert one.find("the bridge opened")[0] == bridge
        assert one.find("the harbour closed")[0] == harbour
        third = one.builds.reindex(one.encoder)
        assert one.builds.names() == [first.name, third.name], f"{second.name} was rejected"

    def test_prune_deletes_what_a_killed_run_left(
        self, one: Process, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = one.builds.reindex(one.encoder)

        def killed(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr("embeddings.index.milvus_builds.note_manifest", killed)
            patch.setattr("embeddings.index.milvus_builds.MilvusBuilds.drop", killed)
            with pytest.raises(KeyboardInterrupt):
                one.builds.reindex(one.encoder)
        left = [name for name in one.builds.names() if name != first.name]
        assert len(left) == 1
        assert one.builds.current() == first
        assert one.builds.prune() == left
        assert one.builds.names() == [first.name]

    def test_prune_deletes_terms_whose_statements_were_never_made(
        self, one: Process, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def killed(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        first = one.builds.reindex(one.encoder)
        builds = one.builds._on_server()
        with monkeypatch.context() as patch:
            patch.setattr("embeddings.index.milvus_builds.make_statements", killed)
            patch.setattr("embeddings.index.milvus_builds.MilvusBuilds.drop", killed)
            with pytest.raises(KeyboardInterrupt):
                one.builds.reindex(one.encoder)
        kept = {first.name, f"{first.name}_terms"}
        ours = {name for name in builds._collections() if name.startswith(builds.alias)}
        assert len(ours - kept) == 1
        assert one.builds.prune() == []
        assert {name for name in builds._collections() if name.startswith(builds.alias)} == kept

    def test_the_second_of_two_reindexes_is_told(
        self, one: Process, sessions: Sessions, shared: MilvusServer, tmp_path: Path
    ) -> None:
        begun, may_end = threading.Event(), threading.Event()

        class Slow(BagOfWords):
            def encode_statements(self, *args: object, **kwargs: object):  # type: ignore[no-untyped-def]
                begun.set()
                may_end.wait()
                return super().encode_statements(*args, **kwargs)  # type: ignore[arg-type]

        other = Process(sessions, shared.url, tmp_path / "index")
        with ThreadPoolExecutor(1) as threads:
            first = threads.submit(one.builds.reindex, Slow())
            begun.wait()
            with pytest.raises(IndexBusy, match="another reindex is running"):
                other.builds.reindex(other.encoder)
            may_end.set()
            assert first.result().count == 2
        assert other.builds.reindex(other.encoder).count == 2

    def test_verify_compares_what_was_taken_in_too(self, one: Process, sessions: Sessions) -> None:
        one.builds.reindex(one.encoder)
        publish(sessions, "the bridge opened")
        behind = one.builds.verify(one.encoder.fingerprint)
        assert (behind.state.behind, len(behind.state.missing)) == (1, 1)
        one.index.current()
        found = one.builds.verify(one.encoder.fingerprint)
        assert (found.state.behind, found.state.missing, found.stale) == (0, (), ())
        assert found.recall == 1.0
        assert one.builds.inspect(one.encoder.fingerprint).behind == 0

    def test_verify_finds_what_is_gone_or_another_text(self, one: Process) -> None:
        manifest = one.builds.reindex(one.encoder)
        first, second = sorted(one.held())
        within = DEADLINES.write
        one.connection.call("delete", manifest.name, ids=[first], within=within)
        row = {"id": second, "dense": one.encoder.encode_claims(["else"])[0], "terms": {1: 1.0}}
        one.connection.call("upsert", manifest.name, [row], within=within)
        found = one.builds.verify(one.encoder.fingerprint)
        assert (found.state.missing, found.stale) == ((first,), (second,))

    def test_searches_go_on_while_the_alias_moves(
        self, one: Process, sessions: Sessions, shared: MilvusServer, tmp_path: Path
    ) -> None:
        one.index.current()
        done, faults, asked = threading.Event(), list[str](), list[int]()
        (dam,) = one.find("the dam broke")[:1]

        def ask() -> None:
            process = Process(sessions, shared.url, tmp_path / "index")
            while not done.is_set():
                process.index.renew()
                try:
                    found = process.find("the dam broke")
                except IndexMissing:
                    # Two reindexes while one search ran: the next claim opens the newest.
                    continue
                except Exception as error:  # noqa: BLE001 (a thread's error would be lost)
                    faults.append(repr(error))
                    return
                asked.append(1)
                if found[:1] != [dam]:
                    faults.append(f"found {found}")

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        for _ in range(3):
            one.builds.reindex(one.encoder)
        done.set()
        for thread in threads:
            thread.join()
        assert faults == []
        assert len(asked) > 3


class TestRefusals:
    """What does not fit is said, and how to mend it."""

    def test_another_encoders_index_is_refused(
        self, sessions: Sessions, shared: MilvusServer, tmp_path: Path
    ) -> None:
        class Another(BagOfWords):
            fingerprint = "another"

        publish(sessions, "the dam broke")
        Process(sessions, shared.url, tmp_path / "index").index.current()
        other = Process(sessions, shared.url, tmp_path / "index", Another())
        with pytest.raises(IndexMismatch, match="another model"):
            other.index.current()
        assert isinstance(other.index.problem, IndexMismatch)
        assert other.index.served() is None

    def test_another_versions_index_is_refused_and_left(
        self,
        sessions: Sessions,
        shared: MilvusServer,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        publish(sessions, "the dam broke")
        old = Process(sessions, shared.url, tmp_path / "index")
        old.index.current()
        later = milvus_collections.FORMAT + 1
        with monkeypatch.context() as newer:
            for module in ("milvus_collections", "milvus_builds"):
                newer.setattr(f"embeddings.index.{module}.FORMAT", later)
            new = Process(sessions, shared.url, tmp_path / "index").builds.reindex(old.encoder)
        with pytest.raises(IndexMismatch, match="another version"):
            old.index.renew()
        assert not old.index.outdated(), "it is told once"
        (bridge,) = publish(sessions, "the bridge opened")
        assert old.find("the bridge opened")[0] == bridge, "its own is served on, and followed"
        with pytest.raises(IndexMismatch):
            Process(sessions, shared.url, tmp_path / "index").index.current()
        assert new.name in old.builds.names()

    def test_half_a_collection_is_not_served(
        self, sessions: Sessions, shared: MilvusServer, tmp_path: Path
    ) -> None:
        ids = publish(sessions, "the dam broke", "rain fell all night", "the bridge opened")
        one = Process(sessions, shared.url, tmp_path / "index")
        manifest = one.builds.reindex(one.encoder)
        one.connection.call("delete", manifest.name, ids=ids[:2], within=DEADLINES.write)
        with pytest.raises(IndexCorrupt, match="holds 1 of 3 statements; run `tathabbat reindex`"):
            one.index.current()
        one.builds.reindex(one.encoder)
        other = Process(sessions, shared.url, tmp_path / "index")
        assert other.held() == set(ids)

    @pytest.mark.parametrize("lost", ["manifest", "terms", "all"])
    def test_a_build_without_its_second_half_is_damaged(
        self, sessions: Sessions, shared: MilvusServer, tmp_path: Path, lost: str
    ) -> None:
        publish(sessions, "the dam broke")
        one = Process(sessions, shared.url, tmp_path / "index")
        beside = one.builds.reindex(one.encoder).name + BESIDE
        if lost == "all":
            one.connection.call("drop_collection", beside, within=DEADLINES.write)
        else:
            number = {"manifest": 0, "terms": 2}[lost]
            one.connection.call("delete", beside, ids=[number], within=DEADLINES.write)
        with pytest.raises(IndexCorrupt, match=r"is damaged \("):
            one.index.current()

    def test_a_collection_that_is_gone_is_built_anew(
        self, sessions: Sessions, shared: MilvusServer, tmp_path: Path
    ) -> None:
        (dam,) = publish(sessions, "the dam broke")
        one = Process(sessions, shared.url, tmp_path / "index")
        one.index.current()
        name = one.builds.current().name
        for collection in (name, name + BESIDE):
            one.connection.call("drop_collection", collection, within=DEADLINES.write)
        with pytest.raises(IndexMissing):
            one.find("the dam broke")
        assert one.find("the dam broke")[0] == dam
        assert one.builds.current().name != name

    def test_a_server_that_went_back_is_followed_from_there(
        self, sessions: Sessions, shared: MilvusServer, tmp_path: Path
    ) -> None:
        """Its data was restored from before a change that the database knows to be in it."""
        publish(sessions, "the dam broke")
        one = Process(sessions, shared.url, tmp_path / "index")
        one.index.current()
        (bridge,) = publish(sessions, "the bridge opened")
        one.index.current()
        name = one.builds.current().name
        one.connection.call("delete", name, ids=[bridge], within=DEADLINES.write)
        milvus_collections.note_applied(one.connection, name, 1)
        other = Process(sessions, shared.url, tmp_path / "index")
        assert other.find("the bridge opened")[0] == bridge

    def test_a_password_is_in_no_message_and_no_repr(
        self, sessions: Sessions, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        publish(sessions, "the dam broke")
        one = Process(sessions, "http://root:hunter2secret@127.0.0.1:1/news", tmp_path / "index")
        with pytest.raises(IndexUnreachable) as caught:
            one.index.current()
        told = f"{caught.value} {one.connection!r} {caplog.text}"
        assert "hunter2secret" not in told
        assert "http://127.0.0.1:1/news" in str(caught.value)


class TestOutages:
    """The server is killed, stopped, restarted, or another one."""

    def test_what_is_asked_meanwhile_is_refused_soon_and_served_again(
        self, sessions: Sessions, server: MilvusServer, tmp_path: Path
    ) -> None:
        (dam,) = publish(sessions, "the dam broke")
        one = Process(sessions, server.url, tmp_path / "index")
        assert one.find("the dam broke")[0] == dam
        server.kill()
        with pytest.raises(IndexUnreachable, match="check that Milvus runs there"):
            one.find("the dam broke")
        started = time.monotonic()
        for _ in range(20):
            with pytest.raises(IndexUnreachable):
                one.find("the dam broke")
        assert time.monotonic() - started < 8.0, "nobody waits for what is known not to answer"
        told = one.index.problem
        assert isinstance(told, IndexUnreachable)
        assert one.index.served() is None
        (bridge,) = publish(sessions, "the bridge opened")
        server.start()
        assert _patiently(one, "the bridge opened") == bridge
        assert one.index.problem is None
        assert one.held() == {dam, bridge}

    def test_one_that_hangs_is_given_up_within_the_deadline(
        self, sessions: Sessions, server: MilvusServer, tmp_path: Path
    ) -> None:
        (dam,) = publish(sessions, "the dam broke")
        one = Process(sessions, server.url, tmp_path / "index")
        one.index.current()
        server.pause()
        try:
            started = time.monotonic()
            with pytest.raises(IndexUnreachable, match="deadline exceeded"):
                one.find("the dam broke")
            assert time.monotonic() - started < DEADLINES.read + 6.0
        finally:
            server.resume()
        assert _patiently(one, "the dam broke") == dam

    def test_one_that_was_restarted_is_verified_before_anybody_asked(
        self, sessions: Sessions, server: MilvusServer, tmp_path: Path
    ) -> None:
        publish(sessions, "the dam broke", "the bridge opened")
        one = Process(sessions, server.url, tmp_path / "index")
        one.builds.reindex(one.encoder)
        server.kill()
        server.start()
        other = Process(sessions, server.url, tmp_path / "index")
        found = other.builds.verify(other.encoder.fingerprint)
        assert (found.state.missing, found.state.extra, found.stale) == ((), (), ())

    def test_a_local_snapshot_answers_meanwhile(
        self, sessions: Sessions, server: MilvusServer, tmp_path: Path
    ) -> None:
        (dam,) = publish(sessions, "the dam broke")
        one = Process(sessions, server.url, tmp_path / "index")
        serving_index.reindex(sessions, one.encoder, tmp_path / "index")
        assert isinstance(one.index.current(), MilvusIndex)
        server.kill()
        with pytest.raises(IndexUnreachable):
            one.find("the dam broke")
        (bridge,) = publish(sessions, "the bridge opened")
        assert one.find("the bridge opened")[0] == bridge
        assert not isinstance(one.index.current(), MilvusIndex)
        assert isinstance(one.index.problem, IndexUnreachable)
        served = one.index.served()
        assert served is not None
        assert served.statements == 2
        assert one.index.outdated(), "it is tried again"
        server.start()
        _await(lambda: isinstance(one.index.current(), MilvusIndex))
        assert one.find("the dam broke")[0] == dam

    def test_killed_and_restarted_under_load(
        self, sessions: Sessions, server: MilvusServer, tmp_path: Path
    ) -> None:
        """Two processes ask while statements are published: none is lost, none is wrong."""
        ids = publish(sessions, "the dam broke", "rain fell all night")
        done, faults, answered, refused = threading.Event(), list[str](), list[int](), list[int]()

        def ask(process: Process) -> None:
            while not done.is_set():
                try:
                    found = process.find("the dam broke")
                except IndexUnavailable:
                    refused.append(1)
                    time.sleep(0.05)
                    continue
                except Exception as error:  # noqa: BLE001 (a thread's error would be lost)
                    faults.append(repr(error))
                    return
                answered.append(1)
                if found[:1] != ids[:1]:
                    faults.append(f"found {found}")

        processes = [Process(sessions, server.url, tmp_path / "index") for _ in range(2)]
        processes[0].index.current()
        with ThreadPoolExecutor(2) as threads:
            asking = [threads.submit(ask, each) for each in processes]
            for number in range(2):
                ids += publish(sessions, f"storm number {number} passed the coast")
                time.sleep(1.0)
                server.kill()
                ids += publish(sessions, f"train number {number} was late")
                time.sleep(0.5)
                server.start()
                time.sleep(1.5)
            last = _patiently(processes[0], "train number 1 was late")
            done.set()
            for thread in asking:
                thread.result()
        assert faults == []
        assert last == ids[-1]
        assert refused
        assert answered
        for each in processes:
            assert _patiently(each, "the dam broke") == ids[0]
            assert each.held() == set(ids)
        found = processes[0].builds.verify(processes[0].encoder.fingerprint)
        assert (found.state.missing, found.state.extra, found.stale) == ((), (), ())

    def test_another_address_gets_an_index_of_its_own(
        self, sessions: Sessions, server: MilvusServer, shared: MilvusServer, tmp_path: Path
    ) -> None:
        """``INDEX_URL`` is changed, and old and new processes run side by side for a while."""
        publish(sessions, "the dam broke")
        old = Process(sessions, shared.url, tmp_path / "index")
        old.index.current()
        new = Process(sessions, server.url, tmp_path / "index")
        new.index.current()
        ids = publish(sessions, "the bridge opened")
        for each in (old, new, old):
            assert each.find("the bridge opened")[0] == ids[0]


class TestOnPostgres:
    """Rows are locked there, and building is locked for all machines."""

    @pytest.fixture
    def sessions(self, engine: Engine) -> Sessions:
        if engine.dialect.name != "postgresql":
            pytest.skip("SQLite has the tests above")
        return Sessions(engine)

    def test_several_machines_follow_and_one_builds(
        self, sessions: Sessions, shared: MilvusServer, tmp_path: Path
    ) -> None:
        (dam,) = publish(sessions, "the dam broke")
        machines = [Process(sessions, shared.url, tmp_path / name) for name in ("a", "b", "c")]
        assert machines[0].find("the dam broke")[0] == dam
        (bridge,) = publish(sessions, "the bridge opened")
        with ThreadPoolExecutor(3) as threads:
            found = list(threads.map(lambda each: each.find("the bridge opened")[0], machines))
        assert found == [bridge] * 3
        with (
            machines[0].builds.hold_lock(),
            machines[0].builds.hold_lock(),
            ThreadPoolExecutor(1) as threads,
        ):
            elsewhere = threads.submit(machines[1].builds.reindex, machines[1].encoder)
            with pytest.raises(IndexBusy, match="on another machine"):
                elsewhere.result()
        assert machines[1].builds.reindex(machines[1].encoder).count == 2


def _await(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.2)


def _patiently(process: Process, claim: str) -> int:
    """Return the first statement found, as who asks again until the index serves."""
    until = time.monotonic() + 60
    while True:
        try:
            return process.find(claim)[0]
        except IndexUnavailable:
            assert time.monotonic() < until
            time.sleep(0.2)
