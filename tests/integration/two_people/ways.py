"""Ways in for moderators, and what tests do and ask under the rule of two people."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from sqlalchemy import select

from bot.conversation.conversation import Conversation
from bot.conversation.moderator_texts import action
from bot.conversation.reply import Asker, Reply
from knowledge import approvals, curation
from knowledge.approvals import Act, Applied, Waiting
from knowledge.curation import StatementEdit
from knowledge.domain import ProposalState, Rating, SubjectKind
from knowledge.errors import (
    KnowledgeError,
)
from knowledge.models import AuditEntry, Proposal
from knowledge.storage import audit_log
from knowledge.storage.database import Sessions
from tests.integration.console import Console, key_of
from tests.integration.two_people.cases import (
    AMAL,
    BASIL,
    CHECKED,
    LOOSE,
    STRICT,
    Case,
    World,
    said,
)

TODAY = date(2030, 5, 1)
RATING = approvals.EditStatement(
    1, StatementEdit(CHECKED, rating=Rating.TRUE, rating_text="True"), 1
)


class Channel(Protocol):
    """A way in: a moderator does a case in it, and decides what another proposed."""

    def does(self, moderator: int, case: Case, world: World) -> None: ...

    def approves(self, moderator: int, number: int) -> str:
        """Try to approve a proposal; returns what is read."""


@dataclass
class Service:
    sessions: Sessions
    two_people: bool

    def does(self, moderator: int, case: Case, world: World) -> None:
        policy = STRICT if self.two_people else LOOSE
        with self.sessions.begin() as session:
            approvals.submit(session, case.act(world), key_of(moderator), "because", policy)

    def approves(self, moderator: int, number: int) -> str:
        try:
            with self.sessions.begin() as session:
                approvals.approve(session, number, key_of(moderator), STRICT)
        except KnowledgeError as error:
            return str(error)
        return said("It was approved and done.")


@dataclass
class InConsole:
    console: Console

    def does(self, moderator: int, case: Case, world: World) -> None:
        path, fields = case.console(world)
        browser = self.console.signed_in(moderator)
        answer = browser.send(path, **fields)
        assert answer.status_code == 303, answer.text

    def approves(self, moderator: int, number: int) -> str:
        browser = self.console.signed_in(moderator)
        assert browser.get(f"/proposals/{number}").status_code == 200
        answer = browser.send(f"/proposals/{number}/approve")
        return browser.told(answer) if answer.status_code == 303 else answer.text


@dataclass
class InTelegram:
    talk: Conversation
    service: Service

    def does(self, moderator: int, case: Case, world: World) -> None:
        if case.telegram is None:
            self.service.does(moderator, case, world)
            return
        pressed = f"{case.telegram(world)}:{shown(self.service.sessions)}"
        asker = Asker(moderator, "en", str(moderator))
        reply = self.talk.press(asker, pressed)
        reply = sent(self.talk, asker, reply)
        waits = "waits for a second person" in read(reply)
        assert waits == self.service.two_people

    def approves(self, moderator: int, number: int) -> str:
        asker = Asker(moderator, "en", str(moderator))
        shown = self.talk.command(asker, "pending", "")
        labels = [each.label for row in shown.buttons for each in row]
        assert ("✔ Approve" in labels) == (moderator != AMAL)
        return read(self.talk.press(asker, action("approve", number)))


def sent(talk: Conversation, asker: Asker, reply: Reply) -> Reply:
    """Press the button that sends an answer, where a reply asks once more."""
    buttons = (each for row in reply.buttons for each in row)
    sending = next((each.action for each in buttons if each.label.startswith("📤")), None)
    return talk.press(asker, sending) if sending is not None else reply


def shown(sessions: Sessions) -> int:
    """Return what a button carries that is shown now."""
    with sessions() as session:
        return audit_log.load_latest_id(session)


def read(reply: Reply) -> str:
    return "\n".join(block.text for block in reply.blocks)


Opened = Callable[[str, bool], Channel]


def pending(sessions: Sessions) -> list[int]:
    with sessions() as session:
        waiting = select(Proposal.id).where(Proposal.state == ProposalState.PENDING)
        return list(session.scalars(waiting.order_by(Proposal.id)))


def submit(sessions: Sessions, act: Act, by: int = AMAL, reason: str = "why") -> Applied | Waiting:
    with sessions.begin() as session:
        return approvals.submit(session, act, key_of(by), reason, STRICT)


def propose(sessions: Sessions, act: Act, by: int = AMAL) -> int:
    outcome = submit(sessions, act, by)
    assert isinstance(outcome, Waiting)
    return outcome.proposal_id


def approve(sessions: Sessions, number: int, by: int = BASIL) -> Applied:
    with sessions.begin() as session:
        return approvals.approve(session, number, key_of(by), STRICT)


def state(sessions: Sessions, number: int) -> ProposalState:
    with sessions() as session:
        return session.get_one(Proposal, number).state


def published_by(sessions: Sessions, statement_id: int) -> int:
    with sessions() as session:
        return session.scalars(
            select(AuditEntry.id).where(
                AuditEntry.subject == SubjectKind.STATEMENT,
                AuditEntry.subject_id == str(statement_id),
                AuditEntry.action == "published",
            )
        ).one()


def report_of(sessions: Sessions, statement_id: int) -> int:
    with sessions() as session:
        return curation.load_statement(session, statement_id).report_id
