"""Measure the judge on labelled pairs: the precision of each verdict, how many it settles.

    python -m benchmarks.agreement

ANS train (Arabic headlines), FEVER dev and FEVER symmetric (English, first 4,000 pairs), XNLI dev
(Arabic, English). The rules have no weights; their thresholds and word lists were looked at on
these sets, so the figures are development figures. The pooled precisions, with Laplace's
correction, are ``knowledge.agreement.rule_judge.CONFIDENCE``.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from benchmarks.datasets import rows
from knowledge.agreement.judgement import Evidence
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.domain import Relation

LIMIT = 4_000
_STANCE = {
    "agree": Relation.SUPPORTS,
    "disagree": Relation.REFUTES,
    "other": Relation.NOT_ENOUGH_INFO,
}
_ENTAILMENT = {
    "entailment": Relation.SUPPORTS,
    "contradiction": Relation.REFUTES,
    "neutral": Relation.NOT_ENOUGH_INFO,
}
#: The sets whose verdicts make the pooled figures: pairs as retrieval makes them.
_POOLED = ("ans train", "fever dev", "fever symmetric")


def main() -> None:
    """Judge every pair and print the figures."""
    judge = RuleJudge()
    pooled: Counter[tuple[Relation, Relation]] = Counter()
    for name in (*_POOLED, "xnli ar", "xnli en"):
        counts: Counter[tuple[Relation, Relation]] = Counter()
        for claim, statement, label in islice(_pairs(name), LIMIT):
            counts[label, judge.judge(claim, [Evidence(statement)])[0].relation] += 1
        _show(name, counts)
        if name in _POOLED:
            pooled += counts
    _show("pooled", pooled)


def _pairs(name: str) -> Iterator[tuple[str, str, Relation]]:
    if name == "ans train":
        for row in rows("ans", "stance_train.jsonl"):
            yield row["s1"], row["s2"], _STANCE[row["stance"]]
    elif name.startswith("xnli"):
        for row in rows("xnli", f"dev-{name[-2:]}.jsonl"):
            yield row["hypothesis"], row["premise"], _ENTAILMENT[row["label"]]
    else:
        file = {"fever dev": "fever_dev", "fever symmetric": "fever_symmetric"}[name]
        for row in rows("evidence-en", f"{file}.jsonl"):
            yield row["claim"], row["evidence"], Relation(row["label"])


def _show(name: str, counts: Counter[tuple[Relation, Relation]]) -> None:
    total = counts.total()
    print(f"{name}: {total} pairs")
    for verdict in Relation:
        said = sum(count for (_, v), count in counts.items() if v is verdict)
        right = counts[verdict, verdict]
        wrong_way = {
            label.value: counts[label, verdict] for label in Relation if label is not verdict
        }
        precision = (right + 1) / (said + 2)
        print(f"  {verdict.value:16} {said:5} said, precision {precision:.3f}, of {wrong_way}")


if __name__ == "__main__":
    main()
