"""Random updates of the Bot API's own types: nothing breaks, nothing is stuck, nothing is lost.

``python -m benchmarks.fuzz`` does the same a hundred thousand times.
"""

import asyncio
import tempfile
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from telegram import Bot, Update

from tests.e2e.bot_api_server import TOKEN
from tests.e2e.echo_bot import EchoTalk, sessions_in
from tests.fuzzing.api_types import KINDS, content
from tests.fuzzing.talking import conversation
from tests.fuzzing.updates import seeded, stream
from tests.fuzzing.withstanding import withstand


def test_whatever_comes_is_answered_or_dropped(tmp_path: Path) -> None:
    updates = seeded(1, 1_500)
    withstood = asyncio.run(withstand(updates, EchoTalk(), sessions_in(tmp_path)))
    assert withstood.problems == ()
    assert withstood.updates == 1_500


def test_the_programs_own_conversation_withstands_it_too(tmp_path: Path) -> None:
    sessions = sessions_in(tmp_path)
    talk = conversation(sessions, tmp_path)
    withstood = asyncio.run(withstand(seeded(2, 500), talk, sessions))
    assert withstood.problems == ()


# A failure is shrunk to the few updates that bring it about.
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.integers(1, 5))
def test_so_does_the_least_that_could_break_it(random: Random, count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        sessions = sessions_in(Path(folder))
        withstood = asyncio.run(withstand(stream(random, count), EchoTalk(), sessions))
    assert withstood.problems == ()


def test_every_kind_of_update_there_is_can_be_made_and_read() -> None:
    bot, random = Bot(TOKEN), Random(3)  # noqa: S311 - to be repeated, not to be secret
    for kind in KINDS:
        for _ in range(5):
            update = Update.de_json({"update_id": 1, kind: content(kind, random)}, bot)
            assert getattr(update, kind) is not None
