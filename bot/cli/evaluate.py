"""``tathabbat evaluate``: measure the answers on labelled data of one's own."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from bot.app import App
from bot.cli.file_permissions import use_users_umask
from bot.cli.progress_bar import make_reporter

if TYPE_CHECKING:
    from knowledge.domain import ReportDraft
    from knowledge.evaluation.markdown_report import Condition
    from knowledge.evaluation.report_pool import Copy
    from knowledge.evaluation.retrieval_evaluation import RetrievalResult
    from knowledge.evaluation.verdict_metrics import VerdictResult

    Results = Sequence[RetrievalResult | VerdictResult]

# Evaluation modules are imported by the commands, so that `--help` loads nothing heavy.

#: Lowest and highest value of `calibrate --precision`.
_PRECISIONS = click.FloatRange(0.5, 0.999)

_data = click.option(
    "--data",
    "folder",
    type=click.Path(path_type=Path),
    required=True,
    help="The folder of the labelled files.",
)
_json = click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")


def _output(kind: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(
        "--output",
        type=click.Path(path_type=Path),
        default=Path(f"evaluation-{kind}"),
        show_default=True,
        help="The folder for the report and its plots.",
    )


@click.group()
def evaluate() -> None:
    """Measure the answers on labelled data, and calibrate them."""


@evaluate.command()
@_data
@_output("retrieval")
@_json
@click.pass_obj
def retrieval(app: App, folder: Path, output: Path, as_json: bool) -> None:
    """Measure whether the right statement is found.

    MAP, MRR, success and recall.
    DATA holds queries*.jsonl (id, text) and qrels*.tsv or .txt (query, 0, reference, relevance).
    With reports.jsonl (report rows, as `ingest` takes) or claims.jsonl (id, text, title) in it,
    those are searched, in a temporary knowledge base; otherwise, what is published.
    """
    from knowledge.evaluation import report_pool
    from knowledge.evaluation.labelled_data import read_pool, read_queries
    from knowledge.evaluation.retrieval_evaluation import evaluate as measure

    sets, brought = read_queries(folder), read_pool(folder)
    with _open_knowledge_base(app, brought) as place:
        results = []
        for each in sets:
            queries = report_pool.without_copies(each, place.copies)
            refs = (ref for query in queries.queries for ref in query.right)
            unknown = report_pool.unknown(place.app.sessions, refs)
            bar = make_reporter(f"Asking {each.name}")
            results.append(measure(place.app.checker, queries, unknown, bar))
        conditions = _conditions(app, folder, place.described)
    _report_results("retrieval", results, conditions, output, as_json)


@evaluate.command()
@_data
@_output("agreement")
@_json
@click.pass_obj
def agreement(app: App, folder: Path, output: Path, as_json: bool) -> None:
    """Measure whether the judge finds the right relation.

    DATA holds JSONL rows of claim, statement and relation (SUPPORTS, REFUTES, NOT_ENOUGH_INFO), and
    title, before and speaker where known; the names of the usual sets (evidence/label,
    s1/s2/stance, hypothesis/premise/label, h/t/label) and written items are understood too.
    """
    from knowledge.evaluation.judge_evaluation import evaluate as measure
    from knowledge.evaluation.labelled_data import read_pairs

    sets = read_pairs(folder)
    results = [measure(app.judge, each, make_reporter(f"Judging {each.name}")) for each in sets]
    _report_results(
        "agreement", results, _conditions(app, folder, "nothing: pairs"), output, as_json
    )


@evaluate.command()
@_data
@_output("answers")
@_json
@click.pass_obj
def answers(app: App, folder: Path, output: Path, as_json: bool) -> None:
    """Measure whether people are told the right thing.

    DATA holds JSONL rows of text and outcome (SUPPORTED, REFUTED, RELATED, NO_MATCH), and
    statement_ref if a certain statement should come first. With reports.jsonl in it, those reports
    are searched, in a temporary knowledge base; otherwise, what is published. Written items
    (statement, title, before, speaker, and claims of text and label S, R or N) bring their own
    reports. The effect of other thresholds is printed and plotted.
    """
    from knowledge.evaluation.labelled_data import read_claims, read_reports
    from knowledge.evaluation.outcome_evaluation import evaluate as measure

    sets, brought = read_claims(folder), read_reports(folder)
    results, described = [], list[str]()
    # Items without reports of their own share one knowledge base.
    groups = [[each] for each in sets if each.reports]
    if others := [each for each in sets if not each.reports]:
        groups.append(others)
    for group in groups:
        with _open_knowledge_base(app, group[0].reports or brought) as place:
            for each in group:
                bar = make_reporter(f"Asking {each.name}")
                results.append(measure(place.app.checker, each, bar))
            described.append(place.described)
    searched = "; ".join(dict.fromkeys(described))
    _report_results("answers", results, _conditions(app, folder, searched), output, as_json)


@evaluate.command()
@_data
@click.option(
    "--precision",
    type=_PRECISIONS,
    default=0.97,
    show_default=True,
    help="The precision that asserted verdicts must reach.",
)
@_json
@click.pass_obj
def calibrate(app: App, folder: Path, precision: float, as_json: bool) -> None:
    """Fit confidence and thresholds to moderators' feedback.

    DATA holds JSONL rows of claim, statement and the relation a person gave them. The result is
    kept in DATA_DIR and applies to the judge that it was fitted with.
    """
    from knowledge.checking import calibration
    from knowledge.evaluation.feedback_calibration import fit_calibration
    from knowledge.evaluation.labelled_data import read_pairs

    sets = read_pairs(folder)
    found = fit_calibration(app.judge, sets, precision, make_reporter("Judging the feedback"))
    path = app.settings.data_dir / calibration.FILE_NAME
    calibration.save(found.calibration, path)
    if as_json:
        click.echo(json.dumps({**asdict(found), "file": str(path)}, ensure_ascii=False))
        return
    click.echo(
        f"fitted to {found.calibration.labels} verdicts on {found.labelled} labelled pairs\n"
        "expected calibration error, cross-validated:"
        f" {found.before:.3f} before, {found.after:.3f} after\n"
        f"asserted from a score of {found.calibration.assert_at:.3f} on, before calibration:"
        f" {found.kept} of these verdicts"
    )
    click.echo(f"kept in {path}")


@dataclass(frozen=True, slots=True)
class _EvaluationTarget:
    """Where claims are checked: the app, its description, and its copies' references."""

    app: App
    described: str
    copies: "tuple[Copy, ...]"


