"""Answering: readings, remembered answers, and statements that speak against each other."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from embeddings.encoders.encoder import Encoder
from knowledge import curation
from knowledge.agreement.judgement import Evidence, Judgement
from knowledge.checking.calibration import STANDARD, Calibration, VerdictKind
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.checking.relevance import Found
from knowledge.checking.reranking import RERANKED, Reread
from knowledge.checking.retrieval import JUDGED
from knowledge.checking.stages import Stage
from knowledge.corpus import reports
from knowledge.domain import Outcome, Rating, Relation, ReportDraft, StatementDraft
from knowledge.index import serving_index
from knowledge.index.serving_index import ServingIndex
from knowledge.storage.database import Sessions

CLAIM = "the old harbour bridge opened again"


@dataclass
class _Judge:
    """Supports what was opened, refutes what was closed, always as surely."""

    confidence: float = 0.95
    read: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    fingerprint = "opened-or-closed"

    def judge(self, claim: str, evidence: Sequence[Evidence]) -> tuple[Judgement, ...]:
        self.read.append((claim, tuple(each.text for each in evidence)))
        return tuple(self._one(each.text) for each in evidence)

    def _one(self, text: str) -> Judgement:
        for word, relation in (("opened", Relation.SUPPORTS), ("closed", Relation.REFUTES)):
            if word in text:
                return Judgement(relation, self.confidence)
        return Judgement(Relation.NOT_ENOUGH_INFO, 0.9)


class _LongestFirst:
    """Reranks by length alone; all it reads is as relevant as it is told. Notes what it reads."""

    def __init__(self, relevance: float) -> None:
        self.relevance = relevance
        self.read_texts: list[str] = []

    def read(self, claim: str, found: Sequence[Found]) -> list[Reread]:
        self.read_texts += [each.text for each in found]
        return [Reread(float(len(each.text)), self.relevance) for each in found]


class _OfTheBridge:
    """Keeps the order; what is of the bridge is about the claim, all else is not."""

    def read(self, claim: str, found: Sequence[Found]) -> list[Reread]:
        return [Reread(each.score, 0.95 if "bridge" in each.text else 0.001) for each in found]


@dataclass
class Services:
    sessions: Sessions
    encoder: Encoder
    judge: _Judge
    checker: ClaimChecker

    def publish(
        self,
        *texts: str,
        on: date | None = None,
        by: str = "the harbour office",
        rating: Rating | None = None,
    ) -> list[int]:
        with self.sessions.begin() as session:
            draft = ReportDraft(
                f"report of {texts[0]}",
                publisher=by,
                published_at=on,
                statements=tuple(StatementDraft(text, rating=rating) for text in texts),
            )
            ids = reports.store(session, draft).statement_ids
            curation.publish(session, ids, "test")
            return list(ids)


@pytest.fixture
def services(sessions: Sessions, fake_encoder: Encoder, tmp_path: Path) -> Services:
    judge = _Judge()
    index = ServingIndex(sessions, fake_encoder, tmp_path / "index")
    return Services(
        sessions, fake_encoder, judge, ClaimChecker(sessions, fake_encoder, index, judge)
    )


def test_what_is_asked_again_is_not_judged_again(services: Services) -> None:
    services.publish("the old harbour bridge opened again on monday")
    first = services.checker.answer(CLAIM)
    again = services.checker.answer(f"  {CLAIM} ")
    assert first.outcome is again.outcome is Outcome.SUPPORTED
    assert len(services.judge.read) == 1


def test_what_is_remembered_ends_with_the_next_change(services: Services) -> None:
    (number,) = services.publish("the old harbour bridge opened again on monday")
    assert services.checker.answer(CLAIM).outcome is Outcome.SUPPORTED
    with services.sessions.begin() as session:
        curation.retract(session, [number], "test", "wrong")
    assert services.checker.answer(CLAIM).outcome is Outcome.NO_MATCH


def test_at_most_a_few_are_judged_and_nothing_where_nothing_is_about_the_claim(
    services: Services,
) -> None:
    services.publish(*(f"the old harbour bridge opened on day {n}" for n in range(9)))
    services.checker.answer(CLAIM)
    assert len(services.judge.read[0][1]) == JUDGED
    services.checker.answer("prices of imported wheat fell sharply during winter")
    assert [read for read in services.judge.read[1:] if read[1]] == []


def test_of_many_copies_a_few_are_judged(services: Services) -> None:
    for n in range(RERANKED + 4):
        services.publish(CLAIM, by=f"office {n}")
    answer = services.checker.answer(CLAIM, top=50)
    assert answer.outcome is Outcome.SUPPORTED
    assert len(services.judge.read[0][1]) == RERANKED


def test_statements_that_contradict_each_other_settle_nothing(services: Services) -> None:
    services.publish("the old harbour bridge opened again", on=date(2020, 1, 1))
    services.publish("the old harbour bridge closed again", on=date(2022, 1, 1))
    answer = services.checker.answer(CLAIM)
    assert answer.outcome is Outcome.RELATED
    assert answer.disputed
    assert [m.statement.published_at for m in answer.suggestions] == [
        date(2022, 1, 1),
        date(2020, 1, 1),
    ]


@pytest.mark.parametrize("top", [1, 3, 50])
def test_how_many_are_asked_for_decides_nothing(services: Services, top: int) -> None:
    services.publish("the old harbour bridge opened again", on=date(2020, 1, 1))
    services.publish("the old harbour bridge closed again", on=date(2022, 1, 1))
    services.publish(*(f"an old bridge of harbour number {n}" for n in range(20)))
    answer = services.checker.answer(CLAIM, top)
    assert answer.outcome is Outcome.RELATED
    assert answer.disputed
    assert answer.matches[0].statement.published_at == date(2022, 1, 1)


def test_what_was_not_read_is_no_more_about_the_claim_than_what_was(
    services: Services, tmp_path: Path
) -> None:
    class NothingIsAboutIt:
        def read(self, claim: str, found: Sequence[Found]) -> list[Reread]:
            return [Reread(each.score, 0.1) for each in found]

    services.publish(*(f"the old harbour bridge again, day {n}" for n in range(20)))
    index = ServingIndex(services.sessions, services.encoder, tmp_path / "index")
    checker = ClaimChecker(
        services.sessions, services.encoder, index, services.judge, reranker=NothingIsAboutIt()
    )
    assert {checker.answer(CLAIM, top).outcome for top in (1, 5, 20)} == {Outcome.NO_MATCH}


def test_the_very_text_is_found_whatever_marks_end_it(services: Services) -> None:
    text = "Officials counted the votes of the northern harbour twice."
    services.publish(text, "Officials counted the votes of the harbour in the northern town twice")
    matches = services.checker.answer(f"«{text[:-1]}»").matches
    assert matches[0].statement.text == text
    assert services.judge.read[0][1][0] == text


def test_a_message_is_as_true_as_its_least_true_claim(services: Services) -> None:
    services.publish("the old harbour bridge opened again on monday morning")
    services.publish("the new northern museum closed its doors on sunday evening")
    message = (
        "The old harbour bridge opened again on Monday morning."
        " The new northern museum opened its doors on Sunday evening."
    )
    answer = services.checker.answer_message(message)
    assert answer.outcome is Outcome.REFUTED
    assert not answer.disputed
    assert len(answer.matches) == 2
    assert services.checker.answer_message("?!").outcome is Outcome.NO_MATCH


def test_what_a_cross_may_deny_is_only_shown(services: Services) -> None:
    services.publish("the old harbour bridge opened again on monday")
    for message in (f"❌ {CLAIM}", f"{CLAIM} 🚫"):
        answer = services.checker.answer_message(message)
        assert answer.outcome is Outcome.RELATED
        assert len(answer.suggestions) == 1
    assert services.checker.answer_message(CLAIM).outcome is Outcome.SUPPORTED


def test_each_kind_of_verdict_has_a_threshold_of_its_own(
    services: Services, tmp_path: Path
) -> None:
    services.publish("the old harbour bridge opened again on monday")
    index = ServingIndex(services.sessions, services.encoder, tmp_path / "index")
    strict = replace(STANDARD, by_kind=((VerdictKind.ACROSS, 0.96),))
    checker = ClaimChecker(
        services.sessions, services.encoder, index, services.judge, calibration=strict
    )
    found = {m.statement.text: m.kind for m in checker.answer(CLAIM).matches}
    assert found["the old harbour bridge opened again on monday"] is VerdictKind.SUPPORTS
    assert checker.answer(CLAIM).outcome is Outcome.SUPPORTED
    only = replace(STANDARD, by_kind=((VerdictKind.SUPPORTS, 0.96),))
    checker = ClaimChecker(
        services.sessions, services.encoder, index, services.judge, calibration=only
    )
    assert checker.answer(CLAIM).outcome is Outcome.RELATED


def test_a_review_in_another_language_needs_what_such_verdicts_need(services: Services) -> None:
    services.publish("the old harbour bridge opened again on monday", rating=Rating.FALSE)
    services.judge.confidence = 0.8
    for claim, kind, outcome in (
        (CLAIM, VerdictKind.REVIEWED, Outcome.REFUTED),
        ("عاد harbour bridge القديم إلى العمل يوم monday", VerdictKind.ACROSS, Outcome.RELATED),
    ):
        answer = services.checker.answer(claim)
        assert (answer.matches[0].kind, answer.outcome) == (kind, outcome)


def test_a_verdict_that_is_not_sure_enough_is_only_shown(services: Services) -> None:
    services.publish("the old harbour bridge opened again on monday")
    services.judge.confidence = STANDARD.assert_at - 0.05
    answer = services.checker.answer(CLAIM)
    assert answer.outcome is Outcome.RELATED
    assert len(answer.suggestions) == 1


def test_a_calibration_moves_the_threshold_and_the_confidence(
    services: Services, tmp_path: Path
) -> None:
    services.publish("the old harbour bridge opened again on monday")
    index = ServingIndex(services.sessions, services.encoder, tmp_path / "index")
    strict = Calibration("", ((0.0, 0.0), (1.0, 0.5)), assert_at=0.99, suggest_at=0.9, labels=100)
    checker = ClaimChecker(
        services.sessions, services.encoder, index, services.judge, calibration=strict
    )
    answer = checker.answer(CLAIM)
    assert answer.outcome is Outcome.RELATED
    assert answer.matches[0].judgement.confidence == pytest.approx(0.475)


@pytest.mark.parametrize(
    ("relevance", "read"),
    [pytest.param(0.1, RERANKED, id="none clear"), pytest.param(0.9, JUDGED, id="first clear")],
)
def test_reranking_changes_the_order_and_scores_stay_sorted(
    services: Services, tmp_path: Path, relevance: float, read: int
) -> None:
    services.publish(*(f"the old harbour bridge {'again ' * n}" for n in range(1, 15)))
    index = ServingIndex(services.sessions, services.encoder, tmp_path / "index")
    reranker = _LongestFirst(relevance)
    checker = ClaimChecker(services.sessions, services.encoder, index, services.judge, reranker)
    matches = checker.answer(CLAIM, top=14).matches
    scores = [match.score for match in matches]
    assert len(scores) == 14
    texts = [match.statement.text for match in matches[:read]]
    assert texts == sorted(reranker.read_texts, key=len, reverse=True)
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    ("statement", "relevance", "outcome"),
    [
        ("the harbour bridge opened again", 0.6, Outcome.SUPPORTED),
        ("the old harbour bridge closed again", 0.6, Outcome.RELATED),
        ("the old harbour bridge closed again", 0.9, Outcome.REFUTED),
        ("the harbour bridge opened again", 0.4, Outcome.RELATED),
    ],
)
def test_what_contradicts_must_be_more_surely_about_the_claim(
    services: Services, tmp_path: Path, statement: str, relevance: float, outcome: Outcome
) -> None:
    services.publish(statement)
    index = ServingIndex(services.sessions, services.encoder, tmp_path / "index")
    reranker = _LongestFirst(relevance)
    checker = ClaimChecker(services.sessions, services.encoder, index, services.judge, reranker)
    assert checker.answer(CLAIM).outcome is outcome


def _reranked(services: Services, root: Path) -> ClaimChecker:
    index = ServingIndex(services.sessions, services.encoder, root)
    return ClaimChecker(services.sessions, services.encoder, index, services.judge, _OfTheBridge())


def test_what_is_of_something_else_does_not_hide_what_speaks_against(
    services: Services, tmp_path: Path
) -> None:
    services.publish("again the old harbour bridge opened again on monday")
    services.publish(*(f"the old harbour ferry again {n}" for n in range(2)))
    services.publish("old bridge closed again")
    answer = _reranked(services, tmp_path / "index").answer(CLAIM)
    assert answer.outcome is Outcome.RELATED
    assert answer.disputed


def test_copies_do_not_hide_what_speaks_against(services: Services, tmp_path: Path) -> None:
    for n in range(3):
        services.publish("again the old harbour bridge opened again on monday", by=f"office {n}")
    services.publish("old bridge closed again")
    answer = _reranked(services, tmp_path / "index").answer(CLAIM)
    assert answer.outcome is Outcome.RELATED
    assert answer.disputed


def test_what_is_remembered_ends_with_another_index(services: Services, tmp_path: Path) -> None:
    root = tmp_path / "index"
    index = ServingIndex(services.sessions, services.encoder, root)
    checker = ClaimChecker(
        services.sessions, services.encoder, index, services.judge, _OfTheBridge()
    )
    services.publish("the old harbour bridge opened again on monday")
    closed = services.publish("the old harbour bridge closed on monday")
    live = index.current()
    # As where something went wrong with the index and nothing with the database.
    live.apply(
        [], np.empty((0, services.encoder.dimension), np.float32), closed, live.change_number
    )
    assert checker.answer(CLAIM).outcome is Outcome.SUPPORTED
    serving_index.reindex(services.sessions, services.encoder, root)
    index.renew()
    assert checker.answer(CLAIM).outcome is Outcome.RELATED


def test_whoever_watches_sees_each_stage_begin_and_end(
    sessions: Sessions, fake_encoder: Encoder, tmp_path: Path
) -> None:
    seen: list[str] = []

    @contextmanager
    def watch(stage: Stage) -> Iterator[None]:
        seen.append(f"{stage.value} begins")
        yield
        seen.append(f"{stage.value} ends")

    index = ServingIndex(sessions, fake_encoder, tmp_path / "index")
    checker = ClaimChecker(sessions, fake_encoder, index, _Judge(), watch=watch)
    Services(sessions, fake_encoder, _Judge(), checker).publish("the old harbour bridge opened")
    checker.answer(CLAIM)
    assert seen == [
        f"{stage} {edge}" for stage in ("encode", "search", "judge") for edge in ("begins", "ends")
    ]


class _BySharedWords:
    """Supports a claim whose words a statement has all; refutes one that says open for closed."""

    fingerprint = "shared words"

    def judge(self, claim: str, evidence: Sequence[Evidence]) -> tuple[Judgement, ...]:
        return tuple(self._one(set(claim.split()), set(each.text.split())) for each in evidence)

    def _one(self, claim: set[str], statement: set[str]) -> Judgement:
        if claim <= statement:
            return Judgement(Relation.SUPPORTS, 0.95)
        if claim - {"opened"} == claim & statement and "closed" in statement:
            return Judgement(Relation.REFUTES, 0.95)
        return Judgement(Relation.NOT_ENOUGH_INFO, 0.9)


@pytest.fixture
def by_words(services: Services, tmp_path: Path) -> ClaimChecker:
    index = ServingIndex(services.sessions, services.encoder, tmp_path / "index")
    return ClaimChecker(services.sessions, services.encoder, index, _BySharedWords())


def test_a_clause_that_is_refuted_refutes_the_claim(
    services: Services, by_words: ClaimChecker
) -> None:
    services.publish("the old harbour bridge closed again")
    claim = "the old harbour bridge opened again, coffee cures cancer and the common cold"
    answer = by_words.answer(claim)
    assert answer.outcome is Outcome.REFUTED
    assert answer.claim == claim
    assert answer.clauses == ("the old harbour bridge opened again",)
    assert answer.matches[0].statement.text == "the old harbour bridge closed again"


def test_the_clauses_of_a_claim_that_nothing_is_about_are_not_judged(
    services: Services, by_words: ClaimChecker
) -> None:
    services.publish("prices of imported wheat fell sharply during winter")
    claim = "the old harbour bridge opened again, coffee cures cancer and the common cold"
    assert by_words.answer(claim).outcome is Outcome.NO_MATCH
    assert [read for read in services.judge.read if read[1]] == []


def test_clauses_that_one_report_supports_support_the_claim(
    services: Services, by_words: ClaimChecker
) -> None:
    services.publish("the old harbour bridge opened again", "the mayor thanked all workers there")
    claim = "the old harbour bridge opened again and the mayor thanked all workers"
    answer = by_words.answer(claim)
    assert answer.outcome is Outcome.SUPPORTED
    assert answer.clauses == (
        "the old harbour bridge opened again",
        "the mayor thanked all workers",
    )
    assert [match.statement.text for match in answer.matches[:2]] == [
        "the old harbour bridge opened again",
        "the mayor thanked all workers there",
    ]


def test_clauses_of_two_reports_settle_nothing(services: Services, by_words: ClaimChecker) -> None:
    services.publish("the old harbour bridge opened again")
    services.publish("the mayor thanked all workers there")
    claim = "the old harbour bridge opened again and the mayor thanked all workers"
    assert by_words.answer(claim).outcome is not Outcome.SUPPORTED


@pytest.mark.parametrize("claim", [CLAIM, "has the old harbour bridge opened again?"])
def test_a_statement_that_is_a_question_is_only_shown(services: Services, claim: str) -> None:
    services.publish("has the old harbour bridge opened again?")
    answer = services.checker.answer(claim)
    assert answer.outcome is Outcome.RELATED
    assert [match.statement.text for match in answer.suggestions] == [
        "has the old harbour bridge opened again?"
    ]
