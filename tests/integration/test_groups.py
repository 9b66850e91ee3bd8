"""Groups on a real database: what their admins chose, how often the bot speaks up, and when."""

import threading
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.conversation.conversation import Conversation
from bot.conversation.interface import GroupContext, MemberStatus
from bot.conversation.reply import Asker, Reply
from embeddings.encoders.encoder import Encoder
from knowledge import curation
from knowledge.accounts import group_settings, people
from knowledge.accounts.group_settings import GroupSettings
from knowledge.agreement.judgement import Evidence, Judgement, Reason, ReasonKind
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.corpus import reports
from knowledge.domain import Relation, ReportDraft, StatementDraft
from knowledge.index.serving_index import ServingIndex
from knowledge.models import Base, Group, Inquiry, Person
from knowledge.storage.database import Sessions

NOW = datetime(2030, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECRET = b"the key of these tests"
KEY = group_settings.group_key(SECRET, "telegram", -100)
OTHER = group_settings.group_key(SECRET, "telegram", -200)
ADMIN, MEMBER = Asker(1, "en", group=-100), Asker(2, "en", group=-100)
AS_ADMIN, AS_MEMBER = (
    GroupContext(-100, MemberStatus.ADMIN),
    GroupContext(-100, MemberStatus.MEMBER),
)


def watch(sessions: Sessions, key: str = KEY, per_hour: int | None = None) -> None:
    with sessions.begin() as session:
        group_settings.choose_watching(session, key, True)
        if per_hour is not None:
            group_settings.choose_per_hour(session, key, per_hour)


def speaks(sessions: Sessions, at: datetime, key: str = KEY) -> bool:
    with sessions.begin() as session:
        assert group_settings.may_speak(session, key, at) in (True, False)
        return group_settings.speak(session, key, at)


class TestChoices:
    def test_a_group_is_left_alone_until_its_admins_say_otherwise(self, sessions: Sessions) -> None:
        with sessions() as session:
            assert group_settings.load_settings(session, KEY) == GroupSettings(False, 3, None)
            assert group_settings.list_watched(session) == frozenset()
        assert not speaks(sessions, NOW)

    def test_each_choice_is_kept_beside_the_others(self, sessions: Sessions) -> None:
        watch(sessions, per_hour=6)
        with sessions.begin() as session:
            group_settings.choose_language(session, KEY, "fr")
        with sessions() as session:
            assert group_settings.load_settings(session, KEY) == GroupSettings(True, 6, "fr")
            assert group_settings.list_watched(session) == {KEY}
        with sessions.begin() as session:
            group_settings.choose_watching(session, KEY, False)
        with sessions() as session:
            assert group_settings.load_settings(session, KEY) == GroupSettings(False, 6, "fr")

    def test_they_follow_a_group_that_moves_once(self, sessions: Sessions) -> None:
        watch(sessions, per_hour=1)
        assert speaks(sessions, NOW)
        for _ in range(2):
            with sessions.begin() as session:
                group_settings.move(session, KEY, OTHER)
        with sessions() as session:
            assert group_settings.load_settings(session, OTHER) == GroupSettings(True, 1, None)
            assert group_settings.list_watched(session) == {OTHER}
        assert not speaks(sessions, NOW, OTHER)

    def test_what_was_chosen_under_the_new_number_stands(self, sessions: Sessions) -> None:
        watch(sessions, KEY, per_hour=1)
        watch(sessions, OTHER, per_hour=12)
        with sessions.begin() as session:
            group_settings.move(session, KEY, OTHER)
        with sessions() as session:
            assert group_settings.load_settings(session, OTHER).per_hour == 12
            assert session.scalars(select(Group.key)).all() == [OTHER]

    def test_a_group_that_is_left_is_forgotten(self, sessions: Sessions) -> None:
        watch(sessions)
        with sessions.begin() as session:
            group_settings.forget(session, KEY)
        with sessions() as session:
            assert session.scalars(select(Group)).all() == []

    def test_a_group_and_a_person_of_one_number_have_different_names(self) -> None:
        assert group_settings.group_key(SECRET, "telegram", 5) != people.person_key(
            SECRET, "telegram", 5
        )


class TestTheHour:
    def test_it_slides_and_is_strict(self, sessions: Sessions) -> None:
        watch(sessions)
        minutes = (0, 10, 59, 59, 60, 61, 70, 119)
        said = [minute for minute in minutes if speaks(sessions, NOW + timedelta(minutes=minute))]
        assert said == [0, 10, 59, 60, 70, 119]

    def test_what_was_said_before_counts_where_less_is_allowed_now(
        self, sessions: Sessions
    ) -> None:
        watch(sessions, per_hour=12)
        assert all(speaks(sessions, NOW) for _ in range(4))
        watch(sessions, per_hour=3)
        assert not speaks(sessions, NOW + timedelta(minutes=59))
        assert speaks(sessions, NOW + HOUR)
        with sessions() as session:
            (row,) = session.scalars(select(Group))
            assert len(row.spoken_at) == 1

    def test_two_who_speak_at_once_say_no_more_than_one_would(self, sessions: Sessions) -> None:
        watch(sessions, per_hour=3)
        start, said = threading.Barrier(4), list[bool]()

        def speak() -> None:
            start.wait()
            for _ in range(3):
                said.append(speaks(sessions, NOW))

        threads = [threading.Thread(target=speak) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (said.count(True), len(said)) == (3, 12)


#: What the judge below reads: how a statement stands to whoever repeats its first words.
STATEMENTS = (
    "the harbour bridge was closed for repairs on Monday morning",
    "the northern ferry carried 500 passengers on Sunday evening",
    "the river market sold out of bread on Friday at noon",
    "the old lighthouse was painted white by volunteers in April",
)
REFUTED = "The harbour bridge was opened for repairs on Monday morning"
SUPPORTED = "The northern ferry carried 500 passengers on Sunday evening"
UNSURE = "The river market sold plenty of bread on Friday at noon"
RELATED = "The old lighthouse was painted white by students in March"
UNKNOWN = "The central bank raised interest rates by two points yesterday"
SMALL_TALK = "good morning everybody"


class _Judge:
    """Refutes what is said of the bridge, less surely of the market; supports it of the ferry."""

    fingerprint = "of-the-harbour"

    def __init__(self) -> None:
        self.read: list[str] = []

    def judge(self, claim: str, evidence: Sequence[Evidence]) -> tuple[Judgement, ...]:
        self.read.append(claim)
        return tuple(self._one(claim, each.text) for each in evidence)

    def _one(self, claim: str, text: str) -> Judgement:
        reasons = (Reason(ReasonKind.NUMBER_DIFFERS, claim, text),)
        for word, relation, sure in (
            ("bridge", Relation.REFUTES, 0.97),
            ("market", Relation.REFUTES, 0.96),
            ("ferry", Relation.SUPPORTS, 0.99),
        ):
            if word in claim and word in text:
                return Judgement(relation, sure, reasons)
        return Judgement(Relation.NOT_ENOUGH_INFO, 0.9)


@pytest.fixture
def judge() -> _Judge:
    return _Judge()


@pytest.fixture
def talk(sessions: Sessions, fake_encoder: Encoder, judge: _Judge, tmp_path: Path) -> Conversation:
    with sessions.begin() as session:
        draft = ReportDraft(
            "The harbour",
            publisher="The Valley Post",
            url="https://example.org/harbour",
            statements=tuple(map(StatementDraft, STATEMENTS)),
        )
        curation.publish(session, reports.store(session, draft).statement_ids, "test")
    index = ServingIndex(sessions, fake_encoder, tmp_path / "index")
    checker = ClaimChecker(sessions, fake_encoder, index, judge)
    return Conversation(sessions, checker, SECRET, "telegram", lambda: date(2030, 5, 1))


def read(reply: Reply | None) -> str:
    assert reply is not None
    return "\n".join(block.text for block in reply.blocks)


def buttons(reply: Reply | None) -> dict[str, str | None]:
    assert reply is not None
    return {each.label: each.action for row in reply.buttons for each in row}


def count(sessions: Sessions, table: type[Base]) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


class TestLooking:
    """Only what a report clearly contradicts is worth an interruption."""

    @pytest.fixture(autouse=True)
    def _watched(self, talk: Conversation) -> None:
        talk.groups.watch(ADMIN, AS_ADMIN, "on")

    def test_what_is_contradicted_is_answered_with_the_source_and_no_other_button(
        self, talk: Conversation, sessions: Sessions
    ) -> None:
        reply = talk.groups.look(MEMBER, REFUTED)
        verdict, difference, quote, *_ = read(reply).splitlines()
        assert verdict == "❌ A verified report contradicts this"
        assert difference.startswith("Your message: “The harbour bridge was opened")
        assert quote.startswith("«the harbour bridge")
        assert "The Valley Post" in read(reply)
        assert buttons(reply) == {"Source": None}
        # They did not talk to the bot: nothing is kept of them or of what they said.
        assert (count(sessions, Inquiry), count(sessions, Person)) == (0, 0)

    @pytest.mark.parametrize("text", [SUPPORTED, UNSURE, RELATED, UNKNOWN, SMALL_TALK, "", "hm"])
    def test_all_else_is_left_alone(self, talk: Conversation, text: str) -> None:
        assert talk.groups.look(MEMBER, text) is None

    def test_the_same_claims_are_answered_to_who_asks(self, talk: Conversation) -> None:
        said = [read(talk.claim(MEMBER, claim)).splitlines()[0] for claim in (SUPPORTED, UNSURE)]
        assert said == [
            "✅ A verified report supports this",
            "❌ A verified report contradicts this",
        ]

    def test_of_several_claims_the_first_that_is_contradicted_is_named(
        self, talk: Conversation
    ) -> None:
        reply = talk.groups.look(MEMBER, f"{SUPPORTED}. {REFUTED}. {UNKNOWN}.")
        first, second, *_ = read(reply).splitlines()
        assert first.startswith("In your message: “The harbour bridge")
        assert second == "❌ A verified report contradicts this"

    def test_small_talk_and_a_full_hour_cost_no_model(
        self, talk: Conversation, judge: _Judge
    ) -> None:
        talk.groups.press(ADMIN, AS_ADMIN, "group:hour:1")
        assert talk.groups.look(MEMBER, REFUTED) is not None
        read_so_far = len(judge.read)
        assert talk.groups.look(MEMBER, SMALL_TALK) is None
        assert talk.groups.look(MEMBER, UNSURE) is None
        assert len(judge.read) == read_so_far

    def test_a_group_is_told_once_of_one_claim(self, talk: Conversation) -> None:
        assert talk.groups.look(MEMBER, REFUTED) is not None
        assert talk.groups.look(ADMIN, f"They say that {REFUTED.lower()}!") is None
        elsewhere = Asker(2, "en", group=-200)
        talk.groups.watch(elsewhere, GroupContext(-200, MemberStatus.ADMIN), "on")
        assert talk.groups.look(elsewhere, REFUTED) is not None

    def test_a_group_that_is_not_watched_any_more_hears_nothing(self, talk: Conversation) -> None:
        talk.groups.watch(ADMIN, AS_ADMIN, "off")
        assert talk.groups.look(MEMBER, REFUTED) is None

    def test_it_speaks_the_groups_language_else_each_persons(self, talk: Conversation) -> None:
        arabic = Asker(3, "ar", group=-100)
        assert read(talk.groups.look(arabic, REFUTED)).startswith("❌ تقرير موثّق")
        elsewhere, as_admin = Asker(3, "ar", group=-200), GroupContext(-200, MemberStatus.ADMIN)
        talk.groups.watch(elsewhere, as_admin, "on")
        talk.groups.press(elsewhere, as_admin, "group:lang:fr")
        assert read(talk.groups.look(elsewhere, REFUTED)).startswith("❌ Un rapport vérifié")
        talk.groups.press(ADMIN, AS_ADMIN, "group:lang:fr")
        assert read(talk.claim(MEMBER, UNKNOWN)).startswith("⚪ Nous n’avons")
        assert read(talk.claim(Asker(2, "en"), UNKNOWN)).startswith("⚪ We have")


class TestAdmins:
    def test_presses_change_what_is_shown(self, talk: Conversation) -> None:
        shown = talk.groups.settings(ADMIN, AS_ADMIN)
        assert "I do not watch this group" in read(shown)
        labels = buttons(shown)
        assert labels["👁 Watch"] == "group:watch:on"
        assert labels["✓ 3 an hour"] == "group:hour:3"
        assert labels["✓ Everybody's own"] == "group:lang:own"
        for action in ("group:watch:on", "group:hour:12", "group:lang:en"):
            shown = talk.groups.press(ADMIN, AS_ADMIN, action)
        assert "at most 12 times an hour" in read(shown)
        assert {"🔕 Do not watch", "✓ 12 an hour", "✓ English"} <= set(buttons(shown))
        assert talk.groups.is_watched(-100)
        shown = talk.groups.press(ADMIN, AS_ADMIN, "group:lang:own")
        assert "✓ Everybody's own" in buttons(shown)

    @pytest.mark.parametrize(
        "action", ["group:hour:100", "group:hour:", "group:lang:xx", "group:watch:maybe", "group:"]
    )
    def test_what_no_button_says_changes_nothing(
        self, talk: Conversation, sessions: Sessions, action: str
    ) -> None:
        assert "no longer works" in read(talk.groups.press(ADMIN, AS_ADMIN, action))
        assert count(sessions, Group) == 0

    def test_who_is_no_admin_is_told_once_and_changes_nothing(
        self, talk: Conversation, sessions: Sessions
    ) -> None:
        assert "Only admins" in read(talk.groups.watch(MEMBER, AS_MEMBER, "on"))
        assert talk.groups.settings(MEMBER, AS_MEMBER) is None
        assert talk.groups.watch(MEMBER, AS_MEMBER, "on") is None
        assert "Only admins" in read(talk.groups.press(MEMBER, AS_MEMBER, "group:watch:on"))
        unknown = GroupContext(-100, MemberStatus.UNKNOWN)
        assert "does not tell me" in read(talk.groups.watch(ADMIN, unknown, "on"))
        assert "does not tell me" in read(talk.groups.press(ADMIN, unknown, "group:watch:on"))
        assert count(sessions, Group) == 0

    def test_watch_says_how_it_stands_and_what_keeps_it_from_working(
        self, talk: Conversation
    ) -> None:
        assert "/watch on and /watch off" in read(talk.groups.watch(ADMIN, AS_ADMIN, ""))
        assert not talk.groups.is_watched(-100)
        blind = GroupContext(-100, MemberStatus.ADMIN, readable=False)
        assert "does not let me read" in read(talk.groups.watch(ADMIN, blind, "ON"))
        assert talk.groups.is_watched(-100)

    def test_another_process_sees_it_at_its_next_look(
        self, talk: Conversation, sessions: Sessions
    ) -> None:
        watch(sessions)
        assert not talk.groups.is_watched(-100)
        talk.groups.refresh()
        assert talk.groups.is_watched(-100)
        talk.groups.moved(-100, -200)
        assert (talk.groups.is_watched(-100), talk.groups.is_watched(-200)) == (False, True)
        talk.groups.left(-200)
        assert not talk.groups.is_watched(-200)

    def test_alone_the_languages_are_offered(self, talk: Conversation) -> None:
        reply = talk.command(Asker(1, "en", "1"), "settings", "")
        assert "This is for groups" in read(reply)
        assert buttons(reply)["✓ English"] == "lang:en"


class TestOthers:
    def test_a_channel_is_answered_without_buttons_that_would_be_nobodys(
        self, talk: Conversation, sessions: Sessions
    ) -> None:
        channel = Asker(-400, "en", group=-400)
        assert buttons(talk.claim(channel, REFUTED)) == {"Source": None}
        assert buttons(talk.claim(channel, UNKNOWN)) == {}
        assert count(sessions, Inquiry) == 2
        assert count(sessions, Person) == 0

    def test_who_blocked_the_bot_waits_for_nothing(
        self, talk: Conversation, sessions: Sessions
    ) -> None:
        asker = Asker(5, "en", "5")
        talk.claim(asker, UNKNOWN)
        key = people.person_key(SECRET, "telegram", 5)
        with sessions() as session:
            assert people.address_of(session, key, SECRET) == "5"
        talk.mark_unreachable(asker)
        with sessions() as session:
            assert people.address_of(session, key, SECRET) is None
            assert session.scalars(select(Inquiry.waiting)).all() == [False]
            assert not people.load_person(session, key).wishes.muted
        # Who comes back and asks is told again, with nothing to undo.
        talk.claim(asker, UNKNOWN)
        with sessions() as session:
            assert people.address_of(session, key, SECRET) == "5"

    def test_a_stranger_who_blocks_the_bot_leaves_no_trace(
        self, talk: Conversation, sessions: Sessions
    ) -> None:
        talk.mark_unreachable(Asker(6, "en", "6"))
        assert count(sessions, Person) == 0
