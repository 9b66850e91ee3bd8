"""Requests that are refused: all are counted, one a minute is logged."""

import logging

import pytest

from bot.observability import telemetry
from bot.observability.refused_requests import QUIET_SECONDS, RefusalLog


def counted(door: telemetry.Listener) -> float:
    labels = {"where": door.value}
    return telemetry.REGISTRY.get_sample_value("tathabbat_requests_refused_total", labels) or 0.0


@pytest.mark.parametrize("door", telemetry.Listener)
def test_a_flood_is_counted_and_logged_once_a_minute(
    door: telemetry.Listener, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    now = 5.0
    refusals = RefusalLog(door, logging.getLogger("bot.test"), logging.INFO, lambda: now)
    before = counted(door)
    for _ in range(1000):
        refusals.note(status=403)
    now += QUIET_SECONDS
    refusals.note(status=404)
    assert counted(door) == before + 1001
    found = [(r.message, vars(r)["status"], vars(r)["refused"]) for r in caplog.records]
    assert found == [(f"{door}_refused", 403, 1), (f"{door}_refused", 404, 1000)]
