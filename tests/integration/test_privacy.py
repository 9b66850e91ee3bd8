"""What is held of people can be seen and erased, at once or in time: held against the database."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from embeddings.encoders.encoder import Encoder
from knowledge import curation
from knowledge.accounts import people, roles, sign_in
from knowledge.claim_queue import cluster_actions, cluster_listing, inquiries
from knowledge.claim_queue.claim_equivalence import Meaning
from knowledge.claim_queue.clustering import Clusters
from knowledge.corpus import reports
from knowledge.domain import (
    Calendar,
    ClusterStatus,
    Feedback,
    Forwarded,
    Outcome,
    Relation,
    ReportDraft,
    Role,
    StatementDraft,
    now,
)
from knowledge.errors import CannotRegroup
from knowledge.index import vector_cache
from knowledge.models import Base, Claim, Cluster, Inquiry, Notification, Person
from knowledge.outbox import pending_notifications
from knowledge.privacy import data_export, erasure
from knowledge.storage.database import Sessions
from knowledge.update_queue import queued_updates
from knowledge.update_queue.shared_rate_limits import Request, SharedRateLimits, Turn

SECRET = b"the secret of these tests"
#: Text that nothing else in the database can hold by chance.
ONLY_THEIRS = "my neighbour Zubaydah sold the marble lighthouse"
SHARED = "the northern ferry stopped for good"
ADDRESS = "7318842905"
ME, OTHER, MODERATOR = (people.person_key(SECRET, "telegram", n) for n in (1, 2, 3))
LIMITED_AT = datetime(2027, 1, 1, tzinfo=UTC)
LONG_AGO = now() - timedelta(days=91)
HORIZON = now() - timedelta(days=90)


def rows(session: Session) -> Iterator[tuple[str, str]]:
    """Yield every row of every table as it is written, with the table's name."""
    for table in Base.metadata.sorted_tables:
        for row in session.execute(select(table)):
            yield table.name, " ".join(map(_plain, row))


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def where(sessions: Sessions, *needles: str) -> set[str]:
    """Return the tables that hold any of ``needles``."""
    with sessions() as session:
        return {name for name, row in rows(session) if any(needle in row for needle in needles)}


class FakeEquivalence:
    """Claims mean the same where they are the same."""

    def compare(self, pairs: Any) -> list[Meaning]:
        return [Meaning.SAME if one == other else Meaning.OTHER for one, other in pairs]


@pytest.fixture
def placed(sessions: Sessions, fake_encoder: Encoder) -> Callable[[], None]:
    """Return what puts every claim into its cluster, with its vector kept."""
    clusters = Clusters(sessions, fake_encoder, FakeEquivalence())

    def place() -> None:
        while clusters.place_waiting():
            pass

    return place


def asked(sessions: Sessions, person: str, claim: str, shown: tuple[int, ...] = ()) -> int:
    outcome = Outcome.RELATED if shown else Outcome.NO_MATCH
    with sessions.begin() as session:
        people.remember_address(session, person, ADDRESS, SECRET)
        basis = inquiries.Basis("an encoder", "a judge", 0.9, 0.6)
        return inquiries.record(
            session, person, claim, outcome, shown, "en", waiting=True, basis=basis
        ).id


def long_ago(sessions: Sessions, *numbers: int) -> None:
    with sessions.begin() as session:
        session.execute(update(Inquiry).where(Inquiry.id.in_(numbers)).values(asked_at=LONG_AGO))


def published(sessions: Sessions, text: str = "the ferry runs every day") -> int:
    with sessions.begin() as session:
        draft = ReportDraft("Ferries", "The Valley Post", statements=(StatementDraft(text),))
        (number,) = reports.store(session, draft).statement_ids
        curation.publish(session, [number], "an editor")
        return number


def a_whole_life(sessions: Sessions, place: Callable[[], None]) -> None:
    """Have one person do everything that leaves a trace."""
    statement = published(sessions)
    number = asked(sessions, ME, ONLY_THEIRS, (statement,))
    asked(sessions, ME, SHARED)
    asked(sessions, OTHER, SHARED)
    place()
    with sessions.begin() as session:
        people.choose_language(session, ME, "fr")
        people.choose_calendar(session, ME, Calendar.HIJRI)
        inquiries.rate(session, number, ME, Feedback.NOT_USEFUL)
        inquiries.dispute(session, number, ME)
        sign_in.issue_link(session, ME, now())
    with sessions.begin() as session:
        curation.retract(session, [statement], "an editor", "it was wrong")
        queued_updates.store(session, [queued_updates.NewUpdate(8, ME, b"sealed")], now())
    limits = SharedRateLimits(sessions)
    limits.take([Request((Turn("person", ME, 60.0, 0.0),))], LIMITED_AT.timestamp())
    limits.close()


