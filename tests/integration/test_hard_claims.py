"""What people send that is hard to read: it may be left open, and is never told the wrong way.

``tests/data/hard_claims.jsonl``: claims in two languages at once, denials in Arabizi, emoji for
words, quotes that are denied, double denials, half a truth, sources that contradict each other.
Each statement is a report of its own, all of them in one index.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from knowledge.checking.claim_checker import ClaimChecker
from knowledge.domain import ReportDraft, StatementDraft
from tests.integration.conftest import AnsweringAbout

CASES: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "hard_claims.jsonl")
    .read_text("utf-8")
    .splitlines()
]
#: Of those that can be settled, so many were as they should when last measured.
SETTLED = 3


@pytest.fixture(scope="module")
def checker(answering_about: AnsweringAbout) -> Iterator[ClaimChecker]:
    texts = dict.fromkeys(text for case in CASES for text in case["statements"])
    drafts = [
        ReportDraft("", publisher="a test", statements=(StatementDraft(text),)) for text in texts
    ]
    with answering_about(drafts) as checker:
        yield checker


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['kind']}: {case['claim'][:40]}")
def test_it_is_never_told_the_wrong_way(checker: ClaimChecker, case: dict[str, Any]) -> None:
    assert checker.answer_message(case["claim"]).outcome.value not in case["never"]


def test_silence_is_not_the_way_out(checker: ClaimChecker) -> None:
    due = [case for case in CASES if case["wanted"]]
    settled = sum(
        checker.answer_message(case["claim"]).outcome.value == case["wanted"] for case in due
    )
    assert settled >= SETTLED
