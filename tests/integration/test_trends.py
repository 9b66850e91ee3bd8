"""Figures of how the asking goes, and their pictures."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bot.conversation.charts import Chart, Form, draw, name_chart
from bot.conversation.translations import Language, load_catalogue
from knowledge.claim_queue import demand, stored_claims
from knowledge.domain import ClusterStatus, Feedback, Outcome
from knowledge.models import Cluster, Inquiry
from knowledge.statistics import trends
from knowledge.storage.database import Sessions

_NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
_HOUR = timedelta(hours=1)


def _cluster(sessions: Sessions, text: str, asked: Sequence[tuple[str, datetime]]) -> int:
    """Make a cluster that people asked at these times."""
    with sessions.begin() as session:
        demand.lock_queue(session)
        number = stored_claims.store_claim(session, text, "ar")
        session.add_all(
            Inquiry(
                person_key=person, claim=text, claim_id=number, outcome=Outcome.NO_MATCH,
                language="ar", asked_at=at,
            )
            for person, at in asked
        )  # fmt: skip
        row = Cluster(title=text, status=ClusterStatus.OPEN)
        session.add(row)
        session.flush()
        demand.join_clusters(session, {number: row})
        return row.id


def _inquiry(sessions: Sessions, at: datetime, outcome: Outcome, **more: object) -> None:
    with sessions.begin() as session:
        session.add(
            Inquiry(person_key="x", claim="x", outcome=outcome, language="ar", asked_at=at, **more)
        )


def test_inquiries_are_counted_by_hour_and_day_without_gaps(sessions: Sessions) -> None:
    for at in (_NOW, _NOW - _HOUR, _NOW - _HOUR, _NOW - 30 * _HOUR, _NOW - 90 * _HOUR):
        _inquiry(sessions, at, Outcome.NO_MATCH)
    with sessions() as session:
        found = trends.compute_trends(session, _NOW - 48 * _HOUR, _NOW + _HOUR)
    assert len(found.hours) == 49
    assert [each.count for each in found.hours[-2:]] == [2, 1]
    assert found.hours[-1].at == datetime(2026, 5, 4, 12, tzinfo=UTC)
    assert [(each.at.day, each.count) for each in found.days] == [(2, 0), (3, 1), (4, 3)]
    assert found.asked == 4


def test_outcomes_feedback_and_waits_are_told(sessions: Sessions) -> None:
    _inquiry(sessions, _NOW, Outcome.REFUTED, feedback=Feedback.USEFUL, disputed=True)
    _inquiry(sessions, _NOW, Outcome.SUPPORTED, feedback=Feedback.USEFUL)
    _inquiry(sessions, _NOW, Outcome.NO_MATCH, feedback=Feedback.NOT_USEFUL)
    for hours in range(1, 11):
        _inquiry(sessions, _NOW, Outcome.RELATED, answered_at=_NOW + hours * _HOUR)
    with sessions() as session:
        found = trends.compute_trends(session, _NOW - _HOUR, _NOW + _HOUR)
        later = trends.compute_trends(session, _NOW + _HOUR, _NOW + 11 * _HOUR)
        nothing = trends.compute_trends(session, _NOW - 9 * _HOUR, _NOW - 5 * _HOUR)
    assert dict(found.outcomes) == {
        Outcome.SUPPORTED: 1, Outcome.REFUTED: 1, Outcome.RELATED: 10, Outcome.NO_MATCH: 1
    }  # fmt: skip
    assert dict(found.feedback) == {Feedback.USEFUL: 2, Feedback.NOT_USEFUL: 1}
    assert found.match_rate == pytest.approx(2 / 13)
    assert found.disputed == 1
    assert found.languages == (("ar", 13),)
    assert later.asked == 0
    assert later.to_answer == trends.TimeToAnswer(10, 5 * _HOUR, 9 * _HOUR), "of what is answered"
    assert nothing.match_rate is None
    assert nothing.to_answer.middle is None


def test_moderators_are_alerted_of_what_grows_once(sessions: Sessions) -> None:
    old = _NOW - 30 * _HOUR
    grows = _cluster(sessions, "grows", [(f"p{n}", _NOW - _HOUR) for n in range(12)])
    _cluster(sessions, "steady", [(f"p{n}", at) for n in range(12) for at in (_NOW - _HOUR, old)])
    _cluster(sessions, "one person", [("p", _NOW - _HOUR)] * 30)
    with sessions.begin() as session:
        found = trends.take_growing(session, _NOW)
        assert trends.take_growing(session, _NOW + _HOUR) == ()
    assert [each.id for each in found] == [grows]
    assert (found[0].recent, found[0].before, found[0].growth) == (12, 0, 12)


def test_a_digest_counts_the_day(sessions: Sessions) -> None:
    top = _cluster(sessions, "much", [("one", _NOW - _HOUR), ("two", _NOW - _HOUR)])
    _cluster(sessions, "little", [("one", _NOW - 2 * _HOUR)])
    _inquiry(sessions, _NOW - 2 * _HOUR, Outcome.REFUTED, answered_at=_NOW - _HOUR)
    _inquiry(sessions, _NOW - 25 * _HOUR, Outcome.REFUTED)
    with sessions() as session:
        found = trends.compute_digest(session, _NOW)
    assert (found.asked, found.people, found.settled, found.answered, found.open) == (4, 3, 1, 1, 2)
    assert found.top[0].id == top


@pytest.mark.parametrize("language", list(Language))
def test_every_chart_is_drawn_in_every_language(sessions: Sessions, language: Language) -> None:
    _inquiry(sessions, _NOW, Outcome.NO_MATCH)
    words = load_catalogue(language)
    with sessions() as session:
        found = trends.compute_trends(session, _NOW - 72 * _HOUR, _NOW + _HOUR)
        empty = trends.compute_trends(session, _NOW, _NOW)
    png = draw(list(Chart), found, words, Form.PNG)
    assert png.startswith(b"\x89PNG")
    for chart in Chart:
        assert name_chart(chart, words)
        svg = draw([chart], found, words, Form.SVG)
        assert b"<svg" in svg
        # Outlines: whoever looks at it needs none of our fonts, and nothing is fetched.
        assert b"<text" not in svg
        assert svg == draw([chart], found, words, Form.SVG)
        assert b"<svg" in draw([chart], empty, words, Form.SVG)
