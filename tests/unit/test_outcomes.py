"""What matches come to: when a verdict is asserted, and when something keeps it open."""

from dataclasses import replace

import pytest

from knowledge.agreement.judgement import Judgement
from knowledge.agreement.negation import denies_unreadably
from knowledge.agreement.sentence_features import read
from knowledge.checking.outcomes import (
    Answer,
    Match,
    apply_rating,
    decide,
    drop_verdict,
    find_surest_judgement,
)
from knowledge.claims import read_message
from knowledge.corpus.reports import SourcedStatement
from knowledge.domain import Outcome, Rating, Relation, ReportKind, StatementStatus

S, R, N = Relation.SUPPORTS, Relation.REFUTES, Relation.NOT_ENOUGH_INFO


def match(
    relation: Relation, sure: float, report: str, *, settles: bool = False, relevance: float = 0.9
) -> Match:
    statement = SourcedStatement(
        id=hash((relation, report)),
        ref=report,
        text="the bridge opened",
        status=StatementStatus.PUBLISHED,
        speaker=None,
        rating=None,
        rating_text=None,
        as_of=None,
        report_ref=report,
        title="",
        publisher="a paper",
        url=None,
        published_at=None,
        language="en",
        kind=ReportKind.NEWS,
    )
    return Match(
        statement, Judgement(relation, sure), 1.0, relevance, settles, suggested=sure > 0.6
    )


@pytest.mark.parametrize(
    ("other", "outcome"),
    [
        (match(R, 0.8, "another"), Outcome.RELATED),
        (match(R, 0.5, "another"), Outcome.SUPPORTED),
        (match(R, 0.8, "another", relevance=0.5), Outcome.SUPPORTED),
        (match(N, 0.8, "another"), Outcome.SUPPORTED),
        (match(S, 0.8, "another"), Outcome.SUPPORTED),
        # The sentences of one report do not contradict each other.
        (match(R, 0.8, "own"), Outcome.SUPPORTED),
    ],
)
def test_what_another_report_leans_against_is_left_open(other: Match, outcome: Outcome) -> None:
    answer = decide("claim", [match(S, 0.93, "own", settles=True), other], 3)
    assert answer.outcome is outcome
    assert any(each.settles for each in answer.matches) is (outcome is Outcome.SUPPORTED)


def test_what_is_certain_is_asserted_whatever_leans_against_it() -> None:
    matches = [match(S, 1.0, "own", settles=True), match(R, 0.8, "another")]
    assert decide("claim", matches, 3).outcome is Outcome.SUPPORTED


@pytest.mark.parametrize(
    ("other", "outcome"),
    [
        # What is far more about the claim says nothing of it.
        (match(N, 0.8, "another", relevance=0.98), Outcome.RELATED),
        (match(N, 0.8, "another", relevance=0.88), Outcome.REFUTED),
    ],
)
def test_what_is_beside_the_point_settles_nothing(other: Match, outcome: Outcome) -> None:
    answer = decide("claim", [match(R, 0.95, "own", settles=True, relevance=0.8), other], 3)
    assert answer.outcome is outcome
    assert not answer.disputed


@pytest.mark.parametrize(
    ("relevance", "outcome"),
    [(0.85, Outcome.RELATED), (0.7, Outcome.SUPPORTED)],
)
def test_only_what_is_surely_about_the_claim_disputes(relevance: float, outcome: Outcome) -> None:
    rival = match(R, 0.95, "another", settles=True, relevance=relevance)
    answer = decide("claim", [match(S, 0.95, "own", settles=True, relevance=0.98), rival], 3)
    assert answer.outcome is outcome
    assert answer.disputed is (outcome is Outcome.RELATED)


def test_an_answer_left_open_asserts_nothing_and_shows_the_same() -> None:
    settled = decide("claim", [match(R, 0.95, "own", settles=True)], 3)
    opened = drop_verdict(settled)
    assert (settled.outcome, opened.outcome) == (Outcome.REFUTED, Outcome.RELATED)
    assert [each.statement for each in opened.suggestions] == [settled.matches[0].statement]
    assert not opened.matches[0].settles
    nothing = Answer("claim", Outcome.NO_MATCH, 1.0, ())
    assert drop_verdict(nothing) is nothing


