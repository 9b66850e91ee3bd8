"""What moderators read of a cluster."""

from datetime import UTC, date, datetime

import pytest

from bot.conversation.moderator_texts import compose_cluster
from bot.conversation.translations import Language, load_catalogue
from knowledge.claim_queue.cluster_listing import Channels, ClusterDetail, ClusterSummary
from knowledge.domain import ClusterStatus

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def read(forwarded: int, channels: Channels) -> str:
    summary = ClusterSummary(
        id=7, title="The dam broke", status=ClusterStatus.OPEN, reject_reason=None, assignee=None,
        snoozed_until=None, people=9, asked=20, forwarded=forwarded, first_asked_at=NOON,
        last_asked_at=NOON, demand=20.0, languages=("en",), claims=1, recent=9, before=0,
    )  # fmt: skip
    detail = ClusterDetail(summary, (), (), (), 0, 3, channels)
    reply = compose_cluster(detail, (), None, date(2026, 5, 4), load_catalogue(Language.ENGLISH))
    return "\n".join(block.text for block in reply.blocks)


def test_forwards_are_told_with_the_channels_they_came_from() -> None:
    told = read(14, Channels(3, (("The valley", 9), ("n" * 90 + " n", 2))))
    assert "Forwarded: 14 · from channels: 3\nMost often from: The valley (9) · nnn" in told
    assert "n" * 61 not in told


@pytest.mark.parametrize("forwarded", [0, 2])
def test_channels_are_named_only_where_there_are_any(forwarded: int) -> None:
    told = read(forwarded, Channels())
    assert ("Forwarded: 2" in told) == (forwarded == 2)
    assert "Most often" not in told