@contextmanager
def _open_knowledge_base(
    app: App, brought: "tuple[ReportDraft, ...]"
) -> Iterator[_EvaluationTarget]:
    """Yield the installed knowledge base, or a temporary one with the given reports."""
    from knowledge.evaluation import report_pool

    if not brought:
        app.checker.prepare(make_reporter("Reading the knowledge base"))
        yield _EvaluationTarget(app, "the installed knowledge base", ())
        return
    with TemporaryDirectory(prefix="tathabbat-") as folder, app.isolated_app(Path(folder)) as other:
        copies = report_pool.publish(other.sessions, brought, make_reporter("Keeping the reports"))
        other.checker.prepare(make_reporter("Embedding the statements"))
        yield _EvaluationTarget(other, f"{len(brought)} reports of the data folder", copies)


def _conditions(app: App, folder: Path, searched: str) -> "tuple[Condition, ...]":
    from knowledge.checking.outcomes import SUGGEST
    from knowledge.evaluation.markdown_report import Condition

    return (
        Condition("labelled data", str(folder)),
        Condition("searched", searched),
        Condition("encoder", app.settings.embedding_model),
        Condition("encoder's fingerprint", app.encoder.fingerprint[:16]),
        Condition("judge's fingerprint", app.judge.fingerprint[:16]),
        Condition("shown from a relevance of", f"{SUGGEST:g}"),
    )


def _report_results(
    kind: str,
    results: "Results",
    conditions: "tuple[Condition, ...]",
    output: Path,
    as_json: bool,
) -> None:
    """Write the report and its plots to ``output``, and print the figures."""
    from knowledge.evaluation.markdown_report import Section, markdown
    from knowledge.evaluation.plots import draw
    from knowledge.evaluation.retrieval_evaluation import RetrievalResult
    from knowledge.evaluation.verdict_metrics import VerdictResult

    at = datetime.now(UTC)
    path = output / "report.md"
    with use_users_umask():
        output.mkdir(parents=True, exist_ok=True)
        sections = [Section(r, draw(r, output, n)) for n, r in enumerate(results, 1)]
        path.write_text(markdown(f"Evaluation: {kind}", at, conditions, sections), "utf-8")
    if as_json:
        click.echo(
            json.dumps(_serialise_results(kind, at, results, conditions, path), ensure_ascii=False)
        )
        return
    for result in results:
        click.echo(f"{result.name}: {result.asked} asked")
        if isinstance(result, RetrievalResult) and result.unknown:
            click.echo(f"  {result.unknown} labelled references name nothing that is searched")
        for measure in result.measures:
            between = ""
            if measure.low is not None and measure.high is not None:
                between = f"  ({measure.low:.3f} – {measure.high:.3f})"
            click.echo(f"  {measure.name:44} {measure.value:.3f}{between}")
        if isinstance(result, VerdictResult):
            for curve in result.thresholds:
                click.echo(f"  {curve.label} would be told, and wrong, from a confidence of")
                for point in (each for each in curve.points if each.told):
                    click.echo(
                        f"    {point.threshold:<5g} {point.coverage:.3f} of {curve.labelled}"
                        f"   wrong {point.error:.3f}  ({point.low:.3f} – {point.high:.3f})"
                    )
    click.echo(f"the report is {path}")


def _serialise_results(
    kind: str,
    at: datetime,
    results: "Results",
    conditions: "tuple[Condition, ...]",
    path: Path,
) -> dict[str, Any]:
    return {
        "kind": kind,
        "at": at.isoformat(timespec="seconds"),
        "conditions": {each.name: each.value for each in conditions},
        "sets": [asdict(result) for result in results],
        "report": str(path),
    }
