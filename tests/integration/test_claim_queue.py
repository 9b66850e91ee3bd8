"""The inbox: claims counted in their clusters, listed, and handled by moderators."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from knowledge.claim_queue import cluster_actions, cluster_listing, demand, inquiries, stored_claims
from knowledge.claim_queue.cluster_listing import Order
from knowledge.domain import ClusterStatus, Forwarded, Outcome, RejectReason, SubjectKind
from knowledge.errors import AlreadyHandled, BadCursor, CannotRegroup, NotFound
from knowledge.models import AuditEntry, Claim, Cluster, Inquiry
from knowledge.storage.database import Sessions

_NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
_SAID = "السد انهار"


def _asked(
    sessions: Sessions, claim: str, people: Sequence[str], outcome: Outcome = Outcome.NO_MATCH
) -> int:
    """Let people ask a claim, and return the claim's id."""
    with sessions.begin() as session:
        for person in people:
            inquiries.record(session, person, claim, outcome, [], "ar")
        return stored_claims.store_claim(session, claim, "ar")


def _clustered(sessions: Sessions, *claim_ids: int) -> int:
    """Put claims into one new cluster, and return its id."""
    with sessions.begin() as session:
        demand.lock_queue(session)
        title = session.get_one(Claim, claim_ids[0]).text
        row = Cluster(title=title, status=ClusterStatus.SETTLED)
        session.add(row)
        session.flush()
        demand.join_clusters(session, dict.fromkeys(claim_ids, row))
        return row.id


def _summary(sessions: Sessions, cluster_id: int) -> cluster_listing.ClusterSummary:
    with sessions() as session:
        return cluster_listing.load_cluster(session, cluster_id).summary


def test_a_claim_is_kept_once_however_it_is_spelled(sessions: Sessions) -> None:
    with sessions.begin() as session:
        first = stored_claims.store_claim(session, "انهار السد في #المدينة", "en")
        assert stored_claims.store_claim(session, "انهار  السد فی المدينة", "ar") == first
        assert stored_claims.store_claim(session, "لم ينهر السد في المدينة", "ar") != first
    with sessions() as session:
        assert session.get_one(Claim, first).language == "ar"
        assert session.get_one(Claim, first).text == "انهار السد في #المدينة"


def test_a_claim_whose_letters_tell_no_language_is_in_the_speakers(sessions: Sessions) -> None:
    with sessions.begin() as session:
        assert (
            session.get_one(Claim, stored_claims.store_claim(session, "2 + 2 = 5", "fr")).language
            == "fr"
        )


def test_an_inquiry_is_counted_in_its_claims_cluster(sessions: Sessions) -> None:
    number = _clustered(sessions, _asked(sessions, _SAID, ["one", "two", "one"]))
    _asked(sessions, _SAID, ["two", "three"])
    found = _summary(sessions, number)
    assert (found.people, found.asked, found.claims) == (3, 5, 1)
    assert found.status is ClusterStatus.OPEN
    assert found.first_asked_at <= found.last_asked_at
    assert 4.9 < found.demand <= 5.0


def test_who_asks_two_wordings_is_one_person(sessions: Sessions) -> None:
    one, two = _asked(sessions, _SAID, ["one", "two"]), _asked(sessions, "انهار السد", ["one"])
    assert _summary(sessions, _clustered(sessions, one, two)).people == 2


def test_what_was_settled_is_nothing_to_do_until_it_is_not(sessions: Sessions) -> None:
    number = _clustered(sessions, _asked(sessions, _SAID, ["one"], Outcome.REFUTED))
    assert _summary(sessions, number).status is ClusterStatus.SETTLED
    _asked(sessions, _SAID, ["two"], Outcome.SUPPORTED)
    assert _summary(sessions, number).status is ClusterStatus.SETTLED
    _asked(sessions, _SAID, ["two"], Outcome.RELATED)
    assert _summary(sessions, number).status is ClusterStatus.OPEN


