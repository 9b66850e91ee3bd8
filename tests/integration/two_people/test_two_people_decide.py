"""Who approves what another proposed, and what happens meanwhile."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from knowledge import approvals, curation
from knowledge.accounts import roles
from knowledge.approvals import Applied, Policy, Waiting
from knowledge.claim_queue import cluster_actions
from knowledge.curation import ReportEdit, StatementEdit
from knowledge.domain import (
    FeedKind,
    NotificationKind,
    ProposalState,
    Rating,
    Relation,
    Role,
    StatementStatus,
    SubjectKind,
)
from knowledge.errors import (
    CannotDecide,
    CannotUndo,
    DecisionProblem,
    NotAllowed,
    NotFound,
    Stale,
)
from knowledge.models import AuditEntry, Claim, Proposal
from knowledge.privacy import data_export
from knowledge.storage import audit_log
from knowledge.storage.database import Sessions
from tests.integration.console import SECRET, key_of
from tests.integration.moderation import asks, last_entry, statuses, stored
from tests.integration.two_people.cases import (
    AMAL,
    ANSWERED,
    ASKED,
    BASIL,
    CARLA,
    CASES,
    CHECKED,
    LOOSE,
    STRICT,
    World,
    furnish,
    told,
)
from tests.integration.two_people.ways import (
    RATING,
    approve,
    pending,
    propose,
    state,
    submit,
)


class TestWhoDecides:
    def test_the_audit_names_both(self, sessions: Sessions, world: World) -> None:
        number = propose(sessions, RATING)
        approve(sessions, number)
        with sessions() as session:
            done = audit_log.load_latest(session, SubjectKind.STATEMENT, world.checked)
            acts = audit_log.list_entries(session, SubjectKind.PROPOSAL, number).items
        assert done is not None
        assert (done.actor, done.approved_by) == (key_of(AMAL), key_of(BASIL))
        assert (done.action, done.reason) == ("edited", "why")
        assert [(each.actor, each.action) for each in acts] == [
            (key_of(BASIL), "approved"),
            (key_of(AMAL), "proposed"),
        ]

    @pytest.mark.parametrize(("tell", "people"), [(True, 1), (False, 0)])
    def test_whether_people_are_told_is_decided_with_it(
        self, sessions: Sessions, world: World, tell: bool, people: int
    ) -> None:
        asks(sessions, "somebody", "a tower", [world.checked])
        edit = StatementEdit(CHECKED, rating=Rating.TRUE, rating_text="True")
        number = propose(sessions, approvals.EditStatement(world.checked, edit, 1, tell))
        before = told(sessions)[2]
        foreseen = sessions.read(approvals.foresee, number).entries
        assert next((each.after or {}).get("told") for each in foreseen) == people
        assert told(sessions)[2] == before
        approve(sessions, number)
        corrected = (("somebody", world.checked, NotificationKind.CORRECTED),) * people
        assert set(told(sessions)[2]) - set(before) == set(corrected)

    def test_what_is_declined_stays_as_it_was(self, sessions: Sessions, world: World) -> None:
        number, before = propose(sessions, RATING), told(sessions)
        with sessions.begin() as session, pytest.raises(CannotDecide, match="withdraw"):
            approvals.decline(session, number, key_of(AMAL), "no", STRICT)
        with sessions.begin() as session:
            approvals.decline(session, number, key_of(BASIL), "not so", STRICT)
        assert told(sessions) == before
        assert state(sessions, number) is ProposalState.DECLINED
        entry = last_entry(sessions)
        assert (entry.actor, entry.action, entry.reason) == (key_of(BASIL), "declined", "not so")
        for decide in (approve, lambda s, n: approve(s, n, CARLA)):
            with pytest.raises(CannotDecide, match="declined already"):
                decide(sessions, number)

    def test_only_who_proposed_it_withdraws_it(self, sessions: Sessions, world: World) -> None:
        number = propose(sessions, RATING)
        with sessions.begin() as session, pytest.raises(CannotDecide) as refused:
            approvals.withdraw(session, number, key_of(BASIL))
        assert refused.value.problem is DecisionProblem.NOT_OWN
        with sessions.begin() as session:
            approvals.withdraw(session, number, key_of(AMAL))
        assert state(sessions, number) is ProposalState.WITHDRAWN

    def test_who_lost_the_role_neither_approves_nor_is_approved(
        self, sessions: Sessions, world: World
    ) -> None:
        number, before = propose(sessions, RATING), told(sessions)
        with sessions.begin() as session:
            roles.revoke(session, key_of(BASIL), "command line")
        with pytest.raises(NotAllowed):
            approve(sessions, number)
        with sessions.begin() as session:
            roles.revoke(session, key_of(AMAL), "command line")
        with pytest.raises(CannotDecide) as refused:
            approve(sessions, number, CARLA)
        assert refused.value.problem is DecisionProblem.PROPOSER_LEFT
        assert told(sessions) == before

    @pytest.mark.parametrize("policy", [STRICT, LOOSE], ids=["two", "one"])
    def test_who_holds_no_role_proposes_nothing(
        self, sessions: Sessions, world: World, policy: Policy
    ) -> None:
        before = told(sessions)
        with sessions.begin() as session:
            with pytest.raises(NotAllowed):
                approvals.submit(session, RATING, key_of(99), None, policy)
            roles.grant(session, key_of(AMAL), Role.MODERATOR, "Amal", "command line")
            trust = approvals.TrustSource(world.source)
            with pytest.raises(NotAllowed):
                approvals.submit(session, trust, key_of(AMAL), None, policy)
        assert told(sessions) == before
        assert pending(sessions) == []

    def test_a_publisher_is_trusted_by_two_admins(self, sessions: Sessions, world: World) -> None:
        number = propose(sessions, approvals.TrustSource(world.source))
        with sessions.begin() as session:
            roles.grant(session, key_of(BASIL), Role.MODERATOR, "Basil", "command line")
        with pytest.raises(NotAllowed):
            approve(sessions, number)
        approve(sessions, number, CARLA)

    def test_nothing_has_a_number_that_was_never_given(self, sessions: Sessions) -> None:
        with pytest.raises(NotFound):
            approve(sessions, 404)

    def test_an_entry_about_a_proposal_is_not_taken_back(
        self, sessions: Sessions, world: World
    ) -> None:
        propose(sessions, RATING)
        entry = last_entry(sessions).id
        with pytest.raises(CannotUndo):
            submit(sessions, approvals.Undo(entry))

    def test_the_same_twice_waits_once(self, sessions: Sessions, world: World) -> None:
        assert propose(sessions, RATING) == propose(sessions, RATING, BASIL)
        assert len(pending(sessions)) == 1

    def test_what_somebody_proposed_and_decided_is_in_their_document(
        self, sessions: Sessions, world: World
    ) -> None:
        approve(sessions, propose(sessions, RATING))
        with sessions() as session:
            mine = data_export.export(session, key_of(AMAL), SECRET).document.decode()
            theirs = data_export.export(session, key_of(BASIL), SECRET).document.decode()
        assert '"kind": "edit_statement"' in mine
        assert '"decided_by_you": true' in theirs
        assert '"approved_by_you": true' in theirs


class TestMeanwhile:
    def test_of_two_proposals_on_one_thing_one_is_approved(
        self, sessions: Sessions, world: World
    ) -> None:
        edit = approvals.EditStatement(world.checked, StatementEdit("the tower is low"), 1)
        first, second = propose(sessions, RATING), propose(sessions, edit, CARLA)
        approve(sessions, first)
        with pytest.raises(Stale, match="edited by Amal"):
            approve(sessions, second)
        with sessions.begin() as session:
            assert approvals.list_waiting(session) == ()
        assert state(sessions, second) is ProposalState.OVERTAKEN

    @pytest.mark.parametrize("name", ["rating", "report", "answer", "attach", "merge", "split"])
    def test_what_was_retracted_meanwhile_is_not_approved(
        self, sessions: Sessions, world: World, name: str
    ) -> None:
        number = propose(sessions, CASES[name].act(world))
        with sessions.begin() as session:
            ids = [world.checked, *world.same, world.whole]
            curation.retract(session, ids, key_of(CARLA), "wrong")
        before = told(sessions)
        if name == "report":
            # A report's words may be mended whatever is served of it; nobody is told.
            approve(sessions, number)
        else:
            with pytest.raises(Stale, match="retracted by Carla"):
                approve(sessions, number)
        assert told(sessions) == before

    def test_an_edit_of_the_report_overtakes_what_is_shown_with_it(
        self, sessions: Sessions, world: World
    ) -> None:
        number = propose(sessions, RATING)
        with sessions.begin() as session:
            edit = ReportEdit("Another title", "The Checkers")
            curation.edit_report(session, world.checked_report, edit, "command line", None, 1)
        with pytest.raises(Stale):
            approve(sessions, number)

    def test_claims_that_were_moved_in_are_not_answered_with_it(
        self, sessions: Sessions, world: World
    ) -> None:
        number = propose(sessions, approvals.Answer(world.open, world.checked, Relation.REFUTES))
        with sessions.begin() as session:
            cluster_actions.merge_clusters(session, world.open, [world.answered], key_of(AMAL))
        with pytest.raises(Stale):
            approve(sessions, number)

    def test_a_cluster_that_was_split_meanwhile_is_not_answered(
        self, sessions: Sessions, world: World
    ) -> None:
        number = propose(sessions, approvals.Answer(world.open, world.checked, Relation.REFUTES))
        with sessions() as session:
            claim = session.scalars(select(Claim.id).where(Claim.cluster_id == world.open)).first()
        assert claim is not None
        submit(sessions, approvals.SplitCluster(world.open, (claim,)))
        with pytest.raises(Stale, match="split by Amal"):
            approve(sessions, number)

    def test_what_people_asked_is_not_kept_with_it(self, sessions: Sessions, world: World) -> None:
        for case in CASES.values():
            propose(sessions, case.act(world))
        with sessions() as session:
            rows = [(row.act, row.basis) for row in session.scalars(select(Proposal))]
        assert not [text for text in (*ASKED, *ANSWERED) if text in str(rows)]

    def test_claims_that_joined_by_themselves_are(self, sessions: Sessions, world: World) -> None:
        number = propose(sessions, approvals.Answer(world.open, world.checked, Relation.REFUTES))
        text = "the tower is 80 metres high, they say"
        with sessions.begin() as session:
            session.add(Claim(key="k", text=text, language="en", cluster_id=world.open))
        approve(sessions, number)
        with sessions() as session:
            rows = session.scalars(select(AuditEntry).where(AuditEntry.action == "attached"))
            assert len([each for each in rows if each.approved_by]) == 3

    def test_a_feed_that_came_meanwhile_is_not_trusted_unseen(
        self, sessions: Sessions, world: World
    ) -> None:
        number = propose(sessions, approvals.TrustSource(world.source))
        feed = approvals.AddFeed("Another", "https://evil.example/x", FeedKind.SYNDICATION, 60)
        assert isinstance(submit(sessions, feed), Applied)
        with pytest.raises(Stale):
            approve(sessions, number)

    def test_two_approvals_at_once_apply_once(self, sessions: Sessions, world: World) -> None:
        number = propose(sessions, approvals.Answer(world.open, world.checked, Relation.REFUTES))

        def approving(by: int) -> str:
            try:
                return str(approve(sessions, number, by).count)
            except CannotDecide as error:
                return error.problem.value

        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(approving, (BASIL, CARLA)))
        assert sorted(outcomes) == ["2", "decided"]
        with sessions() as session:
            answered = select(AuditEntry).where(AuditEntry.action == "answered")
            assert len(session.scalars(answered).all()) == 1

    def test_an_approval_and_a_retraction_at_once_leave_it_retracted(
        self, sessions: Sessions, world: World
    ) -> None:
        number = propose(sessions, RATING)
        with ThreadPoolExecutor(1) as pool:
            with sessions.begin() as session:
                curation.retract(session, [world.checked], key_of(CARLA), "wrong")
                late = pool.submit(approve, sessions, number)
            with pytest.raises(Stale):
                late.result()
        assert statuses(sessions, [world.checked]) == [StatementStatus.RETRACTED]

    def test_a_role_that_is_taken_while_its_holder_is_approved_ends_it(
        self, sessions: Sessions, world: World
    ) -> None:
        number = propose(sessions, RATING)
        with ThreadPoolExecutor(1) as pool:
            with sessions.begin() as session:
                roles.revoke(session, key_of(AMAL), "command line")
                late = pool.submit(approve, sessions, number)
            with pytest.raises(CannotDecide):
                late.result()

    def test_what_is_published_while_it_is_edited_waits(self, sessions: Sessions) -> None:
        """Whether it is served is asked with the statement in hand."""
        furnish(sessions)
        (draft,) = stored(sessions, "a draft")
        edit = approvals.EditStatement(draft, StatementEdit("another draft"), 1)
        with ThreadPoolExecutor(1) as pool:
            with sessions.begin() as session:
                curation.publish(session, [draft], "command line")
                late = pool.submit(submit, sessions, edit)
            assert isinstance(late.result(), Waiting)
