"""A person's word beats the judge's, for that very claim, at once and until it is taken back."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from embeddings.encoders.encoder import Encoder
from knowledge import curation
from knowledge.agreement.judgement import Evidence, Judgement
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.claim_queue import verdicts
from knowledge.corpus.reports import store
from knowledge.curation import StatementEdit
from knowledge.domain import (
    ClusterStatus,
    Outcome,
    Rating,
    Relation,
    ReportDraft,
    StatementDraft,
    SubjectKind,
)
from knowledge.errors import BadEdit, EditProblem, NotFound
from knowledge.index.serving_index import ServingIndex
from knowledge.models import Cluster, Statement, Verdict
from knowledge.storage import audit_log
from knowledge.storage.database import Sessions
from tests.integration.moderation import changes, clustered, last_entry, published, stored

CLAIM = "the old harbour bridge opened again"
_SUPPORTS, _REFUTES = Relation.SUPPORTS, Relation.REFUTES
_OPEN = Relation.NOT_ENOUGH_INFO


class _AlwaysSupports:
    fingerprint = "always-supports"

    def judge(self, claim: str, evidence: Sequence[Evidence]) -> tuple[Judgement, ...]:
        return tuple(Judgement(_SUPPORTS, 0.99) for _ in evidence)


@pytest.fixture
def checker(sessions: Sessions, fake_encoder: Encoder, tmp_path: Path) -> ClaimChecker:
    index = ServingIndex(sessions, fake_encoder, tmp_path / "index")
    return ClaimChecker(sessions, fake_encoder, index, _AlwaysSupports())


def _attach(
    sessions: Sessions, claims: Sequence[int], statement: int, relation: Relation = _REFUTES
) -> int:
    with sessions.begin() as session:
        return verdicts.attach(session, claims, statement, relation, "amal", "read it")


def test_a_person_beats_the_judge_and_no_stale_answer_is_given(
    sessions: Sessions, checker: ClaimChecker
) -> None:
    (number,) = published(sessions, "the old harbour bridge opened again on monday")
    _, claims = clustered(sessions, CLAIM)
    assert checker.answer(CLAIM).outcome is Outcome.SUPPORTED
    assert _attach(sessions, claims, number) == 1
    answer = checker.answer(CLAIM)
    assert (answer.outcome, answer.confidence) == (Outcome.REFUTED, 1.0)
    with sessions.begin() as session:
        assert verdicts.detach(session, claims, number, "amal") == 1
    assert checker.answer(CLAIM).outcome is Outcome.SUPPORTED


def test_another_process_gives_no_stale_answer_either(
    sessions: Sessions, checker: ClaimChecker, fake_encoder: Encoder, tmp_path: Path
) -> None:
    (number,) = published(sessions, "the old harbour bridge opened again on monday")
    _, claims = clustered(sessions, CLAIM)
    index = ServingIndex(sessions, fake_encoder, tmp_path / "other")
    other = ClaimChecker(sessions, fake_encoder, index, _AlwaysSupports())
    assert other.answer(CLAIM) == checker.answer(CLAIM)
    _attach(sessions, claims, number)
    assert other.answer(CLAIM).outcome is checker.answer(CLAIM).outcome is Outcome.REFUTED


def test_the_answer_need_not_be_found_by_search(sessions: Sessions, checker: ClaimChecker) -> None:
    published(sessions, *(f"the old harbour bridge opened {n}" for n in range(60)), ref="near")
    (far,) = published(sessions, "prices of wheat fell sharply during winter", ref="far")
    _, claims = clustered(sessions, CLAIM)
    _attach(sessions, claims, far)
    answer = checker.answer(CLAIM, top=3)
    assert answer.outcome is Outcome.REFUTED
    assert answer.matches[0].statement.id == far
    assert len(answer.matches) == 3
    scores = [match.score for match in answer.matches]
    assert scores == sorted(scores, reverse=True)


def test_a_person_beats_the_judge_on_all_other_statements_too(
    sessions: Sessions, checker: ClaimChecker
) -> None:
    ids = published(sessions, "the old harbour bridge opened", "the harbour bridge is shut")
    _, claims = clustered(sessions, CLAIM)
    _attach(sessions, claims, ids[1])
    answer = checker.answer(CLAIM)
    assert answer.outcome is Outcome.REFUTED
    assert not answer.disputed


def test_two_people_of_two_minds_settle_nothing(sessions: Sessions, checker: ClaimChecker) -> None:
    ids = published(sessions, "the old harbour bridge opened", "the harbour bridge is shut")
    _, claims = clustered(sessions, CLAIM)
    _attach(sessions, claims, ids[0], _SUPPORTS)
    _attach(sessions, claims, ids[1], _REFUTES)
    answer = checker.answer(CLAIM)
    assert answer.outcome is Outcome.RELATED
    assert answer.disputed


def test_a_person_may_say_that_it_settles_nothing(
    sessions: Sessions, checker: ClaimChecker
) -> None:
    (number,) = published(sessions, "the old harbour bridge opened again on monday")
    _, claims = clustered(sessions, CLAIM)
    _attach(sessions, claims, number, _OPEN)
    answer = checker.answer(CLAIM)
    assert answer.outcome is Outcome.RELATED
    assert [match.statement.id for match in answer.suggestions] == [number]


def _checked(sessions: Sessions, rating: Rating) -> int:
    checked = StatementDraft("the bridge opened again", rating=rating, rating_text="Their words")
    with sessions.begin() as session:
        draft = ReportDraft("a check", statements=(checked,))
        (number,) = store(session, draft).statement_ids
        curation.publish(session, [number], "amal")
    return number


@pytest.mark.parametrize(
    "rating", [Rating.FALSE, Rating.SATIRE, Rating.MISLEADING, Rating.MIXED, Rating.UNPROVEN]
)
def test_what_fact_checkers_did_not_confirm_confirms_no_claim(
    sessions: Sessions, checker: ClaimChecker, rating: Rating
) -> None:
    number = _checked(sessions, rating)
    _, claims = clustered(sessions, CLAIM)
    with pytest.raises(BadEdit) as refused:
        _attach(sessions, claims, number, _SUPPORTS)
    assert refused.value.problem is EditProblem.AGAINST_RATING
    _attach(sessions, claims, number, _REFUTES)
    answer = checker.answer(CLAIM)
    assert answer.outcome is Outcome.REFUTED
    assert [reason.statement for reason in answer.matches[0].judgement.reasons] == ["Their words"]


@pytest.mark.parametrize("rating", [Rating.TRUE, Rating.MOSTLY_TRUE])
def test_what_fact_checkers_confirmed_may_confirm_a_claim(
    sessions: Sessions, checker: ClaimChecker, rating: Rating
) -> None:
    _, claims = clustered(sessions, CLAIM)
    _attach(sessions, claims, _checked(sessions, rating), _SUPPORTS)
    assert checker.answer(CLAIM).outcome is Outcome.SUPPORTED


@pytest.mark.parametrize(
    ("rating", "outcome"),
    [(Rating.FALSE, Outcome.REFUTED), (Rating.MIXED, Outcome.RELATED)],
)
def test_what_was_said_of_a_duplicate_follows_the_rating_of_what_stands_for_it(
    sessions: Sessions, checker: ClaimChecker, rating: Rating, outcome: Outcome
) -> None:
    (copy,) = published(sessions, "the bridge opened again")
    cluster, claims = clustered(sessions, CLAIM)
    _attach(sessions, claims, copy, _SUPPORTS)
    with sessions.begin() as session:
        curation.merge(session, _checked(sessions, rating), [copy], "amal", None)
    assert checker.answer(CLAIM).outcome is outcome
    with sessions() as session:
        known = verdicts.load_answer(session, cluster)
    assert (known[1].relation if known else None) is (
        _REFUTES if outcome is Outcome.REFUTED else None
    )


def test_it_holds_for_that_very_claim_however_it_is_typed(
    sessions: Sessions, checker: ClaimChecker
) -> None:
    (number,) = published(sessions, "انهار السد القديم في الشمال")
    _, claims = clustered(sessions, "متداول | انهار السد الكبير")
    _attach(sessions, claims, number)
    for typed in (
        "انهار السد الكبير",
        "متداول | انهار السد الكبير",
        '"انهار السد الكبير"',
        "  انهار  السد الکبیر https://example.org ",
    ):
        assert checker.answer(typed).outcome is Outcome.REFUTED
    assert checker.answer("انهار السد القديم في الشمال").outcome is Outcome.SUPPORTED


def test_a_draft_answers_once_it_is_published_and_no_longer_than_that(
    sessions: Sessions, checker: ClaimChecker
) -> None:
    published(sessions, "prices of wheat fell", ref="other")
    (number,) = stored(sessions, "nothing of the kind", ref="draft")
    _, claims = clustered(sessions, CLAIM)
    _attach(sessions, claims, number)
    outcomes = [checker.answer(CLAIM).outcome]
    with sessions.begin() as session:
        curation.publish(session, [number], "amal")
    outcomes.append(checker.answer(CLAIM).outcome)
    with sessions.begin() as session:
        curation.retract(session, [number], "amal", "wrong")
    outcomes.append(checker.answer(CLAIM).outcome)
    assert outcomes[1] is Outcome.REFUTED
    assert outcomes[0] is outcomes[2] is not Outcome.REFUTED


@pytest.mark.parametrize("taken_back", [False, True])
def test_it_ends_with_the_words_it_was_given_on(
    sessions: Sessions, checker: ClaimChecker, taken_back: bool
) -> None:
    (number,) = published(sessions, "the old harbour bridge opened again and is shut")
    cluster, claims = clustered(sessions, CLAIM)
    if taken_back:
        _edit(sessions, number, "the old harbour bridge opened again on monday", 1)
    _attach(sessions, claims, number)
    with sessions.begin() as session:
        session.get_one(Cluster, cluster).status = ClusterStatus.ANSWERED
    assert checker.answer(CLAIM).outcome is Outcome.REFUTED
    if taken_back:
        with sessions.begin() as session:
            (entry, *_) = audit_log.list_entries(session, SubjectKind.STATEMENT, str(number)).items
            curation.undo(session, entry.id, "basil", "not so")
    else:
        _edit(sessions, number, "the old harbour bridge opened again on monday", 1)
    with sessions() as session:
        assert verdicts.load_verdicts(session, CLAIM) == {}
        assert session.get_one(Cluster, cluster).status is ClusterStatus.OPEN
    assert checker.answer(CLAIM).outcome is Outcome.SUPPORTED, "the judge's word again"


def test_an_edit_of_who_said_it_leaves_it(sessions: Sessions, checker: ClaimChecker) -> None:
    (number,) = published(sessions, "the old harbour bridge opened again on monday")
    _, claims = clustered(sessions, CLAIM)
    _attach(sessions, claims, number)
    with sessions.begin() as session:
        edit = StatementEdit("the old harbour bridge opened again on monday", speaker="the mayor")
        curation.edit_statement(session, number, edit, "amal", None, 1)
    assert checker.answer(CLAIM).outcome is Outcome.REFUTED


def _edit(sessions: Sessions, number: int, text: str, version: int) -> None:
    with sessions.begin() as session:
        curation.edit_statement(session, number, StatementEdit(text), "amal", None, version)


def test_each_claim_has_its_entry_and_the_same_again_has_none(sessions: Sessions) -> None:
    (number,) = published(sessions, "one")
    _, claims = clustered(sessions, "a claim", "another")
    assert _attach(sessions, claims, number) == 2
    entry = last_entry(sessions)
    assert (entry.subject, entry.subject_id) == (SubjectKind.CLAIM, str(claims[1]))
    assert (entry.before, entry.after, entry.reason) == (
        {"statement": number, "relation": None},
        {"statement": number, "relation": "REFUTES"},
        "read it",
    )
    before = changes(sessions)
    assert _attach(sessions, [*claims, claims[0]], number) == 0
    assert changes(sessions) == before
    assert last_entry(sessions).id == entry.id
    assert _attach(sessions, claims[:1], number, _SUPPORTS) == 1
    with sessions() as session:
        assert session.get_one(Verdict, (claims[0], number)).relation is _SUPPORTS


def test_what_is_not_there_or_retracted_answers_nothing(sessions: Sessions) -> None:
    (number,) = published(sessions, "one")
    _, claims = clustered(sessions, "a claim")
    with pytest.raises(NotFound, match="statement number 404"):
        _attach(sessions, claims, 404)
    with pytest.raises(NotFound, match="claim number 404"):
        _attach(sessions, [*claims, 404], number)
    with sessions.begin() as session:
        curation.retract(session, [number], "amal", "wrong")
    with pytest.raises(BadEdit, match="retracted"):
        _attach(sessions, claims, number)
    with sessions() as session:
        assert verdicts.load_verdicts(session, "a claim") == {}
        assert session.get_one(Statement, number).merged_into is None
