"""`tathabbat evaluate` as an admin calls it, on a small knowledge base and labels of their own."""

import json
from pathlib import Path

import pytest

from bot.app import App
from embeddings.cross_encoder.onnx_cross_encoder import OnnxCrossEncoder
from embeddings.encoders.encoder import Encoder
from knowledge.agreement.rule_judge import RuleJudge
from tests.integration.command_line import Cli, command_line

COMMANDS = ("retrieval", "agreement", "answers", "calibrate")
PNG = b"\x89PNG\r\n"
BRIDGE = "The new bridge cost 20 million dollars."
SCHOOLS = "The ministry said that schools will reopen on Sunday."


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    fake_encoder: Encoder,
    bundled_reader: OnnxCrossEncoder,
) -> Cli:
    """Return what calls `tathabbat` with the judge by rules and an encoder that needs no model."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr("embeddings.encoders.encoder.open_encoder", lambda *_: fake_encoder)
    monkeypatch.setattr(App, "reader", bundled_reader)
    monkeypatch.setattr(App, "judge", RuleJudge())

    return command_line(monkeypatch, capsys)


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Return an empty folder for labelled files."""
    folder = tmp_path / "labels"
    folder.mkdir()
    return folder


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    return path


def report(ref: str, text: str) -> dict[str, object]:
    return {
        "ref": ref,
        "publisher": "p",
        "title": ref,
        "statements": [{"ref": f"{ref}-1", "text": text}],
    }


def measures(found: dict[str, list[dict[str, object]]]) -> dict[str, float]:
    return {m["name"]: m["value"] for m in found["measures"]}  # type: ignore[misc]


@pytest.mark.parametrize("command", COMMANDS)
class TestEach:
    def test_has_help(self, call: Cli, command: str) -> None:
        result = call("evaluate", command, "--help")
        assert result.code == 0
        assert "DATA holds" in result.out

    def test_an_empty_folder_is_told_what_belongs_there(
        self, call: Cli, command: str, labels: Path, tmp_path: Path
    ) -> None:
        result = call("evaluate", command, "--data", labels)
        assert result.code == 1
        assert "put " in result.err
        assert result.err.count("\n") == 1
        assert not list(tmp_path.glob("evaluation-*"))

    def test_needs_a_folder(self, call: Cli, command: str) -> None:
        assert call("evaluate", command).code == 2
        assert call("evaluate", command, "--data", "absent").code == 1


class TestRetrieval:
    def labelled(self, folder: Path) -> None:
        write(
            folder / "queries.jsonl",
            {"id": "q1", "text": "what did the new bridge cost"},
            {"id": "q2", "text": "when will schools reopen"},
        )
        (folder / "qrels.tsv").write_text("q1\t0\tbridge-1\t1\nq2\t0\tcopy-1\t1\nq2\t0\tgone\t1\n")

    def test_searches_the_reports_that_come_along(
        self, call: Cli, labels: Path, tmp_path: Path
    ) -> None:
        self.labelled(labels)
        # The copy is the same report under another reference: finding either is right.
        schools = report("schools", SCHOOLS)
        copy = {**report("copy", SCHOOLS), "title": "schools"}
        write(labels / "reports.jsonl", report("bridge", BRIDGE), schools, copy)
        result = call("evaluate", "retrieval", "--data", labels, "--json")
        assert result.code == 0
        told = json.loads(result.out)
        (found,) = told["sets"]
        assert (found["asked"], found["unknown"]) == (2, 1)
        assert measures(found)["success@1"] == 1.0
        assert measures(found)["recall@5"] == 0.75
        assert Path(told["report"]).read_text("utf-8").count("![") == 1
        assert (tmp_path / "evaluation-retrieval" / "success-1.png").read_bytes().startswith(PNG)
        # What is published is as it was: nothing, not even where to keep it.
        assert call("check", SCHOOLS, "--json").code == 1
        assert not list(tmp_path.rglob("tathabbat.db"))

    def test_searches_what_is_published(self, call: Cli, labels: Path, tmp_path: Path) -> None:
        self.labelled(labels)
        rows = write(tmp_path / "rows.jsonl", report("bridge", BRIDGE), report("copy", SCHOOLS))
        assert call("ingest", rows, "--publish").code == 0
        result = call("evaluate", "retrieval", "--data", labels, "--output", tmp_path / "here")
        assert result.code == 0
        assert "  success@1  " in result.out
        assert "1 labelled references name nothing" in result.out
        assert "the installed knowledge base" in (tmp_path / "here" / "report.md").read_text(
            "utf-8"
        )

    def test_a_label_may_name_a_report(self, call: Cli, labels: Path) -> None:
        write(labels / "queries.jsonl", {"id": "q1", "text": "what did the new bridge cost"})
        (labels / "qrels.txt").write_text("q1 0 bridge 1\n")
        write(labels / "reports.jsonl", report("bridge", BRIDGE), report("schools", SCHOOLS))
        told = json.loads(call("evaluate", "retrieval", "--data", labels, "--json").out)
        assert measures(told["sets"][0])["MAP@5"] == 1.0
        assert told["sets"][0]["unknown"] == 0


