"""What is remembered of people and their claims: enough to answer, not enough to know them."""

import pytest

from knowledge.accounts import people
from knowledge.claim_queue import inquiries
from knowledge.domain import Outcome
from knowledge.models import Inquiry, Person
from knowledge.storage.database import Sessions

_SECRET = b"a secret of this installation"


@pytest.mark.parametrize("outcome", list(Outcome))
def test_an_inquiry_is_recalled_as_it_was_answered(sessions: Sessions, outcome: Outcome) -> None:
    with sessions.begin() as session:
        number = inquiries.record(session, "someone", "هل انهار السد؟", outcome, [7, 3, 5], "ar").id
    with sessions() as session:
        assert inquiries.load(session, number, "someone") == inquiries.Asked(
            number, "هل انهار السد؟", outcome, () if outcome is Outcome.NO_MATCH else (7, 3, 5)
        )


def test_another_person_cannot_see_or_dispute_an_inquiry(sessions: Sessions) -> None:
    with sessions.begin() as session:
        number = inquiries.record(session, "someone", "claim", Outcome.RELATED, [1], "ar").id
    with sessions.begin() as session:
        assert inquiries.load(session, number, "somebody else") is None
        assert not inquiries.dispute(session, number, "somebody else")
    with sessions() as session:
        assert not session.get_one(Inquiry, number).disputed


def test_who_asked_may_dispute_the_answer_more_than_once(sessions: Sessions) -> None:
    with sessions.begin() as session:
        number = inquiries.record(session, "someone", "claim", Outcome.SUPPORTED, [1], "ar").id
    for _ in range(2):
        with sessions.begin() as session:
            assert inquiries.dispute(session, number, "someone")
    with sessions() as session:
        assert session.get_one(Inquiry, number).disputed


def test_an_inquiry_that_was_never_made_does_not_exist(sessions: Sessions) -> None:
    with sessions.begin() as session:
        assert inquiries.load(session, 404, "someone") is None
        assert not inquiries.dispute(session, 404, "someone")


def test_every_asking_counts(sessions: Sessions) -> None:
    with sessions.begin() as session:
        numbers = [
            inquiries.record(session, "someone", "claim", Outcome.NO_MATCH, [], "ar").id
            for _ in range(3)
        ]
    assert len(set(numbers)) == 3


def test_a_person_is_known_by_a_key_that_tells_nothing() -> None:
    key = people.person_key(_SECRET, "telegram", 123456789)
    assert key == people.person_key(_SECRET, "telegram", 123456789)
    assert len(key) == 64
    assert "123456789" not in key


def test_keys_differ_by_person_channel_and_installation() -> None:
    keys = {
        people.person_key(secret, channel, number)
        for secret in (_SECRET, b"another")
        for channel in ("telegram", "terminal")
        for number in (1, 2)
    }
    assert len(keys) == 8


def test_the_language_a_person_chose_last_is_remembered(sessions: Sessions) -> None:
    with sessions() as session:
        assert people.load_person(session, "someone").wishes.language is None
    for language in ("ar", "fr"):
        with sessions.begin() as session:
            people.choose_language(session, "someone", language)
    with sessions.begin() as session:
        people.choose_language(session, "somebody else", "en")
    with sessions() as session:
        assert people.load_person(session, "someone").wishes.language == "fr"
        assert people.load_person(session, "somebody else").wishes.language == "en"


def test_nothing_else_is_remembered_of_a_person() -> None:
    assert set(Person.__table__.columns.keys()) == {
        "key",
        "language",
        "address",
        "blocked_until",
        "calendar",
        "muted",
    }
