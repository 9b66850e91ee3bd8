"""Requests of several threads share a run; each gets its own results or the error."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.batching import Batcher, batch_by_length


class _Model:
    """Squares numbers; its first run waits until ``release`` is set, so that others queue up."""

    def __init__(self) -> None:
        self.runs: list[list[int]] = []
        self.started, self.release = threading.Event(), threading.Event()

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.runs.append(list(items))
        if len(self.runs) == 1:
            self.started.set()
            assert self.release.wait(30)
        if any(item < 0 for item in items):
            raise ValueError("negative")
        return [item * item for item in items]


def queued(batcher: Batcher[int, int], count: int) -> bool:
    return len(batcher._waiting) == count


def test_a_lone_request_runs_alone() -> None:
    batcher = Batcher[int, int](lambda items: [item + 1 for item in items], 4)
    assert list(batcher([1, 2])) == [2, 3]
    assert list(batcher([])) == []


def test_requests_that_come_while_the_model_runs_share_the_next_run() -> None:
    model = _Model()
    batcher = Batcher[int, int](model, 16)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(batcher, [1])
        assert model.started.wait(30)
        others = [threads.submit(batcher, [n, n + 10]) for n in (2, 3, 4)]
        while not queued(batcher, 3):
            threading.Event().wait(0.001)
        model.release.set()
        assert list(first.result(30)) == [1]
        assert [list(other.result(30)) for other in others] == [[4, 144], [9, 169], [16, 196]]
    assert len(model.runs) == 2


def test_no_run_is_larger_than_allowed_unless_one_request_is() -> None:
    model = _Model()
    batcher = Batcher[int, int](model, 3)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(batcher, [1, 1, 1, 1, 1])
        assert model.started.wait(30)
        others = [threads.submit(batcher, [n, n]) for n in (2, 3)]
        while not queued(batcher, 2):
            threading.Event().wait(0.001)
        model.release.set()
        first.result(30)
        assert [list(other.result(30)) for other in others] == [[4, 4], [9, 9]]
    assert [len(run) for run in model.runs] == [5, 2, 2]


def test_an_error_reaches_those_who_asked() -> None:
    model = _Model()
    model.release.set()
    batcher = Batcher[int, int](model, 16)
    with pytest.raises(ValueError, match="negative"):
        batcher([-1])
    assert list(batcher([3])) == [9]


@given(st.lists(st.integers(0, 50)), st.integers(1, 100))
def test_batches_hold_each_text_once_and_fit_padded(sizes: list[int], budget: int) -> None:
    batches = list(batch_by_length(sizes, budget))
    assert sorted(position for batch in batches for position in batch) == list(range(len(sizes)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(sizes[n] for n in batch) <= budget
    longest = [sizes[batch[0]] for batch in batches]
    assert longest == sorted(longest, reverse=True)


def test_whoever_watches_hears_how_many_shared_a_run() -> None:
    sizes: list[int] = []
    model = _Model()
    batcher = Batcher[int, int](model, 4, sizes.append)
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(batcher, [1])
        assert model.started.wait(30)
        others = [threads.submit(batcher, [2]), threads.submit(batcher, [3, 4])]
        while not queued(batcher, 2):
            pass
        model.release.set()
        assert [list(each.result()) for each in (first, *others)] == [[1], [4], [9, 16]]
    assert sizes == [1, 3]
