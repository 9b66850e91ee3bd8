"""The command line as people call it: what it prints, what it refuses and how, what it leaves."""

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bot.app import App
from bot.cli import file_permissions
from bot.cli.main import COMMANDS
from embeddings.cross_encoder.onnx_cross_encoder import OnnxCrossEncoder
from embeddings.encoders.encoder import SentenceTransformerEncoder
from knowledge.agreement.combined_judge import CombinedJudge
from knowledge.agreement.judgement import Evidence, Judgement
from knowledge.domain import Relation
from tests.integration.command_line import Cli, command_line

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "knowledge" / "samples" / "last-isis-pocket.txt"


@pytest.fixture
def cli(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    bundled_encoder: SentenceTransformerEncoder,
    bundled_reader: OnnxCrossEncoder,
) -> Cli:
    """Return what calls `tathabbat` in this process, on a data folder of the test's own."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    # The real models, but loaded once for all tests.
    monkeypatch.setattr("embeddings.encoders.encoder.open_encoder", lambda *_: bundled_encoder)
    monkeypatch.setattr(App, "reader", bundled_reader)

    return command_line(monkeypatch, capsys)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the data folder is kept in which the sample report is published."""
    return tmp_path_factory.mktemp("ready") / "data"


@pytest.fixture
def ready(cli: Cli, kept: Path, tmp_path: Path) -> Cli:
    """Return the command line with the sample report published."""
    if not kept.exists():
        assert cli("ingest", SAMPLE, "--publish").code == 0
        shutil.copytree(tmp_path / "data", kept)
    else:
        shutil.copytree(kept, tmp_path / "data")
    return cli


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    return path


class TestEveryCommand:
    @pytest.mark.parametrize("name", COMMANDS)
    def test_has_help(self, cli: Cli, name: str) -> None:
        result = cli(name, "--help")
        assert result.code == 0
        assert result.out.startswith("Usage: ")
        assert len(result.out.splitlines()[2].strip()) > 20

    def test_an_unknown_command_is_bad_usage(self, cli: Cli) -> None:
        assert cli("frobnicate").code == 2


