"""Evaluate the answers to labelled claims."""

from dataclasses import replace
from typing import Final

from embeddings.progress import Progress
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.checking.outcomes import find_surest_judgement
from knowledge.domain import Outcome, Relation
from knowledge.evaluation.labelled_data import ClaimSet
from knowledge.evaluation.metrics import share
from knowledge.evaluation.verdict_metrics import Labels, Verdict, VerdictResult, assess

OUTCOMES: Final = Labels(
    Outcome.SUPPORTED.value,
    Outcome.REFUTED.value,
    (Outcome.RELATED.value, Outcome.NO_MATCH.value),
)


_OUTCOMES: Final = {
    Relation.SUPPORTS: Outcome.SUPPORTED.value,
    Relation.REFUTES: Outcome.REFUTED.value,
}


def evaluate(
    checker: ClaimChecker, claims: ClaimSet, progress: Progress | None = None
) -> VerdictResult:
    """Answer every message of a set and measure the outcomes.

    If a claim's statement is labelled, how often it comes first is measured as well.
    """
    verdicts: list[Verdict] = []
    named = first = 0
    for done, claim in enumerate(claims.claims, 1):
        answer = checker.answer_message(claim.text)
        best = answer.matches[0].statement if answer.matches else None
        leaning = find_surest_judgement(answer)
        verdicts.append(
            Verdict(
                claim.id,
                claim.text,
                claim.outcome.value,
                answer.outcome.value,
                answer.confidence,
                best.text if best else "",
                _OUTCOMES[leaning.relation] if leaning else None,
                leaning.confidence if leaning else 0.0,
            )
        )
        if claim.statement_ref is not None:
            named += 1
            first += best is not None and best.ref == claim.statement_ref
        if progress is not None:
            progress(done, len(claims.claims))
    result = assess(claims.name, verdicts, OUTCOMES)
    if not named:
        return result
    measure = share("labelled statement comes first", first, named)
    return replace(result, measures=(*result.measures, measure))