def test_a_disputed_answer_is_the_moderators(sessions: Sessions) -> None:
    number = _clustered(sessions, _asked(sessions, _SAID, [], Outcome.REFUTED))
    with sessions.begin() as session:
        inquiry = inquiries.record(session, "one", _SAID, Outcome.REFUTED, [], "ar").id
    assert _summary(sessions, number).status is ClusterStatus.SETTLED
    with sessions.begin() as session:
        assert inquiries.dispute(session, inquiry, "one")
    assert _summary(sessions, number).status is ClusterStatus.OPEN


def test_no_asking_is_lost_where_many_ask_at_once(sessions: Sessions) -> None:
    number = _clustered(sessions, _asked(sessions, _SAID, ["first"]))

    def ask(person: str) -> None:
        for _ in range(5):
            _asked(sessions, _SAID, [person])

    threads = [threading.Thread(target=ask, args=(f"person {n}",)) for n in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    found = _summary(sessions, number)
    assert (found.people, found.asked) == (5, 21)


def _many(sessions: Sessions) -> list[int]:
    """Make clusters asked by 1, 2 and 3 people; the fewest last."""
    found = []
    for count in (3, 2, 1):
        people = [f"person {n}" for n in range(count)]
        found.append(_clustered(sessions, _asked(sessions, f"الخبر رقم {count}", people)))
    return found


@pytest.mark.parametrize(
    ("order", "places"),
    [
        (Order.DEMAND, (0, 1, 2)),
        (Order.PEOPLE, (0, 1, 2)),
        (Order.NEWEST, (2, 1, 0)),
        (Order.GROWTH, (0, 1, 2)),
    ],
)
def test_the_inbox_is_sorted(sessions: Sessions, order: Order, places: tuple[int, ...]) -> None:
    numbers = _many(sessions)
    with sessions() as session:
        page = cluster_listing.list_clusters(session, order)
    assert [each.id for each in page.items] == [numbers[place] for place in places]
    assert page.after is None


@pytest.mark.parametrize("order", [Order.DEMAND, Order.PEOPLE, Order.NEWEST])
def test_pages_follow_each_other_without_gap_or_repetition(
    sessions: Sessions, order: Order
) -> None:
    _many(sessions)
    # Equal in everything that is sorted by but the number.
    with sessions.begin() as session:
        session.add_all(
            Cluster(
                title="x", status=ClusterStatus.OPEN, heat=1.5, first_asked_at=_NOW,
                last_asked_at=_NOW,
            )
            for _ in range(4)
        )  # fmt: skip
    with sessions() as session:
        whole = [each.id for each in cluster_listing.list_clusters(session, order).items]
        seen, after = list[int](), None
        while True:
            page = cluster_listing.list_clusters(session, order, after=after, limit=2)
            seen += [each.id for each in page.items]
            after = page.after
            if after is None:
                break
    assert seen == whole
    assert len(set(seen)) == 7


@pytest.mark.parametrize(
    "after", ["", "x", "AAAA", "W10=", "WzFlOTk5LDFd", "bnVsbA==", "é", "A" * 999]
)
def test_a_damaged_page_address_is_refused(sessions: Sessions, after: str) -> None:
    with sessions() as session, pytest.raises(BadCursor):
        cluster_listing.list_clusters(session, Order.NEWEST, after=after)


def test_a_cluster_shows_its_wordings_and_who_waits(sessions: Sessions) -> None:
    few = _asked(sessions, "The dam has collapsed", ["one"], Outcome.RELATED)
    many = _asked(sessions, _SAID, ["one", "two"])
    number = _clustered(sessions, few, many)
    with sessions.begin() as session:
        session.scalars(select(Inquiry)).first().waiting = True  # type: ignore[union-attr]
    with sessions() as session:
        found = cluster_listing.load_cluster(session, number)
    assert [each.claim_id for each in found.wordings] == [many, few]
    assert [(each.people, each.asked) for each in found.wordings] == [(2, 2), (1, 1)]
    assert found.summary.title == "The dam has collapsed"
    assert set(found.summary.languages) == {"ar", "en"}
    assert found.outcomes == ((Outcome.NO_MATCH, 2), (Outcome.RELATED, 1))
    assert found.waiting == 1
    assert found.summary.recent == 2
    assert found.summary.growth == 2


def test_a_cluster_that_was_never_made_is_not_found(sessions: Sessions) -> None:
    with sessions.begin() as session:
        with pytest.raises(NotFound):
            cluster_listing.load_cluster(session, 404)
        with pytest.raises(NotFound):
            cluster_actions.assign(session, 404, "me", "me")


def test_every_act_leaves_its_audit_row(sessions: Sessions) -> None:
    number = _clustered(sessions, _asked(sessions, _SAID, ["one"]))
    with sessions.begin() as session:
        cluster_actions.assign(session, number, "amal", "amal")
        cluster_actions.snooze(session, number, _NOW, "amal", "not now")
    with sessions.begin() as session:
        assert cluster_actions.wake(session, _NOW - timedelta(seconds=1)) == 0
        assert cluster_actions.wake(session, _NOW) == 1
        cluster_actions.reject(session, number, RejectReason.OPINION, "badr")
        cluster_actions.reopen(session, number, "amal")
    assert _summary(sessions, number).status is ClusterStatus.OPEN
    assert _summary(sessions, number).assignee == "amal"
    assert _summary(sessions, number).reject_reason is None
    with sessions() as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [row.action for row in rows] == ["assigned", "snoozed", "rejected", "reopened"]
    assert {(row.subject, row.subject_id) for row in rows} == {(SubjectKind.CLUSTER, str(number))}
    assert rows[1].reason == "not now"
    assert rows[2].after == {
        "status": "rejected", "reject_reason": "opinion", "snoozed_until": None
    }  # fmt: skip


def test_the_second_of_two_moderators_sees_what_the_first_did(sessions: Sessions) -> None:
    number = _clustered(sessions, _asked(sessions, _SAID, ["one"]))
    with sessions.begin() as session:
        cluster_actions.reject(session, number, RejectReason.SPAM, "amal")
    with sessions.begin() as session:
        with pytest.raises(AlreadyHandled, match="rejected"):
            cluster_actions.reject(session, number, RejectReason.OPINION, "badr")
        with pytest.raises(AlreadyHandled, match="rejected"):
            cluster_actions.snooze(session, number, _NOW, "badr")


def test_asking_again_opens_neither_rejected_nor_snoozed(sessions: Sessions) -> None:
    number = _clustered(sessions, _asked(sessions, _SAID, ["one"]))
    with sessions.begin() as session:
        cluster_actions.reject(session, number, RejectReason.SPAM, "amal")
    _asked(sessions, _SAID, ["two"])
    found = _summary(sessions, number)
    assert (found.status, found.people) == (ClusterStatus.REJECTED, 2)


def test_merged_clusters_are_counted_as_one_and_found_by_both_numbers(sessions: Sessions) -> None:
    one = _clustered(sessions, _asked(sessions, _SAID, ["one", "two"], Outcome.REFUTED))
    two = _clustered(sessions, _asked(sessions, "انهار السد", ["two", "three"]))
    with sessions.begin() as session:
        cluster_actions.merge_clusters(session, one, [two, one], "amal", "the same")
    found = _summary(sessions, two)
    assert (found.id, found.people, found.asked, found.claims) == (one, 3, 4, 2)
    assert found.status is ClusterStatus.OPEN
    with sessions() as session:
        assert [each.id for each in cluster_listing.list_clusters(session).items] == [one]
        by_hand = session.scalars(select(Claim.text).where(Claim.placed_by_hand)).all()
    assert by_hand == ["انهار السد"]
    with sessions.begin() as session, pytest.raises(CannotRegroup):
        cluster_actions.merge_clusters(session, one, [two], "amal")


def test_a_split_leaves_both_parts_counted(sessions: Sessions) -> None:
    stay = _asked(sessions, _SAID, ["one", "two"])
    go = _asked(sessions, "لم ينهر السد", ["two"])
    number = _clustered(sessions, stay, go)
    with sessions.begin() as session:
        apart = cluster_actions.split_cluster(session, number, [go], "amal")
    assert _summary(sessions, apart).title == "لم ينهر السد"
    left, right = _summary(sessions, number), _summary(sessions, apart)
    assert (left.people, left.asked, right.people, right.asked) == (2, 2, 1, 1)
    _asked(sessions, "لم ينهر السد", ["three"])
    assert _summary(sessions, apart).people == 2


def _forwarded(sessions: Sessions, claim: str, person: str, origin: inquiries.Origin | None) -> int:
    """Let a person forward a claim, and return the claim's id."""
    with sessions.begin() as session:
        inquiries.record(session, person, claim, Outcome.NO_MATCH, [], "ar", origin=origin)
        return stored_claims.store_claim(session, claim, "ar")


_VALLEY = inquiries.Origin(Forwarded.CHANNEL, "v" * 64, "قناة الوادي")
_COAST = inquiries.Origin(Forwarded.CHANNEL, "c" * 64, "The coast")
_PRIVATE = inquiries.Origin(Forwarded.CHANNEL, "p" * 64)


def test_forwards_are_counted_wherever_their_claims_go(sessions: Sessions) -> None:
    other = "انهار السد"
    one = _forwarded(sessions, _SAID, "one", _VALLEY)
    _forwarded(sessions, _SAID, "two", None)
    number = _clustered(sessions, one)
    _forwarded(sessions, _SAID, "two", inquiries.Origin(Forwarded.HIDDEN))
    two = _forwarded(sessions, other, "three", _COAST)
    _forwarded(sessions, other, "four", _COAST)
    _forwarded(sessions, other, "four", _PRIVATE)
    second = _clustered(sessions, two)
    counted = [_summary(sessions, each).forwarded for each in (number, second)]
    assert counted == [2, 3]
    with sessions.begin() as session:
        cluster_actions.merge_clusters(session, number, [second], "amal")
    with sessions() as session:
        found = cluster_listing.load_cluster(session, number)
        assert session.get_one(Cluster, second).forward_count == 0
    assert found.summary.forwarded == 5
    # Public ones by name, the most frequent first; all are counted.
    assert found.channels == cluster_listing.Channels(3, (("The coast", 2), ("قناة الوادي", 1)))
    with sessions.begin() as session:
        apart = cluster_actions.split_cluster(session, number, [two], "amal")
    assert [_summary(sessions, each).forwarded for each in (number, apart)] == [2, 3]


def test_who_forwarded_the_same_words_is_counted_once_and_so_many_at_most(
    sessions: Sessions,
) -> None:
    for person in ("one", "two", "two", "three"):
        _forwarded(sessions, _SAID, person, _VALLEY)
    _forwarded(sessions, "انهار السد", "four", _VALLEY)
    _forwarded(sessions, _SAID, "five", None)
    with sessions() as session:
        (first, *_) = session.scalars(select(Inquiry.id).order_by(Inquiry.id))
        assert [inquiries.count_forwarders(session, first, most) for most in (100, 2)] == [3, 2]


def test_a_split_must_leave_something_and_take_what_is_there(sessions: Sessions) -> None:
    here = _asked(sessions, _SAID, ["one"])
    number = _clustered(sessions, here, _asked(sessions, "انهار السد", ["two"]))
    elsewhere = _asked(sessions, "خبر آخر", ["one"])
    _clustered(sessions, elsewhere)
    with sessions.begin() as session:
        everything = list(session.scalars(select(Claim.id).where(Claim.cluster_id == number)))
        for wanted in ([], [elsewhere], [here, elsewhere], everything):
            with pytest.raises(CannotRegroup):
                cluster_actions.split_cluster(session, number, wanted, "amal")


def test_recent_demand_outweighs_old_demand_at_any_time() -> None:
    old = demand.compute_heat([_NOW - timedelta(days=5)] * 20)
    fresh = demand.compute_heat([_NOW])
    assert fresh > old
    assert demand.demand(fresh, _NOW) == pytest.approx(1.0)
    assert demand.demand(old, _NOW) == pytest.approx(20 / 32)
    assert demand.demand(fresh, _NOW + timedelta(days=1)) == pytest.approx(0.5)
    assert demand.demand(demand.compute_heat([]), _NOW) == 0