class TestCheck:
    def test_prints_outcome_quote_and_source(self, ready: Cli) -> None:
        result = ready("check", "داعش محاصر في نصف مساحة خلافته")
        assert result.code == 0
        lines = result.out.splitlines()
        assert lines[0].startswith("❌")
        assert "أقل من واحد في المئة" in result.out
        assert "الناشر غير مذكور" not in result.out

    def test_speaks_the_language_of_the_claim(self, ready: Cli) -> None:
        out = ready("check", "ISIS is confined to 10% of the area of its caliphate").out
        assert out.startswith("❌ A verified report contradicts this")
        assert "لا يوجد لدينا" in ready("check", "se3r el 2ame7 3eli fel aswa2 el 3alamiye").out

    def test_json_has_the_public_fields(self, ready: Cli) -> None:
        result = ready("check", "خرج أكثر من 37 ألف شخص من مناطق سيطرة التنظيم", "--json")
        answer = json.loads(result.out)
        assert answer["outcome"] == "SUPPORTED"
        assert 0 < answer["confidence"] <= 1
        best = answer["matches"][0]
        assert best["rank"] == 1
        assert best["relation"] == "SUPPORTS"
        assert best["speaker"] == "المرصد السوري لحقوق الإنسان"
        assert set(best) >= {
            "statement_ref", "report_ref", "text", "confidence", "score", "reasons"
        }  # fmt: skip
        assert len(answer["matches"]) == 10

    @pytest.mark.parametrize(
        ("claim", "says"),
        [
            ("", "empty"),
            (" \n\t ", "empty"),
            ("\u202e\u200b", "empty"),
            ("🔥🔥🔥", "no words"),
            ("https://example.org/a?b=c", "link"),
            ("داعش", "single word"),
            ("كلمة " * 20_000, "characters"),
        ],
    )
    def test_what_cannot_be_checked_is_bad_usage(self, cli: Cli, claim: str, says: str) -> None:
        result = cli("check", claim)
        assert result.code == 2
        assert says in result.sentence

    def test_small_talk_has_no_match_and_gets_a_kind_word(self, cli: Cli) -> None:
        result = cli("check", "السلام عليكم ورحمة الله")
        assert result.code == 0
        assert result.out.startswith("أهلًا بك")
        cli("db", "upgrade")
        answer = json.loads(cli("check", "Thank you very much!", "--json").out)
        assert (answer["outcome"], answer["matches"]) == ("NO_MATCH", [])

    @pytest.mark.parametrize(
        ("claims", "outcome"),
        [
            (
                ("خرج أكثر من 37 ألف شخص من مناطق سيطرة التنظيم", "أعلن داعش خلافته سنة 2011"),
                "REFUTED",
            ),
            (
                ("خرج أكثر من 37 ألف شخص من مناطق سيطرة التنظيم", "ارتفع سعر القمح في الأسواق"),
                "RELATED",
            ),
        ],
    )
    def test_a_message_is_as_true_as_its_least_true_claim(
        self, ready: Cli, claims: tuple[str, ...], outcome: str
    ) -> None:
        answer = json.loads(ready("check", "\n".join(claims), "--json").out)
        assert answer["claim"] == "\n".join(claims)
        assert answer["outcome"] == outcome
        assert [match["rank"] for match in answer["matches"]] == list(range(1, 11))
        assert answer["matches"][0]["relation"] != "NOT_ENOUGH_INFO"
        out = ready("check", "\n".join(claims)).out
        assert out.startswith(f"1. في رسالتك: «{claims[0]}»")

    def test_an_empty_knowledge_base_has_no_match(self, cli: Cli) -> None:
        cli("db", "upgrade")
        result = cli("check", "فاز المنتخب بكأس العالم", "--json")
        assert json.loads(result.out)["outcome"] == "NO_MATCH"

    def test_top_lists_as_many_as_the_index_holds(self, ready: Cli) -> None:
        answer = json.loads(ready("check", "داعش محاصر", "--json", "--top", "100").out)
        assert len(answer["matches"]) == 14

    def test_needs_a_claim_or_a_batch(self, cli: Cli) -> None:
        assert cli("check").code == 2
        assert cli("check", "نص الادعاء", "--batch", "x").code == 2
        assert cli("check", "--batch", "x").code == 2


