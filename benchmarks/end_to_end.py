"""Ask the whole program the written claims of a split, and count what people would be told.

    python -m benchmarks.end_to_end [--split dev] [--claims N] [--misses N] [--silent N]

The index holds the reports of the split (title, the sentence before, the statement and its speaker)
among 6,000 headlines; that of the split ``headlines`` those of Arabic News Stance dev, which others
agree with or contradict. Every claim is asked as a message. Printed: how many claims that agree,
contradict, or leave it open got each outcome, by kind and variety; how many verdicts rest on
another report; where verdicts that were due got lost; and what would be told at other thresholds,
for each kind of verdict apart, also as a picture (``--picture``).
"""

import argparse
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.datasets import rows
from benchmarks.pools import PADDING, padding_titles
from benchmarks.training import written
from benchmarks.training.pairs import STANCE
from benchmarks.training.written import Claim, Item, Split
from bot.app import App
from bot.cli.progress_bar import make_reporter
from knowledge.checking.calibration import STANDARD, VerdictKind
from knowledge.checking.outcomes import Answer, Match, relevance_needed
from knowledge.claims.arabizi import differ_in_language
from knowledge.corpus.ratings import REJECTING_RATINGS
from knowledge.domain import (
    Outcome,
    Rating,
    Relation,
    ReportDraft,
    ReportKind,
    StatementDraft,
)
from knowledge.evaluation import report_pool
from knowledge.evaluation.metrics import at_thresholds, expected_calibration_error, reliability
from knowledge.evaluation.plots import draw_thresholds
from knowledge.evaluation.verdict_metrics import ThresholdCurve
from knowledge.text.plain_text import plain_text, single_line

SEED: Final = 19
#: Thresholds at which coverage and error are printed.
THRESHOLDS: Final = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97)
_OUTCOMES: Final = {
    Relation.SUPPORTS: Outcome.SUPPORTED,
    Relation.REFUTES: Outcome.REFUTED,
    Relation.NOT_ENOUGH_INFO: Outcome.RELATED,
}
ASSERTED: Final = dict(STANDARD.by_kind)
_VERDICTS: Final = (Outcome.SUPPORTED, Outcome.REFUTED)


@dataclass(frozen=True, slots=True)
class Asked:
    """A claim of an item, and what the program answered."""

    item: Item
    claim: Claim
    answer: Answer

    @property
    def wanted(self) -> Outcome:
        """The outcome that is right; RELATED where the report leaves the claim open.

        A review that rejects a claim refutes it, and says nothing of the claim's opposite.
        """
        if self.claim.relation is Relation.NOT_ENOUGH_INFO:
            return Outcome.RELATED
        supports = self.claim.relation is Relation.SUPPORTS
        if self.item.reviewed:
            return Outcome.REFUTED if supports else Outcome.RELATED
        return Outcome.SUPPORTED if supports else Outcome.REFUTED

    @property
    def due(self) -> VerdictKind | None:
        """The kind of verdict that the claim should get; None where it should get none."""
        if self.wanted not in _VERDICTS:
            return None
        if differ_in_language(self.claim.text, self.item.statement):
            return VerdictKind.ACROSS
        if self.item.reviewed:
            return VerdictKind.REVIEWED
        supported = self.wanted is Outcome.SUPPORTED
        return VerdictKind.SUPPORTS if supported else VerdictKind.REFUTES

    def surest(self, kind: VerdictKind, threshold: float) -> Match | None:
        """Return the surest match with a verdict of a kind, if it is as sure as that."""
        found = [
            match
            for match in self.answer.matches
            if match.kind is kind and _is_about(match) and match.judgement.confidence >= threshold
        ]
        return max(found, key=lambda match: match.judgement.confidence, default=None)

    @property
    def lost(self) -> str:
        """Where the verdict that was due got lost, in order of the steps that an answer takes."""
        own = [m for m in self.answer.matches if m.statement.report_ref == self.item.id]
        certain = [match for match in own if _is_about(match)]
        leaning = [m for m in certain if _OUTCOMES[m.judgement.relation] is self.wanted]
        if not own:
            return "its report not among the first three"
        if not certain:
            return "its report not surely about it"
        if not leaning:
            relation = max(certain, key=lambda match: match.relevance).judgement.relation
            return f"judged {relation}"
        if not any(
            match.kind and match.judgement.confidence >= ASSERTED[match.kind] for match in leaning
        ):
            return "judged rightly, not surely"
        return "left open by other statements or its clauses"

    @property
    def is_verdict(self) -> bool:
        """Whether the answer asserts something."""
        return self.answer.outcome in _VERDICTS

    @property
    def is_right(self) -> bool:
        """Whether the answer is the wanted one."""
        return self.answer.outcome is self.wanted

    @property
    def is_own(self) -> bool:
        """Whether what comes first is a statement of the claim's own report."""
        return bool(self.answer.matches) and (
            self.answer.matches[0].statement.report_ref == self.item.id
        )


