"""Moderators under the rule of two people: a newsroom, and all that changes answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from bot.conversation.moderator_texts import action
from bot.conversation.translations import Language, load_catalogue
from knowledge import approvals, curation
from knowledge.accounts import roles
from knowledge.approvals import Act, Policy
from knowledge.claim_queue import demand, inquiries, verdicts
from knowledge.claim_queue.explanations import Note
from knowledge.claims import ClaimText
from knowledge.corpus import reports, sources
from knowledge.curation import ReportEdit, StatementEdit
from knowledge.domain import (
    ClusterStatus,
    FeedKind,
    Outcome,
    Rating,
    Relation,
    ReportDraft,
    ReportKind,
    Role,
    Span,
    StatementDraft,
    StatementStatus,
    SubjectKind,
)
from knowledge.models import (
    AuditEntry,
    Claim,
    Cluster,
    Feed,
    Notification,
    Source,
    Statement,
    Verdict,
)
from knowledge.storage.database import Sessions
from tests.integration.console import key_of
from tests.integration.snapshots import filled_once

#: Two who hold a role, and one more.
AMAL, BASIL, CARLA = 2, 4, 5
STRICT = Policy(True, frozenset())
LOOSE = Policy(False, frozenset())

CHECKED = "the clock tower stands 80 metres high"
WHOLE = "the old bridge was closed on Monday and nobody was hurt there"
SAME = "the new bridge opens in spring"
WITHDRAWN = "the library moves to the harbour"
ASKED = ("the tower is 80 metres high", "is the tower 80 metres high")
ANSWERED = ("the bridge opens in spring", "does the bridge open in spring")
PUBLISHER = "Trusted Times"


@dataclass
class World:
    """What the newsroom holds, by number."""

    checked: int = 0
    checked_report: int = 0
    whole: int = 0
    same: tuple[int, int] = (0, 0)
    withdrawn: int = 0
    retraction: int = 0
    edit: int = 0
    report_edit: int = 0
    verdict: int = 0
    merge: int = 0
    open: int = 0
    answered: int = 0
    answered_claims: tuple[int, ...] = ()
    source: int = 0
    trusted: int = 0
    paused: int = 0


def hire(sessions: Sessions) -> None:
    """Give everybody their role."""
    with sessions.begin() as session:
        for number, name in ((AMAL, "Amal"), (BASIL, "Basil"), (CARLA, "Carla")):
            roles.grant(session, key_of(number), Role.ADMIN, name, "command line")


@filled_once
def furnish(sessions: Sessions) -> World:
    """Fill a database with what two people may disagree on."""
    world = World()
    hire(sessions)
    with sessions.begin() as session:
        checked = reports.store(
            session,
            ReportDraft(
                "Is the tower that high?",
                "The Checkers",
                kind=ReportKind.FACT_CHECK,
                language="en",
                statements=(
                    StatementDraft(CHECKED, rating=Rating.FALSE, rating_text="False", ref="tower"),
                ),
            ),
        )
        world.checked_report, (world.checked,) = checked.report_id, checked.statement_ids
        (world.whole,) = _stored(session, "whole", WHOLE)
        one, two = _stored(session, "same", SAME, f"{SAME}!")
        world.same = one, two
        third, fourth = _stored(session, "merged", "rain is expected", "rain is expected!")
        (world.withdrawn,) = _stored(session, "withdrawn", WITHDRAWN)
        ids = [world.checked, world.whole, one, two, third, fourth, world.withdrawn]
        curation.publish(session, ids, "command line")
        curation.retract(session, [world.withdrawn], key_of(AMAL), "wrong")
        world.retraction = _last(session, SubjectKind.STATEMENT, world.withdrawn)
        curation.merge(session, third, [fourth], "command line", None)
        world.merge = _last(session, SubjectKind.STATEMENT, fourth)
        held = curation.load_statement(session, third)
        edit = StatementEdit("rain is expected on Monday", as_of=None)
        curation.edit_statement(session, third, edit, "command line", None, held.version)
        world.edit = _last(session, SubjectKind.STATEMENT, third)
        report = curation.load_report(session, curation.load_statement(session, one).report_id)
        curation.edit_report(
            session, report.id, ReportEdit("A better title"), "command line", None, report.version
        )
        world.report_edit = _last(session, SubjectKind.REPORT, report.id)
        feed = sources.add_feed(
            session, PUBLISHER, "https://times.example/feed", FeedKind.SYNDICATION, 60, "x"
        )
        world.trusted = session.get_one(Feed, feed).source_id
        sources.trust(session, world.trusted, "command line")
        sources.pause(session, feed, "command line")
        world.paused = feed
        other = sources.add_feed(
            session, "Another", "https://other.example/feed", FeedKind.SYNDICATION, 60, "x"
        )
        world.source = session.get_one(Feed, other).source_id
    world.open = _asked(sessions, *ASKED)
    world.answered = _asked(sessions, *ANSWERED)
    with sessions.begin() as session:
        row = session.get_one(Cluster, world.answered)
        row.status = ClusterStatus.ANSWERED
        world.answered_claims = tuple(claim.id for claim in row.claims)
        verdicts.attach(session, world.answered_claims, one, Relation.SUPPORTS, "command line")
        session.flush()
        world.verdict = _last(session, SubjectKind.CLAIM, world.answered_claims[0])
    return world


def told(sessions: Sessions) -> Any:
    """Return everything that decides what people are told."""
    with sessions() as session:
        served = select(Statement.id).where(Statement.status == StatementStatus.PUBLISHED)
        polled = select(Feed.url).join(Source).where(Source.trusted, Feed.paused.is_(False))
        return (
            reports.load_by_ids(session, list(session.scalars(served))),
            sorted(
                (row.claim_id, row.statement_id, row.relation, str(row.explanation))
                for row in session.scalars(select(Verdict))
            ),
            sorted(
                (row.person_key, row.statement_id, row.kind)
                for row in session.scalars(select(Notification))
            ),
            sorted(session.scalars(polled)),
            sorted(session.scalars(select(Statement.id).where(Statement.merged_into.is_not(None)))),
        )


@dataclass(frozen=True)
class Case:
    """An act: as the service takes it, and as the console and Telegram do, where they have it."""

    act: Callable[[World], Act]
    console: Callable[[World], tuple[str, Mapping[str, Any]]]
    telegram: Callable[[World], str] | None = None


def _edit(world: World, **changed: Any) -> Mapping[str, Any]:
    kept = {"text": CHECKED, "rating": "false", "rating_text": "False", "version": 1, "tell": "yes"}
    return {**kept, **changed}


CASES: Mapping[str, Case] = {
    "rating": Case(
        lambda w: approvals.EditStatement(
            w.checked, StatementEdit(CHECKED, rating=Rating.TRUE, rating_text="True"), 1
        ),
        lambda w: (
            f"/statements/{w.checked}/edit",
            _edit(w, rating="true", rating_text="True"),
        ),
    ),
    "text": Case(
        lambda w: approvals.EditStatement(
            w.checked,
            StatementEdit("the clock tower is low", rating=Rating.FALSE, rating_text="False"),
            1,
        ),
        lambda w: (f"/statements/{w.checked}/edit", _edit(w, text="the clock tower is low")),
    ),
    "report": Case(
        lambda w: approvals.EditReport(
            w.checked_report,
            ReportEdit("It is!", "The Checkers", language="en", kind=ReportKind.FACT_CHECK),
            1,
        ),
        lambda w: (
            f"/reports/{w.checked_report}/edit",
            {
                "title": "It is!",
                "publisher": "The Checkers",
                "language": "en",
                "kind": "fact_check",
                "version": 1,
            },
        ),
    ),
    "merge": Case(
        lambda w: approvals.MergeStatements(w.same[0], (w.same[1],)),
        lambda w: (
            f"/statements/{w.same[0]}/merge",
            {"other": w.same[1], "looked_at": "yes"}
            | {f"seen-{number}": 1_000_000 for number in w.same},
        ),
    ),
    "split": Case(
        lambda w: approvals.SplitStatement(w.whole, (Span(0, 32), Span(37, len(WHOLE)))),
        lambda w: (
            f"/statements/{w.whole}/split",
            {"parts": "the old bridge was closed on Monday\nnobody was hurt there"},
        ),
    ),
    "un-retract": Case(
        lambda w: approvals.Undo(w.retraction),
        lambda w: (f"/audit/{w.retraction}/undo", {"reason": "it was right"}),
    ),
    "undo an edit": Case(
        lambda w: approvals.Undo(w.edit),
        lambda w: (f"/audit/{w.edit}/undo", {"reason": "it was right"}),
    ),
    "undo an edit of a report": Case(
        lambda w: approvals.Undo(w.report_edit),
        lambda w: (f"/audit/{w.report_edit}/undo", {"reason": "it was right"}),
    ),
    "undo a verdict": Case(
        lambda w: approvals.Undo(w.verdict),
        lambda w: (f"/audit/{w.verdict}/undo", {"reason": "it was right"}),
    ),
    "undo a merge": Case(
        lambda w: approvals.Undo(w.merge),
        lambda w: (f"/audit/{w.merge}/undo", {"reason": "it was right"}),
    ),
    "answer": Case(
        lambda w: approvals.Answer(w.open, w.checked, Relation.REFUTES),
        lambda w: (
            f"/clusters/{w.open}/answer",
            {"statement": w.checked, "relation": "REFUTES", "seen": 0},
        ),
        lambda w: action("no", w.open, w.checked),
    ),
    "answer otherwise": Case(
        lambda w: approvals.Answer(w.open, w.same[0], Relation.SUPPORTS),
        lambda w: (
            f"/clusters/{w.open}/answer",
            {"statement": w.same[0], "relation": "SUPPORTS", "seen": 0},
        ),
        lambda w: action("yes", w.open, w.same[0]),
    ),
    "explain": Case(
        lambda w: approvals.Explain(w.answered, w.same[0], Note(en="It opens in March."), Note()),
        lambda w: (
            f"/clusters/{w.answered}/note",
            {"statement": w.same[0], "note_en": "It opens in March.", "tell": "no"},
        ),
    ),
    "attach": Case(
        lambda w: approvals.Attach(w.open, w.checked, Relation.REFUTES),
        lambda w: (
            f"/clusters/{w.open}/attach",
            {"statement": w.checked, "relation": "REFUTES"},
        ),
    ),
    "rule otherwise": Case(
        lambda w: approvals.Attach(w.answered, w.same[0], Relation.REFUTES),
        lambda w: (
            f"/clusters/{w.answered}/attach",
            {"statement": w.same[0], "relation": "REFUTES"},
        ),
    ),
    "detach": Case(
        lambda w: approvals.Detach(w.answered, w.same[0]),
        lambda w: (f"/clusters/{w.answered}/detach", {"statement": w.same[0]}),
    ),
    "split a cluster": Case(
        lambda w: approvals.SplitCluster(w.answered, w.answered_claims[:1]),
        lambda w: (f"/clusters/{w.answered}/split", {"claim": w.answered_claims[0]}),
    ),
    "trust": Case(
        lambda w: approvals.TrustSource(w.source),
        lambda w: (f"/sources/{w.source}/trust", {}),
    ),
    "feed": Case(
        lambda w: approvals.AddFeed(
            PUBLISHER, "https://evil.example/feed", FeedKind.SYNDICATION, 60
        ),
        lambda w: (
            "/sources/feeds",
            {
                "name": PUBLISHER,
                "url": "https://evil.example/feed",
                "kind": "syndication",
                "minutes": 60,
            },
        ),
    ),
    "resume": Case(
        lambda w: approvals.ResumeFeed(w.paused),
        lambda w: (f"/sources/feeds/{w.paused}/resume", {}),
    ),
}


def said(text: str) -> str:
    """Return a message as it is said in English."""
    return load_catalogue(Language.ENGLISH).say(text)


def _stored(session: Any, ref: str, *texts: str) -> list[int]:
    statements = tuple(StatementDraft(text, ref=f"{ref}{n}") for n, text in enumerate(texts))
    draft = ReportDraft(f"report {ref}", ref=ref, language="en", statements=statements)
    return list(reports.store(session, draft).statement_ids)


def _asked(sessions: Sessions, *claims: str) -> int:
    with sessions.begin() as session:
        cluster = Cluster(title=claims[0], status=ClusterStatus.OPEN)
        session.add(cluster)
        session.flush()
        for number, text in enumerate(claims):
            assert inquiries.record(
                session, key_of(50 + number), text, Outcome.NO_MATCH, (), "en", waiting=True
            ).id
            claim = select(Claim.id).where(Claim.key == ClaimText(text).key)
            demand.join_clusters(session, {session.scalars(claim).one(): cluster})
        return cluster.id


def _last(session: Any, subject: SubjectKind, number: int) -> int:
    session.flush()
    newest = (
        select(AuditEntry.id)
        .where(AuditEntry.subject == subject, AuditEntry.subject_id == str(number))
        .order_by(AuditEntry.id.desc())
    )
    found: int = session.scalars(newest).first()
    return found