class TestForgetting:
    def test_nothing_carries_the_person_or_their_words(
        self, sessions: Sessions, placed: Callable[[], None]
    ) -> None:
        a_whole_life(sessions, placed)
        assert where(sessions, ME) == {
            "people",
            "inquiries",
            "notifications",
            "sign_in_links",
            "rate_limits",
            "updates",
        }
        assert where(sessions, ONLY_THEIRS) == {"inquiries", "claims", "clusters"}
        with sessions.begin() as session:
            erasure.forget(session, ME)
        assert where(sessions, ME, ONLY_THEIRS, ADDRESS) == set()

    def test_what_others_sent_as_well_stays_theirs(
        self, sessions: Sessions, placed: Callable[[], None]
    ) -> None:
        a_whole_life(sessions, placed)
        with sessions.begin() as session:
            erasure.forget(session, ME)
        with sessions() as session:
            assert session.scalars(select(Claim.text).where(Claim.text != "")).all() == [SHARED]
            theirs = session.scalars(select(Inquiry).where(Inquiry.person_key == OTHER)).one()
            assert (theirs.claim, theirs.waiting) == (SHARED, True)
            assert people.address_of(session, OTHER, SECRET) == ADDRESS

    def test_it_still_counts(self, sessions: Sessions, placed: Callable[[], None]) -> None:
        a_whole_life(sessions, placed)
        with sessions.begin() as session:
            erasure.forget(session, ME)
        with sessions() as session:
            counted = session.scalars(select(Inquiry).order_by(Inquiry.id)).all()
            assert [each.outcome for each in counted] == [
                Outcome.RELATED,
                Outcome.NO_MATCH,
                Outcome.NO_MATCH,
            ]
            assert [each.feedback for each in counted] == [Feedback.NOT_USEFUL, None, None]
            # Both of theirs are one person's still, and nobody's.
            assert counted[0].person_key == counted[1].person_key != OTHER
            (ferry,) = session.scalars(select(Cluster).where(Cluster.title == SHARED))
            assert (ferry.asker_count, ferry.inquiry_count) == (2, 2)

    def test_the_vector_of_their_words_goes_but_not_that_of_a_statement(
        self, sessions: Sessions, placed: Callable[[], None], fake_encoder: Encoder
    ) -> None:
        published(sessions, SHARED)
        asked(sessions, ME, ONLY_THEIRS)
        asked(sessions, ME, SHARED)
        placed()
        kept = vector_cache.load_kept(sessions, fake_encoder.fingerprint, [ONLY_THEIRS, SHARED])
        assert set(kept) == {ONLY_THEIRS, SHARED}
        with sessions.begin() as session:
            erasure.forget(session, ME)
        kept = vector_cache.load_kept(sessions, fake_encoder.fingerprint, [ONLY_THEIRS, SHARED])
        assert set(kept) == {SHARED}

    def test_moderators_are_no_longer_asked_what_nobody_asks(
        self, sessions: Sessions, placed: Callable[[], None]
    ) -> None:
        number = asked(sessions, ME, ONLY_THEIRS)
        placed()
        with sessions.begin() as session:
            (open_one,) = cluster_listing.list_clusters(session).items
            erasure.forget(session, ME)
        with sessions() as session:
            assert cluster_listing.list_clusters(session).items == ()
            assert session.get_one(Cluster, open_one.id).status is ClusterStatus.SETTLED
            assert cluster_listing.load_cluster(session, open_one.id).wordings == ()
            assert inquiries.load(session, number, ME) is None

    def test_a_cluster_is_named_by_a_wording_that_is_left(
        self, sessions: Sessions, placed: Callable[[], None]
    ) -> None:
        asked(sessions, ME, ONLY_THEIRS)
        asked(sessions, OTHER, SHARED)
        placed()
        with sessions.begin() as session:
            first, second = session.scalars(select(Cluster.id).order_by(Cluster.id))
            cluster_actions.merge_clusters(session, first, [second], MODERATOR)
            erasure.forget(session, ME)
        with sessions() as session:
            assert session.get_one(Cluster, first).title == SHARED
            assert session.get_one(Cluster, first).status is ClusterStatus.OPEN
        assert where(sessions, ONLY_THEIRS) == set()

    def test_moderators_choose_among_the_wordings_that_are_left(
        self, sessions: Sessions, placed: Callable[[], None]
    ) -> None:
        asked(sessions, ME, ONLY_THEIRS)
        asked(sessions, OTHER, SHARED)
        placed()
        with sessions.begin() as session:
            first, second = session.scalars(select(Cluster.id).order_by(Cluster.id))
            cluster_actions.merge_clusters(session, first, [second], MODERATOR)
            erasure.forget(session, ME)
            gone, left = session.scalars(select(Claim.id).order_by(Claim.id))
            assert cluster_actions.take_opposites_out(session, first, MODERATOR) is None
        for chosen in (gone, left):
            with pytest.raises(CannotRegroup), sessions.begin() as session:
                cluster_actions.split_cluster(session, first, [chosen], MODERATOR)

    def test_claims_can_be_placed_beside_what_is_forgotten(
        self, sessions: Sessions, placed: Callable[[], None]
    ) -> None:
        asked(sessions, ME, ONLY_THEIRS)
        placed()
        with sessions.begin() as session:
            erasure.forget(session, ME)
        asked(sessions, OTHER, ONLY_THEIRS)
        placed()
        with sessions() as session:
            (again,) = cluster_listing.list_clusters(session).items
            assert (again.title, again.people, again.asked) == (ONLY_THEIRS, 1, 1)

    def test_one_forgotten_before_it_was_placed_makes_no_cluster(
        self, sessions: Sessions, placed: Callable[[], None]
    ) -> None:
        asked(sessions, ME, ONLY_THEIRS)
        with sessions.begin() as session:
            erasure.forget(session, ME)
        placed()
        with sessions() as session:
            assert session.scalars(select(Cluster)).all() == []

    def test_what_moderators_answered_stays_without_who_asked(
        self, sessions: Sessions, placed: Callable[[], None]
    ) -> None:
        asked(sessions, ME, ONLY_THEIRS)
        placed()
        with sessions.begin() as session:
            draft = ReportDraft("Light", "The Valley Post", statements=(StatementDraft("unsold"),))
            (statement,) = reports.store(session, draft).statement_ids
            (cluster,) = session.scalars(select(Cluster.id))
            pending_notifications.answer_cluster(
                session, cluster, statement, Relation.REFUTES, MODERATOR
            )
            erasure.forget(session, ME)
        assert where(sessions, ME) == set()
        assert where(sessions, ONLY_THEIRS) == {"claims", "clusters"}

    def test_nobody_is_told_of_what_they_were_shown(self, sessions: Sessions) -> None:
        statement = published(sessions)
        asked(sessions, ME, ONLY_THEIRS, (statement,))
        with sessions.begin() as session:
            erasure.forget(session, ME)
            curation.retract(session, [statement], "an editor", "it was wrong")
        with sessions() as session:
            assert session.scalars(select(Notification)).all() == []

    def test_a_block_lasts_until_it_ends(self, sessions: Sessions) -> None:
        asked(sessions, ME, ONLY_THEIRS)
        with sessions.begin() as session:
            people.choose_language(session, ME, "fr")
            people.block(session, ME, now() + timedelta(days=1), MODERATOR)
            erasure.forget(session, ME)
        with sessions() as session:
            assert people.load_person(session, ME).is_blocked(now())
            assert people.load_person(session, ME).wishes == people.Wishes()
        assert where(sessions, ME) == {"people", "audit_log"}
        with sessions.begin() as session:
            people.block(session, ME, now() - timedelta(days=1), MODERATOR)
            erasure.forget(session, ME)
        assert where(sessions, ME) == {"audit_log"}

    def test_whoever_moderates_keeps_the_role_and_signs_in_again(self, sessions: Sessions) -> None:
        with sessions.begin() as session:
            roles.grant(session, MODERATOR, Role.MODERATOR, "Layla", "command line")
            token = sign_in.issue_link(session, MODERATOR, now())
            signed = sign_in.use_link(session, token, now())
            assert signed is not None
            erasure.forget(session, MODERATOR)
        with sessions() as session:
            assert sign_in.session_of(session, signed.cookie, now()) is None
            assert roles.role_of(session, MODERATOR, frozenset()) is Role.MODERATOR
        assert where(sessions, MODERATOR) == {"grants", "audit_log"}

    def test_somebody_unknown_is_forgotten_without_ado(self, sessions: Sessions) -> None:
        with sessions.begin() as session:
            erasure.forget(session, ME)
        with sessions() as session:
            assert list(rows(session)) == []


