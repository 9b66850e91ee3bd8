"""One ranking out of two lists of unlike scales."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.hits import Scored
from embeddings.hybrid import fuse

_COSINES = st.dictionaries(st.integers(1, 50), st.floats(-1, 1, width=32), max_size=20)


def test_nothing_found_gives_nothing() -> None:
    assert fuse({}, [], 10) == []


def test_the_best_of_both_lists_is_first() -> None:
    hits = fuse({1: 0.90, 2: 0.89, 3: 0.70}, [Scored(2, 12.0), Scored(3, 3.0)], 3)
    assert [hit.id for hit in hits] == [2, 1, 3]


def test_a_hit_carries_both_scores_and_zero_where_no_term_is_shared() -> None:
    first, second = fuse({7: 0.9, 8: 0.8}, [Scored(7, 4.5)], 2)
    assert (first.id, first.cosine, first.lexical) == (7, 0.9, 4.5)
    assert (second.id, second.cosine, second.lexical) == (8, 0.8, 0.0)


def test_without_a_shared_term_the_order_is_the_encoders() -> None:
    assert [hit.id for hit in fuse({1: 0.1, 2: 0.3, 3: 0.2}, [], 3)] == [2, 3, 1]


def test_ties_go_to_the_lower_id() -> None:
    assert [hit.id for hit in fuse({9: 0.5, 3: 0.5, 5: 0.5}, [], 2)] == [3, 5]


def test_a_lone_candidate_is_found() -> None:
    (hit,) = fuse({4: 0.8}, [Scored(4, 2.0)], 10)
    assert (hit.id, hit.score) == (4, 0.0)


@pytest.mark.parametrize("scale", [0.01, 1000.0])
def test_the_scale_of_bm25_does_not_matter(scale: float) -> None:
    cosines = {1: 0.9, 2: 0.8, 3: 0.7, 4: 0.6}
    plain = fuse(cosines, [Scored(3, 9.0), Scored(4, 5.0)], 4)
    scaled = fuse(cosines, [Scored(3, 9.0 * scale), Scored(4, 5.0 * scale)], 4)
    assert [hit.id for hit in scaled] == [hit.id for hit in plain]
    assert [hit.score for hit in scaled] == pytest.approx([hit.score for hit in plain])


@given(_COSINES, st.data(), st.integers(0, 25))
def test_every_candidate_comes_back_once_best_first(
    cosines: dict[int, float], data: st.DataObject, k: int
) -> None:
    shared = data.draw(st.lists(st.sampled_from(sorted(cosines)), unique=True) if cosines else
                       st.just([]))  # fmt: skip
    lexical = [Scored(number, data.draw(st.floats(0.01, 40))) for number in shared]
    hits = fuse(cosines, lexical, k)
    assert len(hits) == min(k, len(cosines))
    assert len({hit.id for hit in hits}) == len(hits)
    assert all(hit.cosine == cosines[hit.id] for hit in hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


@given(_COSINES, st.integers(1, 25))
def test_asking_for_fewer_gives_the_head_of_the_same_ranking(
    cosines: dict[int, float], k: int
) -> None:
    assert fuse(cosines, [], k) == fuse(cosines, [], 100)[:k]