def _is_about(match: Match) -> bool:
    """Tell whether a match is so surely about the claim that its verdict may be asserted."""
    same = match.statement.rating in REJECTING_RATINGS
    return match.relevance >= relevance_needed(
        Relation.SUPPORTS if same else match.judgement.relation
    )


def headlines() -> list[Item]:
    """Return the headlines of ANS dev, each with what others say of the same."""
    found = defaultdict[str, list[Claim]](list)
    for row in rows("ans", "stance_dev.jsonl"):
        found[row["s1"]].append(Claim(row["s2"], STANCE[row["stance"]], row["stance"], "msa"))
    return [
        Item(f"stance-{n}", "", "ar", "", "", "", statement, tuple(claims))
        for n, (statement, claims) in enumerate(found.items())
    ]


#: What can be asked, by the name that ``--split`` takes.
SPLITS: Final[dict[str, Callable[[], Sequence[Item]]]] = {
    "dev": partial(written.items, Split.DEV),
    "calibration": partial(written.items, Split.CALIBRATION),
    "guard": written.guarded,
    "headlines": headlines,
}


def main() -> None:
    """Ask, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--split", choices=tuple(SPLITS), default="dev")
    parser.add_argument("--claims", type=int, help="ask only so many, drawn at random")
    parser.add_argument("--misses", type=int, default=0, help="print so many wrong verdicts")
    parser.add_argument("--silent", type=int, default=0, help="print so many that were due")
    parser.add_argument("--picture", type=Path, help="draw the curves into this file")
    given = parser.parse_args()
    items = SPLITS[given.split]()
    told = [(item, claim) for item in items for claim in item.claims]
    if given.claims:
        told = random.Random(SEED).sample(told, given.claims)  # noqa: S311
    with (
        tempfile.TemporaryDirectory() as folder,
        App(make_reporter).isolated_app(Path(folder)) as app,
    ):
        _fill(app, items)
        asked = [
            Asked(item, claim, app.checker.answer_message(claim.text, top=3))
            for item, claim in told
        ]
    show(asked)
    wrong = [one for one in asked if one.is_verdict and not one.is_right]
    for one in sorted(wrong, key=lambda each: -each.answer.confidence)[: given.misses]:
        _print_miss(one)
    silent = [one for one in asked if one.due and not one.is_verdict]
    for one in random.Random(SEED).sample(silent, min(given.silent, len(silent))):  # noqa: S311
        _print_miss(one)
    if given.picture:
        given.picture.parent.mkdir(parents=True, exist_ok=True)
        draw_thresholds([_curve(asked, kind) for kind in VerdictKind], given.picture)


def show(asked: Sequence[Asked]) -> None:
    """Print the figures."""
    for reviewed, name in ((True, "reviewed claims"), (False, "news")):
        for relation in Relation:
            of = [
                one
                for one in asked
                if one.item.reviewed is reviewed and one.claim.relation is relation
            ]
            outcomes = Counter(one.answer.outcome for one in of)
            shares = ", ".join(f"{o} {outcomes[o] / max(1, len(of)):.3f}" for o in Outcome)
            print(f"{name}, {relation}: {len(of)}: {shares}")
    verdicts = [one for one in asked if one.is_verdict]
    against = sum(one.answer.outcome is _opposite(one.wanted) for one in verdicts)
    open_ones = sum(one.wanted is Outcome.RELATED for one in verdicts)
    print(
        f"{len(verdicts)} verdicts, right {_share(sum(o.is_right for o in verdicts), verdicts)};"
        f" the wrong way {against}, asserted though open {open_ones},"
        f" by another report {sum(not one.is_own for one in verdicts)}"
    )
    settled = [one for one in asked if one.wanted in _VERDICTS]
    for by, groups in (
        ("variety", [one.claim.variety for one in settled]),
        ("kind", [one.claim.kind for one in settled]),
    ):
        print(f"  coverage by {by}: {', '.join(_grouped(groups, settled))}")
    left = [one for one in asked if one.wanted is Outcome.RELATED]
    kinds = Counter(one.claim.kind for one in left)
    said = Counter(one.claim.kind for one in left if one.is_verdict)
    print(
        "  asserted though open, by kind:",
        ", ".join(f"{k} {n} of {kinds[k]}" for k, n in said.items()),
    )
    silent = [one for one in asked if one.due and not one.is_verdict]
    print(f"{len(silent)} verdicts that were due were not told:")
    for step, count in Counter(one.lost for one in silent).most_common():
        print(f"  {step}: {count} ({count / len(silent):.3f})")
    sure = np.array([one.answer.confidence for one in verdicts])
    right = np.array([one.is_right for one in verdicts], dtype=np.float64)
    off = expected_calibration_error(reliability(sure, right))
    print(f"expected calibration error of what is asserted: {off:.3f}")
    for kind in VerdictKind:
        for point in _curve(asked, kind).points:
            print(
                f"  {kind} from {point.threshold}: {point.coverage:.3f} of those due;"
                f" {point.error:.3f} ({point.low:.3f} - {point.high:.3f}) of {point.told} wrong"
            )


def _curve(asked: Sequence[Asked], kind: VerdictKind) -> ThresholdCurve:
    """Return what asserting verdicts of a kind from each threshold on would tell."""
    told = [(one, match) for one in asked if (match := one.surest(kind, 0.0))]
    sure = np.array([match.judgement.confidence for _, match in told])
    right = np.array(
        [
            _OUTCOMES[match.judgement.relation] is one.wanted
            and match.statement.report_ref == one.item.id
            for one, match in told
        ]
    )
    due = sum(one.due is kind for one in asked)
    return ThresholdCurve(kind, due, at_thresholds(sure, right, due, THRESHOLDS))


def _opposite(outcome: Outcome) -> Outcome | None:
    turned = {Outcome.SUPPORTED: Outcome.REFUTED, Outcome.REFUTED: Outcome.SUPPORTED}
    return turned.get(outcome)


def _share(count: int, of: Sequence[object]) -> str:
    return f"{count} ({count / max(1, len(of)):.3f})"


def _grouped(groups: Sequence[str], asked: Sequence[Asked]) -> Iterator[str]:
    found = defaultdict(list)
    for group, one in zip(groups, asked, strict=True):
        found[group].append(one.is_right)
    for group, right in sorted(found.items()):
        yield f"{group} {sum(right) / len(right):.2f}"


def _print_miss(one: Asked) -> None:
    best = one.answer.matches[0]
    judged = f"{best.judgement.relation} {best.judgement.confidence:.3f}"
    print(
        f"{one.item.id} {one.claim.kind} {one.claim.variety}: wanted {one.wanted},"
        f" got {one.answer.outcome} {one.answer.confidence:.3f} ({one.lost})\n"
        f"    {one.claim.text}\n    {best.statement.text} [{best.statement.title}]"
        f" {judged}, relevance {best.relevance:.2f}"
    )


def _fill(app: App, items: Sequence[Item]) -> None:
    """Publish the reports of ``items`` and the headlines."""
    report_pool.publish(app.sessions, tuple(_drafts(items)))
    app.index.current(make_reporter("Embedding"))


def _drafts(items: Sequence[Item]) -> Iterator[ReportDraft]:
    for item in items:
        before = "" if item.reviewed else item.before
        stated = StatementDraft(
            text=plain_text(item.statement),
            speaker=single_line(item.speaker) or None,
            rating=Rating.FALSE if item.reviewed else None,
        )
        yield ReportDraft(
            ref=item.id,
            publisher="Benchmark",
            title=single_line(item.title),
            language=item.language,
            kind=ReportKind.FACT_CHECK if item.reviewed else ReportKind.NEWS,
            statements=(StatementDraft(text=plain_text(before)), stated) if before else (stated,),
        )
    for number, title in enumerate(islice(padding_titles(), PADDING)):
        yield ReportDraft(
            ref=f"headline-{number}",
            publisher="Benchmark",
            title="",
            statements=(StatementDraft(text=plain_text(title)),),
        )


if __name__ == "__main__":
    main()
