"""Check that what people write around a claim, or beside it, turns no verdict round."""

import random
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from benchmarks.training import written
from benchmarks.training.written import Split
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.domain import Outcome, ReportDraft, StatementDraft
from knowledge.text.plain_text import plain_text
from tests.integration.conftest import AnsweringAbout

VERDICTS: Final = {Outcome.SUPPORTED: Outcome.REFUTED, Outcome.REFUTED: Outcome.SUPPORTED}
ITEMS: Final = 40
CLAIMS: Final = 12
#: What states nothing may leave so many of these claims without the verdict they had.
OPEN: Final = 3

NOTHING: Final[dict[str, Callable[[str], str]]] = {
    "greeting": lambda claim: f"صباح الخير، {claim}",
    "request": lambda claim: f"لو سمحتوا تتأكدوا من هالخبر: {claim}",
    "prayer": lambda claim: f"{claim} اللهم احفظ بلادنا وبلاد المسلمين",
    "reaction": lambda claim: f"{claim} 😂😂😂 والله شي غريب",
    "question": lambda claim: f"{claim}؟ صح ولا كذب؟",
    "chain": lambda claim: f"عاجل 🔴 منقول: {claim}\nانشر ولا تجعلها تقف عندك",
}
BESIDE: Final[dict[str, Callable[[str], str]]] = {
    "true, before": lambda claim: f"الأرض تدور حول الشمس و{claim}",
    "true, after": lambda claim: f"{claim}. عاصمة فرنسا باريس.",
    "false, with a comma": lambda claim: f"{claim}، القهوة تشفي من السرطان",
    "false, with and": lambda claim: f"{claim} والقهوة تشفي من السرطان",
}


@pytest.fixture(scope="module")
def checker(answering_about: AnsweringAbout) -> Iterator[ClaimChecker]:
    drafts = [
        ReportDraft(
            "",
            publisher="a test",
            statements=(StatementDraft(plain_text(item.statement), speaker=item.speaker or None),),
        )
        for item in _items()
    ]
    with answering_about(drafts) as checker:
        yield checker


def _items() -> list[written.Item]:
    known = [each for each in written.items(Split.CALIBRATION) if not each.reviewed]
    return random.Random(8).sample(known, ITEMS)  # noqa: S311 (a sample, not a secret)


@pytest.fixture(scope="module")
def settled(checker: ClaimChecker) -> list[tuple[str, Outcome]]:
    """Return claims that get a verdict as they are, and which."""
    texts = [claim.text for item in _items() for claim in item.claims]
    random.Random(8).shuffle(texts)  # noqa: S311
    found = []
    for text in texts:
        outcome = checker.answer_message(text).outcome
        if outcome in VERDICTS:
            found.append((text, outcome))
        if len(found) == CLAIMS:
            break
    assert len(found) == CLAIMS
    return found


@pytest.mark.parametrize("name", [*NOTHING, *BESIDE])
def test_it_turns_no_verdict_round(
    checker: ClaimChecker, settled: list[tuple[str, Outcome]], name: str
) -> None:
    wrapped = (NOTHING | BESIDE)[name]
    for text, outcome in settled:
        assert checker.answer_message(wrapped(text)).outcome is not VERDICTS[outcome], text


@pytest.mark.parametrize("name", NOTHING)
def test_what_states_nothing_takes_few_verdicts_away(
    checker: ClaimChecker, settled: list[tuple[str, Outcome]], name: str
) -> None:
    said = [checker.answer_message(NOTHING[name](text)).outcome for text, _ in settled]
    kept = [outcome is said for (_, outcome), said in zip(settled, said, strict=True)]
    assert kept.count(False) <= OPEN


@pytest.mark.parametrize("name", ["false, with a comma", "false, with and"])
def test_what_no_report_has_is_not_supported_beside_what_one_has(
    checker: ClaimChecker, settled: list[tuple[str, Outcome]], name: str
) -> None:
    for text, _ in settled:
        assert checker.answer_message(BESIDE[name](text)).outcome is not Outcome.SUPPORTED