class TestAgreement:
    def test_judges_each_set_and_draws_it(self, call: Cli, labels: Path, tmp_path: Path) -> None:
        dollars = {"claim": "The new bridge cost 90 million dollars", "statement": BRIDGE}
        write(labels / "a.jsonl", {**dollars, "relation": "REFUTES"})
        write(labels / "b.jsonl", {"s1": SCHOOLS, "s2": BRIDGE, "stance": "other"})
        result = call("evaluate", "agreement", "--data", labels, "--json")
        assert result.code == 0
        first, second = json.loads(result.out)["sets"]
        assert first["matrix"][1] == [0, 1, 0]
        assert measures(first)["precision of what is asserted"] == 1.0
        assert (second["asked"], second["asserted"]) == (1, 0)
        drawn = {path.name for path in (tmp_path / "evaluation-agreement").glob("*.png")}
        assert drawn == {
            "confusion-1.png", "reliability-1.png", "precision-coverage-1.png", "confusion-2.png"
        }  # fmt: skip

    def test_an_output_that_is_a_file(self, call: Cli, labels: Path, tmp_path: Path) -> None:
        write(labels / "a.jsonl", {"claim": "c", "statement": "s", "relation": "SUPPORTS"})
        (tmp_path / "taken").touch()
        result = call("evaluate", "agreement", "--data", labels, "--output", tmp_path / "taken")
        assert result.code == 1
        assert "taken cannot be used" in result.err


class TestAnswers:
    def test_compares_outcomes_and_the_first_statement(self, call: Cli, labels: Path) -> None:
        write(labels / "reports.jsonl", report("bridge", BRIDGE), report("schools", SCHOOLS))
        write(
            labels / "claims.jsonl",
            {"text": BRIDGE, "outcome": "SUPPORTED", "statement_ref": "bridge-1"},
            {"text": "The new bridge cost 90 million dollars", "outcome": "REFUTED"},
            {"text": SCHOOLS, "outcome": "SUPPORTED", "statement_ref": "bridge-1"},
        )
        (found,) = json.loads(call("evaluate", "answers", "--data", labels, "--json").out)["sets"]
        assert (found["name"], found["asked"]) == ("claims", 3)
        assert measures(found)["labelled REFUTED: SUPPORTED said"] == 0.0
        assert measures(found)["accuracy"] == 1.0
        assert measures(found)["labelled statement comes first"] == 0.5


class TestCalibrate:
    def feedback(self, folder: Path, right: int, wrong: int) -> None:
        def row(number: int, relation: str) -> dict[str, str]:
            claim = f"The new bridge cost {number} million dollars"
            return {"claim": claim, "statement": BRIDGE, "relation": relation}

        write(
            folder / "feedback.jsonl",
            *(row(30 + n, "REFUTES") for n in range(right)),
            *(row(500 + n, "NOT_ENOUGH_INFO") for n in range(wrong)),
        )

    def test_keeps_what_it_fitted(self, call: Cli, labels: Path, tmp_path: Path) -> None:
        self.feedback(labels, 100, 0)
        result = call("evaluate", "calibrate", "--data", labels, "--json")
        assert result.code == 0
        told = json.loads(result.out)
        assert (told["labelled"], told["kept"]) == (100, 100)
        assert told["after"] < 0.05
        kept = json.loads((tmp_path / "data" / "calibration.json").read_text())
        assert (kept["fingerprint"], kept["labels"]) == (RuleJudge.fingerprint, 100)

    @pytest.mark.parametrize(("right", "wrong"), [(20, 0), (80, 20)])
    def test_refuses_what_shows_nothing_and_keeps_nothing(
        self, call: Cli, labels: Path, tmp_path: Path, right: int, wrong: int
    ) -> None:
        self.feedback(labels, right, wrong)
        result = call("evaluate", "calibrate", "--data", labels)
        assert result.code == 1
        assert "label" in result.err
        assert not (tmp_path / "data" / "calibration.json").exists()

    def test_asks_for_less(self, call: Cli, labels: Path) -> None:
        self.feedback(labels, 90, 10)
        result = call("evaluate", "calibrate", "--data", labels, "--precision", "0.8")
        assert result.code == 0
        assert "fitted to 100 verdicts" in result.out
        assert call("evaluate", "calibrate", "--data", labels, "--precision", "1").code == 2