class TestBatch:
    def test_answers_every_row_in_order(self, ready: Cli, tmp_path: Path) -> None:
        source = write(
            tmp_path / "in.jsonl",
            {"id": "a", "text": "داعش محاصر في نصف مساحة خلافته"},
            {"id": "b", "text": "https://example.org"},
            {"id": "c", "text": "ارتفع سعر القمح في الأسواق"},
        )
        result = ready("check", "--batch", source, "--output", tmp_path / "out.jsonl", "--top", "3")
        assert result.code == 0
        rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
        assert [row["id"] for row in rows] == ["a", "b", "c"]
        assert [row["outcome"] for row in rows] == ["REFUTED", "NO_MATCH", "NO_MATCH"]
        assert [len(row["matches"]) for row in rows] == [3, 0, 3]

    def test_what_claims_nothing_is_told_what_comes_closest(
        self, ready: Cli, tmp_path: Path
    ) -> None:
        source = write(tmp_path / "in.jsonl", {"id": "a", "text": "السلام عليكم ورحمة الله"})
        assert ready("check", "--batch", source, "--output", tmp_path / "out.jsonl").code == 0
        row = json.loads((tmp_path / "out.jsonl").read_text())
        assert row["outcome"] == "NO_MATCH"
        assert len(row["matches"]) == 10
        assert {match["relation"] for match in row["matches"]} == {"NOT_ENOUGH_INFO"}

    def test_bad_lines_are_named_and_the_rest_answered(self, ready: Cli, tmp_path: Path) -> None:
        source = tmp_path / "in.jsonl"
        source.write_bytes(
            b'{"id": "a", "text": "one two three"}\n{"id": "b"}\nnot json\n\xff\n[1]\n'
            b'{"id": 7, "text": "four five six"}\n'
        )
        result = ready("check", "--batch", source, "--output", tmp_path / "out.jsonl")
        assert result.code == 1
        for line, reason in ((2, "text"), (3, "JSON"), (4, "UTF-8"), (5, "JSON")):
            assert any(f"line {line}:" in e and reason in e for e in result.err.splitlines())
        ids = [json.loads(row)["id"] for row in (tmp_path / "out.jsonl").read_text().splitlines()]
        assert ids == ["a", "7"]

    def test_a_missing_file_leaves_nothing(self, ready: Cli, tmp_path: Path) -> None:
        before = set(tmp_path.iterdir())
        result = ready("check", "--batch", tmp_path / "no", "--output", tmp_path / "out.jsonl")
        assert result.code == 1
        assert set(tmp_path.iterdir()) == before

    def test_compare_judges_pairs(self, cli: Cli, tmp_path: Path) -> None:
        source = write(
            tmp_path / "in.jsonl",
            {"id": "1", "claim": "خرج 90 ألف شخص", "statement": "خرج 37 ألف شخص من المدينة أمس"},
            {"id": "2", "claim": "خرج 37 ألف شخص", "statement": "خرج 37 ألف شخص من المدينة أمس"},
            {"id": "3", "claim": "اشترى أخي سيارة", "statement": "خرج 37 ألف شخص من المدينة"},
        )
        assert cli("compare", "--batch", source, "--output", tmp_path / "out.jsonl").code == 0
        rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
        assert [r["relation"] for r in rows] == ["REFUTES", "SUPPORTS", "NOT_ENOUGH_INFO"]
        assert all(0 < r["confidence"] <= 1 for r in rows)

    def test_compare_takes_what_a_statement_is_read_with(
        self, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[Evidence] = []

        def judge(_: object, claim: str, evidence: Sequence[Evidence]) -> tuple[Judgement, ...]:
            seen.extend(evidence)
            return (Judgement(Relation.NOT_ENOUGH_INFO, 1.0),)

        monkeypatch.setattr(CombinedJudge, "judge", judge)
        told = {"id": "1", "claim": "a b", "statement": "c d", "title": "t", "before": "p"}
        source = write(
            tmp_path / "in.jsonl",
            {**told, "speaker": "s"},
            {**told, "speaker": None},
            {**told, "title": ["t"]},
        )
        result = cli("compare", "--batch", source, "--output", tmp_path / "out.jsonl")
        assert seen == [Evidence("c d", "t", "s", "p"), Evidence("c d", "t", "", "p")]
        assert (result.code, "line 3: the field 'title' must be text" in result.err) == (1, True)

    def test_half_a_character_is_a_bad_line(self, ready: Cli, tmp_path: Path) -> None:
        source = tmp_path / "in.jsonl"
        source.write_text(
            '{"id": "\\udfff", "text": "one two"}\n{"id": "b", "text": "one two"}\n', "utf-8"
        )
        result = ready("check", "--batch", source, "--output", tmp_path / "out.jsonl")
        assert result.code == 1
        assert "line 1" in result.err
        assert json.loads((tmp_path / "out.jsonl").read_text())["id"] == "b"

    def test_never_writes_over_what_it_reads(self, ready: Cli, tmp_path: Path) -> None:
        source = write(tmp_path / "in.jsonl", {"id": "a", "text": "one two three"})
        before = source.read_bytes()
        assert ready("check", "--batch", source, "--output", source).code == 2
        assert source.read_bytes() == before

    def test_a_link_stays_a_link_and_a_device_a_device(self, ready: Cli, tmp_path: Path) -> None:
        source = write(tmp_path / "in.jsonl", {"id": "a", "text": "one two three"})
        (tmp_path / "real.jsonl").write_text("old", "utf-8")
        (tmp_path / "link.jsonl").symlink_to(tmp_path / "real.jsonl")
        assert ready("check", "--batch", source, "--output", tmp_path / "link.jsonl").code == 0
        assert (tmp_path / "link.jsonl").is_symlink()
        assert json.loads((tmp_path / "real.jsonl").read_text())["id"] == "a"
        assert ready("check", "--batch", source, "--output", "/dev/null").code == 0
        assert Path("/dev/null").is_char_device()

    @pytest.mark.parametrize("target", ["", ".", "/", "x" * 300])
    def test_an_output_that_is_no_file(self, ready: Cli, tmp_path: Path, target: str) -> None:
        source = write(tmp_path / "in.jsonl", {"id": "a", "text": "one two three"})
        result = ready("check", "--batch", source, "--output", target)
        assert result.code == 1
        assert result.sentence.startswith("Error: ")


class TestIngest:
    def test_twice_adds_nothing(self, ready: Cli) -> None:
        tally = json.loads(ready("ingest", SAMPLE, "--publish", "--json").out)
        assert (tally["reports_added"], tally["duplicates"]) == (0, 1)

    def test_drafts_are_not_served_until_published(self, cli: Cli) -> None:
        assert "Drafts are not served" in cli("ingest", SAMPLE).out
        claim = "خرج أكثر من 37 ألف شخص من مناطق سيطرة التنظيم"
        assert json.loads(cli("check", claim, "--json").out)["outcome"] == "NO_MATCH"
        assert cli("ingest", SAMPLE, "--publish").code == 0
        assert json.loads(cli("check", claim, "--json").out)["outcome"] == "SUPPORTED"

    def test_one_bad_row_of_a_thousand(self, cli: Cli, tmp_path: Path) -> None:
        rows: list[object] = [
            {"publisher": "P", "statements": [{"text": f"الخبر رقم {n} من المدينة"}]}
            for n in range(1000)
        ]
        rows[499] = {"publisher": "P", "published_at": "2019-13-40", "statements": [{"text": "x"}]}
        result = cli("ingest", write(tmp_path / "r.jsonl", *rows), "--json")
        assert result.code == 1
        assert json.loads(result.out)["reports_added"] == 999
        assert "line 500" in result.sentence
        assert "published_at" in result.sentence

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("latin.txt", "caf\xe9 news".encode("latin-1")),
            ("empty.txt", b""),
            ("broken.jsonl", b'{"publisher": "P"'),
            ("array.json", b"[1, 2"),
        ],
    )
    def test_unreadable_files(self, cli: Cli, tmp_path: Path, name: str, content: bytes) -> None:
        (tmp_path / name).write_bytes(content)
        result = cli("ingest", tmp_path / name)
        assert result.code == 1
        assert name in result.sentence

    def test_a_directory_and_a_missing_file(self, cli: Cli, tmp_path: Path) -> None:
        for path in (tmp_path, tmp_path / "absent.txt"):
            result = cli("ingest", path)
            assert result.code == 1
            assert str(path) in result.sentence

    def test_a_date_that_is_none(self, cli: Cli) -> None:
        assert cli("ingest", SAMPLE, "--date", "yesterday").code == 2

    def test_options_fill_what_the_text_does_not_state(self, cli: Cli) -> None:
        cli("ingest", SAMPLE, "--publish", "--publisher", "وكالة", "--date", "2019-02-07")
        out = cli("check", "داعش محاصر في نصف مساحة خلافته").out
        assert "وكالة · 7 فبراير 2019 (قبل" in out


