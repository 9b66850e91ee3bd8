"""What verdicts come to, and the report they make."""

from datetime import UTC, datetime

from knowledge.evaluation.judge_evaluation import RELATIONS
from knowledge.evaluation.markdown_report import Condition, Plot, Section, markdown
from knowledge.evaluation.retrieval_evaluation import Miss, RetrievalResult
from knowledge.evaluation.verdict_metrics import CURVE_POINTS, Verdict, VerdictResult, assess

S, R, N = RELATIONS.all
AT = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)


def verdict(expected: str, got: str, confidence: float = 0.9, text: str = "claim") -> Verdict:
    return Verdict("1", text, expected, got, confidence, "statement")


def value(result: VerdictResult, name: str) -> float:
    return next(m.value for m in result.measures if m.name == name)


def test_what_matters_most_has_its_own_figures() -> None:
    result = assess("x", [verdict(S, S), verdict(S, N), verdict(R, S), verdict(N, R)], RELATIONS)
    assert result.asserted == 3
    assert value(result, "asserted (coverage)") == 0.75
    assert value(result, "labelled SUPPORTS: said so") == 0.5
    assert value(result, "labelled REFUTES: SUPPORTS said") == 1.0
    assert value(result, "labelled open: asserted") == 1.0
    assert result.matrix == ((1, 0, 1), (1, 0, 0), (0, 1, 0))


def test_a_wrong_support_is_shown_before_any_other_mistake_and_silence_is_none() -> None:
    wrong = [verdict(S, N, 0.99), verdict(S, R, 0.9), verdict(R, S, 0.5), verdict(R, S, 0.6)]
    result = assess("x", [*wrong, verdict(S, S)], RELATIONS)
    assert [(v.got, v.confidence) for v in result.wrong] == [(S, 0.6), (S, 0.5), (R, 0.9)]


def test_nothing_asserted_has_no_precision() -> None:
    result = assess("x", [verdict(N, N), verdict(N, N)], RELATIONS)
    assert (result.bins, result.curve, result.wrong) == ((), (), ())
    assert not any("calibration" in m.name or "labelled S" in m.name for m in result.measures)


def test_a_long_curve_is_thinned_and_keeps_its_end() -> None:
    result = assess("x", [verdict(S, S, n / 3000) for n in range(1, 3001)], RELATIONS)
    assert len(result.curve) <= CURVE_POINTS
    assert result.curve[-1].coverage == 1.0


def test_other_thresholds_are_told_of_all_that_leans_one_way() -> None:
    leaning = [(S, 0.95), (S, 0.75), (N, 0.75), (R, 0.55)]
    verdicts = [
        Verdict("1", "claim", expected, N, 0.5, "statement", S, sure) for expected, sure in leaning
    ]
    result = assess("x", [*verdicts, verdict(S, N)], RELATIONS)
    (curve,) = result.thresholds
    told = {p.threshold: (p.told, p.coverage, p.error) for p in curve.points}
    assert (curve.label, curve.labelled) == (S, 3)
    assert told[0.9] == (1, 1 / 3, 0.0)
    assert told[0.7] == (3, 2 / 3, 1 / 3)
    assert told[0.5] == (4, 2 / 3, 0.5)
    assert told[0.96] == (0, 0.0, 0.0)


def test_the_report_names_conditions_figures_and_plots() -> None:
    section = Section(assess("dev", [verdict(R, S)], RELATIONS), (Plot("Matrix", "m.png"),))
    report = markdown("Evaluation", AT, [Condition("judge", "words")], [section])
    assert report.startswith("# Evaluation\n\nMeasured 2024-05-01 12:30 UTC.")
    assert "| judge | words |" in report
    assert "| labelled REFUTES: SUPPORTS said | 1.000 | 0.207 – 1.000 |" in report
    assert "![Matrix](m.png)" in report


def test_quoted_texts_cannot_break_the_report() -> None:
    hostile = "a | b\n# heading <script> ![x](y) \u202e" + "long " * 100
    report = markdown(
        "E", AT, [], [Section(assess("d", [verdict(R, S, 0.9, hostile)], RELATIONS), ())]
    )
    (row,) = [line for line in report.splitlines() if "heading" in line]
    assert r"a \| b \# heading \<script\> !\[x\](y)" in row
    assert "\u202e" not in row
    assert row.endswith("… | REFUTES | SUPPORTS | 0.900 | statement |")


def test_a_retrieval_report_tells_what_could_not_be_found() -> None:
    miss = Miss("q1", "the query", ("c1",), None, "c2", "another claim")
    result = RetrievalResult("dev", 3, 1, 2, (), (0.5, 1.0), (miss,))
    report = markdown("E", AT, [], [Section(result, ())])
    assert "2 labelled references name nothing that is searched" in report
    assert "1 more are labelled but have no text" in report
    assert "| q1 | the query | c1 | not found | c2: another claim |" in report
