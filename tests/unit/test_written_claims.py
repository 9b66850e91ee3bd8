"""The written claims that models are trained on: their form, and that a fault in it is seen."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.training.claims import check


def item(**changes: Any) -> dict[str, Any]:
    claim = {"text": "أغلق الجسر", "label": "S", "kind": "shorter", "variety": "msa"}
    return {
        "id": "X-001",
        "lang": "ar",
        "title": "",
        "before": "",
        "speaker": "",
        "statement": "أغلقت البلدية الجسر القديم",
        "claims": [claim],
    } | changes


def found(folder: Path, *items: dict[str, Any]) -> list[str]:
    file = folder / "claims.jsonl"
    file.write_text("\n".join(json.dumps(each) for each in items), "utf-8")
    return list(check.faults([file]))


def test_what_is_there_has_no_fault() -> None:
    assert check.files()
    assert list(check.faults(check.files())) == []


def test_a_good_item_is_none(tmp_path: Path) -> None:
    assert found(tmp_path, item()) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"statement": ""},
        {"source": "x"},
        {"claims": [{"text": "x", "label": "Q", "kind": "denial", "variety": "msa"}]},
        {"claims": [{"text": "x", "label": "S", "kind": "casual", "variety": "martian"}]},
        {"claims": [{"text": " ", "label": "S", "kind": "casual", "variety": "msa"}]},
        {"claims": item()["claims"] * 2},
        {"statement": "أغلق الجسر!"},
    ],
)
def test_a_fault_is_seen(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert len(found(tmp_path, item(**changes))) == 1


def test_ids_and_statements_are_unique(tmp_path: Path) -> None:
    assert len(found(tmp_path, item(), item())) == 2
