"""Kills while many people ask: a few messages come twice, and nothing is lost."""

import multiprocessing
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from bot.telegram.outgoing.rate_limits import Limits
from bot.telegram.setup.application import TelegramConfig, run
from knowledge.update_queue import queued_updates
from tests.e2e.bot_api_server import TOKEN, BotApiServer
from tests.e2e.echo_bot import (
    PROFILES,
    EchoTalk,
    FakeNotificationQueue,
    Running,
    inbox_of_a_process,
)
from tests.e2e.kills_under_load import Crowd, Load, measure

KILLS = 3
PEOPLE = range(2001, 2041)


def live(api_url: str, folder: Path) -> None:
    """Be a bot until killed."""
    run(
        TelegramConfig(TOKEN, api_url),
        EchoTalk(),
        FakeNotificationQueue(),
        inbox_of_a_process(folder),
        PROFILES,
    )


def test_a_kill_loses_nothing_and_repeats_no_more_than_was_under_way(tmp_path: Path) -> None:
    # What is imported is imported once, and starts are as quick as forks.
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__])

    with Crowd(Load(people=40, a_second=100.0, latency=0.1), ("a claim",)) as crowd:

        def start() -> Callable[[], None]:
            process = processes.Process(target=live, args=(crowd.url, tmp_path), daemon=True)
            process.start()

            def kill() -> None:
                process.kill()
                process.join()

            return kill

        outcome = measure(crowd, start, KILLS, seed=3, longest_s=0.8)
    assert outcome.lost == 0
    assert len(outcome.twice) == KILLS
    assert max(outcome.twice) <= Limits().unrecorded
    assert crowd.problems == []


def test_no_more_messages_are_sent_than_are_recorded_but_for_a_few(
    server: BotApiServer, bot: Running, talk: EchoTalk, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, recorded, unrecorded = queued_updates.finish, list[int](), list[int]()

    def finishing(session: Session, number: int, *given: object, **more: object) -> bool:
        unrecorded.append(len(server.sent) - len(recorded))
        recorded.append(number)
        return finish(session, number, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(queued_updates, "finish", finishing)
    updates = [server.send_text(person, "a claim") for person in PEOPLE]
    for update in updates:
        bot.wait_until_done(update)
    assert sorted(recorded) == updates
    assert max(unrecorded) <= Limits().unrecorded
