"""`tathabbat users` and the moderators' part of `tathabbat statements`."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli.main import main
from embeddings.encoders.encoder import Encoder
from knowledge import approvals
from knowledge.accounts import roles, sign_in
from knowledge.approvals import Policy, Waiting
from knowledge.claim_queue import cluster_actions
from knowledge.curation import StatementEdit
from knowledge.curation.resolution import answer_cluster
from knowledge.domain import Relation, Role, SubjectKind, now
from knowledge.errors import LinkRefused
from knowledge.storage import audit_log
from knowledge.storage.database import Sessions, open_engine
from tests.integration.moderation import clustered, stored

#: Calls `tathabbat` and returns its exit code and what it printed.
Cli = Callable[..., tuple[int, str]]


@pytest.fixture
def cli(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    fake_encoder: Encoder,
) -> Cli:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ADMIN_IDS", "7")
    monkeypatch.setattr("embeddings.encoders.encoder.open_encoder", lambda *_: fake_encoder)

    def call(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["tathabbat", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out + printed.err

    return call


@pytest.fixture
def drafts(cli: Cli, tmp_path: Path) -> None:
    assert cli("db", "upgrade")[0] == 0
    engine = open_engine(f"sqlite:///{tmp_path / 'tathabbat.db'}")
    stored(Sessions(engine), "one", "two")
    engine.dispose()


def test_roles_are_granted_listed_and_revoked(cli: Cli) -> None:
    assert cli("users", "grant", "5", "--name", "Amal\u202e") == (0, "Amal is now moderator\n")
    assert cli("users", "grant", "6", "--name", "Basil", "--role", "admin")[0] == 0
    rows = [json.loads(line) for line in cli("users", "list", "--json")[1].splitlines()]
    assert [(row["role"], row.get("name")) for row in rows] == [
        ("admin", None),
        ("moderator", "Amal"),
        ("admin", "Basil"),
    ]
    code, text = cli("users", "list")
    assert code == 0
    assert "by ADMIN_IDS" in text
    assert "moderator  Amal  by command line" in text
    assert "\u202e" not in text
    assert cli("users", "revoke", "5") == (0, "the role is revoked\n")
    assert cli("users", "revoke", rows[2]["key"]) == (0, "the role is revoked\n")
    assert cli("users", "revoke", "5") == (0, "this person holds no role\n")


def test_who_loses_the_role_is_signed_out(cli: Cli, tmp_path: Path) -> None:
    cli("users", "grant", "5", "--name", "Amal")
    key = json.loads(cli("users", "list", "--json")[1].splitlines()[1])["key"]
    sessions = Sessions(open_engine(f"sqlite:///{tmp_path / 'tathabbat.db'}"))
    token = sessions.write(sign_in.issue_link, key, now())
    opened = sessions.write(sign_in.use_link, token, now())
    later = sessions.write(sign_in.issue_link, key, now())
    assert cli("users", "revoke", "5")[0] == 0
    assert sessions.read(sign_in.session_of, opened.cookie, now()) is None
    with pytest.raises(LinkRefused):
        sessions.write(sign_in.use_link, later, now())
    sessions.engine.dispose()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("revoke", "7"), 1, "ADMIN_IDS"),
        (("revoke", "somebody"), 2, "neither"),
        (("revoke", "9" * 30), 2, "neither"),
        (("grant", "5", "--name", " "), 2, "--name is empty"),
        (("grant", "0", "--name", "Amal"), 2, "TELEGRAM_ID"),
        (("grant", "5", "--name", "Amal", "--role", "owner"), 2, "--role"),
    ],
)
def test_what_cannot_be_granted_or_revoked_is_told(
    cli: Cli, arguments: tuple[str, ...], code: int, said: str
) -> None:
    cli("db", "upgrade")
    ended, text = cli("users", *arguments)
    assert ended == code
    assert said in text


@pytest.mark.usefixtures("drafts")
def test_a_statement_is_reviewed_published_and_all_of_it_taken_back(cli: Cli) -> None:
    assert cli("statements", "review", "r0", "--reason", "read it")[1] == "1 statement reviewed\n"
    assert cli("statements", "publish", "r")[1] == "2 statements published\n"
    code, text = cli("statements", "publish", "r")
    assert code == 0
    assert text.startswith("0 statements published: r0 is published, published by command line at")
    assert text.endswith("(and 1 more)\n")
    lines = cli("statements", "history", "r0")[1].splitlines()
    assert [line.split("r0  ")[1] for line in lines] == [
        "published by command line",
        "reviewed by command line: read it",
    ]
    number = lines[0].split()[0]
    undone = cli("statements", "undo", number, "--reason", "too early")
    assert undone == (0, f"entry {number} is taken back\n")
    code, text = cli("statements", "undo", number, "--reason", "too early")
    assert code == 1
    assert "already" in text
    assert cli("statements", "discard", "r0", "--reason", "no claim")[1] == (
        "1 statement discarded\n"
    )
    assert "r0 is retracted, discarded by" in cli("statements", "review", "r0")[1]


@pytest.mark.usefixtures("drafts")
def test_the_command_line_needs_no_second_person_and_says_so(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLISH_NEEDS_TWO", "true")
    assert cli("statements", "publish", "r")[1] == "2 statements published\n"
    for group in ("statements", "sources", "ingest"):
        text = cli(group, "--help")[1]
        assert "PUBLISH_NEEDS_TWO does not apply here" in " ".join(text.split())


@pytest.mark.usefixtures("drafts")
def test_the_history_names_who_approved_it(cli: Cli, tmp_path: Path) -> None:
    cli("statements", "publish", "r0")
    engine = open_engine(f"sqlite:///{tmp_path / 'tathabbat.db'}")
    edit = approvals.EditStatement(1, StatementEdit("other words"), 1)
    policy = Policy(True, frozenset())
    with Sessions(engine).begin() as session:
        for key, name in (("a" * 64, "Amal"), ("b" * 64, "Basil")):
            roles.grant(session, key, Role.MODERATOR, name, "command line")
        outcome = approvals.submit(session, edit, "a" * 64, "a slip", policy)
        assert isinstance(outcome, Waiting)
        approvals.approve(session, outcome.proposal_id, "b" * 64, policy)
    engine.dispose()
    (first, _) = cli("statements", "history", "r0")[1].splitlines()
    assert first.endswith("edited by Amal, approved by Basil: a slip")


@pytest.mark.usefixtures("drafts")
def test_an_answer_is_in_the_history_and_taken_back(cli: Cli, tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'tathabbat.db'}")
    sessions = Sessions(engine)
    cluster, _ = clustered(sessions, "the dam broke")
    with sessions.begin() as session:
        answer_cluster(session, cluster, 1, Relation.REFUTES, "command line")
    lines = cli("statements", "history", "r0")[1].splitlines()
    assert [line.split("r0  ")[1] for line in lines] == [
        f"answered (cluster {cluster}) by command line",
        "attached (claim 1) by command line",
        "published by command line",
    ]
    number = lines[0].split()[0]
    assert cli("statements", "undo", number, "--reason", "wrong") == (
        0,
        f"entry {number} is taken back\n",
    )
    with sessions.begin() as session:
        answer_cluster(session, cluster, 2, Relation.REFUTES, "command line")
        entry = audit_log.load_latest(session, SubjectKind.CLUSTER, cluster)
        cluster_actions.reopen(session, cluster, "command line")
    engine.dispose()
    assert entry is not None
    code, text = cli("statements", "undo", str(entry.id), "--reason", "wrong")
    assert code == 1
    assert f"cluster {cluster} was last reopened by command line" in text
    assert "go on from there" in text
