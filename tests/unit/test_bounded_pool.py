"""Whose turn it is: nobody's flood delays another."""

from hypothesis import given
from hypothesis import strategies as st

from knowledge.update_queue.fair_scheduling import assign_turns


def test_a_newcomer_stands_beside_who_is_served_now() -> None:
    flood = assign_turns(["a"] * 500, {}, 0)
    assert flood == list(range(500))
    # A hundred of the flood are served when the other comes.
    assert assign_turns(["b"], {"a": 499}, 100) == [100]


def test_several_in_one_delivery_take_turns() -> None:
    assert assign_turns(["a", "a", "b", "a", "b"], {}, 7) == [7, 8, 7, 9, 8]


def test_more_of_one_comes_after_what_waits() -> None:
    assert assign_turns(["a", "b"], {"a": 12}, 10) == [13, 10]


def test_nobody_who_waits_nothing_stands_before() -> None:
    assert assign_turns([], {}, 0) == []
    assert assign_turns(["a"], {}, 0) == [0]


@given(st.lists(st.sampled_from("abcde"), max_size=40), st.integers(0, 100))
def test_each_lane_keeps_its_order_and_none_is_before_who_is_served(
    lanes: list[str], serving: int
) -> None:
    given = assign_turns(lanes, {"a": serving + 3}, serving)
    for lane in set(lanes):
        own = [turn for turn, whose in zip(given, lanes, strict=True) if whose == lane]
        assert own == sorted(set(own))
        # One each: the next of a lane is at most one turn of everybody later.
        first = serving + 4 if lane == "a" else serving
        assert own == list(range(first, first + len(own)))