class TestStatementsAndIndex:
    def test_a_retracted_statement_is_gone_at_once(self, ready: Cli) -> None:
        claim = "خرج أكثر من 37 ألف شخص من مناطق سيطرة التنظيم"
        assert ready("reindex").code == 0
        best = json.loads(ready("check", claim, "--json").out)["matches"][0]["statement_ref"]
        assert ready("statements", "retract", best, "--reason", "خطأ").code == 0
        after = json.loads(ready("check", claim, "--json").out)
        assert after["outcome"] != "SUPPORTED"
        assert best not in {match["statement_ref"] for match in after["matches"]}
        assert "retracted" in ready("statements", "show", best).out

    def test_bytes_that_are_no_text(self, ready: Cli) -> None:
        for call in (("statements", "show", "\udcff"), ("check", "one two \udcff three")):
            result = ready(*call)
            assert result.code == 2
            assert "UTF-8" in result.err

    def test_an_unknown_reference(self, ready: Cli) -> None:
        result = ready("statements", "show", "nothing")
        assert result.code == 1
        assert "nothing" in result.sentence

    def test_status_verify_rollback_and_prune(self, ready: Cli) -> None:
        assert ready("index", "status").code == 1
        assert ready("reindex").code == 0
        assert ready("reindex").code == 0
        assert json.loads(ready("index", "status", "--json").out)["count"] == 14
        assert json.loads(ready("index", "verify", "--json").out)["missing"] == 0
        assert ready("index", "rollback").code == 0
        assert ready("index", "prune").code == 0
        assert ready("index", "rollback").code == 1

    @pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"../elsewhere", b"99999999"])
    def test_a_pointer_to_no_index(self, ready: Cli, tmp_path: Path, content: bytes) -> None:
        ready("reindex")
        (tmp_path / "data" / "index" / "current").write_bytes(content)
        assert "tathabbat reindex" in ready("index", "status").sentence
        result = ready("check", "داعش محاصر في مساحة")
        assert result.code == 0
        assert "tathabbat reindex" in result.err
        assert ready("reindex").code == 0
        assert ready("index", "verify").code == 0

    def test_a_corrupt_index_is_passed_over_with_the_way_out(
        self, ready: Cli, tmp_path: Path
    ) -> None:
        ready("reindex")
        (file,) = (tmp_path / "data" / "index").glob("*/dense.faiss")
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
        refused = ready("index", "verify")
        assert refused.code == 1
        assert "tathabbat reindex" in refused.sentence
        result = ready("check", "داعش محاصر في مساحة")
        assert result.code == 0
        assert "tathabbat reindex" in result.err
        assert ready("reindex").code == 0
        assert ready("index", "verify").code == 0


