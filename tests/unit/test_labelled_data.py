"""Labelled files as people have them: other names for the same, and what is refused, where."""

import json
from pathlib import Path

import pytest

from knowledge.domain import Outcome, Rating, Relation, ReportKind
from knowledge.errors import UnreadableFile
from knowledge.evaluation.labelled_data import (
    read_claims,
    read_pairs,
    read_pool,
    read_queries,
    read_reports,
)


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    return path


class TestPairs:
    @pytest.mark.parametrize(
        "row",
        [
            {"claim": "c", "statement": "s", "relation": "REFUTES"},
            {"claim": "c", "evidence": "s", "label": "refutes"},
            {"s1": "c", "s2": "s", "stance": "disagree"},
            {"hypothesis": "c", "premise": "s", "label": "contradiction"},
            {"h": "c", "t": "s", "label": "2"},
            {"h": "c", "t": "s", "label": 2},
        ],
    )
    def test_names_of_the_usual_sets(self, tmp_path: Path, row: object) -> None:
        write(tmp_path / "mine.jsonl", row)
        (found,) = read_pairs(tmp_path)
        (pair,) = found.pairs
        assert found.name == "mine"
        assert (pair.claim, pair.statement, pair.relation) == ("c", "s", Relation.REFUTES)

    @pytest.mark.parametrize("label", ["NOT ENOUGH INFO", "Not_Enough_Info", "other", "neutral"])
    def test_spellings_of_a_label(self, tmp_path: Path, label: str) -> None:
        write(tmp_path / "a.jsonl", {"claim": "c", "statement": "s", "label": label})
        assert read_pairs(tmp_path)[0].pairs[0].relation is Relation.NOT_ENOUGH_INFO

    def test_each_file_is_a_set_and_others_are_left_alone(self, tmp_path: Path) -> None:
        row = {"claim": "c", "statement": "s", "relation": "SUPPORTS"}
        write(tmp_path / "dev.jsonl", row)
        write(tmp_path / "train.jsonl", row, row)
        write(tmp_path / "reports.jsonl", {"publisher": "p", "body": "b"})
        (tmp_path / "empty.jsonl").touch()
        assert [(s.name, len(s.pairs)) for s in read_pairs(tmp_path)] == [("dev", 1), ("train", 2)]

    @pytest.mark.parametrize(
        ("row", "says"),
        [
            ({"claim": "c", "statement": "s"}, "relation: is missing"),
            ({"claim": "", "statement": "s", "relation": "SUPPORTS"}, "claim: is missing"),
            ({"claim": "c", "statement": 1.5, "relation": "SUPPORTS"}, "statement: must be text"),
            ({"claim": "c", "statement": "s", "relation": "maybe"}, "'maybe' is none of SUPPORTS"),
            # In SNLI 0 is entailment, in ArNLI it is neutral.
            ({"claim": "c", "statement": "s", "relation": 0}, "write words"),
            (
                {"claim": "x" * 10_001, "statement": "s", "relation": "SUPPORTS"},
                "10,001 characters",
            ),
            (["c", "s"], "not a JSON object"),
        ],
    )
    def test_what_is_wrong_is_named_with_its_line(
        self, tmp_path: Path, row: object, says: str
    ) -> None:
        good = {"claim": "c", "statement": "s", "relation": "SUPPORTS"}
        path = write(tmp_path / "a.jsonl", good, row)
        with pytest.raises(UnreadableFile) as refused:
            read_pairs(tmp_path)
        assert str(refused.value).startswith(f"{path}, line 2: ")
        assert says in str(refused.value)

    def test_a_folder_without_pairs(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableFile, match="no labelled pairs"):
            read_pairs(tmp_path)
        with pytest.raises(UnreadableFile, match="not a folder"):
            read_pairs(tmp_path / "absent")


class TestQueries:
    def test_one_set_for_each_relevance_file(self, tmp_path: Path) -> None:
        write(tmp_path / "queries_a.jsonl", {"tweet_id": "q1", "tweet_text": "one"})
        write(tmp_path / "queries_b.jsonl", {"id": 2, "claim": "two"})
        (tmp_path / "qrels_train.tsv").write_text("q1\t0\tc1\t1\nq1\t0\tc2\t1\nq1\t0\tc3\t0\n")
        (tmp_path / "qrels_dev.txt").write_text("query id doc relevance\n2 0 c9 2\nq7 0 c9 1\n")
        train, dev = read_queries(tmp_path)
        (one,) = train.queries
        assert (train.name, one.id, one.text) == ("qrels_train", "q1", "one")
        assert one.right == {"c1", "c2"}
        assert dev.queries[0].text == "two"
        assert dev.queries[0].right == {"c9"}
        assert dev.left_out == 1

    def test_a_bad_relevance_line(self, tmp_path: Path) -> None:
        write(tmp_path / "queries.jsonl", {"id": "q1", "text": "one"})
        (tmp_path / "qrels.tsv").write_text("q1 0 c1 1\nq1 c2 1\n")
        with pytest.raises(UnreadableFile, match=r"qrels\.tsv, line 2"):
            read_queries(tmp_path)

    def test_ids_that_do_not_meet(self, tmp_path: Path) -> None:
        write(tmp_path / "queries.jsonl", {"id": "q1", "text": "one"})
        (tmp_path / "qrels.tsv").write_text("1 0 c1 1\n")
        with pytest.raises(UnreadableFile, match="check the ids"):
            read_queries(tmp_path)

    def test_a_folder_without_queries(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableFile, match=r"put queries\.jsonl and qrels\.tsv"):
            read_queries(tmp_path)