class TestForwards:
    """Where a forward came from, and what was left to ask for."""

    LEFT = "her cousin Rayyan bought the copper mill"

    def forwards(self, sessions: Sessions, person: str, origin: str) -> int:
        came = inquiries.Origin(Forwarded.CHANNEL, origin, "Lighthouse keepers")
        with sessions.begin() as session:
            return inquiries.record(
                session, person, ONLY_THEIRS, Outcome.NO_MATCH, (), "en", origin=came,
                rest=[self.LEFT],
            ).id  # fmt: skip

    @pytest.mark.parametrize("in_time", [True, False])
    def test_go_with_the_question_but_that_it_was_one_still_counts(
        self, sessions: Sessions, placed: Callable[[], None], in_time: bool
    ) -> None:
        number = self.forwards(sessions, ME, "f" * 64)
        placed()
        if in_time:
            long_ago(sessions, number)
            erasure.expire(sessions, HORIZON)
        else:
            with sessions.begin() as session:
                erasure.forget(session, ME)
        assert where(sessions, "f" * 64, "Lighthouse keepers", self.LEFT) == set()
        with sessions() as session:
            row = session.get_one(Inquiry, number)
            assert (row.origin_kind, row.remaining_claims) == (Forwarded.CHANNEL, None)
            assert session.scalars(select(Cluster.forward_count)).all() == [1]
            assert inquiries.load_rest(session, number, ME) is None

    def test_whose_message_others_forwarded_goes_with_that_person(self, sessions: Sessions) -> None:
        number = self.forwards(sessions, OTHER, ME)
        with sessions.begin() as session:
            held = json.loads(data_export.export(session, ME, SECRET).document)
            erasure.forget(session, ME)
        assert held["forwarded_from_you_by_anybody"] == 1
        assert where(sessions, ME) == set()
        with sessions() as session:
            assert session.get_one(Inquiry, number).claim == ONLY_THEIRS

    def test_are_among_what_is_held_of_a_person(self, sessions: Sessions) -> None:
        self.forwards(sessions, ME, "f" * 64)
        with sessions() as session:
            held = json.loads(data_export.export(session, ME, SECRET).document)
        (question,) = held["questions"]
        assert question["forwarded"] == {
            "from": "channel", "known_here_as": "f" * 64, "name": "Lighthouse keepers",
        }  # fmt: skip
        assert question["left_to_check"] == [self.LEFT]


