"""The echoing bot, killed over and over at random moments of its work, then left alone.

    python -m tests.e2e.killed_bot API_URL FOLDER SEED KILLS [--webhook URL]

Prints "life N" whenever it begins anew. Forks instead of starting anew, so that twenty kills take
seconds: nothing here starts a thread before a fork.
"""

import argparse
import logging
import os
import random
import signal
import time
from pathlib import Path
from urllib.parse import urlsplit

from bot.telegram.setup.application import TelegramConfig, run
from tests.e2e.bot_api_server import TOKEN
from tests.e2e.echo_bot import PROFILES, EchoTalk, FakeNotificationQueue, inbox_of_a_process

#: A life's length in seconds: from before it is connected to long after its claims are answered.
_SHORTEST_S, _LONGEST_S = 0.05, 0.8


def _live(config: TelegramConfig, folder: Path) -> None:
    run(config, EchoTalk(), FakeNotificationQueue(), inbox_of_a_process(folder), PROFILES)


def main() -> None:
    """Live and be killed, then live until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("api_url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("seed", type=int)
    parser.add_argument("kills", type=int)
    parser.add_argument("--webhook")
    given = parser.parse_args()
    logging.basicConfig(filename=given.folder / "log", level=logging.INFO, format="%(message)s")
    port = urlsplit(given.webhook).port if given.webhook else 0
    config = TelegramConfig(
        TOKEN, given.api_url, given.webhook, "the-secret", listen_port=port or 0, startup_tries=10
    )
    rng = random.Random(given.seed)  # noqa: S311 - a seed, not a secret
    for number in range(given.kills):
        print(f"life {number}", flush=True)
        child = os.fork()
        if not child:
            _live(config, given.folder)
            os._exit(0)
        time.sleep(rng.uniform(_SHORTEST_S, _LONGEST_S))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    print(f"life {given.kills}", flush=True)
    _live(config, given.folder)


if __name__ == "__main__":
    main()
