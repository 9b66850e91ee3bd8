"""What is remembered for a time. The clock is a number."""

from datetime import timedelta

from bot.conversation.expiring_set import ExpiringSet


def test_it_remembers_for_its_span_from_the_last_time() -> None:
    moment = 0.0
    lately = ExpiringSet(timedelta(seconds=10), 5, lambda: moment)
    assert not lately.knows("a")
    lately.note("a")
    moment = 9.0
    assert lately.knows("a")
    lately.note("a")
    moment = 18.0
    assert (lately.knows("a"), lately.knows("b")) == (True, False)
    moment = 19.0
    assert not lately.knows("a")


def test_it_never_remembers_more_than_so_many() -> None:
    lately = ExpiringSet(timedelta(days=1), 3)
    for number in range(5):
        lately.note(number)
    assert [number for number in range(5) if lately.knows(number)] == [2, 3, 4]
