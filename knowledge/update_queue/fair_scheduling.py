"""Schedule many people's updates fairly, so that nobody's flood delays others (pure).

Each person waits as if alone with everybody else: their next update comes after one of every other
person who waits, however many they sent.
"""

from collections.abc import Iterable, Mapping


def assign_turns(lanes: Iterable[str], last: Mapping[str, int], serving: int) -> list[int]:
    """Return the turn of each newly arrived update, given its lane.

    ``last`` is the highest waiting turn of each lane; ``serving`` is the lowest waiting turn of
    all: a lane without waiting updates joins there.
    """
    taken = dict(last)
    given = []
    for lane in lanes:
        turn = max(serving, taken.get(lane, serving - 1) + 1)
        taken[lane] = turn
        given.append(turn)
    return given
