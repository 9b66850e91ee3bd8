"""Moderators' own words with an answer: bounded, in the asker's language, edited quietly."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.conversation.answer_texts import compose_answer
from bot.conversation.notification_texts import compose_notification
from bot.conversation.translations import Language, load_catalogue
from embeddings.encoders.encoder import Encoder
from knowledge import approvals, curation
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.approvals import Applied, Explain, Policy, Waiting
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.claim_queue import verdicts
from knowledge.claim_queue.explanations import Note
from knowledge.curation.explanation_edits import explain, load_explained
from knowledge.domain import NotificationKind, Relation, SubjectKind, now
from knowledge.errors import BadEdit, CannotUndo, NoteTooLong, Stale
from knowledge.index.serving_index import ServingIndex
from knowledge.models import Notification, Verdict
from knowledge.outbox import pending_notifications
from knowledge.storage import audit_log
from knowledge.storage.database import Sessions
from tests.integration.console import Console, console_on, field_of
from tests.integration.moderation import asks, clustered, last_entry, stored
from tests.integration.newsroom import furnish

CLAIM = "the dam broke"
NOTE = Note(ar="الصورة من عام 2019. السد سليم.", en="The picture is from 2019. The dam is whole.")
LATER = now() + timedelta(hours=1)


@pytest.fixture
def statement(sessions: Sessions) -> int:
    """Return a statement that answers a claim of two people, with a note, and is told."""
    (number,) = stored(sessions, "the dam stands")
    cluster, _ = clustered(sessions, CLAIM)
    asks(sessions, "one", CLAIM, waiting=True)
    asks(sessions, "two", CLAIM, waiting=True)
    with sessions.begin() as session:
        answer = pending_notifications.answer_cluster
        answer(session, cluster, number, Relation.REFUTES, "amal", note=NOTE)
    return number


def test_a_note_is_short_and_on_one_line() -> None:
    assert Note(en="One. Two. Three.").plain() == {"en": "One. Two. Three."}
    assert not Note()
    for text in ("One. Two. Three. Four.", "جملة أولى. ثانية! ثالثة؟ رابعة.", "x" * 401):
        with pytest.raises(NoteTooLong):
            Note(ar=text)
    with pytest.raises(BadEdit):
        Note(fr="one\n📰 Reuters")


def test_those_who_are_told_read_it_in_their_language(sessions: Sessions, statement: int) -> None:
    with sessions() as session:
        due = pending_notifications.list_due(session, LATER)
    assert [each.note for each in due] == [NOTE, NOTE]
    today = now().date()
    english = compose_notification(due[0], today, load_catalogue(Language.ENGLISH)).blocks
    texts = [block.text for block in english]
    said = "🗒 Moderator’s note: The picture is from 2019. The dam is whole."
    # Under the quote and where it is from, and no quote itself.
    assert texts.index("«the dam stands»") < texts.index(said)
    assert next(b for b in english if b.text == said).style.value == "plain"
    arabic = compose_notification(due[0], today, load_catalogue(Language.ARABIC)).blocks
    assert "🗒 توضيح من المشرفين: الصورة من عام 2019. السد سليم." in [b.text for b in arabic]
    french = compose_notification(due[0], today, load_catalogue(Language.FRENCH)).blocks
    assert not any("🗒" in block.text for block in french)


def test_whoever_asks_next_reads_it_while_the_verdict_answers_them(
    sessions: Sessions, statement: int, fake_encoder: Encoder, tmp_path: Path
) -> None:
    index = ServingIndex(sessions, fake_encoder, tmp_path / "index")
    checker = ClaimChecker(sessions, fake_encoder, index, RuleJudge())

    def read() -> str:
        answer = checker.answer(CLAIM)
        reply = compose_answer(answer, None, now().date(), load_catalogue(Language.ENGLISH))
        return "\n".join(block.text for block in reply.blocks)

    assert "🗒 Moderator’s note: The picture is from 2019." in read()
    with sessions.begin() as session:
        explain(session, 1, statement, Note(en="It is whole."), NOTE, "amal")
    assert "🗒 Moderator’s note: It is whole." in read()
    with sessions.begin() as session:
        verdicts.detach(session, [1], statement, "amal")
    assert "🗒" not in read()


def test_another_relation_leaves_the_note_behind_and_the_same_one_keeps_it(
    sessions: Sessions, statement: int
) -> None:
    def note() -> Note:
        with sessions() as session:
            return verdicts.load_said(session, CLAIM)[statement].note

    with sessions.begin() as session:
        verdicts.attach(session, [1], statement, Relation.REFUTES, "basil")
    assert note() == NOTE
    with sessions.begin() as session:
        verdicts.attach(session, [1], statement, Relation.SUPPORTS, "basil")
    assert note() == Note()
    with sessions.begin() as session:
        curation.undo(session, last_entry(sessions).id, "basil", None)
    assert note() == NOTE


def test_an_edit_is_silent_unless_people_are_told(sessions: Sessions, statement: int) -> None:
    with sessions.begin() as session:
        for each in pending_notifications.list_due(session, LATER):
            pending_notifications.mark_sent(session, each.id)
        since = session.scalars(select(Verdict.decided_at)).one()
        other = Note(ar=NOTE.ar, en="The dam is whole.")
        assert explain(session, 1, statement, other, NOTE, "amal") == 0
        assert pending_notifications.list_due(session, LATER) == []
        # Since when it answers the claim is as before.
        assert session.scalars(select(Verdict.decided_at)).one() == since
        entry = audit_log.load_latest(session, SubjectKind.CLUSTER, 1)
        assert entry is not None
        assert (entry.action, (entry.after or {})["told"]) == ("explained", False)
    with sessions.begin() as session:
        # Nobody who has the answer reads French.
        french = Note(ar=NOTE.ar, en="The dam is whole.", fr="Le barrage tient.")
        assert explain(session, 1, statement, french, other, "amal", tell=True) == 0
    for round_, text in enumerate(("Nobody was hurt.", "Nobody was hurt there.")):
        with sessions.begin() as session:
            was = load_explained(session, 1, statement).note
            new = Note(ar=text, en=text)
            assert explain(session, 1, statement, new, was, "amal", tell=True) == 2, round_
            due = pending_notifications.list_due(session, LATER)
            assert [each.kind for each in due] == [NotificationKind.EXPLAINED] * 2
            assert due[0].note == new
            said = compose_notification(
                due[0], now().date(), load_catalogue(Language.ENGLISH)
            ).blocks
            assert said[0].text.startswith("✏️ Our moderators changed their note")
            for each in due:
                pending_notifications.mark_sent(session, each.id)
    with pytest.raises(Stale), sessions.begin() as session:
        explain(session, 1, statement, NOTE, NOTE, "basil")


def test_nobody_hears_of_a_note_whose_answer_was_taken_back(
    sessions: Sessions, statement: int
) -> None:
    with sessions.begin() as session:
        for each in pending_notifications.list_due(session, LATER):
            pending_notifications.mark_sent(session, each.id)
        explain(session, 1, statement, Note(), NOTE, "amal", tell=True)
        verdicts.detach(session, [1], statement, "amal")
        waiting = select(Notification.kind).where(Notification.sent_at.is_(None))
        assert set(session.scalars(waiting)) == {NotificationKind.TAKEN_BACK}


def test_a_verdict_whose_note_was_changed_since_is_not_taken_back_over_it(
    sessions: Sessions, statement: int
) -> None:
    with sessions() as session:
        attached = next(
            each for each in audit_log.list_entries(session).items if each.action == "attached"
        )
    with sessions.begin() as session:
        explain(session, 1, statement, Note(), NOTE, "amal")
    with pytest.raises(CannotUndo), sessions.begin() as session:
        curation.undo(session, attached.id, "amal", None)


def test_it_waits_for_a_second_person_where_two_are_asked_for(sessions: Sessions) -> None:
    (number,) = stored(sessions, "the dam stands")
    cluster, _ = clustered(sessions, CLAIM)
    admins = frozenset({"amal", "basil"})
    with sessions.begin() as session:
        pending_notifications.answer_cluster(
            session, cluster, number, Relation.REFUTES, "amal", note=NOTE
        )
        act = Explain(cluster, number, Note(en="Whole."), NOTE)
        waits = approvals.submit(session, act, "amal", None, Policy(True, admins))
        assert isinstance(waits, Waiting)
        assert load_explained(session, cluster, number).note == NOTE
    with sessions.begin() as session:
        done = approvals.approve(session, waits.proposal_id, "basil", Policy(True, admins))
        assert isinstance(done, Applied)
        assert load_explained(session, cluster, number).note == Note(en="Whole.")


class TestConsole:
    @pytest.fixture
    def console(self, sessions: Sessions, fake_encoder: Encoder, tmp_path: Path) -> Console:
        furnish(sessions)
        console = console_on(sessions, fake_encoder, tmp_path)
        console.clock.now = datetime.now(UTC)
        return console

    def test_a_note_is_looked_at_before_it_is_told_and_kept_with_the_answer(
        self, console: Console
    ) -> None:
        moderator, hostile = console.signed_in(2), "<b>x</b>\u202e & more"
        answer = {"statement": "2", "relation": "REFUTES"}
        page = moderator.send("/clusters/1/answer/preview", **answer, note_en=hostile).text
        assert "🗒 Moderator’s note: &lt;b&gt;x&lt;/b&gt; &amp; more" in page
        assert "<b>x" not in page
        fields = {name: value(page, name) for name in ("seen", "shown", "previewed")}
        # Other words than those that were looked at are shown first.
        other = moderator.send("/clusters/1/answer", **answer, **fields, note_en="Changed.")
        assert other.status_code == 200
        assert "Something changed since you looked." in other.text
        long = moderator.send("/clusters/1/answer", **answer, **fields, note_en="One. " * 4)
        assert "A note has three sentences and 400 characters at most" in long.text
        assert "One. One. One. One." in long.text
        done = moderator.send("/clusters/1/answer", **answer, **fields, note_en=hostile)
        assert done.status_code == 303
        with console.sessions() as session:
            kept = {row["en"] for row in session.scalars(select(Verdict.explanation)) if row}
            assert kept == {"<b>x</b> & more"}
        assert 'href="/clusters/1/note?statement=2"' in moderator.get("/clusters/1").text

    def test_an_edit_shows_what_changes_and_tells_nobody_by_default(self, console: Console) -> None:
        moderator = console.signed_in(2)
        moderator.send("/clusters/1/answer", statement="2", relation="REFUTES", seen="9999")
        with console.sessions.begin() as session:
            for each in pending_notifications.list_due(session, LATER):
                pending_notifications.mark_sent(session, each.id)
        assert "note_ar" in moderator.get("/clusters/1/note?statement=2").text
        note = {"statement": "2", "note_ar": "الجسر مفتوح."}
        page = moderator.send("/clusters/1/note", **note).text
        assert "5 people were given this answer in a language that changes." in page
        assert '<button name="tell" value="no" class="primary">' in page
        assert "🗒 توضيح من المشرفين: الجسر مفتوح." in page
        kept = moderator.told(moderator.send("/clusters/1/note", **note, tell="no"))
        assert "The change is saved." in kept
        changed = {**note, "note_ar": "الجسر مفتوح دائمًا.", "tell": "yes"}
        assert moderator.send("/clusters/1/note", **changed).status_code == 303
        with console.sessions() as session:
            kinds = session.scalars(
                select(Notification.kind).where(Notification.kind == NotificationKind.EXPLAINED)
            )
            assert len(kinds.all()) == 5
        stale = {**note, "looked_at": "yes", "was_ar": "الجسر مفتوح.", "tell": "no"}
        assert moderator.send("/clusters/1/note", **stale).status_code == 409
        assert moderator.get("/clusters/1/note?statement=1").status_code == 400

    def test_a_note_in_the_wrong_languages_box_is_flagged_and_taken(self, console: Console) -> None:
        moderator = console.signed_in(2)
        asked = {"statement": "2", "relation": "REFUTES"}
        page = moderator.send(
            "/clusters/1/answer/preview", **asked, note_ar="The bridge is open.", note_en="It is."
        ).text
        assert page.count("This reads as ") == 1
        assert "This reads as English, but those get it who read Arabic." in page
        assert "The bridge is open." in page


def value(page: str, name: str) -> str:
    return page.split(f'name="{name}" value="', 1)[1].split('"', 1)[0]


def test_an_answer_that_was_taken_back_is_given_again_with_its_note(
    sessions: Sessions, fake_encoder: Encoder, tmp_path: Path
) -> None:
    furnish(sessions)
    console = console_on(sessions, fake_encoder, tmp_path)
    console.clock.now = now()
    moderator = console.signed_in(2)
    answer = {"statement": 2, "relation": "REFUTES", "note_en": "A typpo."}
    page = moderator.send("/clusters/1/answer/preview", **answer).text
    looked_at = {name: field_of(page, name) for name in ("seen", "shown", "previewed")}
    page = moderator.told(moderator.send("/clusters/1/answer", **answer, **looked_at))
    moderator.told(moderator.send("/clusters/1/undo", entry=field_of(page, "entry")))
    again = moderator.get("/clusters/1/answer?statement=2&relation=REFUTES").text
    note, see = again.split('id="see"')
    assert "A typpo." in note
    assert "A typpo." in see
    # What is said of another relation was another note.
    assert "typpo" not in moderator.get("/clusters/1/answer?statement=2&relation=SUPPORTS").text


def test_what_is_answered_without_a_note_says_none(sessions: Sessions) -> None:
    (number,) = stored(sessions, "the dam stands")
    cluster, _ = clustered(sessions, CLAIM)
    asks(sessions, "one", CLAIM, waiting=True)
    with sessions.begin() as session:
        pending_notifications.answer_cluster(session, cluster, number, Relation.REFUTES, "amal")
        (told,) = pending_notifications.list_due(session, LATER)
    said = compose_notification(told, now().date(), load_catalogue(Language.ENGLISH)).blocks
    assert not any("🗒" in block.text for block in said)
