"""Commands, doctor, health and pages where the index is on a Milvus server: the same as without."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.app import App
from bot.cli.diagnostics import Finding, State, examine
from bot.serving.metrics_server import HealthCollector
from embeddings.encoders.encoder import Encoder
from embeddings.errors import IndexMismatch, IndexUnavailable, IndexUnreachable
from embeddings.index.milvus_connection import MilvusConnection
from knowledge.domain import now
from knowledge.index import serving_index
from knowledge.index.remote_builds import RemoteBuilds
from tests.bag_of_words import BagOfWords
from tests.integration.command_line import Cli, command_line
from tests.integration.milvus_server import MilvusServer, require_milvus_lite, running
from tests.integration.test_doctor import publish

BRIDGE = {"ref": "bridge", "publisher": "The Gazette", "statements": [{"text": "A bridge opened."}]}
FERRY = {"ref": "ferry", "publisher": "The Gazette", "statements": [{"text": "The ferry sank."}]}
NOWHERE = "http://root:hunter2secret@127.0.0.1:1"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusServer]:
    require_milvus_lite()
    with running(tmp_path_factory.mktemp("milvus") / "data") as server:
        yield server


@pytest.fixture
def cli(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    fake_encoder: Encoder,
    migrated_file: Path,
    server: MilvusServer,
) -> Cli:
    """Return the command line with an empty database and an index server."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("INDEX_URL", server.url)
    monkeypatch.setattr(App, "encoder", fake_encoder)
    (tmp_path / "data").mkdir()
    shutil.copy(migrated_file, tmp_path / "data" / "tathabbat.db")
    return command_line(monkeypatch, capsys)


def _rows(path: Path, *reports: object) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in reports), "utf-8")
    return path