class TestPool:
    def test_claims_become_fact_checks_without_a_rating(self, tmp_path: Path) -> None:
        write(
            tmp_path / "claims.jsonl",
            {"vclaim_id": "v1", "vclaim": "the claim", "title": "its title"},
            {"id": "v2", "text": "", "title": "only a title"},
        )
        first, second = read_pool(tmp_path)
        assert (first.kind, first.title) == (ReportKind.FACT_CHECK, "its title")
        (statement,) = first.statements
        assert (statement.ref, statement.text, statement.rating) == ("v1", "the claim", None)
        assert second.statements[0].text == "only a title"

    def test_report_rows_win_and_are_read_as_ingest_reads_them(self, tmp_path: Path) -> None:
        write(tmp_path / "claims.jsonl", {"id": "v1", "text": "the claim"})
        write(tmp_path / "reports.jsonl", {"publisher": "p", "body": "The bridge is open again."})
        (report,) = read_pool(tmp_path)
        assert report.publisher == "p"

    def test_claims_that_are_labelled_with_outcomes_are_no_pool(self, tmp_path: Path) -> None:
        write(tmp_path / "claims.jsonl", {"text": "one", "outcome": "SUPPORTED"})
        assert read_reports(tmp_path) == ()

    def test_a_report_that_is_none(self, tmp_path: Path) -> None:
        write(tmp_path / "reports.jsonl", {"publisher": "p", "body": "Text."}, {"publisher": "p"})
        with pytest.raises(UnreadableFile, match=r"reports\.jsonl, line 2: body: is missing"):
            read_pool(tmp_path)

    def test_a_folder_without_a_pool(self, tmp_path: Path) -> None:
        assert read_pool(tmp_path) == ()


class TestClaims:
    def test_outcomes_in_any_case(self, tmp_path: Path) -> None:
        write(
            tmp_path / "a.jsonl",
            {"id": "1", "text": "one", "outcome": "no match"},
            {"claim": "two", "outcome": "Supported", "statement_ref": "r1-1"},
        )
        (found,) = read_claims(tmp_path)
        one, two = found.claims
        assert (one.outcome, one.statement_ref) == (Outcome.NO_MATCH, None)
        assert (two.id, two.outcome, two.statement_ref) == ("2", Outcome.SUPPORTED, "r1-1")

    def test_an_outcome_that_is_none(self, tmp_path: Path) -> None:
        write(tmp_path / "a.jsonl", {"text": "one", "outcome": "TRUE"})
        with pytest.raises(UnreadableFile, match="line 1: outcome: 'TRUE' is none of SUPPORTED"):
            read_claims(tmp_path)


ITEM = {
    "id": "W-1",
    "title": "جسر المدينة",
    "before": "بدأت الأعمال الأحد.",
    "speaker": "البلدية",
    "statement": "أغلقت البلدية الجسر أسبوعين للصيانة",
    "claims": [{"text": "الجسر مسكر", "label": "S"}, {"text": "الجسر انهار", "label": "N"}],
}


class TestWrittenItems:
    def test_serve_as_pairs_as_claims_and_as_reports(self, tmp_path: Path) -> None:
        write(tmp_path / "mine.jsonl", ITEM)
        (pairs,), (claims,) = read_pairs(tmp_path), read_claims(tmp_path)
        first = pairs.pairs[0]
        assert (first.id, first.claim, first.relation) == ("W-1-1", "الجسر مسكر", Relation.SUPPORTS)
        assert (first.title, first.before, first.speaker) == (
            ITEM["title"], ITEM["before"], ITEM["speaker"],
        )  # fmt: skip
        assert [(c.text, c.outcome, c.statement_ref) for c in claims.claims] == [
            ("الجسر مسكر", Outcome.SUPPORTED, "W-1"),
            ("الجسر انهار", Outcome.RELATED, "W-1"),
        ]
        (report,) = claims.reports
        assert [s.text for s in report.statements] == [ITEM["before"], ITEM["statement"]]
        assert (report.ref, report.statements[-1].ref) == ("W-1", "W-1")

    def test_a_reviewed_claim_is_a_fact_check_that_rejects_it(self, tmp_path: Path) -> None:
        write(tmp_path / "mine.jsonl", ITEM | {"reviewed": True})
        (claims,) = read_claims(tmp_path)
        assert [c.outcome for c in claims.claims] == [Outcome.REFUTED, Outcome.RELATED]
        (report,) = claims.reports
        assert (report.kind, report.statements[-1].rating) == (ReportKind.FACT_CHECK, Rating.FALSE)
        assert read_pairs(tmp_path)[0].pairs[0].title == ""

    def test_an_id_that_stands_twice_is_refused(self, tmp_path: Path) -> None:
        write(tmp_path / "mine.jsonl", ITEM, ITEM)
        with pytest.raises(UnreadableFile, match="line 2: id: 'W-1' is used twice"):
            read_pairs(tmp_path)

    @pytest.mark.parametrize(
        ("changed", "says"),
        [
            ({"claims": []}, "claims: must be a list"),
            ({"claims": ["x"]}, "claims: must be objects"),
            ({"claims": [{"text": "x", "label": "T"}]}, "label: 'T' is none of S, R, N"),
            ({"claims": [{"text": "", "label": "S"}]}, "text: is missing"),
            ({"statement": ""}, "statement: is missing"),
            ({"id": None}, "id: is missing"),
        ],
    )
    def test_what_is_wrong_is_named_with_its_line(
        self, tmp_path: Path, changed: dict[str, object], says: str
    ) -> None:
        write(tmp_path / "mine.jsonl", ITEM, ITEM | {"id": "W-2"} | changed)
        with pytest.raises(UnreadableFile, match=f"line 2: {says}"):
            read_pairs(tmp_path)
