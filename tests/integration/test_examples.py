"""The example newsroom is taken in whole, and its claims are answered as its page promises."""

import json
from collections import Counter
from pathlib import Path

import pytest

from knowledge.checking.outcomes import Answer
from knowledge.corpus.readers import read
from knowledge.domain import Outcome, ReportDraft
from tests.integration.conftest import AnsweringAbout

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
CLAIMS: dict[str, dict[str, str]] = {
    row["id"]: row
    for row in map(json.loads, (EXAMPLES / "claims.jsonl").read_text("utf-8").splitlines())
}
#: What is settled with room to spare: the other claims may be left open.
SETTLED = """
measles-other-number interest-rate-cut bread-subsidy licence-fees turnout turnout-other-number
vaccine-recalled heat-record metro-free pension-age dam
""".split()


@pytest.fixture(scope="module")
def reports() -> list[ReportDraft]:
    found = list(read(EXAMPLES / "newsroom.jsonl"))
    drafts = [each for each in found if isinstance(each, ReportDraft)]
    assert drafts == found
    return drafts


@pytest.fixture(scope="module")
def answers(answering_about: AnsweringAbout, reports: list[ReportDraft]) -> dict[str, Answer]:
    with answering_about(reports) as checker:
        return {name: checker.answer(row["text"]) for name, row in CLAIMS.items()}


def test_the_page_counts_what_is_there(reports: list[ReportDraft]) -> None:
    page = (EXAMPLES / "README.md").read_text("utf-8")
    languages = Counter(each.language for each in reports)
    assert (
        f"{len(reports)} reports ({languages['ar']} Arabic, {languages['en']} English, "
        f"{languages['fr']} French)" in page
    )
    assert f"{len(CLAIMS)} claims" in page


def test_every_rating_is_understood(reports: list[ReportDraft]) -> None:
    statements = [each for report in reports for each in report.statements]
    assert [each.text for each in statements if each.rating_text and each.rating is None] == []


def test_addresses_lead_nowhere(reports: list[ReportDraft]) -> None:
    hosts = [each.url.split("/")[2] for each in reports if each.url]
    assert len(hosts) == len(reports)
    assert [host for host in hosts if not host.endswith(".example")] == []


def test_no_verdict_is_the_opposite_of_the_right_one(answers: dict[str, Answer]) -> None:
    verdicts = {Outcome.SUPPORTED, Outcome.REFUTED}
    found = {name: each.outcome for name, each in answers.items() if each.outcome in verdicts}
    assert found
    assert found == {name: CLAIMS[name]["expected"] for name in found}


@pytest.mark.parametrize("name", SETTLED)
def test_clear_claims_are_settled(name: str, answers: dict[str, Answer]) -> None:
    assert answers[name].outcome == CLAIMS[name]["expected"]


def test_the_unrelated_has_no_match(answers: dict[str, Answer]) -> None:
    assert answers["volleyball"].outcome is Outcome.NO_MATCH
