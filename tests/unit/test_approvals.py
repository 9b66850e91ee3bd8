"""The gate before what people are told: nothing goes around it, and everything is behind it."""

import ast
import inspect
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest

from knowledge import curation
from knowledge.approvals import acts, execution
from knowledge.claim_queue import cluster_actions, verdicts
from knowledge.corpus import sources
from knowledge.curation import StatementEdit, cluster_rejection, explanation_edits
from knowledge.domain import Rating, Span
from knowledge.outbox import pending_notifications
from tests.integration.two_people.cases import CASES, World

BOT = Path(__file__).resolve().parents[2] / "bot"
#: The ways in that moderators use, and whatever becomes one; the command line is exempt.
CHANNELS = [
    path
    for path in sorted(BOT.rglob("*.py"))
    if path.relative_to(BOT).parts[0] not in ("cli", "settings.py")
]
#: Where moderators' acts are.
ROOMS: dict[str, ModuleType] = {
    "curation": curation,
    "explanation_edits": explanation_edits,
    "cluster_actions": cluster_actions,
    "cluster_rejection": cluster_rejection,
    "pending_notifications": pending_notifications,
    "sources": sources,
    "verdicts": verdicts,
}
#: What one person does alone: it withdraws, or it tells people nothing of what is true.
ALONE = {
    "curation.add_statement",
    "curation.discard",
    "curation.set_recheck_day",
    "curation.retract",
    "curation.review",
    "cluster_actions.assign",
    "cluster_actions.merge_clusters",
    "cluster_actions.reject",
    "cluster_actions.reopen",
    "cluster_actions.snooze",
    "cluster_rejection.preview_rejection",
    "cluster_rejection.reject_cluster",
    "pending_notifications.foresee",
    "pending_notifications.undo_held",
    "sources.distrust",
    "sources.pause",
    "sources.remove",
}


def _called(path: Path) -> set[str]:
    """Return what a module names of the rooms: ``curation.publish``, by whatever name."""
    tree = ast.parse(path.read_text("utf-8"))
    rooms, named = {}, set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("knowledge"):
            continue
        last = (node.module or "").rpartition(".")[2]
        of = "pending_notifications" if last == "resolution" else last
        for each in node.names:
            if each.name in ROOMS:
                rooms[each.asname or each.name] = each.name
            elif of in ROOMS:
                named.add(f"{of}.{each.name}")
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in rooms:
                named.add(f"{rooms[name]}.{attribute}")
    return named


#: The acts that the gate does, read of where it does them, and what is a step of one of them.
GATED = _called(Path(execution.__file__)) | {
    "verdicts.rule",
    "cluster_actions.undo_merge",
    "cluster_actions.undo_rejection",
}


def _acts(room: str) -> set[str]:
    """Return the functions of a room that somebody is named as the actor of."""
    return {
        f"{room}.{name}"
        for name, value in vars(ROOMS[room]).items()
        if inspect.isfunction(value)
        and not name.startswith("_")
        and value.__module__
        not in ("knowledge.storage.audit_log", "knowledge.claim_queue.reopening")
        and "actor" in inspect.signature(value).parameters
    }


def test_every_act_is_behind_the_gate_or_one_persons_for_a_reason() -> None:
    known = {act for room in ROOMS for act in _acts(room)}
    assert {"curation.publish", "pending_notifications.answer_cluster", "sources.trust"} <= GATED
    assert not GATED & ALONE
    assert known == GATED | ALONE


@pytest.mark.parametrize("path", CHANNELS, ids=lambda path: str(path.relative_to(BOT)))
def test_no_channel_goes_around_the_gate(path: Path) -> None:
    assert not _called(path) & GATED


def test_every_act_has_its_case() -> None:
    tried = {type(case.act(World(answered_claims=(1,)))) for case in CASES.values()}
    assert tried == set(get_args(acts.Act)) - {acts.Publish}


@pytest.mark.parametrize("name", CASES)
def test_an_act_is_read_as_it_was_written(name: str) -> None:
    act = CASES[name].act(World(answered_claims=(1, 2)))
    assert acts.load(acts.dump(act)) == act


def test_all_of_an_edit_is_kept() -> None:
    edit = StatementEdit("نص\u200f", Span(1, 5), "من", Rating.MIXED, "خليط", None)
    act = acts.EditStatement(7, edit, 3)
    assert acts.load(acts.dump(act)) == act