class TestCommands:
    def test_an_index_is_built_looked_at_and_taken_back(self, cli: Cli, tmp_path: Path) -> None:
        assert "there is no index yet; run `tathabbat reindex`" in cli("index", "status").err
        cli("ingest", _rows(tmp_path / "in.jsonl", BRIDGE), "--publish")
        assert "is now served: 1 statement, up to change 1" in cli("reindex").out
        (first,) = cli("index", "status", "--json").rows
        assert set(first) == {
            "format", "name", "fingerprint", "origin", "dimension", "count", "change_number",
            "changes_since", "added", "removed",
        }  # fmt: skip
        cli("ingest", _rows(tmp_path / "more.jsonl", FERRY), "--publish")
        assert "1 change since then (1 added or edited" in cli("index", "status").out
        (found,) = cli("index", "verify", "--json").rows
        assert (found["missing"], found["changes_since"]) == (1, 1)
        cli("reindex")
        said = cli("index", "verify").out
        assert "2 statements, 0 missing, 0 extra, 0 stale, 0 changes behind; recall 1.000" in said
        assert "is now served" in cli("index", "rollback").out
        assert cli("index", "verify").code == 0, "what it lacks is to be taken in"
        (pruned,) = cli("index", "prune", "--json").rows
        assert pruned["indexes"] == 0
        assert cli("index", "rollback").code == 1
        assert not (tmp_path / "data" / "index" / "current").exists()
        cli("reindex", "--local")
        assert (tmp_path / "data" / "index" / "current").exists()

    def test_shards_and_replicas_are_those_of_the_address(
        self, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: MilvusServer
    ) -> None:
        made: list[tuple[str, object]] = []
        call = MilvusConnection.call

        def noted(self: MilvusConnection, method: str, *args: object, **kwargs: object) -> object:
            made.extend((k, v) for k, v in kwargs.items() if k in ("num_shards", "replica_number"))
            return call(self, method, *args, **kwargs)  # type: ignore[arg-type]

        monkeypatch.setattr(MilvusConnection, "call", noted)
        monkeypatch.setenv("INDEX_URL", f"{server.url}/?shards=2&replicas=3")
        cli("ingest", _rows(tmp_path / "in.jsonl", BRIDGE), "--publish")
        assert cli("reindex").code == 0
        assert dict(made) == {"num_shards": 2, "replica_number": 3}

    def test_a_server_that_is_not_there_is_one_sentence_without_its_password(
        self, cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("INDEX_URL", NOWHERE)
        result = cli("index", "status")
        assert result.code == 1
        assert "the index at http://127.0.0.1:1 does not answer (unavailable)" in result.sentence
        assert "hunter2secret" not in result.err + cli("config", "show").out

    @pytest.mark.parametrize(
        "url",
        [
            "milvus:19530",
            "ftp://host",
            "http://",
            "http://host:99999",
            "http://host?shards=many",
            "http://host?shards=0",
            "http://host?password=x",
        ],
    )
    def test_an_address_that_is_none_is_refused(
        self, cli: Cli, monkeypatch: pytest.MonkeyPatch, url: str
    ) -> None:
        monkeypatch.setenv("INDEX_URL", url)
        result = cli("index", "status")
        assert "the setting INDEX_URL cannot be used: write the address" in result.sentence

    def test_without_pymilvus_it_is_said_how_to_install_it(
        self, cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "pymilvus", None)
        assert "run `pip install 'tathabbat[milvus]'`" in cli("index", "status").sentence

    def test_what_stands_in_a_dotenv_file_does_not_reach_the_environment(
        self, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """pymilvus would read it, and every process that is started would inherit the secrets."""
        for name in [name for name in sys.modules if name.startswith("pymilvus.settings")]:
            monkeypatch.delitem(sys.modules, name)
        (tmp_path / ".env").write_text("TELEGRAM_BOT_TOKEN=1:secret\n", "utf-8")
        cli("index", "status")
        assert "TELEGRAM_BOT_TOKEN" not in os.environ
        assert "PYTHON_DOTENV_DISABLED" not in os.environ


class TestDoctor:
    @pytest.fixture
    def app(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        migrated_file: Path,
        server: MilvusServer,
    ) -> Iterator[App]:
        monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
        (tmp_path / "data").mkdir(mode=0o700)
        shutil.copy(migrated_file, tmp_path / "data" / "tathabbat.db")
        monkeypatch.setenv("INDEX_URL", server.url)
        app = _app()
        yield app
        app.database.engine.dispose()

    def test_each_state_of_the_index_is_told(
        self, app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publish(app)
        assert "run `tathabbat reindex`, or the first start does" in _index(app).message
        app.builds.reindex(app.encoder)
        found = _index(app)
        assert found.state is State.OK
        assert "holds 1 statement, 0 changes behind, built 0 minutes ago" in found.message

        assert isinstance(app.builds, RemoteBuilds)
        name = app.builds.current().name
        app.builds.connection.call("delete", name, ids=[1], within=5.0)
        assert "differs from the database; run `tathabbat reindex`" in _index(app).message
        app.builds.connection.call("delete", f"{name}_terms", ids=[0], within=5.0)
        assert "is damaged (manifest)" in _index(app).message

        monkeypatch.setenv("INDEX_URL", NOWHERE)
        away = _app()
        found = _index(away)
        assert found.state is State.FAILURE
        assert "does not answer" in found.message
        assert "hunter2secret" not in found.message
        serving_index.reindex(away.sessions, away.encoder, away.settings.index_dir)
        assert "meanwhile the snapshot in DATA_DIR answers" in _index(away).message
        away.database.engine.dispose()

    def test_the_console_shows_the_build(self, app: App) -> None:
        publish(app)
        manifest = app.builds.reindex(app.encoder)
        assert app.builds.names() == [manifest.name]
        assert app.builds.built_at(manifest.name) is not None


class TestHealth:
    @pytest.mark.parametrize(
        ("problem", "word"),
        [
            (IndexUnreachable("away"), "index_unreachable"),
            (IndexMismatch("another"), "index_mismatch"),
            (IndexUnavailable("refused"), "index_refused"),
        ],
    )
    def test_each_problem_has_a_word(self, problem: IndexUnavailable, word: str) -> None:
        silent = SimpleNamespace(require_answer=lambda: None)
        nothing = SimpleNamespace(problem=problem, served=lambda: None)
        standing = HealthCollector(silent, nothing, now, lambda: 0.0)  # type: ignore[arg-type]
        assert standing.problems() == [word]
        another = SimpleNamespace(problem=problem, served=lambda: object())
        standing = HealthCollector(silent, another, now, lambda: 0.0)  # type: ignore[arg-type]
        assert (standing.problems(), standing.notes()) == ([], [word])


def _app() -> App:
    app = App(lambda _: None)
    app.encoder = BagOfWords()  # type: ignore[assignment]
    app.reader = SimpleNamespace(read=lambda pairs: pairs)  # type: ignore[assignment]
    return app


def _index(app: App) -> Finding:
    return next(finding for finding in examine(app) if finding.part == "index")
