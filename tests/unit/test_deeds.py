"""Made sentences of who did what to whom."""

import random

from benchmarks.swaps.deeds import deeds


def test_the_order_of_the_sides_decides_what_is_said() -> None:
    made = deeds(2_000, random.Random(1))  # noqa: S311
    assert not any(deed.claim == deed.statement for deed in made if not deed.same)
    by_words = [d for d in made if sorted(d.claim.split()) == sorted(d.statement.split())]
    exchanged = [d for d in by_words if d.claim != d.statement and not d.same]
    assert len(exchanged) > 100
    assert any(d.claim == d.statement for d in by_words if d.same)


def test_selling_and_buying_say_the_same_from_both_sides() -> None:
    sold = [
        (deed.claim.split(" bought weapons from "), deed.statement.split(" sold weapons to "), deed)
        for deed in deeds(5_000, random.Random(2))  # noqa: S311
        if " bought weapons from " in deed.claim and " sold weapons to " in deed.statement
    ]
    assert len(sold) > 20
    for (buyer, seller), (giver, taker), deed in sold:
        same = taker.startswith(buyer) and seller.startswith(giver)
        assert same is deed.same


def test_they_are_made_again_from_the_same_seed() -> None:
    one, other = (deeds(20, random.Random(3)) for _ in range(2))  # noqa: S311
    assert one == other