def test_what_an_answer_leans_to_is_its_surest_judgement_about_the_claim() -> None:
    matches = (match(S, 0.7, "a"), match(R, 0.8, "b"), match(R, 0.9, "c", relevance=0.4))
    answer = Answer("claim", Outcome.RELATED, 0.9, matches)
    found = find_surest_judgement(answer)
    assert found is not None
    assert (found.relation, found.confidence) == (R, 0.8)
    assert find_surest_judgement(replace(answer, matches=(match(N, 0.9, "a"),))) is None


@pytest.mark.parametrize(
    ("text", "nested"),
    [
        ("ليس صحيحا أن الدوام المدرسي غير مستمر الأربعاء", True),
        ("It is not true that the tap water is not safe", True),
        ("Il est faux que les enseignants n'ont pas suspendu leur grève", True),
        ("ليس صحيحا أن الدوام مستمر", False),
        ("The tap water is not safe", False),
        ("لا ماء ولا كهرباء", False),
        ("", False),
    ],
)
def test_a_denial_of_a_denial_is_seen(text: str, nested: bool) -> None:
    assert denies_unreadably(read(text).operators) is nested


@pytest.mark.parametrize(
    ("text", "crossed"),
    [("❌ الدوام مستمر", True), ("🚫🚫 الدوام معطل", True), ("✅ الدوام مستمر", False)],
)
def test_a_cross_is_seen(text: str, crossed: bool) -> None:
    assert read_message(text).crossed is crossed


#: One question of each kind in each language: what yes or no answers, and what neither does.
YES_OR_NO = (
    "Did the bridge open?",
    "هل فُتح الجسر؟",
    "Le pont a-t-il ouvert ?",
    "The bridge opened?!",
)
OPEN = ("Who am I?", "من أنا؟", "«ومتى فُتح الجسر؟»", "Qui suis-je ?", "When did the bridge open?")


def said(text: str, kind: ReportKind, rating: Rating | None = None) -> SourcedStatement:
    return replace(match(S, 0.9, "own").statement, text=text, kind=kind, rating=rating)


@pytest.mark.parametrize("text", [*YES_OR_NO, *OPEN])
@pytest.mark.parametrize("relation", [S, R])
def test_a_question_in_the_news_settles_nothing(text: str, relation: Relation) -> None:
    assert apply_rating(Judgement(relation, 0.99), said(text, ReportKind.NEWS)).relation is N


@pytest.mark.parametrize("text", YES_OR_NO)
def test_of_a_reviewed_question_the_rating_is_told(text: str) -> None:
    for relation, rating, expected in [
        (S, Rating.FALSE, R), (S, Rating.TRUE, S), (S, Rating.MIXED, N),
        (R, Rating.FALSE, N), (R, Rating.TRUE, N),
    ]:  # fmt: skip
        found = apply_rating(Judgement(relation, 0.99), said(text, ReportKind.FACT_CHECK, rating))
        assert found.relation is expected, rating
        assert [reason.statement for reason in found.reasons] == [str(rating)]


@pytest.mark.parametrize("text", OPEN)
@pytest.mark.parametrize("rating", [Rating.TRUE, Rating.FALSE])
def test_what_yes_or_no_does_not_answer_is_neither(text: str, rating: Rating) -> None:
    found = apply_rating(Judgement(S, 0.99), said(text, ReportKind.FACT_CHECK, rating))
    assert found.relation is N
    assert [reason.statement for reason in found.reasons] == [str(rating)]


@pytest.mark.parametrize(
    "text",
    [
        "Is it open? The mayor says it is.",
        "The mayor asked: “Who opened it?”",
        "هل فُتح الجسر؟ نعم، بحسب البلدية.",
        "Le pont a ouvert lundi.",
    ],
)
def test_what_states_something_beside_a_question_settles_as_before(text: str) -> None:
    judgement = Judgement(S, 0.99)
    assert apply_rating(judgement, said(text, ReportKind.NEWS)) == judgement
