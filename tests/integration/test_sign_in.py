"""Links into the console and the sessions they open."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from knowledge.accounts import sign_in
from knowledge.accounts.people import choose_language
from knowledge.accounts.sign_in import LINK_LIFE, SESSION_LIFE, OpenSession, SignedIn
from knowledge.errors import LinkRefused
from knowledge.models import ConsoleSession, SignInLink
from knowledge.storage.database import Sessions

NOW = datetime(2026, 2, 7, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def link(sessions: Sessions, key: str = "salma") -> str:
    with sessions.begin() as session:
        return sign_in.issue_link(session, key, NOW)


def followed(
    sessions: Sessions, token: str, now: datetime = NOW, already: str | None = None
) -> SignedIn:
    with sessions.begin() as session:
        return sign_in.use_link(session, token, now, already=already)


def opened(sessions: Sessions, cookie: str, now: datetime = NOW) -> OpenSession | None:
    with sessions() as session:
        return sign_in.session_of(session, cookie, now)


class TestLinks:
    def test_a_link_signs_in_the_person_it_was_given_to(self, sessions: Sessions) -> None:
        entered = followed(sessions, link(sessions))
        found = opened(sessions, entered.cookie)
        assert found is not None
        assert found.person_key == entered.person_key == "salma"
        assert found.form_token == entered.form_token

    def test_it_works_once(self, sessions: Sessions) -> None:
        token = link(sessions)
        followed(sessions, token)
        with pytest.raises(LinkRefused, match="/console"):
            followed(sessions, token)

    def test_it_works_for_minutes(self, sessions: Sessions) -> None:
        token = link(sessions)
        with pytest.raises(LinkRefused):
            followed(sessions, token, NOW + LINK_LIFE)
        followed(sessions, token, NOW + LINK_LIFE - SECOND)

    def test_a_new_one_ends_the_one_before(self, sessions: Sessions) -> None:
        first, second = link(sessions), link(sessions)
        with pytest.raises(LinkRefused):
            followed(sessions, first)
        followed(sessions, second)

    @pytest.mark.parametrize("token", ["", "x", "é\ud800", "a" * 10_000_000])
    def test_a_forged_one_signs_nobody_in(self, sessions: Sessions, token: str) -> None:
        link(sessions)
        with pytest.raises(LinkRefused):
            followed(sessions, token)

    def test_another_persons_is_refused_and_stays_theirs(self, sessions: Sessions) -> None:
        token = link(sessions)
        with pytest.raises(LinkRefused):
            followed(sessions, token, already="omar")
        assert followed(sessions, token, already="salma").person_key == "salma"

    def test_neither_links_nor_cookies_are_kept(self, sessions: Sessions) -> None:
        token = link(sessions)
        entered = followed(sessions, token)
        with sessions() as session:
            kept = [
                *session.scalars(select(SignInLink.token_hash)),
                *session.scalars(select(ConsoleSession.token_hash)),
            ]
        assert len(kept) == 2
        assert not {token, entered.cookie} & set(kept)
        assert entered.cookie not in repr(entered)
        assert entered.form_token not in repr(entered)


class TestSessions:
    def test_one_ends_after_its_time(self, sessions: Sessions) -> None:
        cookie = followed(sessions, link(sessions)).cookie
        assert opened(sessions, cookie, NOW + SESSION_LIFE - SECOND)
        assert opened(sessions, cookie, NOW + SESSION_LIFE) is None

    @pytest.mark.parametrize("cookie", ["", "forged", "\x00", "a" * 1_000_000])
    def test_a_forged_cookie_opens_nothing(self, sessions: Sessions, cookie: str) -> None:
        followed(sessions, link(sessions))
        assert opened(sessions, cookie) is None

    def test_one_may_be_ended_and_the_others_stay(self, sessions: Sessions) -> None:
        first, second = (followed(sessions, link(sessions)).cookie for _ in range(2))
        with sessions.begin() as session:
            found = sign_in.session_of(session, first, NOW)
            assert found is not None
            sign_in.revoke(session, found.id, NOW)
        assert opened(sessions, first) is None
        assert opened(sessions, second)

    def test_all_of_a_person_end_with_the_links_they_did_not_follow(
        self, sessions: Sessions
    ) -> None:
        hers = [followed(sessions, link(sessions)).cookie for _ in range(2)]
        his = followed(sessions, link(sessions, "omar")).cookie
        waiting = link(sessions)
        with sessions.begin() as session:
            assert len(sign_in.sessions_of(session, "salma", NOW)) == 2
            assert sign_in.revoke_all(session, "salma", NOW) == 2
            assert sign_in.sessions_of(session, "salma", NOW) == []
        assert [opened(sessions, cookie) for cookie in hers] == [None, None]
        assert opened(sessions, his)
        with pytest.raises(LinkRefused):
            followed(sessions, waiting)

    def test_pages_speak_the_persons_language_until_another_is_chosen(
        self, sessions: Sessions
    ) -> None:
        with sessions.begin() as session:
            choose_language(session, "salma", "en")
        cookie = followed(sessions, link(sessions)).cookie
        found = opened(sessions, cookie)
        assert found is not None
        assert found.language == "en"
        with sessions.begin() as session:
            sign_in.speak(session, found.id, "ar")
        found = opened(sessions, cookie)
        assert found is not None
        assert found.language == "ar"
