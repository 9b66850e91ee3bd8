"""A cosine read against unrelated text, so that it means the same with every encoder."""

import numpy as np
import pytest

from embeddings.index.score_normalisation import COHORT, normalise_scores
from embeddings.text.normalisation import for_matching


def _unit(*values: float) -> np.ndarray:
    vector = np.array(values, np.float32)
    unit: np.ndarray = vector / np.linalg.norm(vector)
    return unit


def test_the_mean_of_unrelated_text_is_zero_and_its_spread_one() -> None:
    claim = _unit(1, 0, 0)
    cohort = np.stack([_unit(0.2, 1, 0), _unit(0.4, 1, 0), _unit(0.6, 1, 0)])
    cosines = cohort @ claim
    assert normalise_scores(float(cosines.mean()), claim, cohort) == pytest.approx(0, abs=1e-5)
    one = float(cosines.mean() + cosines.std())
    assert normalise_scores(one, claim, cohort) == pytest.approx(1, abs=1e-4)


def test_a_component_that_all_texts_share_does_not_count() -> None:
    """Two encoders that differ by a common direction tell the same story."""
    plain = [_unit(0.0, 1, 0.1), _unit(0.1, 1, 0), _unit(0.3, 1, 0)]
    shared = [np.append(row, 3.0) / np.linalg.norm(np.append(row, 3.0)) for row in plain]
    claim = _unit(1, 0, 0)
    lifted = np.append(claim, 3.0) / np.linalg.norm(np.append(claim, 3.0))
    near, lifted_near = 0.9, float((0.9 + 9.0) / 10.0)
    one = normalise_scores(near, claim, np.stack(plain))
    other = normalise_scores(lifted_near, lifted, np.stack(shared))
    assert one == pytest.approx(other, rel=1e-3)


def test_a_cohort_without_spread_gives_a_number() -> None:
    cohort = np.stack([_unit(1, 1), _unit(1, 1)])
    assert np.isfinite(normalise_scores(0.5, _unit(1, 0), cohort))


def test_no_two_sentences_of_the_cohort_are_the_same() -> None:
    assert len({for_matching(sentence) for sentence in COHORT}) == len(COHORT)
