"""Choose the search results that are read together with the claim."""

from collections.abc import Sequence

import pytest

from knowledge.agreement.judgement import Evidence
from knowledge.checking.relevance import Found
from knowledge.checking.reranking import Reread
from knowledge.checking.retrieval import Candidate, Retriever
from knowledge.checking.stages import watch_nothing
from tests.unit.test_outcomes import N, match

CLAIM = "the bridge opened"


class _Reader:
    """Finds the first text as relevant as it is told, all others of nothing."""

    def __init__(self, first: float) -> None:
        self.first, self.read_texts = first, list[str]()

    def read(self, claim: str, found: Sequence[Found]) -> list[Reread]:
        self.read_texts += [each.text for each in found]
        return [Reread(0.0, self.first if each.text == "text 0" else 0.01) for each in found]


def read_of(*relevances: float, text: str = "text", first: float = 0.9) -> list[int]:
    """Return which of the search results of these relevances are read."""
    found = []
    for number, relevance in enumerate(relevances):
        statement = match(N, 0.5, f"report {number}").statement
        said = f"{text} {number}"
        near = Found(said, 1.0, 0.0, 0.0)
        found.append(Candidate(statement, Evidence(said), near, 1.0 - number, relevance))
    reader = _Reader(first)
    retriever = Retriever(None, None, reader, watch_nothing)  # type: ignore[arg-type]
    retriever.rerank(CLAIM, found)
    return [int(said.rpartition(" ")[2]) for said in reader.read_texts]


def test_what_is_far_from_the_claim_by_search_is_not_read() -> None:
    assert read_of(0.9, 0.03, 0.5) == [0, 2]


def test_in_another_language_it_is_read_for_less() -> None:
    assert read_of(0.9, 0.03, 0.01, text="فتح الجسر") == [0, 1]


@pytest.mark.parametrize(("first", "read"), [(0.1, [0, 1, 2, 3, 4]), (0.9, [0, 1, 2, 3])])
def test_where_one_is_about_the_claim_only_what_may_speak_against_it_is_read_besides(
    first: float, read: list[int]
) -> None:
    assert read_of(0.9, 0.5, 0.5, 0.2, 0.06, first=first) == read
