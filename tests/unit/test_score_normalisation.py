"""A cosine read against unrelated text, so that it means the same with every encoder."""

import numpy as np
import pytest

from embeddings.index.score_normalisation import COHORT, make_normaliser
from embeddings.text.normalisation import for_matching


def _unit(*values: float) -> np.ndarray:
    vector = np.array(values, np.float32)
    unit: np.ndarray = vector / np.linalg.norm(vector)
    return unit


def test_the_mean_of_unrelated_text_is_zero_and_its_spread_one() -> None:
    claim = _unit(1, 0, 0)
    cohort = np.stack([_unit(0.2, 1, 0), _unit(0.4, 1, 0), _unit(0.6, 1, 0)])
    cosines = cohort @ claim
    assert make_normaliser(claim, cohort)(float(cosines.mean())) == pytest.approx(0, abs=1e-5)
    one = float(cosines.mean() + cosines.std())
    assert make_normaliser(claim, cohort)(one) == pytest.approx(1, abs=1e-4)


def test_a_component_that_all_texts_share_does_not_count() -> None:
    """Two encoders that differ by a common direction tell the same story."""
    plain = [_unit(0.0, 1, 0.1), _unit(0.1, 1, 0), _unit(0.3, 1, 0)]
    shared = [np.append(row, 3.0) / np.linalg.norm(np.append(row, 3.0)) for row in plain]
    claim = _unit(1, 0, 0)
    lifted = np.append(claim, 3.0) / np.linalg.norm(np.append(claim, 3.0))
    near, lifted_near = 0.9, float((0.9 + 9.0) / 10.0)
    one = make_normaliser(claim, np.stack(plain))(near)
    other = make_normaliser(lifted, np.stack(shared))(lifted_near)
    assert one == pytest.approx(other, rel=1e-3)


def test_a_cohort_without_spread_gives_a_number() -> None:
    cohort = np.stack([_unit(1, 1), _unit(1, 1)])
    assert np.isfinite(make_normaliser(_unit(1, 0), cohort)(0.5))


def test_no_two_sentences_of_the_cohort_are_the_same() -> None:
    assert len({for_matching(sentence) for sentence in COHORT}) == len(COHORT)
