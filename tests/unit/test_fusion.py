"""One ranking out of two signals of unlike scales."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.index.fusion import Candidates, Weights, fuse, load_shipped_weights, signals

_EVEN = Weights(cosine=0.5, grams=0.5)
_SCORES = st.dictionaries(
    st.integers(1, 50),
    st.tuples(st.floats(-1, 1, width=32), st.floats(0, 40, width=32)),
    max_size=20,
)


def _candidates(scores: Mapping[int, Sequence[float]]) -> Candidates:
    """Return candidates by id, each with its cosine and grams."""
    ids = sorted(scores)
    rows = np.array([scores[i] for i in ids], dtype=np.float64).reshape(len(ids), 2)
    return Candidates(np.array(ids, dtype=np.int64), rows[:, 0], rows[:, 1])


def test_nothing_found_gives_nothing() -> None:
    assert fuse(_candidates({}), _EVEN, 10) == []


def test_the_best_of_both_signals_is_first() -> None:
    scores = {1: (0.50, 1), 2: (0.49, 9), 3: (0.1, 2)}
    assert [hit.id for hit in fuse(_candidates(scores), _EVEN, 3)] == [2, 1, 3]


def test_a_hit_carries_the_encoders_cosine_and_the_lexical_score() -> None:
    scores = {7: (0.9, 4.5), 8: (0.8, 0)}
    first, second = fuse(_candidates(scores), _EVEN, 2)
    assert (first.id, first.cosine, first.lexical) == (7, 0.9, 4.5)
    assert (second.id, second.cosine, second.lexical) == (8, 0.8, 0.0)


@pytest.mark.parametrize("signal", ["cosine", "grams"])
def test_a_weight_of_one_alone_gives_that_signals_order(signal: str) -> None:
    names = ("cosine", "grams")
    alone = Weights(**{name: float(name == signal) for name in names})
    rows = {1: (0.1, 5), 2: (0.9, 4), 3: (0.5, 9)}
    column = names.index(signal)
    expected = sorted(rows, key=lambda number: -rows[number][column])
    assert [hit.id for hit in fuse(_candidates(rows), alone, 3)] == expected


def test_ties_go_to_the_lower_id() -> None:
    same = (0.5, 1)
    assert [hit.id for hit in fuse(_candidates({9: same, 3: same, 5: same}), _EVEN, 2)] == [3, 5]


def test_a_lone_candidate_is_found() -> None:
    (hit,) = fuse(_candidates({4: (0.2, 3)}), _EVEN, 10)
    assert (hit.id, hit.score) == (4, 0.0)


@pytest.mark.parametrize("scale", [0.01, 1000.0])
def test_the_scale_of_a_signal_does_not_matter(scale: float) -> None:
    rows = {1: (0.4, 1), 2: (0.3, 0), 3: (0.2, 9), 4: (0.1, 5)}
    scaled = {i: (a, b * scale) for i, (a, b) in rows.items()}
    plain, other = (fuse(_candidates(x), _EVEN, 4) for x in (rows, scaled))
    assert [hit.id for hit in other] == [hit.id for hit in plain]
    assert [hit.score for hit in other] == pytest.approx([hit.score for hit in plain])


def test_a_signal_that_is_the_same_for_all_says_nothing() -> None:
    columns = signals(_candidates({1: (0.1, 3), 2: (0.2, 3)}))
    assert columns[:, 1].tolist() == [0, 0]
    assert columns[:, 0].tolist() == pytest.approx([-1, 1])


def test_the_shipped_weights_let_the_closest_by_meaning_and_letters_win() -> None:
    """Whatever training finds, a statement best in every respect must come first."""
    rows = {1: (0.1, 5), 2: (0.4, 30), 3: (0.2, 9), 4: (0, 2)}
    assert fuse(_candidates(rows), load_shipped_weights(), 1)[0].id == 2


@given(_SCORES, st.integers(0, 25))
def test_every_candidate_comes_back_once_best_first(
    scores: dict[int, tuple[float, ...]], k: int
) -> None:
    hits = fuse(_candidates(scores), load_shipped_weights(), k)
    assert len(hits) == min(k, len(scores))
    assert len({hit.id for hit in hits}) == len(hits)
    assert all(hit.cosine == scores[hit.id][0] for hit in hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


@given(_SCORES, st.integers(1, 25))
def test_asking_for_fewer_gives_the_head_of_the_same_ranking(
    scores: dict[int, tuple[float, ...]], k: int
) -> None:
    found = _candidates(scores)
    assert fuse(found, load_shipped_weights(), k) == fuse(found, load_shipped_weights(), 100)[:k]