class TestRetention:
    def test_old_questions_only_count_and_new_ones_stay(
        self, sessions: Sessions, placed: Callable[[], None]
    ) -> None:
        old = asked(sessions, ME, ONLY_THEIRS)
        asked(sessions, ME, SHARED)
        placed()
        long_ago(sessions, old)
        gone = erasure.expire(sessions, HORIZON)
        assert (gone.inquiries, gone.addresses, gone.people) == (1, 0, 0)
        assert where(sessions, ONLY_THEIRS) == set()
        with sessions() as session:
            counted, kept = session.scalars(select(Inquiry).order_by(Inquiry.id))
            assert (counted.claim, counted.waiting, counted.outcome) == (
                "",
                False,
                Outcome.NO_MATCH,
            )
            assert counted.person_key != ME
            assert (counted.judge_fingerprint, counted.assert_threshold) == ("a judge", 0.9)
            assert (kept.claim, kept.waiting, kept.person_key) == (SHARED, True, ME)
            assert people.address_of(session, ME, SECRET) == ADDRESS
        assert erasure.expire(sessions, HORIZON).inquiries == 0

    def test_an_address_goes_with_the_last_question(self, sessions: Sessions) -> None:
        long_ago(sessions, asked(sessions, ME, ONLY_THEIRS), asked(sessions, OTHER, SHARED))
        with sessions.begin() as session:
            people.choose_language(session, OTHER, "fr")
        gone = erasure.expire(sessions, HORIZON)
        assert (gone.inquiries, gone.addresses, gone.people) == (2, 2, 1)
        with sessions() as session:
            # What they chose is theirs to take back.
            (left,) = session.scalars(select(Person))
            assert (left.key, left.language, left.address) == (OTHER, "fr", None)

    def test_moderators_and_first_admins_stay_reachable(self, sessions: Sessions) -> None:
        with sessions.begin() as session:
            roles.grant(session, MODERATOR, Role.MODERATOR, "Layla", "command line")
            for key in (ME, OTHER, MODERATOR):
                people.remember_address(session, key, ADDRESS, SECRET)
        gone = erasure.expire(sessions, HORIZON, frozenset({ME}))
        assert (gone.addresses, gone.people) == (1, 1)
        with sessions() as session:
            assert set(session.scalars(select(Person.key))) == {ME, MODERATOR}

    def test_what_somebody_still_asks_keeps_its_words(self, sessions: Sessions) -> None:
        long_ago(sessions, asked(sessions, ME, SHARED))
        asked(sessions, OTHER, SHARED)
        erasure.expire(sessions, HORIZON)
        with sessions() as session:
            assert session.scalars(select(Claim.text)).all() == [SHARED]
            assert set(session.scalars(select(Inquiry.claim))) == {"", SHARED}

    def test_nobody_is_told_of_what_is_expired(self, sessions: Sessions) -> None:
        statement = published(sessions)
        long_ago(sessions, asked(sessions, ME, SHARED, (statement,)))
        with sessions.begin() as session:
            curation.retract(session, [statement], "an editor", "it was wrong")
        with sessions() as session:
            assert len(session.scalars(select(Notification)).all()) == 1
        erasure.expire(sessions, HORIZON)
        assert where(sessions, ME) == set()

    def test_many_are_forgotten_in_several_transactions(
        self, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(erasure, "_BATCH", 3)
        numbers = [asked(sessions, ME, f"{SHARED} {n}") for n in range(8)]
        long_ago(sessions, *numbers)
        assert erasure.expire(sessions, HORIZON).inquiries == 8
        assert where(sessions, ME, SHARED) == set()


class TestExport:
    def test_holds_everything_that_is_held(
        self, sessions: Sessions, placed: Callable[[], None]
    ) -> None:
        a_whole_life(sessions, placed)
        with sessions() as session:
            held = data_export.export(session, ME, SECRET)
        document = json.loads(held.document)
        assert held.questions == 2
        assert document["known_here_as"] == ME
        assert document["person"] == {
            "language": "fr",
            "calendar": "hijri",
            "told_unasked": True,
            "chat": ADDRESS,
            "unanswered_until": None,
        }
        first, second = document["questions"]
        assert (first["text"], second["text"]) == (ONLY_THEIRS, SHARED)
        assert first["shown"][0]["text"] == "the ferry runs every day"
        assert (first["feedback"], first["not_what_was_asked"]) == ("not_useful", True)
        assert first["answered_with"]["judge"] == "a judge"
        (message,) = document["messages"]
        assert (message["number"], message["content_kept_encrypted"]) == (8, True)
        (limit,) = document["limits"]
        assert limit == {
            "of": "person",
            "used_until": (LIMITED_AT + timedelta(minutes=1)).isoformat(),
        }
        (told,) = document["notifications"]
        assert (told["kind"], told["status"]) == ("retracted", "waiting")
        assert len(document["moderation"]["sign_in_links"]) == 1

    def test_holds_what_moderators_did_and_what_was_done_to_people(
        self, sessions: Sessions
    ) -> None:
        with sessions.begin() as session:
            roles.grant(session, MODERATOR, Role.MODERATOR, "Layla", "command line")
            people.block(session, ME, now() + timedelta(days=1), MODERATOR, "spam")
        with sessions() as session:
            theirs = json.loads(data_export.export(session, MODERATOR, SECRET).document)
            mine = json.loads(data_export.export(session, ME, SECRET).document)
        assert theirs["moderation"]["role"]["name"] == "Layla"
        assert [each["by_you"] for each in theirs["moderation"]["log"]] == [False, True]
        (act,) = mine["moderation"]["log"]
        assert (act["action"], act["reason"], act["by_you"]) == ("blocked", "spam", False)
        assert MODERATOR not in json.dumps(mine)
        assert mine["person"]["unanswered_until"] is not None

    def test_holds_nothing_of_others(self, sessions: Sessions) -> None:
        asked(sessions, OTHER, ONLY_THEIRS)
        with sessions() as session:
            held = data_export.export(session, ME, SECRET)
        assert held.questions == 0
        assert ONLY_THEIRS not in held.document.decode()
        assert json.loads(held.document)["person"] is None

    def test_an_address_under_another_secret_is_said_to_be_unreadable(
        self, sessions: Sessions
    ) -> None:
        asked(sessions, ME, ONLY_THEIRS)
        with sessions() as session:
            document = json.loads(data_export.export(session, ME, b"another").document)
        assert "SECRET_KEY" in document["person"]["chat"]