class TestDatabase:
    def test_upgrade_check_downgrade(self, cli: Cli) -> None:
        assert cli("db", "upgrade").code == 0
        assert cli("db", "check").code == 0
        assert cli("db", "downgrade", "base", "--yes").code == 0
        assert cli("db", "check").code == 1

    def test_an_unknown_revision_is_refused(self, ready: Cli, tmp_path: Path) -> None:
        with sqlite3.connect(tmp_path / "data" / "tathabbat.db") as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.close()
        for call in (("check", "داعش محاصر في مساحة"), ("db", "upgrade"), ("ingest", SAMPLE)):
            result = ready(*call)
            assert result.code == 1
            assert "which this version does not know" in result.sentence

    def test_a_damaged_file_is_named_as_such(self, ready: Cli, tmp_path: Path) -> None:
        for file in (tmp_path / "data").glob("tathabbat.db*"):
            file.unlink()  # its log would mend it
        (tmp_path / "data" / "tathabbat.db").write_bytes(b"no database at all" * 300)
        for call in (("db", "check"), ("db", "backup", tmp_path / "copy.db")):
            assert "damaged" in ready(*call).sentence
        assert ready("doctor").code == 1

    def test_backup_is_a_database_and_overwrites_nothing(self, ready: Cli, tmp_path: Path) -> None:
        target = tmp_path / "copy.db"
        assert ready("db", "backup", target).code == 0
        with sqlite3.connect(target) as copy:
            assert copy.execute("SELECT count(*) FROM statements").fetchone() == (14,)
        copy.close()
        assert ready("db", "backup", target).code == 1

    def test_restore_asks_first_and_brings_everything_back(
        self, ready: Cli, tmp_path: Path
    ) -> None:
        target = tmp_path / "copy.db"
        ready("db", "backup", target)
        found = json.loads(ready("check", "داعش محاصر في مساحة", "--json").out)
        best = found["matches"][0]["statement_ref"]
        ready("statements", "retract", best, "--reason", "wrong")
        assert ready("db", "restore", target).code == 2, "nobody said yes"
        result = ready("db", "restore", target, "--yes")
        assert result.code == 0
        assert "14 statements" in result.out

    def test_restore_of_what_is_no_backup_is_refused_in_a_sentence(
        self, ready: Cli, tmp_path: Path
    ) -> None:
        database, empty = tmp_path / "data" / "tathabbat.db", tmp_path / "empty.db"
        empty.touch()
        before = database.read_bytes()
        result = ready("db", "restore", empty, "--yes")
        assert result.code == 1
        assert "it is empty; nothing was changed" in result.sentence
        assert database.read_bytes() == before


class TestDoctorAndRun:
    def test_doctor_says_what_to_do(self, ready: Cli) -> None:
        result = ready("doctor")
        assert result.code == 0
        assert "TELEGRAM_BOT_TOKEN is not set" in result.out
        assert "tathabbat reindex" in result.out

    def test_doctor_fails_on_a_database_that_is_behind(self, ready: Cli, tmp_path: Path) -> None:
        with sqlite3.connect(tmp_path / "data" / "tathabbat.db") as connection:
            connection.execute("DELETE FROM alembic_version")
        connection.close()
        assert ready("doctor").code == 1

    def test_run_without_a_token(self, cli: Cli) -> None:
        result = cli("run")
        assert result.code == 1
        assert "TELEGRAM_BOT_TOKEN" in result.sentence

    def test_a_setting_that_cannot_be_used(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ADMIN_IDS", "12,abc")
        result = cli("db", "check")
        assert result.code == 1
        assert "ADMIN_IDS" in result.sentence

    def test_a_database_address_that_is_none(
        self, cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", "not an address")
        result = cli("db", "check")
        assert result.code == 1
        assert "DATABASE_URL" in result.sentence


class TestWhoMayRead:
    """What the program keeps is its owner's alone; a result is whose the user's umask says."""

    @pytest.fixture(autouse=True)
    def _lax(self) -> Iterator[None]:
        before = os.umask(0o022)
        yield
        assert os.umask(before) == 0o022

    def test_everything_kept_is_for_its_owner_only(self, ready: Cli, tmp_path: Path) -> None:
        data = tmp_path / "data"
        assert ready("reindex").code == 0
        assert ready("users", "grant", "7", "--name", "Mona", "--role", "moderator").code == 0
        found = {path: path.stat().st_mode & 0o777 for path in (data, *data.rglob("*"))}
        assert (data / "secret.key") in found
        assert len(found) > 8
        assert {path: mode for path, mode in found.items() if mode & 0o077} == {}

    @pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0, 0o666)])
    def test_what_is_written_for_the_user_follows_the_umask(
        self, ready: Cli, tmp_path: Path, umask: int, mode: int
    ) -> None:
        rows = write(tmp_path / "in.jsonl", {"id": 1, "text": "داعش يسيطر"})
        before = os.umask(umask)
        try:
            assert ready("export", "csv", "--output", tmp_path / "out.csv").code == 0
            assert ready("check", "--batch", rows, "--output", tmp_path / "out.jsonl").code == 0
        finally:
            os.umask(before)
        for name in ("out.csv", "out.jsonl"):
            assert (tmp_path / name).stat().st_mode & 0o777 == mode


def test_settings_leave_the_key_unreadable_for_others(ready: Cli, tmp_path: Path) -> None:
    from bot.settings import load

    key = load().secret()
    file = tmp_path / "data" / "secret.key"
    assert load().secret() == key
    assert len(key) == 64
    assert file.stat().st_mode & 0o077 == 0


class TestRoot:
    """What root leaves in another user's folder would shut that user's bot out."""

    @pytest.fixture(autouse=True)
    def _as_root_in_anothers(
        self, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "data").mkdir()
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        monkeypatch.setattr(file_permissions, "_find_owner", lambda _: 4_000_000_000)

    @pytest.mark.parametrize(
        "arguments", [("doctor",), ("users", "list"), ("db", "upgrade"), ("reindex",)]
    )
    def test_is_refused_in_anothers_folder_and_leaves_nothing(
        self, cli: Cli, tmp_path: Path, arguments: tuple[str, ...]
    ) -> None:
        ended = cli(*arguments)
        assert ended.code == 1
        assert ended.out == ""
        assert "`sudo -u '#4000000000' tathabbat …`" in ended.sentence
        assert list((tmp_path / "data").iterdir()) == []

    @pytest.mark.parametrize("arguments", [("--help",), ("reindex", "--help"), ("db", "-h")])
    def test_is_helped(self, cli: Cli, arguments: tuple[str, ...]) -> None:
        assert cli(*arguments).code == 0

    def test_works_in_its_own(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(file_permissions, "_find_owner", lambda _: 0)
        assert cli("db", "upgrade").code == 0

    def test_so_does_anybody_else(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 1_000)
        assert cli("db", "upgrade").code == 0
